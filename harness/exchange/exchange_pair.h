/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which programs of two monitors are held against each other, at which timed calls. */
#ifndef HARNESS_SHARP_PAIR_H
#define HARNESS_SHARP_PAIR_H

#include "harness/exchange/exchange_load.h"
#include "harness/exchange/exchange_place.h"
#include "lib/base.h"

struct monitor;

struct exchange_pair {
	/* The i-th of A is held against the i-th of B; both are at the same place. */
	struct place a[EXCHANGE_STUBS_MAX], b[EXCHANGE_STUBS_MAX];
	size_t nplaces;
	int events[EXCHANGE_EVENTS_MAX]; /* indices into loop_events */
	size_t nevents;
};

/*
 * @events as in struct exchange_options. @b may be NULL. Returns 0, -EINVAL (no such event) or
 * -ENOTSUP after saying why the two cannot be held against each other: a program of another type, a
 * tracepoint or its type that only one of them has, no program that a timed call runs.
 */
int exchange_pair_make(struct exchange_pair *out, const struct monitor *a, const struct monitor *b,
		       const char *const *events, struct strbuf *why);

#endif
