/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A name is not an object: which objects the runs of a merge had under which names, by the hashes
 * in their headers. Where one name stands for several, NAME@HASH is one of them.
 */
#ifndef HARNESS_RESULT_OBJECTS_H
#define HARNESS_RESULT_OBJECTS_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* Zeroed: none. */
struct result_objects {
	struct names named;   /* "memmon\tarm64": a monitor, and the processor it is built for */
	struct names objects; /* the same with its hash */
	size_t *name_of;      /* of each of @objects, in @named */
	size_t *objects_of;   /* of each of @named: how many */
	bool several;	      /* one of @named has more than one */
};

/* Those of a run's header. One without "objects" has none that are known. */
void result_objects_add(struct result_objects *r, struct json_object *header);
/* Appends "@1a2b3c4d" where @monitor stands for several objects and the run of @header had one of
 * them. */
void result_objects_suffix(const struct result_objects *r, struct json_object *header,
			   const char *monitor, struct strbuf *out);
void result_objects_release(struct result_objects *r);

#endif
