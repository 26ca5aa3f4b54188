/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is what has been counted so far enough? */
#ifndef VM_GUEST_FIGURE_H
#define VM_GUEST_FIGURE_H

#include "lib/base.h"

/*
 * The figure of the @n counts at @v stands by the host's rule (harness/exact/exact.h): one value
 * stands out, and is the mode of both halves. Makes no system call: it is asked while a path runs.
 */
bool guest_figure_stands(const uint64_t *v, size_t n);

#endif
