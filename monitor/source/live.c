/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames of the running machine. Opening takes the task iterator (or /proc), a monitor and what
 * joins the two, and gives up what only that needed. A frame is: what has ended, all tasks with the
 * monitor's rows beside them, the join, the machine (machine.c), the events since the frame before,
 * and what all of that costs. What is read of single rows afterwards is in look.c.
 */
#include "lib/base.h"
#include "monitor/source/live.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "collector/object.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/preempt.h"
#include "lib/strbuf.h"
#include "monitor/source/caps.h"
#include "monitor/source/room.h"

/* --- opening and letting go --- */

/*
 * Without --object. cpumon needs none: the scheduler keeps the times by itself, right for threads
 * and for calls that block, and that costs nothing for an event.
 */
static const char *const default_monitor[] = {[TOOL_MEMMON] = "memmon_fast", [TOOL_CPUMON] = NULL};
#define NO_MONITOR "tasks"

const char *live_default_monitor(enum tool tool)
{
	return default_monitor[tool];
}

enum { LARGE_BYTES = 128 * 1024 };

/* The path of this program, for a command that the reader can copy. */
static const char *program_path(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	return n > 0 ? path : "PROGRAM";
}

static int open_proc(struct live *l, const char *root)
{
	struct strbuf text = STRBUF_INIT, path = STRBUF_INIT;
	int err = 0;

	l->proc = strdup(root ? root : "/proc");
	if (!l->proc)
		return -ENOMEM;
	l->proc_fd = open(l->proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->proc_fd < 0) {
		err = -errno;
		log_err_sys(err, "%s cannot be read", l->proc);
		return err;
	}
	strbuf_addf(&path, "%s/self/mountinfo", l->proc);
	if (!strbuf_read_file(&text, path.s))
		proctask_parse_hiding(text.s, l->proc, &l->hiding);
	strbuf_reset(&text);
	if (!strcmp(l->proc, "/proc") && !strbuf_read_file(&text, "/proc/self/timens_offsets"))
		proctask_parse_clocks(text.s, &l->clocks);
	strbuf_release(&text);
	strbuf_release(&path);
	return 0;
}

/* The kernel's programs see the machine's process numbers, /proc those of its namespace. */
static bool in_pid_namespace(void)
{
	char name[64];
	ssize_t n = readlink("/proc/self/ns/pid", name, sizeof(name) - 1);

	name[n > 0 ? n : 0] = '\0';
	return n > 0 && strcmp(name, "pid:[4026531836]") != 0; /* PROC_PID_INIT_INO */
}

static void forget_key(void *arg, uint32_t key)
{
	struct live *l = arg;

	monitor_forget(l->monitor, key);
}

static void row_leaves(void *arg, const struct proc_row *row)
{
	struct live *l = arg;

	events_leave(l->events, row);
}

/* Has it something that the tool can show, while it runs? */
static int check_kind(const struct monitor_info *info, enum tool tool)
{
	bool cpu = info->words == &vocabulary_cpu && info->fields;
	bool memory = info->words == &vocabulary_memory && info->fields;

	if (info->kind == MONITOR_OBJECT && !(tool == TOOL_CPUMON ? cpu : memory)) {
		log_err("%s counts %s; %s", info->name,
			cpu	 ? "CPU time, and no memory calls"
			: memory ? "memory calls, and no CPU time"
				 : "nothing that could be shown",
			cpu	 ? "show it with cpumon"
			: memory ? "show it with memmon"
				 : "give another monitor ('beebench list monitors')");
		return -EINVAL;
	}
	if (info->kind == MONITOR_OBJECT || info->kind == MONITOR_NONE)
		return 0;
	log_err("%s tells its counters only when it ends, so there is nothing to show while it "
		"runs; give a BPF object, or judge it with beebench verify",
		info->name);
	return -EINVAL;
}

static int open_monitor(struct live *l, const struct source_options *opts)
{
	const struct monitor_target target = {
		.ring_bytes = opts->ring_bytes,
		.cgroup_id = opts->cgroup_id,
		.rows_of = true,
		.apart = true,
	};
	const char *name = opts->object ? opts->object : default_monitor[opts->tool];
	int err;

	if (!name || !strcmp(name, NO_MONITOR))
		return 0;
	if (in_pid_namespace() && !opts->object) {
		log_warn("a container with process numbers of its own: %s counts by the machine's, "
			 "so no calls are shown here; memory, trends and times are, of the "
			 "processes that this container sees",
			 name);
		return 0;
	}
	if (in_pid_namespace()) {
		log_err("a container with process numbers of its own: %s counts by the machine's, "
			"which cannot be told apart here; run it on the host",
			name);
		return -ENOTSUP;
	}
	err = caps_check(CAPS_BPF, program_path());
	if (!err)
		err = monitor_open(&l->monitor, name, &target, NULL);
	return err ? err : check_kind(monitor_info(l->monitor), opts->tool);
}

static int attach_monitor(struct live *l, bool events)
{
	int err;

	if (!l->monitor)
		return 0;
	err = monitor_set_events(l->monitor, events);
	l->events_fixed = err == -ENOTSUP;
	l->events_on = events;
	if (l->events_fixed)
		l->events_on = monitor_info(l->monitor)->caps & MONITOR_EVENTS;
	err = monitor_attach(l->monitor);
	if (err == -EPERM || err == -EACCES)
		caps_check(CAPS_TRACEFS, program_path());
	return err;
}

static int open_join(struct live *l)
{
	const struct monitor_info *info;
	enum join_kind kind = JOIN_LEAVES;
	struct counter_table taken = {0};
	int err;

	if (!l->monitor)
		return 0;
	info = monitor_info(l->monitor);
	err = monitor_take_ended(l->monitor, &taken);
	counter_table_release(&taken);
	if (err == -ENOTSUP)
		kind = JOIN_STAYS;
	else if (err)
		return err;
	l->rows_leave = kind == JOIN_LEAVES;
	l->count_brk = !(info->fields >> MEM_BRK_COUNT & 1) && l->events_fixed && l->events_on;
	err = join_new(&l->join, info, kind, forget_key, l);
	if (!err)
		l->rows.zero = join_zero(l->join) | (l->count_brk ? FIELD_BIT(FIELD_BRK) : 0);
	return err;
}

/* As the default monitor will want them: they are loaded while that is opened. Of another nobody
 * knows before. */
static int begin_tasks(struct live *l, const char *object)
{
	const char *monitor = object ? object : default_monitor[l->tool];
	bool scan = strcmp(l->proc, "/proc") != 0 || in_pid_namespace();
	bool alone = scan || !monitor || !strcmp(monitor, NO_MONITOR);
	struct tasks_options opts = {
		.threads = alone,
		.times = alone,
		.ends = true,
		.walk = true,
		.next = !alone,
		/* A root that is a fixture has other processes than the kernel. */
		.scan = scan,
		.proc_fd = l->proc_fd,
	};

	l->tasks_opts = opts;
	return object && !alone ? 0 : tasks_open(&l->tasks, &opts);
}

static int open_tasks(struct live *l)
{
	struct tasks_options *opts = &l->tasks_opts;
	int next_fd = -1, err = 0;

	opts->threads = !l->monitor || monitor_info(l->monitor)->key == MONITOR_KEY_TID;
	opts->times = !l->monitor;
	if (l->monitor)
		next_fd = monitor_rows_program(l->monitor, &opts->next_bytes);
	opts->next = next_fd >= 0;
	opts->walk = next_fd < 0 || monitor_tells_rows_of(l->monitor);
	l->row_bytes = opts->next_bytes;
	if (!l->tasks)
		err = tasks_open(&l->tasks, opts);
	err = err ? err : tasks_start(l->tasks, opts, next_fd);
	if (!err)
		rows_init(&l->rows, !l->monitor, tasks_origin(l->tasks) == TASKS_SCAN);
	if (!err && l->tool == TOOL_MEMMON && tasks_origin(l->tasks) == TASKS_ITERATOR)
		err = limits_new(&l->rows.limits, l->proc_fd);
	l->rows.leaves = row_leaves;
	l->rows.arg = l;
	return err;
}

static uint64_t realtime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

int live_open(struct live **out, const struct source_options *opts)
{
	struct live *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	*out = l;
	/* Large arrays go back to the system when they go, and grow where they are. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	l->tool = opts->tool;
	l->proc_fd = -1;
	l->monitor_rows = (struct strbuf)STRBUF_INIT;
	err = events_new(&l->events);
	err = err ? err : open_proc(l, opts->proc);
	err = err ? err : begin_tasks(l, opts->object);
	err = err ? err : open_monitor(l, opts);
	err = err ? err : open_tasks(l);
	err = err ? err : attach_monitor(l, opts->events);
	err = err ? err : open_join(l);
	if (err)
		return err;
	l->name = l->monitor ? monitor_info(l->monitor)->name : NO_MONITOR;
	costs_find(l->name, &l->cost);
	l->started_ns = realtime_ns();
	l->sees_all = !l->hiding.level || caps_effective() & 1ULL << CAP_SYS_PTRACE;
	/* libbpf has read the types of the whole kernel, and freed them. */
	malloc_trim(0);
	return 0;
}

static bool in_group(uint32_t gid)
{
	gid_t groups[256];
	int n = getgroups(ARRAY_SIZE(groups), groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

/* What is kept is for the shares of other users' processes: CAP_SYS_PTRACE, or CAP_PERFMON where
 * the kernel takes it for that. Everything else works on open descriptors. */
int live_confine(struct live *l)
{
	uint64_t ptrace = 1ULL << CAP_SYS_PTRACE, perfmon = 1ULL << CAP_PERFMON;
	uint64_t have = caps_effective(), keep = have & (have & ptrace ? ptrace : perfmon);
	struct proctask_rollup rollup;
	int err = caps_drop(keep);

	if (!err && keep == perfmon && proctask_rollup(l->proc_fd, 1, &rollup) == -EACCES)
		err = caps_drop(0);
	/* A program with capabilities of its file is closed to itself: map sizes are in fdinfo. */
	prctl(PR_SET_DUMPABLE, 1);
	l->sees_all = !l->hiding.level || caps_effective() & ptrace ||
		      (l->hiding.level < 4 && in_group(l->hiding.gid));
	return err;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	rows_release(&l->rows);
	join_free(l->join);
	events_free(l->events);
	strbuf_release(&l->monitor_rows);
	counter_table_release(&l->taken);
	tasks_close(l->tasks);
	monitor_close(l->monitor);
	machine_close(l);
	look_close(l);
	if (l->proc_fd >= 0)
		close(l->proc_fd);
	free(l->asked);
	free(l->proc);
	free(l);
}

/* --- frames --- */

/* Reading what maps take is for now and then. */
enum { MAP_BYTES_FRAMES = 16 };
int live_fds(const struct live *l, int *fds, size_t max)
{
	size_t n = l->events_on ? monitor_event_fds(l->monitor, fds, max) : 0;
	int fd = tasks_fd(l->tasks);

	n = MIN(n, max);
	if (fd >= 0 && n < max)
		fds[n++] = fd;
	return (int)n;
}

static void on_event(void *arg, const struct event *e)
{
	struct live *l = arg;
	struct event shown = *e;

	/* Ours is the clock that frames have. */
	shown.timestamp_ns += (uint64_t)l->clocks.mono_ns;
	events_add(l->events, &shown);
	if (l->join)
		join_learn(l->join, e->pid, e->tgid, e->comm);
}

static void on_end(void *arg, const struct task_end *e)
{
	struct live *l = arg;

	rows_end(&l->rows, e);
}

/* More processes may end between two frames than their map holds. */
static int take_ended(struct live *l)
{
	struct counter_table rows = {0};
	int err;

	if (!l->rows_leave)
		return 0;
	l->taken_exits = tasks_exits(l->tasks);
	err = monitor_take_ended(l->monitor, &rows);
	if (!l->taken.n) {
		counter_table_release(&l->taken);
		l->taken = rows;
		return err;
	}
	for (size_t i = 0; i < rows.n; i++)
		counter_table_copy(&l->taken, counter_table_row(&rows, i));
	counter_table_release(&rows);
	return err;
}

/* Of the room for those that end, an eighth may be taken: to look there costs more than this. */
static bool many_ended(const struct live *l)
{
	uint64_t exits = tasks_exits(l->tasks);

	return exits == UINT64_MAX || exits - l->taken_exits >= l->ended_max / 8;
}

int live_pump(struct live *l)
{
	int n = l->monitor && l->events_on ? monitor_poll(l->monitor, 0, on_event, l) : 0;
	uint64_t now_ns = clock_ns();
	int err = n < 0 && n != -EINTR ? n : 0;

	/* Who reads a map where tracepoints are preempted hides runs (docs/linux7.md): once a
	 * frame. */
	if (!err && l->rows_leave && now_ns >= l->next_take_ns && !preempt_tracepoints()) {
		err = many_ended(l) ? take_ended(l) : 0;
		l->next_take_ns = now_ns + SOURCE_PUMP_MS * NSEC_PER_MSEC;
	}
	return err || !tasks_ends_wait(l->tasks) ? err : tasks_take_ends(l->tasks, on_end, l);
}

bool live_wants_pump(const struct live *l)
{
	return l->events_on || (l->rows_leave && tasks_fd(l->tasks) < 0);
}

int live_events(struct live *l, bool on)
{
	int err;

	if (!l->monitor || l->events_fixed)
		return -ENOTSUP;
	err = monitor_set_events(l->monitor, on);
	if (!err)
		l->events_on = on;
	return err;
}

/* Who is told has moved, and may have counted. */
static void ask_for(struct live *l, const struct task_row *row)
{
	uint32_t *to = room_for_one(l->asked, l->nasked, &l->asked_cap, sizeof(*to), 1,
				    &l->rows.no_memory);

	if (!to)
		return;
	l->asked = to;
	l->asked[l->nasked++] = row->thread.pid;
}

static void on_process(void *arg, const struct task_row *row)
{
	struct live *l = arg;

	rows_process(&l->rows, row);
	if (l->asks && !(row->flags & (TASK_KERNEL | TASK_UNLISTED)))
		ask_for(l, row);
	if (l->join)
		join_thread(l->join, &row->thread);
}

static bool on_same(void *arg, uint32_t pid)
{
	struct live *l = arg;
	const struct proc_row *row = rows_same(&l->rows, pid);

	if (row && l->join)
		join_thread(l->join, &(struct task_thread){
					     .pid = pid, .tgid = pid, .start_ns = row->start_ns});
	return row;
}

static void on_thread(void *arg, const struct task_thread *thread)
{
	struct live *l = arg;

	rows_thread(&l->rows, thread);
	if (l->join)
		join_thread(l->join, thread);
}

static uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void on_monitor_row(void *arg, const void *row)
{
	struct live *l = arg;

	strbuf_add(&l->monitor_rows, row, l->row_bytes);
}

/* What has ended is taken first, so that nobody is in it and alive below. */
static int begin_counters(struct live *l)
{
	int err;

	if (!l->join)
		return 0;
	join_begin(l->join);
	err = take_ended(l);
	counter_table_finish(&l->taken);
	strbuf_reset(&l->monitor_rows);
	l->nexting = tasks_nexting(l->tasks);
	l->asks = !l->nexting && monitor_tells_rows_of(l->monitor);
	l->nasked = 0;
	return err || !l->nexting ? err : monitor_rows_begin(l->monitor);
}

static int sample_tasks(struct live *l, struct tasks_missed *missed)
{
	const struct tasks_reader reader = {on_process,	    on_same, on_thread,
					    on_monitor_row, l,	     l->clocks.boot_ns};
	int err;

	rows_begin(&l->rows, clock_of(CLOCK_BOOTTIME) - (uint64_t)l->clocks.boot_ns);
	err = tasks_read(l->tasks, &reader, missed);
	if (err)
		return err;
	if (l->join)
		join_orphans(l->join, &l->rows, tasks_ending(l->tasks));
	err = rows_finish(&l->rows, tasks_ending(l->tasks));
	if (err)
		log_err("no memory for %zu processes", l->rows.n);
	return err;
}

/* The rows came along with the tasks, or a table is read now: who is not among the tasks had ended
 * before. */
static int finish_counters(struct live *l)
{
	struct counter_table table = {0};
	int err;

	if (!l->join)
		return 0;
	join_taken(l->join, &l->rows, &l->taken);
	counter_table_release(&l->taken);
	l->taken = (struct counter_table){0};
	err = l->nexting
		      ? monitor_rows_end(l->monitor, l->monitor_rows.s, l->monitor_rows.len, &table)
	      : l->asks ? monitor_rows_of(l->monitor, l->asked, l->nasked, &table)
			: monitor_snapshot(l->monitor, &table);
	if (!err)
		join_table(l->join, &l->rows, &table);
	counter_table_release(&table);
	return err;
}

/* A sum that lacks a part is not shown. */
static int check_memory(const struct live *l)
{
	if (!(l->join && join_no_memory(l->join)) && !events_no_memory(l->events))
		return 0;
	log_err("no memory for what %zu processes called", l->rows.n);
	return -ENOMEM;
}

/* Another user's processes, where /proc is mounted so that they are not shown. */
/* @unread: those that a walk through /proc could not read. */
static uint64_t mark_hidden(struct live *l, uint64_t unread)
{
	uint64_t n = unread;
	uid_t own = geteuid();

	if (l->sees_all)
		return 0;
	if (tasks_origin(l->tasks) == TASKS_SCAN && l->hiding.level > 1)
		return UINT64_MAX;
	for (size_t i = 0; i < l->rows.n; i++) {
		struct proc_row *row = &l->rows.row[i];

		if (row->uid == own || row->flags & (ROW_KERNEL | ROW_ENDED))
			continue;
		row->flags |= ROW_HIDDEN;
		n++;
	}
	return n;
}

/* The kernel has skipped runs since the frame before: whose, nobody knows. The counters of all that
 * were there stay marked, because what was missed never comes. */
static void mark_skipped(struct live *l, uint64_t skipped)
{
	bool more = skipped != UINT64_MAX && skipped > l->skipped;

	if (more)
		l->skipped = skipped;
	for (size_t i = 0; l->join && l->skipped && i < l->rows.n; i++) {
		struct proc_row *row = &l->rows.row[i];
		struct row_state *state = rows_state(&l->rows, row);

		state->skipped |= more && !(row->flags & ROW_KERNEL);
		if (state->skipped)
			row->flags |= ROW_SKIPPED;
	}
}

static void fill_losses(struct live *l, const struct tasks_missed *missed)
{
	struct frame_losses *to = &l->frame.losses;
	struct monitor_losses m = {0};

	if (l->monitor && monitor_losses(l->monitor, &m))
		m = (struct monitor_losses){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
					    UINT64_MAX};
	mark_skipped(l, m.recursion_misses);
	*to = (struct frame_losses){
		.ring_full = m.ring_full,
		.map_full = m.map_full,
		.recursion = m.recursion_misses,
		.bad_records = m.bad_records,
		.unattributed = l->join ? join_unattributed(l->join) : 0,
		.hidden = mark_hidden(l, missed->hidden),
		.vanished = missed->vanished,
		.history_full = 0,
	};
	/* Ends that were not told: their processes are missing, like those of a full map. */
	if (tasks_ends_lost(l->tasks))
		to->map_full =
			(to->map_full == UINT64_MAX ? 0 : to->map_full) + tasks_ends_lost(l->tasks);
}

static void fill_own(struct live *l)
{
	struct frame_own *to = &l->frame.own;
	struct monitor_fill fill = {0};
	struct monitor_cost cost;

	to->calls = l->join ? join_calls(l->join) : UINT64_MAX;
	own_measure(&l->own, l->proc_fd, l->frame.mono_ns,
		    l->join ? join_calls(l->join) : UINT64_MAX, to);
	if (l->frame.seq % MAP_BYTES_FRAMES == 1) {
		l->map_bytes = tasks_map_bytes(l->tasks);
		if (l->monitor && !monitor_cost(l->monitor, &cost))
			l->map_bytes += cost.map_bytes;
	}
	if (l->monitor)
		monitor_fill(l->monitor, &fill);
	l->ended_max = fill.ended_max;
	to->map_kb = l->map_bytes / 1024;
	/* Where no table can fill up, that of the ended can. */
	to->keys = fill.keys_max ? fill.keys : fill.ended;
	to->keys_max = fill.keys_max ? fill.keys_max : fill.ended_max;
	to->ring_used = fill.ring_pending;
	to->ring_max = fill.ring_bytes;
	to->events_on = l->events_on;
	to->ns_per_event =
		l->events_on && !l->events_fixed ? l->cost.with_events : l->cost.ns_per_event;
	memcpy(to->ns_source, l->cost.source, sizeof(to->ns_source));
}

static uint64_t offered(const struct live *l)
{
	uint64_t fields = FIELD_BIT(FIELD_RSS) | FIELD_BIT(FIELD_VIRT) | FIELD_BIT(FIELD_THREADS) |
			  FIELD_BIT(FIELD_AGE);

	if (tasks_origin(l->tasks) == TASKS_ITERATOR)
		fields |= FIELD_BIT(FIELD_PEAK) | FIELD_BIT(FIELD_SWAP) | FIELD_BIT(FIELD_SHARED) |
			  FIELD_BIT(FIELD_HUGETLB) | FIELD_BIT(FIELD_HELD) |
			  FIELD_BIT(FIELD_TOUCHED) | FIELD_BIT(FIELD_BACK) |
			  FIELD_BIT(FIELD_FAULTS);
	if (l->rows.limits)
		fields |= FIELD_BIT(FIELD_LIMIT) | FIELD_BIT(FIELD_ROOM);
	if (l->rows.cpu)
		fields |= FIELD_BIT(FIELD_USER_MS) | FIELD_BIT(FIELD_SYSTEM_MS) |
			  FIELD_BIT(FIELD_TOTAL_MS);
	if (l->rows.cpu && !l->rows.exact)
		fields |= FIELD_BIT(FIELD_SWITCHES);
	if (l->join)
		fields |= join_fields(l->join);
	if (l->count_brk)
		fields |= FIELD_BIT(FIELD_BRK);
	/* History fills these in wherever it is given what they are made of. */
	for (unsigned int f = 0; f < FIELD_COUNT; f++)
		if (fields & 1ULL << field_made_of((enum field)f))
			fields |= FIELD_BIT(f);
	return fields;
}

static void fill_frame(struct live *l, uint64_t mono_ns)
{
	struct frame *f = &l->frame;

	f->tool = l->tool;
	f->interval_s = f->seq ? (double)(mono_ns - f->mono_ns) / (double)NSEC_PER_SEC : NAN;
	f->seq++;
	f->time_ns = clock_of(CLOCK_REALTIME);
	f->mono_ns = mono_ns;
	f->started_ns = l->started_ns;
	f->monitor = l->name;
	f->fields = offered(l);
	f->ncpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	f->rows = l->rows.row;
	f->n = l->rows.n;
	f->from = &l->rows.from;
	machine_read(l);
	events_frame(l->events, f, &l->rows, l->count_brk);
}

int live_sample(struct live *l, struct frame **out)
{
	uint64_t start_ns = clock_ns();
	struct tasks_missed missed = {0};
	int err = live_pump(l);

	err = err ? err : tasks_take_ends(l->tasks, on_end, l);
	err = err ? err : begin_counters(l);
	err = err ? err : sample_tasks(l, &missed);
	err = err ? err : finish_counters(l);
	err = err ? err : check_memory(l);
	if (err)
		return err;
	fill_frame(l, start_ns);
	fill_losses(l, &missed);
	fill_own(l);
	l->frame.own.sample_ms = (double)(clock_ns() - start_ns) / (double)NSEC_PER_MSEC;
	*out = &l->frame;
	return 1;
}
