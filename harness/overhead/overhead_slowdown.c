/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A real load with and without each monitor, interleaved: the ratio of its time and CPU time. */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

enum { STEP_MS = 1, RUN_MAX_NS = 120 * 1000000000LL, GRACE_MS = 500 };

enum { COUNTED, ALL };

/* One arm beside the load. */
struct load_arm {
	/* Ratios to the run without a monitor of the same round: of rounds that count, of all. */
	struct samples wall[2], cpu[2];
	struct consumption use;
	double wall_ns, cpu_ns; /* of this round */
};

struct load {
	struct overhead *o;
	const char *name;
	char *const *argv;
	struct strbuf text; /* the command in words */
	struct load_arm *arms;
	unsigned int rounds;
	unsigned int crowded; /* rounds dropped because somebody else came or went meanwhile */
	double round_s;
};

static int pin_child(void *arg)
{
	placement_pin(*(const int *)arg);
	return 0;
}

static uint64_t timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_usec * NSEC_PER_USEC;
}

static void ignore_record(void *arg UNUSED, const struct event *e UNUSED)
{
}

/* Waits for the child in the same small steps whether something is collected or not. */
static int attend(const struct overhead *o, struct subproc *p, struct monitor *m,
		  struct consumption *use)
{
	bool events = m && overhead_has_records(o, m);
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
		if (clock_ns() - start_ns > RUN_MAX_NS) {
			log_err("the load still runs after 120 s; give it less to do");
			return -ETIME;
		}
		err = subproc_wait(p, events ? 0 : STEP_MS);
	}
	return err;
}

/* Runs the load once, whatever is active now. */
static int run_once(struct load *l, struct monitor *m, struct load_arm *a)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	uint64_t start_ns, cpu_ns = clock_thread_cpu_ns();
	struct subproc p = SUBPROC_INIT;
	struct strbuf how = STRBUF_INIT;
	int devnull = open("/dev/null", O_WRONLY | O_CLOEXEC), err;

	opts.child = pin_child;
	opts.argv = (const char *const *)l->argv;
	opts.arg = &l->o->place.producer_cpu;
	opts.stdout_fd = opts.stderr_fd = devnull;
	start_ns = clock_ns();
	err = subproc_start(&p, &opts);
	if (!err)
		err = attend(l->o, &p, m, &a->use);
	a->wall_ns = (double)(clock_ns() - start_ns);
	if (!err && p.status) {
		subproc_describe(&p, &how);
		log_err("the load '%s' ended with %s", l->text.s, how.s);
		err = -ECANCELED;
	}
	a->cpu_ns = (double)(timeval_ns(p.ru.ru_utime) + timeval_ns(p.ru.ru_stime));
	if (!err)
		err = overhead_drain(m, &a->use);
	if (m) {
		a->use.wall_ns += clock_ns() - start_ns;
		if (monitor_info(m)->kind == MONITOR_OBJECT)
			a->use.cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	}
	if (err)
		subproc_kill(&p, GRACE_MS);
	subproc_release(&p);
	strbuf_release(&how);
	if (devnull >= 0)
		close(devnull);
	return err;
}

static int run_arm(struct load *l, size_t i)
{
	struct overhead *o = l->o;
	uint64_t cpu_before_ns = o->arms[i].own.cpu_ns;
	struct monitor *m;
	int err = overhead_select(o, i ? &o->arms[i] : NULL);

	m = i && !err ? o->monitor : NULL;
	if (!err)
		err = run_once(l, m, &l->arms[i]);
	if (!err)
		err = overhead_select(o, NULL);
	if (!err && m) {
		overhead_harvest(&o->arms[i], m);
		l->arms[i].use.cpu_ns += o->arms[i].own.cpu_ns - cpu_before_ns;
		overhead_drop(o);
	}
	return err;
}

/* A quick run has time for one monitor: the first that does something. */
static bool takes_part(const struct overhead *o, size_t i)
{
	if (overhead_is_floor(&o->arms[i]))
		return false;
	if (i == 0 || o->arms[i].skip || !o->run->quick)
		return !o->arms[i].skip;
	for (size_t k = 1; k < o->narms; k++)
		if (!o->arms[k].skip && o->arms[k].info.caps & MONITOR_EVENTS)
			return k == i;
	return i == 1;
}

static void add_ratios(struct load_arm *a, const struct load_arm *none, int which)
{
	samples_add(&a->wall[which], a->wall_ns / none->wall_ns);
	if (none->cpu_ns > 0 && a->cpu_ns > 0)
		samples_add(&a->cpu[which], a->cpu_ns / none->cpu_ns);
}

/* Which rounds an arm is judged by: all, where those that count are too few. */
static int which_rounds(const struct load_arm *a)
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
	}
	alone = alone && env_syscall_links() == links;
	for (unsigned int k = 0; k < n && !err; k++) {
		if (order[k] == 0)
			continue;
		add_ratios(&l->arms[order[k]], &l->arms[0], ALL);
		if (alone)
			add_ratios(&l->arms[order[k]], &l->arms[0], COUNTED);
	}
	l->rounds += !err && alone;
	l->crowded += !err && !alone;
	l->round_s = (double)(clock_ns() - start_ns) / 1e9;
	return err;
}

static struct json_object *warnings(const struct load *l, size_t i)
{
	struct json_object *list = json_object_new_array();

	if (l->arms[i].wall[ALL].n < OVERHEAD_ROUNDS_MIN)
		record_addf(list, "%zu rounds are too few for an interval", l->arms[i].wall[ALL].n);
	if (l->crowded)
		record_addf(list,
			    "somebody else attached to syscall tracepoints during %u rounds%s",
			    l->crowded,
			    which_rounds(&l->arms[i]) == ALL
				    ? ": all are taken, read it as an indication"
				    : ", which do not count");
	if (run_interrupted())
		record_addf(list, "interrupted: fewer rounds than planned");
	return list;
}

static struct json_object *slowdown_record(const struct load *l, size_t i)
{
	const struct overhead_arm *arm = &l->o->arms[i];
	int which = which_rounds(&l->arms[i]);
	const struct samples *wall = &l->arms[i].wall[which], *cpu = &l->arms[i].cpu[which];
	struct json_object *r = record_new("slowdown");

	record_put_str(r, "workload", l->name);
	record_put_str(r, "monitor", arm->name);
	record_put_str(r, "status", "ok");
	record_put_str(r, "unit", "ratio");
	record_put_str(r, "command", l->text.s);
	record_put_interval(r, "ratio", overhead_ratio_interval(wall));
	record_put_interval(r, "cpu_ratio", overhead_ratio_interval(cpu));
	record_put(r, "samples", result_doubles(wall->v, wall->n));
	record_put(r, "cpu_samples", result_doubles(cpu->v, cpu->n));
	record_put_u64(r, "rounds", wall->n);
	record_put_u64(r, "rounds_dropped", l->crowded);
	record_put(r, "warnings", warnings(l, i));
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
		if (o->arms[i].skip) {
			err = emit_skip(o, l->name, o->arms[i].name, o->arms[i].skip);
			continue;
		}
		if (!takes_part(o, i) || !l->arms[i].wall[ALL].n)
			continue;
		err = sink_emit(o->run->sink, slowdown_record(l, i));
		if (!err && (o->arms[i].info.caps & MONITOR_NULL) == 0)
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

static int run_load(struct overhead *o, const struct workload *w, double until_s)
{
	struct load l = {.o = o, .name = workload_name(w), .argv = w->command, .text = STRBUF_INIT};
	char **block = NULL;
	int err = 0, emitted;

	if (!l.argv) {
		if (!w->ops->argv)
			return emit_skip(
				o, l.name, "none",
				"a slow-down is measured on commands only: use a stress-ng "
				"recipe or '-- CMD'");
		l.argv = block = w->ops->argv(w->params, w->seed);
		if (!block)
			return -ENOMEM;
	}
	join_words(l.argv, &l.text);
	l.arms = calloc(o->narms, sizeof(*l.arms));
	if (!l.arms)
		abort();
	while (!err &&
	       (l.rounds < OVERHEAD_ROUNDS_MIN || overhead_elapsed_s(o) + l.round_s <= until_s)) {
		err = load_round(&l);
		if (overhead_elapsed_s(o) > 1.2 * until_s + 5)
			break;
	}
	emitted = emit_load(&l);
	for (size_t i = 0; i < o->narms; i++) {
		for (int k = COUNTED; k <= ALL; k++) {
			samples_release(&l.arms[i].wall[k]);
			samples_release(&l.arms[i].cpu[k]);
		}
	}
	free(l.arms);
	strbuf_release(&l.text);
	free(block);
	if (err == -ENOENT)
		err = emit_skip(o, l.name, "none", "its program is not installed (make deps)");
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
