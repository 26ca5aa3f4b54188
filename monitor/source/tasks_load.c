/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Constants, sizes and choices before the object is loaded; its descriptors afterwards. */
#include "lib/base.h"
#include "monitor/source/tasks_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collector/layout.h"
#include "collector/object_error.h"
#include "collector/program.h"

/* An object that is being made. */
struct making {
	const struct tasks_options *opts;
	const char *path;
	bool walk;
	struct bpf_object *bpf;
	struct program_link *link[1 + TASKS_ENDS];
};

_Static_assert(sizeof(struct tasks_loaded) <= PARCEL_BYTES, "it is sent");

/* --- before it is loaded --- */

static int init_variable(const struct making *m, const char *section, const char *name,
			 const void *value, size_t bytes)
{
	const struct variable v = variable_find(m->bpf, section, name, bytes);

	return v.map ? variable_init(&v, value) : -EINVAL;
}

static int init_constant(const struct making *m, const char *name, uint32_t value)
{
	return init_variable(m, ".rodata", name, &value, sizeof(value));
}

static int init_switches(const struct making *m)
{
	uint32_t threads = m->opts->threads, times = m->opts->times;
	unsigned char next = m->opts->next;
	int err = init_variable(m, ".data", "all_threads", &threads, sizeof(threads));

	err = err ? err : init_variable(m, ".data", "all_times", &times, sizeof(times));
	return err ? err : init_variable(m, ".rodata", "then_next", &next, sizeof(next));
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

static int size_told(const struct making *m)
{
	struct bpf_map *map = bpf_object__find_map_by_name(m->bpf, "task_told");
	uint32_t places = count_places();
	int err = map ? bpf_map__set_max_entries(map, places) : -EINVAL;

	return err ? err : init_constant(m, "told_mask", places - 1);
}

/* With room for what it writes, or without @walk neither. */
static int choose_walk(const struct making *m)
{
	struct bpf_program *p = bpf_object__find_program_by_name(m->bpf, "walk_tasks");
	struct bpf_map *records = bpf_object__find_map_by_name(m->bpf, "task_walk");
	struct bpf_map *same = bpf_object__find_map_by_name(m->bpf, "task_same");
	uint32_t places = count_places(), bytes;
	int err;

	if (!p || !records || !same)
		return -EINVAL;
	bytes = MAX(places / PLACES_A_ROW * (uint32_t)sizeof(struct task_row),
		    (uint32_t)TASK_WALK_LEAST);
	err = bpf_program__set_autoload(p, m->walk);
	err = err ? err : bpf_map__set_autocreate(records, m->walk);
	err = err ? err : bpf_map__set_autocreate(same, m->walk);
	if (err || !m->walk)
		return err;
	err = bpf_map__set_value_size(records, bytes);
	err = err ? err : bpf_map__set_max_entries(same, places);
	return err ? err : init_constant(m, "walk_bytes", bytes);
}

static struct bpf_program *find_lister(const struct making *m)
{
	return bpf_object__find_program_by_name(m->bpf,
						m->walk ? "list_tasks_plain" : "list_tasks");
}

/* Neither is loaded by itself. */
static int choose_lister(const struct making *m)
{
	struct bpf_program *p = find_lister(m);

	return p ? bpf_program__set_autoload(p, true) : -EINVAL;
}

/* --- afterwards --- */

static int attach(struct making *m)
{
	static const char *const names[TASKS_ENDS] = {"task_execs", "task_exits", "task_ended"};

	m->link[0] = program_attach_iterator(find_lister(m));
	if (!m->link[0])
		return -errno;
	for (size_t i = 0; m->opts->ends && i < ARRAY_SIZE(names); i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(m->bpf, names[i]);

		m->link[1 + i] = p ? program_attach(p) : NULL;
		if (!m->link[1 + i])
			return p ? -errno : -EINVAL;
	}
	return 0;
}

/* Its place among those that are sent. */
static int32_t put(struct parcel *to, int fd)
{
	if (fd < 0 || to->nfds == ARRAY_SIZE(to->fd))
		return -1;
	to->fd[to->nfds] = fd;
	return (int32_t)to->nfds++;
}

static int put_maps(const struct making *m, struct tasks_loaded *l, struct parcel *to)
{
	const struct {
		const char *name;
		int32_t *at;
		uint32_t *bytes, *entries;
	} wanted[] = {
		{"task_ends", &l->ends, NULL, NULL},
		{"task_next", &l->next, NULL, NULL},
		{".data", &l->data, &l->data_bytes, NULL},
		{".bss", &l->bss, &l->bss_bytes, NULL},
		{"task_walk", &l->records, &l->records_bytes, NULL},
		{"task_same", &l->same, NULL, &l->same_places},
	};
	const struct bpf_map *map;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		*wanted[i].at = -1;
	bpf_object__for_each_map (map, m->bpf) {
		const char *name = bpf_map__name(map), *dot = strchr(name, '.');
		int32_t at = bpf_map__autocreate(map) ? put(to, bpf_map__fd(map)) : -1;

		if (at < 0)
			continue;
		if (l->nmaps == ARRAY_SIZE(l->map))
			return -E2BIG;
		l->map[l->nmaps++] = at;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
			/* "tasks.data": a section's has the object's name before it. */
			if (strcmp(*wanted[i].name == '.' && dot ? dot : name, wanted[i].name) != 0)
				continue;
			*wanted[i].at = at;
			if (wanted[i].bytes)
				*wanted[i].bytes = bpf_map__value_size(map);
			if (wanted[i].entries)
				*wanted[i].entries = bpf_map__max_entries(map);
		}
	}
	return l->ends >= 0 && l->next >= 0 && l->data >= 0 && l->bss >= 0 ? 0 : -EINVAL;
}

static int find_offsets(const struct making *m, struct tasks_loaded *l)
{
	const struct {
		const char *section, *name;
		size_t bytes;
		uint32_t *at;
	} wanted[] = {
		{".data", "task_pass", sizeof(uint32_t), &l->pass_at},
		{".data", "task_kept", sizeof(uint32_t), &l->kept_at},
		{".data", "all_threads", sizeof(uint32_t), &l->threads_at},
		{".data", "all_times", sizeof(uint32_t), &l->times_at},
		{".bss", "ends_lost", sizeof(uint64_t), &l->lost_at},
		{".bss", "exits", sizeof(uint64_t), &l->exits_at},
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct variable v =
			variable_find(m->bpf, wanted[i].section, wanted[i].name, wanted[i].bytes);

		if (!v.map || v.offset % v.size)
			return -EINVAL;
		*wanted[i].at = (uint32_t)v.offset;
	}
	return 0;
}

static int pack(const struct making *m, struct parcel *to)
{
	struct tasks_loaded l = {.walk = -1};
	const struct bpf_program *walk = bpf_object__find_program_by_name(m->bpf, "walk_tasks");
	int err;

	l.list = put(to, program_link_fd(m->link[0]));
	for (size_t i = 0; i < TASKS_ENDS; i++)
		l.ends_of[i] = m->link[1 + i] ? put(to, program_link_fd(m->link[1 + i])) : -1;
	if (m->walk)
		l.walk = put(to, bpf_program__fd(walk));
	err = put_maps(m, &l, to);
	err = err ? err : find_offsets(m, &l);
	memcpy(to->data, &l, sizeof(l));
	return err;
}

static int make(void *arg, struct parcel *out)
{
	struct making *m = arg;
	int err;

	object_listen();
	m->bpf = bpf_object__open_file(m->path, NULL);
	if (!m->bpf)
		return -errno;
	err = init_switches(m);
	err = err ? err : size_told(m);
	err = err ? err : choose_walk(m);
	err = err ? err : choose_lister(m);
	err = err ? err : bpf_object__load(m->bpf);
	err = err ? err : attach(m);
	return err ? err : pack(m, out);
}

/* --- on this side --- */

static void unmake(struct making *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(m->link); i++)
		program_link_destroy(m->link[i]);
	bpf_object__close(m->bpf);
}

static struct making making_of(const struct tasks_loading *l)
{
	return (struct making){.opts = &l->opts, .path = l->path, .walk = l->walk};
}

/* The object goes, its descriptors stay. */
static int make_here(const struct tasks_loading *l, struct parcel *out)
{
	struct making m = making_of(l);
	int err;

	out->nfds = 0;
	err = make(&m, out);
	for (size_t i = 0; i < out->nfds; i++) {
		out->fd[i] = err ? -1 : fcntl(out->fd[i], F_DUPFD_CLOEXEC, 0);
		err = err ? err : out->fd[i] < 0 ? -errno : 0;
	}
	unmake(&m);
	if (err)
		parcel_close(out);
	return err;
}

int tasks_load_begin(struct tasks_loading *l)
{
	struct making m = making_of(l);

	return parcel_begin(&l->child, make, &m);
}

static void take(const struct parcel *from, int32_t *fd)
{
	*fd = *fd >= 0 && (size_t)*fd < from->nfds ? from->fd[*fd] : -1;
}

int tasks_load_end(struct tasks_loading *l, struct tasks_loaded *out)
{
	bool elsewhere = l->child.from >= 0;
	struct parcel p;
	int err = elsewhere ? parcel_end(&l->child, &p) : make_here(l, &p);

	if (err)
		return err;
	memcpy(out, p.data, sizeof(*out));
	take(&p, &out->list);
	take(&p, &out->walk);
	for (size_t i = 0; i < TASKS_ENDS; i++)
		take(&p, &out->ends_of[i]);
	for (size_t i = 0; i < out->nmaps; i++)
		take(&p, &out->map[i]);
	take(&p, &out->ends);
	take(&p, &out->next);
	take(&p, &out->data);
	take(&p, &out->bss);
	take(&p, &out->records);
	take(&p, &out->same);
	return 0;
}

static void close_one(int32_t *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void tasks_loaded_release(struct tasks_loaded *l)
{
	for (size_t i = 0; i < TASKS_ENDS; i++)
		close_one(&l->ends_of[i]);
	close_one(&l->list);
	close_one(&l->walk);
	for (size_t i = 0; i < l->nmaps; i++)
		close_one(&l->map[i]);
	l->nmaps = 0;
}
