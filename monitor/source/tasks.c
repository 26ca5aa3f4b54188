/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Has bpf/procs/tasks.bpf.o loaded (tasks_load.c) and reads what it writes: by a walk along the
 * kernel's list where that can be had and little is to tell, else by the task iterator, which any
 * kernel has.
 */
#include "lib/base.h"
#include "monitor/source/tasks.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/kernel.h"
#include "lib/log.h"
#include "lib/procfs.h"
#include "collector/registry.h"
#include "monitor/source/ends.h"
#include "monitor/source/tasks_load.h"
#include "monitor/source/walk.h"

/* Some kernels keep the first process out of iterators (stock ones do not): /proc has it then. */
#define INIT_PID 1

struct tasks {
	struct tasks_options opts;
	struct tasks_loading loading;
	bool bpf; /* the programs are loaded; else the scan */
	struct tasks_loaded got;
	char *data, *bss; /* mapped: variables of the programs */
	int ends_woke;	  /* readable when the program wakes; -1: ends are not told */
	uint32_t pass, kept;
	int pathless; /* -errno: where the object would be is not known */
	bool next;
	struct walk *walk; /* NULL: there is none */
	bool walks;	   /* the next pass does */
	size_t told;	   /* bytes of records in this pass */
};

char tasks_state(uint32_t state)
{
	/* Bits of include/linux/sched.h as fs/proc/array.c names them, from bit 0 on. */
	static const char letters[] = "SDTtXZP";

	if (state & 0x400 && state & 0x2) /* TASK_NOLOAD: idle on purpose */
		return 'I';
	if (state & (0x1000 | 0x8000)) /* waits for a lock of RT kernels; frozen */
		return 'D';
	for (int bit = (int)sizeof(letters) - 2; bit >= 0; bit--)
		if (state & 1U << bit)
			return letters[bit];
	return 'R';
}

/* --- variables of the programs --- */

static size_t whole_pages(uint32_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static char *map_variables(int fd, uint32_t bytes)
{
	void *at = mmap(NULL, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void set_u32(struct tasks *t, uint32_t at, uint32_t value)
{
	__atomic_store_n((uint32_t *)(void *)(t->data + at), value, __ATOMIC_RELAXED);
}

static uint64_t counted(const struct tasks *t, uint32_t at)
{
	return __atomic_load_n((const uint64_t *)(const void *)(t->bss + at), __ATOMIC_RELAXED);
}

/* --- opening --- */

/* The ring's own descriptor says whether it has anything, this one whether the reader was woken. */
static int wait_for_ends(struct tasks *t)
{
	struct epoll_event any = {.events = EPOLLIN};

	t->ends_woke = epoll_create1(EPOLL_CLOEXEC);
	return t->ends_woke < 0 || epoll_ctl(t->ends_woke, EPOLL_CTL_ADD, t->got.ends, &any)
		       ? -errno
		       : 0;
}

/* A kernel that does not let them run together makes two walks of it. */
static void add_next(struct tasks *t, int fd)
{
	uint32_t zero = 0;

	t->next = fd >= 0 && !bpf_map_update_elem(t->got.next, &zero, &fd, BPF_ANY);
}

static void close_iterator(struct tasks *t)
{
	parcel_drop(&t->loading.child);
	walk_close(t->walk);
	if (t->ends_woke >= 0)
		close(t->ends_woke);
	if (t->data)
		munmap(t->data, whole_pages(t->got.data_bytes));
	if (t->bss)
		munmap(t->bss, whole_pages(t->got.bss_bytes));
	if (t->bpf)
		tasks_loaded_release(&t->got);
	t->data = t->bss = NULL;
	t->ends_woke = -1;
	t->bpf = t->next = false;
	t->walk = NULL;
}

static int use_loaded(struct tasks *t)
{
	const struct tasks_loaded *got = &t->got;
	int err;

	t->data = map_variables(got->data, got->data_bytes);
	t->bss = map_variables(got->bss, got->bss_bytes);
	if (!t->data || !t->bss)
		return -errno;
	err = t->opts.ends ? wait_for_ends(t) : 0;
	if (err || !t->loading.walk)
		return err;
	return walk_open(&t->walk, got->records, got->records_bytes, got->same, got->same_places);
}

static int finish_loading(struct tasks *t)
{
	int err = tasks_load_end(&t->loading, &t->got);

	t->bpf = !err;
	err = err ? err : use_loaded(t);
	if (err)
		close_iterator(t);
	return err;
}

static int object_path(char *path, size_t size)
{
	int err = registry_folder(path, size);
	size_t len = strlen(path);

	if (!err)
		snprintf(path + len, size - len, "/procs/tasks.bpf.o");
	return err;
}

/* Where no child can be made, tasks_load_end() does all. */
static void begin_loading(struct tasks *t, bool walk)
{
	t->loading.opts = t->opts;
	t->loading.walk = walk;
	tasks_load_begin(&t->loading);
}

int tasks_open(struct tasks **out, const struct tasks_options *opts)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->ends_woke = -1;
	t->loading.child.from = -1;
	*out = t;
	if (opts->scan)
		return 0;
	t->pathless = object_path(t->loading.path, sizeof(t->loading.path));
	if (!t->pathless)
		begin_loading(t, opts->walk && kernel_walks_tasks());
	return 0;
}

/* It is begun anew where that was another object than is wanted; its switches can be set. */
static void want(struct tasks *t, const struct tasks_options *opts)
{
	bool same = opts->walk == t->opts.walk && opts->next == t->opts.next &&
		    opts->ends == t->opts.ends;

	t->opts = *opts;
	if (same)
		return;
	parcel_drop(&t->loading.child);
	begin_loading(t, opts->walk && kernel_walks_tasks());
}

int tasks_start(struct tasks *t, const struct tasks_options *opts, int next_fd)
{
	int err = t->pathless;

	if (t->opts.scan)
		return 0;
	if (!err)
		want(t, opts);
	err = err ? err : finish_loading(t);
	if (err && t->loading.walk) {
		begin_loading(t, false);
		err = finish_loading(t);
	}
	if (err) {
		log_warn("%s: the task iterator cannot be had (%s): /proc is read instead, which "
			 "costs more and misses processes that live for less than an interval",
			 t->loading.path, strerror(-err));
		return 0;
	}
	set_u32(t, t->got.threads_at, t->opts.threads);
	set_u32(t, t->got.times_at, t->opts.times);
	add_next(t, next_fd);
	return 0;
}

enum tasks_origin tasks_origin(const struct tasks *t)
{
	return t->bpf ? TASKS_ITERATOR : TASKS_SCAN;
}

void tasks_want_times(struct tasks *t)
{
	if (t->opts.times && t->opts.threads)
		return;
	if (t->bpf) {
		set_u32(t, t->got.times_at, true);
		set_u32(t, t->got.threads_at, true);
	}
	t->opts.times = t->opts.threads = true;
	/* Rows that were told without them are told again. */
	t->kept = t->pass + 1;
}

bool tasks_nexting(const struct tasks *t)
{
	return t->next && !t->walks;
}

bool tasks_ending(const struct tasks *t)
{
	return t->ends_woke >= 0;
}

static void give_same(struct tasks *t, uint32_t pid, const struct tasks_reader *to)
{
	if (!to->same(to->arg, pid))
		t->kept = t->pass + 1;
}

/* The record of a thread or a process. */
static void give_task(struct tasks *t, char *data, size_t bytes, const struct tasks_reader *to)
{
	struct task_thread *thread = (void *)data;

	t->told += bytes;
	thread->pid &= ~TASK_MARK;
	if (thread->pid == thread->tgid)
		to->process(to->arg, (const void *)data);
	else if (to->thread)
		to->thread(to->arg, thread);
}

/* The record at @data, of at most @len bytes: how long it is, 0: it is none. */
static size_t give_one(struct tasks *t, char *data, size_t len, const struct tasks_reader *to)
{
	const struct task_same *first = (const void *)data;
	size_t bytes;

	if (!(first->pid & TASK_MARK)) {
		if (!t->next || len < t->opts.next_bytes)
			return 0;
		to->next(to->arg, data);
		return t->opts.next_bytes;
	}
	if (first->pid & TASK_SAME) {
		give_same(t, first->pid & ~(TASK_MARK | TASK_SAME), to);
		return sizeof(*first);
	}
	bytes = walk_record_bytes(data, len);
	if (bytes)
		give_task(t, data, bytes, to);
	return bytes;
}

/* The kernel hands over whole records. */
static int give(struct tasks *t, char *data, size_t len, const struct tasks_reader *to)
{
	for (size_t at = 0; at < len;) {
		size_t n = len - at < sizeof(uint64_t) ? 0 : give_one(t, data + at, len - at, to);

		if (!n)
			return -EPROTO;
		at += n;
	}
	return 0;
}

static bool begins_with_init(const char *data, size_t len)
{
	const struct task_same *first = (const void *)data;

	return len >= sizeof(*first) && (first->pid & ~TASK_SAME) == (INIT_PID | TASK_MARK);
}

/* The program is told that a pass begins, and which rows of earlier ones are still there. */
static void begin_pass(struct tasks *t)
{
	set_u32(t, t->got.kept_at, t->kept);
	set_u32(t, t->got.pass_at, ++t->pass);
}

/* 0 or -errno; prints nothing: the iterator is there. */
static int read_walk(struct tasks *t, const struct tasks_reader *to)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	bool first = true;
	uint32_t pid;
	char *record;
	int err = bpf_prog_test_run_opts(t->got.walk, &run) ? -errno
							    : walk_begin(t->walk, run.retval);

	while (!err && walk_next(t->walk, &pid, &record)) {
		if (first && pid != INIT_PID)
			scan_unlisted(t->opts.proc_fd, INIT_PID, to, t->opts.threads);
		first = false;
		if (record)
			give_task(t, record, walk_record_bytes(record, SIZE_MAX), to);
		else
			give_same(t, pid, to);
	}
	walk_end(t->walk);
	return err;
}

static int read_iterator(struct tasks *t, const struct tasks_reader *to)
{
	/* The kernel's own buffer for iterators is 32 KiB: a read gives no more. */
	static char buffer[32 * 1024] __attribute__((aligned(8)));
	bool first = true;
	int fd = bpf_iter_create(t->got.list), err = 0;
	ssize_t n;

	if (fd < 0) {
		err = -errno;
		log_err_sys(err, "the task iterator cannot be opened");
		return err;
	}
	while (!err && (n = read(fd, buffer, sizeof(buffer)))) {
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (first && n > 0 && !begins_with_init(buffer, (size_t)n))
			scan_unlisted(t->opts.proc_fd, INIT_PID, to, t->opts.threads);
		first = false;
		err = n < 0 ? -errno : give(t, buffer, (size_t)n, to);
	}
	close(fd);
	if (err)
		log_err_sys(err, "the task iterator cannot be read");
	return err;
}

/* What a walk told is lost where there was no room for all: everything is told anew. */
static int read_pass(struct tasks *t, const struct tasks_reader *to)
{
	int err = 0;

	begin_pass(t);
	t->told = 0;
	if (t->walks && read_walk(t, to)) {
		t->walks = false;
		t->kept = t->pass + 1;
		begin_pass(t);
	}
	if (!t->walks)
		err = read_iterator(t, to);
	/* While twice as much would have found room. */
	t->walks = !err && t->walk && t->told < walk_room(t->walk) / 2;
	if (err)
		t->kept = t->pass + 1;
	return err;
}

int tasks_read(struct tasks *t, const struct tasks_reader *to, struct tasks_missed *missed)
{
	*missed = (struct tasks_missed){0};
	return t->bpf ? read_pass(t, to) : scan_read(t->opts.proc_fd, to, t->opts.threads, missed);
}

static bool readable(int fd)
{
	struct pollfd at = {.fd = fd, .events = POLLIN};

	return poll(&at, 1, 0) > 0;
}

bool tasks_ends_wait(const struct tasks *t)
{
	return t->ends_woke >= 0 && readable(t->ends_woke);
}

int tasks_take_ends(struct tasks *t, void (*fn)(void *arg, const struct task_end *end), void *arg)
{
	int err;

	if (t->ends_woke < 0 || !readable(t->got.ends))
		return 0;
	err = ends_take(t->got.ends, fn, arg);
	if (err)
		log_err_sys(err, "the ring of ended processes cannot be read");
	return err;
}

uint64_t tasks_ends_lost(const struct tasks *t)
{
	return t->bpf ? counted(t, t->got.lost_at) : 0;
}

uint64_t tasks_exits(const struct tasks *t)
{
	return t->ends_woke >= 0 ? counted(t, t->got.exits_at) : UINT64_MAX;
}

int tasks_fd(const struct tasks *t)
{
	return t->ends_woke;
}

uint64_t tasks_map_bytes(const struct tasks *t)
{
	uint64_t bytes = 0;

	for (size_t i = 0; t->bpf && i < t->got.nmaps; i++)
		bytes += procfs_map_bytes(t->got.map[i]);
	return bytes;
}

void tasks_close(struct tasks *t)
{
	if (!t)
		return;
	close_iterator(t);
	free(t);
}
