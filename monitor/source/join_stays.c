/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables whose keys stay: whose each key is, what it counted before, when it is done with. */
#include "lib/base.h"
#include "monitor/source/join_private.h"

#include <stdlib.h>
#include <string.h>

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

void join_stays(struct join *j, struct rows *rows, const struct counter_table *table)
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
		for (size_t f = 0; row && f < j->nfields; f++)
			row->v[j->field[f]->to] +=
				(double)(k->last[f] - k->base[f]) * j->field[f]->scale;
	}
	j->nlearned = 0;
}
