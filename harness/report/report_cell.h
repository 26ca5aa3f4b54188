/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Table cells of a report that hold a figure of a record; what is missing is shown as "-". */
#ifndef HARNESS_REPORT_CELL_H
#define HARNESS_REPORT_CELL_H

#include "harness/record.h"
#include "harness/report/report_doc.h"

/* The interval at @path of @o, @scale times. */
void cell_interval(struct doc *d, struct json_object *o, const char *path, double scale);
/* A difference: as cell_interval(), with a sign; coloured where it leaves out 0. */
void cell_difference(struct doc *d, const struct stats_interval *difference);
/* @v with @unit appended; @unit may be "". */
void cell_number(struct doc *d, double v, const char *unit);
/* A difference without an interval: "+12", "0", "-3". */
void cell_signed(struct doc *d, double v);
void cell_bytes(struct doc *d, double v);

#endif
