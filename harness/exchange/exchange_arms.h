/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The arms of one load: each made afresh, in random order, at another place than last time. */
#ifndef HARNESS_SHARP_ARMS_H
#define HARNESS_SHARP_ARMS_H

#include "harness/exchange/exchange_load.h"
#include "harness/exchange/exchange_stub.h"
#include "lib/base.h"
#include "lib/rng.h"
#include "collector/replica.h"

struct ring_buffer;

/* What they are made from; all of the caller. */
struct exchange_arms_plan {
	const struct stubs *stubs;
	size_t nstubs;
	unsigned int arms;
	struct strbuf *why; /* where reasons go (lib/why.h) */
	struct {
		const char *name;		     /* for messages */
		const struct replica_source *source; /* NULL: the empty programs */
		const struct place *places;	     /* which program of it each stub runs */
	} arm[EXCHANGE_ARMS_MAX];
};

struct exchange_arms {
	struct replica replica[EXCHANGE_ARMS_MAX];
	int empty_fd[EXCHANGE_STUBS_MAX];
	int spacer[EXCHANGE_ARMS_MAX];
	/* Of all arms, so that each arm's events find the same sleeper; NULL: no arm has a ring. */
	struct ring_buffer *rings;
};

/*
 * Loads all arms and enters their programs into @job. What is taken from @out->rings later is
 * counted in @records, by arm. Returns 0 or -errno after saying why; exchange_arms_unload() is due
 * in any case.
 */
int exchange_arms_load(struct exchange_arms *out, const struct exchange_arms_plan *plan,
		       struct rng *rng, uint64_t records[EXCHANGE_ARMS_MAX],
		       struct exchange_job *job);
void exchange_arms_unload(struct exchange_arms *l);

#endif
