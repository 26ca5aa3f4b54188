/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Added time as hyperfine exports it (--export-json), for the scripts that read that: a result for
 * each monitor and event, in seconds, with all rounds. What a monitor adds is a difference, so a
 * round may be negative. Format: hyperfine 1.15, what it prints.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <math.h>
#include <stdlib.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/stats.h"

static struct json_object *seconds(const double *ns, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_double(ns[i] / NSEC_PER_SEC));
	return list;
}

static struct json_object *result(struct json_object *o)
{
	struct json_object *r = json_object_new_object(), *sample;
	double *ns = calloc(record_count(o, "samples") + 1, sizeof(*ns));
	size_t n = 0;

	if (!ns)
		abort();
	record_foreach (record_get(o, "samples"), sample)
		if (isfinite(record_num(sample, NULL)))
			ns[n++] = record_num(sample, NULL);
	record_putf(r, "command", "%s, what %s adds", record_str(o, "event", "?"),
		    record_str(o, "monitor", "?"));
	record_put_num(r, "mean", stats_mean(ns, n) / NSEC_PER_SEC);
	record_put_num(r, "stddev", n > 1 ? stats_sd(ns, n) / NSEC_PER_SEC : NAN);
	record_put_num(r, "median", stats_median(ns, n) / NSEC_PER_SEC);
	record_put_num(r, "min", stats_quantile(ns, n, 0) / NSEC_PER_SEC);
	record_put_num(r, "max", stats_quantile(ns, n, 1) / NSEC_PER_SEC);
	record_put(r, "times", seconds(ns, n));
	free(ns);
	return r;
}

static int render(const struct run_file *run, FILE *out)
{
	struct json_object *doc = json_object_new_object(), *list = json_object_new_array(), *o;

	record_foreach_type (run->records, o, "overhead")
		if (record_count(o, "samples"))
			json_object_array_add(list, result(o));
	record_put(doc, "results", list);
	record_put_json(doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE, out);
	json_object_put(doc);
	return 0;
}

const struct reporter_ops reporter_hyperfine = {
	.name = "hyperfine",
	.help = "added time as hyperfine exports it: mean, median and all rounds, in seconds",
	.render = render,
};
