/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flow through calls: what they do to ring records and map elements; and what looks like a mistake.
 */
#include "lib/base.h"
#include "honey/check.h"

#include <string.h>

#include "honey/helpers.h"

static void forget_elements(struct check *c, const struct map *m)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++)
		if (!m || c->flow.v[i].map == m)
			c->flow.v[i].map = NULL;
}

void check_fields_set(struct check *c, struct node *n, struct var *v, const struct vstate *s)
{
	struct strct *st = v->type->strct;

	for (uint32_t i = 0; st && i < st->n_fields; i++) {
		if (s->fields >> i & 1)
			continue;
		v->zero_all = true;
		check_error(c, W011, n->span, st->fields[i].span, "declared here",
			    fmt(c->h, "set it: %s.%s = 0", v->name->s, st->fields[i].name->s),
			    fmt(c->h, "%s.%s is not set on every path; the record is zeroed first",
				v->name->s, st->fields[i].name->s));
		return;
	}
}

static void give_back(struct check *c, struct node *n)
{
	struct node *rec = n->list[0];

	check_expr(c, rec);
	if (rec->kind != N_NAME || !rec->var || rec->type->kind != T_RECORD)
		return;
	if (n->helper->id == HELPER_bpf_ringbuf_submit && !rec->var->is_param)
		check_fields_set(c, n, rec->var, check_state(c, rec->var));
	check_state(c, rec->var)->may = MAY_DONE;
	c->given_back = n->span;
}

static bool same_key(struct check *c, const struct vstate *s, const struct node *key)
{
	uint64_t k;

	if (s->key)
		return key->kind == N_NAME && key->var == s->key;
	return const_eval(c->h, key, &k) && k == s->key_value;
}

/* An update whose element was looked up before: stored into itself, or could be stored in place. */
static void check_update(struct check *c, struct node *n)
{
	struct node *value = n->list[2];
	uint64_t flags = n->n > 3 ? n->list[3]->value : 0;

	n->self_update = false;
	n->in_place = NULL;
	if (!n->map || (n->n > 3 && n->list[3]->kind != N_ATOM && n->list[3]->kind != N_INT) ||
	    flags == 1)
		return;
	for (uint32_t i = 0; i < c->inst->n_vars; i++) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (s->map != n->map || s->may != MAY_VALID || v->loop != c->loop || v->mixed ||
		    !same_key(c, s, n->list[1]))
			continue;
		if (v->type->kind == T_POINTER && value->kind == N_NAME && value->var == v) {
			n->self_update = true;
			check_error(
				c, W004, n->span, v->span, "looked up here",
				"leave the update out; -O does (elide-self-update)",
				fmt(c->h,
				    "%s is the map's own element: its changes are stored already",
				    v->name->s));
		} else if (v->type->kind == T_OPTION && type_is_number(value->type)) {
			n->in_place = v;
		}
	}
}

static void local_call(struct check *c, struct node *n)
{
	const struct inst *callee = n->callee;

	for (uint32_t i = 0; i < n->n; i++) {
		struct node *arg = n->list[i];
		uint8_t end;

		check_expr(c, arg);
		if (!callee || arg->kind != N_NAME || arg->type->kind != T_RECORD || !arg->var)
			continue;
		end = callee->param_exit ? callee->param_exit[callee->params[i]->index] : MAY_VALID;
		if (end == (MAY_VALID | MAY_DONE))
			check_error(c, H031, arg->span, callee->func->span, "by this helper",
				    "give it back on all of the helper's paths or on none",
				    fmt(c->h, "%s is given back on some paths only", arg->name->s));
		/* What the helper sets is not known here: zeroing first is safe. */
		c->quiet++;
		if ((end & MAY_DONE) && !arg->var->is_param)
			check_fields_set(c, n, arg->var, check_state(c, arg->var));
		c->quiet--;
		check_state(c, arg->var)->may = end & MAY_DONE ? MAY_DONE : MAY_VALID;
		check_state(c, arg->var)->fields = UINT64_MAX;
		if (end & MAY_DONE)
			c->given_back = n->span;
	}
	if (callee && callee->deletes_map) {
		c->inst->deletes_map = true;
		forget_elements(c, NULL);
	}
}

static void fill_field(struct check *c, struct node *out)
{
	if (out->kind != N_FIELD || !out->field || out->a->kind != N_NAME || !out->a->var ||
	    out->a->type->kind != T_RECORD)
		return;
	check_state(c, out->a->var)->fields |= 1ULL << out->field->index;
}

void check_call(struct check *c, struct node *n)
{
	const char *code;

	if (!n->helper) {
		if (n->callee || n->name->func)
			local_call(c, n);
		return;
	}
	if (n->helper->id == HELPER_bpf_ringbuf_submit ||
	    n->helper->id == HELPER_bpf_ringbuf_discard) {
		if (n->n)
			give_back(c, n);
		return;
	}
	code = n->helper->args;
	for (uint32_t i = 0; i < n->n; i++, code++) {
		struct node *arg = n->list[i];

		if (*code == '?')
			code++;
		if (*code == 'F') {
			if (n->loop)
				check_callback(c, n);
		} else if (n->helper->id == HELPER_bpf_printk && arg->kind == N_LIST) {
			for (uint32_t k = 0; k < arg->n; k++)
				check_expr(c, arg->list[k]);
			break;
		} else if (arg->type && arg->type->kind != T_MAP) {
			check_expr(c, arg);
		}
		if (*code == 'o')
			fill_field(c, arg);
		if (*code == '*')
			code--;
	}
	if (n->helper->id == HELPER_bpf_map_update_elem && n->n >= 3)
		check_update(c, n);
	if (n->helper->id == HELPER_bpf_map_delete_elem) {
		c->inst->deletes_map = true;
		forget_elements(c, n->map);
	}
}

/* --- what looks like a mistake --- */

static bool same_text(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case N_NAME: return a->var == b->var && a->name == b->name;
	case N_INT: return a->value == b->value;
	case N_FIELD: return a->name == b->name && same_text(a->a, b->a);
	case N_INDEX: return same_text(a->a, b->a) && same_text(a->b, b->b);
	default: return false;
	}
}

/* Does the condition, being @truth, say that @big >= @small? */
static bool says(const struct node *cond, bool truth, const struct node *big,
		 const struct node *small, int depth)
{
	bool forward, backward;

	if (depth > 16)
		return false;
	if (cond->kind == N_UNARY && cond->op == OP_NOT)
		return says(cond->a, !truth, big, small, depth + 1);
	if (cond->kind != N_BINARY)
		return false;
	if (cond->op == (truth ? OP_AND : OP_OR))
		return says(cond->a, truth, big, small, depth + 1) ||
		       says(cond->b, truth, big, small, depth + 1);
	forward = truth ? cond->op == OP_GE || cond->op == OP_GT || cond->op == OP_EQ
			: cond->op == OP_LT || cond->op == OP_LE;
	backward = truth ? cond->op == OP_LE || cond->op == OP_LT || cond->op == OP_EQ
			 : cond->op == OP_GT || cond->op == OP_GE;
	return (forward && same_text(cond->a, big) && same_text(cond->b, small)) ||
	       (backward && same_text(cond->b, big) && same_text(cond->a, small));
}

/* Clocks do not run backwards: reading minus earlier reading is fine. */
static bool is_clock(const struct node *n)
{
	return (n->kind == N_NAME && n->var && n->var->from_clock) ||
	       (n->kind == N_CALL && n->helper && n->helper->id == HELPER_bpf_ktime_get_ns);
}

void check_underflow(struct check *c, struct node *n)
{
	if (n->type->kind != T_INT || n->type->sgn || n->b->kind == N_INT || is_clock(n->a) ||
	    (n->a->kind != N_NAME && n->a->kind != N_FIELD))
		return;
	for (const struct fact *f = c->facts; f; f = f->next)
		if (says(f->cond, f->truth, n->a, n->b, 0))
			return;
	check_error(c, W005, n->span, n->span, NULL, "test it first: if a >= b do ... a - b",
		    "this subtraction wraps to a huge number when the right side is larger");
}

void check_unused(struct check *c)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++) {
		struct var *v = c->inst->vars[i];

		if (v->used || v->is_param || v->is_counter || v->name->s[0] == '_' ||
		    v->type->kind == T_ERROR || v->type->kind == T_RECORD)
			continue;
		diag_at(c->h, W008, v->span, fmt(c->h, "leave it out, or call it _%s", v->name->s),
			"%s is never used", v->name->s);
	}
}
