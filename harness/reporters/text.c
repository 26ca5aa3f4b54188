/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The report for a terminal. */
#include "lib/base.h"
#include "harness/plugin.h"

#include "harness/report/report.h"

static int render(const struct run_file *run, FILE *out)
{
	struct doc d = {0};

	doc_print_to(&d, out);
	report_build(&d, run);
	doc_release(&d);
	return 0;
}

const struct reporter_ops reporter_text = {
	.name = "text",
	.help = "tables for a terminal",
	.render = render,
};
