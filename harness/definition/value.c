/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Operators. On exact numbers they work on 64 bits, as BPF does; on intervals by the ends, where
 * the operator is monotonic and nothing wraps, and otherwise anything of the kind may come out. The
 * difference of two moments is never negative: what was read later is not earlier.
 */
#include "lib/base.h"
#include "harness/definition/value.h"

#include <string.h>

#include "harness/definition/types.h"

void value_range(struct definition_kind kind, wide *lo, wide *hi)
{
	unsigned int bits = kind.bytes * 8u;

	*lo = kind.is_signed ? -((wide)1 << (bits - 1)) : 0;
	*hi = ((wide)1 << (bits - kind.is_signed)) - 1;
}

struct value value_number(struct definition_kind kind, wide v)
{
	struct value out = {.kind = kind, .lo = v, .hi = v};

	return value_cast(out, kind);
}

struct value value_text(struct definition_kind kind, const char *text)
{
	return (struct value){.kind = kind, .text = text};
}

struct value value_unknown(struct definition_kind kind, enum definition_doubt doubt,
			   const char *why)
{
	struct value v = {.kind = kind, .doubt = doubt, .why = why};

	if (kind.type == DEFINITION_NUMBER)
		value_range(kind, &v.lo, &v.hi);
	return v;
}

struct value value_cast(struct value v, struct definition_kind kind)
{
	unsigned int bits = kind.bytes * 8u;
	wide lo, hi;

	value_range(kind, &lo, &hi);
	if (v.lo < lo || v.hi > hi) {
		v.instant = false;
		if (v.lo == v.hi) {
			uint64_t low = (uint64_t)v.lo << (64 - bits);

			v.lo = kind.is_signed ? (wide)((int64_t)low >> (64 - bits))
					      : (wide)(low >> (64 - bits));
			v.hi = v.lo;
		} else {
			v.lo = lo;
			v.hi = hi;
		}
	}
	v.kind = kind;
	return v;
}

bool value_same(const struct value *a, const struct value *b)
{
	if (!value_exact(a) || !value_exact(b) || a->kind.type != b->kind.type)
		return false;
	if (a->kind.type == DEFINITION_TEXT)
		return !strcmp(a->text, b->text);
	return a->lo == b->lo;
}

void value_doubt(struct value *to, const struct value *from)
{
	if (from->doubt <= to->doubt)
		return;
	to->doubt = from->doubt;
	to->why = from->why;
}

struct value value_either(const struct value *a, const struct value *b, enum definition_doubt doubt,
			  const char *why)
{
	struct value v = *a;

	if (value_same(a, b))
		return *a;
	if (v.kind.type == DEFINITION_TEXT)
		return value_unknown(v.kind, doubt, why);
	v.lo = MIN(a->lo, b->lo);
	v.hi = MAX(a->hi, b->hi);
	v.instant = a->instant && b->instant;
	v.from = NULL;
	value_doubt(&v, b);
	value_doubt(&v, &(struct value){.doubt = doubt, .why = why});
	return v;
}

int value_truth(const struct value *v)
{
	if (v->lo > 0 || v->hi < 0)
		return 1;
	return v->lo == 0 && v->hi == 0 ? 0 : -1;
}

struct value value_unary(const struct node *n, struct value a)
{
	struct value out = {.kind = n->type, .doubt = a.doubt, .why = a.why};
	int truth;

	switch (n->op) {
	case TOKEN_NOT:
		truth = value_truth(&a);
		out.lo = truth == 0;
		out.hi = truth != 1;
		break;
	case TOKEN_SUB:
		out.lo = -a.hi;
		out.hi = -a.lo;
		break;
	default: out.lo = -a.hi - 1; out.hi = -a.lo - 1;
	}
	if (out.lo == out.hi)
		out.doubt = DEFINITION_EXACT;
	return value_cast(out, n->type);
}

/* -1: not known. */
static int compare(enum token_kind op, const struct value *a, const struct value *b)
{
	switch (op) {
	case TOKEN_LT: return a->hi < b->lo ? 1 : a->lo >= b->hi ? 0 : -1;
	case TOKEN_GE: return a->hi < b->lo ? 0 : a->lo >= b->hi ? 1 : -1;
	case TOKEN_GT: return compare(TOKEN_LT, b, a);
	case TOKEN_LE: return compare(TOKEN_GE, b, a);
	default: break;
	}
	if (a->hi < b->lo || a->lo > b->hi)
		return op == TOKEN_NE;
	return a->lo == a->hi && b->lo == b->hi ? op == TOKEN_EQ : -1;
}

static uint64_t divide(enum definition_release r, enum token_kind op, uint64_t x, uint64_t y)
{
	if (y)
		return op == TOKEN_DIV ? x / y : x % y;
	/* BPF's own division by zero; later releases make 1 of it. */
	if (r == DEFINITION_BT_0_17)
		return op == TOKEN_DIV ? 0 : x;
	return 1;
}

static uint64_t on_bits(enum definition_release r, enum token_kind op, uint64_t x, uint64_t y)
{
	switch (op) {
	case TOKEN_ADD: return x + y;
	case TOKEN_SUB: return x - y;
	case TOKEN_MUL: return x * y;
	case TOKEN_BAND: return x & y;
	case TOKEN_BOR: return x | y;
	case TOKEN_XOR: return x ^ y;
	case TOKEN_SHL: return x << (y & 63);
	case TOKEN_SHR: return x >> (y & 63);
	default: return divide(r, op, x, y);
	}
}

/* By the ends of intervals; false: they do not say. */
static bool by_ends(enum token_kind op, const struct value *a, const struct value *b,
		    struct value *out)
{
	const wide most = (wide)1 << 62;
	bool one = b->lo == b->hi && b->lo > 0, small = a->lo >= 0 && b->lo >= 0;

	switch (op) {
	case TOKEN_ADD:
		out->lo = a->lo + b->lo;
		out->hi = a->hi + b->hi;
		out->instant = (a->instant && b->lo == b->hi) || (b->instant && a->lo == a->hi);
		return true;
	case TOKEN_SUB:
		out->lo = a->lo - b->hi;
		out->hi = a->hi - b->lo;
		if (a->instant && b->instant) {
			out->lo = MAX(out->lo, (wide)0);
			out->hi = MAX(out->hi, (wide)0);
		}
		out->instant = a->instant && b->lo == b->hi && !b->instant;
		return true;
	case TOKEN_MUL:
		out->lo = a->lo * b->lo;
		out->hi = a->hi * b->hi;
		return small && a->hi < most && b->hi < most;
	case TOKEN_DIV:
		if (!one || !small)
			return false;
		out->lo = a->lo / b->lo;
		out->hi = a->hi / b->lo;
		return true;
	case TOKEN_MOD:
		if (!one || !small)
			return false;
		out->lo = a->lo / b->lo == a->hi / b->lo ? a->lo % b->lo : 0;
		out->hi = a->lo / b->lo == a->hi / b->lo ? a->hi % b->lo : b->lo - 1;
		return true;
	case TOKEN_SHR:
		if (!one || !small || b->lo > 63)
			return false;
		out->lo = a->lo >> b->lo;
		out->hi = a->hi >> b->lo;
		return true;
	default: return false;
	}
}

static struct value of_texts(const struct node *n, const struct value *a, const struct value *b)
{
	struct value out = {.kind = n->type};

	if (a->text && b->text) {
		out.lo = out.hi = !strcmp(a->text, b->text) == (n->op == TOKEN_EQ);
		return out;
	}
	out.hi = 1;
	value_doubt(&out, a);
	value_doubt(&out, b);
	return out;
}

struct value value_binary(enum definition_release r, const struct node *n, struct value a,
			  struct value b)
{
	struct value out = {.kind = n->type};
	bool is_signed = type_meets_signed(r, n->a, n->b);
	struct definition_kind meet = {.bytes = 8, .is_signed = is_signed};
	bool arithmetic = n->op >= TOKEN_ADD && n->op <= TOKEN_XOR;
	int truth;

	if (a.kind.type == DEFINITION_TEXT)
		return of_texts(n, &a, &b);
	if (a.lo == a.hi && b.lo == b.hi &&
	    (arithmetic || n->op == TOKEN_SHL || n->op == TOKEN_SHR)) {
		out = value_number(n->type,
				   (wide)on_bits(r, n->op, (uint64_t)a.lo, (uint64_t)b.lo));
		out.instant = (a.instant || b.instant) && !(a.instant && b.instant) &&
			      (n->op == TOKEN_ADD || n->op == TOKEN_SUB);
		return out;
	}
	if (!arithmetic && n->op != TOKEN_SHL && n->op != TOKEN_SHR) {
		a = value_cast(a, meet);
		b = value_cast(b, meet);
		truth = compare(n->op, &a, &b);
		out.lo = truth == 1;
		out.hi = truth != 0;
	} else if (!by_ends(n->op, &a, &b, &out)) {
		value_range(n->type, &out.lo, &out.hi);
	}
	out = value_cast(out, n->type);
	if (out.lo != out.hi) {
		value_doubt(&out, &a);
		value_doubt(&out, &b);
	}
	return out;
}
