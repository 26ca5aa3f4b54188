/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A script or command as stream*.c know it: its state, and what they do for each other. */
#ifndef COLLECTOR_STREAM_PRIVATE_H
#define COLLECTOR_STREAM_PRIVATE_H

#include "lib/subproc.h"
#include "collector/backend.h"
#include "collector/bt_parse.h"

struct stream {
	struct subproc proc;
	bool started, parsed;
	bool gone;		 /* ended by itself, and that was said */
	char dir[256];		 /* a folder of our own */
	char out[512], err[512]; /* in it: what it prints, what it complains about */
	char **argv;		 /* ended by NULL, each owned */
	struct bt_result result;
	uint64_t skipped; /* runs of its programs, as the kernel says; UINT64_MAX: not known */
};

extern const struct monitor_backend stream_backend; /* stream.c */

/* Hooks of the backend (stream_told.c). */
int stream_snapshot(struct monitor *m, struct counter_table *out);
int stream_losses(struct monitor *m, struct monitor_losses *out);
int stream_cost(struct monitor *m, struct monitor_cost *out);
void stream_extras(const struct monitor *m, struct strbuf *out);

#endif
