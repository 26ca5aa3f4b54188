/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process leaves behind when it is killed (cgroups, temporary files) carries its owner in
 * its name, so that a later one can sweep it.
 */
#ifndef LIB_LEFTOVER_H
#define LIB_LEFTOVER_H

#include "lib/base.h"
#include "lib/strbuf.h"

enum { OWNER_MAX = 64 };

/* "PID-START-NAMESPACE" of this process. */
void owner_name(char out[OWNER_MAX]);
/*
 * True only when the process that @name begins with is surely gone: another one, or none, has its
 * number. Of process numbers that cannot be seen from here it is never sure. @rest, when there is
 * an owner in @name: what follows it.
 */
bool owner_is_gone(const char *name, const char **rest);

/* Appends a template for mkstemp(), mkstemps(), mkdtemp() in TMPDIR or /tmp, which names its owner.
 */
void leftover_template(struct strbuf *out, const char *suffix);
/* Removes what killed processes left, cgroups and temporary files of our user. Returns how many. */
unsigned int leftovers_sweep(void);

#endif
