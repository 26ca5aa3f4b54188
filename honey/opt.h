/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The optimisations of -O by name. */
#ifndef HONEY_OPT_H
#define HONEY_OPT_H

#include <stdio.h>

#include "lib/base.h"

#define HONEY_OPTIMISATIONS(X)                                                                     \
	X(ELIDE_SELF_UPDATE, "elide-self-update",                                                  \
	  "leave out bpf_map_update_elem of an element with itself")                               \
	X(UPDATE_IN_PLACE, "update-in-place",                                                      \
	  "store through the looked-up pointer instead of updating the same key")                  \
	X(REUSE_CLOCK, "reuse-clock", "read the clock once where it is only stored")               \
	X(EXACT_RECORD, "exact-record",                                                            \
	  "reserve the struct's size, as C does: no more, padding not zeroed")

enum optimisation {
#define X(id, name, text) OPT_##id,
	HONEY_OPTIMISATIONS(X)
#undef X
		OPT_COUNT
};

/* Sets one by "NAME" or "no-NAME". Returns 0 or -ENOENT (nearest name in *@near, may be NULL). */
int opt_set(bool enabled[OPT_COUNT], const char *name, const char **near);
void opt_list(FILE *out);

#endif
