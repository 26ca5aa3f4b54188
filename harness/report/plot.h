/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Pictures of a run: data files that a person can read, drawn by gnuplot from plots/NAME.gp. The
 * scripts read nothing but their .dat file, so a picture can be drawn again, or otherwise, by hand:
 *     gnuplot -c plots/overhead.gp RUN/plots/overhead.dat RUN/plots/overhead
 */
#ifndef HARNESS_PLOT_H
#define HARNESS_PLOT_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct run_file;

/* Names of all pictures, ended by NULL: "lanes", "accuracy", "overhead", "ringbuf", "wakeup",
 * "losscurve". */
extern const char *const plot_names[];

/* True when the run has a record that picture @name is made from. */
bool plot_has_data(const char *name, const struct run_file *run);

/* The data of picture @name as the text of its .dat file. Returns the number of points, or -errno
 * (unknown name). */
int plot_data(const char *name, const struct run_file *run, struct strbuf *out);

/*
 * Writes RUN/plots/NAME.{dat,svg,png} for every picture that the run has records for; @scripts is
 * the folder with NAME.gp (NULL: where the running program's tree has them). Returns 0, or after
 * saying why: -ENOTSUP no gnuplot (the .dat files are there), -ENODATA records without one point to
 * draw, -EIO gnuplot failed, or another -errno.
 */
int plot_write_all(const struct run_file *run, const char *scripts);

#endif
