/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the file of measured costs. */
#include "lib/base.h"
#include "monitor/source/costs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/data.h"
#include "lib/log.h"

static double number(struct json_object *of, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(of, name, &v) ||
	    (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int)) ||
	    !(json_object_get_double(v) >= 0))
		return NAN;
	return json_object_get_double(v);
}

static const char *text(struct json_object *of, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(of, name, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : NULL;
}

/* "6.18" of "6.18.44-cloud": what comes after says little to a reader. */
static int version_length(const char *kernel)
{
	const char *dot = strchr(kernel, '.');

	return (int)(dot ? dot + 1 + strcspn(dot + 1, ".-") - kernel : (long)strlen(kernel));
}

static void describe(struct json_object *doc, char *out, size_t size)
{
	const char *command = text(doc, "command"), *date = text(doc, "date"),
		   *kernel = text(doc, "kernel");
	int words = command ? (int)strcspn(command, " ") : 0;

	if (words && command[words])
		words += 1 + (int)strcspn(command + words + 1, " ");
	snprintf(out, size, "%.*s%s%s%s%.*s", words ? words : 8, words ? command : "measured",
		 date ? ", " : "", date ? date : "", kernel ? ", Linux " : "",
		 kernel ? version_length(kernel) : 0, kernel ? kernel : "");
}

static int wrong(const char *path, const char *what)
{
	log_warn("%s: %s; no cost per event is shown", path, what);
	return -EINVAL;
}

int costs_read(const char *path, const char *monitor, struct cost_figure *out)
{
	struct json_object *doc, *all, *one, *schema;
	int err = 0;

	*out = (struct cost_figure){.ns_per_event = NAN, .with_events = NAN};
	if (access(path, R_OK))
		return -ENOENT;
	doc = json_object_from_file(path);
	if (!json_object_is_type(doc, json_type_object))
		err = wrong(path, "is no JSON object");
	else if (!json_object_object_get_ex(doc, "schema", &schema) ||
		 json_object_get_int(schema) != 1)
		err = wrong(path, "\"schema\" is not 1");
	else if (!json_object_object_get_ex(doc, "monitors", &all) ||
		 !json_object_is_type(all, json_type_object))
		err = wrong(path, "has no object \"monitors\"");
	else if (!json_object_object_get_ex(all, monitor, &one))
		err = -ENOENT;
	if (!err) {
		out->ns_per_event = number(one, "ns_per_event");
		out->with_events = number(one, "with_events");
		describe(doc, out->source, sizeof(out->source));
		err = isnan(out->ns_per_event) && isnan(out->with_events) ? -ENOENT : 0;
	}
	json_object_put(doc);
	return err;
}

int costs_find(const char *monitor, struct cost_figure *out)
{
	char path[4096];

	*out = (struct cost_figure){.ns_per_event = NAN, .with_events = NAN};
	if (data_path("costs.json", path, sizeof(path)))
		return -ENOENT;
	return costs_read(path, monitor, out);
}
