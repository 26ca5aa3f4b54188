/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `beebench calibrate`: what the time lane and the exact lane promise, held against costs that are
 * known (bpf/probes/calib.bpf.h). Each part fills a record of type `calibrate` (docs/results.md)
 * with its figures, each beside its target, and with all runs behind them.
 */
#ifndef HARNESS_CALIBRATE_H
#define HARNESS_CALIBRATE_H

#include <sched.h>

#include <json-c/json.h>

#include "harness/calibrate/cal_plan.h"
#include "harness/exchange/exchange.h"
#include "harness/plugin.h"
#include "harness/record_put.h"
#include "lib/base.h"
#include "lib/rng.h"

/* What lives through one calibration. */
struct cal {
	struct run *run;
	struct cal_plan plan;
	struct placement place;
	cpu_set_t cpus; /* those that we may use; we ourselves are on place.consumer_cpu */
	bool realtime;
	unsigned int hogs;
	struct rng rng;
};

/* One comparison, in what is kept of it. */
struct cal_run {
	enum exchange_verdict verdict;
	const char *why_void; /* of the struct exchange; NULL: it counts */
	double wall_s, margin_ns;
	size_t loads;
	struct stats_interval aa, diff;	   /* ns; as reported to a user */
	struct stats_interval diff_cycles; /* core cycles, each load by its own clock */
	double clock_ghz;
};

/* What is asked of it; the rest is as the gate has it. */
struct cal_ask {
	const char *a, *b; /* names of objects */
	double seconds;	   /* budget */
	double margin_ns, margin_share, alpha;
	bool woken; /* the consumer is awake, and what is compared is the whole monitor */
};

/*
 * Compares the two on brk and fills @out; @s has it all and is released by the caller in any case.
 * A void run is no error. Returns as exchange_compare().
 */
int cal_compare(struct cal *c, const struct cal_ask *ask, struct exchange *s, struct cal_run *out);
/* A run for the list "runs" of a record. The caller owns it. */
struct json_object *cal_run_json(const struct cal_run *r);

/* A step of the part begins, the next of its runs: with @what. */
void cal_tell(struct cal *c, const char *what);

/* A figure of a record: what was measured, what was promised. */
enum cal_reached { CAL_MISSED, CAL_REACHED, CAL_NO_TARGET };

struct cal_figure {
	const char *name, *target;   /* @target: NULL without one */
	struct stats_interval value; /* low and high are NAN where there is no interval */
	const char *unit;
	size_t n;
	enum cal_reached reached;
};

/* Adds @f to the record's "figures"; @fmt is "measured", what a person reads. */
void cal_add(struct json_object *record, const struct cal_figure *f, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Adds how many of @n runs were void, when any was and there are figures; @what became of them. */
void cal_add_void(struct json_object *record, size_t unclean, size_t n, const char *what);
/* A value without an interval. */
struct stats_interval cal_plain(double value);

/* The list @key of @o, made when it is not there. Not owned by the caller. */
struct json_object *cal_list(struct json_object *o, const char *key);

/*
 * The parts. Each measures and adds to @record; -EINTR leaves in it what was measured. Returns 0 or
 * -errno after saying why. -ENOTSUP: this machine cannot, and "reason" is in the record.
 */
int cal_aa(struct cal *c, struct json_object *record);
int cal_power(struct cal *c, struct json_object *record);
int cal_clear(struct cal *c, struct json_object *record);
int cal_rare(struct cal *c, struct json_object *record);
int cal_linearity(struct cal *c, struct json_object *record);
int cal_exact(struct cal *c, struct json_object *record);
/* One regime of it: a record. */
int cal_coverage(struct cal *c, struct json_object *record, const char *regime);

/* Regimes of the coverage, ended by NULL. */
extern const char *const cal_regimes[];
/* Objects of the linearity: multiplications injected, ended by 0. */
extern const unsigned int cal_multiplies[];
/* Kernels of the exact part, ended by NULL. */
extern const char *const cal_kernels[];

#endif
