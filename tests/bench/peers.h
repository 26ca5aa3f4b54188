/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One look at one tool beside a crowd, and the tables made of many. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdio.h>

#include "lib/base.h"
#include "lib/rng.h"

enum { PEER_KEYS = 6, PEER_ROUNDS = 16 };

struct peer {
	const char *name;    /* in the table */
	const char *program; /* ours stand beside the benchmark, others are looked up in PATH */
	const char *package; /* NULL: ours */
	const char *args[8]; /* after the program */
	const char *keys[2]; /* sent in turn; NULL: it has no answer to wait for */
	const char *note;    /* below the table */
};

extern const struct peer peers[]; /* the first is what the others are held against; NULL ends it */

/* NAN: not measured. */
struct peer_sample {
	double cpu_pct;	 /* of one CPU */
	double rss_mb;	 /* MiB at the end */
	double first_ms; /* from the start to the end of the first screen of processes */
	double key_ms[PEER_KEYS];
	size_t keys;
	uint64_t round; /* that it was taken in */
};

/*
 * Starts it on a terminal, waits for its first screen, measures from one refresh to the first one
 * that is @seconds later, then sends keys. 0, -EINTR when *@stop was set, or -errno after saying
 * why.
 */
int peer_measure(const struct peer *p, const char *path, const char *home, double seconds,
		 struct rng *rng, const volatile int *stop, struct peer_sample *out);

/* The path of its program; false: not there. */
bool peer_find(const struct peer *p, char *path, size_t size);

/* All looks at one tool beside one crowd. */
struct peer_cell {
	struct peer_sample s[PEER_ROUNDS];
	size_t n;
};

/* Mean of what was measured; NAN when nothing was. */
double peer_mean(const struct peer_cell *c, size_t member_offset);
/* Median and worst over all keys; NAN, NAN when there were none. */
void peer_keys(const struct peer_cell *c, double *median, double *worst);

#endif
