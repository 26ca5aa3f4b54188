/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows and frames for the tests of monitor/view. */
#ifndef TESTS_UNIT_VIEW_FIXTURE_H
#define TESTS_UNIT_VIEW_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "monitor/frame.h"
#include "tests/unit/figures_fixture.h"

/* A row of which nothing but this is known. */
static inline struct proc_row row_of(uint32_t pid, uint32_t ppid, const char *name, double rss_kb)
{
	struct proc_row row = {
		.pid = pid, .ppid = ppid, .state = 'S', .start_ns = pid * 1000ULL, .v = figures()};

	snprintf(row.name, sizeof(row.name), "%s", name);
	row.v[FIELD_RSS] = rss_kb;
	return row;
}

#endif
