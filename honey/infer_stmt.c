/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Statements: assignments, branches, returns, blocks, and loops.
 *
 * '=' on a variable of an outer block assigns it, as the reference documents' writers mean and
 * Elixir does not. A loop is either a for over a range of numbers, which the compiler counts, or a
 * body that the kernel calls back (bpf_loop, bpf_for_each_map_elem, bpf_map_get_next_key): that one
 * is a function of its own in C, and the variables it shares with what is around it are found by
 * infer_capture().
 */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/helpers.h"

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

/* y = x copies the number that x found, so does x as the last of a block. */
static bool copies_number(const struct node *n, const struct type *t)
{
	return t->kind == T_OPTION && n->kind == N_NAME;
}

/* The type a variable takes from @value. */
static struct type *assigned_type(struct infer *in, struct node *value)
{
	struct type *t = infer_expr(in, value, true);

	if (copies_number(value, t)) {
		infer_use_value(value);
		return t->elem;
	}
	if (t->kind == T_INT && t->bits < 32)
		return type_int(in->h, 32, t->sgn);
	if (t->kind == T_ARRAY || t->kind == T_ATOM || t->kind == T_MAP || t->kind == T_FN ||
	    t->kind == T_ARGS || (t->kind == T_RECORD && value->kind == N_NAME)) {
		infer_error(in, t->kind == T_MAP || t->kind == T_ATOM ? H024 : H021, value->span,
			    t->kind == T_RECORD	 ? "go on using the first name"
			    : t->kind == T_ARRAY ? "use the field itself"
			    : value->kind == N_ATOM && t->kind == T_ATOM
				    ? fmt(in->h, "states are numbers: @%s 1 above, and @%s here",
					  value->name->s, value->name->s)
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

struct type *infer_assign(struct infer *in, struct node *n)
{
	struct var *v, *outer = in->assigned;
	struct type *t;

	if (n->a->kind != N_NAME) {
		if (n->a->kind == N_TUPLE || n->a->kind == N_LIST || n->a->kind == N_STRUCT) {
			infer_error(in, H008, n->a->span, "assign one name at a time",
				    "Honey does not take values apart with '='");
			return &in->h->types.error;
		}
		return store_to_memory(in, n);
	}
	in->assigned = n->a->var;
	t = assigned_type(in, n->b);
	in->assigned = outer;
	v = n->own ? NULL : infer_find(in, n->a->name);
	if (n->own && n->pattern && infer_find(in, n->a->name))
		infer_error(in, W018, n->a->span,
			    fmt(in->h, "to compare with it write ^%s", n->a->name->s),
			    "%s is a new name here, not the value it has outside", n->a->name->s);
	if (!v && n->a->name->param && !n->own)
		infer_error(in, H021, n->a->span, "use another name",
			    "%s is set by the loader, programs only read it", n->a->name->s);
	if (!v) {
		v = n->a->var;
		if (!v) {
			v = infer_declare(in, n->a->name, n->a->span, t);
			v->used = n->a->name->hidden && !strcmp(n->a->name->s, "subject");
			in->changed = true;
		}
		infer_bind(in, n->a->name, v);
	} else if (!n->a->var) {
		v->assigned_again = true;
	}
	n->a->var = v;
	infer_capture(in, v);
	if ((v->type->kind == T_CTX && v->is_param) || v->type->kind == T_MAP)
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

struct type *infer_if(struct infer *in, struct node *n, bool want)
{
	struct type *a, *b;

	infer_cond(in, n->a);
	a = infer_block(in, n->b, want);
	if (!n->c) {
		if (want)
			infer_error(in, H023, n->span,
				    n->of_case ? "add a clause: _ -> value" : "add an else",
				    n->of_case
					    ? "a case has no value where no clause matches"
					    : "an if without else has no value on the other path");
		return &in->h->types.void_;
	}
	b = infer_block(in, n->c, want);
	if (!want)
		return &in->h->types.void_;
	/* A branch that always leaves has no value and needs none. */
	return block_returns(n->b) ? b : block_returns(n->c) ? a : join_branches(in, n, a, b);
}

/* Of two 64-bit numbers of different signs C sees one pattern of bits. */
static void check_pattern(struct infer *in, const struct node *p, const struct type *subject)
{
	__int128 v;

	if (subject->kind != T_INT || subject->bits < 64 || !const_exact(in->h, p, &v) ||
	    (subject->sgn ? v <= INT64_MAX : v >= 0))
		return;
	infer_error(in, W010, p->span, "convert what is compared: s64(...) or u64(...)",
		    subject->sgn ? "a signed number is compared with %llu"
				 : "an unsigned number is compared with %lld",
		    (long long)v);
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
		infer_use_value(n->a);
		check_pattern(in, p, subject->kind == T_OPTION ? subject->elem : subject);
		return;
	}
	infer_error(in, p->kind == N_TUPLE || p->kind == N_STRING ? H008 : H020, p->span,
		    "patterns are numbers, nil, true, false, _ and names",
		    "%s is compared with a pattern that is %s", type_text(in->h, subject),
		    type_text(in->h, t));
}

struct type *infer_case(struct infer *in, struct node *n, bool want)
{
	struct type *t = NULL, *b;

	infer_expr(in, n->a, true);
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *clause = n->list[i];

		infer_pattern(in, n, clause->a);
		b = infer_block(in, clause->c, want);
		if (want && !block_returns(clause->c))
			t = t ? join_branches(in, n, t, b) : b;
	}
	/* A handler's last case gives 0 where nothing matches, as what is done for its effect does.
	 */
	if (want && !n->lenient && !case_is_total(n))
		infer_error(in, H023, n->span, "add a clause: _ -> value",
			    "a case has no value where no clause matches");
	return want && t ? t : &in->h->types.void_;
}

struct type *infer_return(struct infer *in, struct node *n)
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
		body->span = span_join(body->list[0]->span, block_last(body)->span);
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
		bool last;

		make_each(in, n, i);
		last = i + 1 == n->n; /* now: it may have taken the rest */
		t = infer_expr(in, n->list[i], want && last);
		if (want && last && copies_number(n->list[i], t)) {
			infer_use_value(n->list[i]);
			t = t->elem;
		}
	}
	infer_pop_scope(in, mark);
	n->type = t;
	return t;
}

/* --- loops --- */

enum { MAX_RANGE = 65536 };

static void check_nesting(struct infer *in, const struct node *n)
{
	if (in->loop_depth + in->for_depth > HONEY_MAX_LOOPS)
		infer_error(in, H007, n->span, NULL, "more than %d loops within each other",
			    HONEY_MAX_LOOPS);
}

/* Binds what counts in the body of @loop: @at, made in the first walk. */
static void bind_counter(struct infer *in, struct loop *loop, struct var **at, struct name *name,
			 struct span span, struct type *type)
{
	struct loop *outer = in->loop;

	if (!*at) {
		in->loop = loop;
		*at = infer_declare(in, name, span, type);
		(*at)->is_counter = true;
		(*at)->range_max = UINT64_MAX;
		in->loop = outer;
		in->changed = true;
	}
	infer_bind(in, name, *at);
}

struct type *infer_for(struct infer *in, struct node *n)
{
	struct scope_entry *mark;
	uint64_t from = 0, to = 0, step = 1;
	struct node *r = n->a;

	if (r->kind != N_RANGE || !const_eval(in->h, r->a, &from) ||
	    !const_eval(in->h, r->b, &to) || (r->c && !const_eval(in->h, r->c, &step))) {
		infer_error(in, H033, r->span,
			    "write a range of numbers, as in 0..9, or bpf_loop(n, fn i -> ... end) "
			    "for a count that is known only at run time",
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
	in->for_depth++;
	check_nesting(in, n);
	infer_push_scope(in, &mark);
	bind_counter(
		in, in->loop, &n->var, n->name, n->name_span,
		type_int(in->h, 64, (int64_t)from < 0 || (int64_t)to < 0 || (int64_t)step < 0));
	n->var->range_max = MAX(from, to);
	infer_block(in, n->b, false);
	infer_pop_scope(in, mark);
	in->for_depth--;
	return &in->h->types.void_;
}

/* The loop of a body that is called back; its captures are found in the walks. */
static void make_loop(struct infer *in, struct node *n, struct map *m, struct node *body)
{
	if (n->loop)
		return;
	n->loop = arena_new(&in->h->arena, struct loop);
	n->loop->outer = in->loop;
	n->loop->inst = in->inst;
	n->loop->map = m;
	n->loop->body = body;
	in->changed = true;
}

static struct var *loop_var(struct infer *in, const struct node *n, struct node *name,
			    struct type *t)
{
	/* The kernel gives the address: a struct stays where it is, a number is read. */
	if (t->kind == T_STRUCT)
		t = t->strct->pointer;
	bind_counter(in, n->loop, &name->var, name->name, name->span, t);
	return name->var;
}

static void infer_loop_body(struct infer *in, struct node *n)
{
	struct loop *outer = in->loop;

	in->loop = n->loop;
	in->loop_depth++;
	check_nesting(in, n);
	infer_block(in, n->loop->body, false);
	in->loop_depth--;
	in->loop = outer;
}

/* fn i -> ... of bpf_loop; fn key, value -> ... of bpf_for_each_map_elem */
void infer_callback(struct infer *in, struct node *n, struct map *m, struct node *fn)
{
	uint32_t most = m ? 2 : 1;
	struct scope_entry *mark;

	if (fn->kind != N_FN || fn->n > most || !fn->a) {
		infer_error(in, H021, fn->span, m ? "fn key, value -> ... end" : "fn i -> ... end",
			    "a function with %s is needed here",
			    m ? "key and value" : "one parameter");
		return;
	}
	fn->type = &in->h->types.fn;
	make_loop(in, n, m, fn->a);
	infer_push_scope(in, &mark);
	if (fn->n > 0)
		n->loop->counter =
			loop_var(in, n, fn->list[0], m ? m->key : type_int(in->h, 32, false));
	if (fn->n > 1)
		n->loop->value = loop_var(in, n, fn->list[1], m->value);
	infer_loop_body(in, n);
	infer_pop_scope(in, mark);
}

/* bpf_map_get_next_key(:map, nil, key), the rest of the block as its body */
struct type *infer_each(struct infer *in, struct node *n)
{
	struct map *m;
	struct scope_entry *mark;

	if (n->n != 3) {
		infer_error(in, H013, n->name_span, "bpf_map_get_next_key(:map, nil, key)",
			    "bpf_map_get_next_key takes 3 arguments, here are %u", n->n);
		return &in->h->types.void_;
	}
	m = infer_map_arg(in, n->list[0]);
	if (n->list[1]->kind != N_NIL)
		infer_error(in, H037, n->list[1]->span,
			    "write nil: the rest of the block runs for every key",
			    "iteration begins at the first key");
	if (n->list[2]->kind != N_NAME) {
		infer_error(in, H021, n->list[2]->span, "bpf_map_get_next_key(:map, nil, key)",
			    "the third argument names the key");
		return &in->h->types.void_;
	}
	if (!m || m->broken)
		return &in->h->types.void_;
	if (!m->kind->key) {
		infer_error(in, H025, n->list[0]->span, infer_why_not(m), "a :%s has no keys",
			    m->kind->name);
		return &in->h->types.void_;
	}
	n->map = m;
	make_loop(in, n, m, n->b);
	infer_push_scope(in, &mark);
	n->loop->counter = loop_var(in, n, n->list[2], m->key);
	infer_loop_body(in, n);
	infer_pop_scope(in, mark);
	return &in->h->types.void_;
}
