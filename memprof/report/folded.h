/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A stack on one line: "main;work;malloc_user", the outermost first. */
#ifndef MEMPROF_FOLDED_H
#define MEMPROF_FOLDED_H

#include "memprof/report/report.h"

/* A ';' in a name becomes ':'; the kernel's functions end in "_[k]", as flamegraph.pl colours. */
void folded_add_path(struct strbuf *out, const struct report_path *path);

#endif
