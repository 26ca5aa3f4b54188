/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report in GitHub's Markdown: report.md of a run, and what goes into a pull request. */
#include "lib/base.h"
#include "harness/plugin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/report.h"
#include "harness/result.h"
#include "lib/printable.h"

/* Text that shows as it is: what Markdown or HTML would take as a mark is escaped. */
static void put_text(FILE *out, const char *s)
{
	for (const char *start = s; *s; s++) {
		bool word =
			s > start && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);

		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '\n')
			fputc(' ', out);
		else if (strchr("|*`[]\\", *s) || (*s == '_' && !word) || (*s == '~' && !word))
			fprintf(out, "\\%c", *s);
		else
			fputc(*s, out);
	}
}

static const char *mark(enum doc_tone tone)
{
	return tone == TONE_BAD || tone == TONE_STRONG ? "**" : "";
}

static void put_table(FILE *out, const struct doc_block *b)
{
	for (size_t i = 0; i < b->ncells; i++) {
		struct doc_cell cell = doc_cell_at(b, i);
		const char *m = *cell.text ? mark(cell.tone) : "";
		size_t c = i % b->ncolumns;

		fprintf(out, "%s%s", c ? " | " : "| ", m);
		put_text(out, cell.text);
		fputs(m, out);
		if (c + 1 < b->ncolumns)
			continue;
		fputs(" |\n", out);
		if (i + 1 != b->ncolumns)
			continue;
		for (size_t k = 0; k < b->ncolumns; k++)
			fprintf(out, "%s%s", k ? " | " : "| ", b->right[k] ? "---:" : "---");
		fputs(" |\n", out);
	}
	fputc('\n', out);
}

/* The fence is longer than any row of backticks inside. */
static void put_code(FILE *out, const char *text)
{
	size_t longest = 2, row = 0;

	for (const char *s = text; *s; s++) {
		row = *s == '`' ? row + 1 : 0;
		longest = MAX(longest, row);
	}
	for (int end = 0; end < 2; end++) {
		for (size_t i = 0; i <= longest; i++)
			fputc('`', out);
		fprintf(out, "%s\n", end ? "\n" : "sh");
		if (!end)
			fprintf(out, "%s\n", text);
	}
}

static void put_block(FILE *out, const struct doc_block *b, bool more_items)
{
	static const char hashes[] = "######";

	switch (b->kind) {
	case DOC_HEADING:
		fprintf(out, "%.*s ", b->level, hashes);
		put_text(out, b->text);
		fputs("\n\n", out);
		break;
	case DOC_TEXT:
		fputs(mark(b->tone), out);
		put_text(out, b->text);
		fprintf(out, "%s\n\n", mark(b->tone));
		break;
	case DOC_ITEM:
		fputs("- ", out);
		put_text(out, b->text);
		fputs(more_items ? "\n" : "\n\n", out);
		break;
	case DOC_TABLE:
		if (b->ncells > b->ncolumns)
			put_table(out, b);
		break;
	case DOC_PICTURE:
		fputs("![", out);
		put_text(out, b->text);
		fprintf(out, "](plots/%s.svg)\n\n", b->name);
		break;
	/* Markdown inside HTML wants an empty line before and after. */
	case DOC_FOLD:
		fputs("<details><summary>", out);
		put_text(out, b->text);
		fputs("</summary>\n\n", out);
		break;
	case DOC_FOLD_END: fputs("</details>\n\n", out); break;
	case DOC_CODE: put_code(out, b->text); break;
	}
}

static int render(const struct run_file *run, FILE *out)
{
	struct doc d = {0};

	report_build(&d, run);
	/* Block by block: the whole may be long. */
	for (size_t i = 0; i < d.n; i++) {
		char *words = NULL;
		size_t size = 0;
		FILE *text = open_memstream(&words, &size);

		if (!text)
			abort();
		put_block(text, &d.blocks[i], i + 1 < d.n && d.blocks[i + 1].kind == DOC_ITEM);
		fclose(text);
		printable_put(out, words);
		free(words);
	}
	doc_release(&d);
	return 0;
}

const struct reporter_ops reporter_markdown = {
	.name = "markdown",
	.help = "tables for a pull request or a README; report.md of a run",
	.render = render,
};
