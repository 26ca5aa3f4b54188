/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records in little memory: what is alike in two records, a word or a whole object, is there once.
 * Records that were taken are not to be changed.
 */
#ifndef HARNESS_RESULT_SHARE_H
#define HARNESS_RESULT_SHARE_H

#include <json-c/json.h>

#include "lib/base.h"

struct shares; /* opaque */

struct shares *shares_new(void); /* aborts without memory */
/* A record that is as @o, which it takes over, and shares its parts with those taken before. It may
 * not outlive @s. */
struct json_object *shares_take(struct shares *s, struct json_object *o);
/* The same for a record as it is written in a line, without building what was there before. NULL:
 * it is of a shape that is new here, or no such text; shares_take() after parsing it all is to say.
 */
struct json_object *shares_take_text(struct shares *s, const char *text, size_t len);
/* No more records will be taken: what finds their parts is given back. */
void shares_end(struct shares *s);
void shares_free(struct shares *s); /* accepts NULL */

#endif
