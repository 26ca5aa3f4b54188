/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rounds of a case added up, and the records made of them (docs/results.md: ringbuf,
 * losscurve). */
#ifndef HARNESS_RING_RECORD_H
#define HARNESS_RING_RECORD_H

#include <stdio.h>

#include <json-c/json.h>

#include "harness/ring/ring_rig.h"
#include "harness/ring/ring_round.h"
#include "lib/base.h"

enum { RING_MAX_ROUNDS = 200 };

struct ring_sample {
	uint32_t round;
	double rate_per_s; /* records consumed and found right */
	double produce_ns; /* that a producer spent on each record it asked for */
	bool disturbed;
	bool lossy; /* more than 1 % was dropped, and a record dropped is cheaper than one written
		     */
};

/* Totals of some rounds. */
struct ring_totals {
	uint64_t rounds, produced, consumed, dropped, bad;
	uint64_t counted; /* by the monitor */
	bool counts;	  /* it has a counter */
	uint64_t elapsed_ns, produce_ns, reader_cpu_ns;
};

/*
 * Rates come from calm rounds, where nobody else took our CPUs away, if there are RING_MIN_CALM of
 * them, else from all. That no record goes unaccounted is asked of all.
 */
enum { RING_MIN_CALM = 4 };

struct ring_tally {
	const char *skip; /* why the case cannot run here; NULL: it can */
	struct ring_sample samples[RING_MAX_ROUNDS];
	uint32_t nsamples;
	struct ring_totals calm, disturbed;
	uint64_t unaccounted_rounds;
	char *why; /* what was wrong in the first round whose books did not close; NULL: nothing */
};

void ring_tally_add(struct ring_tally *t, const struct ring_round *r, uint32_t round,
		    const char *why);
void ring_tally_release(struct ring_tally *t);

/* The record of @c; @base (may be NULL) is the case without wake-ups, for their price: it is left
 * out when the threads were crowded or rounds lossy. The caller owns it. */
struct json_object *ring_case_record(const struct ring_rig *rig, const struct ring_case *c,
				     const struct ring_tally *t, const struct ring_tally *base);

/* The record of a point of the loss curve; @target_per_s is what the producer was asked for. The
 * caller owns it. */
struct json_object *ring_curve_record(const struct ring_rig *rig, const struct ring_tally *t,
				      uint64_t target_per_s);

/* Adds to the record of a point what its rounds say: rates, totals, verdict. */
void ring_curve_add(struct json_object *o, const struct ring_tally *t);

/* The tables a person sees, from a JSON array of records; other measures' are passed over. */
void ringbuf_print(struct json_object *records, FILE *out);

#endif
