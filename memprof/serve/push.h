/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends a profile to a server that takes it as Pyroscope does: POST URL/ingest with name, from,
 * until, format=folded, units=bytes, and folded stacks as the body. Live bytes as they are; of
 * allocated bytes what is new since the push before, since the server adds up.
 */
#ifndef MEMPROF_PUSH_H
#define MEMPROF_PUSH_H

#include "memprof/report/report.h"

struct push;

/* @url: "http://HOST[:PORT][/PATH]", to which /ingest is added where it does not end so. @name: the
 * application's. 0 or -EINVAL after saying why. */
int push_open(struct push **out, const char *url, const char *name);
void push_close(struct push *p); /* accepts NULL */
/* 0 or -errno after saying why; what was not taken is in the next one. Waits 5 s at most for each
 * step of the network. */
int push_send(struct push *p, const struct report *r);

#endif
