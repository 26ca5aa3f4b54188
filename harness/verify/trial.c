/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One trial, in the order of docs/method.md. */
#include "lib/base.h"
#include "harness/verify/trial.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/memmon/memmon.h"
#include "collector/features.h"
#include "harness/plugin.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/preempt.h"
#include "lib/maker.h"
#include "lib/strbuf.h"

enum { LIMIT_S = 60, POLL_MS = 5, FINISH_MS = 5000, SETTLE_MS = 1000, TAKE_NS = 50000000 };

void trial_end_as(struct trial *t, enum status status, const char *fmt, ...)
{
	va_list ap;

	t->status = status;
	strbuf_reset(&t->reason);
	va_start(ap, fmt);
	strbuf_vaddf(&t->reason, fmt, ap);
	va_end(ap);
}

static int hook(struct trial *t, int (*fn)(void *arg, struct trial *t))
{
	return fn ? fn(t->spec->hooks_arg, t) : 0;
}

/* --- the child ---------------------------------------------------------------------------------
 */

/* A child that ended early says nothing of a monitor; where there is no program at all, it is an
 * error of use. */
static int child_failed(struct trial *t, int err)
{
	if (t->child.proc.exec_err)
		return -t->child.proc.exec_err;
	trial_end_as(t, STATUS_VOID, "%s", t->child.why.s);
	t->cause = err == -EOVERFLOW ? NULL : "workload";
	return 0;
}

/* Returns what the command is to read from (-1: nothing), or -errno after saying why. */
static int open_stdin(const struct trial *t, int *fd)
{
	const char *path = t->spec->stdin_path;
	int err;

	*fd = -1;
	if (!path || !*path)
		return 0;
	*fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (*fd >= 0)
		return 0;
	err = -errno;
	log_err_sys(err, "the command's stdin, %s", path);
	return err;
}

/* The machine's numbers of the workload's threads, where they have others. */
static int open_numbers(struct trial *t, int *prog_fd)
{
	const struct workload *w = t->spec->workload;
	uint64_t entries;
	uint32_t lanes;
	int err;

	if (!w->ops || w->ops->truth != WORKLOAD_LEDGER || !numbers_needed())
		return 0;
	w->ops->size(w->params, &lanes, &entries);
	err = numbers_open(&t->numbers, lanes);
	if (!err)
		*prog_fd = numbers_fd(t->numbers);
	return err;
}

/* The truth will be a ledger. */
static bool by_ledger(const struct trial *t)
{
	const struct workload_ops *ops = t->spec->workload->ops;

	return ops && ops->truth == WORKLOAD_LEDGER;
}

/* The program that starts the workload; NULL: the workload starts by itself. */
static const char *const *starter(const struct trial *t)
{
	for (size_t i = 0; i < t->nmonitors; i++)
		if (t->monitors[i].monitor && monitor_starter(t->monitors[i].monitor))
			return monitor_starter(t->monitors[i].monitor);
	return NULL;
}

static int start_child(struct trial *t)
{
	struct workload_child_opts opts = WORKLOAD_CHILD_OPTS_INIT;
	int err;

	opts.starter = starter(t);
	err = opts.starter ? 0 : open_numbers(t, &opts.numbers_prog);
	if (!err)
		err = open_stdin(t, &opts.stdin_fd);
	if (err)
		return err;
	opts.cgroup = &t->cgroup;
	err = workload_child_start(&t->child, t->spec->workload, &opts);
	if (opts.stdin_fd >= 0)
		close(opts.stdin_fd);
	if (err == -ENOENT || err == -EAGAIN || err == -ENOMEM)
		return err;
	return err ? child_failed(t, err) : 0;
}

static bool exit_is_fine(const struct trial *t, int err)
{
	const struct subproc *p = &t->child.proc;

	return err == -ECHILD && t->spec->ignore_exit && !t->child.ledger && p->reaped &&
	       !p->exec_err && WIFEXITED(p->status);
}

/* --- monitors ----------------------------------------------------------------------------------
 */

static void take_event(void *arg, const struct event *e)
{
	struct trial_monitor *m = arg;

	m->records++;
	if (subject_of(m->info)->wants) {
		monitor_figures_event(m->monitor, e->record, e->length, &m->figures);
		return;
	}
	m->by_type[MIN(e->value[MEM_EVENT_TYPE], (uint64_t)TRIAL_EVENT_TYPES - 1)]++;
	if (!m->keep_events)
		return;
	if (m->nevents == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 4096;
		m->events = reallocarray(m->events, m->cap, sizeof(*m->events));
		if (!m->events)
			abort(); /* as lib/strbuf.h */
	}
	m->events[m->nevents++] = *e;
}

/* A ledger of allocations has no memory calls, and the other way round. */
static void refuse_workload(struct trial *t, const struct monitor_info *info)
{
	const struct workload *w = t->spec->workload;
	const struct subject_ops *s = subject_of(info);
	enum workload_subject wanted = subject_workloads(info), made = WORKLOAD_MEMORY;

	if (w->ops && by_ledger(t))
		made = w->ops->subject;
	if (wanted == made || !s || s->wants || (info->caps & MONITOR_NULL))
		return;
	if (workload_allocates(wanted))
		trial_end_as(t, STATUS_SKIP,
			     "%s tells of the blocks of %s, and only the workload %s says what "
			     "they must be",
			     info->name, info->words->definitions[info->definition],
			     wanted == WORKLOAD_MALLOC ? "malloc" : "kmalloc");
	else if (workload_allocates(made))
		trial_end_as(t, STATUS_SKIP,
			     "the ledger of %s holds blocks, and no call that %s would count",
			     workload_name(w), info->name);
}

/* The workload's process; 0: there is none yet. */
static pid_t process_of(const struct trial *t)
{
	const struct ledger *l = t->child.ledger;

	/* Who starts it stands between. */
	return l && ledger_lane_count(l) ? (pid_t)ledger_lane(l, 0)->tgid : t->child.proc.pid;
}

/* Those that start the workload, or all others. */
static int open_monitors(struct trial *t, bool starters)
{
	struct monitor_target target = {.cgroup_id = t->cgroup.id,
					.cgroup_level = t->cgroup.level,
					.cgroup_path = t->cgroup.path,
					.process = process_of(t),
					.means = t->spec->means};

	for (size_t i = 0; i < t->nmonitors && t->status == STATUS_OK; i++) {
		struct trial_monitor *m = &t->monitors[i];
		struct strbuf why = STRBUF_INIT;
		int err;

		if (monitor_starts(t->spec->monitors[i]) != starters)
			continue;
		if (starters && t->nmonitors > 1) {
			trial_end_as(t, STATUS_SKIP,
				     "%s starts the workload, with its own allocator's functions "
				     "in it, which another monitor would see: one at a time "
				     "(beebench verify)",
				     t->spec->monitors[i]);
			return 0;
		}
		err = monitor_open(&m->monitor, t->spec->monitors[i], &target, &why);
		if (err == -ENOTSUP)
			trial_end_as(t, STATUS_SKIP, "%s", why.s);
		else if (err && why.len)
			log_err("%s", why.s);
		strbuf_release(&why);
		if (err)
			return err == -ENOTSUP ? 0 : err;
		m->info = monitor_info(m->monitor);
		m->keep_events = (by_ledger(t) || t->spec->keep_events) && !t->spec->drop_events;
		refuse_workload(t, m->info);
		if ((!by_ledger(t) || subject_of(m->info)->wants) && !t->spec->no_oracle &&
		    !(m->info->caps & (MONITOR_CGROUP | MONITOR_NULL)))
			trial_end_as(t, STATUS_SKIP,
				     "%s watches the whole machine: what it counts of %s cannot be "
				     "told from the rest",
				     m->info->name, by_ledger(t) ? "the workload" : "a command");
	}
	return 0;
}

/* Beside a monitor of clocks: what the kernel does not tell it. */
static int open_switches(struct trial *t)
{
	bool wanted = false;

	for (size_t i = 0; t->child.ledger && i < t->nmonitors; i++)
		wanted |= subject_of(t->monitors[i].info)->of_clocks;
	if (!wanted)
		return 0;
	if (!feature_btf())
		return switches_open(&t->switches, t->cgroup.id, t->child.proc.pid);
	trial_end_as(
		t, STATUS_SKIP,
		"this kernel has no BTF, by which switches are watched that the kernel does not "
		"tell of: without them a monitor of CPU time cannot be held to bounds");
	return 0;
}

/* Runs that the kernel has skipped until now; 0 where that is not told. */
static uint64_t skipped_runs(struct monitor *m)
{
	struct monitor_losses losses = {0};

	if (monitor_losses(m, &losses) || losses.recursion_misses == UINT64_MAX)
		return 0;
	return losses.recursion_misses;
}

/* The record of calls, for those that are judged by it. */
static int open_calls(struct trial *t)
{
	struct calls_wanted wanted = {0};
	bool any = false;
	int err = 0;

	for (size_t i = 0; !err && i < t->nmonitors; i++) {
		const struct subject_ops *s = subject_of(t->monitors[i].info);

		any |= s->wants != NULL;
		err = s->wants ? s->wants(t->monitors[i].monitor, &wanted, NULL) : 0;
	}
	return err || !any ? err : calls_open(&t->calls, &t->cgroup, &wanted);
}

/*
 * While its processes stand nobody makes a call: so the record and the monitors, which come and go
 * one after the other, see the same ones.
 */
static int hold_still(struct trial *t, bool stop)
{
	int err = t->calls && t->cgroup.path[0] ? cgroup_freeze(&t->cgroup, stop) : 0;

	if (err != -ETIMEDOUT) {
		if (err)
			log_err_sys(err, "the processes of the trial cannot be stopped");
		return err;
	}
	trial_end_as(t, STATUS_VOID,
		     "the processes of the trial could not be stopped, so that the record of calls "
		     "and the monitor may have seen others");
	return 0;
}

static int believe_calls(struct trial *t)
{
	int err = calls_attach_stamps(t->calls);

	if (!err)
		err = calls_run_canary(t->calls, &t->calls_exact);
	if (!err && !t->calls_exact)
		trial_end_as(t, STATUS_VOID,
			     "the record of calls lacks some of its canary's: it is not believed");
	return err;
}

static int attach_monitors(struct trial *t)
{
	int err = open_switches(t);

	if (!err && t->calls)
		err = calls_attach(t->calls);
	for (size_t i = 0; !err && i < t->nmonitors; i++) {
		struct trial_monitor *m = &t->monitors[i];

		err = monitor_attach(m->monitor);
		if (err || m->info->kind != MONITOR_OBJECT)
			continue;
		err = monitor_snapshot(m->monitor, &m->before);
		m->keeps_ended = !err && m->info->kind == MONITOR_OBJECT;
		/* Reading its maps makes the kernel skip runs, too (docs/linux7.md). */
		m->skipped_before = skipped_runs(m->monitor);
	}
	return err || !t->calls ? err : believe_calls(t);
}

static int attach_all(struct trial *t)
{
	int err = hold_still(t, true), let_go;

	if (!err && t->status == STATUS_OK)
		err = attach_monitors(t);
	let_go = hold_still(t, false);
	return err ? err : let_go;
}

/* Delivers what is there, waiting at most @timeout_ms in all. Returns records or -errno. */
static int poll_monitors(struct trial *t, int timeout_ms)
{
	int total = 0;

	for (size_t i = 0; i < t->nmonitors; i++) {
		struct trial_monitor *m = &t->monitors[i];
		int n = monitor_poll(m->monitor, i ? 0 : timeout_ms, take_event, m);

		if (n < 0 && n != -EINTR)
			return n;
		total += MAX(n, 0);
	}
	if (t->calls) {
		int n = calls_poll(t->calls);

		return n < 0 ? n : total + n;
	}
	return total;
}

/* Rows of processes that have ended leave their map while the workload runs, so that more of them
 * than it holds are counted. Where tracepoints are preempted, who reads a map in the middle of the
 * window hides runs of the programs (docs/linux7.md): there it is read at the end alone. */
static int take_ended(struct trial *t)
{
	int err = 0;

	if (preempt_tracepoints())
		return 0;
	for (size_t i = 0; !err && i < t->nmonitors; i++) {
		struct trial_monitor *m = &t->monitors[i];
		struct counter_table taken = {0};

		if (!m->keeps_ended)
			continue;
		err = monitor_take_ended(m->monitor, &taken);
		m->keeps_ended = err != -ENOTSUP;
		err = m->keeps_ended ? err : 0;
		if (!err && taken.n && !m->ended.words)
			m->ended = counter_table_new(taken.words, taken.fields, taken.key_bytes);
		for (size_t k = 0; !err && k < taken.n; k++)
			counter_table_copy(&m->ended, counter_table_row(&taken, k));
		counter_table_release(&taken);
	}
	return err;
}

static void add_ended(struct trial_monitor *m)
{
	for (size_t i = 0; i < m->ended.n; i++)
		counter_table_copy(&m->after, counter_table_row(&m->ended, i));
	if (m->ended.n)
		counter_table_finish(&m->after);
	counter_table_release(&m->ended);
	m->ended = (struct counter_table){0};
}

static int read_figures(struct trial_monitor *m)
{
	const struct subject_ops *s = subject_of(m->info);

	return s->read ? s->read(m->monitor, &m->figures) : 0;
}

static int detach(struct trial *t)
{
	int err = hold_still(t, true), let_go;

	for (size_t i = 0; i < t->nmonitors; i++) {
		int failed = monitor_detach(t->monitors[i].monitor);

		err = err ? err : failed;
	}
	if (t->calls) {
		int failed = calls_finish(t->calls, &t->recorded);

		err = err ? err : failed;
	}
	let_go = hold_still(t, false);
	return err ? err : let_go;
}

static int detach_and_read(struct trial *t)
{
	int err = detach(t);

	if (!err)
		err = MIN(poll_monitors(t, 0), 0);
	for (size_t i = 0; !err && i < t->nmonitors; i++) {
		struct trial_monitor *m = &t->monitors[i];

		err = monitor_snapshot(m->monitor, &m->after);
		if (!err)
			add_ended(m);
		if (!err)
			err = monitor_losses(m->monitor, &m->losses);
		if (m->losses.recursion_misses != UINT64_MAX)
			m->losses.recursion_misses -= m->skipped_before;
		if (!err)
			err = monitor_cost(m->monitor, &m->cost);
		if (!err)
			err = read_figures(m);
	}
	return err;
}

/* --- the window --------------------------------------------------------------------------------
 */

/* Polls until the child's calls are done. Returns 0 (look at t->status) or -errno. */
static int watch(struct trial *t)
{
	uint64_t limit = t->spec->limit_ns ? t->spec->limit_ns : LIMIT_S * NSEC_PER_SEC;
	uint64_t deadline = clock_ns() + limit, next_take_ns = clock_ns() + TAKE_NS;
	int err;

	for (;;) {
		err = poll_monitors(t, POLL_MS);
		if (err >= 0 && clock_ns() >= next_take_ns) {
			err = take_ended(t);
			next_take_ns = clock_ns() + TAKE_NS;
		}
		if (err < 0)
			return err;
		err = t->spec->hooks ? hook(t, t->spec->hooks->tick) : 0;
		if (err)
			return err;
		if (t->status != STATUS_OK)
			return 0;
		err = workload_child_wait_done(&t->child, 0);
		if (!err || exit_is_fine(t, err))
			return 0;
		if (run_interrupted())
			return -EINTR;
		if (err != -ETIMEDOUT && err != -EINTR)
			return child_failed(t, err);
		if (clock_ns() > deadline) {
			trial_end_as(t, STATUS_VOID,
				     "%s was not done within %.1f s and was killed; a longer "
				     "limit: -t SECONDS",
				     workload_name(t->spec->workload), (double)limit / 1e9);
			t->cause = "limit";
			return 0;
		}
	}
}

/* Until two polls in a row found nothing: what was written before barrier 2 has been read. */
static int settle(struct trial *t)
{
	uint64_t deadline = clock_ns() + SETTLE_MS * NSEC_PER_MSEC;
	int empty = 0;

	while (empty < 2 && clock_ns() < deadline) {
		int n = poll_monitors(t, 1);

		if (n < 0)
			return n;
		empty = n ? 0 : empty + 1;
	}
	return 0;
}

static int gather_lanes(struct trial *t)
{
	const struct ledger *l = t->child.ledger;
	size_t n = l ? ledger_lane_count(l) : 0;
	int err;

	t->lanes = calloc(n + 1, sizeof(*t->lanes));
	t->alive = calloc(n + 1, sizeof(*t->alive));
	if (!t->lanes || !t->alive)
		return -ENOMEM;
	t->unseen = t->switches ? calloc(n + 1, sizeof(*t->unseen)) : NULL;
	if (t->switches && !t->unseen)
		return -ENOMEM;
	t->nlanes = n;
	for (uint32_t i = 0; i < n; i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);

		t->alive[i] = !tgkill((pid_t)lane->tgid, (pid_t)lane->tid, 0);
	}
	err = t->numbers ? numbers_translate(t->numbers, t->child.ledger) : 0;
	if (err)
		return err;
	for (uint32_t i = 0; i < n; i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);

		t->lanes[i] = (struct model_lane){lane, ledger_entries(l, lane)};
		if (t->switches)
			t->unseen[i] = switches_read(t->switches, lane->tid);
	}
	return 0;
}

static int read_oracle(struct trial *t)
{
	int err;

	if (!t->oracle)
		return 0;
	err = oracle_read(t->oracle, &t->oracle_totals, &t->oracle_edges);
	t->oracle_misses = oracle_recursion_misses(t->oracle);
	t->has_oracle = !err;
	t->has_perf = t->has_perf && !perf_count_read(&t->perf, t->perf_calls);
	return err;
}

static int open_oracle(struct trial *t)
{
	int err;

	if (t->child.ledger || t->spec->no_oracle)
		return 0;
	err = oracle_open(&t->oracle, &t->cgroup,
			  t->nmonitors ? t->monitors[0].info->filter : MEM_MIN_LENGTH);
	t->has_perf = !err && !perf_count_open(&t->perf, t->child.proc.pid);
	if (!err)
		err = oracle_run_canary(t->oracle, &t->canary);
	if (!err && !t->canary.exact)
		trial_end_as(t, STATUS_VOID,
			     "the oracle counted %llu calls of its canary's %llu: it is not "
			     "believed",
			     (unsigned long long)t->canary.counted,
			     (unsigned long long)t->canary.expected);
	return err;
}

static int finish(struct trial *t)
{
	return workload_child_finish(&t->child, FINISH_MS) ? child_failed(t, -ECHILD) : 0;
}

/* From the release to the second barrier and the snapshots there. */
static int run_window(struct trial *t)
{
	bool plugin = t->child.ledger;
	int err;

	t->has_vm = plugin && maker_is_shown() &&
		    !procfs_memory("/proc", t->child.proc.pid, &t->vm_before) &&
		    !procfs_cpu("/proc", t->child.proc.pid, &t->cpu_before);
	procfs_steal("/proc", &t->steal_before_ns);
	err = t->spec->hooks ? hook(t, t->spec->hooks->begin) : 0;
	if (!err && t->status == STATUS_OK)
		err = workload_child_release(&t->child);
	if (!err && t->status == STATUS_OK)
		err = watch(t);
	if (err || t->status != STATUS_OK)
		return err;
	t->has_vm = t->has_vm && !procfs_memory("/proc", t->child.proc.pid, &t->vm_after) &&
		    !procfs_cpu("/proc", t->child.proc.pid, &t->cpu_after);
	procfs_steal("/proc", &t->steal_after_ns);
	if (!plugin)
		cgroup_remove(&t->cgroup); /* what a command left running ends before the count */
	err = settle(t);
	if (!err && t->spec->hooks)
		err = hook(t, t->spec->hooks->end);
	/* Who started the workload says what it did once that has ended. */
	if (!err && starter(t)) {
		err = gather_lanes(t);
		if (!err)
			err = finish(t);
	}
	if (!err && t->status == STATUS_OK)
		err = detach_and_read(t);
	if (!err)
		err = read_oracle(t);
	if (!err && !t->lanes)
		err = gather_lanes(t);
	t->start_ns = t->child.start_ns;
	t->end_ns = t->child.end_ns;
	return err ? err : finish(t);
}

/* Who starts the workload is opened before it, all others beside it. */
static int open_all(struct trial *t)
{
	int err = cgroup_create(&t->cgroup, "trial");

	if (err)
		return err;
	t->cgroup_id = t->cgroup.id;
	err = open_monitors(t, true);
	if (!err && t->status == STATUS_OK)
		err = start_child(t);
	if (!err && t->status == STATUS_OK)
		err = open_monitors(t, false);
	if (!err && t->status == STATUS_OK && t->spec->hooks)
		err = hook(t, t->spec->hooks->opened);
	return err;
}

static int run_steps(struct trial *t)
{
	int err = open_all(t);

	if (!err && t->status == STATUS_OK)
		err = open_oracle(t);
	if (!err && t->status == STATUS_OK)
		err = open_calls(t);
	if (!err && t->status == STATUS_OK)
		err = attach_all(t);
	if (!err && run_interrupted())
		err = -EINTR;
	if (!err && t->status == STATUS_OK)
		err = run_window(t);
	return err;
}

int trial_run(struct trial *t, const struct trial_spec *spec)
{
	const struct workload_ops *ops = spec->workload->ops;
	struct strbuf why = STRBUF_INIT;
	int err = 0;

	*t = (struct trial){.reason = STRBUF_INIT,
			    .spec = spec,
			    .child = WORKLOAD_CHILD_INIT,
			    .perf = {.fd = {-1, -1, -1, -1}},
			    .nmonitors = spec->nmonitors};
	t->monitors = calloc(spec->nmonitors + 1, sizeof(*t->monitors));
	if (!t->monitors)
		return -ENOMEM;
	if (ops && ops->supported && ops->supported(&why))
		trial_end_as(t, STATUS_SKIP, "%s", why.s);
	else
		err = run_steps(t);
	if (err == -ECANCELED) {
		trial_end_as(t, STATUS_VOID,
			     "the script ended itself (exit()) while it should count: what it "
			     "counted until then is no whole count");
		err = 0;
	}
	strbuf_release(&why);
	for (size_t i = 0; i < t->nmonitors; i++)
		if (t->monitors[i].monitor)
			monitor_detach(t->monitors[i].monitor);
	perf_count_close(&t->perf);
	oracle_close(t->oracle);
	t->oracle = NULL;
	switches_close(t->switches);
	t->switches = NULL;
	numbers_close(t->numbers);
	t->numbers = NULL;
	subproc_kill(&t->child.proc, 0);
	cgroup_remove(&t->cgroup);
	return err;
}

void trial_release(struct trial *t)
{
	for (size_t i = 0; t->monitors && i < t->nmonitors; i++) {
		counter_table_release(&t->monitors[i].before);
		counter_table_release(&t->monitors[i].after);
		counter_table_release(&t->monitors[i].ended);
		monitor_figures_release(&t->monitors[i].figures);
		free(t->monitors[i].events);
		monitor_close(t->monitors[i].monitor);
	}
	free(t->monitors);
	calls_close(t->calls);
	free(t->lanes);
	free(t->alive);
	free(t->unseen);
	workload_child_destroy(&t->child);
	strbuf_release(&t->reason);
	*t = (struct trial){.reason = STRBUF_INIT, .child = WORKLOAD_CHILD_INIT};
}
