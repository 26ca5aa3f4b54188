/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process leaves behind when it is killed (cgroups, temporary files) carries its maker in
 * its name (lib/maker.h), so that a later one can sweep it.
 */
#ifndef LIB_LEFTOVER_H
#define LIB_LEFTOVER_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* Appends the folder for what does not stay, $TMPDIR or /tmp. It is absolute, as programs are
 * started in other working folders than ours. */
void leftover_folder(struct strbuf *out);
/* Appends a template for mkstemp(), mkstemps(), mkdtemp() in TMPDIR or /tmp, which names its maker.
 */
void leftover_template(struct strbuf *out, const char *suffix);
/* Removes what killed processes left, cgroups and temporary files of our user. Returns how many. */
unsigned int leftovers_sweep(void);

#endif
