/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two monitors of a comparison, and which records are whose: they may have one name. A run may
 * hold several comparisons. */
#ifndef HARNESS_RECORD_SIDES_H
#define HARNESS_RECORD_SIDES_H

#include "harness/record.h"

struct sides {
	const char *name[2]; /* A and B, as long as the records */
};

/* The comparison number @n of @records, in order of first appearance: of the `gate` records, or
 * where there are none of the `equivalence` records. False when there are no more. */
bool sides_nth(struct json_object *records, size_t n, struct sides *out);
size_t sides_count(struct json_object *records);
/* True when the `gate` or `equivalence` record @o is of @s. */
bool sides_own(const struct sides *s, struct json_object *o);
/* The `static` record of side @k, or NULL. */
struct json_object *sides_static(struct json_object *records, const struct sides *s, size_t k);
/* Instructions that side @k adds to @path on @kernel, or NaN. */
double sides_added(struct json_object *records, const struct sides *s, size_t k, const char *kernel,
		   const char *path);
/* The `sharp` record of both at @event, or NULL. */
struct json_object *sides_exchange(struct json_object *records, const struct sides *s,
				   const char *event);

#endif
