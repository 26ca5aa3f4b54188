/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines of a family: its head, and its samples. */
#include "lib/base.h"
#include "lib/openmetrics.h"

#include <math.h>

#include "lib/format.h"
#include "lib/printable.h"

/* Harmless first (lib/printable.h), then as the format escapes. */
static void add_escaped(struct strbuf *out, const char *text)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_lines(&clean, text);
	for (const char *s = clean.s; *s; s++) {
		if (*s == '\\' || *s == '"')
			strbuf_addch(out, '\\');
		if (*s == '\n')
			strbuf_addstr(out, "\\n");
		else
			strbuf_addch(out, *s);
	}
	strbuf_release(&clean);
}

void openmetrics_label(struct strbuf *labels, const char *name, const char *value)
{
	strbuf_addf(labels, "%s%s=\"", labels->len ? "," : "", name);
	add_escaped(labels, value);
	strbuf_addch(labels, '"');
}

static void add_name(const struct openmetrics *m, const struct openmetrics_family *f, bool sample)
{
	strbuf_addf(m->out, "%s%s%s", m->prefix, f->name,
		    f->counter && (sample || m->older) ? "_total" : "");
}

void openmetrics_head(const struct openmetrics *m, const struct openmetrics_family *f)
{
	const struct {
		const char *word, *value;
	} lines[] = {{"HELP", f->help},
		     {"TYPE", f->counter ? "counter" : "gauge"},
		     {"UNIT", m->older ? NULL : f->unit}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!lines[i].value)
			continue;
		strbuf_addf(m->out, "# %s ", lines[i].word);
		add_name(m, f, false);
		strbuf_addf(m->out, " %s\n", lines[i].value);
	}
}

void openmetrics_sample(const struct openmetrics *m, const struct openmetrics_family *f,
			const char *labels, double value)
{
	if (!isfinite(value))
		return;
	add_name(m, f, true);
	if (*labels) {
		strbuf_addch(m->out, '{');
		strbuf_addstr(m->out, labels);
		strbuf_addch(m->out, '}');
	}
	strbuf_addch(m->out, ' ');
	format_double(m->out, value, m->digits);
	strbuf_addch(m->out, '\n');
}

void openmetrics_end(const struct openmetrics *m)
{
	if (!m->older)
		strbuf_addstr(m->out, "# EOF\n");
}
