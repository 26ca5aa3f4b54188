/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench doctor --hooks: which ways of attaching lose runs on this kernel, measured. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>

#include "harness/hooks.h"
#include "harness/record_put.h"
#include "harness/result.h"

struct telling {
	struct json_object *list; /* NULL: text */
};

static struct json_object *of_run(const struct hook_run *r)
{
	struct json_object *o = json_object_new_object();

	record_put_u64(o, "made", r->made);
	record_put_u64(o, "counted", r->counted);
	record_put_i64(o, "lost", (int64_t)(r->made - r->counted));
	record_put_u64(o, "skipped", r->skipped);
	return o;
}

static void tell(void *arg, const struct hook *h)
{
	const struct telling *t = arg;
	struct json_object *o;

	if (!t->list && h->err) {
		printf("%-34s  %7s  %6s  %6s  %6s  %s\n", h->attach, "-", "-", "-", "-",
		       strerror(-h->err));
		return;
	}
	if (!t->list) {
		printf("%-34s  %7" PRIu64 "  %6" PRId64 "  %6" PRId64 "  %6" PRId64 "  %s\n",
		       h->attach, h->three.made, (int64_t)(h->one.made - h->one.counted),
		       (int64_t)(h->three.made - h->three.counted),
		       (int64_t)(h->beside.made - h->beside.counted), h->what);
		fflush(stdout);
		return;
	}
	o = json_object_new_object();
	record_put_str(o, "attach", h->attach);
	record_put_str(o, "what", h->what);
	if (h->err) {
		record_put_str(o, "error", strerror(-h->err));
	} else {
		record_put(o, "one", of_run(&h->one));
		record_put(o, "three", of_run(&h->three));
		record_put(o, "reader", of_run(&h->beside));
	}
	json_object_array_add(t->list, o);
}

int doctor_hooks(bool json)
{
	struct telling t = {.list = json ? json_object_new_array() : NULL};
	struct utsname u = {0};
	struct json_object *o;
	int err;

	uname(&u);
	if (!json) {
		printf("Runs lost on Linux %s, measured: by one busy process, by three on one "
		       "CPU, by three\nbeside a fourth that reads a hash map all the time.\n",
		       u.release);
		printf("%-34s  %7s  %6s  %6s  %6s\n", "attached to", "of", "one", "three",
		       "reader");
	}
	err = hooks_try(tell, &t);
	if (json) {
		o = json_object_new_object();
		record_put_i64(o, "schema", RESULT_SCHEMA);
		record_put_str(o, "kernel", u.release);
		record_put(o, "hooks", t.list);
		puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							       JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	}
	return !err ? EXIT_OK : err == -EPERM || err == -EACCES ? EXIT_SKIP : EXIT_USAGE;
}
