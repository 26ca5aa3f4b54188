/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What join.c and join_stays.c share: the state, and what both do with a key's counters. */
#ifndef MONITOR_SOURCE_JOIN_PRIVATE_H
#define MONITOR_SOURCE_JOIN_PRIVATE_H

#include "monitor/source/join.h"
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

static inline void join_read_values(const struct join *j, const struct counter_row *row,
				    uint64_t *value)
{
	for (size_t i = 0; i < j->nfields; i++)
		value[i] = row->value[j->field[i]->from];
}

/* Those in @value since @base; NULL: since the start. */
static inline uint64_t join_count_calls(const struct join *j, const uint64_t *value,
					const uint64_t *base)
{
	uint64_t n = 0;

	for (size_t i = 0; i < j->nfields; i++)
		if (j->field[i]->call)
			n += value[i] - (base ? base[i] : 0);
	return n;
}

/* What an ended thread of @tgid counted from @base on (NULL: all of @value) goes to its row, or
 * waits for one. */
void join_settle(struct join *j, struct rows *rows, uint32_t tgid, const char *comm,
		 const uint64_t *value, const uint64_t *base);
/* What the ended left with @s and what @now (NULL: nothing) says, into @row. */
void join_show(const struct join *j, struct proc_row *row, const struct row_state *s,
	       const uint64_t *now);
/* join_table() of JOIN_STAYS (join_stays.c). */
void join_stays(struct join *j, struct rows *rows, const struct counter_table *table);

#endif
