/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parses queries into a tree of terms. */
#include "lib/base.h"
#include "monitor/view/query.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/suggest.h"
#include "monitor/view/query_tree.h"
#include "monitor/view/trend.h"

enum { QUERY_BYTES = 4096, QUERY_DEPTH = 64, REPETITIONS = 1000 };

struct parser {
	struct lexer lx;
	struct query_error *e;
	unsigned int depth;
};

static void node_free(struct node *n)
{
	while (n) {
		struct node *next = n->next;

		node_free(n->first); /* no deeper than QUERY_DEPTH levels of parentheses */
		if (n->compiled)
			regfree(&n->regex);
		free(n->text);
		free(n);
		n = next;
	}
}

void query_free(struct query *q)
{
	if (!q)
		return;
	node_free(q->root);
	free(q);
}

static int fail_here(struct parser *p, const char *text)
{
	const struct token *t = &p->lx.token;

	return query_fail(p->e, t->at, t->length, "%s", text);
}

static struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *n = calloc(1, sizeof(*n));

	if (!n) {
		fail_here(p, "out of memory");
		return NULL;
	}
	n->kind = kind;
	return n;
}

/* --- terms --- */

static int unknown_column(struct parser *p, const char *word, size_t at, size_t length)
{
	const char *keys[64], *nearest;
	struct strbuf shown = STRBUF_INIT;

	for (size_t i = 0; i < ncolumns && i < ARRAY_SIZE(keys); i++)
		keys[i] = columns[i].key;
	nearest = suggest_nearest(word, keys, MIN(ncolumns, ARRAY_SIZE(keys)));
	column_text(word, 32, &shown);
	if (nearest)
		query_fail(p->e, at, length, "no column '%s'; did you mean '%s'?", shown.s,
			   nearest);
	else
		query_fail(p->e, at, length, "no column '%s'", shown.s);
	strbuf_release(&shown);
	return -EINVAL;
}

/* Sets @n->plain and cuts the anchors off @n->text where it is the same without regex(7). */
static void plain_of(struct node *n)
{
	size_t len = strlen(n->text), from = n->text[0] == '^',
	       to = len > from && n->text[len - 1] == '$' ? len - 1 : len;

	for (size_t i = from; i < to; i++)
		if (strchr("^$.[]()|*+?{}\\", n->text[i]) || (n->text[i] & 0x80))
			return;
	n->plain = from && to < len ? PLAIN_WHOLE
		   : from	    ? PLAIN_FIRST
		   : to < len	    ? PLAIN_LAST
				    : PLAIN_INSIDE;
	memmove(n->text, n->text + from, to - from);
	n->text[to - from] = '\0';
}

/* What a{m,n} multiplies an expression with: the C library writes it out, and would take all memory
 * for three of them in each other. */
static unsigned long repetitions(const char *s)
{
	unsigned long product = 1;

	for (; *s && product <= REPETITIONS; s++) {
		unsigned long most = 0;

		if (*s == '\\' && s[1]) {
			s++;
			continue;
		}
		if (*s != '{')
			continue;
		for (unsigned long v = 0; isdigit((unsigned char)s[1]) || s[1] == ','; s++) {
			v = s[1] == ',' ? 0 : MIN(v * 10 + (unsigned long)(s[1] - '0'), 100000UL);
			most = MAX(most, v);
		}
		product *= MAX(most, 1UL);
	}
	return product;
}

static int set_regex(struct parser *p, struct node *n, const struct token *t)
{
	bool upper = false;
	char why[96];
	int err;

	for (const char *s = n->text; *s; s++)
		upper |= isupper((unsigned char)*s) != 0;
	n->icase = !upper;
	plain_of(n);
	if (n->plain != PLAIN_NOT)
		return 0;
	if (repetitions(n->text) > REPETITIONS)
		return query_fail(p->e, t->at, t->length, "more than %d repetitions by {..}",
				  REPETITIONS);
	err = regcomp(&n->regex, n->text, REG_EXTENDED | REG_NOSUB | (upper ? 0 : REG_ICASE));
	if (!err) {
		n->compiled = true;
		return 0;
	}
	regerror(err, &n->regex, why, sizeof(why));
	return query_fail(p->e, t->at, t->length, "no regular expression: %s", why);
}

static int set_text(struct parser *p, struct node *n, const struct token *t)
{
	const char *nearest;

	n->text = strdup(t->word.s);
	if (!n->text)
		return fail_here(p, "out of memory");
	if (n->op == OP_MATCH || n->op == OP_NOMATCH)
		return set_regex(p, n, t);
	if (n->column->kind == COLUMN_STATE && t->word.len != 1)
		return fail_here(p, "a state is one letter: R S D Z T I");
	if (n->column->kind != COLUMN_VERDICT)
		return 0;
	for (size_t i = 0; i < VERDICT_COUNT; i++)
		if (!strcasecmp(verdict_names[i], n->text))
			return 0;
	nearest = suggest_nearest(n->text, verdict_names, VERDICT_COUNT);
	return query_fail(p->e, t->at, t->length, "no such verdict%s%s%s%s",
			  nearest ? "; did you mean '" : "", nearest ? nearest : "",
			  nearest ? "'?" : "",
			  nearest ? ""
				  : ": growing, shrinking, steady, "
				    "unsure, \"too early\"");
}

static int set_value(struct parser *p, struct node *n)
{
	const struct token *t = &p->lx.token;
	char why[128];

	if (t->kind == TOKEN_BAD)
		return -EINVAL;
	if (t->kind != TOKEN_WORD)
		return query_fail(p->e, t->at, t->length, "a value is missing after %s",
				  query_ops[n->op]);
	if (!t->quoted && !strcmp(t->word.s, "?")) {
		if (n->op != OP_EQ && n->op != OP_NE)
			return fail_here(p, "? (not known) goes with = and != only");
		n->unknown = true;
		return 0;
	}
	if (query_is_text(n->column))
		return set_text(p, n, t);
	if (!query_number(n->column, t->word.s, &n->number, why, sizeof(why)))
		return fail_here(p, why);
	return 0;
}

/* term := COLUMN OP VALUE | WORD */
static struct node *parse_term(struct parser *p)
{
	struct token word = p->lx.token;
	struct node *n = node_new(p, NODE_TERM);
	char *name = strdup(word.word.s);

	if (!n || !name) {
		fail_here(p, "out of memory");
		goto bad;
	}
	lexer_next(&p->lx);
	if (p->lx.token.kind == TOKEN_BAD)
		goto bad;
	if (p->lx.token.kind != TOKEN_OP) {
		struct token alone = {.at = word.at, .length = word.length};

		n->column = column_find("name", false);
		n->op = OP_MATCH;
		n->text = name;
		name = NULL;
		if (set_regex(p, n, &alone))
			goto bad;
		return n;
	}
	n->column = column_find(name, false);
	if (!n->column) {
		unknown_column(p, name, word.at, word.length);
		goto bad;
	}
	n->op = p->lx.token.op;
	if (query_is_text(n->column) && n->op >= OP_LT && n->op <= OP_GE) {
		query_fail(p->e, p->lx.token.at, p->lx.token.length,
			   "'%s' is text: use = != ~ !~, not %s", n->column->key, query_ops[n->op]);
		goto bad;
	}
	if (!query_is_text(n->column) && n->op >= OP_MATCH) {
		query_fail(p->e, p->lx.token.at, p->lx.token.length,
			   "'%s' is a number: use = != < <= > >=, not %s", n->column->key,
			   query_ops[n->op]);
		goto bad;
	}
	lexer_value(&p->lx);
	if (set_value(p, n))
		goto bad;
	lexer_next(&p->lx);
	free(name);
	return n;
bad:
	free(name);
	node_free(n);
	return NULL;
}

/* --- what binds terms together --- */

static struct node *parse_or(struct parser *p);

static bool deeper(struct parser *p)
{
	if (++p->depth <= QUERY_DEPTH)
		return true;
	query_fail(p->e, p->lx.token.at, p->lx.token.length,
		   "more than %d levels of parentheses and not", QUERY_DEPTH);
	return false;
}

/* primary := ( or ) | term */
static struct node *parse_primary(struct parser *p)
{
	size_t at = p->lx.token.at;
	struct node *n;

	switch (p->lx.token.kind) {
	case TOKEN_WORD: return parse_term(p);
	case TOKEN_OPEN: break;
	case TOKEN_BAD: return NULL;
	case TOKEN_OP: fail_here(p, "a column is missing before this"); return NULL;
	case TOKEN_CLOSE:
		fail_here(p, p->depth ? "a term is missing before this"
				      : "no parenthesis is open here");
		return NULL;
	default: fail_here(p, "a term is missing here, such as rss > 1GiB or a name"); return NULL;
	}
	if (!deeper(p))
		return NULL;
	lexer_next(&p->lx);
	n = parse_or(p);
	if (n && p->lx.token.kind != TOKEN_CLOSE) {
		if (p->lx.token.kind == TOKEN_END)
			query_fail(p->e, at, 1, "this parenthesis is not closed");
		else
			fail_here(p, "'and', 'or' or ) is due here");
		node_free(n);
		return NULL;
	}
	if (n)
		lexer_next(&p->lx);
	p->depth--;
	return n;
}

/* not := 'not' not | primary */
static struct node *parse_not(struct parser *p)
{
	struct node *n, *child;

	if (p->lx.token.kind != TOKEN_NOT)
		return parse_primary(p);
	if (!deeper(p))
		return NULL;
	lexer_next(&p->lx);
	child = parse_not(p);
	n = child ? node_new(p, NODE_NOT) : NULL;
	if (n)
		n->first = child;
	else
		node_free(child);
	p->depth--;
	return n;
}

/* A chain of equals is one node with many children, so that a long one is not deep. */
static struct node *parse_chain(struct parser *p, enum token_kind joint, enum node_kind kind,
				struct node *(*part)(struct parser *))
{
	struct node *first = part(p), *last = first, *n;

	if (!first || p->lx.token.kind != joint)
		return first;
	while (p->lx.token.kind == joint) {
		lexer_next(&p->lx);
		last->next = part(p);
		last = last->next;
		if (!last)
			goto bad;
	}
	n = node_new(p, kind);
	if (n) {
		n->first = first;
		return n;
	}
bad:
	node_free(first);
	return NULL;
}

/* and := not ('and' not)* */
static struct node *parse_and(struct parser *p)
{
	return parse_chain(p, TOKEN_AND, NODE_AND, parse_not);
}

/* or := and ('or' and)* */
static struct node *parse_or(struct parser *p)
{
	return parse_chain(p, TOKEN_OR, NODE_OR, parse_and);
}

int query_parse(struct query **out, const char *text, struct query_error *e)
{
	struct parser p = {.e = e};
	struct query *q;

	*out = NULL;
	memset(e, 0, sizeof(*e));
	if (strlen(text) > QUERY_BYTES)
		return query_fail(e, QUERY_BYTES, strlen(text) - QUERY_BYTES,
				  "a query has at most %d bytes, not %zu", QUERY_BYTES,
				  strlen(text));
	q = calloc(1, sizeof(*q));
	if (!q)
		return query_fail(e, 0, 0, "out of memory");
	lexer_init(&p.lx, text, e);
	lexer_next(&p.lx);
	if (p.lx.token.kind != TOKEN_END) {
		q->root = parse_or(&p);
		if (q->root && p.lx.token.kind == TOKEN_CLOSE)
			fail_here(&p, "no parenthesis is open here");
		else if (q->root && p.lx.token.kind != TOKEN_END)
			fail_here(&p, "'and' or 'or' is due here");
	}
	lexer_release(&p.lx);
	if (e->text[0]) {
		query_free(q);
		return -EINVAL;
	}
	*out = q;
	return 0;
}
