/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The optimisations of -O. Each changes what the text says word for word, none what a reader of the
 * maps and of the ring could tell but for time stamps and record lengths; each has a name, a switch
 * and a remark.
 */
#include "lib/base.h"
#include "honey/opt.h"

#include <string.h>

#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/inst.h"
#include "honey/passes.h"
#include "lib/suggest.h"

static const struct {
	const char *name, *text;
} rows[] = {
#define X(id, name, text) {name, text},
	HONEY_OPTIMISATIONS(X)
#undef X
};

int opt_set(bool enabled[OPT_COUNT], const char *name, const char **near)
{
	bool on = strncmp(name, "no-", 3) != 0;
	const char *names[ARRAY_SIZE(rows)];

	name += on ? 0 : 3;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		names[i] = rows[i].name;
		if (!strcmp(rows[i].name, name)) {
			enabled[i] = on;
			return 0;
		}
	}
	*near = suggest_nearest(name, names, ARRAY_SIZE(rows));
	return -ENOENT;
}

void opt_list(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		fprintf(out, "  -f%-20s %s\n", rows[i].name, rows[i].text);
}

static void remark(struct honey *h, enum optimisation o, struct span at, const char *what)
{
	diag_at(h, R001, at, fmt(h, "-fno-%s keeps it as written", rows[o].name), "%s: %s",
		rows[o].name, what);
}

/* --- updates --- */

static void mark_update(struct honey *h, struct node *n)
{
	if (n->kind != N_CALL || !n->helper || n->helper->id != HELPER_bpf_map_update_elem)
		return;
	if (n->want || !h->opt.optimise[OPT_UPDATE_IN_PLACE])
		n->in_place = NULL;
	if (n->in_place)
		remark(h, OPT_UPDATE_IN_PLACE, n->span,
		       fmt(h, "stored through %s, which was looked up with the same key",
			   n->in_place->name->s));
	if (n->self_update && !n->want && h->opt.optimise[OPT_ELIDE_SELF_UPDATE]) {
		n->elide = true;
		remark(h, OPT_ELIDE_SELF_UPDATE, n->span, "the element is stored already");
	}
}

static void each_node(struct honey *h, struct node *n, void (*visit)(struct honey *, struct node *))
{
	if (!n)
		return;
	visit(h, n);
	for (uint32_t i = 0; i < node_parts(n); i++)
		each_node(h, node_part(n, i), visit);
}

/* --- records --- */

static void shorten_records(struct honey *h, struct inst *inst)
{
	for (uint32_t i = 0; i < inst->n_vars; i++) {
		struct var *v = inst->vars[i];
		uint32_t size = v->type->strct ? v->type->strct->size : 0;

		if (v->type->kind != T_RECORD || v->is_param || !v->origin || v->assigned_again)
			continue;
		v->bare = true;
		if (v->reserved <= size)
			continue;
		remark(h, OPT_EXACT_RECORD, v->origin->span,
		       fmt(h, "%u bytes reserved instead of %llu", size,
			   (unsigned long long)v->reserved));
		v->reserved = v->origin->value = size;
	}
}

/* --- the clock --- */

static bool is_clock(const struct node *n)
{
	return n->kind == N_CALL && n->helper && n->helper->id == HELPER_bpf_ktime_get_ns;
}

struct clock_uses {
	unsigned int stored, other; /* readings that are only stored, and the rest */
};

/* Counts the readings below @n; @stored: its own value is only stored. */
static void count_clocks(struct node *n, bool stored, bool in_callback, struct clock_uses *u)
{
	bool callback = in_callback || (n && n->loop);

	if (!n)
		return;
	if (is_clock(n)) {
		n->use_now = stored && !in_callback;
		u->stored += n->use_now;
		u->other += !n->use_now;
		return;
	}
	count_clocks(n->a, n->kind == N_KEYVALUE, callback, u);
	count_clocks(n->b, n->kind == N_ASSIGN && n->a->kind != N_NAME, callback, u);
	count_clocks(n->c, false, callback, u);
	for (uint32_t i = 0; i < n->n; i++) {
		bool value = n->helper && n->helper->id == HELPER_bpf_map_update_elem && i == 2;

		count_clocks(n->list[i], value, callback, u);
	}
}

static void forget_clocks(struct node *n)
{
	if (!n)
		return;
	n->use_now = false;
	for (uint32_t i = 0; i < node_parts(n); i++)
		forget_clocks(node_part(n, i));
}

/* Readings below @n that one reading would replace, those of helpers that take it included. */
static unsigned int uses_below(const struct node *n)
{
	unsigned int sum;

	if (!n || n->loop)
		return 0;
	sum = n->use_now;
	if (n->callee && n->callee->takes_now)
		sum += MAX(n->callee->clock_stores, 1u);
	for (uint32_t i = 0; i < node_parts(n); i++)
		sum += uses_below(node_part(n, i));
	return sum;
}

static struct node *block_with_all(struct node *n, unsigned int all);

static struct node *find_block(struct node *n, unsigned int all)
{
	if (!n || uses_below(n) < all)
		return NULL;
	if (n->kind == N_BLOCK)
		return block_with_all(n, all);
	for (uint32_t i = 0; i < node_parts(n); i++) {
		struct node *found = find_block(node_part(n, i), all);

		if (found)
			return found;
	}
	return NULL;
}

/* The innermost block that holds all @all uses. */
static struct node *block_with_all(struct node *n, unsigned int all)
{
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *inner = find_block(n->list[i], all);

		if (inner)
			return inner;
	}
	return n;
}

static void place_reading(struct honey *h, struct inst *inst)
{
	unsigned int all = uses_below(inst->body);
	struct node *block;

	if (!all)
		return;
	block = block_with_all(inst->body, all);
	for (uint32_t i = 0; i < block->n; i++) {
		if (!uses_below(block->list[i]))
			continue;
		block->list[i]->read_now = true;
		remark(h, OPT_REUSE_CLOCK, block->list[i]->span,
		       fmt(h, "one reading before this serves %u", all));
		break;
	}
}

static void mark_timed(struct node *n)
{
	if (!n || n->loop)
		return;
	if (n->callee)
		n->callee->timed = true;
	for (uint32_t i = 0; i < node_parts(n); i++)
		mark_timed(node_part(n, i));
}

/* Only handlers outside callbacks have a reading to give; the others' calls need the variant
 * without. */
static void mark_plain(const struct inst *inst, struct node *n, bool in_callback)
{
	bool callback = in_callback || (n && n->loop);

	if (!n)
		return;
	if (n->callee && n->callee->takes_now && (!inst->is_handler || in_callback))
		n->callee->plain = true;
	for (uint32_t i = 0; i < node_parts(n); i++)
		mark_plain(inst, node_part(n, i), callback);
}

/* One reading alone stays where it is. */
static void call_plain(struct node *n)
{
	if (!n)
		return;
	n->use_now = false;
	if (n->callee && n->callee->takes_now)
		n->callee->plain = true;
	for (uint32_t i = 0; i < node_parts(n); i++)
		call_plain(node_part(n, i));
}

static void reuse_clock(struct honey *h)
{
	for (uint32_t i = 0; i < h->n_insts; i++) {
		struct inst *inst = h->insts[i];
		struct clock_uses u = {0};

		count_clocks(inst->body, false, false, &u);
		inst->clock_stores = u.stored;
		inst->takes_now = !inst->is_handler && !inst->uncalled && u.stored && !u.other;
		if (!inst->is_handler && !inst->takes_now)
			forget_clocks(inst->body);
	}
	for (uint32_t i = 0; i < h->n_insts; i++)
		mark_plain(h->insts[i], h->insts[i]->body, false);
	for (uint32_t i = 0; i < h->n_insts; i++) {
		struct inst *inst = h->insts[i];
		unsigned int all = inst->is_handler ? uses_below(inst->body) : 0;

		if (all > 1) {
			place_reading(h, inst);
			mark_timed(inst->body);
		} else if (all) {
			call_plain(inst->body);
		}
	}
	for (uint32_t i = 0; i < h->n_insts; i++)
		h->insts[i]->takes_now &= h->insts[i]->timed;
}

void opt_module(struct honey *h)
{
	for (uint32_t i = 0; i < h->n_insts; i++) {
		each_node(h, h->insts[i]->body, mark_update);
		if (h->opt.optimise[OPT_EXACT_RECORD])
			shorten_records(h, h->insts[i]);
	}
	if (h->opt.optimise[OPT_REUSE_CLOCK])
		reuse_clock(h);
}
