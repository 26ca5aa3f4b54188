/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Times as hyperfine exports them (--export-json), for the scripts that read that: in seconds, with
 * all runs. A result for each monitor and event is what the monitor adds, a difference, so that a
 * round may be negative; a load that was slowed down has one for each monitor and one for itself.
 *
 * Two schemas in one document, whose keys are not each other's: "times", "mean" and the like of
 * hyperfine up to 1.20 (as 1.15 prints them), "measurements" and "summary" of schema 2, which is
 * that of 2.0.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <math.h>
#include <stdlib.h>

#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/names.h"
#include "lib/stats.h"

#define METRIC "time_wall_clock"

/* Of @n values in seconds: what both schemas call alike. */
static void put_statistics(struct json_object *o, const double *s, size_t n)
{
	record_put_num(o, "mean", stats_mean(s, n));
	record_put_num(o, "stddev", n > 1 ? stats_sd(s, n) : NAN);
	record_put_num(o, "median", stats_median(s, n));
	record_put_num(o, "min", stats_quantile(s, n, 0));
	record_put_num(o, "max", stats_quantile(s, n, 1));
}

static struct json_object *measurements(const double *s, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *m = json_object_new_object(), *t = json_object_new_object();

		record_put_num(t, "value", s[i]);
		record_put_str(t, "unit", "second");
		record_put(m, METRIC, t);
		json_object_array_add(list, m);
	}
	return list;
}

/* The list of results as it is written: all at once would be large. */
struct results {
	FILE *out;
	size_t n;
};

/* Nothing where the list at @path of @o is none or empty. @unit_s: seconds that one of its numbers
 * is. */
static void add_result(struct results *results, char *command, struct json_object *o,
		       const char *path, double unit_s)
{
	struct json_object *list = record_unpacked(record_get(o, path)), *r, *summary, *metric,
			   *sample;
	double *s = calloc(record_length(list) + 1, sizeof(*s));
	size_t n = 0;

	if (!s || !command)
		abort();
	record_foreach (list, sample)
		if (isfinite(record_num(sample, NULL)))
			s[n++] = record_num(sample, NULL) * unit_s;
	if (!record_length(list))
		goto out;
	r = json_object_new_object();
	summary = json_object_new_object();
	metric = json_object_new_object();
	record_put_str(r, "command", command);
	put_statistics(r, s, n);
	record_put(r, "times", result_doubles(s, n));
	record_put(r, "measurements", measurements(s, n));
	record_put_str(metric, "unit", "second");
	record_put_u64(metric, "count", n);
	put_statistics(metric, s, n);
	record_put(summary, METRIC, metric);
	record_put(r, "summary", summary);
	fputs(results->n++ ? ",\n    " : "\n    ", results->out);
	record_put_member(r, 2, results->out);
	json_object_put(r);
out:
	json_object_put(list);
	free(s);
	free(command);
}

static char *text(const char *fmt, ...) PRINTF_LIKE(1, 2);
static char *text(const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return strbuf_detach(&sb);
}

static struct json_object *metadata(const struct run_file *run)
{
	struct json_object *o = json_object_new_object();

	record_put_str(o, "generator", record_str(run->header, "tool", "beebench"));
	record_put_str(o, "start_time", record_str(run->header, "started", NULL));
	return o;
}

static int render(const struct run_file *run, FILE *out)
{
	struct results list = {.out = out};
	struct names alone = {0};
	struct json_object *o = metadata(run);

	fputs("{\n  \"schema_version\":2,\n  \"metadata\":", out);
	record_put_member(o, 1, out);
	json_object_put(o);
	fputs(",\n  \"primary_metric\":\"" METRIC "\",\n  \"results\":[", out);

	record_foreach_type (run->records, o, "overhead")
		add_result(&list,
			   text("%s, what %s adds", record_str(o, "event", "?"),
				record_str(o, "monitor", "?")),
			   o, "samples", 1.0 / NSEC_PER_SEC);
	record_foreach_type (run->records, o, "slowdown") {
		const char *command = record_str(o, "command", "?");
		size_t before = alone.n;

		if (!record_get(o, "times_s"))
			continue;
		if (names_add(&alone, command) == before)
			add_result(&list, text("%s", command), o, "times_without_s", 1);
		add_result(&list, text("%s, beside %s", command, record_str(o, "monitor", "?")), o,
			   "times_s", 1);
	}
	fprintf(out, "%s]\n}\n", list.n ? "\n  " : "");
	names_release(&alone);
	return 0;
}

const struct reporter_ops reporter_hyperfine = {
	.name = "hyperfine",
	.help = "times as hyperfine exports them, 1.15 and 2.0: mean, median and all runs, in "
		"seconds",
	.render = render,
};
