/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flow: what may be nil, what became of ring records, where snapshots are taken. The state of each
 * variable is carried through the body, split at conditions and joined after them; loops run until
 * it does not change. What a later pass needs (loads, self updates) is left on the nodes.
 */
#include "lib/base.h"
#include "honey/check.h"

#include "honey/helpers.h"
#include "honey/passes.h"

struct vstate *check_state(struct check *c, const struct var *v)
{
	return &c->flow.v[v->index];
}

void check_error(struct check *c, enum diag_code code, struct span at, struct span note_at,
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

void check_expr(struct check *c, struct node *n)
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

void check_block(struct check *c, struct node *n)
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
		flow_copy(c, &no, &c->flow);
		check_expr(c, n->b);
		flow_merge(c, &c->flow, &no);
		return;
	}
	if (n->op == OP_AND || n->op == OP_OR || n->op == OP_EQ || n->op == OP_NE) {
		if (n->op == OP_AND || n->op == OP_OR || n->a->type->kind == T_NIL ||
		    n->b->type->kind == T_NIL) {
			check_cond(c, n, &no);
			flow_merge(c, &c->flow, &no);
			return;
		}
	}
	check_expr(c, n->a);
	check_expr(c, n->b);
	if (n->op == OP_SUB)
		check_underflow(c, n);
}

/* Evaluates @n, whose own value may be nil. */
void check_nilable(struct check *c, struct node *n)
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
			flow_merge(c, &c->flow, &no);
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
	flow_init(&c, &c.flow);
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
