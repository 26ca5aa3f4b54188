/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Links rows to their parents without recursion: trees may be deep, and recordings may be wrong. */
#include "lib/base.h"
#include "monitor/view/view_tree.h"

#include <string.h>

/*
 * What does not add up takes the extreme. Memory shared between processes is counted once for each
 * of them, as every tool that sums RSS does. A sum of peaks is an upper bound: they need not have
 * been at one time; a maximum would stand below the sum of RSS beside it. Slopes of lines add up,
 * and so do, on the safe side, the ends of their intervals.
 */
const enum tree_sum tree_sums[FIELD_COUNT] = {
	[FIELD_AGE] = TREE_MAX,
	[FIELD_TREND_WINDOW] = TREE_MIN,
};

double tree_add(enum tree_sum kind, double sum, double value)
{
	if (isnan(value))
		return sum;
	if (isnan(sum))
		return value;
	return kind == TREE_ADD	  ? sum + value
	       : kind == TREE_MAX ? fmax(sum, value)
				  : fmin(sum, value);
}

size_t tree_bytes(size_t n)
{
	return n * (sizeof(struct pick) + sizeof(double) + 1) + 5 * (n + 1) * sizeof(uint32_t);
}

void tree_place(struct tree *t, void *block, size_t n)
{
	t->picks = block;
	t->value = (double *)(t->picks + n);
	t->parent = (uint32_t *)(t->value + n);
	t->first = t->parent + n + 1;
	t->next = t->first + n + 1;
	t->owner = t->next + n + 1;
	t->order = t->owner + n + 1;
	t->flags = (uint8_t *)(t->order + n + 1);
}

uint32_t tree_find_pid(const uint32_t *pids, size_t n, uint32_t pid)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (pids[mid] < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && pids[low] == pid ? (uint32_t)low : TREE_NONE;
}

static void find_parents(struct tree *t, const struct frame *f)
{
	/* They stand close together here: a search in the rows themselves would miss the cache at
	 * every step. */
	uint32_t n = (uint32_t)f->n, *pids = t->order;

	for (uint32_t i = 0; i < n; i++)
		pids[i] = f->rows[i].pid;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t p = i && f->rows[i].ppid == f->rows[i - 1].ppid
				     ? t->first[i - 1]
				     : tree_find_pid(pids, n, f->rows[i].ppid);

		t->first[i] = p; /* before cutting: the next may have the same */
		t->parent[i] = p == TREE_NONE || p == i ? n : p;
	}
}

/* Goes up from each row until known ground; who meets his own steps has found a cycle, which then
 * hangs from its lowest pid. */
static void cut_cycles(struct tree *t, uint32_t n)
{
	uint32_t *seen = t->owner;

	memset(seen, 0, n * sizeof(*seen));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = i, lowest;

		while (at != n && !seen[at]) {
			seen[at] = i + 1;
			at = t->parent[at];
		}
		if (at == n || seen[at] != i + 1)
			continue;
		lowest = at;
		for (uint32_t c = t->parent[at]; c != at; c = t->parent[c])
			lowest = MIN(lowest, c);
		t->parent[lowest] = n;
	}
}

/* Children before parents: who has no child left to wait for is next (Kahn 1962). */
static void order_upwards(struct tree *t, uint32_t n)
{
	uint32_t *waits = t->owner, end = 0;

	memset(waits, 0, (n + 1) * sizeof(*waits));
	for (uint32_t i = 0; i < n; i++)
		waits[t->parent[i]]++;
	for (uint32_t i = 0; i < n; i++)
		if (!waits[i])
			t->order[end++] = i;
	for (uint32_t at = 0; at < end; at++) {
		uint32_t p = t->parent[t->order[at]];

		if (p != n && !--waits[p])
			t->order[end++] = p;
	}
}

/* What is kept for its descendants, and the sort column's values with all below. */
static void add_upwards(struct tree *t, const struct frame *f, const struct column *sort)
{
	uint32_t n = (uint32_t)f->n;
	enum tree_sum kind = tree_sums[sort->field];

	for (uint32_t i = 0; i < n; i++) {
		bool match = t->flags[i] & TREE_MATCH;

		t->flags[i] = match ? TREE_MATCH | TREE_KEEP : 0;
		t->value[i] = match ? column_number(sort, &f->rows[i]) : NAN;
	}
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = t->order[k], p = t->parent[i];

		if (p == n)
			continue;
		t->flags[p] |= t->flags[i] & TREE_KEEP;
		t->value[p] = tree_add(kind, t->value[p], t->value[i]);
	}
}

static void order_siblings(struct tree *t, const struct frame *f, const struct column *sort,
			   bool descending)
{
	uint32_t n = (uint32_t)f->n, *end = t->first, sum = 0;

	/* Where the children of each stand in one array, by counting them. */
	memset(end, 0, (n + 1) * sizeof(*end));
	for (uint32_t i = 0; i < n; i++)
		if (t->flags[i] & TREE_KEEP)
			end[t->parent[i]]++;
	for (uint32_t p = 0; p <= n; p++) {
		uint32_t count = end[p];

		end[p] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		if (t->flags[i] & TREE_KEEP)
			t->picks[end[t->parent[i]]++] = (struct pick){
				.key = sort->kind == COLUMN_NUMBER
					       ? pick_number(t->value[i], descending)
					       : pick_key(sort, descending, &f->rows[i]),
				.row = i};
	t->next[n] = TREE_NONE;
	/* From the last to the first: end[p - 1] is where those of p begin. */
	for (uint32_t p = n + 1; p-- > 0;) {
		uint32_t begin = p ? end[p - 1] : 0, k = end[p];

		if (k - begin > 1)
			pick_top(t->picks + begin, k - begin, 0, f->rows, sort, descending);
		t->first[p] = k > begin ? t->picks[begin].row : TREE_NONE;
		for (uint32_t next = TREE_NONE; k-- > begin;) {
			t->next[t->picks[k].row] = next;
			next = t->picks[k].row;
		}
	}
}

void tree_grow(struct tree *t, const struct frame *f, const struct column *sort, bool descending)
{
	find_parents(t, f);
	cut_cycles(t, (uint32_t)f->n);
	order_upwards(t, (uint32_t)f->n);
	add_upwards(t, f, sort);
	order_siblings(t, f, sort, descending);
}
