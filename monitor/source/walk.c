/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's list has tasks as they were made, which is the order of their numbers until those
 * begin anew. Then it is a few ascending runs, which are merged. Each task is a number that sorts
 * so, with the place of its record in the lower half (TASK_PLACE()).
 */
#include "lib/base.h"
#include "monitor/source/walk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bpf/calls/walked.h"
#include "bpf/procs/tasks.h"

struct places {
	uint64_t *v;
	size_t n, at;
};

/* Mapped is what has been written, while it is read: all that is mapped is resident. */
struct window {
	int fd;	     /* not ours */
	size_t most; /* bytes */
	char *at;    /* @bytes; NULL: not mapped */
	size_t bytes;
};

struct walk {
	struct window records, same_at;
	struct places record, same; /* of this walk; the first's are owned, for record_max */
	size_t record_max;
};

static int window_open(struct window *w, size_t bytes)
{
	if (!bytes || bytes > w->most)
		return bytes ? -EPROTO : 0;
	w->at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	if (w->at == MAP_FAILED) {
		w->at = NULL;
		return -errno;
	}
	w->bytes = bytes;
	return 0;
}

static void window_close(struct window *w)
{
	if (w->at)
		munmap(w->at, w->bytes);
	w->at = NULL;
}

int walk_open(struct walk **out, int records_fd, size_t bytes, int same_fd, size_t places)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->records = (struct window){.fd = records_fd, .most = bytes};
	w->same_at = (struct window){.fd = same_fd, .most = places * sizeof(uint64_t)};
	*out = w;
	return 0;
}

void walk_close(struct walk *w)
{
	if (!w)
		return;
	walk_end(w);
	free(w->record.v);
	free(w);
}

size_t walk_room(const struct walk *w)
{
	return w->records.most;
}

size_t walk_record_bytes(const void *data, size_t left)
{
	const struct task_thread *thread = data;
	size_t bytes = sizeof(*thread);

	if (left < sizeof(*thread) || !(thread->pid & TASK_MARK))
		return 0;
	if ((thread->pid & ~TASK_MARK) == thread->tgid)
		bytes = sizeof(struct task_row);
	return bytes <= left ? bytes : 0;
}

/* --- order --- */

static size_t run_end(const uint64_t *v, size_t n, size_t from)
{
	size_t end = from + 1;

	while (end < n && v[end - 1] <= v[end])
		end++;
	return MIN(end, n);
}

/* Every two runs of @from become one of @to. Returns how many there are then. */
static size_t merge_runs(const uint64_t *from, size_t n, uint64_t *to)
{
	size_t runs = 0;

	for (size_t begin = 0; begin < n; runs++) {
		size_t a = begin, a_end = run_end(from, n, a);
		size_t b = a_end, b_end = b < n ? run_end(from, n, b) : n;

		for (size_t i = begin; i < b_end; i++)
			to[i] = b == b_end || (a < a_end && from[a] <= from[b]) ? from[a++]
										: from[b++];
		begin = b_end;
	}
	return runs;
}

static int sort_runs(uint64_t *v, size_t n)
{
	uint64_t *from = v, *to, *other;

	if (n < 2 || run_end(v, n, 0) == n)
		return 0;
	other = malloc(n * sizeof(*other));
	if (!other)
		return -ENOMEM;
	for (to = other; merge_runs(from, n, to) > 1;) {
		from = to;
		to = from == v ? other : v;
	}
	if (to == other)
		memcpy(v, other, n * sizeof(*v));
	free(other);
	return 0;
}

/* Where the records are. */
static int find_records(struct walk *w)
{
	size_t at = sizeof(struct walked), used = w->records.bytes, bytes;

	w->record.n = 0;
	for (; at < used; at += bytes) {
		const struct task_thread *record = (const void *)(w->records.at + at);

		bytes = walk_record_bytes(record, used - at);
		if (!bytes)
			return -EPROTO;
		if (w->record.n == w->record_max) {
			size_t max = w->record_max ? 2 * w->record_max : 256;
			uint64_t *v = reallocarray(w->record.v, max, sizeof(*v));

			if (!v)
				return -ENOMEM;
			w->record.v = v;
			w->record_max = max;
		}
		w->record.v[w->record.n++] = TASK_PLACE((uint64_t)(record->pid & ~TASK_MARK), at);
	}
	return 0;
}

int walk_begin(struct walk *w, size_t used)
{
	const struct walked *head;
	int err;

	walk_end(w);
	if (!used)
		return -ENOBUFS;
	err = used < sizeof(*head) ? -EPROTO : window_open(&w->records, used);
	if (err)
		return err;
	head = (const void *)w->records.at;
	err = window_open(&w->same_at, head->nsame * sizeof(uint64_t));
	w->same = (struct places){.v = (uint64_t *)(void *)w->same_at.at, .n = head->nsame};
	w->record.at = 0;
	err = err ? err : find_records(w);
	err = err ? err : sort_runs(w->record.v, w->record.n);
	return err ? err : sort_runs(w->same.v, w->same.n);
}

void walk_end(struct walk *w)
{
	window_close(&w->records);
	window_close(&w->same_at);
}

/* --- one after the other --- */

bool walk_next(struct walk *w, uint32_t *pid, char **record)
{
	struct places *r = &w->record, *s = &w->same;
	bool same = s->at < s->n && (r->at == r->n || s->v[s->at] < r->v[r->at]);
	uint64_t place;

	if (!same && r->at == r->n)
		return false;
	place = same ? s->v[s->at++] : r->v[r->at++];
	*pid = (uint32_t)(place >> 32);
	*record = same ? NULL : w->records.at + (uint32_t)place;
	return true;
}
