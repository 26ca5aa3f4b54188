/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The measure `overhead`: what being watched costs, per call of each kind, per run of a real load,
 * and on the collecting side; and what the programs cost alone. Here is what its parts share: who
 * takes part, what is attached, and how the time is divided among them. The method and its limits
 * are in docs/method.md.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/measure.h"
#include "harness/progress.h"
#include "harness/result.h"
#include "harness/exchange/exchange.h"
#include "harness/subject.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/registry.h"

/* Seconds, and the share of them that the timed calls take when a real load follows. */
#define FULL_S	      30.0
#define QUICK_S	      10.0
#define CALLS_PART    0.65
#define WHOLE_PART    0.5  /* of that, of whole monitors by exchange.. */
#define TURN_S	      0.12 /* ..for so long at a time.. */
#define TURNS	      24   /* ..and at most so often */
#define EXCHANGE_PART 0.25 /* the rest shares what is left */

const char *const overhead_collect_names[] = {"woken", "timed", "both", "between", NULL};

static const struct param params[] = {
	{"attach", "what being attached costs, on the calls watched and on others", PARAM_BOOL,
	 offsetof(struct overhead_params, attach), 1},
	{"whole",
	 "what monitors cost by their programs exchanged while the consumer is awake, over empty "
	 "programs attached at the same places: sharper than attaching the monitor itself",
	 PARAM_BOOL, offsetof(struct overhead_params, whole), 1},
	{"slowdown", "also run a real load (default: stress-ng) with and without each monitor",
	 PARAM_BOOL, offsetof(struct overhead_params, slowdown), 1},
	{"sharp",
	 "the programs alone, by stubs that are re-pointed between them: of two monitors, their "
	 "difference; of any, what it costs over an empty program",
	 PARAM_BOOL, offsetof(struct overhead_params, exchange), 1},
	{"consumer",
	 "for the programs alone: comes by a timer, so that nobody is woken, or woken for records",
	 PARAM_ENUM, offsetof(struct overhead_params, consumer), EXCHANGE_TIMER, 0, 0,
	 exchange_consumer_names},
	{"realtime", "SCHED_FIFO for the timed process, where allowed and not on one CPU",
	 PARAM_BOOL, offsetof(struct overhead_params, realtime), 1},
	{"block_us", "length of a block of calls, in us", PARAM_U64,
	 offsetof(struct overhead_params, block_us), 3000, 100, 100000},
	{"producers", "processes that make the calls while whole monitors are timed", PARAM_U64,
	 offsetof(struct overhead_params, producers), 1, 1, OVERHEAD_PRODUCERS},
	{"collect",
	 "how records are taken then: woken for them, every 200 us, both (every 10 ms and when "
	 "woken), or between blocks that a ring holds",
	 PARAM_ENUM, offsetof(struct overhead_params, collect), COLLECT_WOKEN, 0, 0,
	 overhead_collect_names},
	{"events", "no: monitors whose records can be switched off are timed without them",
	 PARAM_BOOL, offsetof(struct overhead_params, events), 1},
	PARAM_ROW_TEXT(overhead_params, above,
		       "one of the monitors: also tell what the others cost above it"),
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

/* Nobody says what its maps are: no manifest, no definition. */
static bool says_nothing(const struct overhead *o, const char *spec)
{
	struct strbuf ignored = STRBUF_INIT;
	char *path = NULL, *manifest = NULL;
	bool nothing = false;

	if (!o->run->means && !registry_find(spec, &path, &ignored) && str_ends_with(path, ".o")) {
		manifest = registry_manifest_path(path);
		nothing = !manifest || access(manifest, F_OK);
	}
	strbuf_release(&ignored);
	free(manifest);
	free(path);
	return nothing;
}

/* Also an object whose maps nobody knows, or that has none: its programs can be attached. */
static int open_any(const struct overhead *o, struct overhead_arm *arm, struct monitor **m,
		    struct strbuf *why)
{
	const struct monitor_target everything = {.means = o->run->means},
				    programs = {.bare = true};
	struct strbuf other = STRBUF_INIT;
	int err = monitor_open(m, arm->spec, &everything, why);

	if (err != -EINVAL || !says_nothing(o, arm->spec))
		return err;
	if (!monitor_open(m, arm->spec, &programs, &other)) {
		log_warn("%s: it is timed, and nothing that it captures is read", why->s);
		strbuf_reset(why);
		arm->bare = true;
		err = 0;
	}
	strbuf_release(&other);
	return err;
}

/* Tried once before anything is timed. A monitor that this machine cannot run is skipped with its
 * reason; a wrong one is an error. */
static int open_arm(const struct overhead *o, struct overhead_arm *arm, const char *spec)
{
	struct strbuf why = STRBUF_INIT;
	struct monitor *m = NULL;
	int err;

	arm->spec = spec;
	err = open_any(o, arm, &m, &why);
	if (err && err != -ENOTSUP && why.len)
		log_err("%s", why.s);
	if (!err) {
		arm->info = *monitor_info(m);
		arm->name = strdup(arm->info.name);
		arm->starts = monitor_starter(m);
		if (!o->params.events && arm->info.caps & MONITOR_EVENTS &&
		    monitor_set_events(m, false))
			arm->skip = strdup("it has no switch for its records");
		if (arm->info.kind == MONITOR_OBJECT)
			arm->nplaces = places_of(m, arm->places, EXCHANGE_STUBS_MAX, &why);
		if (why.len)
			arm->why_attached = strdup(why.s);
		if (arm->info.kind == MONITOR_BPFTRACE)
			arm->nplaces =
				places_of_script(arm->info.path, arm->places, EXCHANGE_STUBS_MAX);
		if (overhead_allocates(arm) && o->params.producers > 1)
			arm->skip = strdup("it watches one process, and with producers=2 two make "
					   "the calls");
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
	if (run_chosen(o->run->monitors, NULL) || !strcmp(name, "nop"))
		return true;
	while (*shipped && strcmp(*shipped, name))
		shipped++;
	return *shipped;
}

/* Is the arm there that others are held against? */
static int check_above(const struct overhead *o)
{
	if (!*o->params.above)
		return 0;
	for (size_t i = 1; i < o->narms; i++)
		if (!strcmp(o->arms[i].name, o->params.above))
			return 0;
	log_err("overhead: above=%s is none of the monitors that are timed", o->params.above);
	return -EINVAL;
}

bool overhead_is_floor(const struct overhead_arm *arm)
{
	return arm->nplaces && !arm->spec;
}

static bool same_places(const struct overhead_arm *a, const struct overhead_arm *b)
{
	for (size_t i = 0; i < a->nplaces; i++)
		if (i >= b->nplaces || !place_same_type(&a->places[i], &b->places[i]))
			return false;
	return a->nplaces == b->nplaces;
}

/* Any object but the empty one, which the others are held against. */
static bool can_compare(const struct overhead_arm *arm)
{
	return !arm->skip && arm->info.kind == MONITOR_OBJECT && strcmp(arm->spec, "nop");
}

/* With one CPU, or where the consumer is to be something else than woken by one producer's records,
 * there is nothing to exchange. */
bool overhead_exchanges(const struct overhead *o)
{
	return o->params.attach && o->params.whole && o->params.events && !o->place.same_cpu &&
	       o->params.producers == 1 && o->params.collect == COLLECT_WOKEN;
}

/* Monitors that stand at the same places share their floor. */
static void add_floors(struct overhead *o)
{
	size_t monitors = o->narms;

	if (!overhead_exchanges(o))
		return;
	for (size_t i = 1; i < monitors; i++) {
		struct overhead_arm *arm = &o->arms[i];
		size_t f = monitors;

		if (!can_compare(arm) || !arm->nplaces || arm->info.caps & MONITOR_NULL)
			continue;
		while (f < o->narms && !same_places(arm, &o->arms[f]))
			f++;
		arm->floor = &o->arms[f];
		if (f < o->narms)
			continue;
		o->narms++;
		arm->floor->name = strdup("empty");
		arm->floor->nplaces = arm->nplaces;
		memcpy(arm->floor->places, arm->places, sizeof(arm->places));
	}
}

static int open_arms(struct overhead *o)
{
	const char *const *monitors = run_chosen(o->run->monitors, default_monitors);
	char **shipped = monitor_names();
	size_t n = 0;
	int err = shipped ? 0 : -ENOMEM;

	while (monitors[n])
		n++;
	o->arms = calloc(2 * n + 1, sizeof(*o->arms));
	if (!o->arms)
		abort();
	o->arms[0].name = strdup("none");
	o->narms = 1;
	for (size_t i = 0; i < n && !err; i++) {
		if (!is_wanted(o, monitors[i], shipped))
			continue;
		err = open_arm(o, &o->arms[o->narms], monitors[i]);
		o->narms++;
	}
	free(shipped);
	if (!err)
		add_floors(o);
	return err ? err : check_above(o);
}

static int choose_events(struct overhead *o)
{
	for (const char *const *e = o->run->events; e && *e; e++) {
		int i = timed_event_find(*e);

		if (i < 0) {
			log_err("event '%s' cannot be timed; there are " TIMED_EVENT_NAMES, *e);
			return -EINVAL;
		}
		o->base[i].on = o->events_chosen = true;
	}
	return 0;
}

/* A program of @arm stands at what @event is about and at no other call. */
static bool is_own(const struct overhead_arm *arm, int event)
{
	for (size_t i = 0; i < arm->nplaces; i++)
		if (place_is_about(&arm->places[i], event))
			return true;
	return false;
}

/* Calls of @arm's own, those that work and those that fail: what it does at either is not known.
 * Returns how many. */
static unsigned int add_own_calls(struct overhead *o, const struct overhead_arm *arm)
{
	unsigned int n = 0;

	for (int e = 0; e < TIMED_OWN; e++)
		if (overhead_is_allocation(arm, e)) {
			o->base[e].on = true;
			n++;
		}
	if (n)
		return n;
	for (int e = TIMED_OWN; e < timed_event_count(); e++)
		if (is_own(arm, e)) {
			o->base[e].on = true;
			n++;
		}
	return n;
}

/* A program of @arm runs at a memory call, for all that is known of where its programs stand. */
static bool runs_at_memory_calls(const struct overhead_arm *arm)
{
	for (size_t i = 0; i < arm->nplaces; i++)
		for (int e = 0; e < TIMED_OWN; e++)
			if (place_answers(&arm->places[i], e))
				return true;
	return !arm->nplaces;
}

/*
 * Where the user has not chosen: each monitor is timed where its own programs stand, the empty one
 * where the others are. Of memory calls those that fail, and for a monitor of completed calls,
 * which counts none of them, those that work as well; a monitor of allocations at a pair of them.
 */
static void choose_usual(struct overhead *o)
{
	bool memory = true, first = true, working = false;

	for (size_t i = 1; i < o->narms; i++) {
		const struct overhead_arm *arm = &o->arms[i];
		bool here;

		if (arm->skip || overhead_is_floor(arm) || !strcmp(arm->spec, "nop"))
			continue;
		here = !add_own_calls(o, arm) || (arm->nplaces && runs_at_memory_calls(arm));
		memory = first ? here : memory || here;
		first = false;
		working |= subject_times_working(&arm->info);
	}
	for (int e = 0; e < TIMED_OWN; e++) {
		enum timed_does does = timed_event(e)->does;
		bool works = does == TIMED_WORKS && timed_event_is_single(e);

		if (does == TIMED_BESIDE || (memory && (does == TIMED_FAILS || (working && works))))
			o->base[e].on = true;
	}
}

static int attach(struct overhead *o, const struct overhead_arm *arm)
{
	/* The whole machine, as somebody uses a monitor; the timed process is found by its id. */
	struct monitor_target target = {.means = o->run->means, .bare = arm->bare};
	int err;

	overhead_aim(o, arm, &target);
	err = monitor_open(&o->monitor, arm->spec, &target, NULL);
	if (!err && !o->params.events && arm->info.caps & MONITOR_EVENTS)
		err = monitor_set_events(o->monitor, false);
	if (!err)
		err = monitor_attach(o->monitor);
	if (!err && o->anew && arm->starts)
		err = overhead_start_calls(o, monitor_starter(o->monitor));
	return err;
}

int overhead_select(struct overhead *o, struct overhead_arm *arm)
{
	int err = 0;

	if (arm && arm == o->active)
		return 0;
	/* What a library in it counted is there once the program has ended. */
	if (o->anew)
		overhead_stop_calls(o);
	if (o->active && o->monitor)
		err = monitor_detach(o->monitor);
	stubs_close(o->empties);
	o->empties = NULL;
	o->active = NULL;
	if (!err && o->anew)
		err = overhead_start_calls(o, NULL);
	if (err || !arm)
		return err;
	overhead_drop(o);
	if (arm->spec) {
		err = attach(o, arm);
	} else if (overhead_is_floor(arm)) {
		err = stubs_open_empty(&o->empties, arm->places, arm->nplaces, NULL);
	}
	if (!err)
		o->active = arm;
	return err;
}

void overhead_drop(struct overhead *o)
{
	monitor_close(o->monitor);
	o->monitor = NULL;
}

int overhead_leave(struct overhead *o, struct overhead_arm *arm, int err)
{
	bool gone = err == -ECANCELED || (err == -ECHILD && overhead_own_process(arm));

	for (unsigned int i = 0; i < o->params.producers && err == -ECHILD; i++)
		gone = gone && (!o->loops[i] || loop_lives(o->loops[i]));
	if (!gone)
		return err;
	o->left = o->left ? o->left : err;
	arm->skip = strdup(err == -ECANCELED
				   ? "the script ended itself (exit()) while it was measured; "
				     "leave its exit() out"
				   : "it ended while it was measured");
	if (!arm->skip)
		abort();
	/* That it cannot be detached any more is known. */
	err = overhead_select(o, NULL);
	if (err)
		err = overhead_select(o, NULL);
	overhead_drop(o);
	return err;
}

bool overhead_has_records(const struct overhead *o, const struct monitor *m)
{
	return o->params.events && monitor_info(m)->caps & MONITOR_EVENTS;
}

static void ignore_record(void *arg UNUSED, const struct event *e UNUSED)
{
}

int overhead_drain(struct monitor *m, struct consumption *use)
{
	uint64_t cpu_ns = clock_thread_cpu_ns();
	int n = 0;

	if (m && monitor_info(m)->caps & MONITOR_EVENTS) {
		while ((n = monitor_poll(m, 0, ignore_record, NULL)) > 0)
			use->records += (uint64_t)n;
		use->cpu_ns += clock_thread_cpu_ns() - cpu_ns;
	}
	return n == -EINTR ? 0 : n;
}

void overhead_harvest(struct overhead_arm *arm, struct monitor *m)
{
	struct monitor_losses losses;
	struct monitor_cost cost;

	if (!monitor_losses(m, &losses)) {
		uint64_t lost = overhead_own_process(arm) ? losses.lost_events : losses.ring_full;

		arm->lost = lost == UINT64_MAX || arm->lost == UINT64_MAX ? UINT64_MAX
									  : arm->lost + lost;
	}
	if (!monitor_cost(m, &cost)) {
		arm->own.cpu_ns += cost.cpu_ns;
		arm->own.records += cost.records;
		arm->map_bytes = MAX(arm->map_bytes, cost.map_bytes);
		arm->rss_bytes = MAX(arm->rss_bytes, cost.rss_bytes);
	}
}

static void note_foreign(struct overhead *o)
{
	struct names tracepoints = {0};
	struct strbuf found = STRBUF_INIT;
	int n;

	for (int e = 0; e < timed_event_count(); e++)
		if (o->base[e].on)
			env_add_tracepoints(&tracepoints, e);
	n = env_foreign_programs(&tracepoints, &found);

	if (n > 0 && !o->foreign.len) {
		log_warn("other BPF programs are at the tracepoints that are timed: %s; the "
			 "figures include them",
			 found.s);
		strbuf_addstr(&o->foreign, found.s);
	} else if (n < 0) {
		log_dbg("cannot ask who else is at the tracepoints (%d)", n);
	}
	names_release(&tracepoints);
	strbuf_release(&found);
}

bool overhead_is_crowded(const struct overhead *o)
{
	return o->place.same_cpu ||
	       (o->params.producers > 1 && o->params.collect != COLLECT_BETWEEN &&
		o->place.second_cpu == o->place.consumer_cpu);
}

static int prepare(struct overhead *o)
{
	int err = env_refuse_stats("/proc");

	if (!err)
		err = choose_events(o);
	if (err)
		return err;
	placement_choose(&o->place, "/sys");
	if (o->place.same_cpu && o->params.producers > 1) {
		log_err("two processes that make calls at the same time need two CPUs; there is "
			"one");
		return -ENOTSUP;
	}
	if (o->place.same_cpu)
		log_warn("only one CPU may be used: the consumer shares it with the calls it "
			 "watches, figures are higher than in life");
	/* Before anything is loaded, so that the children hold nothing of it. */
	err = overhead_start_calls(o, NULL);
	if (err)
		return err;
	placement_pin(o->place.consumer_cpu);
	err = open_arms(o);
	if (!err)
		err = overhead_calls_anew(o);
	if (err)
		return err;
	if (!o->events_chosen)
		choose_usual(o);
	note_foreign(o);
	o->links = env_syscall_links();
	err = overhead_calibrate(o);
	return err;
}

static void release(struct overhead *o)
{
	overhead_drop(o);
	stubs_close(o->empties);
	for (size_t i = 0; i < o->narms; i++) {
		free(o->arms[i].name);
		free(o->arms[i].skip);
		free(o->arms[i].why_attached);
		for (int e = 0; e < timed_event_count(); e++)
			json_object_put(o->arms[i].whole[e].parts);
		for (int e = 0; e < timed_event_count(); e++)
			for (int c = 0; c < CUTS; c++) {
				samples_release(&o->arms[i].cell[e].added[c]);
				samples_release(&o->arms[i].cell[e].rough[c]);
			}
	}
	for (int e = 0; e < timed_event_count(); e++)
		for (int c = 0; c < CUTS; c++)
			samples_release(&o->base[e].ns[c]);
	free(o->arms);
	overhead_stop_calls(o);
	cgroup_remove(&o->cgroup);
	strbuf_release(&o->foreign);
}

/* --- the programs alone --- */

void overhead_tell_exchange(void *arg, const char *what, const char *who)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "exchange, %s", what);
	overhead_tell(arg, sb.s, who);
	strbuf_release(&sb);
}

/* What of -e the lane is asked for; NULL-ended. */
static size_t events_of(const struct overhead *o, const char **events)
{
	size_t n = 0;

	for (int e = 0; e < timed_event_count(); e++)
		if (o->base[e].on)
			events[n++] = timed_event(e)->name;
	events[n] = NULL;
	return n;
}

static int compare_programs(struct overhead *o, const char *a, const char *b, double until_s)
{
	const char *events[TIMED_EVENTS_MAX + 1];
	struct strbuf why = STRBUF_INIT;
	struct exchange_options opts = {.place = o->place,
					.realtime = o->params.realtime && !o->place.same_cpu,
					.seconds = MAX(until_s - overhead_elapsed_s(o), 1),
					.events = events,
					.why = &why,
					.consumer = (enum exchange_consumer)o->params.consumer,
					.tell = overhead_tell_exchange,
					.tell_arg = o};
	struct exchange s;
	int err, emitted = 0;

	events_of(o, events);
	opts.rng.state = rng_next(&o->rng);
	err = exchange_compare(&s, a, b, &opts);
	emitted = exchange_emit(&s, &opts, o->run);
	exchange_release(&s);
	/* Another tracepoint or type: the others may do. */
	if (err == -ENOTSUP)
		log_warn("%s%s%s: their programs alone are not timed: %s", a, b ? " and " : "",
			 b ? b : "", why.s);
	else if (err && why.len)
		log_err("%s", why.s);
	strbuf_release(&why);
	err = err == -ENOTSUP ? 0 : err;
	return err ? err : emitted;
}

/* What the programs cost over an empty one, and against each other; emits `sharp` for each event
 * that has a stub. */
static int exchange_programs(struct overhead *o, double until_s)
{
	const char *spec[64];
	double from_s = overhead_elapsed_s(o);
	size_t n = 0, pairs;
	int err = 0;

	for (size_t i = 1; i < o->narms && n < ARRAY_SIZE(spec); i++)
		if (can_compare(&o->arms[i]))
			spec[n++] = o->arms[i].spec;
	pairs = n == 2 ? 1 : n;
	for (size_t i = 0; i < pairs && !err; i++)
		err = compare_programs(o, spec[i], n == 2 ? spec[1] : NULL,
				       from_s + (until_s - from_s) * (double)(i + 1) /
							(double)pairs);
	return err;
}

/* --- all of it --- */

bool overhead_all_skipped(const struct overhead *o)
{
	for (size_t i = 1; i < o->narms; i++)
		if (!o->arms[i].skip)
			return false;
	return o->narms > 1;
}

/* How often attaching and exchanging change over, so that what the machine is like for some seconds
 * is in the figures of all monitors and in their intervals. */
static unsigned int turns_in(const struct overhead *o, double whole_s)
{
	size_t n = overhead_whole_count(o);
	double turns = n ? whole_s / (double)n / TURN_S : 1;

	return turns < EXCHANGE_TURNS_MIN ? 1 : (unsigned int)MIN(turns, TURNS);
}

/* What being attached costs: by attaching monitors, and by exchanging those that can be. */
static int attached(struct overhead *o, double calls_s)
{
	bool ahead = o->params.realtime && !overhead_is_crowded(o);
	double whole_s = overhead_whole_count(o) ? WHOLE_PART * calls_s : 0;
	double start_s = overhead_elapsed_s(o);
	double rounds_s;
	unsigned int turns = turns_in(o, whole_s);
	double attaching_s = 0; /* until now */
	int err = overhead_whole_open(o);

	calls_s = MAX(calls_s - start_s, whole_s);
	rounds_s = calls_s - whole_s;
	for (unsigned int t = 1; t <= turns && !err; t++) {
		double from_s = overhead_elapsed_s(o);

		if (ahead)
			consumer_step_ahead();
		err = overhead_rounds(o, rounds_s * t / turns - attaching_s,
				      rounds_s - attaching_s);
		if (ahead)
			consumer_step_back();
		attaching_s += overhead_elapsed_s(o) - from_s;
		/* Attaching stubs takes its time, too. */
		if (!err)
			err = overhead_whole_turn(
				o, MAX(start_s + calls_s * t / turns - overhead_elapsed_s(o),
				       whole_s / turns / 2));
	}
	return overhead_whole_close(o, err);
}

static int measure(struct overhead *o)
{
	double exchange_part = o->params.attach || o->params.slowdown ? EXCHANGE_PART : 1;
	double exchange_s = o->params.exchange ? exchange_part * o->budget_s : 0;
	double slow_part = o->params.attach ? 1 - CALLS_PART : 1;
	double slow_s = o->params.slowdown ? slow_part * (o->budget_s - exchange_s) : 0;
	int err = 0, emitted;

	if (overhead_all_skipped(o))
		return overhead_emit(o);
	if (o->params.attach)
		err = attached(o, o->budget_s - slow_s - exchange_s - 0.3);
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
	if (!err && o->params.exchange)
		err = exchange_programs(
			o, MAX(o->budget_s - 0.3, overhead_elapsed_s(o) + exchange_s / 2));
	return err ? err : o->left;
}

static int overhead_run(struct run *run, const void *p)
{
	struct overhead o = {.run = run, .foreign = STRBUF_INIT};
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
	.takes = TAKES_WORKLOADS | TAKES_COMMAND | TAKES_LOAD | TAKES_EVENTS,
	.run = overhead_run,
	.print = overhead_print,
};
