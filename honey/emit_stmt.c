/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Statements to C: blocks, branches, loops, returns. */
#include "lib/base.h"
#include "honey/emit.h"

#include <inttypes.h>
#include <string.h>

void emit_value_to(struct emit *e, struct node *n, const char *target, const struct type *t)
{
	const char *text;

	if (n->kind == N_IF || n->kind == N_CASE) {
		const char *old = e->inst->c_target;
		const struct type *old_type = e->inst->c_target_type;

		e->inst->c_target = target;
		e->inst->c_target_type = t;
		emit_stmt(e, n);
		e->inst->c_target = old;
		e->inst->c_target_type = old_type;
		return;
	}
	if (n->kind == N_BLOCK) {
		emit_loads(e, n->loads);
		for (uint32_t i = 0; i < n->n; i++) {
			if (i + 1 == n->n && n->list[i]->kind != N_RETURN) {
				e->span = n->list[i]->span;
				emit_value_to(e, n->list[i], target, t);
			} else {
				emit_stmt(e, n->list[i]);
			}
		}
		return;
	}
	text = type_is_nilable(t) ? emit_ptr(e, n) : emit_text(e, n, PREC_TERNARY);
	if (!strcmp(target, "return"))
		emit_line(e, "return %s;", text);
	else
		emit_line(e, "%s = %s;", target, text);
}

/* The statements of a block, braces and indent are the caller's. */
void emit_block(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target;

	emit_open(e);
	if (target && n->want_tail) {
		e->inst->c_target = NULL;
		emit_value_to(e, n, target, e->inst->c_target_type);
		e->inst->c_target = target;
	} else {
		e->inst->c_target = NULL;
		emit_loads(e, n->loads);
		for (uint32_t i = 0; i < n->n; i++)
			emit_stmt(e, n->list[i]);
		e->inst->c_target = target;
	}
	emit_close(e);
}

static bool is_else_if(const struct node *c)
{
	return c->n == 1 && c->list[0]->kind == N_IF && !c->loads &&
	       !emit_needs_stmts(c->list[0]->a) && !c->list[0]->read_now;
}

static void emit_if(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target, *word = "if";

	for (;;) {
		const char *cond;

		e->inst->c_target = NULL;
		cond = n->negated ? emit_not(e, n->a) : emit_cond(e, n->a);
		e->inst->c_target = target;
		emit_line(e, "%s (%s) {", word, cond);
		n->b->want_tail = n->want;
		emit_block(e, n->b);
		if (!n->c || !is_else_if(n->c) || n->c->list[0]->loads_after || n->else_loads)
			break;
		n->c->list[0]->want = n->want;
		n = n->c->list[0];
		e->span = n->a->span;
		word = "} else if";
	}
	if (n->c && (n->c->n || n->c->loads)) {
		emit_line(e, "} else {");
		n->c->want_tail = n->want;
		emit_block(e, n->c);
	} else if (n->else_loads) {
		emit_line(e, "} else {");
		emit_open(e);
		emit_loads(e, n->else_loads);
		emit_close(e);
	}
	emit_line(e, "}");
	emit_loads(e, n->loads_after);
}

/* A case label needs braces where its statements declare something. */
static bool needs_scope(const struct node *block)
{
	if (block->loads)
		return true;
	for (uint32_t i = 0; i < block->n; i++) {
		const struct node *s = block->list[i];

		if (s->kind == N_IF && !emit_needs_stmts(s->a) && !s->loads_after)
			continue;
		if (s->kind == N_ASSIGN && s->a->kind != N_NAME && !emit_needs_stmts(s->b))
			continue;
		if (s->kind == N_RETURN && !emit_needs_stmts(s->a))
			continue;
		if (s->kind == N_ASSIGN || emit_needs_stmts(s) || s->read_now)
			return true;
	}
	return false;
}

static void emit_case(struct emit *e, struct node *n)
{
	const char *target = e->inst->c_target, *brace;

	e->inst->c_target = NULL;
	emit_line(e, "switch (%s) {", emit_text(e, n->a, PREC_TERNARY));
	e->inst->c_target = target;
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *c = n->list[i];

		e->span = c->a->span;
		brace = needs_scope(c->c) ? " {" : "";
		if (c->a->kind == N_NAME)
			emit_line(e, "default:%s", brace);
		else
			emit_line(e, "case %s:%s", emit_text(e, c->a, PREC_TERNARY), brace);
		c->c->want_tail = n->want;
		emit_block(e, c->c);
		e->indent++;
		if (!block_returns(c->c))
			emit_line(e, "break;");
		e->indent--;
		if (*brace)
			emit_line(e, "}");
	}
	emit_line(e, "}");
}

static void emit_for(struct emit *e, struct node *n)
{
	uint64_t from = 0, to = 0, step = 1;
	const char *i, *next;
	bool down;

	const_eval(e->h, n->a->a, &from);
	const_eval(e->h, n->a->b, &to);
	if (n->a->c)
		const_eval(e->h, n->a->c, &step);
	down = (int64_t)step < 0;
	emit_open(e);
	e->indent--;
	emit_head_var(e, n->var);
	i = n->var->c_name;
	next = step == 1 ? fmt(e->h, "%s++", i)
			 : fmt(e->h, "%s %s= %" PRId64, i, down ? "-" : "+",
			       down ? -(int64_t)step : (int64_t)step);
	emit_line(e, "for (%s %s = %" PRId64 "; %s %s= %" PRId64 "; %s) {",
		  type_c(e->h, n->var->type), i, (int64_t)from, i, down ? ">" : "<", (int64_t)to,
		  next);
	emit_block(e, n->b);
	emit_line(e, "}");
	e->indent++;
	emit_close(e);
}

static void emit_return(struct emit *e, struct node *n)
{
	uint64_t k = 0;

	if (e->loop) {
		if (n->a)
			const_eval(e->h, n->a, &k);
		emit_line(e, "return %u;", (unsigned int)k);
	} else if (!e->inst->want && !e->inst->is_handler) {
		if (n->a && n->a->kind == N_CALL)
			emit_stmt(e, n->a);
		emit_line(e, "return;");
	} else if (!n->a || !e->inst->want) {
		emit_line(e, "return 0;");
	} else {
		emit_value_to(e, n->a, "return", e->inst->result);
	}
}

void emit_tail(struct emit *e, struct node *n)
{
	if (n->kind == N_RETURN) {
		emit_stmt(e, n);
		return;
	}
	e->span = n->span;
	if (n->kind == N_IF || n->kind == N_CASE) {
		emit_value_to(e, n, "return", e->inst->result);
		/* A case without default falls out of its switch. */
		if (n->kind == N_CASE)
			emit_line(e, "return 0;");
		return;
	}
	if (n->kind == N_ASSIGN) {
		emit_stmt(e, n);
		n = n->a;
	}
	emit_value_to(e, n, "return", e->inst->result);
}

static void read_clock(struct emit *e)
{
	e->now = emit_unique(e, "now");
	emit_line(e, "__u64 %s = bpf_ktime_get_ns();", e->now);
}

void emit_stmt(struct emit *e, struct node *n)
{
	e->span = n->span;
	if (n->read_now)
		read_clock(e);
	if (n->elide)
		return;
	switch (n->kind) {
	case N_ASSIGN:
		if (n->a->kind == N_NAME)
			emit_assign_var(e, n, n->a->var);
		else
			emit_assign_memory(e, n);
		return;
	case N_IF: emit_if(e, n); return;
	case N_CASE: emit_case(e, n); return;
	case N_FOR: emit_for(e, n); return;
	case N_EACH: emit_each(e, n); return;
	case N_RETURN: emit_return(e, n); return;
	case N_BLOCK:
		emit_line(e, "{");
		emit_block(e, n);
		emit_line(e, "}");
		return;
	case N_CALL: {
		const char *s = emit_expr(e, n).s;

		if (*s)
			emit_line(e, n->helper || n->callee ? "%s;" : "(void)(%s);", s);
		return;
	}
	case N_INT:
	case N_NAME:
	case N_BOOL:
	case N_NIL:
	case N_ATOM:
	case N_STRING:
	case N_FN: return;
	default: emit_line(e, "(void)(%s);", emit_expr(e, n).s); return;
	}
}
