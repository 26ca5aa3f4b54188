/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Figures as OpenMetrics 1.0 text, for a textfile collector or a push gateway. Only gauges, so that
 * readers of the older Prometheus text format 0.0.4 take it too. No process or thread id is a
 * label.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <math.h>
#include <string.h>

#include "harness/report/report_grid.h"
#include "lib/names.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "harness/record.h"

/* Values of a family's labels come from the inner record of a list first, then the record. */
struct label {
	const char *name, *path;
};

static const struct family {
	const char *name, *help, *unit; /* @unit is the name's suffix, or NULL */
	const char *type;		/* of the records */
	const char *each;		/* list inside each record, or NULL: the record itself */
	const char *path;		/* a number, a boolean or an interval */
	double scale;
	struct label labels[9];
} families[] = {
	{"beebench_trial_ok",
	 "1 when the monitor passed every check beside the workload, 0 when not.",
	 NULL,
	 "trial",
	 NULL,
	 "status",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_conformance_mismatches",
	 "Counters and events that differ from what the calls made predict.",
	 NULL,
	 "trial",
	 NULL,
	 "conformance.mismatches",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_accuracy_error_ratio",
	 "Relative error of a figure against what happened.",
	 "ratio",
	 "trial",
	 "accuracy",
	 "error_pct",
	 0.01,
	 {{"monitor", "monitor"}, {"workload", "workload"}, {"figure", "metric"}}},
	{"beebench_overhead_added_seconds",
	 "Time a monitor adds to a call.",
	 "seconds",
	 "overhead",
	 NULL,
	 "added_ns",
	 1e-9,
	 {{"monitor", "monitor"}, {"event", "event"}}},
	{"beebench_overhead_base_seconds",
	 "Time of a call with nothing attached.",
	 "seconds",
	 "overhead",
	 NULL,
	 "base_ns",
	 1e-9,
	 {{"event", "event"}}},
	{"beebench_exact_added_instructions",
	 "Kernel instructions a monitor adds to a call, counted in a guest.",
	 "instructions",
	 "exact",
	 NULL,
	 "added",
	 1,
	 {{"kernel", "kernel"}, {"monitor", "monitor"}, {"path", "path"}}},
	{"beebench_sharp_a_seconds",
	 "Time the programs of A take longer than empty ones.",
	 "seconds",
	 "sharp",
	 NULL,
	 "a_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{"beebench_sharp_b_seconds",
	 "Time the programs of B take longer than empty ones.",
	 "seconds",
	 "sharp",
	 NULL,
	 "b_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{"beebench_sharp_difference_seconds",
	 "Time the programs of B take longer than those of A.",
	 "seconds",
	 "sharp",
	 NULL,
	 "diff_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{"beebench_sharp_aa_seconds",
	 "Time a second load of A takes longer than the first.",
	 "seconds",
	 "sharp",
	 NULL,
	 "aa_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{"beebench_gate_difference",
	 "B less A of what has a limit, in the unit that its label names.",
	 NULL,
	 "gate",
	 NULL,
	 "value",
	 1,
	 {{"a", "a"},
	  {"b", "b"},
	  {"lane", "lane"},
	  {"subject", "subject"},
	  {"kernel", "kernel"},
	  {"unit", "unit"}}},
	{"beebench_gate_limit",
	 "What B less A may be at most, in the unit that its label names.",
	 NULL,
	 "gate",
	 NULL,
	 "limit",
	 1,
	 {{"a", "a"},
	  {"b", "b"},
	  {"lane", "lane"},
	  {"subject", "subject"},
	  {"kernel", "kernel"},
	  {"unit", "unit"}}},
	{"beebench_gate_ok",
	 "1 when no regression was found, 0 when one was.",
	 NULL,
	 "gate",
	 NULL,
	 "status",
	 1,
	 {{"a", "a"}, {"b", "b"}, {"lane", "lane"}, {"subject", "subject"}, {"kernel", "kernel"}}},
	{"beebench_slowdown_ratio",
	 "Time of a load with the monitor over its time without.",
	 "ratio",
	 "slowdown",
	 NULL,
	 "ratio",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_collector_cpu_ratio",
	 "Share of a core the user-space half takes.",
	 "ratio",
	 "collector",
	 NULL,
	 "cpu_pct",
	 0.01,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_collector_resident_bytes",
	 "Resident memory of the user-space half.",
	 "bytes",
	 "collector",
	 NULL,
	 "rss_bytes",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_collector_map_bytes",
	 "Kernel memory of the monitor's maps.",
	 "bytes",
	 "collector",
	 NULL,
	 "map_bytes",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{"beebench_ringbuf_records_per_second",
	 "Records consumed with their content checked.",
	 "records_per_second",
	 "ringbuf",
	 NULL,
	 "rate_per_s",
	 1,
	 {{"mode", "mode"},
	  {"placement", "placement"},
	  {"record_bytes", "record_bytes"},
	  {"producers", "producers"},
	  {"rings", "rings"},
	  {"wakeup", "wakeup"},
	  {"consumer", "consumer"}}},
	{"beebench_ringbuf_accounted",
	 "1 when every record was consumed or counted as dropped.",
	 NULL,
	 "ringbuf",
	 NULL,
	 "accounted",
	 1,
	 {{"mode", "mode"},
	  {"placement", "placement"},
	  {"record_bytes", "record_bytes"},
	  {"producers", "producers"},
	  {"rings", "rings"},
	  {"wakeup", "wakeup"},
	  {"consumer", "consumer"}}},
	{"beebench_losscurve_offered_records_per_second",
	 "Records the producer managed to offer of those asked of it.",
	 "records_per_second",
	 "losscurve",
	 NULL,
	 "offered_per_s",
	 1,
	 {{"consumer", "consumer"},
	  {"record_bytes", "record_bytes"},
	  {"ring_bytes", "ring_bytes"},
	  {"target_per_second", "target_per_s"}}},
	{"beebench_losscurve_delivered_records_per_second",
	 "Records delivered of those offered.",
	 "records_per_second",
	 "losscurve",
	 NULL,
	 "delivered_per_s",
	 1,
	 {{"consumer", "consumer"},
	  {"record_bytes", "record_bytes"},
	  {"ring_bytes", "ring_bytes"},
	  {"target_per_second", "target_per_s"}}},
};

static void add_escaped(struct strbuf *out, const char *text)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_lines(&clean, text);
	for (const char *s = clean.s; *s; s++) {
		if (*s == '\\' || *s == '"')
			strbuf_addf(out, "\\%c", *s);
		else if (*s == '\n')
			strbuf_addstr(out, "\\n");
		else
			strbuf_addch(out, *s);
	}
	strbuf_release(&clean);
}

static void add_label(struct strbuf *out, const char *name, const char *value)
{
	strbuf_addf(out, "%s%s=\"", out->len ? "," : "", name);
	add_escaped(out, value);
	strbuf_addch(out, '"');
}

static void put_head(FILE *out, const char *name, const char *help, const char *unit)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	if (unit)
		fprintf(out, "# UNIT %s %s\n", name, unit);
}

/* One sample; of several with the same labels the first, as the format wants. */
static void put_sample(FILE *out, struct names *seen, const char *name, const char *labels,
		       const char *bound, double value)
{
	struct strbuf all = STRBUF_INIT;
	size_t before = seen->n;

	strbuf_addstr(&all, labels);
	if (bound)
		add_label(&all, "bound", bound);
	names_add(seen, all.s);
	if (isfinite(value) && seen->n > before)
		fprintf(out, "%s{%s} %.9g\n", name, all.s, value);
	strbuf_release(&all);
}

static void put_value(FILE *out, struct names *seen, const struct family *f, const char *labels,
		      struct json_object *v)
{
	static const char *const bounds[] = {"centre", "low", "high"};

	if (json_object_is_type(v, json_type_object)) {
		for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
			put_sample(out, seen, f->name, labels, bounds[i],
				   record_num(v, bounds[i]) * f->scale);
	} else if (json_object_is_type(v, json_type_boolean)) {
		put_sample(out, seen, f->name, labels, NULL, json_object_get_boolean(v));
	} else if (json_object_is_type(v, json_type_string)) {
		const char *status = record_text(v);

		/* Neither a skipped nor an unclean trial says anything about the monitor. */
		if (!strcmp(status, "ok") || !strcmp(status, "fail"))
			put_sample(out, seen, f->name, labels, NULL, !strcmp(status, "ok"));
	} else if (v) {
		put_sample(out, seen, f->name, labels, NULL, record_num(v, NULL) * f->scale);
	}
}

static void put_record(FILE *out, struct names *seen, const struct family *f,
		       struct json_object *inner, struct json_object *o, const struct trial_grid *g)
{
	struct strbuf labels = STRBUF_INIT;

	for (const struct label *l = f->labels; l->name; l++) {
		struct json_object *v = record_get(inner, l->path);
		const char *text;
		char number[32];

		v = v ? v : record_get(o, l->path);
		text = v ? record_text(v) : "";
		if (json_object_is_type(v, json_type_double)) {
			snprintf(number, sizeof(number), "%.9g", json_object_get_double(v));
			text = number;
		}
		if (record_is(o, "trial") && !strcmp(l->path, "workload"))
			text = trial_grid_label(g, o);
		add_label(&labels, l->name, text);
	}
	put_value(out, seen, f, labels.s, record_get(inner, f->path));
	strbuf_release(&labels);
}

static void put_family(FILE *out, const struct family *f, const struct run_file *run,
		       const struct trial_grid *g)
{
	struct names seen = {0};
	struct json_object *o, *inner;
	bool any = false;

	record_foreach_type (run->records, o, f->type)
		any = true;
	if (!any)
		return;
	put_head(out, f->name, f->help, f->unit);
	record_foreach_type (run->records, o, f->type) {
		if (!f->each) {
			put_record(out, &seen, f, o, o, g);
			continue;
		}
		record_foreach (record_get(o, f->each), inner)
			put_record(out, &seen, f, inner, o, g);
	}
	names_release(&seen);
}

static void put_run(FILE *out, const struct run_file *run)
{
	static const struct label labels[] = {
		{"id", "id"},
		{"tool", "tool"},
		{"kernel", "host.kernel"},
		{"machine", "host.machine"},
		{"cpu", "host.cpu"},
		{"virtualisation", "host.virtualisation"},
	};
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		add_label(&text, labels[i].name, record_str(run->header, labels[i].path, ""));
	put_head(out, "beebench_run_info", "The run these figures are from.", NULL);
	fprintf(out, "beebench_run_info{%s} 1\n", text.s);
	put_head(out, "beebench_run_complete", "1 when the run came to its end, 0 when cut short.",
		 NULL);
	fprintf(out, "beebench_run_complete %d\n",
		run->end && strcmp(record_str(run->end, "status", ""), "interrupted"));
	put_head(out, "beebench_trials", "Trials by what they came to.", NULL);
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		unsigned int n = 0;

		record_foreach_type (run->records, o, "trial")
			n += record_status(o) == i;
		fprintf(out, "beebench_trials{status=\"%s\"} %u\n", status_names[i], n);
	}
	strbuf_release(&text);
}

static int render(const struct run_file *run, FILE *out)
{
	struct trial_grid g;

	trial_grid_build(&g, run);
	put_run(out, run);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		put_family(out, &families[i], run, &g);
	fputs("# EOF\n", out);
	trial_grid_release(&g);
	return 0;
}

const struct reporter_ops reporter_openmetrics = {
	.name = "openmetrics",
	.help = "OpenMetrics text for a textfile collector or a push gateway",
	.render = render,
};
