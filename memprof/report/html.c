/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A flame graph as one file that needs no network: flame.html with the call tree as JSON in it. A
 * row of "nodes" is depth, name, whether it is the kernel's, then what was allocated right there,
 * by figure, of A and then of B.
 */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "lib/format.h"
#include "lib/printable.h"
#include "memprof/report/tree.h"
#include "monitor/sink/put.h"

static const char page[] =
#include "flame_html.inc"
	;

struct writer {
	const struct report *r;
	const struct tree *t;
	struct strbuf *out;
	size_t figures[REPORT_VALUES]; /* that are known */
	size_t nfigures;
};

static void add_node(const struct writer *w, uint32_t node, unsigned int depth)
{
	const struct tree_node *n = &w->t->nodes[node];

	strbuf_addf(w->out, "%s[%u,%u,%d", w->out->s[w->out->len - 1] == '[' ? "" : ",\n", depth,
		    n->name, n->kernel);
	for (int side = 0; side < (w->r->side[1].p ? 2 : 1); side++)
		for (size_t k = 0; k < w->nfigures; k++) {
			strbuf_addch(w->out, ',');
			put_u64(w->out, n->self[side][w->figures[k]]);
		}
	strbuf_addch(w->out, ']');
}

static void add_nodes(const struct writer *w)
{
	unsigned int depth = 0;
	uint32_t at = 0;

	/* Preorder without a stack: down where that goes, else along, else up until along goes. */
	for (;;) {
		if (w->t->nodes[at].child) {
			at = w->t->nodes[at].child;
			depth++;
		} else {
			while (at && !w->t->nodes[at].next) {
				at = w->t->nodes[at].parent;
				depth--;
			}
			if (!at)
				return;
			at = w->t->nodes[at].next;
		}
		add_node(w, at, depth);
	}
}

static void add_about(struct strbuf *out, const struct report_side *side)
{
	const struct profile *p = side->p;
	static const char *const modes[PROFILE_MODES] = {
		"counted without stacks", "sampled: figures are estimates", "each allocation"};

	for (size_t i = 0; i < p->nprocesses && i < 3; i++)
		strbuf_addf(out, "%s%s (%u)", i ? ", " : "", p->processes[i].comm,
			    p->processes[i].pid);
	if (p->nprocesses > 3)
		strbuf_addf(out, " and %zu more", p->nprocesses - 3);
	strbuf_addf(out, "%s%s", p->nprocesses ? "; " : "", modes[p->mode]);
	if (p->rate) {
		strbuf_addstr(out, ", a sample each ");
		format_bytes(out, (double)p->rate);
	}
	if (p->start_ns) {
		strbuf_addstr(out, "; ");
		put_time(out, p->start_ns, true);
	}
}

static void add_head(const struct writer *w)
{
	const struct report *r = w->r;
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "memprof: %s%s%s", r->side[0].name, r->side[1].p ? " and " : "",
		    r->side[1].p ? r->side[1].name : "");
	strbuf_addstr(w->out, "{\"title\":");
	put_json_text(w->out, text.s);
	strbuf_reset(&text);
	add_about(&text, &r->side[0]);
	strbuf_addstr(w->out, ",\"about\":");
	if (r->side[1].p) {
		strbuf_addstr(&text, " (A); ");
		add_about(&text, &r->side[1]);
		strbuf_addstr(&text, " (B)");
	}
	put_json_text(w->out, text.s);
	strbuf_release(&text);
}

static void add_data(const struct writer *w)
{
	size_t opens = 0;

	add_head(w);
	strbuf_addf(w->out, ",\"sides\":%d,\"figures\":[", w->r->side[1].p ? 2 : 1);
	for (size_t k = 0; k < w->nfigures; k++) {
		const struct report_value *v = &report_values[w->figures[k]];

		opens = w->figures[k] == w->r->value ? k : opens;
		strbuf_addf(w->out, "%s{\"name\":\"%s\",\"title\":\"%s\",\"unit\":\"%s\"}",
			    k ? "," : "", v->name, v->title, v->unit);
	}
	strbuf_addf(w->out, "],\"figure\":%zu,\"names\":[", opens);
	for (size_t i = 0; i < w->t->names.n; i++) {
		if (i)
			strbuf_addch(w->out, ',');
		put_json_text(w->out, w->t->names.v[i]);
	}
	strbuf_addstr(w->out, "],\"nodes\":[");
	add_nodes(w);
	strbuf_addstr(w->out, "]}");
}

int report_html(const struct report *r, struct strbuf *out)
{
	struct strbuf data = STRBUF_INIT;
	const char *here = strstr(page, "@DATA@");
	struct tree t;
	struct writer w = {.r = r, .t = &t, .out = &data};

	for (size_t k = 0; k < REPORT_VALUES; k++)
		if (report_value_known(k, r->side[0].p) &&
		    (!r->side[1].p || report_value_known(k, r->side[1].p)))
			w.figures[w.nfigures++] = k;
	tree_of(&t, r);
	add_data(&w);
	/* It stands in strings only, where no end of the script may be seen. */
	strbuf_replace(&data, "<", "\\u003c");
	strbuf_add(out, page, (size_t)(here - page));
	strbuf_add(out, data.s, data.len);
	strbuf_addstr(out, here + strlen("@DATA@"));
	tree_release(&t);
	strbuf_release(&data);
	return 0;
}
