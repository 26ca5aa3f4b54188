/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HARNESS_RESULT_MERGED_H
#define HARNESS_RESULT_MERGED_H

#include "harness/result.h"

/* Of a merged run (harness/merge/merge.h): each time and each exact figure once. Others stay as
 * they are. */
void result_unite(struct run_file *r);

#endif
