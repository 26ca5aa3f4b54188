/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What runs of many machines say together. Exact figures of one kernel must be equal: one that is
 * not is named. Times of different machines never meet as such: each machine's are put together,
 * and the machines by a random-effects estimate, which says how far they are apart.
 */
#ifndef HARNESS_AGREE_H
#define HARNESS_AGREE_H

#include <json-c/json.h>

#include "harness/merge/merge.h"
#include "harness/result_objects.h"
#include "lib/base.h"
#include "lib/strbuf.h"

struct agreement; /* opaque */

struct agreement *agreement_new(void); /* aborts without memory */
/* A record of @run, which stays. Those that say nothing are passed over. Of several @objects of one
 * name each has figures of its own. */
void agreement_add(struct agreement *a, const struct result_objects *objects,
		   const struct part *run, struct json_object *record);
/* Records of type "agreement" and "combined", in the order of their names: the caller owns the
 * array. @agree and @differ: how many figures do; @text is given a line for each that differs. */
struct json_object *agreement_records(struct agreement *a, size_t *agree, size_t *differ,
				      struct strbuf *text);
void agreement_free(struct agreement *a); /* accepts NULL */

#endif
