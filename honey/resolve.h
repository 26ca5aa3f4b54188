/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the resolve*.c files share; what other passes may ask of declarations is in module.h. All
 * report what is wrong and leave something sound in its place. */
#ifndef HONEY_RESOLVE_H
#define HONEY_RESOLVE_H

#include "lib/base.h"
#include "honey/module.h"

struct honey;

/* Kind, key, value and size of a map from its options. */
void resolve_map(struct honey *h, struct map *m);

/* resolve_type.c: first the types of all structs, which may name each other, then the layouts */
void resolve_struct_types(struct honey *h, struct strct *s);
void resolve_layout(struct honey *h, struct strct *s);
void resolve_unknown_type(struct honey *h, struct span span, const struct name *name);

#endif
