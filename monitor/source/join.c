/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Brings a monitor's counters to the processes they belong to. */
#include "lib/base.h"
#include "monitor/source/join_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How each is shown. */
static const struct counter counters[] = {
	{&vocabulary_memory, MEM_MMAP_COUNT, FIELD_MMAP, 1, true, true},
	{&vocabulary_memory, MEM_MUNMAP_COUNT, FIELD_MUNMAP, 1, true, true},
	{&vocabulary_memory, MEM_BRK_COUNT, FIELD_BRK, 1, true, true},
	{&vocabulary_memory, MEM_MREMAP_COUNT, FIELD_MREMAP, 1, true, true},
	{&vocabulary_memory, MEM_FAILED_COUNT, FIELD_FAILED, 1, true, true},
	{&vocabulary_memory, MEM_MMAP_BYTES, FIELD_MMAP_BYTES, 1, false, true},
	{&vocabulary_memory, MEM_MUNMAP_BYTES, FIELD_MUNMAP_BYTES, 1, false, true},
	{&vocabulary_memory, MEM_CURRENT_USAGE, FIELD_USAGE, 1, false, true},
	{&vocabulary_memory, MEM_VM_BYTES, FIELD_USAGE, 1, false, false},
	{&vocabulary_cpu, CPU_USER_TIME, FIELD_USER_MS, 1e-6, false, true},
	{&vocabulary_cpu, CPU_KERNEL_TIME, FIELD_SYSTEM_MS, 1e-6, false, true},
};

int join_new(struct join **out, const struct monitor_info *info, enum join_kind kind,
	     void (*forget)(void *arg, uint32_t key), void *arg)
{
	struct join *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->kind = kind;
	j->threads = info->key == MONITOR_KEY_TID;
	j->forget = forget;
	j->arg = arg;
	for (size_t i = 0; i < ARRAY_SIZE(counters) && j->nfields < ROW_COUNTERS; i++)
		if (info->words == counters[i].words && info->fields >> counters[i].from & 1)
			j->field[j->nfields++] = &counters[i];
	*out = j;
	return 0;
}

uint32_t join_fields(const struct join *j)
{
	uint32_t fields = 0;

	for (size_t i = 0; i < j->nfields; i++)
		fields |= 1U << j->field[i]->to;
	if (fields & 1U << FIELD_USER_MS && fields & 1U << FIELD_SYSTEM_MS)
		fields |= 1U << FIELD_TOTAL_MS;
	return fields;
}

/* What an ended thread or process counted from @base on stays with its row. */
static void keep(struct join *j, struct row_state *s, const uint64_t *value, const uint64_t *base)
{
	if (!s->kept)
		s->kept = calloc(ROW_COUNTERS, sizeof(*s->kept));
	if (!s->kept) {
		j->no_memory = true;
		return;
	}
	for (size_t i = 0; i < j->nfields; i++)
		if (j->field[i]->adds)
			s->kept[i] += value[i] - (base ? base[i] : 0);
}

static struct orphan *find_orphan(struct join *j, uint32_t tgid)
{
	for (size_t i = j->norphans; i; i--)
		if (j->orphans[i - 1].tgid == tgid)
			return &j->orphans[i - 1];
	return NULL;
}

static void keep_orphan(struct join *j, const struct rows *rows, uint32_t tgid, const char *comm,
			const uint64_t *value, const uint64_t *base)
{
	struct orphan *o = find_orphan(j, tgid);

	if (!o) {
		o = ROOM(j, orphans);
		if (!o)
			return;
		j->orphans = o;
		o += j->norphans++;
		*o = (struct orphan){.tgid = tgid, .since_ns = rows->boot_ns};
		if (comm)
			memcpy(o->comm, comm, sizeof(o->comm));
	}
	for (size_t i = 0; i < j->nfields; i++)
		o->value[i] += value[i] - (base ? base[i] : 0);
}

void join_settle(struct join *j, struct rows *rows, uint32_t tgid, const char *comm,
		 const uint64_t *value, const uint64_t *base)
{
	struct proc_row *row = rows_find(rows, tgid);

	if (row)
		keep(j, rows_state(rows, row), value, base);
	else
		keep_orphan(j, rows, tgid, comm, value, base);
}

void join_orphans(struct join *j, struct rows *rows, bool told)
{
	for (size_t i = 0; i < j->norphans; i++) {
		const struct orphan *o = &j->orphans[i];

		if ((!told || rows->boot_ns - o->since_ns >= ROWS_WAIT_NS) &&
		    !rows_known(rows, o->tgid))
			rows_nameless(rows, o->tgid, o->comm);
	}
}

/* Those that have a row by now. */
static void adopt(struct join *j, struct rows *rows)
{
	size_t to = 0;

	for (size_t i = 0; i < j->norphans; i++) {
		const struct orphan *o = &j->orphans[i];
		struct proc_row *row = rows_find(rows, o->tgid);

		if (row)
			keep(j, rows_state(rows, row), o->value, NULL);
		else
			j->orphans[to++] = *o;
	}
	j->norphans = to;
}

void join_taken(struct join *j, struct rows *rows, const struct counter_table *taken)
{
	uint64_t value[ROW_COUNTERS];

	adopt(j, rows);
	for (size_t i = 0; i < taken->n; i++) {
		join_read_values(j, counter_table_row(taken, i), value);
		j->calls_gone += join_count_calls(j, value, NULL);
		join_settle(j, rows, (uint32_t)counter_table_row(taken, i)->key, NULL, value, NULL);
	}
}

/* Without calls since the start a monitor knows no latest value. */
void join_show(const struct join *j, struct proc_row *row, const struct row_state *s,
	       const uint64_t *now)
{
	for (size_t i = 0; i < j->nfields; i++) {
		const struct counter *c = j->field[i];
		uint64_t value = (s->kept ? s->kept[i] : 0) + (now ? now[i] : 0);

		row->v[c->to] = c->adds || value ? (double)value * c->scale : NAN;
	}
}

/* Who did not come with those that were asked: what it counted is not known, which is not 0. */
static void show_unknown(const struct join *j, struct proc_row *row)
{
	for (size_t i = 0; i < j->nfields; i++)
		row->v[j->field[i]->to] = NAN;
}

static void show_total(const struct join *j, struct rows *rows)
{
	if (!(join_fields(j) & 1U << FIELD_TOTAL_MS))
		return;
	for (size_t i = 0; i < rows->n; i++) {
		double *v = rows->row[i].v;

		v[FIELD_TOTAL_MS] = v[FIELD_USER_MS] + v[FIELD_SYSTEM_MS];
	}
}

/* Keys are processes that live, or were gone when they were read and will be taken. */
static void join_leaves(struct join *j, struct rows *rows, const struct counter_table *table)
{
	uint64_t value[ROW_COUNTERS];
	size_t at = 0;

	j->calls_now = 0;
	if (!j->nfields)
		return;
	for (size_t i = 0; i < rows->n; i++) {
		struct row_state *s = &rows->state[i];

		while (at < table->n && counter_table_row(table, at)->key < rows->row[i].pid) {
			join_read_values(j, counter_table_row(table, at++), value);
			j->calls_now += join_count_calls(j, value, NULL);
		}
		if (at < table->n && counter_table_row(table, at)->key == rows->row[i].pid &&
		    s->seen) {
			join_read_values(j, counter_table_row(table, at++), value);
			j->calls_now += join_count_calls(j, value, NULL);
			join_show(j, &rows->row[i], s, value);
		} else if (s->unlisted) {
			show_unknown(j, &rows->row[i]);
		} else if (s->seen || s->kept || isnan(rows->row[i].v[j->field[0]->to])) {
			join_show(j, &rows->row[i], s, NULL);
		}
	}
	for (; at < table->n; at++) {
		join_read_values(j, counter_table_row(table, at), value);
		j->calls_now += join_count_calls(j, value, NULL);
	}
}

void join_table(struct join *j, struct rows *rows, const struct counter_table *table)
{
	if (j->kind == JOIN_LEAVES)
		join_leaves(j, rows, table);
	else
		join_stays(j, rows, table);
	show_total(j, rows);
}

uint64_t join_unattributed(const struct join *j)
{
	return j->unattributed;
}

uint64_t join_calls(const struct join *j)
{
	for (size_t i = 0; i < j->nfields; i++)
		if (j->field[i]->call)
			return j->calls_gone + j->calls_now;
	return UINT64_MAX;
}

bool join_no_memory(const struct join *j)
{
	return j->no_memory;
}

void join_free(struct join *j)
{
	if (!j)
		return;
	free(j->alive);
	free(j->keys);
	free(j->next_keys);
	free(j->learned);
	free(j->orphans);
	free(j);
}
