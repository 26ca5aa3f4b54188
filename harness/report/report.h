/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files a run leaves for a person: report.md, report.html, plots/. */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include "lib/base.h"

/*
 * Writes report.md, report.html and plots/{*.dat,*.svg,*.png} into the folder of a run, from its
 * run.json (whole or cut short). Returns 0, or -errno after saying why; -ENOTSUP when only the
 * pictures are missing (no gnuplot): the reports are written without them and say so.
 */
int report_write_all(const char *run_dir);

#endif
