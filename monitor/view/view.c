/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which rows are shown, in which order. Flat: every row that matches gets a key, a number that
 * rises in the order wanted, and a heap of the best so far selects and sorts at once. As a tree:
 * rows are linked to their parents without recursion (trees may be deep, and recordings may be
 * wrong: cycles are cut, orphans are roots), what matches keeps its ancestors, siblings are sorted
 * by the column with all below them, and sums are made from the leaves up.
 */
#include "lib/base.h"
#include "monitor/view/view.h"

#include <stdlib.h>
#include <string.h>

/* A row with what decides its place, as a number that rises in the order wanted. */
struct pick {
	uint64_t key;
	uint32_t row; /* rows are sorted by pid: of two alike the lower comes first */
};

enum { TREE_NONE = UINT32_MAX };

/* Scratch for the rows of a frame; index n is the root above all roots. */
struct tree {
	struct pick *picks;
	double *value;		/* of the sort column, with all below */
	uint32_t *parent;	/* row; n: it is a root */
	uint32_t *first, *next; /* child, sibling; TREE_NONE */
	uint32_t *owner;	/* line that counts this row; TREE_NONE */
	uint32_t *order;	/* rows, children before parents */
	uint8_t *flags;		/* enum tree_flag */
};

enum tree_flag { TREE_MATCH = 1, TREE_KEEP = 2 };

/* --- selecting and sorting --- */

/* The bits of a double in the order of its values (IEEE 754): what is negative falls. */
static uint64_t pick_number(double v, bool descending)
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

static uint64_t pick_key(const struct column *c, bool descending, const struct proc_row *row)
{
	switch (c->kind) {
	case COLUMN_NAME: return text_key(row_name(row), descending);
	case COLUMN_USER: return text_key(column_user(row->uid), descending);
	case COLUMN_STATE:
	case COLUMN_TEXT:
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

static size_t pick_top(struct pick *picks, size_t n, size_t top, const struct proc_row *rows,
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

/* --- parents and siblings --- */

static size_t tree_bytes(size_t n)
{
	return n * (sizeof(struct pick) + sizeof(double) + 1) + 5 * (n + 1) * sizeof(uint32_t);
}

static void tree_place(struct tree *t, void *block, size_t n)
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

static uint32_t tree_find_pid(const uint32_t *pids, size_t n, uint32_t pid)
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

	for (uint32_t i = 0; i < n; i++) {
		bool match = t->flags[i] & TREE_MATCH;

		t->flags[i] = match ? TREE_MATCH | TREE_KEEP : 0;
		t->value[i] = match && sort->kind == COLUMN_NUMBER
				      ? sum_part(&f->rows[i], sort->field,
						 row_value(&f->rows[i], sort->field))
				      : NAN;
	}
	for (uint32_t k = 0; k < n; k++) {
		uint32_t i = t->order[k], p = t->parent[i];

		if (p == n)
			continue;
		t->flags[p] |= t->flags[i] & TREE_KEEP;
		t->value[p] = sum_add(sort->field, t->value[p], t->value[i]);
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
					       ? pick_number(sum_done(t->value[i]), descending)
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

static void tree_grow(struct tree *t, const struct frame *f, const struct column *sort,
		      bool descending)
{
	find_parents(t, f);
	cut_cycles(t, (uint32_t)f->n);
	order_upwards(t, (uint32_t)f->n);
	add_upwards(t, f, sort);
	order_siblings(t, f, sort, descending);
}

/* --- the view --- */

bool view_matches(const struct view_options *o, const struct proc_row *row)
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
		if (view_matches(o, &f->rows[i]))
			picks[n++] =
				(struct pick){.key = pick_key(o->sort, o->descending, &f->rows[i]),
					      .row = (uint32_t)i};
	v->matched = v->processes = n;
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
		double *sum, room[FIELD_COUNT];
		const double *values;

		if (!(t->flags[i] & TREE_MATCH) || t->owner[i] == TREE_NONE)
			continue;
		sum = v->sums[t->owner[i]];
		values = row_values(&f->rows[i], room);
		for (size_t k = 0; k < FIELD_COUNT; k++)
			sum[k] = sum_add((enum field)k, sum[k],
					 sum_part(&f->rows[i], (enum field)k, values[k]));
	}
	/* Lines stand below their parents: the last is complete. */
	for (size_t i = v->n; i-- > 0;) {
		uint32_t p = t->parent[v->lines[i].row];

		for (size_t k = 0; p != f->n && k < FIELD_COUNT; k++)
			v->sums[t->owner[p]][k] =
				sum_add((enum field)k, v->sums[t->owner[p]][k], v->sums[i][k]);
		for (size_t k = 0; k < FIELD_COUNT; k++)
			v->sums[i][k] = sum_done(v->sums[i][k]);
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
		t.flags[i] = view_matches(o, &f->rows[i]) ? TREE_MATCH : 0;
		v->matched += t.flags[i];
	}
	v->processes = v->matched;
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

static bool is_shown(void *arg, const struct proc_row *row)
{
	return view_matches(arg, row);
}

/* The groups are rows of their own, all of which are shown. */
static int build_groups(struct view *v, const struct frame *f, const struct view_options *opts)
{
	struct view_options o = *opts, all = *opts;
	size_t processes = 0;
	int err = grouping_make(&v->groups, f, o.group, is_shown, &o);

	all.query = NULL;
	for (size_t i = 0; !err && i < f->n; i++)
		processes += v->groups.of_row[i] != UINT32_MAX;
	err = err ? err : build_flat(v, &v->groups.frame, &all);
	v->processes = processes;
	return err;
}

int view_build(struct view *v, const struct frame *f, const struct view_options *opts)
{
	int err;

	v->n = 0;
	v->matched = v->processes = 0;
	v->grouped = opts->group;
	query_look(opts->query);
	err = reserve(&v->work, &v->work_bytes,
		      opts->tree && !opts->group ? tree_bytes(f->n) : f->n * sizeof(struct pick));
	if (err)
		return err;
	if (opts->tree && !opts->group)
		return build_tree(v, f, opts);
	free(v->sums);
	v->sums = NULL;
	return opts->group ? build_groups(v, f, opts) : build_flat(v, f, opts);
}

enum column_lines view_lines(const struct view_options *opts)
{
	return opts->group ? LINES_GROUPS : opts->tree ? LINES_TREE : LINES_PROCESSES;
}

bool view_has_children(const struct view *v, size_t line)
{
	const struct view_line *l = &v->lines[line];

	return l->folded || (line + 1 < v->n && l[1].depth > l->depth);
}

void view_row(const struct view *v, const struct frame *f, size_t line, struct proc_row *out)
{
	const struct view_line *l = &v->lines[line];

	*out = view_frame(v, f)->rows[l->row];
	if (!v->sums)
		return;
	/* Those below that are folded, or found no room in the view, were not read. */
	if (l->folded ||
	    (v->n < v->matched && row_value(out, FIELD_VIRT) != v->sums[line][FIELD_VIRT]))
		out->flags &= (uint8_t)~ROW_EXACT;
	if (view_has_children(v, line) && (l->context || out->flags & (ROW_KERNEL | ROW_ENDED)))
		out->flags |= ROW_SHARED_NOW; /* by those that follow */
	for (size_t i = line + 1; i < v->n && v->lines[i].depth > l->depth; i++) {
		sum_flags(out, &f->rows[v->lines[i].row]);
		if (v->lines[i].folded)
			out->flags &= (uint8_t)~ROW_EXACT;
	}
	out->v = v->sums[line];
}

const struct frame *view_frame(const struct view *v, const struct frame *f)
{
	return v->grouped ? &v->groups.frame : f;
}

/* --- sums for queries --- */

static int sum_groups(struct view_sums *s, const struct frame *f, const struct view_options *opts)
{
	struct view_options all = {.kernel_threads = opts->kernel_threads};
	int err = grouping_make(&s->groups, f, opts->group, is_shown, &all);

	for (size_t i = 0; !err && i < f->n; i++)
		f->rows[i].sum = s->groups.of_row[i] == UINT32_MAX
					 ? NULL
					 : s->groups.group[s->groups.of_row[i]].v;
	return err;
}

static int sum_branches(struct view_sums *s, const struct frame *f)
{
	uint32_t n = (uint32_t)f->n;
	void *v = s->v;
	struct tree t;
	int err = reserve(&s->work, &s->work_bytes, tree_bytes(f->n));

	err = err ? err : reserve(&v, &s->bytes, f->n * sizeof(*s->v));
	s->v = v;
	if (err)
		return err;
	tree_place(&t, s->work, f->n);
	find_parents(&t, f);
	cut_cycles(&t, n);
	order_upwards(&t, n);
	for (uint32_t i = 0; i < n; i++) {
		double room[FIELD_COUNT];
		const double *values = row_values(&f->rows[i], room);

		for (size_t k = 0; k < FIELD_COUNT; k++)
			s->v[i][k] = sum_part(&f->rows[i], (enum field)k, values[k]);
	}
	for (uint32_t at = 0; at < n; at++) {
		uint32_t i = t.order[at], p = t.parent[i];

		for (size_t k = 0; p != n && k < FIELD_COUNT; k++)
			s->v[p][k] = sum_add((enum field)k, s->v[p][k], s->v[i][k]);
	}
	for (uint32_t i = 0; i < n; i++) {
		for (size_t k = 0; k < FIELD_COUNT; k++)
			s->v[i][k] = sum_done(s->v[i][k]);
		f->rows[i].sum = s->v[i];
	}
	return 0;
}

int view_sum(struct view_sums *s, const struct frame *f, const struct view_options *opts)
{
	for (size_t i = 0; i < f->n; i++)
		f->rows[i].sum = NULL;
	if (opts->group)
		return sum_groups(s, f, opts);
	return opts->tree ? sum_branches(s, f) : 0;
}

void view_sums_release(struct view_sums *s)
{
	grouping_release(&s->groups);
	free(s->v);
	free(s->work);
	*s = (struct view_sums){.v = NULL};
}

/* --- folding --- */

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
	grouping_release(&v->groups);
	memset(v, 0, sizeof(*v));
}
