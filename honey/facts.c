/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What conditions known to hold say of the order of two numbers. */
#include "lib/base.h"
#include "honey/facts.h"

#include "honey/ast.h"
#include "honey/module.h"

static bool same_text(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case N_NAME: return a->var == b->var && a->name == b->name;
	case N_INT: return a->value == b->value;
	case N_FIELD: return a->name == b->name && same_text(a->a, b->a);
	case N_INDEX: return same_text(a->a, b->a) && same_text(a->b, b->b);
	case N_BINARY: return a->op == b->op && same_text(a->a, b->a) && same_text(a->b, b->b);
	default: return false;
	}
}

/* Is the left side of @cond, being @truth, at least the right side (@turned: the other way round),
 * or even more than that? */
static bool orders(const struct node *cond, bool truth, bool turned, bool *more)
{
	enum op op = cond->op;
	bool greater = turned ? op == OP_LT || op == OP_LE : op == OP_GT || op == OP_GE;
	bool less = turned ? op == OP_GT || op == OP_GE : op == OP_LT || op == OP_LE;

	*more = op == OP_LE || op == OP_GE ? !truth : truth;
	if (op == OP_EQ || op == OP_NE) {
		*more = false;
		return truth == (op == OP_EQ);
	}
	return truth ? greater : less;
}

/* Does the condition, being @truth, say that @big >= @small? */
static bool says(struct honey *h, const struct node *cond, bool truth, const struct node *big,
		 const struct node *small, int depth)
{
	__int128 least, k;
	bool more;

	if (depth > 16)
		return false;
	if (cond->kind == N_UNARY && cond->op == OP_NOT)
		return says(h, cond->a, !truth, big, small, depth + 1);
	if (cond->kind != N_BINARY)
		return false;
	if (cond->op == (truth ? OP_AND : OP_OR))
		return says(h, cond->a, truth, big, small, depth + 1) ||
		       says(h, cond->b, truth, big, small, depth + 1);
	for (int turned = 0; turned < 2; turned++) {
		const struct node *x = turned ? cond->b : cond->a, *y = turned ? cond->a : cond->b;

		if (!same_text(x, big))
			continue;
		/* x != 0 says x >= 1: numbers are unsigned here. */
		if (cond->op == (truth ? OP_NE : OP_EQ) && const_exact(h, y, &k) && !k &&
		    const_exact(h, small, &least) && least <= 1)
			return true;
		if (!orders(cond, truth, turned, &more))
			continue;
		if (same_text(y, small) ||
		    (const_exact(h, y, &k) && const_exact(h, small, &least) && k + more >= least))
			return true;
	}
	return false;
}

bool facts_order(struct honey *h, const struct fact *facts, const struct node *big,
		 const struct node *small)
{
	for (; facts; facts = facts->next)
		if (says(h, facts->cond, facts->truth, big, small, 0))
			return true;
	return false;
}
