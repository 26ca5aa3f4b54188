/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A query goes three ways: the lexer takes its text apart, a parser of recursive descent makes a
 * tree of terms of it, and rows are held against the tree. Chains of `and` and `or` are one node
 * with many children, so that a long query is not a deep one; only parentheses and `not` nest.
 */
#include "lib/base.h"
#include "monitor/view/query.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/suggest.h"
#include "monitor/view/column.h"
#include "monitor/view/quantity.h"
#include "monitor/view/regex.h"
#include "monitor/view/trend.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD, /* a name, a value, or a quoted string */
	TOKEN_OP,   /* = != < <= > >= ~ !~ */
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_BAD, /* a quotation without an end, an operator that is none: @error was filled in */
};

enum query_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_MATCH, OP_NOMATCH, OP_COUNT };

struct token {
	enum token_kind kind;
	size_t at, length; /* in the text */
	enum query_op op;
	bool quoted;
	struct strbuf word; /* without quotes; owned by the lexer until the next token */
};

struct lexer {
	const char *text;
	size_t at;
	struct token token; /* the latest */
	struct query_error *error;
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_TERM };

/* An expression without any special character is searched for as it is: some thirty times quicker.
 */
enum plain { PLAIN_NOT, PLAIN_INSIDE, PLAIN_FIRST, PLAIN_LAST, PLAIN_WHOLE };

struct node {
	enum node_kind kind;
	enum query_op op;
	bool unknown; /* = ? */
	bool sum;     /* of the processes that a row belongs to */
	bool icase;   /* of @plain */
	enum plain plain;
	const struct column *column;
	double number;
	char *text;		   /* owned */
	struct regex *regex;	   /* owned; where it is not @plain */
	struct node *first, *next; /* children of AND, OR, NOT; the next sibling */
};

struct query {
	struct node *root; /* NULL: everything */
};

/* Names and words: compared with = != ~ !~ only. */
static bool is_text(const struct column *c)
{
	return c->kind == COLUMN_NAME || c->kind == COLUMN_USER || c->kind == COLUMN_STATE ||
	       c->kind == COLUMN_VERDICT || c->kind == COLUMN_TEXT;
}

/* --- words --- */

static const char *const op_names[OP_COUNT] = {
	[OP_EQ] = "=", [OP_NE] = "!=", [OP_LT] = "<",	 [OP_LE] = "<=",
	[OP_GT] = ">", [OP_GE] = ">=", [OP_MATCH] = "~", [OP_NOMATCH] = "!~",
};

/* Fills in the error, unless there is one already; the text is cut to what fits. */
static int PRINTF_LIKE(4, 5)
	fail_at(struct query_error *e, size_t at, size_t length, const char *fmt, ...)
{
	va_list ap;

	if (e->text[0])
		return -EINVAL;
	e->at = at;
	e->length = length;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void lexer_init(struct lexer *lx, const char *text, struct query_error *e)
{
	*lx = (struct lexer){.text = text, .error = e, .token = {.word = STRBUF_INIT}};
}

static void lexer_release(struct lexer *lx)
{
	strbuf_release(&lx->token.word);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void set(struct lexer *lx, enum token_kind kind, size_t length)
{
	lx->token.kind = kind;
	lx->token.length = length;
	lx->at += length;
}

/* A backslash takes the meaning of the quotation mark alone: in an expression it means more. */
static void quoted(struct lexer *lx)
{
	const char *s = lx->text + lx->at;
	size_t i = 1;

	lx->token.quoted = true;
	for (; s[i] && s[i] != s[0]; i++) {
		if (s[i] == '\\' && s[i + 1] == s[0])
			i++;
		strbuf_addch(&lx->token.word, s[i]);
	}
	if (!s[i]) {
		fail_at(lx->error, lx->at, i, "this quotation has no end");
		set(lx, TOKEN_BAD, i);
		return;
	}
	set(lx, TOKEN_WORD, i + 1);
}

static bool keyword(const char *s, size_t n, enum token_kind *kind)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (n == strlen(words[i].word) && !strncasecmp(s, words[i].word, n)) {
			*kind = words[i].kind;
			return true;
		}
	return false;
}

/* Where the word at @s ends. Parentheses inside that close again are part of an expression. */
static size_t word_length(const char *s, bool value)
{
	enum token_kind kind;
	size_t depth = 0, n = 0;

	for (; s[n] && !is_blank(s[n]); n++) {
		if ((s[n] == '&' && s[n + 1] == '&') || (s[n] == '|' && s[n + 1] == '|'))
			break;
		if (!value && !depth && strchr("=!<>~", s[n]))
			break;
		if (s[n] == '\\' && s[n + 1] && !is_blank(s[n + 1]))
			n++;
		else if (s[n] == '(' && !value && (!n || keyword(s, n, &kind)))
			break;
		else if (s[n] == '(')
			depth++;
		else if (s[n] == ')' && !depth--)
			break;
	}
	return n;
}

static void begin(struct lexer *lx)
{
	while (is_blank(lx->text[lx->at]))
		lx->at++;
	strbuf_reset(&lx->token.word);
	lx->token.at = lx->at;
	lx->token.quoted = false;
}

static void word(struct lexer *lx, bool value)
{
	const char *s = lx->text + lx->at;
	enum token_kind kind = TOKEN_WORD;
	size_t n = word_length(s, value);

	if (!n) {
		fail_at(lx->error, lx->at, 1, "'%c' cannot stand here", s[0]);
		set(lx, TOKEN_BAD, 1);
		return;
	}
	if (value || !keyword(s, n, &kind)) {
		kind = TOKEN_WORD;
		strbuf_add(&lx->token.word, s, n);
	}
	set(lx, kind, n);
}

static void operator(struct lexer *lx)
{
	const char *s = lx->text + lx->at, *meant = "";
	size_t n = strspn(s, "=!<>~");
	enum query_op op;

	for (op = 0; op < OP_COUNT; op++)
		if (strlen(op_names[op]) == n && !strncmp(s, op_names[op], n))
			break;
	if (op < OP_COUNT) {
		lx->token.op = op;
		set(lx, TOKEN_OP, n);
		return;
	}
	/* `!` alone, also in `!!x` and `!(..)` */
	if (s[0] == '!' && s[1] != '=' && s[1] != '~') {
		set(lx, TOKEN_NOT, 1);
		return;
	}
	if (!strncmp(s, "==", n))
		meant = ": write =";
	else if (!strncmp(s, "=~", n) || !strncmp(s, "~=", n))
		meant = ": write ~";
	else if (!strncmp(s, "<>", n))
		meant = ": write !=";
	else if (!strncmp(s, "=<", n) || !strncmp(s, "=>", n))
		meant = s[1] == '<' ? ": write <=" : ": write >=";
	fail_at(lx->error, lx->at, n, "no operator '%.*s'%s", (int)MIN(n, (size_t)8), s, meant);
	set(lx, TOKEN_BAD, n);
}

/* Moves on to the next token. */
static void lexer_next(struct lexer *lx)
{
	const char *s;

	begin(lx);
	s = lx->text + lx->at;
	if (!*s)
		set(lx, TOKEN_END, 0);
	else if (*s == '(')
		set(lx, TOKEN_OPEN, 1);
	else if (*s == ')')
		set(lx, TOKEN_CLOSE, 1);
	else if (!strncmp(s, "&&", 2))
		set(lx, TOKEN_AND, 2);
	else if (!strncmp(s, "||", 2))
		set(lx, TOKEN_OR, 2);
	else if (strchr("=!<>~", *s))
		operator(lx);
	else if (*s == '"' || *s == '\'')
		quoted(lx);
	else
		word(lx, false);
}

/* The same where a value is due: nothing in it is an operator or a keyword, and parentheses that
 * close again belong to it. */
static void lexer_value(struct lexer *lx)
{
	char c;

	begin(lx);
	c = lx->text[lx->at];
	if (!c || c == ')' || !strncmp(lx->text + lx->at, "&&", 2) ||
	    !strncmp(lx->text + lx->at, "||", 2))
		lexer_next(lx);
	else if (c == '"' || c == '\'')
		quoted(lx);
	else
		word(lx, true);
}

/* --- the tree --- */

enum { QUERY_BYTES = 4096, QUERY_DEPTH = 64, REPETITIONS = 1000 };

struct parser {
	struct lexer lx;
	const struct column *table;
	struct query_error *e;
	unsigned int depth;
};

static void node_free(struct node *n)
{
	while (n) {
		struct node *next = n->next;

		node_free(n->first); /* no deeper than QUERY_DEPTH levels of parentheses */
		regex_free(n->regex);
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

	return fail_at(p->e, t->at, t->length, "%s", text);
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
	size_t n = 0;
	struct strbuf shown = STRBUF_INIT;

	for (const struct column *c = p->table; c->key && n < ARRAY_SIZE(keys); c++)
		keys[n++] = c->key;
	nearest = suggest_nearest(word, keys, n);
	column_text(word, 32, &shown);
	if (nearest)
		fail_at(p->e, at, length, "no column '%s'; did you mean '%s'?", shown.s, nearest);
	else
		fail_at(p->e, at, length, "no column '%s'", shown.s);
	strbuf_release(&shown);
	return -EINVAL;
}

/* Sets @n->plain and cuts the anchors off @n->text where it is the same without an expression. */
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

/* What a{m,n} multiplies an expression with: it is written out, and three of them in each other
 * would take all memory. */
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
	char why[128];
	int err;

	for (const char *s = n->text; *s; s++)
		upper |= isupper((unsigned char)*s) != 0;
	n->icase = !upper;
	plain_of(n);
	if (n->plain != PLAIN_NOT)
		return 0;
	if (repetitions(n->text) > REPETITIONS)
		return fail_at(p->e, t->at, t->length, "more than %d repetitions by {..}",
			       REPETITIONS);
	err = regex_new(&n->regex, n->text, n->icase, why, sizeof(why));
	if (err == -ENOMEM)
		return fail_here(p, "out of memory");
	return err ? fail_at(p->e, t->at, t->length, "no regular expression: %s", why) : 0;
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
	return fail_at(p->e, t->at, t->length, "no such verdict%s%s%s%s",
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
		return fail_at(p->e, t->at, t->length, "a value is missing after %s",
			       op_names[n->op]);
	if (!t->quoted && !strcmp(t->word.s, "?")) {
		if (n->op != OP_EQ && n->op != OP_NE)
			return fail_here(p, "? (not known) goes with = and != only");
		n->unknown = true;
		return 0;
	}
	if (is_text(n->column))
		return set_text(p, n, t);
	if (!quantity_parse(n->column, t->word.s, &n->number, why, sizeof(why)))
		return fail_here(p, why);
	return 0;
}

/* "sum(COLUMN)" becomes "COLUMN". */
static bool take_sum(char *name)
{
	size_t len = strlen(name);

	if (len < 6 || strncasecmp(name, "sum(", 4) || name[len - 1] != ')')
		return false;
	memmove(name, name + 4, len - 5);
	name[len - 5] = '\0';
	return true;
}

/* term := COLUMN OP VALUE | sum(COLUMN) OP VALUE | WORD */
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

		n->column = column_find_in(p->table, "name");
		n->op = OP_MATCH;
		n->text = name;
		name = NULL;
		if (set_regex(p, n, &alone))
			goto bad;
		return n;
	}
	n->sum = p->table == columns && !word.quoted && take_sum(name);
	n->column = column_find_in(p->table, name);
	if (!n->column) {
		unknown_column(p, name, word.at, word.length);
		goto bad;
	}
	n->op = p->lx.token.op;
	if (n->sum && n->column->kind != COLUMN_NUMBER) {
		fail_at(p->e, word.at, word.length, "'%s' cannot be summed up", n->column->key);
		goto bad;
	}
	if (is_text(n->column) && n->op >= OP_LT && n->op <= OP_GE) {
		fail_at(p->e, p->lx.token.at, p->lx.token.length,
			"'%s' is text: use = != ~ !~, not %s", n->column->key, op_names[n->op]);
		goto bad;
	}
	if (!is_text(n->column) && n->op >= OP_MATCH) {
		fail_at(p->e, p->lx.token.at, p->lx.token.length,
			"'%s' is a number: use = != < <= > >=, not %s", n->column->key,
			op_names[n->op]);
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
	fail_at(p->e, p->lx.token.at, p->lx.token.length,
		"more than %d levels of parentheses and not", QUERY_DEPTH);
	return false;
}

static void term_missing(struct parser *p)
{
	const struct column *c = p->table;

	while (c->key && c->unit != UNIT_KB && c->unit != UNIT_BYTES)
		c++;
	fail_at(p->e, p->lx.token.at, p->lx.token.length,
		"a term is missing here, such as %s > 1GiB or a name", c->key ? c->key : "x");
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
	default: term_missing(p); return NULL;
	}
	if (!deeper(p))
		return NULL;
	lexer_next(&p->lx);
	n = parse_or(p);
	if (n && p->lx.token.kind != TOKEN_CLOSE) {
		if (p->lx.token.kind == TOKEN_END)
			fail_at(p->e, at, 1, "this parenthesis is not closed");
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
	return query_parse_in(out, text, columns, e);
}

int query_parse_in(struct query **out, const char *text, const struct column *table,
		   struct query_error *e)
{
	struct parser p = {.table = table, .e = e};
	struct query *q;

	*out = NULL;
	memset(e, 0, sizeof(*e));
	if (strlen(text) > QUERY_BYTES)
		return fail_at(e, QUERY_BYTES, strlen(text) - QUERY_BYTES,
			       "a query has at most %d bytes, not %zu", QUERY_BYTES, strlen(text));
	q = calloc(1, sizeof(*q));
	if (!q)
		return fail_at(e, 0, 0, "out of memory");
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

/* --- rows held against it --- */

static bool same(const char *a, const char *b, size_t n, bool icase)
{
	return !(icase ? strncasecmp(a, b, n) : strncmp(a, b, n));
}

static bool matches(const struct node *n, const char *s)
{
	size_t length, have;

	if (n->plain == PLAIN_NOT)
		return regex_match(n->regex, s);
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
	case COLUMN_USER:
		if (n->unknown || row->uid == ROW_UNKNOWN)
			return n->unknown && (n->op == OP_EQ) == (row->uid == ROW_UNKNOWN);
		s = column_user(row->uid);
		break;
	case COLUMN_VERDICT: s = verdict_name(row); break;
	case COLUMN_TEXT:
		s = column_row_text(n->column, row);
		if (n->unknown || !s)
			return n->unknown && (n->op == OP_EQ) == !s;
		break;
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

	if (is_text(n->column))
		return match_text(n, row);
	v = n->sum && row->sum ? row->sum[n->column->field] : column_number(n->column, row);
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

static void look(const struct node *n)
{
	for (; n; n = n->next) {
		if (n->regex)
			regex_look(n->regex);
		look(n->first);
	}
}

void query_look(const struct query *q)
{
	if (q)
		look(q->root);
}

bool query_match(const struct query *q, const struct proc_row *row)
{
	return !q || !q->root || match(q->root, row);
}

static bool gave_up(const struct node *n)
{
	for (; n; n = n->next)
		if ((n->regex && regex_gave_up(n->regex)) || gave_up(n->first))
			return true;
	return false;
}

static unsigned int reads_of(const struct node *n)
{
	unsigned int reads = 0;

	for (; n; n = n->next)
		reads |= column_reads(n->column) | reads_of(n->first) | (n->sum ? READ_SUMS : 0);
	return reads;
}

unsigned int query_reads(const struct query *q)
{
	return q ? reads_of(q->root) : 0;
}

bool query_gave_up(const struct query *q)
{
	return q && gave_up(q->root);
}

/* --- what is wrong, shown --- */

enum { AROUND = 30 }; /* cells of a long query that are shown to each side of what is wrong */

/* Appends @n bytes of @text made harmless; returns the cells. */
static int piece(const char *text, size_t n, int cells, struct strbuf *out)
{
	struct strbuf copy = STRBUF_INIT;
	int used;

	strbuf_add(&copy, text, n);
	for (size_t i = 0; i < copy.len; i++)
		if (copy.s[i] == '\n' || copy.s[i] == '\t' || copy.s[i] == '\r')
			copy.s[i] = ' ';
	used = column_text(copy.s, cells, out);
	strbuf_release(&copy);
	return used;
}

static bool inside_character(char c)
{
	return (c & 0xc0) == 0x80;
}

void query_explain(const char *text, const struct query_error *e, struct strbuf *out)
{
	size_t len = strlen(text), at = MIN(e->at, len), n = MIN(e->length, len - at), from = 0;
	int before, wrong;

	if (at > 2 * AROUND) {
		from = at - AROUND;
		while (from < at && inside_character(text[from]))
			from++;
	}
	strbuf_addf(out, "%s\n  %s", e->text, from ? "..." : "");
	before = piece(text + from, at - from, -1, out) + (from ? 3 : 0);
	wrong = piece(text + at, n, 2 * AROUND, out);
	piece(text + at + n, len - at - n, AROUND, out);
	strbuf_addf(out, "%s\n  %*s", len - at - n > AROUND ? "..." : "", before, "");
	for (int i = 0; i < MAX(wrong, 1); i++)
		strbuf_addch(out, '^');
}
