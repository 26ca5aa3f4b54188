/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The signals by which a user ends a program that runs for long. */
#ifndef LIB_STOPS_H
#define LIB_STOPS_H

#include <signal.h>

#include "lib/base.h"

/*
 * From here on SIGINT, SIGTERM and SIGHUP call @handler, and a call that waits ends with EINTR. One
 * of them that is ignored stays ignored: nohup has asked for that, or the shell of a script, which
 * starts what ends in '&' with SIGINT ignored so that a Ctrl-C for the script does not reach it.
 * May be called again.
 */
void stops_catch(void (*handler)(int sig));

/* Those of the three that are not ignored. */
void stops_set(sigset_t *set);

/* Whether @sig is ignored. */
bool signal_ignored(int sig);

#endif
