/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report as one HTML page with its pictures inside: opens from disk, light and dark. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <ctype.h>
#include <string.h>

#include "harness/report/report.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "lib/xml.h"

enum { CONTENTS_FROM = 4 };

static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--dim:#5c6670;--page:#fff;--line:#d5dae0;"
	"--band:#f5f7f9;--good:#006b4f;--bad:#b3261e;--warn:#8a5300}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#9aa5b1;--page:#14181d;"
	"--line:#39424c;--band:#1c2229;--good:#4fd1a5;--bad:#ff8a80;--warn:#f0b55a}}\n"
	"body{font:15px/1.5 system-ui,\"DejaVu Sans\",sans-serif;color:var(--ink);"
	"background:var(--page);max-width:72rem;margin:2rem auto;padding:0 1rem}\n"
	"h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;"
	"border-bottom:1px solid var(--line)}\n"
	".scroll{overflow-x:auto}table{border-collapse:collapse;margin:.8rem 0;font-size:.87rem}\n"
	"th,td{padding:.25rem .7rem;border-bottom:1px solid var(--line);text-align:left;"
	"vertical-align:top}\n"
	"th{background:var(--band)}tbody tr:hover{background:var(--band)}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
	"th.n{white-space:normal}@media(max-width:40rem){th,td{padding:.25rem .35rem}}\n"
	".good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.warn{color:var(--warn)}"
	".dim{color:var(--dim)}.strong{font-weight:600}\n"
	"summary{cursor:pointer;color:var(--dim)}\n"
	"pre{background:var(--band);padding:.7rem 1rem;overflow-x:auto}\n"
	"figure{margin:1rem 0;background:#fff;border:1px solid var(--line);border-radius:4px;"
	"padding:.5rem}figure svg{display:block;max-width:100%;height:auto;margin:auto}"
	"\n@media(prefers-color-scheme:dark){figure{background:#14181d}figure svg{"
	"filter:invert(.92) hue-rotate(180deg)}}\n"
	"nav ul{columns:3 "
	"9rem;column-gap:2rem;padding-left:1.2rem;font-size:.87rem}dt{font-weight:600}dd{margin:0 "
	"0 "
	".4rem 1.2rem}"
	"\n@media print{body{max-width:none}h2{break-after:avoid}figure{break-inside:avoid}}\n";

static const char *const tone_class[] = {
	[TONE_PLAIN] = "",    [TONE_GOOD] = "good", [TONE_BAD] = "bad",
	[TONE_WARN] = "warn", [TONE_DIM] = "dim",   [TONE_STRONG] = "strong",
};

static void put_cell(FILE *out, const char *tag, struct doc_cell c, bool right)
{
	const char *tone = tone_class[c.tone];

	fprintf(out, "<%s", tag);
	if (right || *tone)
		fprintf(out, " class=\"%s%s%s\"", right ? "n" : "", right && *tone ? " " : "",
			tone);
	fputc('>', out);
	xml_put(out, c.text);
	fprintf(out, "</%s>", tag);
}

static void put_table(FILE *out, const struct doc_block *b)
{
	fputs("<div class=\"scroll\"><table><thead>\n", out);
	for (size_t i = 0; i < b->ncells; i++) {
		size_t c = i % b->ncolumns;

		if (!c)
			fputs("<tr>", out);
		put_cell(out, i < b->ncolumns ? "th" : "td", doc_cell_at(b, i), b->right[c]);
		if (c + 1 == b->ncolumns)
			fputs("</tr>\n", out);
		if (i + 1 == b->ncolumns)
			fputs("</thead><tbody>\n", out);
	}
	fputs("</tbody></table></div>\n", out);
}

/* The SVG element of the file, without what only a file of its own needs before it. */
static void put_picture(FILE *out, const struct run_file *run, const struct doc_block *b)
{
	struct strbuf path = STRBUF_INIT, svg = STRBUF_INIT;
	const char *start;
	int err;

	strbuf_addf(&path, "%s/plots/%s.svg", run->dir, b->name);
	err = strbuf_read_file(&svg, path.s);
	start = err ? NULL : strstr(svg.s, "<svg");
	if (start) {
		fputs("<figure role=\"img\" aria-label=\"", out);
		xml_put(out, b->text);
		fputs("\">\n", out);
		fputs(start, out);
		fputs("</figure>\n", out);
	} else {
		log_warn("the picture %s is left out: %s", path.s,
			 err ? strerror(-err) : "it is no SVG");
		fputs("<p class=\"warn\">(picture missing: ", out);
		xml_put(out, b->text);
		fputs(")</p>\n", out);
	}
	strbuf_release(&path);
	strbuf_release(&svg);
}

/* "what-is-loaded": what a link to a section says. */
static void put_id(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(isalnum((unsigned char)*text) ? tolower((unsigned char)*text) : '-', out);
}

/* The sections, for a page with so many that nobody scrolls through them. */
static void put_contents(FILE *out, const struct doc *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->blocks[i].kind == DOC_HEADING && d->blocks[i].level == 2;
	if (n < CONTENTS_FROM)
		return;
	fputs("<nav aria-label=\"contents\"><ul>\n", out);
	for (size_t i = 0; i < d->n; i++) {
		const struct doc_block *b = &d->blocks[i];

		if (b->kind != DOC_HEADING || b->level != 2)
			continue;
		fputs("<li><a href=\"#", out);
		put_id(out, b->text);
		fputs("\">", out);
		xml_put(out, b->text);
		fputs("</a></li>\n", out);
	}
	fputs("<li><a href=\"#words\">Words</a></li>\n</ul></nav>\n", out);
}

/* What the words of a report mean, for who has not read docs/method.md. */
static void put_glossary(FILE *out)
{
	static const struct {
		const char *word, *means;
	} words[] = {
		{"A/A", "the same thing measured against itself: what this run takes for zero"},
		{"accuracy", "how far what a monitor says is from what really happened"},
		{"arm", "one of the things that are timed in turns: nothing, A, A again, B"},
		{"conformance", "whether a monitor does exactly what its own definition says"},
		{"exact, in bounds, racy", "verdicts: equal figure by figure; within what clocks "
					   "allow; updates lost as the manifest declares"},
		{"identity", "two counts that must be equal: seen is counted, filtered or lost"},
		{"interval [low, high]", "holds the true value in 95 of 100 runs"},
		{"ledger", "what a workload really did, call by call"},
		{"nop", "empty programs on the same hooks: what being attached costs"},
		{"skip, void", "not tried, with its reason; tried, but something else made it "
			       "worthless"},
	};

	fputs("<h2 id=\"words\">Words</h2>\n<dl>\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		fputs("<dt>", out);
		xml_put(out, words[i].word);
		fputs("</dt><dd>", out);
		xml_put(out, words[i].means);
		fputs("</dd>\n", out);
	}
	fputs("</dl>\n", out);
}

static void put_block(FILE *out, const struct run_file *run, const struct doc_block *b)
{
	switch (b->kind) {
	case DOC_HEADING:
		fprintf(out, "<h%d", b->level);
		if (b->level == 2) {
			fputs(" id=\"", out);
			put_id(out, b->text);
			fputc('"', out);
		}
		fputc('>', out);
		xml_put(out, b->text);
		fprintf(out, "</h%d>\n", b->level);
		break;
	case DOC_TEXT:
		fprintf(out, "<p class=\"%s\">", tone_class[b->tone]);
		xml_put(out, b->text);
		fputs("</p>\n", out);
		break;
	case DOC_ITEM:
		fputs("<li>", out);
		xml_put(out, b->text);
		fputs("</li>\n", out);
		break;
	case DOC_TABLE:
		if (b->ncells > b->ncolumns)
			put_table(out, b);
		break;
	case DOC_PICTURE: put_picture(out, run, b); break;
	case DOC_FOLD:
		fprintf(out, "<details%s><summary>", b->level == 1 ? " open" : "");
		xml_put(out, b->text);
		fputs("</summary>\n", out);
		break;
	case DOC_FOLD_END: fputs("</details>\n", out); break;
	case DOC_CODE:
		fputs("<pre><code>", out);
		xml_put(out, b->text);
		fputs("</code></pre>\n", out);
		break;
	}
}

static int render(const struct run_file *run, FILE *out)
{
	struct doc d = {0};

	report_build(&d, run);
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	xml_put(out, d.blocks[0].text);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", style);
	for (size_t i = 0; i < d.n; i++) {
		bool item = d.blocks[i].kind == DOC_ITEM;

		if (item && d.blocks[i - 1].kind != DOC_ITEM)
			fputs("<ul>\n", out);
		put_block(out, run, &d.blocks[i]);
		if (!i)
			put_contents(out, &d);
		if (item && (i + 1 == d.n || d.blocks[i + 1].kind != DOC_ITEM))
			fputs("</ul>\n", out);
	}
	put_glossary(out);
	fputs("</body>\n</html>\n", out);
	doc_release(&d);
	return 0;
}

const struct reporter_ops reporter_html = {
	.name = "html",
	.help = "one self-contained page with the pictures; report.html of a run",
	.render = render,
};
