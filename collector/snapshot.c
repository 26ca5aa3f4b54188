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
#include "collector/program.h"

static int unreadable(int err, const char *path, const struct bpf_map *map)
{
	log_err_sys(err, "%s: map '%s' cannot be read", path, bpf_map__name(map));
	return err;
}

/* Values of element @k of a map, as many copies as CPUs, as those of a field say. */
static void read_field(const struct counter_field *field, const struct map_dump *d, size_t k,
		       uint32_t offset, uint64_t *value)
{
	for (uint32_t n = MAX(field->slots, 1U); n; n--, offset += sizeof(*value), value++)
		*value = field->join == COUNTER_MAX ? map_dump_max(d, k, offset)
						    : map_dump_sum(d, k, offset);
}

/* The same of 4 bytes: the sum wraps as they do. */
static uint64_t read_narrow(const struct counter_field *field, const struct map_dump *d, size_t k,
			    uint32_t offset)
{
	uint32_t all = 0, one;

	for (uint32_t cpu = 0; cpu < d->ncpu; cpu++) {
		memcpy(&one,
		       d->values + k * d->stride + (size_t)cpu * (d->stride / d->ncpu) + offset,
		       sizeof(one));
		all = field->join == COUNTER_MAX ? MAX(all, one) : all + one;
	}
	return all;
}

static int read_source(const struct counter_source *src, uint64_t narrow, const char *path,
		       struct counter_table *out)
{
	const struct vocabulary *words = out->words;
	struct map_dump d;
	int err = map_read(bpf_map__fd(src->map), MAP_BEST, &d);

	if (err)
		unreadable(err, path, src->map);
	for (size_t k = 0; !err && k < d.n; k++) {
		struct counter_row *row = counter_table_add_key(out, d.keys + k * d.key_size);
		uint32_t slot = 0;

		for (size_t f = 0; f < words->nfields; slot += MAX(words->fields[f++].slots, 1U))
			if (src->fields & narrow & 1ULL << f)
				row->value[slot] =
					read_narrow(&words->fields[f], &d, k, src->offset[f]);
			else if (src->fields >> f & 1)
				read_field(&words->fields[f], &d, k, src->offset[f],
					   &row->value[slot]);
	}
	map_dump_release(&d);
	return err;
}

int snapshot_maps(const struct layout *l, const char *path, struct counter_table *out)
{
	int err = 0;

	out->key_bytes = l->key_bytes;
	out->nparts = l->nparts;
	memcpy(out->parts, l->parts, sizeof(out->parts));
	for (size_t i = 0; !err && i < l->ncounters; i++)
		err = read_source(&l->counters[i], l->narrow, path, out);
	counter_table_finish(out);
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

static void add_row(const struct layout *l, const void *data, struct counter_table *out)
{
	const struct row_source *rows = &l->rows;
	struct counter_row *row = counter_table_add(out, number(data, rows->key));
	const struct vocabulary *words = out->words;
	uint32_t slot = 0, n;

	for (size_t f = 0; f < words->nfields; f++, slot += n) {
		n = MAX(words->fields[f].slots, 1U);
		if (rows->fields & l->narrow & 1ULL << f)
			row->value[slot] = number(data, rows->offset[f]);
		else if (rows->fields >> f & 1)
			memcpy(&row->value[slot], (const char *)data + rows->offset[f],
			       n * sizeof(row->value[0]));
	}
}

int snapshot_run(struct program_link **link, struct bpf_program *p, struct strbuf *out)
{
	static char chunk[65536];
	ssize_t n;
	int fd, err = 0;

	if (!*link)
		*link = program_attach_iterator(p);
	if (!*link)
		return -errno;
	fd = bpf_iter_create(program_link_fd(*link));
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
		    struct counter_table *out)
{
	const struct row_source *rows = &l->rows;

	if (len % rows->size) {
		log_err("%s: its iterator '%s' writes rows that are cut", path,
			bpf_program__name(rows->iterator));
		return -EPROTO;
	}
	for (size_t at = 0; at < len; at += rows->size)
		add_row(l, (const char *)data + at, out);
	counter_table_finish(out);
	return 0;
}

static int read_iterator(const struct layout *l, struct program_link **link, const char *path,
			 struct strbuf *data)
{
	int err = snapshot_run(link, l->rows.iterator, data);

	if (err)
		log_err_sys(err, "%s: its iterator '%s' cannot be read", path,
			    bpf_program__name(l->rows.iterator));
	return err;
}

/* What the map of ended processes has. */
struct departed {
	struct counter_table ended; /* processes that are no more */
	struct counter_table left;  /* what a thread left behind in a process that goes on */
};

static void departed_release(struct departed *d)
{
	counter_table_release(&d->ended);
	counter_table_release(&d->left);
}

static int read_departed(const struct layout *l, const char *path, struct departed *out)
{
	struct map_dump d;
	int err;

	out->ended = counter_table_new(l->words, l->rows.fields, sizeof(uint32_t));
	out->left = out->ended;
	if (!l->rows.ended)
		return 0;
	err = map_read(bpf_map__fd(l->rows.ended), MAP_BEST, &d);
	if (err)
		unreadable(err, path, l->rows.ended);
	for (size_t i = 0; !err && i < d.n; i++) {
		const void *row = d.values + i * d.stride;

		if (number(row, l->rows.flag))
			add_row(l, row, &out->ended);
		else
			add_row(l, row, &out->left);
	}
	map_dump_release(&d);
	counter_table_finish(&out->ended);
	counter_table_finish(&out->left);
	return err;
}

/* What is a highest value of the living process stays the living one's latest. */
static void merge_living(const struct vocabulary *words, struct counter_row *into,
			 const struct counter_row *from)
{
	bool memory = words == &vocabulary_memory;
	uint64_t vm = memory ? into->value[MEM_VM_BYTES] : 0;

	counter_row_merge(words, into, from);
	if (memory)
		into->value[MEM_VM_BYTES] = vm;
}

/* Puts @row to the living of its key, or into @rest. */
static void place(struct counter_table *living, struct counter_table *rest,
		  const struct counter_row *row, bool instead)
{
	struct counter_row *is =
		(struct counter_row *)(uintptr_t)counter_table_find(living, row->key);

	if (!is)
		counter_table_copy(rest, row);
	else if (instead)
		memcpy(is, row, living->row_bytes);
	else
		merge_living(living->words, is, row);
}

/*
 * A process is in the iterator's rows, in the map of ended ones or, when it has ended in between,
 * in both. The map is read before and after: a row that is new or has changed is the whole of a
 * process that the iterator may have seen alive; one that has not is of an earlier process of that
 * id, or of a thread that left the living one.
 */
static void combine(struct counter_table *living, const struct departed *before,
		    const struct departed *after)
{
	struct counter_table rest =
		counter_table_new(living->words, living->fields, living->key_bytes);

	for (size_t i = 0; i < after->ended.n; i++) {
		const struct counter_row *row = counter_table_row(&after->ended, i);
		const struct counter_row *was = counter_table_find(&before->ended, row->key);

		place(living, &rest, row, !was || memcmp(was, row, after->ended.row_bytes));
	}
	for (size_t i = 0; i < before->left.n; i++) {
		const struct counter_row *row = counter_table_row(&before->left, i);

		if (!counter_table_find(&after->ended, row->key))
			place(living, &rest, row, false);
	}
	for (size_t i = 0; i < rest.n; i++)
		counter_table_copy(living, counter_table_row(&rest, i));
	counter_table_release(&rest);
	counter_table_finish(living);
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
		      const void *data, size_t len, struct counter_table *out)
{
	struct departed after = {0};
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

int snapshot_rows(const struct layout *l, struct program_link **link, const char *path,
		  struct counter_table *out)
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

int snapshot_rows_of(const struct layout *l, struct rows_of *r, const uint32_t *pids, size_t n,
		     const char *path, struct counter_table *out)
{
	struct departed *before;
	const void *rows;
	size_t len;
	int err = snapshot_rows_begin(l, path, &before);

	if (err)
		return err;
	err = rows_of_read(r, pids, n, &rows, &len);
	if (err)
		snapshot_forget(before);
	else
		err = snapshot_rows_end(l, path, before, rows, len, out);
	rows_of_done(r);
	return err;
}

/* One by one: rows that are not of ended processes stay, and what is added to a row until the very
 * moment is in it. */
int snapshot_take_ended(const struct layout *l, const char *path, struct counter_table *out)
{
	struct departed all;
	int err = read_departed(l, path, &all), fd = bpf_map__fd(l->rows.ended);
	void *row = malloc(l->rows.size);

	if (!row)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < all.ended.n; i++) {
		uint32_t key = (uint32_t)counter_table_row(&all.ended, i)->key;

		if (!bpf_map_lookup_and_delete_elem(fd, &key, row))
			add_row(l, row, out);
		else if (errno != ENOENT)
			err = unreadable(-errno, path, l->rows.ended);
	}
	free(row);
	departed_release(&all);
	counter_table_finish(out);
	return err;
}
