/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lists of measures and reporters, from the names the Makefile found in their folders. */
#include "lib/base.h"
#include "harness/plugin.h"

#define PLUGIN(ops) extern const struct measure_ops ops;
#include "measures.inc"
#undef PLUGIN

#define PLUGIN(ops) extern const struct reporter_ops ops;
#include "reporters.inc"
#undef PLUGIN

#define PLUGIN(ops) &ops,

const struct measure_ops *const measure_list[] = {
#include "measures.inc"
	NULL,
};

const struct reporter_ops *const reporter_list[] = {
#include "reporters.inc"
	NULL,
};
