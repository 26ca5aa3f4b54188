/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loops: for over a range of numbers, and the bodies that the kernel calls back. */
#include "lib/base.h"
#include "honey/infer.h"

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
