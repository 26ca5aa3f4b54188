/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of `beebench overhead` and what they hand each other. */
#ifndef HARNESS_OVERHEAD_H
#define HARNESS_OVERHEAD_H

#include "harness/exchange/exchange.h"
#include "harness/exchange/exchange_place.h"
#include "harness/exchange/exchange_stub.h"
#include "harness/timing/env.h"
#include "harness/timing/estimate.h"
#include "harness/timing/loop.h"
#include "harness/plugin.h"
#include "lib/base.h"
#include "lib/rng.h"
#include "collector/collect.h"
#include "lib/strbuf.h"

/* How records are taken while whole monitors are timed. */
enum overhead_collect {
	COLLECT_WOKEN,	 /* asleep in epoll until the monitor wakes it */
	COLLECT_TIMED,	 /* comes every 200 us, so that nobody is woken */
	COLLECT_BOTH,	 /* comes every 10 ms, and when the monitor wakes it */
	COLLECT_BETWEEN, /* rings are emptied between blocks, which are as short as that takes */
};
extern const char *const overhead_collect_names[]; /* "woken", "timed", "both", "between", NULL */

enum { OVERHEAD_PRODUCERS = 2 };

struct overhead_params { /* -o */
	bool attach;
	bool whole;
	bool slowdown;
	bool exchange;
	uint64_t consumer; /* enum exchange_consumer, of the exchange lane */
	bool realtime;
	uint64_t block_us;
	uint64_t producers;	    /* processes that make the calls, each on a CPU of its own */
	uint64_t collect;	    /* enum overhead_collect */
	bool events;		    /* false: those with a switch are timed without their records */
	char above[PARAM_TEXT_MAX]; /* an arm whose figures are taken off the others'; "": none */
};

/* The user-space half during blocks of one kind: what collecting took and brought. */
struct consumption {
	uint64_t cpu_ns;  /* of the thread that polls; 0 where the monitor has a process of its own
			   */
	uint64_t wall_ns; /* while it was there to collect */
	uint64_t records, polls; /* polls: those that brought something */
};

/* One arm at one event. */
struct overhead_cell {
	/* ns per call: with the arm, less the mean of before and after it; at each cut. */
	struct samples added[CUTS];
	struct samples rough[CUTS];   /* the same, of all pairs, those that do not count as well */
	uint64_t blocks, calls;	      /* calls: warm-up included */
	uint64_t wrong;		      /* calls that did not end as the trigger does */
	struct block_stat subs[CUTS]; /* sub-blocks kept and cut, all blocks */
	struct consumption use;
	uint64_t lost; /* records; UINT64_MAX: the monitor does not say */
	uint64_t seen; /* calls that the monitor's own counter shows; UINT64_MAX: it has none */
};

/* Arm 0 is the A/A arm: handled as the others, with nothing attached. */
struct overhead_arm {
	char *name;		  /* owned */
	const char *spec;	  /* what monitor_open() takes; NULL: nothing */
	struct monitor_info info; /* zeros: nothing; name and path are not to be used */
	char *skip;		  /* why it takes no part; NULL: it does. Owned */
	bool starts;		  /* it starts the program whose calls are timed */
	bool bare;		  /* an object whose maps nobody knows: its programs only */
	struct overhead_cell cell[TIMED_EVENTS_MAX];
	/* A floor: empty programs at @nplaces, which stand for what being attached there costs any
	 * monitor at the same places. It has no records of its own. */
	struct place places[EXCHANGE_STUBS_MAX];
	size_t nplaces;
	char *why_attached; /* it is not exchanged, or that does not count; NULL: neither. Owned */
	struct overhead_arm *floor; /* of a monitor whose programs can be exchanged; NULL: none */
	/* With its consumer awake, over the empty program: known of what was exchanged. */
	struct overhead_whole {
		struct stats_interval total; /* ns a call */
		struct json_object *parts;   /* owned; NULL: not known */
		size_t few; /* not known: of so many loads, where OVERHEAD_ROUNDS_MIN are needed */
		bool tried;
	} whole[TIMED_EVENTS_MAX];
	struct consumption own; /* of the monitor's own process, all rounds */
	uint64_t lost;		/* records, all rounds; UINT64_MAX: it does not say */
	uint64_t map_bytes, rss_bytes;
	unsigned int stride; /* takes part in every so many-th round */
	double cost_s;	     /* of taking part once */
	double deselect_s;   /* of that, detaching */
};

/* A block of @event is @parts times @subs sub-blocks in every arm; without a monitor, it costs: */
struct overhead_base {
	bool on; /* asked for */
	uint32_t parts, subs, warm;
	struct samples ns[CUTS];     /* per call, one a block */
	struct block_stat sum[CUTS]; /* sub-blocks kept and cut, all blocks */
};

struct overhead {
	struct run *run;
	struct overhead_params params;
	struct placement place;
	struct loop *loops[OVERHEAD_PRODUCERS]; /* params.producers of them */
	bool realtime;				/* they run under SCHED_FIFO */
	bool anew; /* they are programs, executed anew for every arm (overhead_program.c) */
	struct cgroup cgroup;	   /* which they are in then; "": none */
	struct overhead_arm *arms; /* narms of them */
	size_t narms;
	struct stubs *empties;	     /* of the floor that is attached; owned */
	struct monitor *monitor;     /* of the arm that is attached, or was; owned */
	struct overhead_arm *active; /* what is attached; NULL: nothing */
	struct overhead_base base[TIMED_EVENTS_MAX];
	bool events_chosen; /* by the user: then these and no others */
	struct rng rng;
	uint64_t links;	       /* env_syscall_links() of the pairs that count */
	uint64_t beside;       /* pairs that count though somebody else is attached */
	uint64_t crowded;      /* pairs dropped because somebody came or went meanwhile */
	struct strbuf foreign; /* foreign programs on the tracepoints; "" when there are none */
	bool interrupted;
	int left; /* of the first monitor that ended meanwhile: overhead_leave(); 0: none did */
	/* Time: budget and what was told to the person. */
	double budget_s;
	uint64_t start_ns;
	unsigned int steps, steps_told;
	unsigned int rounds;
	struct whole_turns *turns; /* of monitors that are exchanged; owned; NULL: none */
};

/* Monitors that can be exchanged are, and attached for their floor alone. */
bool overhead_exchanges(const struct overhead *o);
double overhead_elapsed_s(const struct overhead *o);
/* Tells the person what goes on, at most once a second. */
void overhead_tell(struct overhead *o, const char *what, const char *who);

/*
 * @err came while @arm was timed. Where its own process has ended (a script that says exit(), which
 * has been said), it takes no further part and is told with that reason, nothing is attached, and
 * the others go on: 0. Else @err.
 */
int overhead_leave(struct overhead *o, struct overhead_arm *arm, int err);
/* Monitors were asked for, and none of them can be timed. */
bool overhead_all_skipped(const struct overhead *o);

/*
 * From the return on, @arm (NULL: nothing) is attached and no other; each time it is loaded afresh.
 * Two loads of one object differ by a nanosecond (where the JIT put them, which memory their maps
 * got), so a load is the unit of repetition. o->monitor is then the arm's monitor, or after NULL
 * the one that was, to be read until overhead_drop(). 0 or -errno after saying why.
 */
int overhead_select(struct overhead *o, struct overhead_arm *arm);
/* Unloads the monitor that was attached. Only when none is. */
void overhead_drop(struct overhead *o);
/* Floors are measured as arms are, and have no records. */
bool overhead_is_floor(const struct overhead_arm *arm);
/* Does @m write records that are to be taken? */
bool overhead_has_records(const struct overhead *o, const struct monitor *m);
/* Takes what is left in the ring. */
int overhead_drain(struct monitor *m, struct consumption *use);
/* What the detached monitor @m of @arm tells in the end: what its process took, what it lost, how
 * large it is. */
void overhead_harvest(struct overhead_arm *arm, struct monitor *m);

/* overhead_program.c: is it a monitor of allocations? */
bool overhead_allocates(const struct overhead_arm *arm);
bool overhead_is_of_malloc(
	const struct overhead_arm *arm); /* of an allocator's, not the kernel's */
/* Is @event one of the timed ones whose allocations such a monitor counts? Its figure is of all of
 * them together. */
bool overhead_is_allocation(const struct overhead_arm *arm, int event);
/* Allocations that such a monitor's program made in all of them. */
uint64_t overhead_allocated(const struct overhead_arm *arm);
/* Such a monitor that has counted none of the calls was not there: there is nothing to compare. */
bool overhead_is_absent(const struct overhead_arm *arm);
/* Starts who makes the calls, by @starter (NULL: by itself), and ends who did. 0 or -errno after
 * saying why. */
int overhead_start_calls(struct overhead *o, const char *const *starter);
void overhead_stop_calls(struct overhead *o);
/* Once the arms are known: with a monitor of allocations among them the calls are made by programs
 * of their own from now on. 0 or -errno after saying why. */
int overhead_calls_anew(struct overhead *o);
/* Tells a monitor of allocations what to watch: @target. */
void overhead_aim(const struct overhead *o, const struct overhead_arm *arm,
		  struct monitor_target *target);
/* The consumer shares its CPU with who makes calls. */
bool overhead_is_crowded(const struct overhead *o);

/* overhead_attach.c: chooses parts, subs and warm of each event by a short trial with nothing
 * attached. */
int overhead_calibrate(struct overhead *o);
/* Rounds of paired differences for @seconds of the @left_s that all rounds together still have;
 * with the last of them goes on until there are enough for an interval. */
int overhead_rounds(struct overhead *o, double seconds, double left_s);

/* overhead_whole.c: what monitors cost by their programs exchanged while the consumer is awake, by
 * turns. How many such monitors there are. */
size_t overhead_whole_count(const struct overhead *o);
/* Loads them. 0 or -errno after saying why; what cannot be exchanged is no error. */
int overhead_whole_open(struct overhead *o);
/* Each of them for its part of @seconds; nothing is attached behind it. */
int overhead_whole_turn(struct overhead *o, double seconds);
/* Keeps what was measured; @err: how it went. Returns @err. */
int overhead_whole_close(struct overhead *o, int err);
/* For struct exchange_options: a struct overhead tells what the exchange lane does. */
void overhead_tell_exchange(void *arg, const char *what, const char *who);

/* The fewest differences that an interval can be made of. */
enum { OVERHEAD_ROUNDS_MIN = 4 };
/* What the cell is judged by: the pairs that count or, where they are too few, all; @rough says
 * which. */
const struct samples *overhead_samples(const struct overhead_cell *cell, enum cut cut, bool *rough);

/* overhead_slowdown.c: a real load with and without each monitor; emits `slowdown` and `collector`.
 */
int overhead_slowdown(struct overhead *o, double until_s);

/* overhead_record.c: emits `overhead` and `collector` records of what was measured. */
int overhead_emit(struct overhead *o);
/* {"cpu_pct":..,..}: a `collector` record; @calls 0: not known. The caller owns it. */
struct json_object *overhead_collector_record(const struct overhead *o,
					      const struct overhead_arm *arm, const char *workload,
					      const struct consumption *use, uint64_t calls);
/* overhead_print.c: the tables a person sees, of what @records (a JSON array) holds of overhead,
 * slowdown and collector; others are passed over. */
void overhead_print(struct json_object *records, FILE *out);

/* True when the monitor has a process of its own; else a thread of ours collects. */
bool overhead_own_process(const struct overhead_arm *arm);

#endif
