/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory limits of cgroups, found by number. */
#include "lib/base.h"
#include "monitor/source/limits.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lesser.h"
#include "lib/proctask.h"
#include "lib/strbuf.h"
#include "monitor/source/kept.h"
#include "monitor/source/room.h"

/* More are told apart by nobody, and their limits are not known. */
enum { LIMITS_MAX = 4096, TEXT_BYTES = 16384 };
/* What version 1 says where there is no limit: the largest number of whole pages. */
#define NO_LIMIT (1ULL << 60)

struct known {
	uint64_t id, seq; /* when it was read, by limits_begin() */
	char *path;	  /* owned; NULL: it cannot be read */
	struct limit limit;
};

/* A cgroup, or one above several: read once a frame. */
struct level {
	char *path;   /* owned */
	uint64_t seq; /* as in struct known */
	uint64_t limit, used;
	bool limited, known; /* it has a limit; @used is known */
};

struct limits {
	int proc_fd;
	uint64_t seq;
	char *root;	     /* where the hierarchy with the memory controller is mounted; owned */
	bool old;	     /* version 1 */
	struct known *known; /* by id; owned */
	size_t n, cap;
	struct level *levels; /* by path; owned */
	size_t nlevels, levels_cap;
	const struct known
		*latest; /* who was asked for last in this frame, and nobody came since */
};

/* "36 35 0:30 / /sys/fs/cgroup rw .. - cgroup2 cgroup rw": the mount point, owned; NULL: it is not
 * one of @type with @option. */
static char *mount_point(const char *line, size_t len, const char *type, const char *option)
{
	char *copy = strndup(line, len), *dash = copy ? strstr(copy, type) : NULL, *at = copy;
	char *point = NULL;

	for (int field = 1; dash && field < 5 && at; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (dash && at && strstr(dash, option))
		point = strndup(at, strcspn(at, " "));
	free(copy);
	return point;
}

static void find_root(struct limits *l)
{
	struct strbuf text = STRBUF_INIT;
	char *unified = NULL;

	if (!strbuf_read_file(&text, "/proc/self/mountinfo"))
		for (const char *line = text.s; *line;) {
			size_t len = strcspn(line, "\n");

			if (!l->root)
				l->root = mount_point(line, len, " - cgroup ", "memory");
			if (!unified)
				unified = mount_point(line, len, " - cgroup2 ", "");
			line += len + (line[len] == '\n');
		}
	strbuf_release(&text);
	/* The controller is of one hierarchy: of the old one where that has it. */
	l->old = l->root;
	if (l->root)
		free(unified);
	else
		l->root = unified;
}

int limits_new(struct limits **out, int proc_fd)
{
	struct limits *l = calloc(1, sizeof(*l));

	*out = l;
	if (!l)
		return -ENOMEM;
	l->proc_fd = proc_fd;
	find_root(l);
	return 0;
}

void limits_begin(struct limits *l)
{
	size_t to = 0;

	/* Who was not asked for has ended. */
	for (size_t i = 0; i < l->n; i++) {
		if (l->known[i].seq == l->seq)
			l->known[to++] = l->known[i];
		else
			free(l->known[i].path);
	}
	l->n = to;
	to = 0;
	for (size_t i = 0; i < l->nlevels; i++) {
		if (l->levels[i].seq == l->seq)
			l->levels[to++] = l->levels[i];
		else
			free(l->levels[i].path);
	}
	l->nlevels = to;
	l->latest = NULL;
	l->seq++;
}

/* Where a process is in the hierarchy; owned. NULL: not known. */
static char *path_of(const struct limits *l, uint32_t pid, bool ended)
{
	char text[TEXT_BYTES];
	const char *path;
	size_t len;
	ssize_t n;

	n = ended ? proctask_read_other(l->proc_fd, pid, "cgroup", text, sizeof(text))
		  : proctask_read(l->proc_fd, pid, "cgroup", text, sizeof(text));
	if (!l->root || n < 0)
		return NULL;
	path = proctask_parse_cgroup(text, l->old ? "memory" : "", &len);
	return path ? strndup(path, len) : NULL;
}

/* The number in a file of the cgroup; false: there is none, or it is no limit. */
static bool read_number(const char *root, const char *path, const char *name, uint64_t *value)
{
	struct strbuf file = STRBUF_INIT;
	char text[64], *end = text;
	struct kept k = {0};

	strbuf_addf(&file, "%s%s/%s", root, path, name);
	if (kept_read(&k, AT_FDCWD, file.s, text, sizeof(text), 0) > 0)
		*value = strtoull(text, &end, 10);
	kept_close(&k);
	strbuf_release(&file);
	return end != text && *value < NO_LIMIT;
}

static size_t find_level(const struct limits *l, const char *path)
{
	size_t low = 0, high = l->nlevels;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(l->levels[mid].path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct level *add_level(struct limits *l, const char *path, size_t at)
{
	bool no_memory = false;
	struct level *to =
		room_for_one(l->levels, l->nlevels, &l->levels_cap, sizeof(*to), 1, &no_memory);
	char *own = to ? strdup(path) : NULL;

	l->levels = to ? to : l->levels;
	if (!own)
		return NULL;
	memmove(to + at + 1, to + at, (l->nlevels++ - at) * sizeof(*to));
	to[at] = (struct level){.path = own};
	return &to[at];
}

/* NULL: no memory. */
static const struct level *level_of(struct limits *l, const char *path)
{
	static const char *const names[][2] = {{"memory.max", "memory.current"},
					       {"memory.limit_in_bytes", "memory.usage_in_bytes"}};
	size_t at = find_level(l, path);
	bool there = at < l->nlevels && !strcmp(l->levels[at].path, path);
	struct level *v = there ? &l->levels[at] : add_level(l, path, at);

	if (!v || v->seq == l->seq)
		return v;
	v->seq = l->seq;
	v->limited = read_number(l->root, path, names[l->old][0], &v->limit);
	v->known = v->limited && read_number(l->root, path, names[l->old][1], &v->used);
	return v;
}

/* Of the cgroup and of those above it whichever is the least. */
static struct limit read_limit(struct limits *l, const char *of)
{
	struct limit least = {NAN, NAN};
	char *path = strdup(of), *slash;
	bool known = true;

	while (path) {
		const struct level *v = level_of(l, path);

		if (v && v->limited) {
			double room_kb =
				v->used < v->limit ? (double)(v->limit - v->used) / 1024 : 0;

			known &= v->known;
			least.limit_kb = lesser(least.limit_kb, (double)v->limit / 1024);
			least.room_kb = lesser(least.room_kb, room_kb);
		}
		slash = strrchr(path, '/');
		if (!slash || !path[1])
			break;
		slash[slash == path] = '\0';
	}
	free(path);
	if (!known)
		least.room_kb = NAN;
	return least;
}

static struct known *find(struct limits *l, uint64_t id, size_t *at)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->known[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	*at = low;
	return low < l->n && l->known[low].id == id ? &l->known[low] : NULL;
}

static struct known *add(struct limits *l, uint64_t id, size_t at)
{
	if (l->n == LIMITS_MAX)
		return NULL;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct known *k = realloc(l->known, cap * sizeof(*k));

		if (!k)
			return NULL;
		l->known = k;
		l->cap = cap;
	}
	memmove(l->known + at + 1, l->known + at, (l->n++ - at) * sizeof(*l->known));
	l->known[at] = (struct known){.id = id, .limit = {NAN, NAN}};
	return &l->known[at];
}

struct limit limits_of(struct limits *l, uint64_t id, uint32_t pid, bool ended)
{
	struct known *k;
	size_t at;

	if (!id)
		return (struct limit){NAN, NAN};
	/* Neighbours are often of one cgroup. */
	if (l->latest && l->latest->id == id)
		return l->latest->limit;
	k = find(l, id, &at);
	k = k ? k : add(l, id, at);
	if (!k)
		return (struct limit){NAN, NAN};
	if (k->seq != l->seq) {
		k->seq = l->seq;
		if (!k->path)
			k->path = path_of(l, pid, ended);
		if (k->path)
			k->limit = read_limit(l, k->path);
	}
	l->latest = k;
	return k->limit;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->known[i].path);
	for (size_t i = 0; i < l->nlevels; i++)
		free(l->levels[i].path);
	free(l->levels);
	free(l->known);
	free(l->root);
	free(l);
}
