/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the text report: its views, and the cells they are made of. */
#ifndef MEMPROF_TEXT_H
#define MEMPROF_TEXT_H

#include "memprof/report/report.h"

/* text_stacks.c */
void text_top(const struct report *r, struct strbuf *out);
void text_stacks(const struct report *r, struct strbuf *out);
void text_tree(const struct report *r, struct strbuf *out);
void text_leaks(const struct report *r, struct strbuf *out);
void text_peak(const struct report *r, struct strbuf *out);
void text_temporary(const struct report *r, struct strbuf *out);
/* text_figures.c */
void text_histogram(const struct report *r, struct strbuf *out);
void text_threads(const struct report *r, struct strbuf *out);
void text_processes(const struct report *r, struct strbuf *out);
void text_timeline(const struct report *r, struct strbuf *out);

/* A blank line, and the title on one of its own. */
void text_heading(struct strbuf *out, const char *title);
/* In the figure's unit; negative ones with their sign. */
void text_amount(struct strbuf *out, size_t value, double v);
/* To the right in @width cells. */
void text_cell(struct strbuf *out, int width, const char *text);
void text_amount_cell(struct strbuf *out, int width, size_t value, double v);
void text_share_cell(struct strbuf *out, int width, double part, double whole);

#endif
