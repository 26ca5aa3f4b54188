/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text to tokens, by Elixir's lexical rules as far as Honey has them, and the seeds' >> and <<.
 *
 * lex_file() looks at one character and calls the function for what begins there: a word, a number,
 * a string, an atom, an operator. Each goes past its last character and appends one token with
 * lex_push(). A token knows whether it opens its line or follows a space, for the parser needs that
 * (f -1, a newline before +). What is no token is reported and becomes TOK_ERROR, about which the
 * parser keeps silent. Names are interned: equal texts are one pointer, on which later passes hang
 * what the name means.
 */
#include "lib/base.h"
#include "honey/lex.h"

#include <ctype.h>
#include <string.h>

#include "honey/diag.h"
#include "honey/honey.h"
#include "honey/passes.h"
#include "lib/utf8.h"

struct lexer {
	struct honey *h;
	uint32_t file;
	const char *start, *s, *end; /* the text, and what comes next */
	bool nl, space;		     /* since the last token */
};

enum { NAME_BUCKETS = 4096, LONGEST_NAME = 120 };

static const char *const op_texts[] = {
#define OP(name, text) text,
#include "honey/ops.def"
#undef OP
};

const char *op_text(enum op op)
{
	return op_texts[op];
}

struct name *name_intern(struct honey *h, const char *s, size_t len)
{
	uint32_t hash = 2166136261u;
	struct name *n;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)s[i]) * 16777619u;
	if (!h->names)
		h->names = arena_array(&h->arena, struct name *, NAME_BUCKETS);
	for (n = h->names[hash % NAME_BUCKETS]; n; n = n->next)
		if (n->hash == hash && n->len == len && !memcmp(n->s, s, len))
			return n;
	n = arena_new(&h->arena, struct name);
	n->s = arena_strndup(&h->arena, s, len);
	n->len = (uint32_t)len;
	n->hash = hash;
	n->next = h->names[hash % NAME_BUCKETS];
	h->names[hash % NAME_BUCKETS] = n;
	return n;
}

/* Appends the token from @from to the place reached. It stays valid until the next one. */
static struct token *lex_push(struct lexer *lx, enum token_kind kind, const char *from)
{
	struct honey *h = lx->h;
	struct token t = {
		.kind = kind,
		.span = {lx->file, (uint32_t)(from - lx->start), (uint32_t)(lx->s - lx->start)},
		.nl_before = lx->nl,
		.space_before = lx->space || lx->nl};

	arena_push(&h->arena, h->tokens, h->n_tokens, t);
	lx->nl = lx->space = false;
	return &h->tokens[h->n_tokens - 1];
}

static void lex_error(struct lexer *lx, enum diag_code code, const char *from, const char *to,
		      const char *help, const char *text)
{
	struct span span = {lx->file, (uint32_t)(from - lx->start), (uint32_t)(to - lx->start)};

	diag_at(lx->h, code, span, help, "%s", text);
}

static bool lex_is_name(int c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

static void scan_name(struct lexer *lx)
{
	while (lx->s < lx->end && lex_is_name((unsigned char)*lx->s))
		lx->s++;
	if (lx->s < lx->end && (*lx->s == '?' || *lx->s == '!') &&
	    !(lx->s + 1 < lx->end && lx->s[1] == '='))
		lx->s++;
}

static const struct {
	const char *word;
	enum token_kind kind;
	enum op op;
} words[] = {
	{"do", TOK_DO, OP_NONE}, {"end", TOK_END, OP_NONE}, {"else", TOK_ELSE, OP_NONE},
	{"fn", TOK_FN, OP_NONE}, {"and", TOK_OP, OP_AND},   {"or", TOK_OP, OP_OR},
	{"not", TOK_OP, OP_NOT}, {"when", TOK_OP, OP_WHEN}, {"in", TOK_OP, OP_IN},
};

static void lex_word(struct lexer *lx)
{
	const char *from = lx->s;
	struct token *t;
	size_t len;

	scan_name(lx);
	len = (size_t)(lx->s - from);
	if (len > LONGEST_NAME)
		lex_error(lx, H007, from, lx->s, NULL, "this name is longer than 120 characters");
	/* name: value, but not name::type */
	if (lx->s < lx->end && *lx->s == ':' && !(lx->s + 1 < lx->end && lx->s[1] == ':') &&
	    (lx->s + 1 >= lx->end || isspace((unsigned char)lx->s[1]))) {
		lx->s++;
		t = lex_push(lx, TOK_KEY, from);
		t->name = name_intern(lx->h, from, MIN(len, (size_t)LONGEST_NAME));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].word) == len && !memcmp(words[i].word, from, len)) {
			lex_push(lx, words[i].kind, from)->op = words[i].op;
			return;
		}
	}
	t = lex_push(lx, isupper((unsigned char)*from) ? TOK_ALIAS : TOK_IDENT, from);
	t->name = name_intern(lx->h, from, MIN(len, (size_t)LONGEST_NAME));
}

/* --- numbers and strings --- */

static unsigned int digit_value(int c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	return isalpha(c) ? (unsigned int)(tolower(c) - 'a') + 10 : 99;
}

static void lex_number(struct lexer *lx)
{
	const char *from = lx->s, *digits;
	unsigned int base = 10;
	uint64_t value = 0;
	bool bad = false, big = false;
	struct token *t;

	if (*from == '0' && from + 1 < lx->end && strchr("xXbBoO", from[1])) {
		base = tolower(from[1]) == 'x' ? 16 : tolower(from[1]) == 'b' ? 2 : 8;
		lx->s += 2;
	}
	digits = lx->s;
	for (; lx->s < lx->end && lex_is_name((unsigned char)*lx->s); lx->s++) {
		unsigned int d = digit_value((unsigned char)*lx->s);

		if (*lx->s == '_' && lx->s > digits)
			continue;
		if (d >= base)
			bad = true;
		else if (__builtin_mul_overflow(value, base, &value) ||
			 __builtin_add_overflow(value, d, &value))
			big = true;
	}
	if (lx->s + 1 < lx->end && *lx->s == '.' && isdigit((unsigned char)lx->s[1])) {
		for (lx->s++; lx->s < lx->end && lex_is_name((unsigned char)*lx->s);)
			lx->s++;
		lex_error(lx, H003, from, lx->s,
			  "BPF programs have no floating point; scale to an "
			  "integer, such as milliseconds for seconds",
			  "a number with a fraction");
	} else if (bad || lx->s == digits) {
		lex_error(lx, H003, from, lx->s, "write 42, 1_000, 0xff, 0b101 or 0o17",
			  "this is no number");
	} else if (big) {
		lex_error(lx, H003, from, lx->s, "the largest is 0xffffffffffffffff",
			  "this number does not fit in 64 bits");
	}
	t = lex_push(lx, TOK_INT, from);
	t->value = value;
	t->hex = base == 16;
}

/* The byte that a backslash and @c mean. */
static int lex_escape(int c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 's': return ' ';
	case '0': return '\0';
	case 'e': return '\033';
	default: return c;
	}
}

/* The value of the text between @s and @end, escapes resolved. */
static const char *string_value(struct lexer *lx, const char *s, const char *end)
{
	char *value = arena_alloc(&lx->h->arena, (size_t)(end - s) + 1), *to = value;

	while (s < end) {
		if (*s == '\\' && s + 1 < end) {
			*to++ = (char)lex_escape(s[1]);
			s += 2;
		} else {
			*to++ = *s++;
		}
	}
	return value;
}

/* Called after the opening quote; @close is what ends it. Strings end with their line. Returns NULL
 * where it does not end. */
static const char *lex_find_close(struct lexer *lx, const char *close, bool one_line)
{
	size_t n = strlen(close);
	const char *s = lx->s;

	for (; s < lx->end; s++) {
		if (*s == '\\' && s + 1 < lx->end && !(one_line && s[1] == '\n'))
			s++;
		else if (one_line && *s == '\n')
			return NULL;
		else if ((size_t)(lx->end - s) >= n && !memcmp(s, close, n))
			return s;
	}
	return NULL;
}

static void lex_string(struct lexer *lx)
{
	bool heredoc = lx->end - lx->s >= 3 && !memcmp(lx->s, "\"\"\"", 3);
	const char *from = lx->s, *close, *value, *line_end;
	struct token *t;

	lx->s += heredoc ? 3 : 1;
	close = lex_find_close(lx, heredoc ? "\"\"\"" : "\"", !heredoc);
	if (!close) {
		line_end = memchr(from, '\n', (size_t)(lx->end - from));
		line_end = line_end ? line_end : lx->end;
		lex_error(lx, H002, from, line_end,
			  heredoc ? "end it with \"\"\"" : "end it with \"",
			  "this string does not end");
		lx->s = heredoc ? lx->end : line_end;
		lex_push(lx, TOK_STRING, from)->str = "";
		return;
	}
	value = string_value(lx, lx->s, close);
	if (!heredoc)
		for (const char *p = lx->s; p + 1 < close; p++)
			if (p[0] == '#' && p[1] == '{' && (p == lx->s || p[-1] != '\\')) {
				lex_error(
					lx, H008, p, close,
					"print with a format: bpf_printk(\"size %d\", size)",
					"values inside a string (#{...}) need memory a BPF program "
					"does not have");
				break;
			}
	lx->s = close + (heredoc ? 3 : 1);
	t = lex_push(lx, TOK_STRING, from);
	t->str = value;
}

/* --- everything else --- */

static void lex_atom(struct lexer *lx)
{
	const char *from = lx->s++, *close, *word;
	struct token *t;

	if (*lx->s == '"') {
		lx->s++;
		word = lx->s;
		close = lex_find_close(lx, "\"", true);
		if (!close) {
			lex_error(lx, H002, from, lx->s, "end it with \"",
				  "this atom does not end");
			close = lx->s;
		} else {
			lx->s = close + 1;
		}
	} else {
		word = lx->s;
		scan_name(lx);
		close = lx->s;
	}
	t = lex_push(lx, TOK_ATOM, from);
	t->name = name_intern(lx->h, word, MIN((size_t)(close - word), (size_t)LONGEST_NAME));
}

static bool lex_op(struct lexer *lx)
{
	size_t best = 0, left = (size_t)(lx->end - lx->s);
	enum op op = OP_NONE;
	const char *from = lx->s;

	for (size_t i = 1; i < ARRAY_SIZE(op_texts); i++) {
		size_t n = strlen(op_texts[i]);

		if (n > best && n <= left && !isalpha((unsigned char)op_texts[i][0]) &&
		    !memcmp(op_texts[i], lx->s, n)) {
			best = n;
			op = (enum op)i;
		}
	}
	if (!best)
		return false;
	lx->s += best;
	lex_push(lx, TOK_OP, from)->op = op;
	return true;
}

static void lex_other(struct lexer *lx)
{
	const char *from = lx->s;

	if (*from == '?' && from + 1 < lx->end && !isspace((unsigned char)from[1])) {
		bool escaped = from[1] == '\\' && from + 2 < lx->end;

		lx->s += escaped ? 3 : 2;
		lex_push(lx, TOK_INT, from)->value =
			(uint64_t)(escaped ? lex_escape((unsigned char)from[2])
					   : (unsigned char)from[1]);
		return;
	}
	if (*from == '@' && from + 1 < lx->end &&
	    (isalpha((unsigned char)from[1]) || from[1] == '_')) {
		lx->s++;
		scan_name(lx);
		lex_push(lx, TOK_AT, from)->name = name_intern(
			lx->h, from + 1, MIN((size_t)(lx->s - from - 1), (size_t)LONGEST_NAME));
		return;
	}
	if (*from == ':' && from + 1 < lx->end &&
	    (isalpha((unsigned char)from[1]) || from[1] == '_' || from[1] == '"')) {
		lex_atom(lx);
		return;
	}
	if (lex_op(lx))
		return;
	lx->s++;
	lex_error(lx, H001, from, lx->s,
		  *from == '\'' ? "strings are written in double quotes" : NULL,
		  *from == '\'' ? "a list of characters is no BPF value"
				: "this character has no meaning in Honey");
	lex_push(lx, TOK_ERROR, from);
	if (*from == '\'') {
		const char *s = lx->s;

		while (s < lx->end && *s != '\n' && *s != '\'')
			s++;
		if (s < lx->end && *s == '\'')
			lx->s = s + 1;
		return;
	}
	/* One complaint for a run of them is enough. */
	while (lx->s < lx->end && *lx->s == *from)
		lx->s++;
}

static bool check_utf8(struct lexer *lx)
{
	const char *s = lx->start;

	while (s < lx->end) {
		uint32_t c;
		size_t n = *s ? utf8_decode(s, (size_t)(lx->end - s), &c) : 0;

		if (!n) {
			lex_error(lx, H004, s, s + 1, "save the file as UTF-8",
				  *s ? "this byte is not UTF-8"
				     : "a zero byte: this is no text file");
			return false;
		}
		s += n;
	}
	return true;
}

void lex_file(struct honey *h, uint32_t file)
{
	const struct source *src = &h->sources[file];
	struct lexer lx = {.h = h,
			   .file = file,
			   .start = src->text,
			   .s = src->text,
			   .end = src->text + src->len,
			   .nl = true};

	if (!check_utf8(&lx))
		lx.s = lx.end;
	while (lx.s < lx.end && !h->stop) {
		unsigned char c = (unsigned char)*lx.s;

		if (c == '\n') {
			lx.nl = true;
			lx.s++;
		} else if (isspace(c)) {
			lx.space = true;
			lx.s++;
		} else if (c == '#') {
			const char *nl = memchr(lx.s, '\n', (size_t)(lx.end - lx.s));

			lx.s = nl ? nl : lx.end;
		} else if (c == '"') {
			lex_string(&lx);
		} else if (isdigit(c)) {
			lex_number(&lx);
		} else if (isalpha(c) || c == '_' || c >= 0x80) {
			lex_word(&lx);
		} else {
			lex_other(&lx);
		}
	}
	lx.nl = true;
	lex_push(&lx, TOK_EOF, lx.s);
}

void lex_dump(const struct honey *h, FILE *out)
{
	static const char *const kinds[] = {"eof", "ident",  "alias", "atom", "key",
					    "int", "string", "at",    "op",   "do",
					    "end", "else",   "fn",    "error"};

	for (size_t i = 0; i < h->n_tokens; i++) {
		const struct token *t = &h->tokens[i];
		struct place p = srcmap_place(h, t->span.file, t->span.start);

		fprintf(out, "%s:%u:%u %s", p.src->name, p.line, p.column, kinds[t->kind]);
		if (t->kind != TOK_EOF)
			fprintf(out, " %.*s", (int)(t->span.end - t->span.start),
				p.src->text + t->span.start);
		fputc('\n', out);
	}
}
