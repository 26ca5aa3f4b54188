/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The measure `calibrate`: how far the claims of the time lane and of the exact lane can be
 * believed, on this machine, by costs that are known beforehand.
 *
 * A plan shares the time out (cal_plan.h); each part (part_*.c) compares objects whose costs are
 * known again and again and adds figures to its record, each beside its target, with all runs
 * behind them. Here are the one comparison that they all make, the record, the order of the parts,
 * and the table for a person.
 */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "harness/calibrate/cal_stats.h"
#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

enum { GAUGE_CYCLES = 600 }; /* struct exchange: gauge_ns */

static struct stats_interval in_cycles(const struct exchange *s, const struct samples *effect)
{
	struct samples cycles = {0};
	struct stats_interval iv;

	for (size_t i = 0; i < effect->n; i++)
		if (s->gauge_ns.v[i] > 0)
			samples_add(&cycles, effect->v[i] / s->gauge_ns.v[i] * GAUGE_CYCLES);
	iv = stats_trimmed_interval(cycles.v, cycles.n, EXCHANGE_LOAD_TRIM, OVERHEAD_CONFIDENCE);
	samples_release(&cycles);
	return iv;
}

static void summarise(const struct exchange *s, struct cal_run *out)
{
	const struct exchange_event *e = &s->events[0];

	out->verdict = e->verdict;
	out->margin_ns = e->margin_ns;
	out->aa = exchange_summarise(exchange_effect(e, EFFECT_AA), &s->at_s).reported;
	out->diff = exchange_summarise(exchange_effect(e, EFFECT_DIFF), &s->at_s).reported;
	out->diff_cycles = in_cycles(s, exchange_effect(e, EFFECT_DIFF));
	out->clock_ghz = GAUGE_CYCLES / stats_median(s->gauge_ns.v, s->gauge_ns.n);
}

int cal_compare(struct cal *c, const struct cal_ask *ask, struct exchange *s, struct cal_run *out)
{
	static const char *const events[] = {"brk", NULL};
	static const struct stats_interval nothing = {NAN, NAN, NAN, OVERHEAD_CONFIDENCE};
	struct exchange_options opts = {.place = c->place,
					.realtime = c->realtime,
					.consumer = ask->woken ? EXCHANGE_WOKEN : EXCHANGE_TIMER,
					.seconds = ask->seconds,
					.events = events,
					.margin_ns = ask->margin_ns,
					.margin_share = ask->margin_share,
					.alpha = ask->alpha};
	uint64_t start_ns = clock_ns();
	int err;

	*out = (struct cal_run){
		.aa = nothing, .diff = nothing, .diff_cycles = nothing, .clock_ghz = NAN};
	opts.rng.state = rng_next(&c->rng);
	err = exchange_compare(s, ask->a, ask->b, &opts);
	out->wall_s = (double)(clock_ns() - start_ns) / 1e9;
	out->why_void = s->why_void;
	out->loads = s->at_s.n;
	if (!err && s->at_s.n)
		summarise(s, out);
	if (!err && s->at_s.n && ask->woken) {
		out->aa = exchange_whole_interval(&s->events[0].total_aa, NULL);
		out->diff = exchange_whole_interval(&s->events[0].total_diff, NULL);
		out->diff_cycles = nothing;
	}
	if (!err && !s->at_s.n && !s->why_void)
		out->why_void = "nothing was measured";
	return err;
}

struct json_object *cal_run_json(const struct cal_run *r)
{
	static const char *const verdicts[] = {[EXCHANGE_UNDECIDED] = "undecided",
					       [EXCHANGE_WITHIN] = "within",
					       [EXCHANGE_BEYOND] = "beyond"};
	struct json_object *o = json_object_new_object();

	record_put_str(o, "void", r->why_void);
	record_put_str(o, "verdict", verdicts[r->verdict]);
	record_put_u64(o, "loads", r->loads);
	record_put_num(o, "seconds", r->wall_s);
	record_put_num(o, "margin_ns", r->margin_ns);
	record_put_num(o, "clock_ghz", r->clock_ghz);
	record_put_interval(o, "aa_ns", r->aa);
	record_put_interval(o, "diff_ns", r->diff);
	record_put_interval(o, "diff_cycles", r->diff_cycles);
	return o;
}

void cal_tell(struct cal *c, const char *what)
{
	progress_step(c->run->progress, "%s", what);
}

struct stats_interval cal_plain(double value)
{
	return (struct stats_interval){value, NAN, NAN, NAN};
}

struct json_object *cal_list(struct json_object *o, const char *key)
{
	struct json_object *list = record_get(o, key);

	if (!list) {
		list = json_object_new_array();
		record_put(o, key, list);
	}
	return list;
}

void cal_add(struct json_object *record, const struct cal_figure *f, const char *fmt, ...)
{
	struct json_object *o = json_object_new_object();
	struct strbuf measured = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&measured, fmt, ap);
	va_end(ap);
	record_put_str(o, "figure", f->name);
	record_put_str(o, "target", f->target);
	record_put_str(o, "measured", measured.s);
	record_put_num(o, "value", f->value.centre);
	record_put_num(o, "low", f->value.low);
	record_put_num(o, "high", f->value.high);
	record_put_str(o, "unit", f->unit);
	record_put_u64(o, "n", f->n);
	if (f->reached == CAL_NO_TARGET)
		record_put(o, "reached", NULL);
	else
		record_put_bool(o, "reached", f->reached == CAL_REACHED);
	json_object_array_add(cal_list(record, "figures"), o);
	strbuf_release(&measured);
}

void cal_add_void(struct json_object *record, size_t unclean, size_t n, const char *what)
{
	/* Beside nothing else it is the reason of a void record. */
	if (unclean && record_count(record, "figures"))
		cal_add(record,
			&(struct cal_figure){.name = "runs that called themselves void",
					     .value = cal_share(unclean, n, 0.95),
					     .unit = "share",
					     .n = n,
					     .reached = CAL_NO_TARGET},
			"%zu of %zu, %s", unclean, n, what);
}

struct calibrate_params {
	uint64_t part, regime, runs, hogs, boots;
	bool realtime;
};

static const char *const part_choices[] = {"aa",    "coverage", "power", "rare", "linearity",
					   "clear", "exact",	"all",	 NULL};

static const char *const regime_choices[] = {"quiet", "hogs", "woken", "hogs-shared", "all", NULL};
enum { ALL_REGIMES = ARRAY_SIZE(regime_choices) - 2 };

static const struct param params[] = {
	PARAM_ROW_ENUM(calibrate_params, part, "one part only", CAL_PARTS, part_choices),
	PARAM_ROW_ENUM(calibrate_params, regime, "of the coverage, one regime only", ALL_REGIMES,
		       regime_choices),
	PARAM_ROW(calibrate_params, runs, U64,
		  "runs of each series; 0: what the targets are stated for, or fits into -t", 0, 0,
		  100000),
	PARAM_ROW(calibrate_params, hogs, U64, "memory hogs of the regimes with hogs", 3, 1, 64),
	PARAM_ROW(calibrate_params, boots, U64, "boots of each kernel; 0: 10, or fits into -t", 0,
		  0, 100),
	PARAM_ROW_BOOL(calibrate_params, realtime,
		       "SCHED_FIFO for the timed process, where allowed and not on one CPU", true),
	PARAM_END,
};

/* One record. */
struct job {
	enum cal_part part;
	const char *regime; /* of CAL_COVERAGE, else NULL */
};

enum { JOBS_MAX = CAL_PARTS + 8 };

/* Without a priority to give up, the last one is the one before. */
static bool regime_is_on(const struct cal *c, size_t r, uint64_t only)
{
	return only == ALL_REGIMES ? c->realtime || cal_regimes[r + 1] : only == r;
}

static unsigned int count_regimes(const struct cal *c, uint64_t only)
{
	unsigned int n = 0;

	for (size_t r = 0; cal_regimes[r]; r++)
		n += regime_is_on(c, r, only);
	return n;
}

static size_t make_jobs(const struct cal *c, uint64_t only, struct job jobs[JOBS_MAX])
{
	size_t n = 0;

	for (int p = 0; p < CAL_PARTS; p++) {
		if (!c->plan.part[p].on)
			continue;
		if (p != CAL_COVERAGE) {
			jobs[n++] = (struct job){(enum cal_part)p, NULL};
			continue;
		}
		for (size_t r = 0; cal_regimes[r]; r++)
			if (regime_is_on(c, r, only))
				jobs[n++] = (struct job){CAL_COVERAGE, cal_regimes[r]};
	}
	return n;
}

static const char *phase_name(const struct job *j, char *buf, size_t size)
{
	/* That of the exact part is the exact lane's own, which plans it again. */
	snprintf(buf, size, "%s%s%s", cal_part_names[j->part], j->regime ? ", " : "",
		 j->regime ? j->regime : "");
	return buf;
}

static void make_plan(struct cal *c, const struct calibrate_params *p)
{
	struct cal_wish wish = {.seconds = c->run->seconds,
				.quick = c->run->quick,
				.runs = p->runs,
				.boots = p->boots,
				.only = (int)p->part,
				.regimes = count_regimes(c, p->regime)};

	while (cal_multiplies[wish.points])
		wish.points++;
	while (cal_kernels[wish.kernels])
		wish.kernels++;
	cal_plan_make(&c->plan, &wish);
}

/* All phases before the first step, so that the time left is that of all. */
static void tell_plan(struct cal *c, const struct job *jobs, size_t n)
{
	struct strbuf sb = STRBUF_INIT;
	char name[64];

	for (size_t i = 0; i < n; i++) {
		const struct cal_share_of_plan *s = &c->plan.part[jobs[i].part];
		bool first = !i || jobs[i - 1].part != jobs[i].part;
		size_t same = 0;

		for (size_t k = 0; k < n; k++)
			same += jobs[k].part == jobs[i].part;
		progress_plan(c->run->progress, phase_name(&jobs[i], name, sizeof(name)),
			      MAX(s->runs, 1U), s->total_s / (double)same / MAX(s->runs, 1U));
		if (first)
			strbuf_addf(&sb, "%s%s %u (%.0f s)", sb.len ? ", " : "",
				    cal_part_names[jobs[i].part], s->runs, s->total_s);
	}
	log_info("calibrate: about %.0f min: runs of %s", c->plan.total_s / 60, sb.s);
	strbuf_release(&sb);
}

static int measure_part(struct cal *c, const struct job *j, struct json_object *record)
{
	static int (*const parts[CAL_PARTS])(struct cal *, struct json_object *) = {
		[CAL_AA] = cal_aa,	 [CAL_POWER] = cal_power, [CAL_RARE] = cal_rare,
		[CAL_CLEAR] = cal_clear, [CAL_EXACT] = cal_exact, [CAL_LINEARITY] = cal_linearity};

	return j->regime ? cal_coverage(c, record, j->regime) : parts[j->part](c, record);
}

/* "fail" is a target missed by a run that is long enough to tell. */
static const char *status_of(struct json_object *record, bool whole, int err)
{
	struct json_object *f;
	bool missed = false;

	if (err == -ENOTSUP)
		return "skip";
	if (!record_count(record, "figures"))
		return "void";
	record_foreach (record_get(record, "figures"), f)
		missed |= record_get(f, "reached") && !record_true(f, "reached");
	return whole && missed ? "fail" : "ok";
}

/* Of the first run that says why it is void. */
static const char *why_void(struct json_object *record)
{
	static const char *const single[] = {"size.void", "always.void", "rare.void"};
	struct json_object *r;

	for (size_t i = 0; i < ARRAY_SIZE(single); i++)
		if (record_get(record, single[i]))
			return record_str(record, single[i], NULL);
	record_foreach (record_get(record, "runs"), r)
		if (record_get(r, "void"))
			return record_str(r, "void", NULL);
	return "too little was measured";
}

/* "FIGURE: MEASURED, not TARGET", of each that missed it. */
static void say_missed(struct json_object *record, struct strbuf *out)
{
	struct json_object *f;

	record_foreach (record_get(record, "figures"), f)
		if (record_get(f, "reached") && !record_true(f, "reached"))
			strbuf_addf(out, "%s%s: %s, not %s", out->len ? "; " : "",
				    record_str(f, "figure", "?"), record_str(f, "measured", "?"),
				    record_str(f, "target", "?"));
}

/* Why there is no figure, when there is none, or which target was missed. */
static void add_reason(struct json_object *record, const char *status, int err)
{
	struct strbuf why = STRBUF_INIT;

	if (err == -EINTR)
		strbuf_addstr(&why, "interrupted");
	else if (!strcmp(status, "void"))
		strbuf_addstr(&why, why_void(record));
	else if (!strcmp(status, "fail"))
		say_missed(record, &why);
	if (why.len)
		record_put_str(record, "reason", why.s);
	strbuf_release(&why);
}

static int do_job(struct cal *c, const struct job *j)
{
	struct json_object *record = json_object_new_object();
	bool whole = c->plan.part[j->part].whole;
	uint64_t start_ns = clock_ns();
	const char *status;
	char name[64];
	int err, emitted;

	progress_begin(c->run->progress, phase_name(j, name, sizeof(name)));
	record_put_str(record, "type", "calibrate");
	record_put_str(record, "part", cal_part_names[j->part]);
	err = measure_part(c, j, record);
	whole &= !err;
	status = status_of(record, whole, err);
	add_reason(record, status, err);
	record_put_str(record, "status", status);
	record_put_bool(record, "whole", whole);
	record_put_num(record, "seconds", (double)(clock_ns() - start_ns) / 1e9);
	emitted = sink_emit(c->run->sink, record);
	if (err == -ENOTSUP)
		err = 0;
	return err ? err : emitted;
}

static int calibrate_run(struct run *run, const void *params_)
{
	const struct calibrate_params *p = params_;
	struct cal c = {.run = run, .hogs = (unsigned int)p->hogs, .rng = {run->seed}};
	struct job jobs[JOBS_MAX];
	int err;
	size_t n;

	if (run_chosen(run->monitors, NULL)) {
		log_err("calibrate brings its own objects, whose costs are known: leave -m out");
		return -EINVAL;
	}
	err = env_refuse_stats("/proc");
	if (err)
		return err;
	sched_getaffinity(0, sizeof(c.cpus), &c.cpus);
	placement_choose(&c.place, "/sys");
	if (c.place.same_cpu)
		log_warn("only one CPU may be used: the consumer shares it with the calls it "
			 "watches");
	c.realtime = p->realtime && !c.place.same_cpu;
	make_plan(&c, p);
	n = make_jobs(&c, p->regime, jobs);
	tell_plan(&c, jobs, n);
	placement_pin(c.place.consumer_cpu);
	for (size_t i = 0; i < n && !err; i++)
		err = do_job(&c, &jobs[i]);
	sched_setaffinity(0, sizeof(c.cpus), &c.cpus);
	return err;
}

enum { NAME_WIDTH = 48, TARGET_WIDTH = 15, REACHED_WIDTH = 7 };

/* Of a part that is too short nobody can say. */
static const char *reached_word(struct json_object *f, bool whole)
{
	if (!record_get(f, "reached"))
		return "";
	if (!whole)
		return "?";
	return record_true(f, "reached") ? "yes" : "NO";
}

static void rows(struct json_object *o, FILE *out)
{
	bool whole = record_true(o, "whole");
	struct json_object *f;

	record_foreach (record_get(o, "figures"), f)
		fprintf(out, "%-*s  %-*s  %-*s  %s (n %llu)\n", NAME_WIDTH,
			record_str(f, "figure", "?"), TARGET_WIDTH, record_str(f, "target", "-"),
			REACHED_WIDTH, reached_word(f, whole), record_str(f, "measured", "?"),
			(unsigned long long)record_u64(f, "n", 0));
}

static void notes(struct json_object *o, FILE *out)
{
	const char *part = record_str(o, "part", "?"), *regime = record_str(o, "regime", NULL);
	const char *reason = record_str(o, "reason", NULL);

	/* The table has what a target was missed by. */
	if (reason && strcmp(record_str(o, "status", ""), "fail"))
		fprintf(out, "  %s%s%s: %s: %s\n", part, regime ? ", " : "", regime ? regime : "",
			record_str(o, "status", "?"), reason);
}

static void cal_print(struct json_object *records, FILE *out)
{
	size_t parts = 0, short_ones = 0;
	struct json_object *o;

	record_foreach_type (records, o, "calibrate") {
		short_ones += !record_true(o, "whole") && record_count(o, "figures");
		parts++;
	}
	if (!parts)
		return;
	if (short_ones)
		fputs("TOO SHORT TO PROVE ANYTHING: fewer or shorter runs than the targets are "
		      "stated for.\n\n",
		      out);
	fprintf(out, "%-*s  %-*s  %-*s  %s\n", NAME_WIDTH, "figure", TARGET_WIDTH, "target",
		REACHED_WIDTH, "reached", "measured");
	record_foreach_type (records, o, "calibrate")
		rows(o, out);
	record_foreach_type (records, o, "calibrate")
		notes(o, out);
}

const struct measure_ops measure_calibrate = {
	.name = "calibrate",
	.help = "how far the figures can be believed here: false alarms, coverage, power, "
		"linearity, by known costs",
	.params = params,
	.params_size = sizeof(struct calibrate_params),
	.run = calibrate_run,
	.print = cal_print,
};
