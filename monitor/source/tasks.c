/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads bpf/procs/tasks.bpf.o and reads what it writes: by a walk along the kernel's list where
 * that can be had and little is to tell, else by the task iterator, which any kernel has.
 */
#include "lib/base.h"
#include "monitor/source/tasks.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/kernel.h"
#include "lib/log.h"
#include "lib/procfs.h"
#include "collector/object_error.h"
#include "collector/registry.h"
#include "collector/program.h"
#include "collector/layout.h"
#include "monitor/source/ends.h"
#include "monitor/source/walk.h"

/* Some kernels keep the first process out of iterators (stock ones do not): /proc has it then. */
#define INIT_PID 1

struct tasks {
	struct tasks_options opts;
	struct bpf_object *bpf; /* NULL: the scan */
	const char *lister;	/* which of its programs is the iterator's */
	struct program_link *list;
	struct program_link *ends_of[3]; /* what tells of ends: execs, exits, tasks let go of */
	int ends_fd;			 /* of the ring of ends; the object's */
	int ends_woke; /* readable when the program wakes; -1: ends are not told */
	struct variable pass_at, kept_at, lost_at, exits_at; /* of the programs */
	uint32_t pass, kept;
	bool next;
	int walk_fd;	   /* the program's; the object's */
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

/* A constant of the object. */
static int set_flag(struct bpf_object *o, const char *name, bool on)
{
	unsigned char value = on;
	const struct variable v = variable_find(o, ".rodata", name, sizeof(value));

	return v.map ? variable_init(&v, &value) : -EINVAL;
}

/* A variable of the object, before it is loaded or afterwards. */
static int set_switch(struct bpf_object *o, const char *name, bool on, bool loaded)
{
	uint32_t value = on;
	const struct variable v = variable_find(o, ".data", name, sizeof(value));

	if (!v.map)
		return -EINVAL;
	return loaded ? variable_set_u32(&v, value) : variable_init(&v, &value);
}

/* Places for what was told: several for each process, so that few share one. */
enum { TOLD_MIN = 1 << 12, TOLD_MAX = 1 << 18 };

/* Processes that are told at a time in a walk: one for so many places. */
enum { PLACES_A_ROW = 24 };

static uint32_t count_places(void)
{
	uint32_t places = TOLD_MIN;
	struct sysinfo machine;

	if (!sysinfo(&machine))
		while (places < TOLD_MAX && places < 4u * machine.procs)
			places *= 2;
	return places;
}

static int init_constant(struct tasks *t, const char *name, uint32_t value)
{
	struct variable v = variable_find(t->bpf, ".rodata", name, sizeof(value));

	return v.map ? variable_init(&v, &value) : -EINVAL;
}

static int make_told(struct tasks *t)
{
	struct bpf_map *map = bpf_object__find_map_by_name(t->bpf, "task_told");
	uint32_t places = count_places();
	int err;

	t->pass_at = variable_find(t->bpf, ".data", "task_pass", sizeof(uint32_t));
	t->kept_at = variable_find(t->bpf, ".data", "task_kept", sizeof(uint32_t));
	t->lost_at = variable_find(t->bpf, ".bss", "ends_lost", sizeof(uint64_t));
	t->exits_at = variable_find(t->bpf, ".bss", "exits", sizeof(uint64_t));
	if (!map || !t->pass_at.map || !t->kept_at.map)
		return -EINVAL;
	err = bpf_map__set_max_entries(map, places);
	return err ? err : init_constant(t, "told_mask", places - 1);
}

/* Before loading: the walk with room for what it writes, or without @walk neither. */
static int make_walk(struct tasks *t, bool walk)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->bpf, "walk_tasks");
	struct bpf_map *records = bpf_object__find_map_by_name(t->bpf, "task_walk");
	struct bpf_map *same = bpf_object__find_map_by_name(t->bpf, "task_same");
	uint32_t places = count_places(), bytes;
	int err;

	if (!p || !records || !same)
		return -EINVAL;
	bytes = MAX(places / PLACES_A_ROW * (uint32_t)sizeof(struct task_row),
		    (uint32_t)TASK_WALK_LEAST);
	err = bpf_program__set_autoload(p, walk);
	err = err ? err : bpf_map__set_autocreate(records, walk);
	err = err ? err : bpf_map__set_autocreate(same, walk);
	if (err || !walk)
		return err;
	err = bpf_map__set_value_size(records, bytes);
	err = err ? err : bpf_map__set_max_entries(same, places);
	return err ? err : init_constant(t, "walk_bytes", bytes);
}

static int map_walk(struct tasks *t)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(t->bpf, "walk_tasks");
	const struct bpf_map *records = bpf_object__find_map_by_name(t->bpf, "task_walk");
	const struct bpf_map *same = bpf_object__find_map_by_name(t->bpf, "task_same");

	t->walk_fd = program_fd(p);
	return walk_open(&t->walk, bpf_map__fd(records), bpf_map__value_size(records),
			 bpf_map__fd(same), bpf_map__max_entries(same));
}

/* The ring's own descriptor says whether it has anything, this one whether the reader was woken. */
static int wait_for_ends(struct tasks *t, int fd)
{
	struct epoll_event any = {.events = EPOLLIN};

	t->ends_fd = fd;
	t->ends_woke = epoll_create1(EPOLL_CLOEXEC);
	return t->ends_woke < 0 || epoll_ctl(t->ends_woke, EPOLL_CTL_ADD, fd, &any) ? -errno : 0;
}

static int attach(struct tasks *t)
{
	struct bpf_program *list = bpf_object__find_program_by_name(t->bpf, t->lister);
	static const char *const names[] = {"task_execs", "task_exits", "task_ended"};
	int fd = bpf_object__find_map_fd_by_name(t->bpf, "task_ends");

	if (!list || fd < 0)
		return -EINVAL;
	t->list = program_attach_iterator(list);
	if (!t->list)
		return -errno;
	if (!t->opts.ends)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(t->bpf, names[i]);

		t->ends_of[i] = p ? program_attach(p) : NULL;
		if (!t->ends_of[i])
			return p ? -errno : -EINVAL;
	}
	return wait_for_ends(t, fd);
}

/* A kernel that does not let them run together makes two walks of it. */
static void add_next(struct tasks *t)
{
	int fd = bpf_object__find_map_fd_by_name(t->bpf, "task_next");
	uint32_t zero = 0;

	t->next =
		t->opts.next_fd >= 0 && !bpf_map_update_elem(fd, &zero, &t->opts.next_fd, BPF_ANY);
}

/* Neither is loaded by itself. */
static int choose_lister(struct tasks *t, bool walk)
{
	struct bpf_program *p;

	t->lister = walk ? "list_tasks_plain" : "list_tasks";
	p = bpf_object__find_program_by_name(t->bpf, t->lister);
	return p ? bpf_program__set_autoload(p, true) : -EINVAL;
}

static int open_iterator(struct tasks *t, const char *path, bool walk)
{
	int err;

	object_listen();
	t->bpf = bpf_object__open_file(path, NULL);
	if (!t->bpf)
		return -errno;
	err = set_switch(t->bpf, "all_threads", t->opts.threads, false);
	err = err ? err : set_switch(t->bpf, "all_times", t->opts.times, false);
	err = err ? err : set_flag(t->bpf, "then_next", t->opts.next_fd >= 0);
	err = err ? err : make_told(t);
	err = err ? err : make_walk(t, walk);
	err = err ? err : choose_lister(t, walk);
	if (!err && program_load_apart(t->bpf))
		err = bpf_object__load(t->bpf);
	if (!err)
		add_next(t);
	err = err ? err : attach(t);
	return err || !walk ? err : map_walk(t);
}

static void close_iterator(struct tasks *t)
{
	walk_close(t->walk);
	if (t->ends_woke >= 0)
		close(t->ends_woke);
	for (size_t i = 0; i < ARRAY_SIZE(t->ends_of); i++) {
		program_link_destroy(t->ends_of[i]);
		t->ends_of[i] = NULL;
	}
	program_link_destroy(t->list);
	program_forget(t->bpf);
	bpf_object__close(t->bpf);
	t->ends_woke = -1;
	t->list = NULL;
	t->bpf = NULL;
	t->next = false;
	t->walk = NULL;
}

static int object_path(char *path, size_t size)
{
	int err = registry_folder(path, size);
	size_t len = strlen(path);

	if (!err)
		snprintf(path + len, size - len, "/procs/tasks.bpf.o");
	return err;
}

int tasks_open(struct tasks **out, const struct tasks_options *opts)
{
	struct tasks *t = calloc(1, sizeof(*t));
	char path[4096] = "";
	int err;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	t->ends_woke = -1;
	*out = t;
	if (opts->scan)
		return 0;
	err = object_path(path, sizeof(path));
	if (!err && opts->walk && kernel_walks_tasks()) {
		if (!open_iterator(t, path, true))
			return 0;
		close_iterator(t);
	}
	err = err ? err : open_iterator(t, path, false);
	if (!err)
		return 0;
	close_iterator(t);
	log_warn("%s: the task iterator cannot be had (%s): /proc is read instead, which costs "
		 "more and misses processes that live for less than an interval",
		 path, strerror(-err));
	return 0;
}

enum tasks_origin tasks_origin(const struct tasks *t)
{
	return t->bpf ? TASKS_ITERATOR : TASKS_SCAN;
}

int tasks_want_times(struct tasks *t)
{
	int err = 0;

	if (t->opts.times && t->opts.threads)
		return 0;
	if (t->bpf)
		err = set_switch(t->bpf, "all_times", true, true);
	if (t->bpf && !err)
		err = set_switch(t->bpf, "all_threads", true, true);
	t->opts.times = t->opts.threads = !err;
	/* Rows that were told without them are told again. */
	t->kept = t->pass + 1;
	return err;
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
static int begin_pass(struct tasks *t)
{
	int err = variable_set_u32(&t->kept_at, t->kept);

	return err ? err : variable_set_u32(&t->pass_at, ++t->pass);
}

/* 0 or -errno; prints nothing: the iterator is there. */
static int read_walk(struct tasks *t, const struct tasks_reader *to)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	bool first = true;
	uint32_t pid;
	char *record;
	int err =
		bpf_prog_test_run_opts(t->walk_fd, &run) ? -errno : walk_begin(t->walk, run.retval);

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
	int fd = bpf_iter_create(program_link_fd(t->list)), err = 0;
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
	int err = begin_pass(t);

	t->told = 0;
	if (!err && t->walks && read_walk(t, to)) {
		t->walks = false;
		t->kept = t->pass + 1;
		err = begin_pass(t);
	}
	if (!err && !t->walks)
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

	if (t->ends_woke < 0 || !readable(t->ends_fd))
		return 0;
	err = ends_take(t->ends_fd, fn, arg);
	if (err)
		log_err_sys(err, "the ring of ended processes cannot be read");
	return err;
}

/* A u64 that the programs count in. */
static uint64_t counted(const struct tasks *t, const struct variable *v)
{
	uint64_t bss[8];
	uint32_t zero = 0;

	if (!t->bpf || !v->map || bpf_map__value_size(v->map) > sizeof(bss) ||
	    bpf_map_lookup_elem(bpf_map__fd(v->map), &zero, bss))
		return 0;
	return bss[v->offset / sizeof(*bss)];
}

uint64_t tasks_ends_lost(const struct tasks *t)
{
	return counted(t, &t->lost_at);
}

uint64_t tasks_exits(const struct tasks *t)
{
	return t->ends_woke >= 0 ? counted(t, &t->exits_at) : UINT64_MAX;
}

int tasks_fd(const struct tasks *t)
{
	return t->ends_woke;
}

uint64_t tasks_map_bytes(const struct tasks *t)
{
	const struct bpf_map *map;
	uint64_t bytes = 0;

	if (t->bpf)
		bpf_object__for_each_map (map, t->bpf)
			bytes += procfs_map_bytes(bpf_map__fd(map));
	return bytes;
}

void tasks_close(struct tasks *t)
{
	if (!t)
		return;
	close_iterator(t);
	free(t);
}
