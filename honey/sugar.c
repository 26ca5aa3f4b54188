/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Forms of Elixir that are written with others, while the tree is made: later passes never see
 * them.
 *
 * `in` becomes comparisons, captures become fn, functions of Enum become for or
 * bpf_for_each_map_elem around an accumulator. What the compiler needs a name for gets one that no
 * text can say (name_hidden); a parameter takes its place by sugar_rename(), so nothing is
 * shadowed.
 */
#include "lib/base.h"
#include "honey/parse.h"

#include <string.h>

/* --- parts --- */

struct node *sugar_op(struct parser *p, enum node_kind kind, enum op op, struct span span)
{
	struct node *n = node_new(p->h, kind, span);

	n->op = op;
	return n;
}

struct node *sugar_name(struct parser *p, struct name *name, struct span span)
{
	struct node *n = node_new(p->h, N_NAME, span);

	n->name = name;
	return n;
}

struct node *sugar_binary(struct parser *p, enum op op, struct node *a, struct node *b)
{
	return parse_combine(p, sugar_op(p, N_BINARY, op, a->span), a, b);
}

struct node *sugar_int(struct parser *p, uint64_t value, struct span span)
{
	struct node *n = node_new(p->h, N_INT, span);

	n->value = value;
	return n;
}

static struct node *boolean(struct parser *p, bool value, struct span span)
{
	struct node *n = node_new(p->h, N_BOOL, span);

	n->value = value;
	return n;
}

struct node *sugar_assign(struct parser *p, struct name *name, struct node *value, bool own)
{
	struct node *n = sugar_op(p, N_ASSIGN, OP_ASSIGN, value->span);

	n->own = own;
	return parse_combine(p, n, sugar_name(p, name, value->span), value);
}

void sugar_rename(struct node *n, const struct name *from, struct name *to)
{
	if (!n)
		return;
	if ((n->kind == N_NAME || n->kind == N_FOR) && n->name == from)
		n->name = to;
	for (uint32_t i = 0; i < node_parts(n); i++)
		sugar_rename(node_part(n, i), from, to);
}

static struct node *block_of(struct parser *p, struct span span, struct node *a, struct node *b,
			     struct node *c)
{
	struct node *block = node_new(p->h, N_BLOCK, span), *items[] = {a, b, c};

	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!items[i])
			continue;
		node_add(p->h, block, items[i]);
		block->depth = MAX(block->depth, (uint16_t)(items[i]->depth + 1));
	}
	return block;
}

static struct node *if_then(struct parser *p, struct node *cond, struct node *then)
{
	struct node *n = node_new(p->h, N_IF, cond->span);

	n->a = cond;
	n->b = block_of(p, then->span, then, NULL, NULL);
	n->depth = (uint16_t)(MAX(cond->depth, then->depth) + 2);
	return n;
}

/* --- in --- */

/* x in a..b is x >= a and x <= b; x in [a, b] is x == a or x == b. What is no name is kept first.
 */
struct node *sugar_in(struct parser *p, struct node *x, struct node *set, struct span at)
{
	struct name *name = x->kind == N_NAME ? x->name : name_hidden(p->h, "value");
	struct node *n = NULL;

	if ((set->kind != N_RANGE || set->c) && (set->kind != N_LIST || !set->n)) {
		diag_at(p->h, H005, at, "x in 1..5 or x in [9, 11, 12]",
			"'in' takes a range without a step, or a list of numbers");
		p->panic = true;
		return x;
	}
	if (set->kind == N_RANGE)
		n = sugar_binary(p, OP_AND,
				 sugar_binary(p, OP_GE, sugar_name(p, name, x->span), set->a),
				 sugar_binary(p, OP_LE, sugar_name(p, name, x->span), set->b));
	for (uint32_t i = 0; set->kind == N_LIST && i < set->n; i++) {
		struct node *one =
			sugar_binary(p, OP_EQ, sugar_name(p, name, x->span), set->list[i]);

		n = n ? sugar_binary(p, OP_OR, n, one) : one;
	}
	n->parens = true;
	n->span = span_join(x->span, set->span);
	if (x->kind == N_NAME)
		return n;
	return block_of(p, n->span, sugar_assign(p, name, x, true), n, NULL);
}

/* --- tuples, lists and texts --- */

/*
 * They are known when the program is compiled, or not at all: a name that is given one stands for
 * it from there on, in the order of the text. Their parts are numbers, names and such, or kept in
 * names.
 */
struct node *sugar_known(const struct node *n)
{
	if (n->kind == N_TUPLE || n->kind == N_LIST || (n->kind == N_STRING && !n->n))
		return (struct node *)n;
	return n->kind == N_NAME ? n->name->known : NULL;
}

void sugar_forget(struct parser *p, uint32_t mark)
{
	for (uint32_t i = mark; i < p->n_known; i++)
		p->known[i]->known = NULL;
	p->n_known = mark;
}

/* The name stands for @what from here to the end of the block; NULL: for a variable. What a name of
 * a block around stands for cannot change in here: whether it does would be known only at run time.
 */
static void learn(struct parser *p, struct name *name, struct node *what, struct span at)
{
	for (uint32_t i = 0; i < p->known_mark && name->known; i++) {
		if (p->known[i] != name)
			continue;
		diag_at(p->h, H024, at, "use another name",
			"%s stands for what is known when compiled, and cannot change in a block",
			name->s);
		return;
	}
	if (!name->known && what)
		arena_push(&p->h->arena, p->known, p->n_known, name);
	name->known = what;
}

static bool is_simple(const struct node *n)
{
	return n->kind == N_INT || n->kind == N_BOOL || n->kind == N_NIL || n->kind == N_ATOM ||
	       n->kind == N_STRING;
}

/* @what with every part kept in a name of its own, so that it is worked out once and stays. */
static struct node *kept(struct parser *p, struct node *what, struct node *binds)
{
	struct node *n;

	if (what->kind == N_STRING)
		return what;
	n = node_new(p->h, what->kind, what->span);
	for (uint32_t i = 0; i < what->n; i++) {
		struct node *part = what->list[i], *known = sugar_known(part);

		if (known) {
			part = kept(p, known, binds);
		} else if (!is_simple(part) && !(part->kind == N_NAME && part->name->hidden)) {
			struct name *own = name_hidden(p->h, "part");

			node_add(p->h, binds, sugar_assign(p, own, part, true));
			part = sugar_name(p, own, part->span);
		}
		node_add(p->h, n, part);
	}
	return n;
}

/* [h | t] and [g, h | t] as the parser reads them: the last part is h | t. NULL: another node */
static const struct node *cons_of(const struct node *n)
{
	const struct node *last = n->kind == N_LIST && n->n ? n->list[n->n - 1] : NULL;

	return last && last->kind == N_BINARY && last->op == OP_BOR && last->bar ? last : NULL;
}

struct node *sugar_cons(struct parser *p, struct node *n)
{
	const struct node *cons = cons_of(n);
	struct node *rest, *all;

	rest = cons ? sugar_known(sugar_cons(p, cons->b)) : NULL;
	if (!rest || rest->kind != N_LIST)
		return n;
	all = node_new(p->h, N_LIST, n->span);
	for (uint32_t i = 0; i + 1 < n->n; i++)
		node_add(p->h, all, n->list[i]);
	node_add(p->h, all, cons->a);
	for (uint32_t i = 0; i < rest->n; i++)
		node_add(p->h, all, rest->list[i]);
	return all;
}

static struct node *list_rest(struct parser *p, const struct node *list, uint32_t from)
{
	struct node *n = node_new(p->h, N_LIST, list->span);

	for (uint32_t i = from; i < list->n; i++)
		node_add(p->h, n, list->list[i]);
	return n;
}

static struct node *both(struct parser *p, struct node *a, struct node *b)
{
	return a && b ? sugar_binary(p, OP_AND, a, b) : a ? a : b;
}

static void bind(struct parser *p, struct node *pattern, struct node *value, struct node *binds)
{
	struct node *known = sugar_known(value);

	if (!strcmp(pattern->name->s, "_"))
		return;
	learn(p, pattern->name, known, pattern->span);
	if (!known)
		node_add(p->h, binds, sugar_assign(p, pattern->name, value, false));
}

struct node *sugar_test(struct parser *p, struct node *pattern, struct node *value,
			struct node *binds)
{
	struct node *known = sugar_known(value), *all = NULL;
	const struct node *cons;

	if (pattern->stands) /* a name that stood for something is given another meaning */
		pattern = sugar_name(p, pattern->name, pattern->span);
	if (pattern->kind == N_UNARY && pattern->op == OP_CARET)
		pattern = pattern->a;
	else if (pattern->kind == N_NAME) {
		bind(p, pattern, value, binds);
		return NULL;
	}
	cons = cons_of(pattern);
	if (cons) {
		if (!known || known->kind != N_LIST || known->n < pattern->n)
			return boolean(p, false, pattern->span);
		for (uint32_t i = 0; i + 1 < pattern->n; i++)
			all = both(p, all, sugar_test(p, pattern->list[i], known->list[i], binds));
		all = both(p, all, sugar_test(p, cons->a, known->list[pattern->n - 1], binds));
		return both(p, all, sugar_test(p, cons->b, list_rest(p, known, pattern->n), binds));
	}
	if (pattern->kind == N_TUPLE || pattern->kind == N_LIST) {
		if (!known || known->kind != pattern->kind || known->n != pattern->n)
			return boolean(p, false, pattern->span);
		for (uint32_t i = 0; i < pattern->n; i++)
			all = both(p, all, sugar_test(p, pattern->list[i], known->list[i], binds));
		return all;
	}
	if (known && known->kind == N_STRING && pattern->kind == N_STRING)
		return strcmp(known->str, pattern->str) ? boolean(p, false, pattern->span) : NULL;
	if (known)
		return boolean(p, false, pattern->span);
	all = sugar_binary(p, OP_EQ, value, pattern);
	all->lenient = true;
	return all;
}

struct node *sugar_match(struct parser *p, struct node *pattern, struct node *value)
{
	struct node *known = sugar_known(value = sugar_cons(p, value)), *block, *test, *leave;
	bool plain = pattern->kind == N_NAME || pattern->kind == N_FIELD ||
		     pattern->kind == N_INDEX || pattern->kind == N_ERROR;

	if (plain && (pattern->kind != N_NAME || !known)) {
		if (pattern->kind == N_NAME)
			learn(p, pattern->name, NULL, pattern->span);
		return NULL;
	}
	if ((pattern->kind == N_TUPLE || pattern->kind == N_LIST) && !known)
		return NULL; /* infer says that it cannot be taken apart */
	if (!plain && !is_simple(pattern) && pattern->kind != N_TUPLE && pattern->kind != N_LIST &&
	    !(pattern->kind == N_UNARY &&
	      (pattern->op == OP_CARET || (pattern->op == OP_SUB && pattern->a->kind == N_INT))))
		return NULL;
	if (pattern->kind == N_STRING && !known)
		return NULL;
	block = node_new(p->h, N_BLOCK, span_join(pattern->span, value->span));
	block->splice = true;
	test = sugar_test(p, pattern, known ? kept(p, known, block) : value, block);
	if (test && test->kind == N_BOOL && !test->value)
		diag_at(p->h, W012, block->span, "Elixir raises an error here",
			"this never matches: the function ends here with 0");
	if (test) {
		/* Elixir raises an error, a program leaves. */
		leave = node_new(p->h, N_IF, block->span);
		leave->a = test;
		leave->negated = true;
		leave->b = block_of(p, block->span,
				    parse_combine(p, node_new(p->h, N_RETURN, block->span),
						  sugar_int(p, 0, block->span), NULL),
				    NULL, NULL);
		node_add(p->h, block, leave);
	}
	block->depth = (uint16_t)(MAX(pattern->depth, value->depth) + 2);
	return block;
}

/* --- captures --- */

/* Not a name of any text, but one that sugar_capture() knows. */
struct name *sugar_capture_name(struct parser *p, uint64_t i)
{
	char s[8];

	snprintf(s, sizeof(s), "&%u", (unsigned int)i);
	return name_intern(p->h, s, strlen(s));
}

/* The highest &N in @n. */
static uint32_t captured(struct parser *p, const struct node *n)
{
	uint32_t most = 0, k;

	if (!n)
		return 0;
	if (n->kind == N_NAME && n->name->s[0] == '&')
		return (uint32_t)(n->name->s[1] - '0');
	for (uint32_t i = 0; i < node_parts(n); i++) {
		k = captured(p, node_part(n, i));
		most = MAX(most, k);
	}
	return most;
}

struct node *sugar_capture(struct parser *p, struct node *body, struct span span)
{
	struct node *fn = node_new(p->h, N_FN, span);
	bool arity = body->kind == N_BINARY && body->op == OP_DIV && body->b->kind == N_INT &&
		     (body->a->kind == N_NAME || (body->a->kind == N_CALL && !body->a->n));
	uint64_t count = arity ? body->b->value : captured(p, body);
	struct node *call = body;

	if (!count || count > SUGAR_MOST_PARAMS) {
		diag_at(p->h, H008, span, "&name/2, or &(&1 + 1)",
			"a captured function names its arguments: &1 to &%d", SUGAR_MOST_PARAMS);
		p->panic = true;
		return body;
	}
	if (arity) {
		call = node_new(p->h, N_CALL, body->a->span);
		call->name = body->a->name;
		call->module = body->a->module;
		call->name_span = body->a->name_span;
	}
	for (uint64_t i = 1; i <= count; i++) {
		struct name *given = sugar_capture_name(p, i);
		struct name *own = name_hidden(p->h, fmt(p->h, "arg%u", (unsigned int)i));

		node_add(p->h, fn, sugar_name(p, own, span));
		if (arity)
			node_add(p->h, call, sugar_name(p, own, span));
		else
			sugar_rename(call, given, own);
	}
	fn->a = block_of(p, call->span, call, NULL, NULL);
	fn->depth = (uint16_t)(fn->a->depth + 1);
	return fn;
}

/* --- heads of functions --- */

/* What the parameter is called in C and in messages: as in the first head that names it. */
static struct node *parameter(struct parser *p, const struct func *f, uint32_t i)
{
	for (uint32_t k = 0; k < f->n_clauses; k++) {
		const struct node *given = f->clauses[k].params[i];

		if (given->kind == N_NAME && given->name->s[0] != '_')
			return sugar_name(p, name_hidden(p->h, given->name->s), given->span);
	}
	return sugar_name(p, name_hidden(p->h, fmt(p->h, "_arg%u", i + 1)),
			  f->clauses[0].params[i]->span);
}

/* Is the head meant, by its patterns and its guard? NULL: always. */
static struct node *head_test(struct parser *p, const struct func *f, struct clause *c)
{
	struct node *test = NULL;

	for (uint32_t i = 0; i < f->n_params; i++) {
		struct node *given = c->params[i], *one;

		if (given->kind == N_NAME) {
			sugar_rename(c->guard, given->name, f->params[i]->name);
			sugar_rename(c->body, given->name, f->params[i]->name);
			continue;
		}
		one = sugar_binary(p, OP_EQ, sugar_name(p, f->params[i]->name, given->span), given);
		one->lenient = true;
		test = test ? sugar_binary(p, OP_AND, test, one) : one;
	}
	if (test && c->guard)
		return sugar_binary(p, OP_AND, test, c->guard);
	return test ? test : c->guard;
}

/* Does nil stand there, or a lookup with || behind it? */
static bool asks_nil(const struct node *n)
{
	if (!n)
		return false;
	if (n->kind == N_NIL || (n->kind == N_BINARY && n->op == OP_OR && n->a->kind == N_CALL) ||
	    (n->kind == N_CALL && !strcmp(n->name->s, "is_nil")))
		return true;
	for (uint32_t i = 0; i < node_parts(n); i++)
		if (asks_nil(node_part(n, i)))
			return true;
	return false;
}

void sugar_heads(struct parser *p, struct func *f)
{
	struct node *rest = NULL, *test, *n;
	bool plain = f->n_clauses == 1 && !f->clauses[0].guard;

	for (uint32_t i = 0; i < f->n_params; i++)
		plain &= f->clauses[0].params[i]->kind == N_NAME;
	if (plain) {
		f->params = f->clauses[0].params;
		f->body = f->clauses[0].body;
		f->asks_nil = asks_nil(f->body);
		return;
	}
	f->params = arena_array(&p->h->arena, struct node *, f->n_params + 1);
	for (uint32_t i = 0; i < f->n_params; i++)
		f->params[i] = parameter(p, f, i);
	for (uint32_t k = f->n_clauses; k-- > 0;) {
		struct clause *c = &f->clauses[k];

		test = head_test(p, f, c);
		if (!test) {
			rest = c->body;
			continue;
		}
		n = node_new(p->h, N_IF, c->span);
		n->a = test;
		n->b = c->body;
		n->c = rest;
		n->of_case = true;
		n->span = span_join(c->span, c->body->span);
		rest = block_of(p, n->span, n, NULL, NULL);
	}
	f->body = rest;
	f->asks_nil = asks_nil(f->body);
}

/* --- Enum --- */

/* What is walked: a range of numbers or the contents of a map, each element through the functions
 * of map and filter before it is used. */
struct walk {
	struct node *source;
	struct {
		struct node *fn;
		bool filter;
	} stages[8];
	uint32_t n_stages;
	struct span span;
};

static struct node *wrong(struct parser *p, const struct node *call, const char *help)
{
	if (!p->panic)
		diag_at(p->h, H008, call->span, help,
			"Enum.%s cannot be written so in a BPF program", call->name->s);
	p->panic = true;
	return node_new(p->h, N_ERROR, call->span);
}

static bool is_enum(const struct node *n, const char *name)
{
	return n->kind == N_CALL && n->module && !strcmp(n->module, "Enum") &&
	       !strcmp(n->name->s, name);
}

/* A call of Enum.map or Enum.filter was left as it is: only what is around it knows what for. */
static bool open_walk(struct walk *w, struct node *from)
{
	if (is_enum(from, "map") || is_enum(from, "filter")) {
		if (from->n != 2 || from->list[1]->kind != N_FN || !open_walk(w, from->list[0]) ||
		    w->n_stages == ARRAY_SIZE(w->stages))
			return false;
		w->stages[w->n_stages].fn = from->list[1];
		w->stages[w->n_stages++].filter = is_enum(from, "filter");
		return true;
	}
	w->source = from;
	return from->kind == N_RANGE || from->kind == N_ATOM || from->kind == N_LIST;
}

static uint32_t count_nodes(const struct node *n)
{
	uint32_t sum = 1;

	if (!n)
		return 0;
	for (uint32_t i = 0; i < node_parts(n); i++)
		sum += count_nodes(node_part(n, i));
	return sum;
}

/* The body of @fn for this element: its parameter is called @element from now on. A list within a
 * list multiplies bodies. */
static struct node *applied(struct parser *p, struct node *fn, struct name *element)
{
	struct node *body;

	p->written += count_nodes(fn->a);
	if (p->written > HONEY_MAX_WEIGHT) {
		parse_too_deep(p, fn->span);
		return node_new(p->h, N_ERROR, fn->span);
	}
	body = node_clone(p->h, fn->a);
	if (fn->n)
		sugar_rename(body, fn->list[0]->name, element);
	if (body->n == 1 && body->list[0]->kind != N_RETURN)
		return body->list[0];
	return body;
}

/* What runs for an element called @element: @use, which takes what the stages made of it. */
static struct node *through_stages(struct parser *p, struct walk *w, uint32_t stage,
				   struct name *element,
				   struct node *(*use)(struct parser *, struct name *, void *),
				   void *data)
{
	struct name *made;
	struct node *value;

	if (stage == w->n_stages)
		return use(p, element, data);
	value = applied(p, w->stages[stage].fn, element);
	if (w->stages[stage].filter)
		return if_then(p, value, through_stages(p, w, stage + 1, element, use, data));
	made = name_hidden(p->h, "item");
	return block_of(p, w->span, sugar_assign(p, made, value, true),
			through_stages(p, w, stage + 1, made, use, data), NULL);
}

/* The loop over all elements. Of a map the element is its value, unless @fn takes key and value. */
static struct node *walk_all(struct parser *p, struct walk *w, struct node *pair,
			     struct node *(*use)(struct parser *, struct name *, void *),
			     void *data)
{
	struct name *element = name_hidden(p->h, "element");
	struct node *n, *fn, *block = NULL;

	if (w->source->kind == N_LIST) {
		block = node_new(p->h, N_BLOCK, w->span);
		for (uint32_t i = 0; i < w->source->n; i++) {
			element = name_hidden(p->h, "element");
			node_add(p->h, block,
				 block_of(p, w->span,
					  sugar_assign(p, element, w->source->list[i], true),
					  through_stages(p, w, 0, element, use, data), NULL));
		}
		return block;
	}
	block = block_of(p, w->span, through_stages(p, w, 0, element, use, data), NULL, NULL);
	if (w->source->kind == N_RANGE) {
		n = node_new(p->h, N_FOR, w->span);
		n->name = element;
		n->name_span = w->span;
		n->a = w->source;
		n->b = block;
		n->depth = (uint16_t)(block->depth + 1);
		return n;
	}
	fn = node_new(p->h, N_FN, w->span);
	fn->a = block;
	if (pair) {
		node_add(p->h, fn, sugar_name(p, pair->list[0]->name, w->span));
		element = pair->list[1]->name;
	} else {
		node_add(p->h, fn, sugar_name(p, name_hidden(p->h, "_key"), w->span));
	}
	node_add(p->h, fn, sugar_name(p, element, w->span));
	n = node_new(p->h, N_CALL, w->span);
	n->name = name_intern(p->h, "bpf_for_each_map_elem", 21);
	node_add(p->h, n, w->source);
	node_add(p->h, n, fn);
	n->depth = (uint16_t)(block->depth + 2);
	return n;
}

/* What a function of Enum does with each element. */
struct use {
	struct name *acc;
	struct node *fn; /* or NULL */
	struct span span;
	enum { USE_EACH, USE_REDUCE, USE_SUM, USE_COUNT, USE_ANY, USE_ALL, USE_MIN, USE_MAX } what;
};

static struct node *use_element(struct parser *p, struct name *element, void *data)
{
	struct use *u = data;
	struct node *value, *acc;

	value = u->fn ? applied(p, u->fn, element) : sugar_name(p, element, u->span);
	if (u->what == USE_EACH)
		return value;
	if (u->what == USE_REDUCE) {
		sugar_rename(value, u->fn->list[1]->name, u->acc);
		return sugar_assign(p, u->acc, value, false);
	}
	acc = sugar_name(p, u->acc, value->span);
	switch (u->what) {
	case USE_SUM: value = sugar_binary(p, OP_ADD, acc, value); break;
	case USE_MIN: value = sugar_binary(p, OP_MIN, acc, value); break;
	case USE_MAX: value = sugar_binary(p, OP_MAX, acc, value); break;
	case USE_COUNT:
		acc = sugar_assign(p, u->acc,
				   sugar_binary(p, OP_ADD, acc, sugar_int(p, 1, value->span)),
				   false);
		return u->fn ? if_then(p, value, acc) : acc;
	case USE_ANY:
		return if_then(p, value,
			       sugar_assign(p, u->acc, boolean(p, true, value->span), false));
	default:
		return if_then(
			p, parse_combine(p, sugar_op(p, N_UNARY, OP_NOT, value->span), value, NULL),
			sugar_assign(p, u->acc, boolean(p, false, value->span), false));
	}
	return sugar_assign(p, u->acc, value, false);
}

static const struct {
	const char *name;
	int what;
	uint8_t args, params; /* of the function it takes; 0: none may be given */
	bool optional;	      /* the function */
	const char *help;
} enums[] = {
	{"each", USE_EACH, 2, 1, false, "Enum.each(1..9, fn i -> ... end)"},
	{"reduce", USE_REDUCE, 3, 2, false, "Enum.reduce(1..9, 0, fn i, sum -> sum + i end)"},
	{"sum", USE_SUM, 1, 0, false, "Enum.sum(1..9), or of Enum.map(1..9, fn i -> ... end)"},
	{"count", USE_COUNT, 2, 1, true, "Enum.count(1..9, fn i -> i > 3 end)"},
	{"any?", USE_ANY, 2, 1, false, "Enum.any?(1..9, fn i -> i == x end)"},
	{"all?", USE_ALL, 2, 1, false, "Enum.all?(1..9, fn i -> i < x end)"},
};

/* fn {key, value} -> of a map's contents: the parser made a tuple of the parameters. */
static struct node *key_and_value(struct node *fn)
{
	return fn && fn->n && fn->list[0]->kind == N_TUPLE ? fn->list[0] : NULL;
}

static struct node *write_enum(struct parser *p, struct node *call, size_t row)
{
	struct walk w = {.span = call->span};
	struct use u = {.what = enums[row].what, .span = call->span};
	struct node *first = NULL, *pair, *loop;
	uint32_t args = call->n;

	if (args != enums[row].args && !(enums[row].optional && args + 1 == enums[row].args))
		return wrong(p, call, enums[row].help);
	if (args > 1)
		u.fn = call->list[args - 1];
	pair = key_and_value(u.fn);
	if (u.fn && (u.fn->kind != N_FN || !u.fn->a || (!pair && u.fn->n != enums[row].params) ||
		     (pair && u.fn->n != enums[row].params)))
		return wrong(p, call, enums[row].help);
	if (!open_walk(&w, call->list[0]))
		return wrong(p, call, "walk a range (0..9), a list of numbers or a map (:counts)");
	if (pair && (w.source->kind != N_ATOM || w.n_stages || pair->n != 2))
		return wrong(p, call,
			     "only a map has keys: Enum.each(:counts, fn {key, value} -> ... end)");
	if (u.what != USE_EACH) {
		u.acc = name_hidden(p->h, "acc");
		first = u.what == USE_REDUCE ? call->list[1]
			: u.what == USE_ANY || u.what == USE_ALL
				? boolean(p, u.what == USE_ALL, call->span)
				: sugar_int(p, 0, call->span);
	}
	loop = walk_all(p, &w, pair, use_element, &u);
	if (u.what == USE_EACH)
		return loop;
	return block_of(p, call->span, sugar_assign(p, u.acc, first, true), loop,
			sugar_name(p, u.acc, call->span));
}

/* --- other modules --- */

/* String.length("text") and byte_size: known when compiled */
static struct node *text_length(struct parser *p, struct node *call, bool bytes)
{
	uint64_t n = 0;

	if (call->n != 1 || call->list[0]->kind != N_STRING || call->list[0]->n) {
		diag_at(p->h, H008, call->span, "String.length(\"text\")",
			"only the length of a text in the source is known");
		return node_new(p->h, N_ERROR, call->span);
	}
	for (const char *s = call->list[0]->str; *s; s++)
		n += bytes || ((unsigned char)*s & 0xc0) != 0x80;
	return sugar_int(p, n, call->span);
}

/* Integer.pow(x, 3): multiplications */
static struct node *power(struct parser *p, struct node *call)
{
	struct name *name = name_hidden(p->h, "base");
	struct node *n;

	if (call->n != 2 || call->list[1]->kind != N_INT || call->list[1]->value > 63) {
		diag_at(p->h, H008, call->span, "Integer.pow(x, 3), or 1 <<< n for a power of two",
			"the exponent must be a number from 0 to 63 in the source");
		return node_new(p->h, N_ERROR, call->span);
	}
	if (call->list[0]->kind == N_INT)
		n = call->list[0];
	else
		n = sugar_name(p, name, call->span);
	if (!call->list[1]->value)
		return sugar_int(p, 1, call->span);
	for (uint64_t i = 1; i < call->list[1]->value; i++)
		n = sugar_binary(p, OP_MUL, n,
				 call->list[0]->kind == N_INT
					 ? sugar_int(p, call->list[0]->value, call->span)
					 : sugar_name(p, name, call->span));
	n->parens = true;
	if (call->list[0]->kind == N_INT)
		return n;
	return block_of(p, call->span, sugar_assign(p, name, call->list[0], true), n, NULL);
}

struct node *sugar_call(struct parser *p, struct node *call)
{
	if (p->panic || call->kind != N_CALL || !call->module)
		return call;
	for (size_t i = 0; i < ARRAY_SIZE(enums); i++)
		if (is_enum(call, enums[i].name))
			return write_enum(p, call, i);
	if (!strcmp(call->module, "String") && !strcmp(call->name->s, "length"))
		return text_length(p, call, false);
	if (!strcmp(call->module, "Kernel") && !strcmp(call->name->s, "byte_size"))
		return text_length(p, call, true);
	if (!strcmp(call->module, "Integer") && !strcmp(call->name->s, "pow"))
		return power(p, call);
	return call;
}
