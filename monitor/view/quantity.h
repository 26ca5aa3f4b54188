/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers that people write: digits with a point and a unit, in the kind that a column has. Pure.
 */
#ifndef MONITOR_QUANTITY_H
#define MONITOR_QUANTITY_H

#include "monitor/view/column.h"

/* The number that @word says, in the unit of @c; false after saying in @why what is wrong. */
bool quantity_parse(const struct column *c, const char *word, double *out, char *why, size_t size);

#endif
