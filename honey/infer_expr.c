/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names and types of expressions: infer_expr() asks one step for each kind of node. Each gives the
 * node's type, T_ERROR where it reported; who uses the value asks infer_value() for a number and
 * infer_cond() for a condition. Arithmetic has 64 bits and is unsigned unless a side is signed;
 * masks and shifts that leave 32 bits are u32, as a process id is.
 */
#include "lib/base.h"
#include "honey/infer.h"

#include <stdarg.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "lib/suggest.h"

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

/* What to do with a value of @t where a number is needed. */
const char *infer_instead_of(const struct type *t)
{
	switch (t->kind) {
	case T_STRING:
		return "texts are for fields and bpf_printk; a field is compared byte by byte: "
		       "event.comm[0] == ?a";
	case T_ARRAY:
		return t->is_char ? "compare it byte by byte: event.comm[0] == ?a"
				  : "name one of its elements: x[0]";
	case T_ATOM: return "states are numbers: @name 1 in the module, and @name here";
	case T_NIL: return "nil is no number: write 0";
	case T_CTX: return "name one of its fields: ctx.field";
	default: return NULL;
	}
}

void infer_wants(struct infer *in, enum diag_code code, const struct node *n, const char *help,
		 const char *what)
{
	help = help ? help : infer_instead_of(n->type);
	infer_error(in, code, n->span, help, "%s is needed here, this is %s", what,
		    type_text(in->h, n->type));
}

void infer_use_value(struct node *n)
{
	if (n->kind == N_NAME && n->var)
		n->var->value_used = true;
}

struct type *infer_value(struct infer *in, struct node *n)
{
	struct type *t = infer_expr(in, n, true);

	if (t->kind == T_OPTION) {
		infer_use_value(n);
		return t->elem;
	}
	if (type_is_number(t) || t->kind == T_ERROR)
		return t;
	infer_wants(in, t->kind == T_VOID ? H023 : H021, n,
		    t->kind == T_BOOL	  ? "&&& ||| and comparisons bind in surprising orders: "
					    "put ( ) around the part meant first"
		    : n->kind == N_RETURN ? "return(a) leaves here, as a call; write return a + b"
		    : t->kind == T_POINTER || t->kind == T_STRUCT ? "name one of its fields"
								  : NULL,
		    "a number");
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
		infer_wants(in, H021, n, NULL, "true or false");
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

/* --- operators --- */

/* Is @t a u64 beside which signs are lost? */
static bool is_u64(const struct type *t)
{
	return t->kind == T_INT && t->bits == 64 && !t->sgn;
}

/* Of two numbers that are not both constants. */
static struct type *arithmetic_type(struct infer *in, struct type *a, struct type *b)
{
	struct types *t = &in->h->types;

	if (a->kind == T_ERROR || b->kind == T_ERROR)
		return &t->error;
	if (is_u64(a) || is_u64(b))
		return type_int(in->h, 64, false);
	if (a->kind == T_LITERAL && b->kind == T_LITERAL)
		return a->sgn || b->sgn ? &t->litneg : &t->lit64;
	return type_int(in->h, 64, a->sgn || b->sgn);
}

/* The type of a constant expression is that of its value: 0 - 3 is below 0. NULL: it is none. */
static struct type *constant_type(struct infer *in, const struct node *n)
{
	struct types *t = &in->h->types;
	__int128 v;

	if (!const_exact(in->h, n, &v))
		return NULL;
	if (v > UINT64_MAX || v < INT64_MIN)
		infer_error(in, W009, n->span, "numbers have 64 bits",
			    "this constant needs more than 64 bits and is cut");
	return v < 0 ? &t->litneg : v > UINT32_MAX ? &t->lit64 : &t->lit32;
}

static bool small_unsigned(const struct type *t)
{
	return !t->sgn && t->bits <= 32;
}

/* Masks and shifts often leave 32 bits, as in a process id: then the variable is a u32, as in C. */
static struct type *bitwise_type(struct infer *in, const struct node *n, struct type *a,
				 struct type *b)
{
	struct type *wide = arithmetic_type(in, a, b);
	uint64_t k;

	if (wide->kind != T_INT)
		return wide;
	switch (n->op) {
	case OP_BAND:
		return small_unsigned(a) || small_unsigned(b) ? type_int(in->h, 32, false) : wide;
	case OP_BOR:
	case OP_BXOR:
		return small_unsigned(a) && small_unsigned(b) ? type_int(in->h, 32, false) : wide;
	case OP_SHR:
		if (a->kind == T_LITERAL)
			return type_int(in->h, 64, a->sgn);
		if (!a->sgn &&
		    (a->bits <= 32 || (const_eval(in->h, n->b, &k) && k >= 32 && k < 64)))
			return type_int(in->h, 32, false);
		return type_int(in->h, 64, a->sgn);
	default: return type_int(in->h, 64, a->sgn);
	}
}

/* A signed number beside a u64: what is done with them is done without signs. */
static void check_signs(struct infer *in, const struct node *n, const struct type *a,
			const struct type *b, const char *what)
{
	const struct node *sgn = a->sgn ? n->a : n->b;
	__int128 k;

	if (a->sgn == b->sgn || !is_u64(a->sgn ? b : a))
		return;
	if (const_exact(in->h, sgn, &k))
		infer_error(in, W010, n->span, "convert the other side: s64(...)",
			    "%lld is %s as the unsigned number %llu", (long long)k, what,
			    (unsigned long long)k);
	else
		infer_error(in, W010, n->span, "convert one of them: s64(...) or u64(...)",
			    "a signed and an unsigned number are %s as unsigned", what);
}

/* x < 0, x >= 0 and the like of an unsigned @x: the answer is known. @op as if @x stood left. */
static void check_below_zero(struct infer *in, const struct node *n, const struct node *x,
			     const struct node *limit, enum op op)
{
	const struct type *t = x->type->kind == T_OPTION ? x->type->elem : x->type;
	__int128 k;

	if (t->kind != T_INT || t->sgn || !const_exact(in->h, limit, &k) || k > 0)
		return;
	if (k < 0 ? !is_u64(t) : op == OP_LT || op == OP_GE)
		infer_error(in, W012, n->span, "make it signed before: s64(...)",
			    "an unsigned number is never below 0, so this is always %s",
			    op == OP_GE || op == OP_GT || op == OP_NE ? "true" : "false");
}

static void check_comparison(struct infer *in, const struct node *n, const struct type *a,
			     const struct type *b)
{
	static const enum op turned[][2] = {
		{OP_LT, OP_GT}, {OP_GT, OP_LT}, {OP_LE, OP_GE}, {OP_GE, OP_LE}};
	enum op op = n->op;
	__int128 k;

	for (size_t i = 0; i < ARRAY_SIZE(turned); i++)
		if (turned[i][0] == n->op)
			op = turned[i][1];
	check_signs(in, n, a, b, "compared");
	check_below_zero(in, n, n->a, n->b, n->op);
	check_below_zero(in, n, n->b, n->a, op);
	/* No type of C holds both. */
	if ((a->kind == T_INT && a->sgn && const_exact(in->h, n->b, &k) && k > INT64_MAX) ||
	    (b->kind == T_INT && b->sgn && const_exact(in->h, n->a, &k) && k > INT64_MAX))
		infer_error(in, W010, n->span, "no signed number is that large",
			    "a signed number is compared as unsigned with %llu",
			    (unsigned long long)k);
}

/* A pattern that is nil, true, false or a text, and a number: no number is one of these. */
static bool never_matches(struct infer *in, struct node *n, const struct type *t)
{
	if (!type_is_number(t))
		return false;
	infer_error(in, W012, n->b->span, "leave the clause out",
		    "this is never what the pattern says: it is %s", type_text(in->h, t));
	if (in->report) {
		n->kind = N_BOOL;
		n->value = 0;
	}
	return true;
}

static struct type *infer_compare(struct infer *in, struct node *n)
{
	struct type *a, *b;

	if (n->op == OP_EQ || n->op == OP_NE) {
		a = infer_expr(in, n->a, true);
		b = infer_expr(in, n->b, true);
		if (a->kind == T_NIL || b->kind == T_NIL) {
			struct node *x = a->kind == T_NIL ? n->b : n->a;

			if (x->kind == N_NAME && x->var)
				x->var->pointer_tested = true;
			if (n->lenient && never_matches(in, n, x->type))
				return &in->h->types.bool_;
			if (!type_is_nilable(x->type) && x->type->kind != T_ERROR)
				infer_error(in, H021, n->span, NULL, "this is %s and never nil",
					    type_text(in->h, x->type));
			return &in->h->types.bool_;
		}
		if (a->kind == T_BOOL && b->kind == T_BOOL)
			return &in->h->types.bool_;
		if (n->lenient && (b->kind == T_BOOL || b->kind == T_STRING) &&
		    never_matches(in, n, a))
			return &in->h->types.bool_;
		if (a->kind == T_STRING && b->kind == T_STRING) {
			n->value = (n->op == OP_EQ) == !strcmp(n->a->str, n->b->str);
			n->kind = N_BOOL;
			return &in->h->types.bool_;
		}
	}
	a = infer_value(in, n->a);
	b = infer_value(in, n->b);
	check_comparison(in, n, a, b);
	return &in->h->types.bool_;
}

static bool is_compare(enum op op)
{
	return op == OP_EQ || op == OP_NE || op == OP_LT || op == OP_GT || op == OP_LE ||
	       op == OP_GE;
}

static void check_shift(struct infer *in, const struct node *n)
{
	uint64_t k;

	if (const_eval(in->h, n->b, &k) && k > 63)
		infer_error(in, W009, n->b->span, "counts are taken modulo 64",
			    "a shift by %llu of 64 bits", (unsigned long long)k);
}

/* a and b, a or b, and value || default */
static struct type *infer_logical(struct infer *in, struct node *n)
{
	struct type *a = infer_cond(in, n->a), *b;
	bool ok;

	if (n->op == OP_OR && a->kind == T_OPTION) {
		infer_use_value(n->a);
		b = infer_value(in, n->b);
		return b->kind == T_ERROR ? a->elem : type_join(in->h, a->elem, b, &ok);
	}
	infer_cond(in, n->b);
	return &in->h->types.bool_;
}

static struct type *infer_arithmetic(struct infer *in, struct node *n, struct type *a,
				     struct type *b)
{
	struct type *t;
	uint64_t k;

	switch (n->op) {
	case OP_SHL:
	case OP_SHR:
		check_shift(in, n);
		t = constant_type(in, n);
		return t ? t : bitwise_type(in, n, a, b);
	case OP_BAND: t = constant_type(in, n); return t ? t : bitwise_type(in, n, a, b);
	case OP_BOR:
	case OP_BXOR:
		check_signs(in, n, a, b, "joined");
		t = constant_type(in, n);
		return t ? t : bitwise_type(in, n, a, b);
	case OP_DIV:
	case OP_REM:
		if (const_eval(in->h, n->b, &k) && !k)
			infer_error(in, H038, n->b->span, NULL, "division by zero");
		check_signs(in, n, a, b, "divided");
		break;
	case OP_MIN:
	case OP_MAX: check_signs(in, n, a, b, "compared"); break;
	case OP_ADD: check_signs(in, n, a, b, "added"); break;
	case OP_MUL: check_signs(in, n, a, b, "multiplied"); break;
	case OP_SUB:
		if (!const_eval(in->h, n->b, &k)) /* x - -1 is an addition */
			check_signs(in, n, a, b, "subtracted");
		break;
	default:
		infer_error(in, H008, n->name_span, NULL, "'%s' has no meaning in a BPF program",
			    op_text(n->op));
		return &in->h->types.error;
	}
	t = constant_type(in, n);
	return t ? t : arithmetic_type(in, a, b);
}

static struct type *infer_binary(struct infer *in, struct node *n)
{
	struct type *a, *b;

	if (is_compare(n->op))
		return infer_compare(in, n);
	if (n->op == OP_AND || n->op == OP_OR)
		return infer_logical(in, n);
	n->a->masked = n->b->masked = n->op == OP_BAND;
	a = infer_value(in, n->a);
	b = infer_value(in, n->b);
	return infer_arithmetic(in, n, a, b);
}

static struct type *infer_unary(struct infer *in, struct node *n)
{
	struct type *t;

	if (n->op == OP_NOT) {
		infer_cond(in, n->a);
		return &in->h->types.bool_;
	}
	t = infer_value(in, n->a);
	if (n->op == OP_TYPE)
		return resolve_type_name(in->h, n->name);
	if (t->kind == T_ERROR)
		return t;
	if (constant_type(in, n))
		return constant_type(in, n);
	if (n->op == OP_BNOT && is_u64(t) && !n->masked)
		infer_error(in, W010, n->span, "mask it: value &&& bnot(mask), or s64(...) before",
			    "the complement of a u64 is unsigned here; in Elixir it is below 0");
	/* The complement of what has less than 64 bits is below 0, as in Elixir. */
	return type_int(in->h, 64, n->op == OP_BNOT ? !is_u64(t) : true);
}

/* --- memory: fields, elements, structs --- */

static struct type *infer_ctx_field(struct infer *in, struct node *n, const struct section *s)
{
	const char *names[128], *near;
	const struct net *net;
	size_t count = 0;

	if (!s) {
		infer_error(in, H029, n->span,
			    "put @sec \"tracepoint/...\" before the def, or pass ctx "
			    "from a handler",
			    "%s has no section, so its context has no fields",
			    in->inst->func->name->s);
		return &in->h->types.error;
	}
	if (!strcmp(n->name->s, "args") && s->n_args)
		return &in->h->types.args;
	n->ctx_field = ctx_find(s, n->name->s);
	if (n->ctx_field)
		((struct section *)s)->touched = true; /* as emit does: its C needs the struct */
	if (n->ctx_field)
		return n->ctx_field->type->kind == T_ARGS ? type_int(in->h, 64, false)
							  : n->ctx_field->type;
	for (uint32_t i = 0; i < s->n_fields && count < ARRAY_SIZE(names) - 1; i++)
		names[count++] = s->fields[i].name;
	if (s->n_args)
		names[count++] = "args";
	near = suggest_nearest(n->name->s, names, count);
	net = net_find(n->name->s);
	if (net || !strncmp(n->name->s, "const_", 6))
		infer_error(in, H016, n->name_span,
			    fmt(in->h, "write Honey.Ethhdr.%s(%s)", n->name->s,
				!net		? ""
				: net->args > 1 ? "packet, value"
						: "packet"),
			    "the context of %s has no field %s", s->text, n->name->s);
	else if (s->no_fields_known)
		infer_error(in, H029, n->name_span,
			    "mount tracefs, or give the kernel's BTF with --btf FILE",
			    "the fields of %s are not known: no BTF and no tracefs here", s->text);
	else if (near)
		infer_error(in, H016, n->name_span, fmt(in->h, "did you mean ctx.%s?", near),
			    "the context of %s has no field %s", s->text, n->name->s);
	else
		infer_error(in, H016, n->name_span,
			    count == 1 ? "it has args"
			    : count ? fmt(in->h, "it has %s%s%s%s", names[0], count > 1 ? ", " : "",
					  count > 1 ? names[1] : "", count > 2 ? ", ..." : "")
				    : "its context is opaque: pass it to helpers",
			    "the context of %s has no field %s", s->text, n->name->s);
	return &in->h->types.error;
}

static void seen_field(struct infer *in, struct var *v, struct name *name)
{
	for (uint32_t i = 0; i < v->n_fields_seen; i++)
		if (v->fields_seen[i] == name)
			return;
	if (v->n_fields_seen == HONEY_MAX_FIELDS)
		return;
	arena_push(&in->h->arena, v->fields_seen, v->n_fields_seen, name);
}

static struct field *find_field(struct strct *s, const struct name *name)
{
	for (uint32_t i = 0; i < s->n_fields; i++)
		if (s->fields[i].name == name)
			return &s->fields[i];
	return NULL;
}

static void no_field(struct infer *in, struct span span, struct strct *s, const struct name *name)
{
	const char *names[HONEY_MAX_FIELDS], *near;

	for (uint32_t i = 0; i < s->n_fields; i++)
		names[i] = s->fields[i].name->s;
	near = suggest_nearest(name->s, names, s->n_fields);
	infer_error(in, H016, span,
		    near ? fmt(in->h, "did you mean %s?", near)
			 : fmt(in->h, "add field(:%s, :u64) to defstruct :%s", name->s, s->name->s),
		    "struct %s has no field %s", s->name->s, name->s);
}

static struct type *infer_field(struct infer *in, struct node *n)
{
	struct type *base = infer_expr(in, n->a, true);

	switch (base->kind) {
	case T_ERROR: return base;
	case T_CTX: return infer_ctx_field(in, n, base->section);
	case T_STRUCT:
	case T_POINTER:
	case T_RECORD:
		if (!base->strct) {
			if (n->a->kind == N_NAME)
				seen_field(in, n->a->var, n->name);
			return &in->h->types.error;
		}
		n->field = find_field(base->strct, n->name);
		if (n->field)
			return n->field->type;
		no_field(in, n->name_span, base->strct, n->name);
		return &in->h->types.error;
	default:
		infer_error(in, H016, n->name_span, NULL, "%s has no field %s",
			    type_text(in->h, base), n->name->s);
		return &in->h->types.error;
	}
}

static struct type *infer_index(struct infer *in, struct node *n)
{
	struct type *base = infer_expr(in, n->a, true);
	uint64_t i = 0, count;

	if (n->b->kind == N_ATOM && n->a->kind == N_NAME) {
		infer_error(in, H021, n->span,
			    fmt(in->h, "write %s.%s", n->a->name->s, n->b->name->s),
			    "fields are read with a dot");
		return &in->h->types.error;
	}
	infer_value(in, n->b);
	if (base->kind == T_ARGS)
		count = n->a->a->type->section->n_args;
	else if (base->kind == T_ARRAY)
		count = base->count;
	else {
		if (base->kind != T_ERROR)
			infer_error(in, H021, n->span, NULL, "%s has no elements to index",
				    type_text(in->h, base));
		return &in->h->types.error;
	}
	if (n->b->kind == N_NAME && n->b->var && n->b->var->is_counter)
		i = n->b->var->range_max;
	else if (!const_eval(in->h, n->b, &i))
		infer_error(in, H038, n->b->span,
			    "index with a number or with the counter of a for",
			    "the verifier must see that this index is below %llu",
			    (unsigned long long)count);
	if (i >= count)
		infer_error(in, H038, n->b->span,
			    fmt(in->h, "indices go from 0 to %llu", (unsigned long long)count - 1),
			    "there is no element %llu", (unsigned long long)i);
	return base->kind == T_ARGS ? type_int(in->h, 64, false) : base->elem;
}

bool infer_store(struct infer *in, struct type *to, struct node *value)
{
	struct type *t = value->type;
	uint64_t k;

	if (t->kind == T_ERROR || to->kind == T_ERROR)
		return true;
	if (to->kind == T_INT && (type_is_number(t) || t->kind == T_OPTION)) {
		infer_use_value(value);
		if (const_eval(in->h, value, &k) && to->bits < 64 && k >> to->bits &&
		    !(t->sgn && (int64_t)k >= -(1LL << (to->bits - 1))))
			infer_error(in, W009, value->span, "use a wider field",
				    "%llu does not fit in %c%u and is cut", (unsigned long long)k,
				    to->sgn ? 's' : 'u', to->bits);
		return true;
	}
	if (to->kind == T_INT && t->kind == T_BOOL)
		return true;
	if (to->kind == T_ARRAY && to->is_char && t->kind == T_STRING) {
		if (strlen(value->str) >= to->count)
			infer_error(in, H028, value->span,
				    fmt(in->h,
					"shorten it to %u characters or make the field larger",
					to->count - 1),
				    "this string and its end need %zu bytes, the field has %u",
				    strlen(value->str) + 1, to->count);
		return true;
	}
	if (to->kind == T_ARRAY && t->kind == T_ARRAY &&
	    type_size(to->elem) == type_size(t->elem)) {
		if (to->count < t->count)
			infer_error(in, H028, value->span, "make the field larger",
				    "%u bytes do not fit in a field of %u", type_size(t),
				    type_size(to));
		return true;
	}
	if (to->kind == T_STRUCT && to->strct == t->strct)
		return true;
	infer_error(in, t->kind == T_VOID ? H023 : H020, value->span, NULL,
		    "%s cannot be stored in a field that is %s", type_text(in->h, t),
		    type_text(in->h, to));
	return false;
}

static struct type *infer_struct(struct infer *in, struct node *n)
{
	struct strct *s = resolve_struct(in->h, n->name);

	for (uint32_t i = 0; i < n->n; i++)
		infer_expr(in, n->list[i]->kind == N_KEYVALUE ? n->list[i]->a : n->list[i], true);
	if (!s) {
		const char *names[64], *near;
		size_t count = 0;

		for (; count < in->h->module.n_structs && count < ARRAY_SIZE(names); count++)
			names[count] = in->h->module.structs[count]->name->s;
		near = suggest_nearest(n->name->s, names, count);
		infer_error(in, H015, n->name_span,
			    near ? fmt(in->h, "did you mean %%%s{...}?", near)
				 : fmt(in->h, "declare it: defstruct :%s do ... end", n->name->s),
			    "no struct is called %s", n->name->s);
		return &in->h->types.error;
	}
	for (uint32_t i = 0; i < n->n; i++) {
		struct node *kv = n->list[i];

		if (kv->kind != N_KEYVALUE) {
			infer_error(in, H008, kv->span, "name the fields: size: 0",
				    "a struct literal is "
				    "made of field: value pairs");
			continue;
		}
		kv->field = find_field(s, kv->name);
		for (uint32_t k = 0; k < i && kv->field; k++)
			if (n->list[k]->kind == N_KEYVALUE && n->list[k]->name == kv->name)
				infer_error(in, H011, kv->name_span, "leave one of them out",
					    "%s is given twice", kv->name->s);
		if (kv->field)
			infer_store(in, kv->field->type, kv->a);
		else
			no_field(in, kv->name_span, s, kv->name);
	}
	return s->value;
}

/* --- all of them --- */

static struct type *infer_kind(struct infer *in, struct node *n, bool want)
{
	struct types *t = &in->h->types;

	switch (n->kind) {
	case N_INT: return n->value > 0xffffffff ? &t->lit64 : &t->lit32;
	case N_STRING:
		if (!n->n)
			return &t->string;
		infer_error(in, H008, n->name_span,
			    "print with a format: bpf_printk(\"size %d\", size)",
			    "values inside a string (#{...}) need memory a BPF program "
			    "does not have");
		return &t->error;
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
