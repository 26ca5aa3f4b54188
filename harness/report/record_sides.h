/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two monitors of a comparison, and which records are whose: they may have one name. */
#ifndef HARNESS_RECORD_SIDES_H
#define HARNESS_RECORD_SIDES_H

#include "harness/report/record.h"

struct sides {
	const char *name[2]; /* A and B, as long as the records */
};

/* From a `gate` or an `equivalence` record. False when @records compare nothing. */
bool sides_find(struct json_object *records, struct sides *out);
/* The `static` record of side @k, or NULL. */
struct json_object *sides_static(struct json_object *records, const struct sides *s, size_t k);
/* Instructions that side @k adds to @path on @kernel, or NaN. */
double sides_added(struct json_object *records, const struct sides *s, size_t k, const char *kernel,
		   const char *path);
/* The `sharp` record of both at @event, or NULL. */
struct json_object *sides_sharp(struct json_object *records, const struct sides *s,
				const char *event);

#endif
