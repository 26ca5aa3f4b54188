/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines of `memprof live`: made from the call tree of the latest profile at each change. */
#include "lib/base.h"
#include "memprof/live/model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/names.h"
#include "memprof/report/tree.h"
#include "monitor/view/regex.h"

enum { POINTS = 512 };

const char *const watched_view_names[LIVE_VIEWS] = {"functions", "stacks", "tree", "detail"};

struct watched_model {
	struct watched_source source;
	struct report r; /* one side: the latest profile */
	struct strbuf wrong;
	enum watched_view view;
	bool reversed;
	struct regex *filter;
	char *filter_text, *detail; /* owned; the function of LIVE_DETAIL */
	struct arena arena;	    /* of the lines */
	struct watched_line *lines;
	size_t n;
	/* What functions had at the look before, by name and figure. */
	struct names before;
	uint64_t (*before_all)[REPORT_VALUES];
	double t[POINTS], y[POINTS]; /* live bytes over time */
	size_t npoints;
};

/* --- lines --------------------------------------------------------------------------------------
 */

static bool wanted(const struct watched_model *m, const char *name)
{
	return !m->filter || regex_match(m->filter, name);
}

static void add_line(struct watched_model *m, const struct watched_line *line)
{
	arena_push(&m->arena, m->lines, m->n, *line);
}

static int by_all(const void *a, const void *b)
{
	const struct watched_line *x = a, *y = b;

	if (x->self != y->self)
		return x->self > y->self ? -1 : 1;
	if (x->all != y->all)
		return x->all > y->all ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void reverse(struct watched_model *m)
{
	for (size_t i = 0; i < m->n / 2; i++) {
		struct watched_line other = m->lines[i];

		m->lines[i] = m->lines[m->n - 1 - i];
		m->lines[m->n - 1 - i] = other;
	}
}

static void make_functions(struct watched_model *m, const struct tree *t)
{
	struct tree_function *f = tree_functions(t);
	size_t value = m->r.value;

	for (size_t i = 0; i < t->names.n; i++) {
		size_t before = names_find(&m->before, t->names.v[i]);
		struct watched_line line = {.self = f[i].self[0][value],
					    .all = f[i].all[0][value],
					    .allocs = f[i].self[0][VALUE_ALLOCS]};

		if (!line.all || !wanted(m, t->names.v[i]))
			continue;
		if (before < m->before.n)
			line.grown = (int64_t)(line.all - m->before_all[before][value]);
		line.name = arena_strdup(&m->arena, t->names.v[i]);
		add_line(m, &line);
	}
	free(f);
	if (m->n)
		qsort(m->lines, m->n, sizeof(*m->lines), by_all);
	if (m->reversed)
		reverse(m);
}

/* Whether a stack goes through the function of the detail, or one that the filter wants. */
static bool stack_wanted(const struct watched_model *m, const struct tree *t, uint32_t node)
{
	for (; node; node = t->nodes[node].parent) {
		const char *name = t->names.v[t->nodes[node].name];

		if (m->view == LIVE_DETAIL ? !strcmp(name, m->detail) : wanted(m, name))
			return true;
	}
	return false;
}

struct place {
	uint64_t by;
	uint32_t node;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->by != y->by)
		return x->by > y->by ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* The innermost function with the figures, what called it below, further to the right. */
static void make_stacks(struct watched_model *m, const struct tree *t)
{
	struct place *places = calloc(t->n + 1, sizeof(*places));
	size_t n = 0, value = m->r.value;

	if (!places)
		abort();
	for (uint32_t i = 1; i < t->n; i++)
		if (t->nodes[i].self[0][value] && stack_wanted(m, t, i))
			places[n++] = (struct place){t->nodes[i].self[0][value], i};
	qsort(places, n, sizeof(*places), by_place);
	for (size_t k = 0; k < n; k++) {
		uint32_t at = places[m->reversed ? n - 1 - k : k].node;
		struct watched_line line = {.self = t->nodes[at].self[0][value],
					    .all = t->nodes[at].self[0][value],
					    .allocs = t->nodes[at].self[0][VALUE_ALLOCS]};

		for (; at; at = t->nodes[at].parent) {
			line.name = arena_strdup(&m->arena, t->names.v[t->nodes[at].name]);
			add_line(m, &line);
			line = (struct watched_line){.depth = 2};
		}
	}
	free(places);
}

static void add_children(struct watched_model *m, const struct tree *t, uint32_t parent,
			 uint32_t depth)
{
	size_t n = 0, value = m->r.value;
	struct place *places;

	for (uint32_t c = t->nodes[parent].child; c; c = t->nodes[c].next)
		n++;
	places = calloc(n + 1, sizeof(*places));
	if (!places)
		abort();
	n = 0;
	for (uint32_t c = t->nodes[parent].child; c; c = t->nodes[c].next)
		if (t->nodes[c].all[0][value])
			places[n++] = (struct place){t->nodes[c].all[0][value], c};
	qsort(places, n, sizeof(*places), by_place);
	for (size_t k = 0; k < n; k++) {
		const struct tree_node *node = &t->nodes[places[m->reversed ? n - 1 - k : k].node];
		struct watched_line line = {.name = arena_strdup(&m->arena, t->names.v[node->name]),
					    .depth = depth,
					    .self = node->self[0][value],
					    .all = node->all[0][value],
					    .allocs = node->self[0][VALUE_ALLOCS]};

		if (wanted(m, line.name))
			add_line(m, &line);
		/* An only child is no deeper: most of a stack is a straight line. */
		add_children(m, t, places[m->reversed ? n - 1 - k : k].node, depth + (n > 1));
	}
	free(places);
}

static void make_lines(struct watched_model *m)
{
	struct tree t;

	arena_release(&m->arena);
	m->lines = NULL;
	m->n = 0;
	if (!m->r.side[0].p)
		return;
	if (m->filter)
		regex_look(m->filter);
	tree_of(&t, &m->r);
	switch (m->view) {
	case LIVE_FUNCTIONS: make_functions(m, &t); break;
	case LIVE_TREE: add_children(m, &t, 0, 0); break;
	default: make_stacks(m, &t); break;
	}
	tree_release(&t);
}

/* --- looks --------------------------------------------------------------------------------------
 */

static void remember(struct watched_model *m)
{
	struct tree_function *f;
	struct tree t;

	names_release(&m->before);
	free(m->before_all);
	m->before_all = NULL;
	if (!m->r.side[0].p)
		return;
	tree_of(&t, &m->r);
	f = tree_functions(&t);
	m->before_all = calloc(t.names.n + 1, sizeof(*m->before_all));
	if (!m->before_all)
		abort();
	for (size_t i = 0; i < t.names.n; i++)
		memcpy(m->before_all[names_add(&m->before, t.names.v[i])], f[i].all[0],
		       sizeof(*m->before_all));
	free(f);
	tree_release(&t);
}

static void add_point(struct watched_model *m, const struct profile *p)
{
	const double t = (double)p->end_ns / NSEC_PER_SEC;

	/* Back in a recording: what comes later is not known yet. */
	while (m->npoints && m->t[m->npoints - 1] >= t)
		m->npoints--;
	/* Of too many every second goes: the trend keeps its whole length. */
	if (m->npoints == POINTS) {
		for (size_t i = 0; i < POINTS / 2; i++) {
			m->t[i] = m->t[2 * i + 1];
			m->y[i] = m->y[2 * i + 1];
		}
		m->npoints = POINTS / 2;
	}
	m->t[m->npoints] = t;
	m->y[m->npoints++] = (double)p->total.live_bytes;
}

static void keep_wrong(void *arg, enum log_level level UNUSED, const char *line)
{
	struct strbuf *wrong = arg;

	strbuf_reset(wrong);
	strbuf_addstr(wrong, line);
}

int watched_refresh(struct watched_model *m)
{
	struct profile *p;
	int got;

	log_capture(keep_wrong, &m->wrong);
	got = m->source.next(m->source.arg, &p);
	log_capture(NULL, NULL);
	if (got <= 0)
		return got;
	strbuf_reset(&m->wrong);
	remember(m);
	report_side_release(&m->r.side[0]);
	report_side_set(&m->r.side[0], m->source.name, p,
			&(struct symbols_options){.names_only = true});
	if (!report_value_known(m->r.value, p))
		m->r.value = VALUE_BYTES;
	add_point(m, p);
	make_lines(m);
	return 1;
}

int watched_open(struct watched_model **out, const struct watched_source *source)
{
	struct watched_model *m = calloc(1, sizeof(*m));
	int got;

	*out = NULL;
	if (!m)
		abort();
	m->source = *source;
	m->wrong = (struct strbuf)STRBUF_INIT;
	m->filter_text = strdup("");
	m->detail = strdup("");
	if (!m->filter_text || !m->detail)
		abort();
	m->r.value = VALUE_LIVE;
	got = watched_refresh(m);
	if (got <= 0) {
		/* Said again, to whom it may concern now. */
		log_err("%s", m->wrong.len ? m->wrong.s : source->name);
		watched_close(m);
		return got ? got : -ENODATA;
	}
	*out = m;
	return 0;
}

void watched_close(struct watched_model *m)
{
	if (!m)
		return;
	report_side_release(&m->r.side[0]);
	regex_free(m->filter);
	names_release(&m->before);
	free(m->before_all);
	arena_release(&m->arena);
	strbuf_release(&m->wrong);
	free(m->filter_text);
	free(m->detail);
	m->source.close(m->source.arg);
	free(m);
}

const struct watched_source *watched_source(const struct watched_model *m)
{
	return &m->source;
}

const char *watched_wrong(const struct watched_model *m)
{
	return m->wrong.len ? m->wrong.s : NULL;
}

/* --- what is shown ------------------------------------------------------------------------------
 */

void watched_set_view(struct watched_model *m, enum watched_view view)
{
	m->view = view;
	make_lines(m);
}

void watched_set_value(struct watched_model *m, size_t value)
{
	if (value < REPORT_VALUES && report_value_known(value, m->r.side[0].p))
		m->r.value = value;
	make_lines(m);
}

void watched_reverse(struct watched_model *m)
{
	m->reversed = !m->reversed;
	make_lines(m);
}

int watched_set_filter(struct watched_model *m, const char *text, char *why, size_t size)
{
	struct regex *filter = NULL;
	bool ignore_case = true;
	int err;

	for (const char *c = text; *c; c++)
		ignore_case &= !(*c >= 'A' && *c <= 'Z');
	err = *text ? regex_new(&filter, text, ignore_case, why, size) : 0;
	if (err)
		return err;
	regex_free(m->filter);
	m->filter = filter;
	free(m->filter_text);
	m->filter_text = strdup(text);
	if (!m->filter_text)
		abort();
	make_lines(m);
	return 0;
}

void watched_set_detail(struct watched_model *m, size_t line)
{
	char *name;

	if (line >= m->n)
		return;
	name = strdup(m->lines[line].name);
	if (!name)
		abort();
	free(m->detail);
	m->detail = name;
	watched_set_view(m, LIVE_DETAIL);
}

enum watched_view watched_view(const struct watched_model *m)
{
	return m->view;
}

size_t watched_value(const struct watched_model *m)
{
	return m->r.value;
}

bool watched_filter_gave_up(const struct watched_model *m)
{
	return m->filter && regex_gave_up(m->filter);
}

const char *watched_filter(const struct watched_model *m)
{
	return m->filter_text;
}

const struct watched_line *watched_lines(const struct watched_model *m, size_t *n)
{
	*n = m->n;
	return m->lines;
}

const struct profile *watched_profile(const struct watched_model *m)
{
	return m->r.side[0].p;
}

enum verdict watched_trend(const struct watched_model *m, struct strbuf *out)
{
	struct trend trend;
	double t[POINTS];

	for (size_t i = 0; i < m->npoints; i++)
		t[i] = m->t[i] - m->t[0];
	trend_of(t, m->y, m->npoints, &trend_default, &trend);
	if (out)
		trend_words(&trend, out);
	return trend.verdict;
}
