/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpftrace's operators make of the types of numbers, release by release (docs/definitions.md).
 */
#ifndef HARNESS_DEFINITION_TYPES_H
#define HARNESS_DEFINITION_TYPES_H

#include "harness/definition/tree.h"

/* A number as it is written. */
struct definition_kind type_literal(enum definition_release r, const struct node *n);
/* -a, ~a, !a */
struct definition_kind type_unary(enum definition_release r, enum token_kind op,
				  const struct node *a);
/* a op b; 0 bytes where it is not known yet. */
struct definition_kind type_binary(enum definition_release r, enum token_kind op,
				   const struct node *a, const struct node *b);
/* Do a and b meet as signed numbers, in a comparison, say? */
bool type_meets_signed(enum definition_release r, const struct node *a, const struct node *b);
/* .. ? a : b */
struct definition_kind type_either(enum definition_release r, const struct node *a,
				   const struct node *b);
/* True for a value of which the release writes fewer bytes than are read later. */
bool type_left_open(enum definition_release r, const struct node *n);

/* "count()" */
const char *function_name(enum definition_function f);

#endif
