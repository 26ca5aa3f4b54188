/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names and types of a function's body. '=' on a variable of an outer block assigns it, as the
 * seeds' writers mean and Elixir does not; a variable's type is the join over all its assignments,
 * so a body is walked until none changes. A last walk reports.
 */
#include "lib/base.h"
#include "honey/infer.h"

#include <stdarg.h>
#include <string.h>

#include "honey/helpers.h"
#include "lib/suggest.h"

enum { MAX_RANGE = 65536 };

void infer_error(struct infer *in, enum diag_code code, struct span at, const char *help,
		 const char *format, ...)
{
	char text[600];
	va_list ap;

	if (!in->report)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	diag_at(in->h, code, at, help, "%s", text);
}

void infer_push_scope(struct infer *in, struct scope_entry **mark)
{
	*mark = in->scope;
}

void infer_pop_scope(struct infer *in, struct scope_entry *mark)
{
	for (; in->scope != mark; in->scope = in->scope->next)
		in->scope->name->var = in->scope->shadowed;
}

void infer_bind(struct infer *in, struct name *name, struct var *v)
{
	struct scope_entry *e = arena_new(&in->h->arena, struct scope_entry);

	*e = (struct scope_entry){name, name->var, in->scope};
	in->scope = e;
	name->var = v;
}

static void keep_var(struct infer *in, struct var *v)
{
	struct inst *inst = in->inst;

	v->index = inst->n_vars;
	if (inst->n_vars == inst->cap_vars) {
		uint32_t cap = inst->cap_vars ? inst->cap_vars * 2 : 8;
		struct var **grown = arena_array(&in->h->arena, struct var *, cap);

		if (inst->n_vars)
			memcpy(grown, inst->vars, sizeof(*grown) * inst->n_vars);
		inst->vars = grown;
		inst->cap_vars = cap;
	}
	inst->vars[inst->n_vars++] = v;
}

/* A new variable, not yet bound to its name. */
struct var *infer_declare(struct infer *in, struct name *name, struct span span, struct type *type)
{
	struct var *v = arena_new(&in->h->arena, struct var);

	v->name = name;
	v->span = span;
	v->inst = in->inst;
	v->type = type;
	v->loop = in->loop;
	v->loop_depth = in->loop_depth;
	keep_var(in, v);
	return v;
}

void infer_join(struct infer *in, struct var *v, struct type *t, struct span at)
{
	bool ok;
	struct type *joined = type_join(in->h, v->type, t, &ok);

	if (!ok) {
		if (in->report) {
			struct diag d = {.code = H020,
					 .span = at,
					 .note_span = v->span,
					 .note = "it was given its first value here"};

			d.text = fmt(in->h, "%s holds %s, and here %s", v->name->s,
				     type_text(in->h, v->type), type_text(in->h, t));
			d.help = "use another name for the second value";
			diag_report(in->h, &d);
		}
		return;
	}
	if (joined->kind == T_OPTION && type_is_number(t))
		v->mixed = true;
	if (joined != v->type)
		in->changed = true;
	v->type = joined;
}

static struct var *find_var(struct infer *in, const struct name *name)
{
	return name->var && name->var->inst == in->inst ? name->var : NULL;
}

/* A variable used in a callback but declared outside travels in a struct. */
void infer_capture(struct infer *in, struct var *v)
{
	for (struct loop *l = in->loop; l && l != v->loop; l = l->outer) {
		struct var_list *c = l->captured;

		while (c && c->var != v)
			c = c->next;
		if (c)
			continue;
		c = arena_new(&in->h->arena, struct var_list);
		c->var = v;
		c->next = l->captured;
		l->captured = c;
	}
}

static void undefined_name(struct infer *in, struct node *n)
{
	const char *names[64], *near, *help = NULL;
	size_t count = 0;

	if (!in->report)
		return;
	for (uint32_t i = 0; i < in->inst->n_vars; i++) {
		struct var *v = in->inst->vars[i];

		if (v->name == n->name && v->span.start < n->span.start) {
			struct diag d = {.code = H010,
					 .span = n->span,
					 .note_span = v->span,
					 .note = "this one is known only inside its block"};

			d.text = fmt(in->h, "%s is not defined here", n->name->s);
			d.help = fmt(in->h, "give it a value before the block: %s = 0", n->name->s);
			diag_report(in->h, &d);
			return;
		}
		if (find_var(in, v->name) && count < ARRAY_SIZE(names))
			names[count++] = v->name->s;
	}
	near = suggest_nearest(n->name->s, names, count);
	if (near)
		help = fmt(in->h, "did you mean %s?", near);
	else if (in->loop && in->loop->counter)
		help = fmt(in->h, "the key of this iteration is %s", in->loop->counter->name->s);
	else if (!strcmp(n->name->s, "ctx"))
		help = "name the context in the head: def handler(ctx) do";
	else
		help = "give it a value before, or name it as a parameter";
	diag_at(in->h, H010, n->span, help, "%s is not defined", n->name->s);
}

static struct type *infer_name(struct infer *in, struct node *n, bool want)
{
	struct var *v = find_var(in, n->name);

	if (!v && n->name->param) {
		n->type = n->name->param->type;
		return n->type->bits < 32 ? type_int(in->h, 32, n->type->sgn) : n->type;
	}
	if (!v) {
		for (struct func *f = n->name->func; f; f = f->other_arity) {
			if (f->n_params)
				continue;
			n->kind = N_CALL;
			return infer_call(in, n, want);
		}
		undefined_name(in, n);
		return &in->h->types.error;
	}
	n->var = v;
	v->used = true;
	infer_capture(in, v);
	if (v->type->kind == T_MAP)
		n->map = v->map;
	return v->type;
}

void infer_use_value(struct infer *in, struct node *n)
{
	(void)in;
	if (n->kind == N_NAME && n->var)
		n->var->value_used = true;
}

struct type *infer_value(struct infer *in, struct node *n)
{
	struct type *t = infer_expr(in, n, true);

	if (t->kind == T_OPTION) {
		infer_use_value(in, n);
		return t->elem;
	}
	if (type_is_number(t) || t->kind == T_ERROR)
		return t;
	infer_error(in, t->kind == T_VOID ? H023 : H021, n->span,
		    t->kind == T_BOOL ? "&&& ||| and comparisons bind in surprising orders: "
					"put ( ) around the part meant first"
		    : t->kind == T_POINTER || t->kind == T_STRUCT ? "name one of its fields"
								  : NULL,
		    "a number is needed here, this is %s", type_text(in->h, t));
	return &in->h->types.error;
}

struct type *infer_cond(struct infer *in, struct node *n)
{
	struct type *t = infer_expr(in, n, true);

	if (t->kind == T_BOOL || t->kind == T_ERROR)
		return t;
	if (type_is_nilable(t) && t->kind != T_NIL) {
		if (n->kind == N_NAME)
			n->var->pointer_tested = true;
		return t;
	}
	if (type_is_number(t))
		infer_error(in, H022, n->span, "write ... != 0",
			    "every number is true in Elixir, so this tests nothing");
	else
		infer_error(in, H021, n->span, NULL, "true or false is needed here, this is %s",
			    type_text(in->h, t));
	return t;
}

/* --- statements --- */

static bool is_place(const struct node *n)
{
	while (n->kind == N_FIELD || n->kind == N_INDEX)
		n = n->a;
	return n->kind == N_NAME;
}

static struct type *store_to_memory(struct infer *in, struct node *n)
{
	struct type *to = infer_expr(in, n->a, true);
	struct node *base = n->a;

	infer_expr(in, n->b, true);
	if (!is_place(n->a)) {
		infer_error(in, H021, n->a->span, NULL, "this cannot be assigned to");
		return n->b->type;
	}
	while (base->kind != N_NAME)
		base = base->a;
	if (base->type->kind == T_CTX) {
		infer_error(in, H021, n->a->span, NULL, "the context cannot be written");
		return n->b->type;
	}
	infer_store(in, to, n->b);
	return n->b->type;
}

/* The type a variable takes from @value. */
static struct type *assigned_type(struct infer *in, struct node *value)
{
	struct type *t = infer_expr(in, value, true);

	if (t->kind == T_OPTION && value->kind == N_NAME) { /* y = x copies the number */
		infer_use_value(in, value);
		return t->elem;
	}
	if (t->kind == T_INT && t->bits < 32)
		return type_int(in->h, 32, t->sgn);
	if (t->kind == T_ARRAY || t->kind == T_ATOM || t->kind == T_MAP || t->kind == T_FN ||
	    t->kind == T_ARGS || (t->kind == T_RECORD && value->kind == N_NAME)) {
		infer_error(in, t->kind == T_MAP || t->kind == T_ATOM ? H024 : H021, value->span,
			    t->kind == T_RECORD	 ? "go on using the first name"
			    : t->kind == T_ARRAY ? "use the field itself"
						 : "name it where it is used",
			    "%s cannot be kept in a variable", type_text(in->h, t));
		return &in->h->types.error;
	}
	if (t->kind == T_VOID) {
		infer_error(in, H023, value->span, NULL, "this has no value to keep");
		return &in->h->types.error;
	}
	return t;
}

/* pid = pid_tgid & 0xFFFFFFFF: the low half is the thread. */
static void check_thread_id(struct infer *in, const struct node *n)
{
	const struct node *e = n->b, *of = NULL;
	uint64_t k;

	if (e->kind == N_BINARY && e->op == OP_BAND && const_eval(in->h, e->b, &k) &&
	    k == 0xffffffff)
		of = e->a;
	if (!of || of->kind != N_NAME || !of->var || !of->var->from_pid_tgid ||
	    strcmp(n->a->name->s, "pid"))
		return;
	infer_error(in, W002, n->span,
		    "call it tid if the thread is meant; the process id is the upper half: >>> 32",
		    "pid is given the thread id, the low half of bpf_get_current_pid_tgid()");
}

static struct type *infer_assign(struct infer *in, struct node *n)
{
	struct type *t;
	struct var *v;

	if (n->a->kind != N_NAME) {
		if (n->a->kind == N_TUPLE || n->a->kind == N_LIST || n->a->kind == N_STRUCT) {
			infer_error(in, H008, n->a->span, "assign one name at a time",
				    "Honey does not take values apart with '='");
			return &in->h->types.error;
		}
		return store_to_memory(in, n);
	}
	t = assigned_type(in, n->b);
	v = find_var(in, n->a->name);
	if (!v && n->a->name->param)
		infer_error(in, H021, n->a->span, "use another name",
			    "%s is set by the loader, programs only read it", n->a->name->s);
	if (!v) {
		v = n->a->var;
		if (!v) {
			v = infer_declare(in, n->a->name, n->a->span, t);
			in->changed = true;
		}
		infer_bind(in, n->a->name, v);
	} else if (!n->a->var) {
		v->assigned_again = true;
	}
	n->a->var = v;
	infer_capture(in, v);
	if (v->type->kind == T_CTX || v->type->kind == T_MAP)
		infer_error(in, H021, n->a->span, "use another name", "%s cannot be assigned to",
			    n->a->name->s);
	else
		infer_join(in, v, t, n->span);
	if (n->b->helper)
		v->from_pid_tgid = n->b->helper->id == HELPER_bpf_get_current_pid_tgid;
	if (n->b->helper && n->b->helper->id == HELPER_bpf_ktime_get_ns)
		v->from_clock = true;
	check_thread_id(in, n);
	if (t->kind == T_RECORD && n->b->kind == N_CALL) {
		v->origin = n->b;
		v->reserved = n->b->value;
	}
	n->a->type = v->type;
	return v->type;
}

static struct type *join_branches(struct infer *in, struct node *n, struct type *a, struct type *b)
{
	bool ok;
	struct type *t;

	if (a->kind == T_VOID || b->kind == T_VOID) {
		t = a->kind == T_VOID ? b : a;
		return t->kind == T_ERROR ? t : &in->h->types.void_;
	}
	t = type_join(in->h, a, b, &ok);
	if (!ok)
		infer_error(in, H020, n->span, NULL, "one side gives %s, the other %s",
			    type_text(in->h, a), type_text(in->h, b));
	return ok ? t : &in->h->types.error;
}

/* A branch that always leaves has no value and needs none. */
static bool leaves(const struct node *b)
{
	const struct node *last = b && b->n ? b->list[b->n - 1] : NULL;

	return last && last->kind == N_RETURN;
}

static struct type *infer_if(struct infer *in, struct node *n, bool want)
{
	struct type *a, *b;

	infer_cond(in, n->a);
	a = infer_block(in, n->b, want);
	if (!n->c) {
		if (want)
			infer_error(in, H023, n->span, "add an else",
				    "an if without else has no value on the other path");
		return &in->h->types.void_;
	}
	b = infer_block(in, n->c, want);
	if (!want)
		return &in->h->types.void_;
	return leaves(n->b) ? b : leaves(n->c) ? a : join_branches(in, n, a, b);
}

/* pattern = number | constant | true | false | _; the parser turned the others into if. */
static void infer_pattern(struct infer *in, struct node *n, struct node *p)
{
	struct type *subject = n->a->type, *t;

	if (p->kind == N_NAME)
		return;
	t = infer_expr(in, p, true);
	if (subject->kind == T_ERROR || t->kind == T_ERROR)
		return;
	if (p->kind == N_BOOL ? subject->kind == T_BOOL
			      : t->kind == T_LITERAL &&
					(type_is_number(subject) || subject->kind == T_OPTION)) {
		infer_use_value(in, n->a);
		return;
	}
	infer_error(in, p->kind == N_TUPLE || p->kind == N_STRING ? H008 : H020, p->span,
		    "patterns are numbers, nil, true, false, _ and names",
		    "%s is compared with a pattern that is %s", type_text(in->h, subject),
		    type_text(in->h, t));
}

static struct type *infer_case(struct infer *in, struct node *n, bool want)
{
	struct type *t = NULL, *b;

	infer_expr(in, n->a, true);
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *clause = n->list[i];

		infer_pattern(in, n, clause->a);
		b = infer_block(in, clause->c, want);
		if (want && !leaves(clause->c))
			t = t ? join_branches(in, n, t, b) : b;
	}
	return want && t ? t : &in->h->types.void_;
}

static struct type *infer_for(struct infer *in, struct node *n)
{
	struct scope_entry *mark;
	uint64_t from = 0, to = 0, step = 1;
	struct node *r = n->a;

	if (r->kind != N_RANGE || !const_eval(in->h, r->a, &from) ||
	    !const_eval(in->h, r->b, &to) || (r->c && !const_eval(in->h, r->c, &step))) {
		infer_error(in, H033, r->span,
			    "write a range of numbers, as in 0..9, or bpf_loop(n, fn i -> ... end) "
			    "for a "
			    "count that is known only at run time",
			    "the verifier must see how often this runs");
		from = to = 0;
	} else if (!step || ((int64_t)step > 0 ? (int64_t)from > (int64_t)to
					       : (int64_t)from < (int64_t)to)) {
		infer_error(in, H033, r->span, "count down with 9..0//-1",
			    "this range is empty or never ends");
	} else if ((to - from) / step >= MAX_RANGE) {
		infer_error(in, H033, r->span, "use bpf_loop(n, fn i -> ... end)",
			    "more than %d rounds are too many for the verifier", MAX_RANGE);
	}
	if (n->c)
		infer_error(in, H008, n->c->span, NULL, "for has no else");
	if (++in->for_depth > HONEY_MAX_LOOPS)
		infer_error(in, H007, n->span, NULL, "more than %d loops within each other",
			    HONEY_MAX_LOOPS);
	infer_push_scope(in, &mark);
	if (!n->var) {
		n->var = infer_declare(
			in, n->name, n->name_span,
			type_int(in->h, 64,
				 (int64_t)from < 0 || (int64_t)to < 0 || (int64_t)step < 0));
		n->var->is_counter = true;
		in->changed = true;
	}
	n->var->range_max = MAX(from, to);
	infer_bind(in, n->name, n->var);
	infer_block(in, n->b, false);
	infer_pop_scope(in, mark);
	in->for_depth--;
	return &in->h->types.void_;
}

static struct type *infer_return(struct infer *in, struct node *n)
{
	struct inst *inst = in->inst;
	uint64_t k;
	struct type *t;
	bool ok;

	if (in->loop) {
		if (n->a)
			infer_expr(in, n->a, true);
		if (n->a && (!const_eval(in->h, n->a, &k) || k > 1))
			infer_error(in, H037, n->span,
				    "return goes on with the next step, return 1 stops",
				    "inside an iteration only 'return', 'return 0' and 'return 1' "
				    "are known");
		return &in->h->types.void_;
	}
	if (!n->a || !inst->want) {
		if (n->a)
			infer_expr(in, n->a, true);
		if (inst->want && !inst->is_handler)
			infer_error(in, H023, n->span, "return a value, or nil",
				    "the caller uses the result, but this returns none");
		return &in->h->types.void_;
	}
	t = assigned_type(in, n->a);
	inst->result = inst->result->kind == T_VOID ? t : type_join(in->h, inst->result, t, &ok);
	return &in->h->types.void_;
}

/* Statements after bpf_map_get_next_key(:map, nil, key) are what runs for each key. */
static void make_each(struct infer *in, struct node *block, uint32_t at)
{
	struct node *call = block->list[at], *body;

	if (call->kind != N_CALL || strcmp(call->name->s, "bpf_map_get_next_key"))
		return;
	body = node_new(in->h, N_BLOCK, call->span);
	for (uint32_t i = at + 1; i < block->n; i++)
		node_add(in->h, body, block->list[i]);
	if (body->n)
		body->span = span_join(body->list[0]->span, body->list[body->n - 1]->span);
	call->kind = N_EACH;
	call->b = body;
	block->n = at + 1;
}

struct type *infer_block(struct infer *in, struct node *n, bool want)
{
	struct type *t = &in->h->types.void_;
	struct scope_entry *mark;

	infer_push_scope(in, &mark);
	for (uint32_t i = 0; i < n->n; i++) {
		bool last = i + 1 == n->n;

		make_each(in, n, i);
		last = i + 1 == n->n;
		t = infer_expr(in, n->list[i], want && last);
		if (want && last && t->kind == T_OPTION && n->list[i]->kind == N_NAME) {
			infer_use_value(in, n->list[i]);
			t = t->elem;
		}
	}
	infer_pop_scope(in, mark);
	n->type = t;
	return t;
}

static struct type *infer_atom(struct infer *in, struct node *n)
{
	static const struct {
		const char *name;
		uint64_t value;
	} flags[] = {{"bpf_any", 0}, {"bpf_noexist", 1}, {"bpf_exist", 2}};

	if (n->name->map) {
		n->map = n->name->map;
		return &in->h->types.map;
	}
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if (strcasecmp(flags[i].name, n->name->s))
			continue;
		n->value = flags[i].value;
		return &in->h->types.lit32;
	}
	return &in->h->types.atom;
}

static struct type *infer_kind(struct infer *in, struct node *n, bool want)
{
	struct types *t = &in->h->types;

	switch (n->kind) {
	case N_INT: return n->value > 0xffffffff ? &t->lit64 : &t->lit32;
	case N_STRING: return &t->string;
	case N_NIL: return &t->nil;
	case N_BOOL: return &t->bool_;
	case N_ATOM: return infer_atom(in, n);
	case N_NAME: return infer_name(in, n, want);
	case N_FIELD: return infer_field(in, n);
	case N_INDEX: return infer_index(in, n);
	case N_STRUCT: return infer_struct(in, n);
	case N_UNARY: return infer_unary(in, n);
	case N_BINARY: return infer_binary(in, n);
	case N_ASSIGN: return infer_assign(in, n);
	case N_IF: return infer_if(in, n, want);
	case N_CASE: return infer_case(in, n, want);
	case N_FOR: return infer_for(in, n);
	case N_RETURN: return infer_return(in, n);
	case N_CALL:
	case N_EACH: return infer_call(in, n, want);
	case N_FN: return &t->fn;
	case N_BLOCK: return infer_block(in, n, want);
	case N_LIST:
	case N_TUPLE:
	case N_RANGE:
	case N_KEYVALUE:
		infer_error(in, H008, n->span, "keep numbers in variables, structs and maps",
			    "lists, tuples and ranges are no values of a BPF program");
		return &t->error;
	default: return &t->error;
	}
}

struct type *infer_expr(struct infer *in, struct node *n, bool want)
{
	n->want = want;
	n->type = infer_kind(in, n, want);
	return n->type;
}
