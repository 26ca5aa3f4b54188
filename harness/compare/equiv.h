/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Equivalence: two monitors that watched the same events at the same time must have captured the
 * same. Pure functions on what was captured.
 *
 * Differences that are no difference, by name:
 *   timestamp      each program reads the clock itself: event.timestamp_ns, MEM_LAST_UPDATE
 *   clock          a CPU monitor's times are differences of such readings, taken one program after
 *                  the other; what the hypervisor takes in between (a millisecond at a time) is in
 *                  one sum only: sums may differ by EQUIV_SUM_PCT of the larger and EQUIV_SUM_NS,
 *                  moments by EQUIV_MOMENT_NS
 *   record-length  a Honey program may submit 64 bytes for a 56-byte struct; the fields must be
 *                  equal all the same
 */
#ifndef HARNESS_EQUIV_H
#define HARNESS_EQUIV_H

#include "lib/base.h"
#include "collector/collect.h"
#include "collector/figures.h"
#include "harness/record.h"

enum { EQUIV_KEEP = 20 }; /* differences kept with their text; all are counted */
enum { EQUIV_SUM_PCT = 15, EQUIV_SUM_NS = 3000000, EQUIV_MOMENT_NS = 3000000 };

struct equiv_difference {
	const char *what;  /* "key", "counter", "event", "loss" */
	const char *field; /* of the counter or event, or "" */
	uint32_t key;	   /* thread or process */
	uint64_t index;	   /* event: its number within the thread, from 0 */
	uint64_t a, b;
	char *text; /* a sentence */
};

struct equiv {
	const struct vocabulary *words; /* of both: what an event's values are called */
	struct equiv_difference kept[EQUIV_KEEP];
	uint64_t differences;		 /* all of them */
	uint64_t keys, counters, events; /* compared */
	bool record_length;		 /* allowed differences that were met */
	bool timestamp, clock;
};

/* One more difference, with its sentence. */
void equiv_add(struct equiv *e, struct equiv_difference d, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Frees the sentences; @e itself is the caller's. */
void equiv_release(struct equiv *e);

/*
 * Compares the fields both tables offer, key by key. Keys of only one table are differences, except
 * those whose every common field is 0 (created, never counted). @name_a and @name_b are for the
 * sentences.
 */
void equiv_tables(struct equiv *e, const char *name_a, const struct counter_table *a,
		  const char *name_b, const struct counter_table *b);

/*
 * Compares what two monitors of one definition have in their maps, those that both have, key by
 * key. @by_clock: each is what the definition makes of the calls, so that what differs depends on
 * the clock.
 */
void equiv_figures(struct equiv *e, const char *name_a, const struct figures *a, const char *name_b,
		   const struct figures *b, bool by_clock);

/*
 * Compares event streams thread by thread, in order: a ring merges CPUs in any order, but each
 * thread's own events are ordered. Behind an event that only one has they go on as one.
 * @lost_a and @lost_b are the events each could not record. When neither lost any, the streams must
 * be equal one by one; else captured + lost must be equal, and the sentence says that the content
 * was not compared.
 */
void equiv_events(struct equiv *e, const char *name_a, const struct event *a, size_t na,
		  uint64_t lost_a, const char *name_b, const struct event *b, size_t nb,
		  uint64_t lost_b);

#endif
