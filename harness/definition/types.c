/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers are of 64 bits as soon as an operator has touched them, so a type comes down to its sign.
 * bpftrace 0.17: unsigned unless both are signed, a written number taking the sign of the other
 * one. From 0.24 on (looked at: 0.27): signed if one of them is, and whatever a minus makes.
 */
#include "lib/base.h"
#include "harness/definition/types.h"

static const struct definition_kind s64 = {.bytes = 8, .is_signed = true}, u64 = {.bytes = 8},
				    truth = {.bytes = 8, .truth = true};

const char *function_name(enum definition_function f)
{
	static const char *const names[] = {
		[DEFINITION_PLAIN] = "plain value", [DEFINITION_COUNT] = "count()",
		[DEFINITION_SUM] = "sum()",	    [DEFINITION_MIN] = "min()",
		[DEFINITION_MAX] = "max()",	    [DEFINITION_AVG] = "avg()",
		[DEFINITION_STATS] = "stats()",	    [DEFINITION_HIST] = "hist()",
		[DEFINITION_LHIST] = "lhist()",
	};

	return names[f];
}

/* A number as it is written, without a minus. */
static bool positive(const struct node *n)
{
	return n->literal && n->index >= 0;
}

struct definition_kind type_literal(enum definition_release r, const struct node *n)
{
	return r == DEFINITION_BT_0_17 || !positive(n) ? s64 : u64;
}

bool type_meets_signed(enum definition_release r, const struct node *a, const struct node *b)
{
	if (positive(a) && !positive(b))
		return b->type.is_signed;
	if (positive(b) && !positive(a))
		return a->type.is_signed;
	if (r == DEFINITION_BT_0_17)
		return a->type.is_signed && b->type.is_signed;
	return a->type.is_signed || b->type.is_signed;
}

static bool is_comparison(enum token_kind op)
{
	return op == TOKEN_EQ || op == TOKEN_NE || op == TOKEN_LT || op == TOKEN_GT ||
	       op == TOKEN_LE || op == TOKEN_GE;
}

struct definition_kind type_unary(enum definition_release r, enum token_kind op,
				  const struct node *a)
{
	if (!a->type.bytes)
		return a->type;
	if (op == TOKEN_NOT)
		return r == DEFINITION_BT_0_27 ? truth : u64;
	if (r == DEFINITION_BT_0_17)
		return a->type;
	if (op == TOKEN_INVERT)
		return a->type.is_signed ? s64 : u64;
	return a->type.bytes < 8 ? s64 : a->type;
}

struct definition_kind type_binary(enum definition_release r, enum token_kind op,
				   const struct node *a, const struct node *b)
{
	bool old = r == DEFINITION_BT_0_17;
	/* What has no type yet counts as unsigned in 0.17: a map that only += changes. */
	bool open = !a->type.bytes || !b->type.bytes;

	/* Later releases let it be what the other one is. */
	if (open && !old)
		return a->type.bytes ? a->type : b->type;
	if (r == DEFINITION_BT_0_27 && (op == TOKEN_AND || op == TOKEN_OR || is_comparison(op)))
		return truth;
	if (op == TOKEN_AND || op == TOKEN_OR)
		return old ? s64 : u64;
	if (op == TOKEN_SHL || op == TOKEN_SHR)
		return a->type.is_signed ? s64 : u64;
	if (is_comparison(op))
		return old && type_meets_signed(r, a, b) ? s64 : u64;
	if (!old && op == TOKEN_SUB)
		return positive(a) && positive(b) && a->number >= b->number ? u64 : s64;
	return type_meets_signed(r, a, b) ? s64 : u64;
}

struct definition_kind type_either(enum definition_release r, const struct node *a,
				   const struct node *b)
{
	if (a->type.type == DEFINITION_TEXT)
		return a->type.bytes >= b->type.bytes ? a->type : b->type;
	if (r == DEFINITION_BT_0_17)
		return a->type.is_signed ? s64 : u64;
	return a->type.is_signed || b->type.is_signed ? s64 : u64;
}

bool type_left_open(enum definition_release r, const struct node *n)
{
	return r == DEFINITION_BT_0_27 && n->kind == NODE_UNARY && n->op != TOKEN_NOT &&
	       n->a->type.bytes < 8 && (n->op == TOKEN_SUB || n->a->type.is_signed);
}
