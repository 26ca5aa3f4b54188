/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The task iterator: loads bpf/procs/tasks.bpf.o and reads what it writes. */
#include "lib/base.h"
#include "monitor/source/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "lib/procfs.h"
#include "collector/object_error.h"
#include "collector/registry.h"
#include "collector/layout.h"

/* Some kernels keep the first process out of iterators (stock ones do not): /proc has it then. */
#define INIT_PID 1

struct tasks {
	struct tasks_options opts;
	struct bpf_object *bpf; /* NULL: the scan */
	struct bpf_link *list;
	struct bpf_link *ends_of[3]; /* what tells of ends: execs, exits, tasks let go of */
	struct ring_buffer *ends;
	bool next;
	void (*end_fn)(void *arg, const struct task_end *end);
	void *end_arg;
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

static int on_end(void *arg, void *data, size_t size)
{
	struct tasks *t = arg;

	if (size >= sizeof(struct task_end))
		t->end_fn(t->end_arg, data);
	return 0;
}

static int attach(struct tasks *t)
{
	struct bpf_program *list = bpf_object__find_program_by_name(t->bpf, "list_tasks");
	static const char *const names[] = {"task_execs", "task_exits", "task_ended"};
	int fd = bpf_object__find_map_fd_by_name(t->bpf, "task_ends");

	if (!list || fd < 0)
		return -EINVAL;
	t->list = bpf_program__attach_iter(list, NULL);
	if (!t->list)
		return -errno;
	if (!t->opts.ends)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(t->bpf, names[i]);

		t->ends_of[i] = p ? bpf_program__attach(p) : NULL;
		if (!t->ends_of[i])
			return p ? -errno : -EINVAL;
	}
	t->ends = ring_buffer__new(fd, on_end, t, NULL);
	return t->ends ? 0 : -errno;
}

/* A kernel that does not let them run together makes two walks of it. */
static void add_next(struct tasks *t)
{
	int fd = bpf_object__find_map_fd_by_name(t->bpf, "task_next");
	uint32_t zero = 0;

	t->next =
		t->opts.next_fd >= 0 && !bpf_map_update_elem(fd, &zero, &t->opts.next_fd, BPF_ANY);
}

static int open_iterator(struct tasks *t, char *path, size_t size)
{
	int err = registry_folder(path, size);
	size_t len = strlen(path);

	if (err)
		return err;
	snprintf(path + len, size - len, "/procs/tasks.bpf.o");
	object_listen();
	t->bpf = bpf_object__open_file(path, NULL);
	if (!t->bpf)
		return -errno;
	err = set_switch(t->bpf, "all_threads", t->opts.threads, false);
	err = err ? err : set_switch(t->bpf, "all_times", t->opts.times, false);
	err = err ? err : set_flag(t->bpf, "then_next", t->opts.next_fd >= 0);
	err = err ? err : bpf_object__load(t->bpf);
	if (!err)
		add_next(t);
	return err ? err : attach(t);
}

static void close_iterator(struct tasks *t)
{
	ring_buffer__free(t->ends);
	for (size_t i = 0; i < ARRAY_SIZE(t->ends_of); i++) {
		bpf_link__destroy(t->ends_of[i]);
		t->ends_of[i] = NULL;
	}
	bpf_link__destroy(t->list);
	bpf_object__close(t->bpf);
	t->ends = NULL;
	t->list = NULL;
	t->bpf = NULL;
	t->next = false;
}

int tasks_open(struct tasks **out, const struct tasks_options *opts)
{
	struct tasks *t = calloc(1, sizeof(*t));
	char path[4096] = "";
	int err;

	if (!t)
		return -ENOMEM;
	t->opts = *opts;
	*out = t;
	if (opts->scan)
		return 0;
	err = open_iterator(t, path, sizeof(path));
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
	return err;
}

bool tasks_nexting(const struct tasks *t)
{
	return t->next;
}

bool tasks_ending(const struct tasks *t)
{
	return t->ends;
}

/* The record at @data, of at most @len bytes: how long it is, 0: it is none. */
static size_t give_one(const struct tasks *t, char *data, size_t len, const struct tasks_reader *to)
{
	struct task_thread *thread = (void *)data;
	bool leader;

	if (!(thread->pid & TASK_MARK)) {
		if (!t->next || len < t->opts.next_bytes)
			return 0;
		to->next(to->arg, data);
		return t->opts.next_bytes;
	}
	thread->pid &= ~TASK_MARK;
	leader = thread->pid == thread->tgid;
	if (len < (leader ? sizeof(struct task_row) : sizeof(*thread)))
		return 0;
	if (leader)
		to->process(to->arg, (const void *)data);
	else if (to->thread)
		to->thread(to->arg, thread);
	return leader ? sizeof(struct task_row) : sizeof(*thread);
}

/* The kernel hands over whole records. */
static int give(const struct tasks *t, char *data, size_t len, const struct tasks_reader *to)
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
	const struct task_thread *thread = (const void *)data;

	return len >= sizeof(*thread) && thread->pid == (INIT_PID | TASK_MARK);
}

int tasks_read(struct tasks *t, const struct tasks_reader *to, struct tasks_missed *missed)
{
	/* The kernel's own buffer for iterators is 32 KiB: a read gives no more. */
	static char buffer[32 * 1024] __attribute__((aligned(8)));
	bool first = true;
	int fd, err = 0;
	ssize_t n;

	*missed = (struct tasks_missed){0};
	if (!t->bpf)
		return scan_read(t->opts.proc_fd, to, t->opts.threads, missed);
	fd = bpf_iter_create(bpf_link__fd(t->list));
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

int tasks_take_ends(struct tasks *t, void (*fn)(void *arg, const struct task_end *end), void *arg)
{
	int n;

	if (!t->ends)
		return 0;
	t->end_fn = fn;
	t->end_arg = arg;
	n = ring_buffer__consume(t->ends);
	if (n < 0)
		log_err_sys(n, "the ring of ended processes cannot be read");
	return n < 0 ? n : 0;
}

uint64_t tasks_ends_lost(const struct tasks *t)
{
	const struct bpf_map *map;
	uint32_t zero = 0;
	uint64_t lost;

	if (!t->bpf)
		return 0;
	bpf_object__for_each_map (map, t->bpf)
		if (strstr(bpf_map__name(map), ".bss") &&
		    bpf_map__value_size(map) == sizeof(lost) &&
		    !bpf_map_lookup_elem(bpf_map__fd(map), &zero, &lost))
			return lost;
	return 0;
}

int tasks_fd(const struct tasks *t)
{
	return t->ends ? ring_buffer__epoll_fd(t->ends) : -1;
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
