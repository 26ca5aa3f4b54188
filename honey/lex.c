/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text to tokens, by Elixir's lexical rules as far as Honey has them, and the reference documents'
 * >> and <<.
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
#include "lib/fnv.h"
#include "lib/utf8.h"

struct lexer {
	struct honey *h;
	uint32_t file;
	const char *start, *s, *end; /* the text, and what comes next */
	bool nl, space;		     /* since the last token */
	int strings;		     /* within each other: "#{"#{x}"}" */
};

enum { NAME_BUCKETS = 4096, LONGEST_NAME = 120, MOST_STRINGS = 16 };

static const struct {
	const char *s;
	uint8_t len;
} op_texts[] = {
#define OP(name, text) {text, sizeof(text) - 1},
#include "honey/ops.def"
#undef OP
};

const char *op_text(enum op op)
{
	return op_texts[op].s;
}

struct name *name_intern(struct honey *h, const char *s, size_t len)
{
	uint32_t hash = (uint32_t)fnv_add(FNV_BEGIN, s, len);
	struct name *n;

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

struct name *name_hidden(struct honey *h, const char *s)
{
	struct name *n = arena_new(&h->arena, struct name);

	n->s = s;
	n->len = (uint32_t)strlen(s);
	n->hidden = true;
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

/* The name of the unseen character at @s, which is @bytes long, or NULL. */
static const char *unseen_at(const struct lexer *lx, const char *s, size_t *bytes, uint32_t *c)
{
	if ((unsigned char)*s < 0x80)
		return NULL;
	*bytes = utf8_decode(s, (size_t)(lx->end - s), c);
	return *bytes ? utf8_unseen(*c) : NULL;
}

static void scan_name(struct lexer *lx)
{
	size_t bytes;
	uint32_t c;

	while (lx->s < lx->end && lex_is_name((unsigned char)*lx->s) &&
	       !unseen_at(lx, lx->s, &bytes, &c))
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
		if (words[i].word[0] == *from && strlen(words[i].word) == len &&
		    !memcmp(words[i].word, from, len)) {
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

/* What a backslash and @c mean: Elixir's table. */
static uint32_t lex_escape(int c)
{
	static const char from[] = "abdefnrstv0", to[] = "\a\b\177\033\f\n\r \t\v";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? (unsigned char)to[at - from] : (uint32_t)c;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* \xHH, \x{H..}, \uHHHH, \u{H..}: @s is at the x or u; returns what follows, NULL when it is none.
 */
static const char *hex_escape(const char *s, const char *end, uint32_t *c)
{
	bool braces = s + 1 < end && s[1] == '{';
	size_t most = braces ? 6 : *s == 'x' ? 2 : 4, n = 0;

	*c = 0;
	for (s += braces ? 2 : 1; s < end && n < most && isxdigit((unsigned char)*s); s++, n++)
		*c = *c * 16 + digit_value((unsigned char)*s);
	if (!n || (!braces && n < most && most == 4) || *c > 0x10ffff ||
	    (*c & 0xfffff800) == 0xd800)
		return NULL;
	if (braces)
		return s < end && *s == '}' ? s + 1 : NULL;
	return s;
}

/* Takes the escape at @s, a backslash, and writes what it means to @to. Returns what follows. */
static const char *take_escape(struct lexer *lx, const char *s, const char *end, char **to)
{
	const char *after;
	uint32_t c;

	if (s[1] == '\n') /* the line goes on */
		return s + 2;
	if (s[1] != 'x' && s[1] != 'u') {
		size_t n = utf8_decode(s + 1, (size_t)(end - s - 1), &c);

		*to = put_utf8(*to, n == 1 ? lex_escape((int)c) : c);
		after = s + 1 + MAX(n, (size_t)1);
	} else {
		after = hex_escape(s + 1, end, &c);
		if (!after) {
			lex_error(lx, H003, s, s + 2, "write \\x41, \\x{41}, \\u0041 or \\u{1F41D}",
				  "this is no character");
			return s + 2;
		}
		if (s[1] == 'x' && s[2] != '{') /* a byte */
			*(*to)++ = (char)c;
		else
			*to = put_utf8(*to, c);
	}
	if (!c || (s[1] == '0'))
		lex_error(lx, H003, s, after, NULL, "a zero byte would end the string in C");
	return after;
}

/* Elixir refuses them too: they make a reader see another order than the compiler. */
static void refuse_bidi(struct lexer *lx, const char *s, const char *end)
{
	size_t bytes;
	uint32_t c;

	for (; s < end; s += bytes) {
		bytes = 1;
		if (unseen_at(lx, s, &bytes, &c) && utf8_is_bidi(c)) {
			lex_error(lx, H001, s, s + bytes, "in a string write \\u{202e}",
				  fmt(lx->h, "a mark of direction (U+%04X), which nobody sees", c));
			return;
		}
	}
}

/* The value of the text between @s and @end, escapes resolved. In a heredoc each line loses @indent
 * characters of white space, those in front of the closing quotes. */
static const char *string_value(struct lexer *lx, const char *s, const char *end, size_t indent)
{
	char *value = arena_alloc(&lx->h->arena, (size_t)(end - s) + 1), *to = value;
	bool line = indent > 0;

	refuse_bidi(lx, s, end);
	while (s < end) {
		for (size_t i = 0; line && i < indent && s < end && (*s == ' ' || *s == '\t'); i++)
			s++;
		if (s == end)
			break;
		line = indent && *s == '\n';
		if (*s == '\\' && s + 1 < end)
			s = take_escape(lx, s, end, &to);
		else
			*to++ = *s++;
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

/* The text begins on the next line, and its last line holds the closing quotes alone. */
static const char *heredoc_value(struct lexer *lx, const char *from, const char *s,
				 const char *close)
{
	const char *last = close;

	while (s < close && (*s == ' ' || *s == '\t' || *s == '\r'))
		s++;
	if (s == close || *s != '\n') {
		lex_error(lx, H002, from, from + 3, "begin the text on the next line",
			  "a heredoc's quotes stand at the end of a line");
		return "";
	}
	s++;
	while (last > s && (last[-1] == ' ' || last[-1] == '\t'))
		last--;
	return string_value(lx, s, last, (size_t)(close - last));
}

static void lex_next(struct lexer *lx);

/* The tokens of a value in a string, up to its brace. False: it does not end on this line. */
static bool lex_value(struct lexer *lx)
{
	for (int depth = 0; lx->s < lx->end && *lx->s != '\n' && !lx->h->stop;) {
		if (*lx->s == '}' && !depth--) {
			lx->s++;
			return true;
		}
		depth += *lx->s == '{';
		lex_next(lx);
	}
	return false;
}

/* A string is one token, and with values in it one for each piece between them. */
static bool lex_pieces(struct lexer *lx, const char *from)
{
	for (;;) {
		const char *piece = lx->s, *s = piece;
		struct token *t;
		bool value;

		while (s < lx->end && *s != '"' && *s != '\n' &&
		       !(*s == '#' && s + 1 < lx->end && s[1] == '{'))
			s += *s == '\\' && s + 1 < lx->end ? 2 : 1;
		if (s >= lx->end || *s == '\n')
			return false;
		value = *s == '#';
		lx->s = s + (value ? 2 : 1);
		t = lex_push(lx, TOK_STRING, from);
		t->more = value;
		t->str = string_value(lx, piece, s, 0);
		if (!value)
			return true;
		if (!lex_value(lx))
			return false;
		from = lx->s - 1;
	}
}

/* Does a string that was not closed on its line end on one of the next: is the first quote there
 * one too many for its line? Returns it. */
static const char *close_below(const struct lexer *lx, const char *line_end)
{
	const char *s = line_end, *close, *nl;
	int quotes = 0, lines = 0;

	close = memchr(s, '"', (size_t)(lx->end - s));
	if (!close)
		return NULL;
	for (; s < close; s++)
		lines += *s == '\n';
	nl = memchr(close, '\n', (size_t)(lx->end - close));
	for (s = close; s < (nl ? nl : lx->end); s++)
		quotes += *s == '"';
	return lines <= 5 && quotes % 2 ? close : NULL;
}

static void lex_string(struct lexer *lx)
{
	bool heredoc = lx->end - lx->s >= 3 && !memcmp(lx->s, "\"\"\"", 3), ends;
	const char *from = lx->s, *close, *line_end;

	lx->s += heredoc ? 3 : 1;
	if (++lx->strings > MOST_STRINGS) {
		lex_error(lx, H007, from, lx->s, NULL, "too many strings within each other");
		lx->s = lx->end;
	}
	if (heredoc) {
		close = lex_find_close(lx, "\"\"\"", false);
		ends = close != NULL;
		if (ends) {
			const char *value = heredoc_value(lx, from, lx->s, close);

			lx->s = close + 3;
			lex_push(lx, TOK_STRING, from)->str = value;
		}
	} else {
		ends = lex_pieces(lx, from);
	}
	lx->strings--;
	if (ends)
		return;
	line_end = memchr(from, '\n', (size_t)(lx->end - from));
	line_end = line_end ? line_end : lx->end;
	close = heredoc ? NULL : close_below(lx, line_end);
	lex_error(lx, H002, from, line_end,
		  close	    ? "write \\n in it, or a heredoc: \"\"\" on lines of their own"
		  : heredoc ? "end it with \"\"\""
			    : "end it with \"",
		  close ? "this string goes on after its line" : "this string does not end");
	lx->s = heredoc ? lx->end : close ? close + 1 : line_end;
	lex_push(lx, TOK_STRING, from)->str = "";
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
		size_t n = op_texts[i].len;

		if (op_texts[i].s[0] == *from && n > best && n <= left &&
		    !memcmp(op_texts[i].s, from, n)) {
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

/* ?a, ?\\n, ?é: the character's number */
static void lex_character(struct lexer *lx)
{
	const char *from = lx->s;
	bool escaped = from[1] == '\\' && from + 2 < lx->end;
	const char *at = from + 1 + escaped;
	uint32_t c = 0;
	size_t n = utf8_decode(at, (size_t)(lx->end - at), &c);

	lx->s = at + MAX(n, (size_t)1);
	lex_push(lx, TOK_INT, from)->value = escaped && n == 1 ? lex_escape((int)c) : c;
}

static void lex_other(struct lexer *lx)
{
	const char *from = lx->s;

	if (*from == '?' && from + 1 < lx->end && !isspace((unsigned char)from[1])) {
		lex_character(lx);
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
		  *from == '\''	 ? "strings are written in double quotes"
		  : *from == '?' ? "a choice is written if(a > b, do: a, else: b), a character ?a"
		  : *from == '`' || *from == '$' ? "names are letters, digits and _"
						 : NULL,
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

/* What nobody sees is named, and read over as if it were a space. */
static bool lex_unseen(struct lexer *lx)
{
	const char *from = lx->s, *name;
	size_t bytes = 1;
	uint32_t c = '\r';

	if (*from == '\r' && lx->end - from > 1 && from[1] != '\n')
		name = "a lone carriage return";
	else
		name = unseen_at(lx, from, &bytes, &c);
	if (!name)
		return false;
	lx->s += bytes;
	lx->space = true;
	lex_error(lx, H001, from, lx->s,
		  c == 0xfeff && from == lx->start ? "save the file without it"
						   : "delete it, or put a space in its place",
		  fmt(lx->h, "%s (U+%04X), which nobody sees", name, c));
	return true;
}

/* One token, or the white space or comment before it. */
static void lex_next(struct lexer *lx)
{
	unsigned char c = (unsigned char)*lx->s;

	if (c == '\n') {
		lx->nl = true;
		lx->s++;
	} else if ((c == '\r' || c >= 0x80) && lex_unseen(lx)) {
		return;
	} else if (isspace(c)) {
		lx->space = true;
		lx->s++;
	} else if (c == '#') {
		const char *nl = memchr(lx->s, '\n', (size_t)(lx->end - lx->s));

		refuse_bidi(lx, lx->s, nl ? nl : lx->end);
		lx->s = nl ? nl : lx->end;
	} else if (c == '"') {
		lex_string(lx);
	} else if (isdigit(c)) {
		lex_number(lx);
	} else if (isalpha(c) || c == '_' || c >= 0x80) {
		lex_word(lx);
	} else {
		lex_other(lx);
	}
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
	while (lx.s < lx.end && !h->stop)
		lex_next(&lx);
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
