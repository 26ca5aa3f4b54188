/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One gate at a time: two would time each other, and the second would clear the first one's work
 * tree away. */
#ifndef HARNESS_GATE_LOCK_H
#define HARNESS_GATE_LOCK_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* Appends the folder for what does not stay: $TMPDIR, or /tmp. */
void gate_tmp(struct strbuf *out);

/*
 * Locks a file of this user's in gate_tmp(), until the process ends, however it does. Returns 0,
 * -EBUSY after saying which process holds it, or another -errno after saying why.
 */
int gate_lock(void);

#endif
