/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Opens the live source: the task iterator, a monitor, what is joined of them; and lets go of what
 * that needed. */
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

#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/object.h"
#include "monitor/source/caps.h"

/*
 * Without --object. cpumon needs none: the scheduler keeps the times by itself, right for threads
 * and for calls that block, and that costs nothing for an event.
 */
static const char *const default_monitor[] = {[TOOL_MEMMON] = "memmon_fast", [TOOL_CPUMON] = NULL};
#define NO_MONITOR "tasks"

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
	const struct monitor_target target = {.ring_bytes = opts->ring_bytes,
					      .cgroup_id = opts->cgroup_id};
	const char *name = opts->object ? opts->object : default_monitor[opts->tool];
	int err;

	if (!name || !strcmp(name, NO_MONITOR))
		return 0;
	if (in_pid_namespace()) {
		log_err("a container with process numbers of its own: %s counts by the machine's, "
			"which cannot be told apart here; run it on the host",
			name);
		return -ENOTSUP;
	}
	err = caps_check(CAPS_BPF, program_path());
	if (!err)
		err = monitor_open(&l->monitor, name, &target);
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
	l->count_brk = !(info->fields >> MEM_BRK_COUNT & 1) && l->events_fixed && l->events_on;
	return join_new(&l->join, info, kind, forget_key, l);
}

static int open_tasks(struct live *l)
{
	bool by_thread = l->monitor && monitor_info(l->monitor)->key == MONITOR_KEY_TID;
	struct tasks_options opts = {
		.threads = !l->monitor || by_thread,
		.times = !l->monitor,
		.ends = true,
		.next_fd = -1,
		/* A root that is a fixture has other processes than the kernel. */
		.scan = strcmp(l->proc, "/proc") != 0 || in_pid_namespace(),
		.proc_fd = l->proc_fd,
	};
	int err;

	if (l->monitor)
		opts.next_fd = monitor_rows_program(l->monitor, &opts.next_bytes);
	l->row_bytes = opts.next_bytes;
	err = tasks_open(&l->tasks, &opts);
	if (!err)
		rows_init(&l->rows, !l->monitor, tasks_origin(l->tasks) == TASKS_SCAN);
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
	tasks_close(l->tasks);
	monitor_close(l->monitor);
	if (l->proc_fd >= 0)
		close(l->proc_fd);
	free(l->proc);
	free(l);
}
