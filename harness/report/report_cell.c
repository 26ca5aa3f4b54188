/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures as table cells. */
#include "lib/base.h"
#include "harness/report/report_cell.h"
#include "lib/format.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>

void cell_interval(struct doc *d, struct json_object *o, const char *path, double scale)
{
	struct stats_interval i;
	struct strbuf sb = STRBUF_INIT;

	record_interval(o, path, &i);
	format_interval(&sb, &i, scale);
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

void cell_difference(struct doc *d, const struct stats_interval *difference)
{
	struct strbuf sb = STRBUF_INIT;
	enum doc_tone tone = difference->low > 0    ? TONE_WARN
			     : difference->high < 0 ? TONE_GOOD
						    : TONE_PLAIN;

	format_interval(&sb, difference, 1);
	doc_cell(d, tone, "%s%s", difference->centre > 0 ? "+" : "", sb.s);
	strbuf_release(&sb);
}

void cell_number(struct doc *d, double v, const char *unit)
{
	struct strbuf sb = STRBUF_INIT;

	format_number(&sb, v);
	doc_cell(d, TONE_PLAIN, "%s%s", sb.s, isfinite(v) ? unit : "");
	strbuf_release(&sb);
}

void cell_signed(struct doc *d, double v)
{
	struct strbuf sb = STRBUF_INIT;

	format_number(&sb, v);
	doc_cell(d,
		 v > 0	 ? TONE_WARN
		 : v < 0 ? TONE_GOOD
			 : TONE_PLAIN,
		 "%s%s", v > 0 ? "+" : "", sb.s);
	strbuf_release(&sb);
}

void cell_bytes(struct doc *d, double v)
{
	struct strbuf sb = STRBUF_INIT;

	if (isfinite(v))
		format_bytes(&sb, v);
	else
		strbuf_addch(&sb, '-');
	doc_cell(d, TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}
