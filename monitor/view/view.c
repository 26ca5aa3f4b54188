/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters and orders the rows of a frame, as a list or as a tree. */
#include "lib/base.h"
#include "monitor/view/view.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/view/view_tree.h"

static bool shown(const struct view_options *o, const struct proc_row *row)
{
	if ((row->flags & ROW_KERNEL) && !o->kernel_threads)
		return false;
	return query_match(o->query, row);
}

/* Memory grows with room to spare and is kept: in the long run a frame takes none. */
static int reserve(void **mem, size_t *have, size_t want)
{
	void *p;

	if (want <= *have)
		return 0;
	want += want / 4;
	p = realloc(*mem, want);
	if (!p)
		return -ENOMEM;
	*mem = p;
	*have = want;
	return 0;
}

static int reserve_lines(struct view *v, size_t n)
{
	size_t bytes = v->cap * sizeof(*v->lines);
	void *lines = v->lines;
	int err = reserve(&lines, &bytes, n * sizeof(*v->lines));

	v->lines = lines;
	v->cap = bytes / sizeof(*v->lines);
	return err;
}

static int build_flat(struct view *v, const struct frame *f, const struct view_options *o)
{
	struct pick *picks = v->work;
	size_t n = 0;
	int err;

	for (size_t i = 0; i < f->n; i++)
		if (shown(o, &f->rows[i]))
			picks[n++] =
				(struct pick){.key = pick_key(o->sort, o->descending, &f->rows[i]),
					      .row = (uint32_t)i};
	v->matched = n;
	n = pick_top(picks, n, o->top, f->rows, o->sort, o->descending);
	err = reserve_lines(v, n);
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		v->lines[i] = (struct view_line){.row = picks[i].row};
	v->n = n;
	return 0;
}

/*
 * Goes through all that is kept, parents first, and makes lines of it until @room of them are
 * there; what is folded or finds no room is counted in the line of the nearest ancestor that has
 * one.
 */
static void walk(struct view *v, struct tree *t, const struct frame *f, size_t room)
{
	uint32_t n = (uint32_t)f->n, at = t->first[n];
	uint32_t hidden = TREE_NONE; /* the row whose children are folded away */
	uint64_t open = 0;
	size_t depth = 0;

	while (at != TREE_NONE) {
		bool last = t->next[at] == TREE_NONE;
		bool folds = t->first[at] != TREE_NONE &&
			     tree_find_pid(v->folded, v->nfolded, f->rows[at].pid) != TREE_NONE;

		t->owner[at] = t->parent[at] == n ? TREE_NONE : t->owner[t->parent[at]];
		if (hidden == TREE_NONE && v->n < room) {
			t->owner[at] = (uint32_t)v->n;
			v->lines[v->n++] = (struct view_line){
				.row = at,
				.depth = (uint16_t)MIN(depth, (size_t)UINT16_MAX),
				.last = last,
				.context = !(t->flags[at] & TREE_MATCH),
				.folded = folds,
				.open = open};
		}
		if (t->first[at] != TREE_NONE) {
			if (folds && hidden == TREE_NONE)
				hidden = at;
			if (depth < 64 && !last)
				open |= 1ULL << depth;
			depth++;
			at = t->first[at];
			continue;
		}
		while (at != n && t->next[at] == TREE_NONE) {
			at = t->parent[at];
			if (at == n)
				break;
			if (hidden == at)
				hidden = TREE_NONE;
			depth--;
			if (depth < 64)
				open &= ~(1ULL << depth);
		}
		at = at == n ? TREE_NONE : t->next[at];
	}
}

static void sum_lines(struct view *v, const struct tree *t, const struct frame *f)
{
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < FIELD_COUNT; k++)
			v->sums[i][k] = NAN;
	for (size_t i = 0; i < f->n; i++) {
		if (!(t->flags[i] & TREE_MATCH) || t->owner[i] == TREE_NONE)
			continue;
		for (size_t k = 0; k < FIELD_COUNT; k++)
			v->sums[t->owner[i]][k] =
				tree_add(tree_sums[k], v->sums[t->owner[i]][k], f->rows[i].v[k]);
	}
	/* Lines stand below their parents: the last is complete. */
	for (size_t i = v->n; i-- > 0;) {
		uint32_t p = t->parent[v->lines[i].row];

		if (p == f->n)
			continue;
		p = t->owner[p];
		for (size_t k = 0; k < FIELD_COUNT; k++)
			v->sums[p][k] = tree_add(tree_sums[k], v->sums[p][k], v->sums[i][k]);
	}
}

static int build_tree(struct view *v, const struct frame *f, const struct view_options *o)
{
	size_t kept = 0, room, cap = v->cap;
	struct tree t;
	void *sums;
	int err;

	tree_place(&t, v->work, f->n);
	for (size_t i = 0; i < f->n; i++) {
		t.flags[i] = shown(o, &f->rows[i]) ? TREE_MATCH : 0;
		v->matched += t.flags[i];
	}
	tree_grow(&t, f, o->sort, o->descending);
	for (size_t i = 0; i < f->n; i++)
		kept += (t.flags[i] & TREE_KEEP) != 0;
	room = o->top ? MIN(o->top, kept) : kept;
	err = reserve_lines(v, room);
	if (err)
		return err;
	if (!v->sums || v->cap != cap) {
		sums = realloc(v->sums, MAX(v->cap, (size_t)1) * sizeof(*v->sums));
		if (!sums)
			return -ENOMEM;
		v->sums = sums;
	}
	walk(v, &t, f, room);
	sum_lines(v, &t, f);
	return 0;
}

int view_build(struct view *v, const struct frame *f, const struct view_options *opts)
{
	int err;

	v->n = 0;
	v->matched = 0;
	err = reserve(&v->work, &v->work_bytes,
		      opts->tree ? tree_bytes(f->n) : f->n * sizeof(struct pick));
	if (err)
		return err;
	if (opts->tree)
		return build_tree(v, f, opts);
	free(v->sums);
	v->sums = NULL;
	return build_flat(v, f, opts);
}

void view_fold(struct view *v, uint32_t pid, bool folded)
{
	size_t at = 0;
	uint32_t *p;

	while (at < v->nfolded && v->folded[at] < pid)
		at++;
	if ((at < v->nfolded && v->folded[at] == pid) == folded)
		return;
	if (!folded) {
		v->nfolded--;
		memmove(v->folded + at, v->folded + at + 1, (v->nfolded - at) * sizeof(*v->folded));
		return;
	}
	p = realloc(v->folded, (v->nfolded + 1) * sizeof(*p));
	if (!p)
		return; /* it stays unfolded */
	v->folded = p;
	memmove(p + at + 1, p + at, (v->nfolded - at) * sizeof(*p));
	p[at] = pid;
	v->nfolded++;
}

void view_release(struct view *v)
{
	free(v->lines);
	free(v->sums);
	free(v->folded);
	free(v->work);
	memset(v, 0, sizeof(*v));
}
