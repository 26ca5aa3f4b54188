/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holds rows against a query. */
#include "lib/base.h"
#include "monitor/view/query_tree.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "monitor/view/trend.h"

bool query_is_text(const struct column *c)
{
	return c->kind == COLUMN_NAME || c->kind == COLUMN_USER || c->kind == COLUMN_STATE ||
	       c->kind == COLUMN_VERDICT;
}

static bool same(const char *a, const char *b, size_t n, bool icase)
{
	return !(icase ? strncasecmp(a, b, n) : strncmp(a, b, n));
}

static bool matches(const struct node *n, const char *s)
{
	size_t length, have;

	if (n->plain == PLAIN_NOT)
		return !regexec(&n->regex, s, 0, NULL, 0);
	if (n->plain == PLAIN_INSIDE)
		return (n->icase ? strcasestr(s, n->text) : strstr(s, n->text)) != NULL;
	length = strlen(n->text);
	have = strlen(s);
	if (have < length || (n->plain == PLAIN_WHOLE && have != length))
		return false;
	return same(n->plain == PLAIN_LAST ? s + have - length : s, n->text, length, n->icase);
}

static bool match_text(const struct node *n, const struct proc_row *row)
{
	char number[16], state[2] = {row->state, '\0'};
	bool equal, expr = n->op == OP_MATCH || n->op == OP_NOMATCH;
	const char *s = state;

	switch (n->column->kind) {
	case COLUMN_NAME: s = row->name; break;
	case COLUMN_USER: s = column_user(row->uid); break;
	case COLUMN_VERDICT: s = verdict_name(row); break;
	default:
		if (n->unknown || state[0] == '?' || !state[0])
			return n->unknown && (n->op == OP_EQ) == (state[0] == '?' || !state[0]);
		break;
	}
	/* Too early is the verdict that is not known yet; a name and a user always are. */
	if (n->unknown)
		return (n->op == OP_EQ) ==
		       (n->column->kind == COLUMN_VERDICT && row->verdict == VERDICT_TOO_EARLY);
	equal = expr				    ? matches(n, s)
		: n->column->kind == COLUMN_VERDICT ? !strcasecmp(s, n->text)
						    : !strcmp(s, n->text);
	if (!equal && !expr && n->column->kind == COLUMN_USER) {
		snprintf(number, sizeof(number), "%u", row->uid);
		equal = !strcmp(number, n->text);
	}
	return equal == (n->op == OP_EQ || n->op == OP_MATCH);
}

static bool match_term(const struct node *n, const struct proc_row *row)
{
	double v;

	if (query_is_text(n->column))
		return match_text(n, row);
	v = column_number(n->column, row);
	if (n->unknown)
		return isnan(v) == (n->op == OP_EQ);
	if (isnan(v))
		return false;
	switch (n->op) {
	case OP_EQ: return v == n->number;
	case OP_NE: return v != n->number;
	case OP_LT: return v < n->number;
	case OP_LE: return v <= n->number;
	case OP_GT: return v > n->number;
	default: return v >= n->number;
	}
}

static bool match(const struct node *n, const struct proc_row *row)
{
	if (n->kind == NODE_TERM)
		return match_term(n, row);
	if (n->kind == NODE_NOT)
		return !match(n->first, row);
	for (const struct node *c = n->first; c; c = c->next)
		if (match(c, row) == (n->kind == NODE_OR))
			return n->kind == NODE_OR;
	return n->kind == NODE_AND;
}

bool query_match(const struct query *q, const struct proc_row *row)
{
	return !q || !q->root || match(q->root, row);
}
