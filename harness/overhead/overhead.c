/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The measure `overhead`: what being watched costs, per call of each kind, per run of a real load,
 * and on the collecting side. Monitors are attached and detached around blocks of calls; the method
 * and its limits are in docs/method.md.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/overhead/overhead_print.h"
#include "harness/progress.h"
#include "harness/result.h"
#include "harness/exchange/exchange.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* Seconds, and the share of them that the timed calls take when a real load follows. */
#define FULL_S	      30.0
#define QUICK_S	      10.0
#define CALLS_PART    0.65
#define EXCHANGE_PART 0.25 /* the rest shares what is left */

static const struct param params[] = {
	{"attach", "what being attached costs, on the calls watched and on others", PARAM_BOOL,
	 offsetof(struct overhead_params, attach), 1},
	{"slowdown", "also run a real load (default: stress-ng) with and without each monitor",
	 PARAM_BOOL, offsetof(struct overhead_params, slowdown), 1},
	{"sharp",
	 "the programs alone, by stubs that are re-pointed between them: of two monitors, their "
	 "difference; of any, what it costs over an empty program",
	 PARAM_BOOL, offsetof(struct overhead_params, sharp), 1},
	{"consumer",
	 "for the programs alone: comes by a timer, so that nobody is woken, or woken for records",
	 PARAM_ENUM, offsetof(struct overhead_params, consumer), EXCHANGE_TIMER, 0, 0,
	 exchange_consumer_names},
	{"realtime", "SCHED_FIFO for the timed process, where allowed and not on one CPU",
	 PARAM_BOOL, offsetof(struct overhead_params, realtime), 1},
	{"block_us", "length of a block of calls, in us", PARAM_U64,
	 offsetof(struct overhead_params, block_us), 3000, 100, 100000},
	{0},
};

double overhead_elapsed_s(const struct overhead *o)
{
	return (double)(clock_ns() - o->start_ns) / 1e9;
}

void overhead_tell(struct overhead *o, const char *what, const char *who)
{
	/* A step is a second of the budget. The last one waits for the end. */
	if (o->steps_told + 1 < o->steps && overhead_elapsed_s(o) >= o->steps_told) {
		o->steps_told++;
		progress_step(o->run->progress, "%s, %s", what, who);
	}
}

static double budget_s(const struct run *run)
{
	return run->seconds > 0 ? run->seconds : run->quick ? QUICK_S : FULL_S;
}

static unsigned int overhead_steps(const struct run *run, const void *p UNUSED,
				   double *seconds_per_step)
{
	*seconds_per_step = 1;
	return (unsigned int)MAX(ceil(budget_s(run)), 1);
}

/* Tried once before anything is timed. A monitor that this machine cannot run is skipped with its
 * reason; a wrong one is an error. */
static int open_arm(struct overhead_arm *arm, const char *spec)
{
	static const struct monitor_target everything = {0};
	struct strbuf why = STRBUF_INIT;
	struct monitor *m = NULL;
	int err;

	arm->spec = spec;
	err = monitor_open(&m, spec, &everything, &why);
	if (err && err != -ENOTSUP && why.len)
		log_err("%s", why.s);
	if (!err) {
		arm->info = *monitor_info(m);
		arm->name = strdup(arm->info.name);
		arm->info.name = arm->info.path = NULL;
	} else {
		arm->name = strdup(spec);
	}
	if (err == -ENOTSUP) {
		arm->skip = strdup(why.s);
		err = 0;
	}
	strbuf_release(&why);
	monitor_close(m);
	return err;
}

/* The memory monitor in each of its languages, the fast one, and the empty one: more would leave
 * each too few rounds. Those that were not built are passed over. */
static const char *const default_monitors[] = {
	"nop", "memmon", "memmon-honey", "memmon-honey-O", "memmon.bt", "memmon_fast", NULL};

static bool is_wanted(const struct overhead *o, const char *name, char *const *shipped)
{
	if (!strcmp(name, "none"))
		return false; /* it is arm 0 anyway */
	if (o->run->monitors != default_monitors || !strcmp(name, "nop"))
		return true;
	while (*shipped && strcmp(*shipped, name))
		shipped++;
	return *shipped;
}

static int open_arms(struct overhead *o)
{
	char **shipped = monitor_names();
	size_t n = 0;
	int err = shipped ? 0 : -ENOMEM;

	while (o->run->monitors[n])
		n++;
	o->arms = calloc(n + 1, sizeof(*o->arms));
	o->lanes = calloc(n + 1, sizeof(*o->lanes));
	if (!o->arms || !o->lanes)
		abort();
	o->arms[0].name = strdup("none");
	o->narms = 1;
	for (size_t i = 0; i < n && !err; i++) {
		if (!is_wanted(o, o->run->monitors[i], shipped))
			continue;
		err = open_arm(&o->arms[o->narms], o->run->monitors[i]);
		o->narms++;
	}
	for (size_t i = 0; i < o->narms; i++)
		o->lanes[i].spec = o->arms[i].spec;
	free(shipped);
	return err;
}

static int choose_events(struct overhead *o)
{
	for (const char *const *e = o->run->events; *e; e++) {
		int i = loop_event_find(*e);

		if (i < 0) {
			log_err("event '%s' cannot be timed; there are mmap, munmap, brk, other, "
				"mmap+munmap, munmap-ok, brk-ok",
				*e);
			return -EINVAL;
		}
		o->base[i].on = true;
	}
	return 0;
}

/* The usual calls fail, and a monitor of completed calls counts none of them: it is priced by calls
 * that work as well, where the user has not chosen others. */
static void add_working_calls(struct overhead *o)
{
	bool usual = true, wanted = false;

	for (int i = 0; i < LOOP_EVENTS; i++)
		usual &= o->base[i].on == (i <= loop_event_find("other"));
	for (size_t i = 1; i < o->narms; i++)
		wanted |= !o->arms[i].skip && o->arms[i].info.definition == MONITOR_COMPLETED;
	if (usual && wanted)
		o->base[loop_event_find("munmap-ok")].on = o->base[loop_event_find("brk-ok")].on =
			true;
}

static void note_foreign(struct overhead *o)
{
	struct strbuf found = STRBUF_INIT;
	int n = env_foreign_programs(env_timed_tracepoints, &found);

	if (n > 0 && !o->foreign.len) {
		log_warn("other BPF programs are at the tracepoints that are timed: %s; the "
			 "figures include them",
			 found.s);
		strbuf_addstr(&o->foreign, found.s);
	} else if (n < 0) {
		log_dbg("cannot ask who else is at the tracepoints (%d)", n);
	}
	strbuf_release(&found);
}

static int prepare(struct overhead *o)
{
	int err = env_refuse_stats("/proc");

	if (!err)
		err = choose_events(o);
	if (err)
		return err;
	placement_choose(&o->place, "/sys");
	if (o->place.same_cpu)
		log_warn("only one CPU may be used: the consumer shares it with the calls it "
			 "watches, figures are higher than in life");
	/* Before anything is loaded, so that the child holds nothing of it. */
	err = loop_start(&o->loop, o->place.producer_cpu, o->params.realtime && !o->place.same_cpu);
	if (err)
		return err;
	placement_pin(o->place.consumer_cpu);
	note_foreign(o);
	o->links = env_syscall_links();
	err = open_arms(o);
	if (!err)
		add_working_calls(o);
	if (!err)
		err = o->sw->prepare(&o->sw_state, o->lanes, o->narms);
	if (!err)
		err = overhead_calibrate(o);
	return err;
}

static void release(struct overhead *o)
{
	o->sw->release(o->sw_state);
	for (size_t i = 0; i < o->narms; i++) {
		free(o->arms[i].name);
		free(o->arms[i].skip);
		for (int e = 0; e < LOOP_EVENTS; e++)
			for (int c = 0; c < CUTS; c++) {
				samples_release(&o->arms[i].cell[e].added[c]);
				samples_release(&o->arms[i].cell[e].rough[c]);
			}
	}
	for (int e = 0; e < LOOP_EVENTS; e++)
		for (int c = 0; c < CUTS; c++)
			samples_release(&o->base[e].ns[c]);
	free(o->arms);
	free(o->lanes);
	loop_stop(o->loop);
	strbuf_release(&o->foreign);
}

static int measure(struct overhead *o)
{
	double exchange_part = o->params.attach || o->params.slowdown ? EXCHANGE_PART : 1;
	double exchange_s = o->params.sharp ? exchange_part * o->budget_s : 0;
	double slow_part = o->params.attach ? 1 - CALLS_PART : 1;
	double slow_s = o->params.slowdown ? slow_part * (o->budget_s - exchange_s) : 0;
	double calls_s = o->budget_s - slow_s - exchange_s - 0.3;
	int err = o->params.attach ? overhead_rounds(o, calls_s) : 0, emitted;

	o->interrupted = err == -EINTR;
	if (!err)
		note_foreign(o);
	if (o->params.attach && (!err || err == -EINTR)) {
		emitted = overhead_emit(o);
		err = emitted ? emitted : err;
	}
	if (!err && o->params.slowdown)
		err = overhead_slowdown(
			o, MAX(o->budget_s - exchange_s - 0.3, overhead_elapsed_s(o) + slow_s / 2));
	if (!err && o->params.sharp)
		err = overhead_exchange(
			o, MAX(o->budget_s - 0.3, overhead_elapsed_s(o) + exchange_s / 2));
	return err;
}

static int overhead_run(struct run *run, const void *p)
{
	struct overhead o = {.run = run, .sw = &lane_switch_attach, .foreign = STRBUF_INIT};
	cpu_set_t affinity;
	int err;

	o.params = *(const struct overhead_params *)p;
	o.rng.state = run->seed;
	o.budget_s = budget_s(run);
	o.start_ns = clock_ns();
	o.steps = (unsigned int)MAX(ceil(o.budget_s), 1);
	sched_getaffinity(0, sizeof(affinity), &affinity);
	err = prepare(&o);
	if (!err)
		err = measure(&o);
	release(&o);
	sched_setaffinity(0, sizeof(affinity), &affinity);
	while (o.steps_told < o.steps) {
		o.steps_told++;
		progress_step(run->progress, "done");
	}
	return err;
}

const struct measure_ops measure_overhead = {
	.name = "overhead",
	.help = "what a monitor costs: added nanoseconds per event, slow-down of a real load",
	.params = params,
	.params_size = sizeof(struct overhead_params),
	.steps = overhead_steps,
	.run = overhead_run,
	.print = overhead_print,
	.default_monitors = default_monitors,
};
