/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Filters and orders the rows of a frame. */
#include "lib/base.h"
#include "monitor/view/view.h"

#include <stdlib.h>
#include <string.h>

#include "monitor/view/view_pick.h"

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

int view_build(struct view *v, const struct frame *f, const struct view_options *opts)
{
	int err;

	v->n = 0;
	v->matched = 0;
	err = reserve(&v->work, &v->work_bytes, f->n * sizeof(struct pick));
	if (err)
		return err;
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
