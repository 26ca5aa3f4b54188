/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From records to figures. */
#include "lib/base.h"
#include "harness/history/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/record.h"
#include "lib/strbuf.h"

/* A kind of figure: the records it is of, and which of their members are what. */
static const struct kind {
	const char *type, *prefix;
	const char *what;  /* whose value ends the name; NULL: @value does */
	const char *value; /* a number, or an interval */
	const char *unit;
	bool exact;
} kinds[] = {
	{"exact", "exact", "path", "added", "instructions", true},
	{"static", "static", NULL, "instructions", "instructions", true},
	{"static", "static", NULL, "jited_bytes", "bytes", true},
	{"static", "static", NULL, "verifier_insns", "instructions", true},
	{"static", "static", NULL, "stack_bytes", "bytes", true},
	{"static", "static", NULL, "map_bytes", "bytes", true},
	{"trial", "verify", "workload", "conformance.mismatches", "mismatches", true},
	{"overhead", "overhead", "event", "added_ns", "ns", false},
	{"sharp", "sharp", "event", "a_ns", "ns", false},
	{"slowdown", "slowdown", "workload", "ratio", "ratio", false},
};

static void add(struct run_figures *out, const struct kind *k, struct json_object *o,
		const char *host_kernel)
{
	struct strbuf name = STRBUF_INIT;
	struct stats_interval value;
	struct figure *f;

	if (!record_interval(o, k->value, &value) ||
	    !strcmp(record_str(o, "monitor", "none"), "none") ||
	    (k->what && !record_str(o, k->what, NULL)) || record_status(o) == STATUS_VOID ||
	    record_status(o) == STATUS_SKIP)
		return;
	strbuf_addf(&name, "%s.%s", k->prefix, k->what ? record_str(o, k->what, "?") : k->value);
	out->v = reallocarray(out->v, out->n + 1, sizeof(*out->v));
	if (!out->v)
		abort();
	f = &out->v[out->n++];
	*f = (struct figure){.monitor = strdup(record_str(o, "monitor", "?")),
			     .name = strbuf_detach(&name),
			     .kernel = strdup(record_str(o, "kernel", host_kernel)),
			     .unit = k->unit,
			     .exact = k->exact,
			     .value = value.centre,
			     .low = value.low,
			     .high = value.high};
}

void run_figures_of(const struct run_file *run, struct run_figures *out)
{
	const char *kernel = record_str(run->header, "host.kernel", "");
	struct json_object *o;

	*out = (struct run_figures){0};
	record_foreach (run->records, o)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (record_is(o, kinds[i].type))
				add(out, &kinds[i], o, kernel);
}

void run_figures_release(struct run_figures *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].monitor);
		free(f->v[i].name);
		free(f->v[i].kernel);
	}
	free(f->v);
	*f = (struct run_figures){0};
}
