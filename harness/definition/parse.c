/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tokens to tree: recursive descent, a function for each thing of the language; binary operators by
 * their rank. A function that fails has said why and returns NULL or -EINVAL; the first error is
 * the only one. What bpftrace has and a definition cannot have is known by name, so that the error
 * says why (outside.c).
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/outside.h"
#include "harness/definition/tree.h"
#include "lib/suggest.h"

enum { DEPTH_MAX = 200 };

struct parser {
	struct definition *def;
	struct strbuf *why;
	const struct token *t; /* the next one */
	struct block *block;   /* whose variables are meant */
	bool predicate;	       /* a / before { ends it */
	int depth;
};

static struct node *expression(struct parser *p);
static struct statement *statements(struct parser *p, bool *ok);

#define FAIL(p, at, ...) definition_error((p)->def, (at), (p)->why, __VA_ARGS__)

/* A token as an error names it: 'count', or what stands for it. */
static const char *shown(const struct parser *p, const struct token *t)
{
	if (t->kind == TOKEN_END)
		return "the end of the text";
	return arena_printf(&p->def->arena, "'%.*s'", (int)MIN(t->to - t->from, 40), t->from);
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_WORD && !strcmp(t->text, word);
}

static bool accept(struct parser *p, enum token_kind kind)
{
	if (p->t->kind != kind)
		return false;
	p->t++;
	return true;
}

static int expect(struct parser *p, enum token_kind kind, const char *behind)
{
	if (accept(p, kind))
		return 0;
	return FAIL(p, p->t->at, "%s stands where '%s' should %s", shown(p, p->t), token_text(kind),
		    behind);
}

static struct node *node_new(struct parser *p, enum node_kind kind, const struct token *t)
{
	struct node *n = arena_new(&p->def->arena, struct node);

	n->kind = kind;
	n->at = t->at;
	n->text = t->text;
	n->len = t->len;
	n->op = t->kind;
	return n;
}

/* --- primary expressions --- */

static struct map *map_named(struct parser *p, const struct token *t)
{
	struct map **at;

	for (at = &p->def->maps; *at; at = &(*at)->next)
		if (!strcmp((*at)->is.name, t->text))
			return *at;
	*at = arena_new(&p->def->arena, struct map);
	(*at)->is.name = t->text;
	(*at)->is.line = t->at.line;
	(*at)->is.column = t->at.column;
	p->def->nmaps++;
	return *at;
}

/* What stands in brackets behind a map, or behind its comma in delete(). */
static int keys(struct parser *p, struct node *n, enum token_kind end)
{
	do {
		struct node *key = expression(p);

		if (!key)
			return -EINVAL;
		if (n->nkeys == DEFINITION_PARTS_MAX)
			return FAIL(p, key->at, "a key of more than %d parts; make fewer of them",
				    DEFINITION_PARTS_MAX);
		arena_push(&p->def->arena, n->keys, n->nkeys, key);
	} while (accept(p, TOKEN_COMMA));
	return expect(p, end, "end the key");
}

static struct node *map_node(struct parser *p)
{
	struct node *n = node_new(p, NODE_MAP, p->t);

	n->map = map_named(p, p->t++);
	if (accept(p, TOKEN_OPEN_BRACKET) && keys(p, n, TOKEN_CLOSE_BRACKET))
		return NULL;
	return n;
}

static struct node *var_node(struct parser *p)
{
	struct node *n = node_new(p, NODE_VAR, p->t);
	size_t known = p->block->vars.n;

	n->index = (int)names_add(&p->block->vars, p->t->text);
	if (p->block->vars.n > known) {
		size_t types = known;

		arena_push(&p->def->arena, p->block->var_types, types, (struct definition_kind){0});
	}
	p->t++;
	return n;
}

static struct node *param_node(struct parser *p, bool text)
{
	const struct definition_words *w = &p->def->words;
	struct node *n = node_new(p, text ? NODE_TEXT : NODE_NUMBER, p->t);
	size_t i = p->t->number - 1;
	const char *given = i < w->nparams ? w->params[i] : text ? "" : "0";
	char *end;

	p->t++;
	if (text) {
		n->text = arena_strdup(&p->def->arena, given);
		n->len = strlen(given);
		return n;
	}
	errno = 0;
	n->literal = true;
	n->number = strtoull(given, &end, 0);
	n->index = given[0] == '-' ? -1 : 0;
	if (*end || !*given || errno) {
		FAIL(p, n->at, "%s is '%s', which is no number; str(%s) is its text", n->text,
		     given, n->text);
		return NULL;
	}
	return n;
}

/* args.x, args->x, args.args[1] */
static struct node *field_node(struct parser *p)
{
	struct node *n;

	p->t++;
	if (!accept(p, TOKEN_DOT) && !accept(p, TOKEN_ARROW)) {
		FAIL(p, p->t[-1].at, "'args' alone is no value; name a field of it: args.ret");
		return NULL;
	}
	if (p->t->kind != TOKEN_WORD) {
		FAIL(p, p->t->at, "%s stands where the name of a field should", shown(p, p->t));
		return NULL;
	}
	n = node_new(p, NODE_FIELD, p->t++);
	n->index = -1;
	if (p->t->kind == TOKEN_OPEN_BRACKET) {
		if (p->t[1].kind != TOKEN_NUMBER || p->t[2].kind != TOKEN_CLOSE_BRACKET ||
		    p->t[1].number > 5) {
			FAIL(p, p->t[1].at,
			     "only a number from 0 to 5 stands in these brackets: "
			     "args.args[0] is the first argument");
			return NULL;
		}
		n->index = (int)p->t[1].number;
		p->t += 3;
	}
	return n;
}

static struct node *str_node(struct parser *p)
{
	struct node *n = node_new(p, NODE_STR, p->t);

	p->t += 2;
	if (p->t->kind == TOKEN_PARAM && p->t[1].kind == TOKEN_CLOSE) {
		n = param_node(p, true);
		return expect(p, TOKEN_CLOSE, "end str()") ? NULL : n;
	}
	n->a = expression(p);
	if (!n->a)
		return NULL;
	if (accept(p, TOKEN_COMMA)) {
		const struct token *t = p->t;

		n->b = expression(p);
		if (!n->b)
			return NULL;
		if (n->b->kind != NODE_NUMBER || n->b->index < 0 || n->b->number < 1 ||
		    n->b->number > DEFINITION_STR_MAX) {
			FAIL(p, t->at, "the length of str() is a number from 1 to %d",
			     DEFINITION_STR_MAX);
			return NULL;
		}
	}
	return expect(p, TOKEN_CLOSE, "end str()") ? NULL : n;
}

static const struct {
	const char *word;
	enum builtin builtin;
} builtins[] = {
	{"pid", BUILTIN_PID},	  {"tid", BUILTIN_TID},	  {"uid", BUILTIN_UID},
	{"gid", BUILTIN_GID},	  {"cpu", BUILTIN_CPU},	  {"cgroup", BUILTIN_CGROUP},
	{"nsecs", BUILTIN_NSECS}, {"comm", BUILTIN_COMM}, {"retval", BUILTIN_RETVAL},
	{"probe", BUILTIN_PROBE},
};

static const char *const functions[] = {
	[DEFINITION_COUNT] = "count", [DEFINITION_SUM] = "sum",	    [DEFINITION_MIN] = "min",
	[DEFINITION_MAX] = "max",     [DEFINITION_AVG] = "avg",	    [DEFINITION_STATS] = "stats",
	[DEFINITION_HIST] = "hist",   [DEFINITION_LHIST] = "lhist",
};

/* PLAIN: it is none of them. */
static enum definition_function function_named(const struct token *t)
{
	for (size_t i = DEFINITION_COUNT; t->kind == TOKEN_WORD && i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i], t->text))
			return (enum definition_function)i;
	return DEFINITION_PLAIN;
}

/* A word that is no value: says so. */
static struct node *wrong_word(struct parser *p)
{
	static const char *const known[] = {"count", "sum",   "min",	"max",	  "avg",   "stats",
					    "hist",  "lhist", "printf", "delete", "clear", "zero",
					    "pid",   "tid",   "uid",	"gid",	  "cpu",   "cgroup",
					    "nsecs", "comm",  "retval", "probe",  "args",  "str"};
	const char *reason = outside_reason(p->t->text), *near;

	if (reason)
		FAIL(p, p->t->at, "'%s' is not of the language of definitions: %s", p->t->text,
		     reason);
	else if (function_named(p->t))
		FAIL(p, p->t->at, "'%s' is no value; it is assigned to a map, alone: @x = %s(..)",
		     p->t->text, p->t->text);
	else if ((near = suggest_nearest(p->t->text, known, ARRAY_SIZE(known))))
		FAIL(p, p->t->at, "'%s' is not known; is '%s' meant?", p->t->text, near);
	else
		FAIL(p, p->t->at, "'%s' is not known; docs/definitions.md has the words there are",
		     p->t->text);
	return NULL;
}

static struct node *word_node(struct parser *p)
{
	bool call = p->t[1].kind == TOKEN_OPEN;

	if (is_word(p->t, "args"))
		return field_node(p);
	if (is_word(p->t, "str") && call)
		return str_node(p);
	for (size_t i = 0; !call && i < ARRAY_SIZE(builtins); i++)
		if (is_word(p->t, builtins[i].word)) {
			struct node *n = node_new(p, NODE_BUILTIN, p->t++);

			n->builtin = builtins[i].builtin;
			return n;
		}
	return wrong_word(p);
}

static const struct integer {
	const char *name;
	uint8_t bytes;
	bool is_signed;
} integers[] = {
	{"int8", 1, true},   {"int16", 2, true},   {"int32", 4, true},	 {"int64", 8, true},
	{"uint8", 1, false}, {"uint16", 2, false}, {"uint32", 4, false}, {"uint64", 8, false},
};

static const struct integer *integer_named(const struct token *t)
{
	for (size_t i = 0; t->kind == TOKEN_WORD && i < ARRAY_SIZE(integers); i++)
		if (!strcmp(integers[i].name, t->text))
			return &integers[i];
	return NULL;
}

static struct node *unary(struct parser *p);

/* (uint8)x, or what stands in parentheses. */
static struct node *open_node(struct parser *p)
{
	const struct token *t = p->t;
	const struct integer *type = integer_named(t + 1);
	bool predicate = p->predicate;
	struct node *n;

	if (type && t[2].kind == TOKEN_CLOSE) {
		p->t += 3;
		n = node_new(p, NODE_CAST, t);
		n->type = (struct definition_kind){.bytes = type->bytes,
						   .is_signed = type->is_signed};
		n->a = unary(p);
		return n->a ? n : NULL;
	}
	if (t[1].kind == TOKEN_WORD && t[2].kind == TOKEN_CLOSE && !strncmp(t[1].text, "int", 3)) {
		FAIL(p, t[1].at,
		     "'%s' is no type to cast to; int8 to int64 and uint8 to uint64 are",
		     t[1].text);
		return NULL;
	}
	p->t++;
	p->predicate = false;
	n = expression(p);
	p->predicate = predicate;
	return n && !expect(p, TOKEN_CLOSE, "end what began with '('") ? n : NULL;
}

static struct node *number_node(struct parser *p)
{
	struct node *n = node_new(p, NODE_NUMBER, p->t);

	n->number = p->t++->number;
	n->literal = true;
	return n;
}

static struct node *primary(struct parser *p)
{
	switch (p->t->kind) {
	case TOKEN_NUMBER: return number_node(p);
	case TOKEN_TEXT: return node_new(p, NODE_TEXT, p->t++);
	case TOKEN_PARAM: return param_node(p, false);
	case TOKEN_VAR: return var_node(p);
	case TOKEN_MAP: return map_node(p);
	case TOKEN_WORD: return word_node(p);
	case TOKEN_OPEN: return open_node(p);
	default: break;
	}
	FAIL(p, p->t->at, "%s stands where a value should", shown(p, p->t));
	return NULL;
}

/* --- operators --- */

static struct node *step_node(struct parser *p, struct node *a, const struct token *op, bool prefix)
{
	struct node *n = node_new(p, NODE_STEP, op);

	if (a->kind != NODE_MAP && a->kind != NODE_VAR) {
		FAIL(p, op->at, "'%s' changes a map or a variable, and stands at neither",
		     token_text(op->kind));
		return NULL;
	}
	n->a = a;
	n->index = prefix;
	return n;
}

static struct node *unary(struct parser *p)
{
	const struct token *t = p->t;
	struct node *a, *n = NULL;

	if (++p->depth > DEPTH_MAX) {
		FAIL(p, t->at, "more than %d things within each other; write it flatter",
		     DEPTH_MAX);
		return NULL;
	}
	switch (t->kind) {
	case TOKEN_SUB:
	case TOKEN_NOT:
	case TOKEN_INVERT:
	case TOKEN_INC:
	case TOKEN_DEC:
		p->t++;
		a = unary(p);
		if (!a)
			break;
		if (t->kind == TOKEN_INC || t->kind == TOKEN_DEC) {
			n = step_node(p, a, t, true);
			break;
		}
		if (t->kind == TOKEN_SUB && a->kind == NODE_NUMBER && !a->index) {
			a->number = -a->number;
			a->index = -1;
			a->at = t->at;
			n = a;
			break;
		}
		n = node_new(p, NODE_UNARY, t);
		n->a = a;
		break;
	case TOKEN_MUL:
		FAIL(p, t->at,
		     "'*' follows a pointer, and no memory is in a record of syscalls; "
		     "str(args.x) is the text that an argument points at");
		break;
	default:
		n = primary(p);
		if (n && (p->t->kind == TOKEN_INC || p->t->kind == TOKEN_DEC)) {
			n = step_node(p, n, p->t, false);
			p->t++;
		}
	}
	p->depth--;
	return n;
}

/* How tight an operator binds; 0: it is none between two values. */
static int rank(const struct parser *p, const struct token *t)
{
	switch (t->kind) {
	case TOKEN_OR: return 1;
	case TOKEN_AND: return 2;
	case TOKEN_BOR: return 3;
	case TOKEN_XOR: return 4;
	case TOKEN_BAND: return 5;
	case TOKEN_EQ:
	case TOKEN_NE: return 6;
	case TOKEN_LT:
	case TOKEN_GT:
	case TOKEN_LE:
	case TOKEN_GE: return 7;
	case TOKEN_SHL:
	case TOKEN_SHR: return 8;
	case TOKEN_ADD:
	case TOKEN_SUB: return 9;
	case TOKEN_DIV:
		if (p->predicate && t[1].kind == TOKEN_OPEN_BRACE)
			return 0;
		return 10;
	case TOKEN_MUL:
	case TOKEN_MOD: return 10;
	default: return 0;
	}
}

static struct node *binary(struct parser *p, int least)
{
	struct node *a = unary(p);

	while (a && rank(p, p->t) >= least) {
		const struct token *op = p->t++;
		struct node *n = node_new(p, NODE_BINARY, op);

		n->a = a;
		n->b = binary(p, rank(p, op) + 1);
		a = n->b ? n : NULL;
	}
	return a;
}

static struct node *expression(struct parser *p)
{
	struct node *a, *n = NULL;
	const struct token *t;

	if (++p->depth > DEPTH_MAX) {
		FAIL(p, p->t->at, "more than %d things within each other; write it flatter",
		     DEPTH_MAX);
		return NULL;
	}
	a = binary(p, 1);
	t = p->t;
	if (!a || !accept(p, TOKEN_QUESTION)) {
		p->depth--;
		return a;
	}
	n = node_new(p, NODE_TERNARY, t);
	n->a = a;
	n->b = expression(p);
	if (!n->b || expect(p, TOKEN_COLON, "part the two values of '?'"))
		return NULL;
	n->c = expression(p);
	p->depth--;
	return n->c ? n : NULL;
}

/* --- statements --- */

static struct statement *statement_new(struct parser *p, enum statement_kind kind,
				       const struct token *t)
{
	struct statement *s = arena_new(&p->def->arena, struct statement);

	s->kind = kind;
	s->at = t->at;
	return s;
}

/* A number that was written, perhaps with a minus. */
static int literal(struct parser *p, const char *function, int64_t *out)
{
	const struct token *t = p->t;
	struct node *n = expression(p);

	if (!n)
		return -EINVAL;
	if (n->kind != NODE_NUMBER)
		return FAIL(p, t->at, "the bounds of %s() are numbers as they are written",
			    function);
	*out = (int64_t)n->number;
	return 0;
}

static int lhist_bounds(struct parser *p, struct statement *s, const struct token *t)
{
	for (size_t i = 0; i < 3; i++)
		if (expect(p, TOKEN_COMMA, "stand: lhist(value, min, max, step)") ||
		    literal(p, "lhist", &s->lhist[i]))
			return -EINVAL;
	if (s->lhist[2] <= 0 || s->lhist[0] < 0 || s->lhist[1] <= s->lhist[0])
		return FAIL(p, t->at,
			    "lhist() takes min, max and step; min is at least 0, max is more than "
			    "min, and step more than 0");
	if ((s->lhist[1] - s->lhist[0]) / s->lhist[2] > 1000)
		return FAIL(p, t->at,
			    "lhist() has at most 1000 buckets, and this one %lld; make the step "
			    "larger",
			    (long long)((s->lhist[1] - s->lhist[0]) / s->lhist[2]));
	return 0;
}

/* @x = count(), sum(value), .. */
static int function_call(struct parser *p, struct statement *s)
{
	const struct token *t = p->t;
	int64_t bits = 0;

	s->kind = STATEMENT_COUNT;
	s->function = function_named(t);
	p->t++;
	if (expect(p, TOKEN_OPEN, "follow the function's name"))
		return -EINVAL;
	if (s->function != DEFINITION_COUNT) {
		if (p->t->kind == TOKEN_CLOSE)
			return FAIL(p, p->t->at, "%s() needs a value: %s(args.ret)", t->text,
				    t->text);
		s->value = expression(p);
		if (!s->value)
			return -EINVAL;
	}
	if (s->function == DEFINITION_LHIST && lhist_bounds(p, s, t))
		return -EINVAL;
	if (s->function == DEFINITION_HIST && accept(p, TOKEN_COMMA)) {
		const struct token *at = p->t;

		if (literal(p, "hist", &bits))
			return -EINVAL;
		if (p->def->words.release == DEFINITION_BT_0_17)
			return FAIL(p, at->at,
				    "bpftrace 0.17 has no hist() with bits; leave them "
				    "out");
		if (bits < 0 || bits > 5)
			return FAIL(p, at->at, "the bits of hist() are a number from 0 to 5");
		s->bits = (uint8_t)bits;
	}
	return expect(p, TOKEN_CLOSE, "end the function's values");
}

/* "+=" to "+"; TOKEN_END: it is no such thing. */
static enum token_kind compound(enum token_kind kind)
{
	static const struct {
		enum token_kind set, op;
	} ops[] = {
		{TOKEN_ADD_SET, TOKEN_ADD}, {TOKEN_SUB_SET, TOKEN_SUB},
		{TOKEN_MUL_SET, TOKEN_MUL}, {TOKEN_DIV_SET, TOKEN_DIV},
		{TOKEN_MOD_SET, TOKEN_MOD}, {TOKEN_BAND_SET, TOKEN_BAND},
		{TOKEN_BOR_SET, TOKEN_BOR}, {TOKEN_XOR_SET, TOKEN_XOR},
		{TOKEN_SHL_SET, TOKEN_SHL}, {TOKEN_SHR_SET, TOKEN_SHR},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (ops[i].set == kind)
			return ops[i].op;
	return TOKEN_END;
}

static struct statement *assignment(struct parser *p)
{
	struct statement *s = statement_new(p, STATEMENT_SET, p->t);
	const struct token *op;
	struct node *sum;

	s->target = unary(p);
	if (!s->target)
		return NULL;
	if (s->target->kind == NODE_STEP) {
		s->kind = STATEMENT_STEP;
		s->value = s->target;
		s->target = s->target->a;
		return s;
	}
	op = p->t;
	if ((s->target->kind != NODE_MAP && s->target->kind != NODE_VAR) ||
	    (op->kind != TOKEN_SET && compound(op->kind) == TOKEN_END)) {
		FAIL(p, op->kind == TOKEN_END || s->target->kind == NODE_MAP ? op->at : s->at,
		     "%s: a statement changes something: @x = .., $x = .., @x++, delete(@x), "
		     "printf(..)",
		     shown(p, op));
		return NULL;
	}
	p->t++;
	if (op->kind == TOKEN_SET && p->t[1].kind == TOKEN_OPEN && function_named(p->t)) {
		if (s->target->kind == NODE_MAP)
			return function_call(p, s) ? NULL : s;
		FAIL(p, p->t->at, "'%s' is kept in maps alone, not in the variable %s", p->t->text,
		     s->target->text);
		return NULL;
	}
	s->value = expression(p);
	if (!s->value || op->kind == TOKEN_SET)
		return s->value ? s : NULL;
	sum = node_new(p, NODE_BINARY, op);
	sum->op = compound(op->kind);
	sum->a = s->target;
	sum->b = s->value;
	s->value = sum;
	s->compound = true;
	return s;
}

/* delete(@x[1]), delete(@x, 1), clear(@x), zero(@x) */
static struct statement *map_call(struct parser *p, enum statement_kind kind)
{
	const struct token *t = p->t;
	struct statement *s = statement_new(p, kind, t);

	p->t++;
	if (expect(p, TOKEN_OPEN, "follow"))
		return NULL;
	if (p->t->kind != TOKEN_MAP) {
		FAIL(p, p->t->at, "%s stands where the map of %s() should", shown(p, p->t),
		     t->text);
		return NULL;
	}
	s->target = map_node(p);
	if (!s->target)
		return NULL;
	if (kind != STATEMENT_DELETE && s->target->nkeys) {
		FAIL(p, s->target->at, "%s() takes a whole map, without a key; delete() takes one",
		     t->text);
		return NULL;
	}
	if (kind == STATEMENT_DELETE && !s->target->nkeys && accept(p, TOKEN_COMMA))
		return keys(p, s->target, TOKEN_CLOSE) ? NULL : s;
	return expect(p, TOKEN_CLOSE, "end the call") ? NULL : s;
}

static struct statement *if_statement(struct parser *p)
{
	struct statement *s = statement_new(p, STATEMENT_IF, p->t++);
	bool ok = true;

	if (expect(p, TOKEN_OPEN, "follow 'if'"))
		return NULL;
	s->value = expression(p);
	if (!s->value || expect(p, TOKEN_CLOSE, "end the condition") ||
	    expect(p, TOKEN_OPEN_BRACE, "begin what 'if' does"))
		return NULL;
	s->then = statements(p, &ok);
	if (!ok)
		return NULL;
	if (!is_word(p->t, "else"))
		return s;
	p->t++;
	if (is_word(p->t, "if")) {
		if (++p->depth > DEPTH_MAX) {
			FAIL(p, p->t->at, "more than %d things within each other; write it flatter",
			     DEPTH_MAX);
			return NULL;
		}
		s->otherwise = if_statement(p);
		p->depth--;
		return s->otherwise ? s : NULL;
	}
	if (expect(p, TOKEN_OPEN_BRACE, "begin what 'else' does"))
		return NULL;
	s->otherwise = statements(p, &ok);
	return ok ? s : NULL;
}

static struct statement *statement(struct parser *p)
{
	static const struct {
		const char *word;
		enum statement_kind kind;
	} calls[] = {
		{"delete", STATEMENT_DELETE}, {"clear", STATEMENT_CLEAR}, {"zero", STATEMENT_ZERO}};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (is_word(p->t, calls[i].word))
			return map_call(p, calls[i].kind);
	if (is_word(p->t, "if"))
		return if_statement(p);
	if (is_word(p->t, "return"))
		return statement_new(p, STATEMENT_RETURN, p->t++);
	if (is_word(p->t, "printf")) {
		struct statement *s = statement_new(p, STATEMENT_PRINTF, p->t++);
		const struct token *format = p->t + 1;
		struct node **values = NULL;
		size_t n = 0;

		if (expect(p, TOKEN_OPEN, "follow 'printf'"))
			return NULL;
		if (!accept(p, TOKEN_TEXT)) {
			FAIL(p, p->t->at,
			     "printf() begins with its format in quotes: "
			     "printf(\"%%s %%d\\n\", comm, args.ret)");
			return NULL;
		}
		while (accept(p, TOKEN_COMMA)) {
			struct node *v = expression(p);

			if (!v)
				return NULL;
			arena_push(&p->def->arena, values, n, v);
		}
		if (expect(p, TOKEN_CLOSE, "end printf()"))
			return NULL;
		return printf_pieces(p->def, s, format, values, n, p->why) ? NULL : s;
	}
	return assignment(p);
}

/* Up to the closing brace, which is taken. */
static struct statement *statements(struct parser *p, bool *ok)
{
	struct statement *first = NULL, **last = &first;

	*ok = false;
	if (++p->depth > DEPTH_MAX) {
		FAIL(p, p->t->at, "more than %d things within each other; write it flatter",
		     DEPTH_MAX);
		return NULL;
	}
	for (;;) {
		while (accept(p, TOKEN_SEMICOLON))
			;
		if (accept(p, TOKEN_CLOSE_BRACE))
			break;
		if (p->t->kind == TOKEN_END) {
			FAIL(p, p->t->at, "the text ends within a block; close it with '}'");
			return NULL;
		}
		*last = statement(p);
		if (!*last)
			return NULL;
		if ((*last)->kind != STATEMENT_IF && p->t->kind != TOKEN_CLOSE_BRACE &&
		    expect(p, TOKEN_SEMICOLON, "end the statement"))
			return NULL;
		last = &(*last)->next;
	}
	p->depth--;
	*ok = true;
	return first;
}

/* --- probes --- */

/* Goes past the tokens that touch each other, which make a probe's name. */
static const char *probe_text(struct parser *p)
{
	const struct token *t = p->t, *first = t;

	do
		t++;
	while (t->from == t[-1].to && t->kind != TOKEN_END && t->kind != TOKEN_COMMA &&
	       t->kind != TOKEN_OPEN_BRACE && t->kind != TOKEN_DIV);
	p->t = t;
	return arena_strndup(&p->def->arena, first->from, (size_t)(t[-1].to - first->from));
}

static struct probe *probe(struct parser *p)
{
	struct place at = p->t->at;

	if (p->t->kind != TOKEN_WORD && p->t->kind != TOKEN_MUL) {
		FAIL(p, p->t->at,
		     "%s stands where a probe should: tracepoint:syscalls:sys_enter_openat",
		     shown(p, p->t));
		return NULL;
	}
	return probe_parse(p->def, at, probe_text(p), p->why);
}

static int block(struct parser *p, struct block **out)
{
	struct block *b = arena_new(&p->def->arena, struct block);
	struct probe **last = &b->probes;
	bool ok;

	b->at = p->t->at;
	*out = p->block = b;
	do {
		*last = probe(p);
		if (!*last)
			return -EINVAL;
		last = &(*last)->next;
	} while (accept(p, TOKEN_COMMA));
	if (accept(p, TOKEN_DIV)) {
		p->predicate = true;
		b->predicate = expression(p);
		p->predicate = false;
		if (!b->predicate)
			return -EINVAL;
		if (expect(p, TOKEN_DIV, "end the predicate"))
			return -EINVAL;
	}
	if (expect(p, TOKEN_OPEN_BRACE, "begin what the probe does"))
		return -EINVAL;
	b->body = statements(p, &ok);
	return ok ? 0 : -EINVAL;
}

int parse(struct definition *def, const char *text, struct strbuf *why)
{
	struct parser p = {.def = def, .why = why};
	struct block **last = &def->blocks;
	struct token *tokens;
	size_t n;
	int err = lex(def, text, &tokens, &n, why);

	if (err)
		return err;
	p.t = tokens;
	if (p.t->kind == TOKEN_END)
		return FAIL(&p, p.t->at,
			    "there is no probe; a definition is like "
			    "tracepoint:syscalls:sys_enter_openat { @opens[pid] = count(); }");
	while (p.t->kind != TOKEN_END) {
		err = block(&p, last);
		if (err)
			return err;
		last = &(*last)->next;
	}
	return 0;
}
