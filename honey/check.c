/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow: what may be nil, what became of ring records, where snapshots are taken.
 *
 * A struct flow holds what is known of each variable at a point. It is carried through the body in
 * the order of execution: check_cond() splits it into a state for "true" and one for "false",
 * flow_merge() joins two ways, loops run until the state does not widen any more and then once more
 * to report. A branch that always leaves makes its state dead, and a dead state says nothing.
 *
 * What a later pass needs is left on the nodes: ->loads (variables that have just become known not
 * to be nil: a number is copied here, a record's tail zeroed), ->self_update and ->in_place of
 * updates. Conditions known to hold are kept as facts, for the warning about subtractions.
 */
#include "lib/base.h"
#include "honey/flow.h"

#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/facts.h"

#include "honey/helpers.h"
#include "honey/honey.h"
#include "honey/inst.h"
#include "honey/passes.h"

struct check {
	struct honey *h;
	struct inst *inst;
	struct flow flow;
	struct loop *loop;
	struct fact *facts;
	struct span given_back; /* of the last submit or discard */
	unsigned int quiet;
};

/* Evaluates @n. check_nilable(): its own value may be nil. */
static void check_expr(struct check *c, struct node *n);
static void check_nilable(struct check *c, struct node *n);
/* Evaluates @n; afterwards c->flow is the state if it is true, @no the state if not. */
static void check_cond(struct check *c, struct node *n, struct flow *no);
static void check_if(struct check *c, struct node *n);
static void check_case(struct check *c, struct node *n);
static void check_loop(struct check *c, struct node *body);
static void check_callback(struct check *c, struct node *n);
static void check_call(struct check *c, struct node *n);
static void check_underflow(struct check *c, struct node *n);
static void check_fields_set(struct check *c, struct node *n, struct var *v,
			     const struct vstate *s);
static void check_unused(struct check *c);

/* --- snapshots --- */

/* Does knowing that @v is not nil need a statement? */
static bool needs_load(const struct var *v)
{
	return v->type->kind == T_RECORD || (v->type->kind == T_OPTION && v->value_used);
}

/* @v is loaded from here on; where that takes a statement, it goes in front of @list. */
static void add_load(struct check *c, struct var_list **list, struct var *v, struct vstate *s)
{
	struct var_list *l;

	s->loaded = true;
	if (!needs_load(v))
		return;
	l = arena_new(&c->h->arena, struct var_list);
	l->var = v;
	l->next = *list;
	*list = l;
}

static struct var_list *check_edge_loads(struct check *c)
{
	struct var_list *list = NULL;

	for (uint32_t i = c->inst->n_vars; i-- > 0 && !c->flow.dead;) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (s->may == MAY_VALID && !s->loaded && v->loop == c->loop)
			add_load(c, &list, v, s);
	}
	return list;
}

static void check_hoist(struct var_list *l)
{
	for (; l; l = l->next)
		l->var->hoist = true;
}

static void check_hoist_joined(struct check *c, const struct flow *before)
{
	for (uint32_t i = 0; i < c->inst->n_vars && !c->flow.dead; i++)
		if (c->flow.v[i].loaded && !before->v[i].loaded)
			c->inst->vars[i]->hoist = true;
}

static struct var_list *check_missing_loads(struct check *c, struct flow *side,
					    const struct flow *other)
{
	struct var_list *list = NULL;

	for (uint32_t i = 0; i < c->inst->n_vars && !side->dead && !other->dead; i++) {
		struct vstate *s = &side->v[i];

		if (s->may == MAY_VALID && !s->loaded && other->v[i].loaded &&
		    other->v[i].may == MAY_VALID)
			add_load(c, &list, c->inst->vars[i], s);
	}
	return list;
}

/* --- expressions and statements --- */

static struct vstate *check_state(struct check *c, const struct var *v)
{
	return &c->flow.v[v->index];
}

static void check_error(struct check *c, enum diag_code code, struct span at, struct span note_at,
			const char *note, const char *help, const char *text)
{
	struct diag d = {.code = code,
			 .span = at,
			 .text = text,
			 .help = help,
			 .note_span = note_at,
			 .note = note};

	if (!c->quiet && !c->flow.dead)
		diag_report(c->h, &d);
}

static void nil_error(struct check *c, const struct node *n)
{
	const char *name = n->kind == N_NAME ? n->name->s : NULL;
	struct type *t = n->type;

	if (name)
		check_error(c, H030, n->span, n->var->span, "it may be nil since here",
			    fmt(c->h, "use it inside: if %s != nil do ... end", name),
			    fmt(c->h, "%s may be nil here", name));
	else
		check_error(c, H030, n->span, n->span, NULL,
			    "keep it in a variable and check that for nil",
			    t->kind == T_RECORD ? "the reserved record may be nil"
						: "the result of the lookup may be nil");
}

/* @n is used as the thing itself: it must not be nil, nor given back already. */
static void need_valid(struct check *c, const struct node *n)
{
	struct vstate *s;

	if (!type_is_nilable(n->type) || n->type->kind == T_NIL)
		return;
	if (n->kind != N_NAME) {
		nil_error(c, n);
		return;
	}
	s = check_state(c, n->var);
	if (n->var->loop != c->loop && n->type->kind == T_RECORD) {
		check_error(c, H037, n->span, n->var->span, "reserved here",
			    "reserve and submit inside the iteration",
			    "a ring record cannot be used inside a callback");
	} else if (s->may & MAY_DONE) {
		check_error(c, H032, n->span, c->given_back, "given back here",
			    "move this before the submit",
			    fmt(c->h, "%s was already submitted or discarded", n->name->s));
		s->may = MAY_DONE;
		return;
	} else if (s->may & MAY_NIL) {
		nil_error(c, n);
	}
	s->may = MAY_VALID;
}

static void check_expr(struct check *c, struct node *n)
{
	check_nilable(c, n);
	need_valid(c, n);
}

static void leave(struct check *c, struct span at)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++) {
		struct var *v = c->inst->vars[i];
		struct vstate *s = &c->flow.v[i];

		if (v->type->kind != T_RECORD || c->flow.dead || (c->loop && v->loop != c->loop))
			continue;
		if (v->is_param) {
			c->inst->param_exit[i] |= s->may;
			continue;
		}
		if (!(s->may & MAY_VALID))
			continue;
		check_error(c, H031, v->origin ? v->origin->span : v->span, at,
			    "this path ends here",
			    fmt(c->h,
				"end every path with bpf_ringbuf_submit(%s, 0) or "
				"bpf_ringbuf_discard(%s, 0)",
				v->name->s, v->name->s),
			    s->may & MAY_DONE
				    ? fmt(c->h, "%s is not given back on every path", v->name->s)
				    : fmt(c->h, "%s is reserved but never given back", v->name->s));
		s->may = MAY_DONE;
	}
}

/* Records of a block's own that are still held when it ends cannot be given back any more. */
static void leave_block(struct check *c, const struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++) {
		const struct node *s = n->list[i];

		if (s->kind == N_ASSIGN && s->a->kind == N_NAME && s->a->var &&
		    s->a->var->type->kind == T_RECORD &&
		    s->a->var->span.start == s->a->span.start && c->loop)
			leave(c, n->span);
	}
}

static void check_block(struct check *c, struct node *n)
{
	struct fact *facts = c->facts;

	n->loads = check_edge_loads(c);
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *s = n->list[i];
		bool value = s->want && i + 1 == n->n;

		if (!c->flow.dead && s->kind == N_CALL && s->type->kind == T_RECORD && !value)
			check_error(c, H031, s->span, s->span, NULL,
				    "keep it: event = bpf_ringbuf_reserve(...)",
				    "the reserved record is dropped and never given back");
		check_nilable(c, s);
	}
	leave_block(c, n);
	c->facts = facts;
}

static void forget_key(struct check *c, const struct var *v)
{
	for (uint32_t i = 0; i < c->inst->n_vars && v->is_key; i++)
		if (c->flow.v[i].key == v)
			c->flow.v[i].map = NULL;
}

static void assign_state(struct check *c, struct var *v, struct node *value)
{
	struct vstate *s = check_state(c, v), from = {.may = MAY_NIL | MAY_VALID};
	struct node *key;
	uint64_t k;

	if (value->type->kind == T_NIL) {
		from.may = MAY_NIL;
	} else if (!type_is_nilable(value->type)) {
		from.may = MAY_VALID;
		from.loaded = true;
		v->hoist |= v->mixed;
	} else if (value->kind == N_NAME && value->var) {
		from = *check_state(c, value->var);
		from.loaded = v->type->kind == T_OPTION;
		if (v->type->kind == T_OPTION)
			from.may = MAY_VALID;
	} else if (value->callee) {
		from.may = value->callee->result_state ? value->callee->result_state
						       : MAY_NIL | MAY_VALID;
		/* A record that a helper reserved was zeroed there as needed. */
		from.loaded = value->type->kind == T_RECORD;
		from.fields = UINT64_MAX;
	} else if (value->helper && value->helper->result == 'L' && value->n == 2 && value->map) {
		key = value->list[1];
		if (key->kind == N_NAME && key->var) {
			from.map = value->map;
			from.key = key->var;
			key->var->is_key = true;
		} else if (const_eval(c->h, key, &k)) {
			from.map = value->map;
			from.key_value = k;
		}
	}
	*s = from;
}

static void check_assign(struct check *c, struct node *n)
{
	struct var *v;
	struct node *base;

	if (n->a->kind != N_NAME) {
		check_nilable(c, n->b);
		if (type_is_nilable(n->b->type))
			need_valid(c, n->b);
		for (base = n->a; base->kind == N_FIELD && base->a->kind == N_FIELD;)
			base = base->a;
		check_expr(c, n->a);
		if (base->kind == N_FIELD && base->field && base->a->kind == N_NAME &&
		    base->a->var && base->a->type->kind == T_RECORD)
			check_state(c, base->a->var)->fields |= 1ULL << base->field->index;
		return;
	}
	v = n->a->var;
	if (!v) {
		check_nilable(c, n->b);
		return;
	}
	/* The copy of a number needs the number; a pointer may be nil in both. */
	if (n->b->kind == N_NAME && n->b->type->kind == T_OPTION)
		check_expr(c, n->b);
	else
		check_nilable(c, n->b);
	if (v->loop != c->loop &&
	    (v->type->kind == T_OPTION || v->type->kind == T_POINTER || v->type->kind == T_RECORD))
		check_error(c, H037, n->a->span, v->span, "it lives outside",
			    "assign a number to a variable of its own",
			    fmt(c->h, "%s cannot be assigned inside a callback", v->name->s));
	if (v->type->kind == T_RECORD && (check_state(c, v)->may & MAY_VALID))
		check_error(c, H031, n->span, v->origin ? v->origin->span : v->span,
			    "reserved here", "submit or discard it first",
			    fmt(c->h, "%s still holds a record, which would be lost", v->name->s));
	forget_key(c, v);
	assign_state(c, v, n->b);
}

/* --- expressions --- */

static void check_return(struct check *c, struct node *n)
{
	if (n->a && !c->loop) {
		check_nilable(c, n->a);
		if (n->a->kind == N_NAME && n->a->var && type_is_nilable(n->a->type)) {
			c->inst->result_state |= check_state(c, n->a->var)->may;
			if (n->a->type->kind == T_RECORD) {
				c->quiet++;
				check_fields_set(c, n, n->a->var, check_state(c, n->a->var));
				c->quiet--;
				check_state(c, n->a->var)->may = MAY_DONE;
			}
		} else if (type_is_nilable(n->a->type)) {
			c->inst->result_state |=
				n->a->type->kind == T_NIL ? MAY_NIL : MAY_NIL | MAY_VALID;
		} else {
			c->inst->result_state |= MAY_VALID;
		}
	}
	leave(c, n->span);
	c->flow.dead = true;
}

static void check_binary(struct check *c, struct node *n)
{
	struct flow no;

	if (n->op == OP_OR && n->type->kind != T_BOOL) { /* value || default */
		check_nilable(c, n->a);
		flow_copy(&no, &c->flow);
		check_expr(c, n->b);
		flow_merge(&c->flow, &no);
		return;
	}
	if (n->op == OP_AND || n->op == OP_OR || n->op == OP_EQ || n->op == OP_NE) {
		if (n->op == OP_AND || n->op == OP_OR || n->a->type->kind == T_NIL ||
		    n->b->type->kind == T_NIL) {
			check_cond(c, n, &no);
			flow_merge(&c->flow, &no);
			return;
		}
	}
	check_expr(c, n->a);
	check_expr(c, n->b);
	if (n->op == OP_SUB)
		check_underflow(c, n);
}

/* Evaluates @n, whose own value may be nil. */
static void check_nilable(struct check *c, struct node *n)
{
	struct flow no;

	switch (n->kind) {
	case N_ASSIGN: check_assign(c, n); break;
	case N_IF: check_if(c, n); break;
	case N_CASE: check_case(c, n); break;
	case N_BLOCK: check_block(c, n); break;
	case N_RETURN: check_return(c, n); break;
	case N_FOR: check_loop(c, n->b); break;
	case N_EACH:
		if (n->loop)
			check_callback(c, n);
		break;
	case N_CALL: check_call(c, n); break;
	case N_BINARY: check_binary(c, n); break;
	case N_UNARY:
		if (n->op == OP_NOT) {
			check_cond(c, n, &no);
			flow_merge(&c->flow, &no);
		} else {
			check_expr(c, n->a);
		}
		break;
	case N_FIELD: check_expr(c, n->a); break;
	case N_INDEX:
		check_expr(c, n->a);
		check_expr(c, n->b);
		break;
	case N_STRUCT:
		for (uint32_t i = 0; i < n->n; i++)
			if (n->list[i]->kind == N_KEYVALUE)
				check_expr(c, n->list[i]->a);
		break;
	default: break;
	}
}

static void check_instance(struct honey *h, struct inst *inst)
{
	struct check c = {.h = h, .inst = inst};
	struct node *last = inst->body->n ? inst->body->list[inst->body->n - 1] : NULL;

	if (inst->n_vars > HONEY_MAX_VARS) {
		diag_at(h, H007, inst->func->span, "split it into helpers",
			"more than %d variables in one function", HONEY_MAX_VARS);
		return;
	}
	flow_init(&c.flow, inst->n_vars);
	inst->param_exit = arena_array(&h->arena, uint8_t, inst->n_vars + 1);
	for (uint32_t i = 0; i < inst->func->n_params; i++) {
		c.flow.v[inst->params[i]->index] =
			(struct vstate){.may = MAY_VALID, .loaded = true};
	}
	check_block(&c, inst->body);
	if (!c.flow.dead && last && inst->want_last && last->kind != N_RETURN) {
		struct node ret = {.kind = N_RETURN, .span = last->span};

		if (last->kind == N_NAME || type_is_nilable(last->type)) {
			ret.a = last;
			c.quiet++;
			check_return(&c, &ret);
			c.quiet--;
			c.flow.dead = false;
			if (!type_is_nilable(inst->result))
				need_valid(&c, last);
		} else {
			inst->result_state |= MAY_VALID;
		}
	}
	leave(&c, last ? last->span : inst->func->span);
	flow_free(&c.flow);
	check_unused(&c);
}

void check_module(struct honey *h)
{
	for (uint32_t i = 0; i < h->n_insts; i++)
		check_instance(h, h->insts[i]);
}

/* --- calls --- */

static void forget_elements(struct check *c, const struct map *m)
{
	for (uint32_t i = 0; i < c->inst->n_vars; i++)
		if (!m || c->flow.v[i].map == m)
			c->flow.v[i].map = NULL;
}

static void check_fields_set(struct check *c, struct node *n, struct var *v, const struct vstate *s)
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

static void check_call(struct check *c, struct node *n)
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

/* Clocks do not run backwards: reading minus earlier reading is fine. */
static bool is_clock(const struct node *n)
{
	return (n->kind == N_NAME && n->var && n->var->from_clock) ||
	       (n->kind == N_CALL && n->helper && n->helper->id == HELPER_bpf_ktime_get_ns);
}

static void check_underflow(struct check *c, struct node *n)
{
	__int128 k;

	if (!type_is_number(n->type) || n->type->sgn || const_exact(c->h, n, &k) ||
	    is_clock(n->a) || (const_exact(c->h, n->b, &k) && k <= 0))
		return;
	if (facts_order(c->h, c->facts, n->a, n->b))
		return;
	check_error(c, W005, n->span, n->span, NULL, "test it first: if a >= b do ... a - b",
		    "this subtraction wraps to a huge number when the right side is larger");
}

static void check_unused(struct check *c)
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

/* --- where ways part and join --- */

static void refine(struct check *c, struct var *v, struct flow *no, bool nil_when_true)
{
	struct vstate *yes = check_state(c, v), *other = &no->v[v->index];

	yes->may &= nil_when_true ? MAY_NIL : (uint8_t)~MAY_NIL;
	other->may &= nil_when_true ? (uint8_t)~MAY_NIL : MAY_NIL;
}

static struct var *tested_var(const struct node *n)
{
	if (n->kind == N_ASSIGN)
		n = n->a;
	return n->kind == N_NAME ? n->var : NULL;
}

/* The test of @n against nil; after it c->flow holds when true, @no when not. */
static void nil_test(struct check *c, struct node *n, struct node *at, struct flow *no,
		     bool nil_when_true)
{
	struct var *v = tested_var(n);
	struct vstate *s;

	check_nilable(c, n);
	flow_copy(no, &c->flow);
	if (!v || !type_is_nilable(v->type) || v->type->kind == T_NIL)
		return;
	s = check_state(c, v);
	if (v->loop != c->loop)
		check_error(c, H037, at->span, v->span, "looked up here",
			    "check it before the iteration",
			    fmt(c->h, "%s is tested for nil inside a callback", v->name->s));
	if (s->may & MAY_DONE)
		check_error(c, H032, at->span, c->given_back, "given back here", NULL,
			    fmt(c->h, "%s was already submitted or discarded", v->name->s));
	else if (s->may == MAY_VALID || s->may == MAY_NIL)
		check_error(c, W012, at->span, v->span, "its value comes from here",
			    "leave the test out",
			    fmt(c->h, "%s is %s nil here", v->name->s,
				s->may == MAY_NIL ? "always" : "never"));
	if (s->may == (MAY_NIL | MAY_VALID))
		refine(c, v, no, nil_when_true);
}

static void check_cond(struct check *c, struct node *n, struct flow *no)
{
	struct flow first;

	if (n->kind == N_UNARY && n->op == OP_NOT) {
		check_cond(c, n->a, no);
		flow_swap(&c->flow, no);
	} else if (n->kind == N_BINARY && (n->op == OP_AND || n->op == OP_OR) &&
		   n->type->kind == T_BOOL) {
		check_cond(c, n->a, &first);
		if (n->op == OP_OR)
			flow_swap(&c->flow, &first);
		n->b->loads = check_edge_loads(c);
		check_hoist(n->b->loads);
		check_cond(c, n->b, no);
		flow_merge(n->op == OP_AND ? no : &c->flow, &first);
	} else if (n->kind == N_BINARY && (n->op == OP_EQ || n->op == OP_NE) &&
		   (n->a->type->kind == T_NIL || n->b->type->kind == T_NIL)) {
		nil_test(c, n->a->type->kind == T_NIL ? n->b : n->a, n, no, n->op == OP_EQ);
	} else if (type_is_nilable(n->type) && n->type->kind != T_NIL) {
		nil_test(c, n, n, no, false);
	} else {
		check_expr(c, n);
		flow_copy(no, &c->flow);
		if (n->kind == N_BOOL) {
			c->flow.dead |= !n->value;
			no->dead |= n->value;
		}
	}
}

static void add_fact(struct check *c, const struct node *cond, bool truth)
{
	struct fact *f = arena_new(&c->h->arena, struct fact);

	*f = (struct fact){cond, truth, c->facts};
	c->facts = f;
}

static void check_if(struct check *c, struct node *n)
{
	struct fact *facts = c->facts;
	struct flow no, before;
	bool then_dead;

	flow_copy(&before, &c->flow);
	check_cond(c, n->a, &no);
	if (n->negated)
		flow_swap(&c->flow, &no);
	add_fact(c, n->a, !n->negated);
	check_block(c, n->b);
	c->facts = facts;
	then_dead = c->flow.dead;
	n->else_loads = n->loads_after = NULL;
	if (n->c) {
		flow_swap(&c->flow, &no);
		add_fact(c, n->a, n->negated);
		check_block(c, n->c);
		c->facts = facts;
		if (c->flow.dead && !then_dead)
			add_fact(c, n->a, !n->negated);
	} else if (!then_dead) {
		n->else_loads = check_missing_loads(c, &no, &c->flow);
	}
	flow_merge(&c->flow, &no);
	check_hoist_joined(c, &before);
	if (then_dead) {
		if (!n->c)
			n->loads_after = check_edge_loads(c);
		add_fact(c, n->a, n->negated);
	}
	flow_free(&before);
}

static void check_case(struct check *c, struct node *n)
{
	struct flow before, out;
	bool has_default = false;

	check_expr(c, n->a);
	flow_copy(&before, &c->flow);
	flow_copy(&out, &c->flow);
	out.dead = true;
	for (uint32_t i = 0; i < n->n; i++) {
		flow_free(&c->flow);
		flow_copy(&c->flow, &before);
		check_block(c, n->list[i]->c);
		flow_merge(&out, &c->flow);
		has_default |= n->list[i]->a->kind == N_NAME;
	}
	if (has_default)
		before.dead = true;
	flow_copy(&c->flow, &before);
	flow_merge(&c->flow, &out);
	check_hoist_joined(c, &before);
	flow_free(&before);
}

/* Runs @body from ever wider states until they do not widen, then once more to report. */
static void check_loop(struct check *c, struct node *body)
{
	struct flow start, again;

	c->quiet++;
	for (int i = 0; i < 4; i++) {
		flow_copy(&start, &c->flow);
		check_block(c, body);
		flow_copy(&again, &start);
		flow_merge(&again, &c->flow);
		c->flow = again;
		if (flow_equal(&c->flow, &start)) {
			flow_free(&start);
			break;
		}
		flow_free(&start);
	}
	c->quiet--;
	flow_copy(&start, &c->flow);
	check_block(c, body);
	flow_merge(&start, &c->flow);
	c->flow = start;
}

static void check_callback(struct check *c, struct node *n)
{
	struct loop *outer = c->loop;
	struct var *v = n->loop->value, *k = n->loop->counter;

	if (v)
		check_state(c, v)->may = MAY_VALID;
	if (k)
		check_state(c, k)->may = MAY_VALID;
	c->loop = n->loop;
	check_loop(c, n->loop->body);
	c->loop = outer;
}
