/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libmicrohttpd, loaded when something is to be served: with the TLS that it brings it takes 2.5
 * MiB, more than all the rest of a monitor, which most runs have no use for. After mhd_load() its
 * functions are called by their own names.
 */
#ifndef MONITOR_SINK_MHD_H
#define MONITOR_SINK_MHD_H

#include <sys/types.h>

#include <microhttpd.h>

#define MHD_FUNCTIONS(DO)                                                                          \
	DO(MHD_add_connection)                                                                     \
	DO(MHD_add_response_header)                                                                \
	DO(MHD_create_response_from_buffer)                                                        \
	DO(MHD_destroy_response)                                                                   \
	DO(MHD_get_connection_info)                                                                \
	DO(MHD_get_connection_values)                                                              \
	DO(MHD_get_daemon_info)                                                                    \
	DO(MHD_get_timeout)                                                                        \
	DO(MHD_queue_response)                                                                     \
	DO(MHD_run)                                                                                \
	DO(MHD_start_daemon)                                                                       \
	DO(MHD_stop_daemon)

struct mhd {
#define MEMBER(name) __typeof__(&name) name;
	MHD_FUNCTIONS(MEMBER)
#undef MEMBER
};
extern struct mhd mhd;

/* 0, or -ENOENT after saying that the library is not there. Once loaded it stays. */
int mhd_load(void);

#ifndef MHD_LOADER
#define MHD_add_connection		mhd.MHD_add_connection
#define MHD_add_response_header		mhd.MHD_add_response_header
#define MHD_create_response_from_buffer mhd.MHD_create_response_from_buffer
#define MHD_destroy_response		mhd.MHD_destroy_response
#define MHD_get_connection_info		mhd.MHD_get_connection_info
#define MHD_get_connection_values	mhd.MHD_get_connection_values
#define MHD_get_daemon_info		mhd.MHD_get_daemon_info
#define MHD_get_timeout			mhd.MHD_get_timeout
#define MHD_queue_response		mhd.MHD_queue_response
#define MHD_run				mhd.MHD_run
#define MHD_start_daemon		mhd.MHD_start_daemon
#define MHD_stop_daemon			mhd.MHD_stop_daemon
#endif

#endif
