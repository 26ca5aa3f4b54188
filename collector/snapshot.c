/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters from maps, from an iterator program, and of processes that have ended. */
#include "lib/base.h"
#include "collector/snapshot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/maps.h"

static int unreadable(int err, const char *path, const struct bpf_map *map)
{
	log_err_sys(err, "%s: map '%s' cannot be read", path, bpf_map__name(map));
	return err;
}

static int read_source(const struct counter_source *src, const char *path, struct mem_table *out,
		       size_t *cap)
{
	struct map_dump d;
	int err = map_read(bpf_map__fd(src->map), MAP_BEST, &d);

	if (err)
		unreadable(err, path, src->map);
	for (size_t k = 0; !err && k < d.n; k++) {
		struct mem_row *row;
		uint32_t key;

		memcpy(&key, d.keys + k * d.key_size, sizeof(key));
		row = mem_table_add(out, cap, key);
		for (int f = 0; f < MEM_FIELD_COUNT; f++)
			if (src->fields & (1U << f))
				row->value[f] = f == MEM_LAST_UPDATE
							? map_dump_max(&d, k, src->offset[f])
							: map_dump_sum(&d, k, src->offset[f]);
	}
	map_dump_release(&d);
	return err;
}

int snapshot_maps(const struct layout *l, const char *path, struct mem_table *out)
{
	size_t cap = 0;
	int err = 0;

	for (size_t i = 0; !err && i < l->ncounters; i++)
		err = read_source(&l->counters[i], path, out, &cap);
	mem_table_finish(out);
	return err;
}

/* --- rows --------------------------------------------------------------------------------------
 */

static uint32_t number(const void *row, uint32_t offset)
{
	uint32_t v;

	memcpy(&v, (const char *)row + offset, sizeof(v));
	return v;
}

static void add_row(const struct row_source *rows, const void *data, struct mem_table *out,
		    size_t *cap)
{
	struct mem_row *row = mem_table_add(out, cap, number(data, rows->key));

	for (int f = 0; f < MEM_FIELD_COUNT; f++)
		if (rows->fields & (1U << f))
			memcpy(&row->value[f], (const char *)data + rows->offset[f],
			       sizeof(row->value[f]));
}

/* All that the iterator writes. */
static int run_iterator(struct bpf_link **link, struct bpf_program *p, struct strbuf *out)
{
	static char chunk[65536];
	ssize_t n;
	int fd, err = 0;

	if (!*link)
		*link = bpf_program__attach_iter(p, NULL);
	if (!*link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(*link));
	if (fd < 0)
		return -errno;
	/* EAGAIN: it has passed a million tasks without writing; the next read goes on. */
	while ((n = read(fd, chunk, sizeof(chunk))))
		if (n > 0)
			strbuf_add(out, chunk, (size_t)n);
		else if (errno != EAGAIN && errno != EINTR)
			break;
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

static int add_rows(const struct layout *l, const char *path, const void *data, size_t len,
		    struct mem_table *out)
{
	const struct row_source *rows = &l->rows;
	size_t cap = 0;

	if (len % rows->size) {
		log_err("%s: its iterator '%s' writes rows that are cut", path,
			bpf_program__name(rows->iterator));
		return -EPROTO;
	}
	for (size_t at = 0; at < len; at += rows->size)
		add_row(rows, (const char *)data + at, out, &cap);
	mem_table_finish(out);
	return 0;
}

static int read_iterator(const struct layout *l, struct bpf_link **link, const char *path,
			 struct strbuf *data)
{
	int err = run_iterator(link, l->rows.iterator, data);

	if (err)
		log_err_sys(err, "%s: its iterator '%s' cannot be read", path,
			    bpf_program__name(l->rows.iterator));
	return err;
}

/* What the map of ended processes has. */
struct departed {
	struct mem_table ended; /* processes that are no more */
	struct mem_table left;	/* what a thread left behind in a process that goes on */
};

static void departed_release(struct departed *d)
{
	mem_table_release(&d->ended);
	mem_table_release(&d->left);
}

static int read_departed(const struct layout *l, const char *path, struct departed *out)
{
	size_t ended_cap = 0, left_cap = 0;
	struct map_dump d;
	int err;

	*out = (struct departed){.ended.n = 0};
	if (!l->rows.ended)
		return 0;
	err = map_read(bpf_map__fd(l->rows.ended), MAP_BEST, &d);
	if (err)
		unreadable(err, path, l->rows.ended);
	for (size_t i = 0; !err && i < d.n; i++) {
		const void *row = d.values + i * d.stride;

		if (number(row, l->rows.flag))
			add_row(&l->rows, row, &out->ended, &ended_cap);
		else
			add_row(&l->rows, row, &out->left, &left_cap);
	}
	map_dump_release(&d);
	mem_table_finish(&out->ended);
	mem_table_finish(&out->left);
	return err;
}

/* The address space is the living process's. */
static void merge_living(struct mem_row *into, const struct mem_row *from)
{
	uint64_t vm = into->value[MEM_VM_BYTES];

	mem_row_merge(into, from);
	into->value[MEM_VM_BYTES] = vm;
}

/* Puts @row to the living of its key, or into @rest. */
static void place(struct mem_table *living, struct mem_table *rest, size_t *cap,
		  const struct mem_row *row, bool instead)
{
	struct mem_row *is = (struct mem_row *)(uintptr_t)mem_table_find(living, row->key);

	if (!is)
		*mem_table_add(rest, cap, row->key) = *row;
	else if (instead)
		*is = *row;
	else
		merge_living(is, row);
}

/*
 * A process is in the iterator's rows, in the map of ended ones or, when it has ended in between,
 * in both. The map is read before and after: a row that is new or has changed is the whole of a
 * process that the iterator may have seen alive; one that has not is of an earlier process of that
 * id, or of a thread that left the living one.
 */
static void combine(struct mem_table *living, const struct departed *before,
		    const struct departed *after)
{
	struct mem_table rest = {0};
	size_t cap = 0;

	for (size_t i = 0; i < after->ended.n; i++) {
		const struct mem_row *row = &after->ended.rows[i];
		const struct mem_row *was = mem_table_find(&before->ended, row->key);

		place(living, &rest, &cap, row,
		      !was || memcmp(was->value, row->value, sizeof(row->value)));
	}
	for (size_t i = 0; i < before->left.n; i++)
		if (!mem_table_find(&after->ended, before->left.rows[i].key))
			place(living, &rest, &cap, &before->left.rows[i], false);
	cap = living->n;
	for (size_t i = 0; i < rest.n; i++)
		*mem_table_add(living, &cap, rest.rows[i].key) = rest.rows[i];
	mem_table_release(&rest);
	mem_table_finish(living);
}

int snapshot_rows_begin(const struct layout *l, const char *path, struct departed **before)
{
	int err;

	*before = calloc(1, sizeof(**before));
	if (!*before)
		return -ENOMEM;
	err = read_departed(l, path, *before);
	if (err) {
		snapshot_forget(*before);
		*before = NULL;
	}
	return err;
}

int snapshot_rows_end(const struct layout *l, const char *path, struct departed *before,
		      const void *data, size_t len, struct mem_table *out)
{
	struct departed after = {.ended.n = 0};
	int err = add_rows(l, path, data, len, out);

	if (!err)
		err = read_departed(l, path, &after);
	if (!err)
		combine(out, before, &after);
	departed_release(&after);
	snapshot_forget(before);
	return err;
}

void snapshot_forget(struct departed *before)
{
	if (before)
		departed_release(before);
	free(before);
}

int snapshot_rows(const struct layout *l, struct bpf_link **link, const char *path,
		  struct mem_table *out)
{
	struct strbuf data = STRBUF_INIT;
	struct departed *before;
	int err = snapshot_rows_begin(l, path, &before);

	if (err)
		return err;
	err = read_iterator(l, link, path, &data);
	if (err)
		snapshot_forget(before);
	else
		err = snapshot_rows_end(l, path, before, data.s, data.len, out);
	strbuf_release(&data);
	return err;
}

/* One by one: rows that are not of ended processes stay, and what is added to a row until the very
 * moment is in it. */
int snapshot_take_ended(const struct layout *l, const char *path, struct mem_table *out)
{
	struct departed all;
	int err = read_departed(l, path, &all), fd = bpf_map__fd(l->rows.ended);
	void *row = malloc(l->rows.size);
	size_t cap = 0;

	if (!row)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < all.ended.n; i++) {
		if (!bpf_map_lookup_and_delete_elem(fd, &all.ended.rows[i].key, row))
			add_row(&l->rows, row, out, &cap);
		else if (errno != ENOENT)
			err = unreadable(-errno, path, l->rows.ended);
	}
	free(row);
	departed_release(&all);
	mem_table_finish(out);
	return err;
}
