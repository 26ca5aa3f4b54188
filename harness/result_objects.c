/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and hashes of objects, as sets: the order of the runs does not show. */
#include "lib/base.h"
#include "harness/result_objects.h"

#include <stdlib.h>
#include <string.h>

#include "harness/record.h"

enum { HASH_SHOWN = 8 };

/* "memmon\tarm64" and the hash behind it; false: it was not known. */
static bool words_of(struct json_object *o, struct strbuf *name, struct strbuf *object)
{
	const char *hash = record_str(o, "sha256", NULL);

	strbuf_reset(name);
	strbuf_reset(object);
	strbuf_addf(name, "%s\t%s", record_str(o, "monitor", "?"), record_str(o, "processor", ""));
	strbuf_addf(object, "%s\t%s", name->s, hash ? hash : "");
	return hash;
}

static void *grown(void *v, size_t n)
{
	v = reallocarray(v, n + 1, sizeof(size_t));
	if (!v)
		abort();
	return v;
}

void result_objects_add(struct result_objects *r, struct json_object *header)
{
	struct strbuf name = STRBUF_INIT, object = STRBUF_INIT;
	struct json_object *o;

	record_foreach (record_get(header, "objects"), o) {
		size_t names = r->named.n, objects = r->objects.n, at;

		if (!words_of(o, &name, &object))
			continue;
		at = names_add(&r->named, name.s);
		if (at == names) {
			r->objects_of = grown(r->objects_of, names);
			r->objects_of[at] = 0;
		}
		if (names_add(&r->objects, object.s) != objects)
			continue;
		r->name_of = grown(r->name_of, objects);
		r->name_of[objects] = at;
		r->several |= ++r->objects_of[at] > 1;
	}
	strbuf_release(&name);
	strbuf_release(&object);
}

void result_objects_suffix(const struct result_objects *r, struct json_object *header,
			   const char *monitor, struct strbuf *out)
{
	struct strbuf name = STRBUF_INIT, object = STRBUF_INIT;
	struct json_object *o;

	if (!r->several)
		return;
	record_foreach (record_get(header, "objects"), o) {
		size_t at;

		if (strcmp(record_str(o, "monitor", ""), monitor) != 0 ||
		    !words_of(o, &name, &object))
			continue;
		at = names_find(&r->named, name.s);
		if (at == r->named.n || r->objects_of[at] < 2)
			continue;
		strbuf_addf(out, "@%.*s", HASH_SHOWN, record_str(o, "sha256", ""));
		break;
	}
	strbuf_release(&name);
	strbuf_release(&object);
}

void result_objects_release(struct result_objects *r)
{
	names_release(&r->named);
	names_release(&r->objects);
	free(r->name_of);
	free(r->objects_of);
	*r = (struct result_objects){0};
}
