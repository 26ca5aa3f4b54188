/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All messages to the writer of a .ex file: collected, put in the order of the text, printed. */
#include "lib/base.h"
#include "honey/diag.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "honey/honey.h"
#include "lib/strbuf.h"
#include "lib/utf8.h"

enum { LONGEST_LINE = 160, KEEP_BEFORE = 60 }; /* characters of a source line shown */

static const struct {
	const char *name;
	enum severity severity;
	const char *title;
} codes[] = {
#define DIAG(code, severity, title) {#code, severity, title},
#include "honey/errors.def"
#undef DIAG
};

static const char *const severity_names[] = {"error", "warning", "remark"};
static const char *const severity_colors[] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};

enum severity diag_severity(enum diag_code code)
{
	return codes[code].severity;
}

const char *diag_name(enum diag_code code)
{
	return codes[code].name;
}

static bool is_repeat(const struct honey *h, const struct diag *d)
{
	for (uint32_t i = 0; i < h->n_diags; i++) {
		const struct diag *o = &h->diags[i];

		if (o->code == d->code && o->span.file == d->span.file &&
		    o->span.start == d->span.start)
			return true;
	}
	return false;
}

void diag_report(struct honey *h, const struct diag *d)
{
	enum severity severity = codes[d->code].severity;

	if (h->stop || is_repeat(h, d))
		return;
	if (severity == SEV_REMARK && !h->opt.remarks)
		return;
	if (severity == SEV_WARNING && (h->opt.no_warnings || h->n_warnings >= 100))
		return;
	if (severity != SEV_ERROR && h->n_diags > 2000)
		return;
	if (severity == SEV_ERROR && ++h->n_errors >= HONEY_MAX_ERRORS)
		h->stop = true;
	h->n_warnings += severity == SEV_WARNING;
	arena_push(&h->arena, h->diags, h->n_diags, *d);
}

void diag_at(struct honey *h, enum diag_code code, struct span span, const char *help,
	     const char *format, ...)
{
	struct diag d = {.code = code, .span = span, .help = help};
	va_list ap;
	char text[1024];

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	d.text = arena_strdup(&h->arena, text);
	diag_report(h, &d);
}

/* One character of a source as it is shown: what would disturb a terminal is a dot. Returns its
 * cells; 0 for a mark on the character before it. */
static int show_char(FILE *out, const char *s, size_t left, size_t *bytes)
{
	uint32_t c = 0;
	int cells;

	*bytes = utf8_decode(s, left, &c);
	cells = *bytes && c != '\t' ? utf8_cells(c) : -1;
	*bytes = MAX(*bytes, (size_t)1);
	if (out && cells >= 0)
		fwrite(s, 1, *bytes, out);
	else if (out)
		fputc(c == '\t' ? ' ' : '.', out);
	return cells >= 0 ? cells : 1;
}

/* Cells of @count characters of the line from character @from on; they are written to @out. */
static size_t show_chars(FILE *out, const char *line, size_t len, size_t from, size_t count)
{
	size_t cells = 0, bytes;

	for (size_t i = 0, at = 0; i < len && at < from + count; i += bytes, at++) {
		int n = show_char(at >= from ? out : NULL, line + i, len - i, &bytes);

		cells += at >= from ? (size_t)n : 0;
	}
	return cells;
}

/* A text for people: the same, for names and paths stand in it. */
static void show_text(FILE *out, const char *s)
{
	size_t bytes;

	for (size_t left = strlen(s); left; s += bytes, left -= bytes)
		show_char(out, s, left, &bytes);
}

static void show_source(struct honey *h, FILE *out, struct span span, const char *color)
{
	struct place a = srcmap_place(h, span.file, span.start);
	struct place b = srcmap_place(h, span.file, span.end);
	size_t len, from = 0, width, before;
	const char *line = srcmap_line(a.src, a.line, &len);
	const char *off = h->opt.color ? "\033[0m" : "";

	width = b.line == a.line && b.column > a.column ? b.column - a.column : 1;
	if (b.line > a.line) {
		struct place end = srcmap_place(h, span.file, (uint32_t)(line - a.src->text + len));

		width = end.column > a.column ? end.column - a.column : 1;
	}
	if (a.column > LONGEST_LINE)
		from = a.column - 1 - KEEP_BEFORE;
	width = MIN(width, (size_t)(LONGEST_LINE + 1 + from - (a.column - 1)));
	fprintf(out, "%5u | ", a.line);
	show_chars(out, line, len, from, LONGEST_LINE);
	/* The caret stands below the character, whose cells are what counts on a terminal. */
	before = show_chars(NULL, line, len, from, a.column - 1 - from);
	width = show_chars(NULL, line, len, a.column - 1, width);
	fprintf(out, "\n      | %*s%s", (int)before, "", h->opt.color ? color : "");
	fputc('^', out);
	for (size_t i = 1; i < width; i++)
		fputc('~', out);
	fprintf(out, "%s\n", off);
}

static void show_place(FILE *out, struct place p)
{
	show_text(out, p.src->path);
	fprintf(out, ":%u:%u: ", p.line, p.column);
}

static void print_text(struct honey *h, FILE *out, const struct diag *d)
{
	struct place p = srcmap_place(h, d->span.file, d->span.start);
	enum severity severity = codes[d->code].severity;
	const char *color = h->opt.color ? severity_colors[severity] : "";
	const char *off = h->opt.color ? "\033[0m" : "";

	show_place(out, p);
	fprintf(out, "%s%s[%s]%s: ", color, severity_names[severity], codes[d->code].name, off);
	show_text(out, d->text);
	fputc('\n', out);
	if (p.src->len)
		show_source(h, out, d->span, color);
	if (d->note) {
		show_place(out, srcmap_place(h, d->note_span.file, d->note_span.start));
		fputs("note: ", out);
		show_text(out, d->note);
		fputc('\n', out);
		show_source(h, out, d->note_span, "");
	}
	if (!d->help)
		return;
	fputs("      = help: ", out);
	show_text(out, d->help);
	fputc('\n', out);
}

/* JSON is UTF-8, whatever a path or a piece of a source is. */
static struct json_object *json_text(const char *s)
{
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;
	size_t n;
	uint32_t c;

	for (size_t left = strlen(s); left; s += n, left -= n) {
		n = utf8_decode(s, left, &c);
		if (n)
			strbuf_add(&sb, s, n);
		else
			strbuf_addstr(&sb, "\xef\xbf\xbd");
		n = MAX(n, (size_t)1);
	}
	o = json_object_new_string(sb.s);
	strbuf_release(&sb);
	return o;
}

static void add_place(struct honey *h, struct json_object *o, struct span span)
{
	struct place a = srcmap_place(h, span.file, span.start);
	struct place b = srcmap_place(h, span.file, span.end);

	json_object_object_add(o, "file", json_text(a.src->path));
	json_object_object_add(o, "line", json_object_new_int64(a.line));
	json_object_object_add(o, "column", json_object_new_int64(a.column));
	json_object_object_add(o, "end_line", json_object_new_int64(b.line));
	json_object_object_add(o, "end_column", json_object_new_int64(b.column));
}

static void print_json(struct honey *h, FILE *out, const struct diag *d)
{
	struct json_object *o = json_object_new_object(), *note;

	json_object_object_add(o, "severity",
			       json_object_new_string(severity_names[codes[d->code].severity]));
	json_object_object_add(o, "code", json_object_new_string(codes[d->code].name));
	add_place(h, o, d->span);
	json_object_object_add(o, "message", json_text(d->text));
	if (d->help)
		json_object_object_add(o, "help", json_text(d->help));
	if (d->note) {
		note = json_object_new_object();
		add_place(h, note, d->note_span);
		json_object_object_add(note, "message", json_text(d->note));
		json_object_object_add(o, "note", note);
	}
	fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int by_place(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->span.file != y->span.file)
		return x->span.file < y->span.file ? -1 : 1;
	if (x->span.start != y->span.start)
		return x->span.start < y->span.start ? -1 : 1;
	return (x->code > y->code) - (x->code < y->code);
}

void diag_flush(struct honey *h, FILE *out)
{
	const struct diag *first = NULL;

	if (h->n_diags)
		qsort(h->diags, h->n_diags, sizeof(*h->diags), by_place);
	for (uint32_t i = 0; i < h->n_diags; i++) {
		if (h->opt.json)
			print_json(h, out, &h->diags[i]);
		else
			print_text(h, out, &h->diags[i]);
	}
	if (h->opt.json || !h->n_errors)
		return;
	for (uint32_t i = 0; i < h->n_diags && !first; i++)
		if (codes[h->diags[i].code].severity == SEV_ERROR)
			first = &h->diags[i];
	if (!first)
		return;
	show_text(out, h->sources[first->span.file].path);
	fprintf(out, ": %u error%s", h->n_errors, h->n_errors == 1 ? "" : "s");
	if (h->n_warnings)
		fprintf(out, ", %u warning%s", h->n_warnings, h->n_warnings == 1 ? "" : "s");
	if (h->stop)
		fputs("; stopped looking for more", out);
	fprintf(out, "; more: honeyc --explain %s", codes[first->code].name);
	fputc('\n', out);
}

int diag_explain(const char *code, FILE *out)
{
	static const struct {
		const char *code, *text;
	} texts[] = {
#define EXPLAIN(code, text) {#code, text},
#include "honey/explain.def"
#undef EXPLAIN
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (strcasecmp(codes[i].name, code))
			continue;
		fprintf(out, "%s: %s (%s)\n", codes[i].name, codes[i].title,
			severity_names[codes[i].severity]);
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			if (!strcmp(texts[j].code, codes[i].name))
				fprintf(out, "\n%s\n", texts[j].text);
		return 0;
	}
	return -ENOENT;
}
