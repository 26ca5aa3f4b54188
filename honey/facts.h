/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Conditions known to hold at a point, and what they say of the order of numbers. */
#ifndef HONEY_FACTS_H
#define HONEY_FACTS_H

#include "lib/base.h"

struct honey;
struct node;

/* A condition known to hold (or not to) here. */
struct fact {
	const struct node *cond;
	bool truth;
	struct fact *next;
};

/* Do @facts say that @big is at least @small? */
bool facts_order(struct honey *h, const struct fact *facts, const struct node *big,
		 const struct node *small);

#endif
