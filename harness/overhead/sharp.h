/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sharp time lane: what one tracepoint program costs more than another, by a stub that stays
 * attached and is re-pointed between them every 256 calls (docs/method.md). It cannot tell what
 * being attached costs: that is the attach lane's, and the two are never mixed.
 */
#ifndef HARNESS_SHARP_H
#define HARNESS_SHARP_H

#include "harness/overhead/overhead_env.h"
#include "harness/plugin.h"
#include "harness/overhead/sharp_estimate.h"
#include "lib/base.h"
#include "lib/rng.h"

struct sharp_options {
	struct placement place;
	bool realtime;
	double seconds;	  /* budget of one event */
	double margin_ns; /* with @alpha: stop when the difference is decided; 0: use the budget */
	double alpha;
	struct rng rng;
	/* Called between loads; may be NULL. */
	void (*tell)(void *arg, const char *event, const char *who);
	void *tell_arg;
};

/* Arms of a comparison: the empty program, A, A again (the live A/A check), and B if there is one.
 */
enum sharp_arm { SHARP_EMPTY, SHARP_A, SHARP_AA, SHARP_B };

/* Differences that are kept of each load. */
enum sharp_effect { EFFECT_A, EFFECT_B, EFFECT_AA, EFFECT_DIFF, EFFECTS };

struct sharp {
	const char *event;		  /* "mmap" */
	const char *name[SHARP_ARMS_MAX]; /* owned by the caller */
	unsigned int arms;
	struct samples effect[EFFECTS][CUTS]; /* ns, one value a load; EFFECT_B and _DIFF without B:
						 empty */
	struct samples at_s;		      /* when, s since the start */
	struct samples gauge_ns;	      /* 600 core cycles, ns: one value a load */
	struct samples busy;		      /* share of the time inside timed calls */
	uint64_t histogram[SHARP_ARMS_MAX][SHARP_BUCKETS];
	uint64_t cut[SHARP_ARMS_MAX][CUTS], calls, wrong;
	double ns_per_tick;
	uint64_t dropped;		  /* loads during which somebody else came or went */
	uint64_t records[SHARP_ARMS_MAX]; /* consumed of each arm */
	enum sharp_verdict verdict;
};

/*
 * Compares monitor @a with the empty program and, unless @b is NULL, with monitor @b, at @event
 * ("mmap", "munmap", "brk"). Returns 0, -EINTR (@out has what was measured), -ENOTSUP after saying
 * why these cannot be compared by a stub, or another -errno after saying why. sharp_release() is
 * due in any case.
 */
int sharp_compare(struct sharp *out, const char *a, const char *b, const char *event,
		  const struct sharp_options *opts);
void sharp_release(struct sharp *s);
/* The cut that is fair to the effect: loose where the tight one takes more of one arm. */
enum cut sharp_cut(const struct sharp *s, enum sharp_effect effect);
/* The record `sharp` of docs/results.md; the caller owns it. */
struct json_object *sharp_record(const struct sharp *s, const struct sharp_options *opts);

#endif
