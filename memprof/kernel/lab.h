/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof kernel --lab: the document's lab as it is printed there. */
#ifndef MEMPROF_KERNEL_LAB_H
#define MEMPROF_KERNEL_LAB_H

#include "lib/base.h"

struct lab_options {
	double seconds; /* attach, and count for so long; 0: the document's own figures */
	bool kprobe;	/* attach to __kmalloc by a kprobe, not to the tracepoint */
};

/* Returns the exit code. */
int lab_run(const struct lab_options *opts);

#endif
