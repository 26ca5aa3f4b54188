/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The exchange lane: what the programs of one monitor cost more than another's, by stubs that
 * stay attached and are re-pointed between them every 256 calls (docs/method.md). It cannot tell
 * what being attached costs: that is the attach lane's, and the two are never mixed.
 */
#ifndef HARNESS_EXCHANGE_H
#define HARNESS_EXCHANGE_H

#include "harness/timing/env.h"
#include "harness/plugin.h"
#include "harness/exchange/exchange_estimate.h"
#include "harness/exchange/exchange_load.h"
#include "lib/base.h"
#include "lib/rng.h"

/* Arms of a comparison: empty programs, A, A again (the live A/A check), and B if there is one. */
enum exchange_arm { EXCHANGE_EMPTY, EXCHANGE_A, EXCHANGE_AA, EXCHANGE_B };

/* Differences that are kept of each load. */
enum exchange_effect { EFFECT_A, EFFECT_B, EFFECT_AA, EFFECT_DIFF, EFFECTS };
/* Each is the first arm less the second. */
extern const unsigned int exchange_sides[EFFECTS][2];

/*
 * The consumer of the rings, on the other CPU. Woken for records, as most user space does it, it
 * shows the price of waking, which is microseconds and as unsteady as the scheduler: a difference
 * of ten nanoseconds drowns in it. On a timer (1 ms) it takes what is there and nobody is woken:
 * then the programs alone are compared. Monitors without a ring do not care.
 */
enum exchange_consumer { EXCHANGE_TIMER, EXCHANGE_WOKEN };
extern const char *const exchange_consumer_names[]; /* "timer", "woken", NULL */

struct exchange_options {
	enum exchange_consumer consumer;
	struct placement place;
	bool realtime;
	double seconds; /* budget of exchange_compare(), all events together */
	/* What is called, of timed_events, ended by NULL; NULL: the calls that fail (of a monitor
	 * of completed calls: those that work), and other; both as far as a program of A answers.
	 */
	const char *const *events;
	/*
	 * @alpha > 0: stop as soon as the difference of every event is known to be on one side of
	 * its margin, the greater of @margin_ns and @margin_share of what A costs over the empty
	 * program. @alpha is shared out among the events.
	 */
	double margin_ns, margin_share, alpha;
	struct rng rng;
	/* Called between loads; may be NULL. */
	void (*tell)(void *arg, const char *what, const char *who);
	void *tell_arg;
	struct strbuf *why; /* where reasons go (lib/why.h); NULL: they are said */
};

/* One event of a comparison: all that was measured of it. */
struct exchange_event {
	const char *name;		      /* "mmap": of timed_events */
	struct samples effect[EFFECTS][CUTS]; /* ns, one value a load; EFFECT_B and _DIFF without B:
						 empty */
	uint64_t histogram[EXCHANGE_ARMS_MAX][EXCHANGE_BUCKETS];
	uint64_t cut[EXCHANGE_ARMS_MAX][CUTS], calls, wrong; /* @calls: of each arm */
	uint64_t modes[EXCHANGE_ARMS_MAX][EXCHANGE_MODES];
	uint64_t woke_ticks; /* the threshold between them, as the trial found it */
	bool modes_part;     /* there are two */
	struct samples total, program, waking,
		share;			     /* of A, with its consumer awake: one a load */
	struct samples turn;		     /* the turn that each of these is of, from 0 */
	struct samples total_diff, total_aa; /* of B less A; of the second A less the first */
	double margin_ns;		     /* as at the last look */
	enum exchange_verdict verdict; /* EXCHANGE_UNDECIDED where no decision was asked for */
};

struct exchange {
	const char *name[EXCHANGE_ARMS_MAX]; /* what records call the arms; they live as long as the
					     names passed in */
	unsigned int arms;
	struct exchange_event *events; /* @nevents of them; owned */
	size_t nevents;
	/* One value a load: */
	struct samples at_s;	 /* when, s since the start */
	struct samples gauge_ns; /* 600 core cycles, ns */
	struct samples busy;	 /* share of the time inside timed calls */
	double ns_per_tick;
	bool woken;			     /* the consumer */
	unsigned int rounds;		     /* of each load */
	uint64_t dropped;		     /* loads during which somebody else came or went */
	uint64_t skipped;		     /* loads during which the kernel skipped runs */
	uint64_t records[EXCHANGE_ARMS_MAX]; /* consumed of each arm */
	char *why_void;			     /* a sentence, owned; NULL: the run counts */
};

/*
 * Compares monitor @a with empty programs and, unless @b is NULL, with monitor @b; both as
 * monitor_open() takes them. Programs of type tracepoint, raw_tracepoint and tp_btf can be
 * compared. Returns 0 (also when s->why_void says that the figures do not count), -EINTR (@out has
 * what was measured), -ENOTSUP after saying why these two cannot be compared by a stub (no object;
 * their tracepoints or types differ; a program cannot be jumped to), or another -errno after saying
 * why. exchange_release() is due in any case.
 */
int exchange_compare(struct exchange *out, const char *a, const char *b,
		     const struct exchange_options *opts);
void exchange_release(struct exchange *s);

/*
 * The same in parts, so that several comparisons can take turns: what a machine is like for a
 * second is then in all of them, and in an interval (exchange_whole_interval()).
 */
struct exchange_comparison;
/* Loads what is compared, and attaches nothing. @result and @opts live until exchange_close(),
 * which is due in any case. Returns as exchange_compare(). */
int exchange_open(struct exchange_comparison **out, struct exchange *result, const char *a,
		  const char *b, const struct exchange_options *opts);
/* A turn of @seconds. Stubs stay attached behind it; those of @before (NULL: nobody's) are taken
 * over where both stand at the same places, else detached. Returns as exchange_compare(). */
int exchange_go_on(struct exchange_comparison *c, double seconds,
		   struct exchange_comparison *before);
/* Detaches. Accepts NULL. */
void exchange_rest(struct exchange_comparison *c);
/* Ends it, and where it is @whole (no error, not interrupted) says in result->why_void whether it
 * counts. Accepts NULL. */
void exchange_close(struct exchange_comparison *c, bool whole);

/* The cut that is fair to the effect: loose where the tight one takes more of one arm. */
enum cut exchange_cut(const struct exchange_event *e, enum exchange_effect effect);
/* The loads of @effect at that cut. */
const struct samples *exchange_effect(const struct exchange_event *e, enum exchange_effect effect);

/* What is known of A's @e with its consumer awake, as `whole` in docs/results.md. The caller owns
 * it. */
struct json_object *exchange_whole_json(const struct exchange *s, const struct exchange_event *e);

/* The record `sharp` of docs/results.md for each event, into run->sink. Returns 0 or -errno. */
int exchange_emit(const struct exchange *s, const struct exchange_options *opts, struct run *run);

#endif
