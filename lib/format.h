/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers, mostly for people: counts with their thousands, three digits, units, intervals. All
 * append. */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include "lib/base.h"
#include "lib/stats.h"
#include "lib/strbuf.h"

/* "1,009,213" */
void format_count(struct strbuf *out, uint64_t v);
/* Three significant digits: "0.0312", "4.81", "142", "1,009". NaN: "-". */
void format_number(struct strbuf *out, double v);
/* With an SI prefix and the unit: "25.3 M/s", "812 k/s". */
void format_si(struct strbuf *out, double v, const char *unit);
/* "56 B", "256 KiB", "14.2 MiB": powers of 1024. */
void format_bytes(struct strbuf *out, double bytes);
/* "812 ns", "1.52 ms", "61.2 s" */
void format_duration(struct strbuf *out, double ns);
/* "12.1 [11.8, 12.4]", each @scale times, to the digit that the interval's width justifies. */
void format_interval(struct strbuf *out, const struct stats_interval *i, double scale);
/* The version of a kernel's release: "6.12" of "6.12.117+deb12-cloud-amd64". */
void format_kernel(struct strbuf *out, const char *release);
/* For machines, with a point whatever the locale: @digits of them; from 15 on, whole numbers below
 * 2^53 are written out. False, and nothing is written, when @v is not finite. */
bool format_double(struct strbuf *out, double v, int digits);
/* "+4.81 %", "0 %", "-100 %" */
void format_percent(struct strbuf *out, double pct);

#endif
