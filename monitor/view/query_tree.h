/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A parsed query: what query.c builds and query_match.c walks. */
#ifndef MONITOR_QUERY_TREE_H
#define MONITOR_QUERY_TREE_H

#include <regex.h>

#include "monitor/view/query_lex.h"

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_TERM };

/* An expression without any special character is searched for as it is: some thirty times quicker.
 */
enum plain { PLAIN_NOT, PLAIN_INSIDE, PLAIN_FIRST, PLAIN_LAST, PLAIN_WHOLE };

struct node {
	enum node_kind kind;
	enum query_op op;
	bool unknown;  /* = ? */
	bool icase;    /* of @plain */
	bool compiled; /* @regex is ours to free */
	enum plain plain;
	const struct column *column;
	double number;
	char *text; /* owned */
	regex_t regex;
	struct node *first, *next; /* children of AND, OR, NOT; the next sibling */
};

struct query {
	struct node *root; /* NULL: everything */
};

/* Names and words: compared with = != ~ !~ only. */
bool query_is_text(const struct column *c);

#endif
