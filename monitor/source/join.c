/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A key of a monitor's table becomes a part of a process's row. Where keys leave by themselves
 * (JOIN_LEAVES) the table and the rows are walked side by side, and what has ended was taken
 * before. Where keys stay (JOIN_STAYS) each is remembered with what it had counted before it became
 * whose it is; it is settled and forgotten when its thread is gone. What a process counted before
 * it had a row waits as an orphan.
 */
#include "lib/base.h"
#include "monitor/source/join.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/source/room.h"

/* How a monitor's counter is shown. */
struct counter {
	const struct vocabulary *words;
	unsigned int from; /* field of those words */
	enum field to;
	double scale;
	bool call; /* counts calls: part of events per second */
	bool adds; /* of threads and the ended; else the latest is what there is */
};

/* A key of the table (JOIN_STAYS). */
struct key {
	uint32_t id, tgid; /* @tgid 0: not known yet */
	uint64_t start_ns; /* of the thread; 0: never seen alive */
	uint64_t base[ROW_COUNTERS], last[ROW_COUNTERS];
	bool waited; /* was alone for a pass already */
	char comm[16];
};

/* What was counted by a process that ended and is in no row: it waits for its end to be told. */
struct orphan {
	uint32_t tgid;
	char comm[16];
	uint64_t since_ns; /* CLOCK_BOOTTIME */
	uint64_t value[ROW_COUNTERS];
};

struct alive {
	uint32_t tid, tgid;
	uint64_t start_ns;
};

struct learned {
	uint32_t tid, tgid;
	char comm[16];
};

struct join {
	enum join_kind kind;
	bool threads;				   /* keys are threads */
	bool wide_only;				   /* 32-bit programs' calls are not looked at */
	const struct counter *field[ROW_COUNTERS]; /* @nfields */
	size_t nfields;
	void (*forget)(void *arg, uint32_t key);
	void *arg;
	struct alive *alive; /* by tid */
	size_t nalive, alive_cap;
	struct key *keys; /* by id */
	size_t nkeys, keys_cap;
	struct key *next_keys; /* the list that the pass makes */
	size_t next_cap;
	struct learned *learned; /* sorted by join_begin() */
	size_t nlearned, learned_cap;
	struct orphan *orphans;
	size_t norphans, orphans_cap;
	uint64_t unattributed;
	uint64_t calls_gone, calls_now;
	bool no_memory;
};

enum { JOIN_PART = 2 }; /* lists grow by half */

/* Room for one more in j->@list; NULL: no memory. */
#define ROOM(j, list)                                                                              \
	room_for_one((j)->list, (j)->n##list, &(j)->list##_cap, sizeof(*(j)->list), JOIN_PART,     \
		     &(j)->no_memory)

static void join_read_values(const struct join *j, const struct counter_row *row, uint64_t *value)
{
	for (size_t i = 0; i < j->nfields; i++)
		value[i] = row->value[j->field[i]->from];
}

/* Those in @value since @base; NULL: since the start. */
static uint64_t join_count_calls(const struct join *j, const uint64_t *value, const uint64_t *base)
{
	uint64_t n = 0;

	for (size_t i = 0; i < j->nfields; i++)
		if (j->field[i]->call)
			n += value[i] - (base ? base[i] : 0);
	return n;
}

/* --- what both kinds do --- */

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
	j->wide_only = info->words == &vocabulary_memory && !(info->caps & MONITOR_COMPAT);
	for (size_t i = 0; i < ARRAY_SIZE(counters) && j->nfields < ROW_COUNTERS; i++)
		if (info->words == counters[i].words && info->fields >> counters[i].from & 1)
			j->field[j->nfields++] = &counters[i];
	*out = j;
	return 0;
}

uint64_t join_fields(const struct join *j)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < j->nfields; i++)
		fields |= FIELD_BIT(j->field[i]->to);
	if (fields & FIELD_BIT(FIELD_USER_MS) && fields & FIELD_BIT(FIELD_SYSTEM_MS))
		fields |= FIELD_BIT(FIELD_TOTAL_MS);
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

static void join_settle(struct join *j, struct rows *rows, uint32_t tgid, const char *comm,
			const uint64_t *value, const uint64_t *base)
{
	struct proc_row *row = rows_find(rows, tgid);

	if (row)
		keep(j, rows_state(rows, row), value, base);
	else
		keep_orphan(j, rows, tgid, comm, value, base);
}

/* What one process, or several that had its number one after the other, counted until it ended. Of
 * several nobody can tell the parts. False: it has no row yet. */
static bool give_ended(struct join *j, struct rows *rows, uint32_t tgid, const uint64_t *value)
{
	struct proc_row *row = rows_find_ended(rows, tgid);

	if (!row)
		return false;
	if (rows_count_ended(rows, tgid) < 2) {
		keep(j, rows_state(rows, row), value, NULL);
		return true;
	}
	j->unattributed += join_count_calls(j, value, NULL);
	for (; row < rows->row + rows->n && row->pid == tgid; row++)
		if (!rows_seen(rows, rows_state(rows, row)))
			rows_state(rows, row)->mixed = 1;
	return true;
}

/* All that was taken is of processes that had ended then. */
static void settle_ended(struct join *j, struct rows *rows, uint32_t tgid, const uint64_t *value)
{
	if (!give_ended(j, rows, tgid, value))
		keep_orphan(j, rows, tgid, NULL, value, NULL);
}

void join_orphans(struct join *j, struct rows *rows, bool told)
{
	for (size_t i = 0; i < j->norphans; i++) {
		const struct orphan *o = &j->orphans[i];

		if ((!told || rows->boot_ns - o->since_ns >= ROWS_WAIT_NS) &&
		    !rows_ended_known(rows, o->tgid))
			rows_nameless(rows, o->tgid, o->comm);
	}
}

/* Those that have a row by now. */
static void adopt(struct join *j, struct rows *rows)
{
	size_t to = 0;

	for (size_t i = 0; i < j->norphans; i++) {
		const struct orphan *o = &j->orphans[i];
		if (!give_ended(j, rows, o->tgid, o->value))
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
		settle_ended(j, rows, (uint32_t)counter_table_row(taken, i)->key, value);
	}
}

uint64_t join_zero(const struct join *j)
{
	uint64_t zero = 0;

	for (size_t i = 0; i < j->nfields; i++)
		zero |= j->field[i]->adds ? FIELD_BIT(j->field[i]->to) : 0;
	if (zero & FIELD_BIT(FIELD_USER_MS) && zero & FIELD_BIT(FIELD_SYSTEM_MS))
		zero |= FIELD_BIT(FIELD_TOTAL_MS);
	return zero;
}

static bool wake(struct join *j, struct proc_row *row)
{
	if (!row_wake(row))
		return true;
	j->no_memory = true;
	return false;
}

static bool any_of(const struct join *j, const uint64_t *value)
{
	for (size_t i = 0; value && i < j->nfields; i++)
		if (value[i])
			return true;
	return false;
}

/* Without calls since the start a monitor knows no latest value, and the row stays quiet. */
static void join_show(struct join *j, struct proc_row *row, const struct row_state *s,
		      const uint64_t *now)
{
	if (!row->v && ((!any_of(j, now) && !any_of(j, s->kept)) || !wake(j, row)))
		return;
	for (size_t i = 0; i < j->nfields; i++) {
		const struct counter *c = j->field[i];
		uint64_t value = (s->kept ? s->kept[i] : 0) + (now ? now[i] : 0);

		row->v[c->to] = c->adds || value ? (double)value * c->scale : NAN;
	}
}

/* Who did not come with those that were asked: what it counted is not known, which is not 0. */
static void show_unknown(struct join *j, struct proc_row *row)
{
	if (!wake(j, row))
		return;
	for (size_t i = 0; i < j->nfields; i++)
		row->v[j->field[i]->to] = NAN;
}

static void show_total(const struct join *j, struct rows *rows)
{
	if (!(join_fields(j) & FIELD_BIT(FIELD_TOTAL_MS)))
		return;
	for (size_t i = 0; i < rows->n; i++) {
		double *v = rows->row[i].v;

		if (v)
			v[FIELD_TOTAL_MS] = v[FIELD_USER_MS] + v[FIELD_SYSTEM_MS];
	}
}

/* Of a 32-bit program one that knows its numbers has counted something. */
static bool counted_anything(const struct join *j, const struct proc_row *row)
{
	for (size_t i = 0; row->v && i < j->nfields; i++)
		if (row->v[j->field[i]->to] > 0)
			return true;
	return false;
}

/* What it counted cannot be told from others', or was not seen. */
static void hide_unknown(struct join *j, struct proc_row *row, const struct row_state *s)
{
	if (s->mixed || (s->compat && (j->wide_only || !counted_anything(j, row))))
		show_unknown(j, row);
}

/* Those that it has counted alive, as its monitor told last. A quiet row has counted none. */
static void set_calls(struct proc_row *row, uint64_t calls)
{
	if (row->v)
		row->v[ROW_CALLS] = (double)calls;
}

/* Keys are processes that live, or were gone when they were read and will be taken. Who has not run
 * since the pass before may not be among them, and shows what it did. */
static void join_leaves(struct join *j, struct rows *rows, const struct counter_table *table)
{
	uint64_t value[ROW_COUNTERS];
	size_t at = 0;

	j->calls_now = 0;
	if (!j->nfields)
		return;
	for (size_t i = 0; i < rows->n; i++) {
		struct row_state *s = &rows->state[i];
		struct proc_row *row = &rows->row[i];
		bool known = !row->v || !isnan(row->v[j->field[0]->to]);
		/* What it has counted until its end is the last that comes of it. */
		bool stays = row->told.same && known && !s->kept;
		bool seen = rows_seen(rows, s);

		while (at < table->n && counter_table_row(table, at)->key < row->pid) {
			join_read_values(j, counter_table_row(table, at++), value);
			j->calls_now += join_count_calls(j, value, NULL);
		}
		if (!stays)
			set_calls(row, 0);
		if (at < table->n && counter_table_row(table, at)->key == row->pid && seen) {
			join_read_values(j, counter_table_row(table, at++), value);
			join_show(j, row, s, value);
			set_calls(row, join_count_calls(j, value, NULL));
		} else if (s->unlisted) {
			show_unknown(j, row);
		} else if (!stays && (seen || s->kept || !known)) {
			join_show(j, row, s, NULL);
		}
		hide_unknown(j, row, s);
		j->calls_now += row->v ? (uint64_t)row->v[ROW_CALLS] : 0;
	}
	for (; at < table->n; at++) {
		join_read_values(j, counter_table_row(table, at), value);
		j->calls_now += join_count_calls(j, value, NULL);
	}
}

/* --- keys that stay --- */

static int by_tid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

_Static_assert(offsetof(struct learned, tid) == 0 && offsetof(struct alive, tid) == 0,
	       "by_tid() reads it there");

/* Sorted, each thread once. */
static void tidy_learned(struct join *j)
{
	size_t to = 0;

	if (!j->nlearned)
		return;
	qsort(j->learned, j->nlearned, sizeof(*j->learned), by_tid);
	for (size_t i = 0; i < j->nlearned; i++)
		if (!to || j->learned[to - 1].tid != j->learned[i].tid)
			j->learned[to++] = j->learned[i];
	j->nlearned = to;
}

void join_learn(struct join *j, uint32_t tid, uint32_t tgid, const char *comm)
{
	struct learned *to;

	if (j->kind == JOIN_LEAVES)
		return;
	/* Records of one thread come in runs, and a flood of them is of few threads. */
	for (size_t i = j->nlearned; i && i + 8 > j->nlearned; i--)
		if (j->learned[i - 1].tid == tid && j->learned[i - 1].tgid == tgid)
			return;
	if (j->nlearned == j->learned_cap) {
		tidy_learned(j);
		/* Half of it empty, or it would be sorted again for every record. */
		to = 2 * j->nlearned < j->learned_cap
			     ? j->learned
			     : room_for_one(j->learned, j->learned_cap, &j->learned_cap,
					    sizeof(*to), JOIN_PART, &j->no_memory);
		if (!to)
			return;
		j->learned = to;
	}
	to = &j->learned[j->nlearned++];
	*to = (struct learned){.tid = tid, .tgid = tgid};
	memcpy(to->comm, comm, strnlen(comm, sizeof(to->comm) - 1));
}

void join_begin(struct join *j)
{
	j->nalive = 0;
	tidy_learned(j);
}

void join_thread(struct join *j, const struct task_thread *t)
{
	struct alive *to;

	if (j->kind == JOIN_LEAVES || (!j->threads && t->pid != t->tgid))
		return;
	to = ROOM(j, alive);
	if (!to)
		return;
	j->alive = to;
	j->alive[j->nalive++] = (struct alive){t->pid, t->tgid, t->start_ns};
}

static const struct learned *find_learned(const struct join *j, uint32_t tid)
{
	return j->nlearned ? bsearch(&tid, j->learned, j->nlearned, sizeof(*j->learned), by_tid)
			   : NULL;
}

static void copy_values(const struct join *j, uint64_t *to, const uint64_t *from)
{
	memcpy(to, from, j->nfields * sizeof(*to));
}

/* The key is a living task's. */
static void key_lives(struct join *j, struct rows *rows, struct key *k, const struct alive *a,
		      const uint64_t *value)
{
	if (k->start_ns && k->start_ns != a->start_ns) {
		join_settle(j, rows, k->tgid, k->comm, k->last, k->base);
		copy_values(j, k->base, k->last);
	}
	k->start_ns = a->start_ns ? a->start_ns : 1;
	k->tgid = a->tgid;
	copy_values(j, k->last, value);
}

/* The key is nobody's: of a task that has ended, or began after the tasks were read. False: it is
 * done with. */
static bool key_is_alone(struct join *j, struct rows *rows, struct key *k, const uint64_t *value)
{
	const struct learned *l = k->tgid ? NULL : find_learned(j, k->id);

	if (l) {
		k->tgid = l->tgid;
		memcpy(k->comm, l->comm, sizeof(k->comm));
	}
	copy_values(j, k->last, value);
	if (!k->start_ns && !k->waited) {
		k->waited = true;
		return true;
	}
	if (!k->tgid && rows_find(rows, k->id))
		k->tgid = k->id;
	if (k->tgid)
		join_settle(j, rows, k->tgid, k->comm, value, k->base);
	else
		j->unattributed += join_count_calls(j, value, k->base);
	j->calls_gone += join_count_calls(j, value, NULL);
	if (j->forget)
		j->forget(j->arg, k->id);
	return false;
}

/* The key has left the table: somebody else deletes there. */
static void key_left(struct join *j, struct rows *rows, const struct key *k)
{
	j->calls_gone += join_count_calls(j, k->last, NULL);
	if (k->tgid)
		join_settle(j, rows, k->tgid, k->comm, k->last, k->base);
	else
		j->unattributed += join_count_calls(j, k->last, k->base);
}

static void walk_keys(struct join *j, struct rows *rows, const struct counter_table *table)
{
	size_t old = 0, at = 0, n = 0;
	uint64_t value[ROW_COUNTERS];

	for (size_t i = 0; i < table->n; i++) {
		struct key k = {.id = (uint32_t)counter_table_row(table, i)->key};
		bool stays = true;

		if (!k.id) /* the idle tasks of all CPUs */
			continue;
		while (old < j->nkeys && j->keys[old].id < k.id)
			key_left(j, rows, &j->keys[old++]);
		if (old < j->nkeys && j->keys[old].id == k.id)
			k = j->keys[old++];
		while (at < j->nalive && j->alive[at].tid < k.id)
			at++;
		join_read_values(j, counter_table_row(table, i), value);
		if (at < j->nalive && j->alive[at].tid == k.id)
			key_lives(j, rows, &k, &j->alive[at], value);
		else
			stays = key_is_alone(j, rows, &k, value);
		if (stays)
			j->next_keys[n++] = k;
	}
	while (old < j->nkeys)
		key_left(j, rows, &j->keys[old++]);
	j->nkeys = n;
}

static void swap_keys(struct join *j)
{
	struct key *keys = j->keys;
	size_t cap = j->keys_cap;

	j->keys = j->next_keys;
	j->keys_cap = j->next_cap;
	j->next_keys = keys;
	j->next_cap = cap;
}

static void add_to_row(struct join *j, struct proc_row *row, const struct key *k)
{
	uint64_t value[ROW_COUNTERS];

	for (size_t i = 0; i < j->nfields; i++)
		value[i] = k->last[i] - k->base[i];
	if (!row->v && (!any_of(j, value) || !wake(j, row)))
		return;
	for (size_t i = 0; i < j->nfields; i++)
		row->v[j->field[i]->to] += (double)value[i] * j->field[i]->scale;
}

static void join_stays(struct join *j, struct rows *rows, const struct counter_table *table)
{
	if (j->next_cap < table->n) {
		struct key *to = reallocarray(j->next_keys, table->n, sizeof(*to));

		if (!to) {
			j->no_memory = true;
			return;
		}
		j->next_keys = to;
		j->next_cap = table->n;
	}
	walk_keys(j, rows, table);
	swap_keys(j);
	for (size_t i = 0; i < rows->n; i++)
		join_show(j, &rows->row[i], &rows->state[i], NULL);
	j->calls_now = 0;
	for (size_t i = 0; i < j->nkeys; i++) {
		const struct key *k = &j->keys[i];
		struct proc_row *row = k->start_ns ? rows_find(rows, k->tgid) : NULL;

		j->calls_now += join_count_calls(j, k->last, NULL);
		if (row)
			add_to_row(j, row, k);
	}
	for (size_t i = 0; i < rows->n; i++)
		hide_unknown(j, &rows->row[i], &rows->state[i]);
	j->nlearned = 0;
}

/* --- a frame --- */

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
