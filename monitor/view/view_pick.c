/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Selects and sorts with one heap: the worst of the best so far is at its top. */
#include "lib/base.h"
#include "monitor/view/view_pick.h"

#include <string.h>

/* The bits of a double in the order of its values (IEEE 754): what is negative falls. */
uint64_t pick_number(double v, bool descending)
{
	uint64_t bits;

	if (isnan(v))
		return UINT64_MAX;
	if (v == 0)
		v = 0; /* and not -0 */
	memcpy(&bits, &v, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | 1ULL << 63;
	/* Neither end can be UINT64_MAX: that were a NAN. */
	return descending ? ~bits : bits;
}

static uint64_t text_key(const char *s, bool descending)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*s;
		s += *s != '\0';
	}
	return descending ? ~key : key;
}

uint64_t pick_key(const struct column *c, bool descending, const struct proc_row *row)
{
	switch (c->kind) {
	case COLUMN_NAME: return text_key(row->name, descending);
	case COLUMN_USER: return text_key(column_user(row->uid), descending);
	case COLUMN_STATE:
	case COLUMN_VERDICT: return 0; /* few values: left to column_compare() */
	default: return pick_number(column_number(c, row), descending);
	}
}

struct order {
	const struct proc_row *rows;
	const struct column *text; /* NULL: the key says all */
	bool descending;
};

static bool before(const struct pick *a, const struct pick *b, const struct order *o)
{
	if (a->key != b->key)
		return a->key < b->key;
	if (o->text) {
		int d = column_compare(o->text, &o->rows[a->row], &o->rows[b->row], o->descending);

		if (d)
			return d < 0;
	}
	return a->row < b->row;
}

/* The pick at @i sinks until none below it comes later. */
static void sink(struct pick *h, size_t n, size_t i, const struct order *o)
{
	struct pick moved = h[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && before(&h[child], &h[child + 1], o))
			child++;
		if (!before(&moved, &h[child], o))
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = moved;
}

size_t pick_top(struct pick *picks, size_t n, size_t top, const struct proc_row *rows,
		const struct column *c, bool descending)
{
	struct order o = {rows, NULL, descending};

	if (c->kind != COLUMN_NUMBER && c->kind != COLUMN_PID && c->kind != COLUMN_PPID)
		o.text = c;
	if (!top || top > n)
		top = n;
	if (!top)
		return 0;
	for (size_t i = top / 2; i-- > 0;)
		sink(picks, top, i, &o);
	for (size_t i = top; i < n; i++)
		if (before(&picks[i], &picks[0], &o)) {
			struct pick t = picks[0];

			picks[0] = picks[i];
			picks[i] = t;
			sink(picks, top, 0, &o);
		}
	for (size_t i = top; i-- > 1;) {
		struct pick t = picks[0];

		picks[0] = picks[i];
		picks[i] = t;
		sink(picks, i, 0, &o);
	}
	return top;
}
