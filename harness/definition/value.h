/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values while a definition runs: a number is an interval, of one number where it is exact, and a
 * text is its bytes or not known. What is in doubt carries the reason along.
 */
#ifndef HARNESS_DEFINITION_VALUE_H
#define HARNESS_DEFINITION_VALUE_H

#include "harness/definition/tree.h"

typedef __int128 wide;

struct value {
	struct definition_kind kind;
	wide lo, hi;	  /* of a number: what it is, in the range of its kind */
	const char *text; /* of a text: terminated; NULL: not known */
	enum definition_doubt doubt;
	const char *why;
	bool instant; /* a moment that a probe read from its clock, which never runs backwards */
	/* What a pointer points at: an argument of a syscall that has entered; 0: none. */
	const struct syscall_record *from;
	uint8_t arg;
};

struct value value_number(struct definition_kind kind, wide v);
struct value value_text(struct definition_kind kind, const char *text);
/* Anything of that kind. */
struct value value_unknown(struct definition_kind kind, enum definition_doubt doubt,
			   const char *why);
/* The kind's range. */
void value_range(struct definition_kind kind, wide *lo, wide *hi);
/* The same bits as another kind. */
struct value value_cast(struct value v, struct definition_kind kind);
static inline bool value_exact(const struct value *v)
{
	return v->doubt == DEFINITION_EXACT;
}
/* Both equal for certain. */
bool value_same(const struct value *a, const struct value *b);
/* One of the two. */
struct value value_either(const struct value *a, const struct value *b, enum definition_doubt doubt,
			  const char *why);
/* The graver doubt of @from is that of @to, too. */
void value_doubt(struct value *to, const struct value *from);

/* 1 true, 0 false, -1 not known. */
int value_truth(const struct value *v);

struct value value_unary(const struct node *n, struct value a);
/* A binary operator but && and ||. */
struct value value_binary(enum definition_release r, const struct node *n, struct value a,
			  struct value b);

#endif
