/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Temporary files and folders whose names say who made them, so that those of a process that was
 * killed can be removed by the next one. */
#ifndef LIB_SCRATCH_H
#define LIB_SCRATCH_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* Appends a template for mkstemp(3) or mkdtemp(3): "TMP/beebench-tmp-PID-START-NAMESPACE-XXXXXX",
 * where TMP is $TMPDIR or /tmp; a suffix may follow. */
void scratch_template(struct strbuf *out);

/* Removes what processes of this user that have ended have left under such names. Returns how many
 * files and folders. */
unsigned int scratch_sweep(void);

#endif
