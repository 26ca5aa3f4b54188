/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Groups of processes over many frames. The rows of a frame and what the frame before had counted
 * of them are walked side by side (both stand by number and start); the differences go to the
 * machine's total and to the process's group, or to the rest. Then the groups of this frame are put
 * in order, and it is decided who has a place. The first half of the places is the largest groups';
 * who has a place keeps it while it is not far below the cut, also without any process, as long as
 * nobody else wants it. A name that was never there takes a token, of which there are few: names
 * that are made up anew all the time (a number in each) stay in the rest.
 */
#include "lib/base.h"
#include "monitor/sink/groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/view/column.h"
#include "lib/fnv.h"
#include "lib/lesser.h"

static const enum field counters[] = {
	FIELD_MMAP,	  FIELD_MUNMAP,	      FIELD_BRK,     FIELD_MREMAP,    FIELD_FAILED,
	FIELD_MMAP_BYTES, FIELD_MUNMAP_BYTES, FIELD_USER_MS, FIELD_SYSTEM_MS, FIELD_SWITCHES,
};

struct counted {
	uint32_t pid;
	uint64_t start_ns;
	double v[ARRAY_SIZE(counters)]; /* NAN: not known */
};

/* The groups of one frame, and a hash table of them. */
struct crowd {
	struct group *group; /* @n */
	size_t n;
	uint32_t *of_row; /* group of each row; UINT32_MAX: none */
	uint32_t *slot;	  /* place + 1 */
	size_t slots;	  /* a power of two */
};

bool groups_counter(enum field f)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (counters[i] == f)
			return true;
	return false;
}

static void add(double *to, double v)
{
	if (!isnan(v))
		*to = (isnan(*to) ? 0 : *to) + v;
}

/* As the label will have it: two that look the same there are one. */
static const char *group_name(enum group_by by, const struct proc_row *row, struct strbuf *text)
{
	strbuf_reset(text);
	column_text(group_of(by, row), -1, text);
	/* That name is taken. */
	if (!strcmp(text->s, GROUPS_REST))
		text->s[0] = '?';
	return text->s;
}

static void clear(struct group *g)
{
	*g = (struct group){.score = 0};
	for (size_t k = 0; k < FIELD_COUNT; k++)
		g->v[k] = NAN;
}

static uint32_t *find_slot(const struct crowd *c, const char *name)
{
	size_t at = fnv_text(name) & (c->slots - 1);

	while (c->slot[at] && strcmp(c->group[c->slot[at] - 1].name, name) != 0)
		at = (at + 1) & (c->slots - 1);
	return &c->slot[at];
}

/* NULL: no memory. */
static struct group *crowd_group(struct crowd *c, const char *name)
{
	uint32_t *slot = find_slot(c, name);

	if (!*slot) {
		clear(&c->group[c->n]);
		c->group[c->n].name = strdup(name);
		if (!c->group[c->n].name)
			return NULL;
		*slot = (uint32_t)++c->n;
	}
	return &c->group[*slot - 1];
}

static void crowd_release(struct crowd *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->group[i].name);
	free(c->group);
	free(c->of_row);
	free(c->slot);
}

static int crowd_new(struct crowd *c, size_t rows)
{
	*c = (struct crowd){.slots = 64};
	while (c->slots < 2 * (rows + GROUPS_MAX))
		c->slots *= 2;
	c->group = calloc(rows + GROUPS_MAX, sizeof(*c->group));
	c->of_row = malloc((rows + 1) * sizeof(*c->of_row));
	c->slot = calloc(c->slots, sizeof(*c->slot));
	return c->group && c->of_row && c->slot ? 0 : -ENOMEM;
}

/* What is now, of those that live. What processes share is counted once, as the most that one of
 * them has. What lacks a part is infinite, and has no sample. */
static void add_gauges(struct group *g, const struct proc_row *row)
{
	double room[FIELD_COUNT], again_kb = 0, shared_kb;
	const double *v = row_values(row, room);

	if (row->flags & ROW_ENDED)
		return;
	g->processes++;
	shared_kb = v[FIELD_SHARED];
	if (!isnan(shared_kb) && !isnan(v[FIELD_RSS])) {
		again_kb = lesser(g->shared_kb, shared_kb);
		g->shared_kb = greater(g->shared_kb, shared_kb);
	}
	for (size_t k = 0; k < FIELD_COUNT; k++)
		if (!groups_counter((enum field)k))
			g->v[k] = sum_add((enum field)k, g->v[k],
					  sum_part(row, (enum field)k, v[k]) -
						  (k == FIELD_RSS ? again_kb : 0));
}

static void set_score(struct group *g, enum tool tool)
{
	double score = tool == TOOL_CPUMON ? g->v[FIELD_TOT] : g->v[FIELD_RSS];

	g->score = isnan(score) ? 0 : score;
}

static int make_crowd(struct crowd *c, const struct groups *g, const struct frame *f,
		      const struct view *v)
{
	struct strbuf name = STRBUF_INIT;
	struct group *to = c->group;

	for (size_t i = 0; i < f->n; i++)
		c->of_row[i] = UINT32_MAX;
	for (size_t i = 0; to && i < v->n; i++) {
		const struct proc_row *row = &f->rows[v->lines[i].row];

		if (v->lines[i].context)
			continue;
		to = crowd_group(c, group_name(g->by, row, &name));
		if (!to)
			break;
		add_gauges(to, row);
		c->of_row[v->lines[i].row] = (uint32_t)(to - c->group);
	}
	/* Who is served is there, also without any process. */
	for (size_t i = 0; to && i < g->n - g->rest; i++) {
		to = crowd_group(c, g->served[i].name);
		if (!to)
			break;
		to->served = true;
		for (size_t k = 0; k < ARRAY_SIZE(counters); k++)
			to->v[counters[k]] = g->served[i].v[counters[k]];
	}
	for (size_t i = 0; i < c->n; i++)
		set_score(&c->group[i], f->tool);
	strbuf_release(&name);
	return to ? 0 : -ENOMEM;
}

static int by_score(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a,
			   *y = *(const struct group *const *)b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	if (x->served != y->served)
		return x->served ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* A place in the next list for each that has one: @taken[place] of the order. */
static size_t choose(struct groups *g, struct group **order, size_t n, size_t places, bool *taken)
{
	const size_t last[] = {places / 2, places * 3 / 2, n};
	size_t chosen = 0;

	g->waiting = 0;
	for (size_t pass = 0; pass < ARRAY_SIZE(last); pass++)
		for (size_t i = 0; i < MIN(n, last[pass]) && chosen < places; i++) {
			if (taken[i] || (pass == 1 && !order[i]->served))
				continue;
			if (!order[i]->served && g->tokens < 1) {
				/* Once: those of the first pass come again in the last, if it is
				 * not over before them. */
				g->waiting += pass == 0 || i >= last[0];
				continue;
			}
			g->tokens -= !order[i]->served;
			taken[i] = true;
			chosen++;
		}
	return chosen;
}

static void refill(struct groups *g, uint64_t mono_ns)
{
	double s = mono_ns > g->mono_ns ? (double)(mono_ns - g->mono_ns) / NSEC_PER_SEC : 0;

	g->tokens =
		g->begun ? lesser(g->tokens + s / GROUPS_EVERY_S, GROUPS_AT_ONCE) : GROUPS_AT_ONCE;
	g->mono_ns = mono_ns;
}

/* Counters of @to since the frame before; of a process that was not there: since it began. */
static void add_counted(double *to, const struct counted *now, const struct counted *before)
{
	for (size_t k = 0; k < ARRAY_SIZE(counters); k++) {
		double base = before && !isnan(before->v[k]) ? before->v[k] : 0;

		if (!isnan(now->v[k]))
			add(&to[counters[k]], now->v[k] - base);
	}
}

static bool is_before(const struct counted *a, const struct counted *b)
{
	return a->pid != b->pid ? a->pid < b->pid : a->start_ns < b->start_ns;
}

/* What each row has counted; a figure that falls, or is not known for once, stays where it was. */
static void count(struct groups *g, const struct frame *f, const struct crowd *c,
		  struct group *const *to, struct counted *now)
{
	size_t at = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct counted *was = NULL;
		uint32_t group = c->of_row[i];

		now[i].pid = f->rows[i].pid;
		now[i].start_ns = f->rows[i].start_ns;
		while (at < g->nbefore && is_before(&g->before[at], &now[i]))
			at++;
		if (at < g->nbefore && !is_before(&now[i], &g->before[at]))
			was = &g->before[at];
		for (size_t k = 0; k < ARRAY_SIZE(counters); k++) {
			now[i].v[k] = row_value(&f->rows[i], counters[k]);
			if (was && !(now[i].v[k] >= was->v[k]) && !isnan(was->v[k]))
				now[i].v[k] = was->v[k];
		}
		add_counted(g->total, &now[i], was);
		if (group != UINT32_MAX)
			add_counted(to[group]->v, &now[i], was);
		g->ended += (f->rows[i].flags & ROW_ENDED) != 0;
	}
}

/* The rest's counters go on; its gauges are those of all who have no place. */
static void add_rest(struct group *rest, const struct group *g)
{
	double less = lesser(rest->shared_kb, g->shared_kb);

	rest->processes += g->processes;
	for (size_t k = 0; k < FIELD_COUNT; k++)
		if (!groups_counter((enum field)k))
			rest->v[k] = sum_add((enum field)k, rest->v[k], g->v[k]);
	if (!isnan(rest->v[FIELD_RSS]))
		rest->v[FIELD_RSS] -= less;
	rest->shared_kb = greater(rest->shared_kb, g->shared_kb);
}

/* Of nobody the sum is 0; a trend, and what is an extreme, is not known. */
static void fill(struct group *g, const struct frame *f)
{
	for (size_t k = 0; k < FIELD_COUNT; k++) {
		bool made = field_made_of((enum field)k) != (enum field)k;

		if (!g->processes && !made && sum_adds((enum field)k) && isnan(g->v[k]) &&
		    f->fields & FIELD_BIT(k))
			g->v[k] = 0;
	}
}

/* The next list takes the names. */
static void replace(struct groups *g, struct group **order, size_t n, const bool *taken)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->served[i].name);
	g->n = 0;
	for (size_t i = 0; i < n; i++)
		if (taken[i]) {
			g->served[g->n++] = *order[i];
			order[i]->name = NULL;
		}
}

/* What of the crowd has a place, and the figures that come of it. */
static void settle(struct groups *g, const struct frame *f, struct crowd *c, struct group **order,
		   struct group **to, bool *taken, struct counted *now)
{
	bool has_rest = g->rest || c->n > GROUPS_MAX;
	struct group rest;

	for (size_t i = 0; i < c->n; i++)
		order[i] = &c->group[i];
	qsort(order, c->n, sizeof(struct group *), by_score);
	refill(g, f->mono_ns);
	has_rest |= choose(g, order, c->n, (size_t)(GROUPS_MAX - has_rest), taken) < c->n;
	clear(&rest);
	for (size_t k = 0; k < FIELD_COUNT; k++) {
		if (g->rest && groups_counter((enum field)k))
			rest.v[k] = g->served[g->n - 1].v[k];
		if (!g->begun)
			g->total[k] = NAN;
	}
	for (size_t i = 0; i < c->n; i++) {
		to[order[i] - c->group] = taken[i] ? order[i] : &rest;
		if (!taken[i])
			add_rest(&rest, order[i]);
	}
	count(g, f, c, to, now);
	for (size_t i = 0; i < c->n; i++)
		fill(order[i], f);
	fill(&rest, f);
	replace(g, order, c->n, taken);
	if (has_rest)
		g->served[g->n++] = rest;
	g->rest = has_rest;
	g->known = c->n;
	g->begun = true;
}

int groups_take(struct groups *g, const struct frame *f, const struct view *v)
{
	struct group **order = NULL, **to = NULL;
	struct counted *now = NULL;
	struct crowd c = {.n = 0};
	bool *taken = NULL;
	int err = crowd_new(&c, f->n);

	err = err ? err : make_crowd(&c, g, f, v);
	if (err)
		goto out;
	order = calloc(c.n + 1, sizeof(struct group *));
	to = calloc(c.n + 1, sizeof(struct group *));
	taken = calloc(c.n + 1, sizeof(*taken));
	now = calloc(f->n + 1, sizeof(*now));
	err = order && to && taken && now ? 0 : -ENOMEM;
	if (err)
		goto out;
	settle(g, f, &c, order, to, taken, now);
	free(g->before);
	g->before = now;
	g->nbefore = f->n;
	now = NULL;
out:
	crowd_release(&c);
	free(order);
	free(to);
	free(taken);
	free(now);
	return err;
}

void groups_release(struct groups *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->served[i].name);
	free(g->before);
	*g = (struct groups){.by = g->by};
}
