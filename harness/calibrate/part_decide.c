/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Series of decisions: equal objects must not be called different, a small difference must be
 * found, a clear one at once.
 */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>

#include "harness/calibrate/cal_history.h"
#include "harness/calibrate/cal_hyperfine.h"
#include "harness/calibrate/cal_stats.h"

/* The gate's rule (docs/method.md): margin, error rate; and a budget that a clear case does not
 * use up. */
#define MARGIN_NS    1.0
#define MARGIN_SHARE 0.03
#define ALPHA	     0.001
#define GATE_S	     5.0
#define CLEAR_S	     3.0
/* What has to be found: a quarter more than a nanosecond, in so many seconds. */
#define POWER_S	     2.0
#define POWER_SHARE  0.99
#define POWER_OBJECT "calib-small"

/* A series: what came out, how often. Void runs count nowhere but in @unclean. */
struct series {
	unsigned int counted, beyond, within, undecided, unclean, beyond_void;
	struct samples wall_s, diff;
};

static void count(struct series *t, const struct cal_run *r)
{
	if (r->why_void) {
		t->unclean++;
		t->beyond_void += r->verdict == EXCHANGE_BEYOND;
		return;
	}
	t->counted++;
	t->beyond += r->verdict == EXCHANGE_BEYOND;
	t->within += r->verdict == EXCHANGE_WITHIN;
	t->undecided += r->verdict == EXCHANGE_UNDECIDED;
	samples_add(&t->wall_s, r->wall_s);
	samples_add(&t->diff, r->diff.centre);
}

static void release(struct series *t)
{
	samples_release(&t->wall_s);
	samples_release(&t->diff);
}

/* As many runs as the plan has; the record gets each. */
static int decide(struct cal *c, enum cal_part part, const struct cal_ask *ask, struct series *t,
		  struct json_object *record)
{
	int err = 0;

	for (unsigned int i = 0; i < c->plan.part[part].runs && !err; i++) {
		struct cal_run r;
		struct exchange s;

		cal_tell(c, ask->b);
		err = cal_compare(c, ask, &s, &r);
		if (!err) {
			count(t, &r);
			json_object_array_add(cal_list(record, "runs"), cal_run_json(&r));
		}
		exchange_release(&s);
	}
	return err;
}

/* How long the decisions took, from the call to the answer. */
static void add_times(struct json_object *record, const struct series *t, const char *name)
{
	const struct samples *s = &t->wall_s;
	double most = stats_quantile(s->v, s->n, 1);

	cal_add(record,
		&(struct cal_figure){.name = name,
				     .target = "under 3 s",
				     .value = cal_plain(most),
				     .unit = "s",
				     .n = s->n,
				     .reached = most < CLEAR_S && !t->undecided ? CAL_REACHED
										: CAL_MISSED},
		"median %.2f s, 99 %% in %.2f s, longest %.2f s%s", stats_median(s->v, s->n),
		stats_quantile(s->v, s->n, 0.99), most, t->undecided ? ", some undecided" : "");
}

int cal_aa(struct cal *c, struct json_object *record)
{
	const struct cal_ask ask = {"calib", "calib", GATE_S, MARGIN_NS, MARGIN_SHARE, ALPHA};
	struct series t = {0};
	int err = decide(c, CAL_AA, &ask, &t, record);
	struct stats_interval share = cal_share(t.beyond, t.counted, 0.95);

	if (t.counted) {
		record_put_interval(record, "false_alarms", share);
		cal_add(record,
			&(struct cal_figure){.name = "A/A false alarms of the gate, time lane",
					     .target = "0 in 300",
					     .value = share,
					     .unit = "share",
					     .n = t.counted,
					     .reached = t.beyond ? CAL_MISSED : CAL_REACHED},
			"%u in %u (95 %%: at most %.2g %%)", t.beyond, t.counted, 100 * share.high);
		cal_add(record,
			&(struct cal_figure){.name = "A/A left undecided",
					     .value = cal_share(t.undecided, t.counted, 0.95),
					     .unit = "share",
					     .n = t.counted,
					     .reached = CAL_NO_TARGET},
			"%u in %u", t.undecided, t.counted);
		add_times(record, &t, "A/A decided");
		cal_history_add(record, t.diff.v, t.diff.n);
		if (!err)
			err = cal_hyperfine(c, ask.a, ask.b, c->plan.part[CAL_AA].runs,
					    "plain hyperfine: A/A called different", record);
	}
	cal_add_void(record, t.unclean, t.counted + t.unclean, "left out above");
	record_put_i64(record, "alarms_in_void_runs", (int)t.beyond_void);
	release(&t);
	return err;
}

int cal_clear(struct cal *c, struct json_object *record)
{
	const struct cal_ask ask = {"calib",   "calib-lookup", GATE_S,
				    MARGIN_NS, MARGIN_SHARE,   ALPHA};
	struct series t = {0};
	int err = decide(c, CAL_CLEAR, &ask, &t, record);

	if (t.counted) {
		cal_add(record,
			&(struct cal_figure){.name = "one more map lookup called a regression",
					     .target = "always",
					     .value = cal_share(t.beyond, t.counted, 0.95),
					     .unit = "share",
					     .n = t.counted,
					     .reached = t.beyond == t.counted ? CAL_REACHED
									      : CAL_MISSED},
			"%u in %u, %+.1f ns", t.beyond, t.counted,
			stats_median(t.diff.v, t.diff.n));
		add_times(record, &t, "one more map lookup decided");
	}
	cal_add_void(record, t.unclean, t.counted + t.unclean, "left out above");
	release(&t);
	return err;
}

/* What the small difference is, over a long run. */
static int add_true_size(struct cal *c, struct json_object *record)
{
	const struct cal_ask ask = {
		.a = "calib", .b = POWER_OBJECT, .seconds = c->plan.part[CAL_POWER].long_s};
	struct cal_run r;
	struct exchange s;
	int err;

	cal_tell(c, "its size");
	err = cal_compare(c, &ask, &s, &r);
	if (!err) {
		record_put(record, "size", cal_run_json(&r));
		if (!r.loads)
			goto out;
		cal_add(record,
			&(struct cal_figure){.name = "the small difference, over a long run",
					     .value = r.diff,
					     .unit = "ns",
					     .n = r.loads,
					     .reached = CAL_NO_TARGET},
			"%+.2f ns [%.2f, %.2f], %.1f cycles%s", r.diff.centre, r.diff.low,
			r.diff.high, r.diff_cycles.centre, r.why_void ? ", VOID" : "");
	}
out:
	exchange_release(&s);
	return err;
}

int cal_power(struct cal *c, struct json_object *record)
{
	const struct cal_ask ask = {"calib", POWER_OBJECT, POWER_S, 0, 0, ALPHA};
	struct series t = {0};
	int err = add_true_size(c, record);
	struct stats_interval share;

	if (!err)
		err = decide(c, CAL_POWER, &ask, &t, record);
	share = cal_share(t.beyond, t.counted, 0.95);
	if (t.counted) {
		record_put_interval(record, "found", share);
		cal_add(record,
			&(struct cal_figure){.name = "about +1.25 ns found at p < 0.001 within 2 s",
					     .target = "99 of 100",
					     .value = share,
					     .unit = "share",
					     .n = t.counted,
					     .reached = share.centre >= POWER_SHARE ? CAL_REACHED
										    : CAL_MISSED},
			"%u of %u, runs read %+.2f to %+.2f ns", t.beyond, t.counted,
			stats_quantile(t.diff.v, t.diff.n, 0),
			stats_quantile(t.diff.v, t.diff.n, 1));
		cal_add(record,
			&(struct cal_figure){
				.name = "time until it is found",
				.value = cal_plain(stats_median(t.wall_s.v, t.wall_s.n)),
				.unit = "s",
				.n = t.counted,
				.reached = CAL_NO_TARGET},
			"median %.2f s, 95 %% in %.2f s", stats_median(t.wall_s.v, t.wall_s.n),
			stats_quantile(t.wall_s.v, t.wall_s.n, 0.95));
		if (!err)
			err = cal_hyperfine(c, ask.a, ask.b, c->plan.part[CAL_POWER].runs,
					    "plain hyperfine: about +1.25 ns called different",
					    record);
	}
	cal_add_void(record, t.unclean, t.counted + t.unclean, "left out above");
	release(&t);
	return err;
}
