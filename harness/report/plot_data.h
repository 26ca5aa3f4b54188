/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How words and numbers are written into the data file of a picture, and the makers of data that
 * have a file of their own. */
#ifndef HARNESS_PLOT_DATA_H
#define HARNESS_PLOT_DATA_H

#include "harness/record.h"
#include "harness/result.h"
#include "lib/strbuf.h"

/* A quoted word for gnuplot, which knows no escape that works everywhere. */
void plot_word(struct strbuf *out, const char *s);
/* A number, NaN as gnuplot reads it. */
void plot_value(struct strbuf *out, double v);
/* Centre, low and high, @scale times; an interval that is none is drawn without length. */
void plot_interval(struct strbuf *out, const struct stats_interval *i, double scale);

/* The picture `lanes`: two monitors compared, by time and by instructions. As plot_data(). */
int plot_lanes_data(const struct run_file *run, struct strbuf *out);
bool plot_lanes_has(const struct run_file *run);

/* The pictures of a calibration. As plot_data(). */
int plot_calibrate_aa_data(const struct run_file *run, struct strbuf *out);
int plot_calibrate_coverage_data(const struct run_file *run, struct strbuf *out);
int plot_calibrate_linearity_data(const struct run_file *run, struct strbuf *out);
int plot_calibrate_time_data(const struct run_file *run, struct strbuf *out);
bool plot_calibrate_time_has(const struct run_file *run);
int plot_calibrate_rare_data(const struct run_file *run, struct strbuf *out);

#endif
