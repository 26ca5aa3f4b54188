/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An object without its DWARF. */
#ifndef HONEY_STRIP_H
#define HONEY_STRIP_H

#include "lib/base.h"

struct strbuf;

/* Appends the ELF object at @data (8-byte aligned), less its .debug sections, to the empty @out.
 * Returns 0, or -EINVAL where it is none that is understood: then @out is of no use. */
int strip_debug(const char *data, size_t len, struct strbuf *out);

#endif
