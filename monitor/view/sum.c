/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows find their group by a hash table of what they have in common; a first walk makes the groups,
 * these are put in the order of their hashes, and a second walk sums up. */
#include "lib/base.h"
#include "monitor/view/sum.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"
#include "monitor/view/trend.h"
#include "lib/fnv.h"
#include "lib/lesser.h"

enum sum_kind { SUM_ADD, SUM_MAX, SUM_MIN, SUM_WHOLE };

/* What does not add up takes the extreme. Slopes of lines add up, and so do, on the safe side, the
 * ends of their intervals. */
static const enum sum_kind kinds[FIELD_COUNT] = {
	[FIELD_AGE] = SUM_MAX,	    [FIELD_TREND_WINDOW] = SUM_MIN, [FIELD_TOUCHED] = SUM_MAX,
	[FIELD_LIMIT] = SUM_MIN,    [FIELD_ROOM] = SUM_MIN,	    [FIELD_LEFT] = SUM_MIN,
	[FIELD_LEFT_LOW] = SUM_MIN, [FIELD_LEFT_HIGH] = SUM_MIN,    [FIELD_PSS] = SUM_WHOLE,
	[FIELD_USS] = SUM_WHOLE,    [FIELD_LAZY] = SUM_WHOLE,
};

/* Infinite is what makes a sum unknown, whatever else comes. */
double sum_part(const struct proc_row *row, enum field f, double value)
{
	if (f == FIELD_FAULTS && isnan(value))
		return row_has_memory(row) ? INFINITY : NAN;
	if (kinds[f] == SUM_WHOLE && isnan(value))
		return row_has_memory(row) && !(row->flags & ROW_SHARED_NOW) ? INFINITY : NAN;
	return value;
}

double sum_add(enum field f, double a, double b)
{
	if (isnan(b))
		return a;
	if (isnan(a))
		return b;
	return kinds[f] == SUM_MAX ? greater(a, b) : kinds[f] == SUM_MIN ? lesser(a, b) : a + b;
}

bool sum_adds(enum field f)
{
	return kinds[f] != SUM_MAX && kinds[f] != SUM_MIN;
}

double sum_done(double sum)
{
	return isfinite(sum) ? sum : NAN;
}

void sum_flags(struct proc_row *to, const struct proc_row *part)
{
	if (!(part->flags & (ROW_EXACT | ROW_KERNEL)))
		to->flags &= (uint8_t)~ROW_EXACT;
	if (row_has_memory(part) && !(part->flags & ROW_SHARED_NOW))
		to->flags &= (uint8_t)~ROW_SHARED_NOW;
	to->flags |= part->flags & ROW_SKIPPED;
}

/* --- groups --- */

const char *const group_by_names[GROUP_BYS] = {
	[GROUP_BY_NOTHING] = "none",
	[GROUP_BY_NAME] = "name",
	[GROUP_BY_USER] = "user",
	[GROUP_BY_CGROUP] = "cgroup",
};

unsigned int group_reads(enum group_by by)
{
	return by == GROUP_BY_CGROUP ? 1U << TEXT_CGROUP : 0;
}

const char *group_of(enum group_by by, const struct proc_row *row)
{
	if (by == GROUP_BY_USER)
		return column_user(row->uid);
	if (by == GROUP_BY_CGROUP)
		return row_text(row, TEXT_CGROUP) ? row_text(row, TEXT_CGROUP) : "-";
	return row->name;
}

static int reserve(struct grouping *g, size_t n)
{
	size_t slots = 64;
	uint32_t *of_row, *slot;

	if (n <= g->rows_cap)
		return 0;
	n += n / 4;
	while (slots < 2 * n)
		slots *= 2;
	of_row = reallocarray(g->of_row, n, sizeof(*of_row));
	if (of_row)
		g->of_row = of_row;
	slot = reallocarray(g->slot, slots, sizeof(*slot));
	if (slot)
		g->slot = slot;
	if (!of_row || !slot)
		return -ENOMEM;
	g->rows_cap = n;
	g->slots = slots;
	return 0;
}

/* The first member; NULL: no memory. */
static struct proc_row *new_group(struct grouping *g, const struct proc_row *row, const char *name,
				  uint64_t hash)
{
	struct proc_row *to = g->group;

	if (g->frame.n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 64;

		double(*v)[FIELD_COUNT] = reallocarray(g->v, cap, sizeof(*v));
		const char *(*text)[TEXT_COUNT] = reallocarray(g->text, cap, sizeof(*text));

		if (v)
			g->v = v;
		if (text)
			g->text = text;
		to = reallocarray(to, cap, sizeof(*to));
		if (to)
			g->group = to;
		if (!v || !text || !to)
			return NULL;
		g->cap = cap;
		for (size_t i = 0; i < g->frame.n; i++) {
			to[i].v = v[i];
			to[i].text = text[i];
		}
	}
	to += g->frame.n;
	*to = *row;
	to->text = g->text[g->frame.n];
	for (size_t k = 0; k < TEXT_COUNT; k++)
		to->text[k] = row_text(row, k);
	to->v = g->v[g->frame.n++];
	to->pid = to->ppid = ROW_UNKNOWN;
	to->start_ns = hash;
	to->group = name;
	to->told = (struct row_told){0}; /* of the first alone */
	to->sizes = NULL;
	to->state = '-';
	to->flags = ROW_GROUP | ROW_EXACT | ROW_SHARED_NOW | ROW_ENDED | ROW_KERNEL;
	to->verdict = VERDICT_TOO_EARLY;
	for (size_t k = 0; k < FIELD_COUNT; k++)
		to->v[k] = NAN;
	return to;
}

static int find_groups(struct grouping *g, const struct frame *f, enum group_by by,
		       sum_member_fn member, void *arg)
{
	memset(g->slot, 0, g->slots * sizeof(*g->slot));
	for (size_t i = 0; i < f->n; i++) {
		const char *name;
		uint64_t hash;
		size_t at;

		g->of_row[i] = UINT32_MAX;
		if (member && !member(arg, &f->rows[i]))
			continue;
		name = group_of(by, &f->rows[i]);
		hash = fnv_text(name);
		at = hash & (g->slots - 1);
		while (g->slot[at] && strcmp(g->group[g->slot[at] - 1].group, name) != 0)
			at = (at + 1) & (g->slots - 1);
		if (!g->slot[at] && !new_group(g, &f->rows[i], name, hash))
			return -ENOMEM;
		if (!g->slot[at])
			g->slot[at] = (uint32_t)g->frame.n;
		g->of_row[i] = g->slot[at] - 1;
	}
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	const struct proc_row *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return strcmp(x->group, y->group);
}

/* The groups stand in their order from now on: @of_row follows. Their places before are told by
 * ppid, which is not used. */
static void put_in_order(struct grouping *g, size_t rows)
{
	for (size_t i = 0; i < g->frame.n; i++)
		g->group[i].ppid = (uint32_t)i;
	qsort(g->group, g->frame.n, sizeof(*g->group), by_hash);
	for (size_t i = 0; i < g->frame.n; i++) {
		g->slot[g->group[i].ppid] = (uint32_t)i;
		g->group[i].ppid = ROW_UNKNOWN;
	}
	for (size_t i = 0; i < rows; i++)
		if (g->of_row[i] != UINT32_MAX)
			g->of_row[i] = g->slot[g->of_row[i]];
}

static void add_member(struct proc_row *to, const struct proc_row *row, enum group_by by)
{
	double room[FIELD_COUNT];
	const double *v = row_values(row, room);

	for (size_t k = 0; k < FIELD_COUNT; k++)
		to->v[k] = sum_add((enum field)k, to->v[k], sum_part(row, (enum field)k, v[k]));
	sum_flags(to, row);
	to->flags &= row->flags | (uint8_t) ~(ROW_ENDED | ROW_KERNEL);
	to->flags |= row->flags & (ROW_HIDDEN | ROW_COLLECTED);
	if (verdict_rank(row->verdict) > verdict_rank(to->verdict))
		to->verdict = row->verdict;
	if (to->uid != row->uid)
		to->uid = ROW_UNKNOWN;
	for (size_t k = 0; k < TEXT_COUNT; k++) {
		const char *text = row_text(row, k);

		if (to->text[k] != text &&
		    (!to->text[k] || !text || strcmp(to->text[k], text) != 0))
			to->text[k] = NULL;
	}
	if (by != GROUP_BY_NAME && strcmp(to->name, row->name) != 0)
		to->name[0] = '\0';
}

int grouping_make(struct grouping *g, const struct frame *f, enum group_by by, sum_member_fn member,
		  void *arg)
{
	int err = reserve(g, f->n);

	g->by = by;
	g->frame = *f;
	g->frame.n = g->frame.nevents = 0;
	err = err ? err : find_groups(g, f, by, member, arg);
	if (err) {
		g->frame.n = 0;
		return err;
	}
	put_in_order(g, f->n);
	for (size_t i = 0; i < f->n; i++)
		if (g->of_row[i] != UINT32_MAX)
			add_member(&g->group[g->of_row[i]], &f->rows[i], by);
	for (size_t i = 0; i < g->frame.n; i++)
		for (size_t k = 0; k < FIELD_COUNT; k++)
			g->group[i].v[k] = sum_done(g->group[i].v[k]);
	g->frame.rows = g->group;
	return 0;
}

void grouping_release(struct grouping *g)
{
	free(g->group);
	free(g->v);
	free(g->text);
	free(g->of_row);
	free(g->slot);
	*g = (struct grouping){.cap = 0};
}
