/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The manual pages of memmon and cpumon have every key and every column with its words. */
#include "lib/base.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/strbuf.h"
#include "monitor/ui/ui_keys.h"
#include "monitor/view/column.h"

static const char *const pages[] = {"docs/man/memmon.8", "docs/man/cpumon.8"};

/* The text as a page writes it: its own signs are escaped, or kept from meaning something. */
static void as_page(const char *text, struct strbuf *out)
{
	for (; *text; text++) {
		if (*text == '~')
			strbuf_addstr(out, "\\(ti");
		else if (*text == '\\')
			strbuf_addstr(out, "\\e");
		else
			strbuf_addch(out, *text);
	}
}

/* Words alone, in lower case: pages break lines and begin with capitals. */
static void plain(const char *text, struct strbuf *out)
{
	bool blank = true;

	for (; *text; text++) {
		if (isspace((unsigned char)*text)) {
			if (!blank)
				strbuf_addch(out, ' ');
			blank = true;
		} else {
			strbuf_addch(out, tolower((unsigned char)*text));
			blank = false;
		}
	}
}

static void page_text(const char *path, struct strbuf *out)
{
	struct strbuf raw = STRBUF_INIT;

	assert_int_equal(strbuf_read_file(&raw, path), 0);
	plain(raw.s, out);
	strbuf_release(&raw);
}

static void expect(const char *page, const struct strbuf *text, const char *help)
{
	struct strbuf escaped = STRBUF_INIT, want = STRBUF_INIT;

	as_page(help, &escaped);
	plain(escaped.s, &want);
	if (!strstr(text->s, want.s))
		fail_msg("%s does not say '%s'", page, want.s);
	strbuf_release(&escaped);
	strbuf_release(&want);
}

static void every_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct strbuf text = STRBUF_INIT, list = STRBUF_INIT;
		size_t n = 0;

		page_text(pages[i], &text);
		ui_keys_list(&list);
		for (char *save, *line = strtok_r(list.s, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save), n++) {
			char *tab = strchr(line, '\t');

			assert_non_null(tab);
			expect(pages[i], &text, tab + 1);
		}
		assert_true(n > 10);
		strbuf_release(&text);
		strbuf_release(&list);
	}
}

static void every_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct strbuf text = STRBUF_INIT;

		page_text(pages[i], &text);
		for (const struct column *c = columns; c->key; c++) {
			struct strbuf head = STRBUF_INIT;
			bool shown = i == 0 ? c->memmon : c->cpumon;

			strbuf_addf(&head, ".It Cm %s Pq %s%s", c->key, c->title, shown ? "*" : "");
			expect(pages[i], &text, head.s);
			expect(pages[i], &text, c->help);
			strbuf_release(&head);
		}
		strbuf_release(&text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(every_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
