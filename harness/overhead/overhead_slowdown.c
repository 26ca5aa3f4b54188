/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A real load with and without each monitor: the ratio of its time and CPU time.
 *
 * hyperfine times it (harness/timing/hyperfine.h), as it times any command, but in short blocks: in
 * each round every monitor has one block of a few runs, in a fresh order, and so has nothing at
 * all, so that a ratio is of blocks that lie beside each other. With parameters a block has runs of
 * each choice, and each has a ratio of its own.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "harness/timing/hyperfine.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"
#include "lib/why.h"

enum { STEP_MS = 1, RUNS_MAX = 10 };
/* A block of runs may take so long, or as long as is given to the whole, if that is longer. */
#define BLOCK_MAX_S 120.0
/* A block is at least so long, where it may be of several runs. */
#define BLOCK_S	    0.25

enum { COUNTED, ALL };

/* One arm beside one choice of the load's parameters. */
struct load_cell {
	/* Ratios to the block without a monitor of the same round: of rounds that count, of all. */
	struct samples wall[2], cpu[2];
	struct samples times_s; /* of all runs */
	double wall_s, cpu_s;	/* mean of this round's block */
};

/* One arm beside the load. */
struct load_arm {
	struct load_cell *cell; /* one for each choice */
	struct consumption use;
};

/* A choice of the parameters. */
struct choice_of_load {
	char *command, *parameters; /* owned; @parameters "": none */
};

struct load {
	struct overhead *o;
	const char *name;
	struct strbuf text;   /* the command in words */
	struct strbuf quoted; /* as hyperfine takes it */
	char *timer;	      /* who times it: "hyperfine 1.15.0" */
	struct choice_of_load *choices;
	size_t nchoices;
	struct load_arm *arms;
	unsigned int runs; /* in a block, of each choice */
	unsigned int rounds;
	unsigned int crowded; /* rounds dropped because somebody else came or went meanwhile */
	double round_s;
};

static int place_child(void *arg)
{
	const struct overhead *o = arg;

	placement_pin(o->place.producer_cpu);
	if (o->cgroup.path[0])
		(void)cgroup_enter(&o->cgroup, 0);
	return 0;
}

static void ignore_record(void *arg UNUSED, const struct event *e UNUSED)
{
}

/* Waits for the child in the same small steps whether something is collected or not. */
static int attend(const struct overhead *o, struct subproc *p, struct monitor *m,
		  struct consumption *use)
{
	bool events = m && overhead_has_records(o, m);
	double limit_s = fmax(BLOCK_MAX_S, o->budget_s);
	uint64_t start_ns = clock_ns();
	int err = -ETIMEDOUT;

	while (err == -ETIMEDOUT || err == -EINTR) {
		int n = events ? monitor_poll(m, STEP_MS, ignore_record, NULL) : 0;

		if (n < 0 && n != -EINTR)
			return n;
		use->records += n > 0 ? (uint64_t)n : 0;
		use->polls += n > 0;
		if (run_interrupted())
			return -EINTR;
		if ((double)(clock_ns() - start_ns) > limit_s * NSEC_PER_SEC) {
			log_err("the load still runs after %.0f s; give it less to do, or more "
				"time (-t SECONDS; 120 s at least)",
				limit_s);
			return -ETIME;
		}
		err = subproc_wait(p, events ? 0 : STEP_MS);
	}
	return err;
}

static const struct hyperfine_pass *pass_of(const struct load *l)
{
	static const struct hyperfine_pass nothing = {0};

	return l->o->run->load ? l->o->run->load : &nothing;
}

/* What it says when its output is shown: run once more, without a monitor. */
static void show_failure(struct load *l, const char *said)
{
	struct hyperfine h = HYPERFINE_INIT;
	struct hyperfine_results none = {0};
	struct strbuf why = STRBUF_INIT;
	struct consumption use = {0};
	int err = hyperfine_start(&h, l->quoted.s, 1, pass_of(l), true, place_child, l->o);

	if (!err)
		err = attend(l->o, &h.proc, NULL, &use);
	if (!err)
		err = hyperfine_finish(&h, &none, &why);
	if (err == -ECANCELED)
		log_err("the load '%s' failed; run once more it said:\n%s", l->text.s, why.s);
	else
		log_err("the load '%s' failed, and run once more it did not; %s said: %s",
			l->text.s, l->timer, said);
	hyperfine_results_release(&none);
	hyperfine_release(&h);
	strbuf_release(&why);
}

/* As hyperfine takes it: behind the words of a monitor that starts what it watches. */
static void put_command(const struct load *l, const struct monitor *m, struct strbuf *out)
{
	const char *const *starter = m ? monitor_starter(m) : NULL;

	if (starter) {
		hyperfine_quote(starter, out);
		strbuf_addch(out, ' ');
	}
	strbuf_addstr(out, l->quoted.s);
}

/* One block, whatever is active now; @out is to be released. */
static int run_block(struct load *l, unsigned int runs, struct monitor *m, struct consumption *use,
		     struct hyperfine_results *out)
{
	struct hyperfine h = HYPERFINE_INIT;
	struct strbuf why = STRBUF_INIT, command = STRBUF_INIT;
	bool ended = false; /* badly: the load */
	int err;

	*out = (struct hyperfine_results){0};
	put_command(l, m, &command);
	err = hyperfine_start(&h, command.s, runs, pass_of(l), false, place_child, l->o);
	strbuf_release(&command);
	if (!err)
		err = attend(l->o, &h.proc, m, use);
	if (!err) {
		err = hyperfine_finish(&h, out, &why);
		ended = err == -ECANCELED;
	}
	if (!err && l->nchoices && out->n != l->nchoices) {
		why_err(&why, "hyperfine has %zu results, and had %zu before", out->n, l->nchoices);
		err = -EIO;
	}
	hyperfine_release(&h);
	if (ended) {
		show_failure(l, why.s);
		err = -EIO;
	} else if (why.len) {
		log_err("the load '%s': %s", l->text.s, why.s);
	}
	strbuf_release(&why);
	return err;
}

static int run_arm(struct load *l, size_t i)
{
	struct overhead *o = l->o;
	struct load_arm *a = &l->arms[i];
	uint64_t start_ns, cpu_ns, cpu_before_ns = o->arms[i].own.cpu_ns;
	struct hyperfine_results results = {0};
	struct monitor *m;
	int err = overhead_select(o, i ? &o->arms[i] : NULL);

	m = i && !err ? o->monitor : NULL;
	start_ns = clock_ns();
	cpu_ns = clock_thread_cpu_ns();
	if (!err)
		err = run_block(l, l->runs, m, &a->use, &results);
	for (size_t k = 0; k < results.n && !err; k++) {
		const struct hyperfine_result *r = &results.v[k];

		a->cell[k].wall_s = stats_mean(r->wall_s, r->n);
		a->cell[k].cpu_s = r->cpu_s;
		for (size_t n = 0; n < r->n; n++)
			samples_add(&a->cell[k].times_s, r->wall_s[n]);
	}
	hyperfine_results_release(&results);
	if (!err)
		err = overhead_drain(m, &a->use);
	if (m) {
		a->use.wall_ns += clock_ns() - start_ns;
		if (monitor_info(m)->kind == MONITOR_OBJECT)
			a->use.cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	}
	if (!err)
		err = overhead_select(o, NULL);
	if (!err && m) {
		overhead_harvest(&o->arms[i], m);
		a->use.cpu_ns += o->arms[i].own.cpu_ns - cpu_before_ns;
		overhead_drop(o);
	}
	return err;
}

/* Does it run at all, with which choices of its parameters, and how long? */
static int try_load(struct load *l)
{
	struct hyperfine_results results = {0};
	struct consumption use = {0};
	double most_s = 0;
	int err = run_block(l, 1, NULL, &use, &results);

	l->choices = calloc(results.n + 1, sizeof(*l->choices));
	if (!l->choices)
		abort();
	for (size_t k = 0; k < results.n; k++) {
		l->choices[k] =
			(struct choice_of_load){results.v[k].command, results.v[k].parameters};
		results.v[k].command = results.v[k].parameters = NULL;
		most_s = fmax(most_s, results.v[k].wall_s[0]);
	}
	l->nchoices = results.n;
	l->runs = most_s > 0 ? (unsigned int)fmin(fmax(BLOCK_S / most_s, 1), RUNS_MAX) : RUNS_MAX;
	hyperfine_results_release(&results);
	return err;
}

/* Why a load cannot be timed beside the arm; NULL: it can. */
static const char *why_not_beside(const struct overhead *o, size_t i)
{
	const struct overhead_arm *arm = &o->arms[i];

	if (!arm->skip && !arm->starts && overhead_is_of_malloc(arm))
		return "it watches a process that is there, and a load is started for each run";
	return arm->skip;
}

/* A quick run has time for one monitor: the first that does something. */
static bool takes_part(const struct overhead *o, size_t i)
{
	bool can = !why_not_beside(o, i);

	if (overhead_is_floor(&o->arms[i]))
		return false;
	if (i == 0 || !can || !o->run->quick)
		return can;
	for (size_t k = 1; k < o->narms; k++)
		if (!why_not_beside(o, k) && o->arms[k].info.caps & MONITOR_EVENTS)
			return k == i;
	return i == 1;
}

static void add_ratios(struct load_cell *a, const struct load_cell *none, int which)
{
	samples_add(&a->wall[which], a->wall_s / none->wall_s);
	if (none->cpu_s > 0 && a->cpu_s > 0)
		samples_add(&a->cpu[which], a->cpu_s / none->cpu_s);
}

/* Which rounds an arm is judged by: all, where those that count are too few. */
static int which_rounds(const struct load_cell *a)
{
	return a->wall[COUNTED].n < OVERHEAD_ROUNDS_MIN ? ALL : COUNTED;
}

static int load_round(struct load *l)
{
	struct overhead *o = l->o;
	uint64_t start_ns = clock_ns(), links = env_syscall_links();
	unsigned int order[64], n = 0;
	bool alone = true;
	int err = 0;

	for (size_t i = 0; i < o->narms && n < ARRAY_SIZE(order); i++)
		if (takes_part(o, i))
			order[n++] = (unsigned int)i;
	rng_shuffle(&o->rng, order, n);
	for (unsigned int k = 0; k < n && !err; k++) {
		overhead_tell(o, l->name, o->arms[order[k]].name);
		alone = alone && env_syscall_links() == links;
		err = run_arm(l, order[k]);
		if (err)
			err = overhead_leave(o, &o->arms[order[k]], err);
	}
	alone = alone && env_syscall_links() == links;
	for (unsigned int k = 0; k < n && !err; k++)
		for (size_t c = 0; c < l->nchoices && order[k] && !o->arms[order[k]].skip; c++) {
			add_ratios(&l->arms[order[k]].cell[c], &l->arms[0].cell[c], ALL);
			if (alone)
				add_ratios(&l->arms[order[k]].cell[c], &l->arms[0].cell[c],
					   COUNTED);
		}
	l->rounds += !err && alone;
	l->crowded += !err && !alone;
	l->round_s = (double)(clock_ns() - start_ns) / 1e9;
	return err;
}

static struct json_object *warnings(const struct load *l, const struct load_cell *cell)
{
	struct json_object *list = json_object_new_array();

	if (cell->wall[ALL].n < OVERHEAD_ROUNDS_MIN)
		record_addf(list, "%zu rounds are too few for an interval", cell->wall[ALL].n);
	if (l->crowded)
		record_addf(list,
			    "somebody else attached to syscall tracepoints during %u rounds%s",
			    l->crowded,
			    which_rounds(cell) == ALL ? ": all are taken, read it as an indication"
						      : ", which do not count");
	if (run_interrupted())
		record_addf(list, "interrupted: fewer rounds than planned");
	return list;
}

/* "command", or with parameters "command size=4K". */
static void put_workload(struct json_object *r, const struct load *l, size_t c)
{
	const char *parameters = c < l->nchoices ? l->choices[c].parameters : "";

	record_putf(r, "workload", "%s%s%s", l->name, *parameters ? " " : "", parameters);
}

static struct json_object *slowdown_record(const struct load *l, size_t i, size_t c)
{
	const struct overhead_arm *arm = &l->o->arms[i];
	const struct load_cell *cell = &l->arms[i].cell[c];
	int which = which_rounds(cell);
	const struct samples *wall = &cell->wall[which], *cpu = &cell->cpu[which];
	const struct samples *none_s = &l->arms[0].cell[c].times_s;
	struct json_object *r = record_new("slowdown");

	put_workload(r, l, c);
	record_put_str(r, "monitor", arm->name);
	record_put_str(r, "status", "ok");
	record_put_str(r, "unit", "ratio");
	record_put_str(r, "command", *l->choices[c].parameters ? l->choices[c].command : l->text.s);
	record_put_str(r, "timer", l->timer);
	record_put_interval(r, "ratio", overhead_ratio_interval(wall));
	record_put_interval(r, "cpu_ratio", overhead_ratio_interval(cpu));
	record_put(r, "samples", result_doubles(wall->v, wall->n));
	record_put(r, "cpu_samples", result_doubles(cpu->v, cpu->n));
	record_put_u64(r, "rounds", wall->n);
	record_put_u64(r, "rounds_dropped", l->crowded);
	record_put_u64(r, "runs_per_block", l->runs);
	record_put(r, "times_s", result_doubles(cell->times_s.v, cell->times_s.n));
	record_put(r, "times_without_s", result_doubles(none_s->v, none_s->n));
	record_put(r, "warnings", warnings(l, cell));
	return r;
}

static int emit_skip(struct overhead *o, const char *workload, const char *monitor,
		     const char *reason)
{
	struct json_object *r = record_new("slowdown");

	record_put_str(r, "workload", workload);
	record_put_str(r, "monitor", monitor);
	record_put_str(r, "status", "skip");
	record_put_str(r, "reason", reason);
	return sink_emit(o->run->sink, r);
}

static int emit_load(struct load *l)
{
	struct overhead *o = l->o;
	int err = 0;

	for (size_t i = 1; i < o->narms && !err; i++) {
		const char *reason = why_not_beside(o, i);

		if (reason) {
			err = emit_skip(o, l->name, o->arms[i].name, reason);
			continue;
		}
		if (!takes_part(o, i) || !l->nchoices || !l->arms[i].cell[0].wall[ALL].n)
			continue;
		for (size_t c = 0; c < l->nchoices && !err; c++)
			err = sink_emit(o->run->sink, slowdown_record(l, i, c));
		if (!err && !(o->arms[i].info.caps & MONITOR_NULL) && !o->arms[i].starts)
			err = sink_emit(o->run->sink,
					overhead_collector_record(o, &o->arms[i], l->name,
								  &l->arms[i].use, 0));
	}
	return err;
}

static void join_words(char *const *argv, struct strbuf *out)
{
	for (; *argv; argv++)
		strbuf_addf(out, "%s%s", out->len ? " " : "", *argv);
}

static void load_release(struct load *l)
{
	for (size_t i = 0; l->arms && i < l->o->narms; i++) {
		for (size_t c = 0; c < l->nchoices; c++) {
			struct load_cell *cell = &l->arms[i].cell[c];

			for (int k = COUNTED; k <= ALL; k++) {
				samples_release(&cell->wall[k]);
				samples_release(&cell->cpu[k]);
			}
			samples_release(&cell->times_s);
		}
		free(l->arms[i].cell);
	}
	for (size_t c = 0; c < l->nchoices; c++) {
		free(l->choices[c].command);
		free(l->choices[c].parameters);
	}
	free(l->choices);
	free(l->arms);
	free(l->timer);
	strbuf_release(&l->text);
	strbuf_release(&l->quoted);
}

static int time_load(struct load *l, double until_s)
{
	struct overhead *o = l->o;
	int err = try_load(l);

	l->arms = calloc(o->narms, sizeof(*l->arms));
	if (!l->arms)
		abort();
	for (size_t i = 0; i < o->narms; i++) {
		l->arms[i].cell = calloc(l->nchoices + 1, sizeof(*l->arms[i].cell));
		if (!l->arms[i].cell)
			abort();
	}
	while (!err &&
	       (l->rounds < OVERHEAD_ROUNDS_MIN || overhead_elapsed_s(o) + l->round_s <= until_s)) {
		err = load_round(l);
		if (overhead_elapsed_s(o) > 1.2 * until_s + 5)
			break;
	}
	return err;
}

/* Why the load cannot be timed here; NULL: it can. */
static const char *why_not(const struct load *l, char *const *argv)
{
	char path[4096];
	int err = subproc_find_program(argv[0], path, sizeof(path));

	if (!l->timer)
		return "hyperfine, which times whole commands, is not installed (make deps)";
	return err == -ENOENT ? "its program is not installed (make deps)" : NULL;
}

static int run_load(struct overhead *o, const struct workload *w, double until_s)
{
	struct load l = {
		.o = o, .name = workload_name(w), .text = STRBUF_INIT, .quoted = STRBUF_INIT};
	char **block = NULL, *const *argv = w->command;
	const char *reason;
	int err = 0, emitted;

	if (!argv) {
		if (!w->ops->argv)
			return emit_skip(
				o, l.name, "none",
				"a slow-down is measured on commands only: use a stress-ng "
				"recipe or '-- CMD'");
		argv = block = w->ops->argv(w->params, w->seed);
		if (!block)
			return -ENOMEM;
	}
	join_words(argv, &l.text);
	hyperfine_quote((const char *const *)argv, &l.quoted);
	l.timer = hyperfine_version();
	reason = why_not(&l, argv);
	if (reason) {
		if (!strncmp(reason, "its", 3))
			log_err("there is no program '%s'", argv[0]);
		emitted = emit_skip(o, l.name, "none", reason);
	} else {
		err = time_load(&l, until_s);
		emitted = emit_load(&l);
	}
	load_release(&l);
	free(block);
	return err ? err : emitted;
}

static int run_spec(struct overhead *o, const char *spec, double until_s)
{
	struct strbuf why = STRBUF_INIT;
	struct workload w = {0};
	int err = workload_parse(&w, spec, o->run->seed);

	if (err)
		return err;
	if (w.ops->supported && w.ops->supported(&why))
		err = emit_skip(o, workload_name(&w), "none", why.s);
	else
		err = run_load(o, &w, until_s);
	workload_release(&w);
	strbuf_release(&why);
	return err;
}

int overhead_slowdown(struct overhead *o, double until_s)
{
	double from_s = overhead_elapsed_s(o);
	size_t n = o->run->nworkloads;
	int err = 0;

	o->anew = false; /* the load is what is watched now */
	if (!n)
		return run_spec(o,
				o->run->quick ? "stress-ng:stressor=mmap,ops=17"
					      : "stress-ng:stressor=mmap,ops=53",
				until_s);
	for (size_t i = 0; i < n && !err; i++) {
		struct strbuf why = STRBUF_INIT;
		const struct workload *w = &o->run->workloads[i];
		double share_s = from_s + (until_s - from_s) * (double)(i + 1) / (double)n;

		if (w->ops && w->ops->supported && w->ops->supported(&why))
			err = emit_skip(o, workload_name(w), "none", why.s);
		else
			err = run_load(o, w, share_s);
		strbuf_release(&why);
	}
	return err;
}
