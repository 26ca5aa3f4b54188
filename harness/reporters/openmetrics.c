/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Figures as OpenMetrics 1.0 text, for a textfile collector or a push gateway. Only gauges, so that
 * readers of the older Prometheus text format 0.0.4 take it too. No process or thread id is a
 * label.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <string.h>

#include "harness/report/report_grid.h"
#include "lib/names.h"
#include "lib/openmetrics.h"
#include "lib/printable.h"
#include "lib/strbuf.h"
#include "harness/record.h"

/* Values of a family's labels come from the inner record of a list first, then the record. */
struct label {
	const char *name, *path;
};

static const struct family {
	struct openmetrics_family head;
	const char *type; /* of the records */
	const char *each; /* list inside each record, or NULL: the record itself */
	const char *path; /* a number, a boolean or an interval */
	double scale;
	struct label labels[9];
} families[] = {
	{{"beebench_trial_ok",
	  "1 when the monitor passed every check beside the workload, 0 when not.", NULL, false},
	 "trial",
	 NULL,
	 "status",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_conformance_mismatches",
	  "Counters and events that differ from what the calls made predict.", NULL, false},
	 "trial",
	 NULL,
	 "conformance.mismatches",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_accuracy_error_ratio", "Relative error of a figure against what happened.",
	  "ratio", false},
	 "trial",
	 "accuracy",
	 "error_pct",
	 0.01,
	 {{"monitor", "monitor"}, {"workload", "workload"}, {"figure", "metric"}}},
	{{"beebench_overhead_added_seconds", "Time a monitor adds to a call.", "seconds", false},
	 "overhead",
	 NULL,
	 "added_ns",
	 1e-9,
	 {{"monitor", "monitor"}, {"event", "event"}}},
	{{"beebench_overhead_base_seconds", "Time of a call with nothing attached.", "seconds",
	  false},
	 "overhead",
	 NULL,
	 "base_ns",
	 1e-9,
	 {{"event", "event"}}},
	{{"beebench_exact_added_instructions",
	  "Kernel instructions a monitor adds to a call, counted in a guest.", "instructions",
	  false},
	 "exact",
	 NULL,
	 "added",
	 1,
	 {{"kernel", "kernel"}, {"monitor", "monitor"}, {"path", "path"}}},
	{{"beebench_sharp_a_seconds", "Time the programs of A take longer than empty ones.",
	  "seconds", false},
	 "sharp",
	 NULL,
	 "a_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{{"beebench_sharp_b_seconds", "Time the programs of B take longer than empty ones.",
	  "seconds", false},
	 "sharp",
	 NULL,
	 "b_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{{"beebench_sharp_difference_seconds",
	  "Time the programs of B take longer than those of A.", "seconds", false},
	 "sharp",
	 NULL,
	 "diff_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{{"beebench_sharp_aa_seconds", "Time a second load of A takes longer than the first.",
	  "seconds", false},
	 "sharp",
	 NULL,
	 "aa_ns",
	 1e-9,
	 {{"a", "monitor"}, {"b", "other"}, {"event", "event"}}},
	{{"beebench_gate_difference",
	  "B less A of what has a limit, in the unit that its label names.", NULL, false},
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
	{{"beebench_gate_limit", "What B less A may be at most, in the unit that its label names.",
	  NULL, false},
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
	{{"beebench_gate_ok", "1 when no regression was found, 0 when one was.", NULL, false},
	 "gate",
	 NULL,
	 "status",
	 1,
	 {{"a", "a"}, {"b", "b"}, {"lane", "lane"}, {"subject", "subject"}, {"kernel", "kernel"}}},
	{{"beebench_slowdown_ratio", "Time of a load with the monitor over its time without.",
	  "ratio", false},
	 "slowdown",
	 NULL,
	 "ratio",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_collector_cpu_ratio", "Share of a core the user-space half takes.", "ratio",
	  false},
	 "collector",
	 NULL,
	 "cpu_pct",
	 0.01,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_collector_resident_bytes", "Resident memory of the user-space half.", "bytes",
	  false},
	 "collector",
	 NULL,
	 "rss_bytes",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_collector_map_bytes", "Kernel memory of the monitor's maps.", "bytes", false},
	 "collector",
	 NULL,
	 "map_bytes",
	 1,
	 {{"monitor", "monitor"}, {"workload", "workload"}}},
	{{"beebench_ringbuf_records_per_second", "Records consumed with their content checked.",
	  "records_per_second", false},
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
	{{"beebench_ringbuf_accounted", "1 when every record was consumed or counted as dropped.",
	  NULL, false},
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
	{{"beebench_losscurve_offered_records_per_second",
	  "Records the producer managed to offer of those asked of it.", "records_per_second",
	  false},
	 "losscurve",
	 NULL,
	 "offered_per_s",
	 1,
	 {{"consumer", "consumer"},
	  {"record_bytes", "record_bytes"},
	  {"ring_bytes", "ring_bytes"},
	  {"target_per_second", "target_per_s"}}},
	{{"beebench_losscurve_delivered_records_per_second", "Records delivered of those offered.",
	  "records_per_second", false},
	 "losscurve",
	 NULL,
	 "delivered_per_s",
	 1,
	 {{"consumer", "consumer"},
	  {"record_bytes", "record_bytes"},
	  {"ring_bytes", "ring_bytes"},
	  {"target_per_second", "target_per_s"}}},
};

/* One sample; of several with the same labels the first, as the format wants. */
static void put_sample(const struct openmetrics *m, struct names *seen,
		       const struct openmetrics_family *f, const char *labels, const char *bound,
		       double value)
{
	struct strbuf all = STRBUF_INIT;
	size_t before = seen->n;

	strbuf_addstr(&all, labels);
	if (bound)
		openmetrics_label(&all, "bound", bound);
	names_add(seen, all.s);
	if (seen->n > before)
		openmetrics_sample(m, f, all.s, value);
	strbuf_release(&all);
}

static void put_value(const struct openmetrics *m, struct names *seen, const struct family *f,
		      const char *labels, struct json_object *v)
{
	static const char *const bounds[] = {"centre", "low", "high"};

	if (record_is_object(v)) {
		for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
			put_sample(m, seen, &f->head, labels, bounds[i],
				   record_num(v, bounds[i]) * f->scale);
	} else if (json_object_is_type(v, json_type_boolean)) {
		put_sample(m, seen, &f->head, labels, NULL, json_object_get_boolean(v));
	} else if (json_object_is_type(v, json_type_string)) {
		const char *status = record_text(v);

		/* Neither a skipped nor an unclean trial says anything about the monitor. */
		if (!strcmp(status, "ok") || !strcmp(status, "fail"))
			put_sample(m, seen, &f->head, labels, NULL, !strcmp(status, "ok"));
	} else if (v) {
		put_sample(m, seen, &f->head, labels, NULL, record_num(v, NULL) * f->scale);
	}
}

static void put_record(const struct openmetrics *m, struct names *seen, const struct family *f,
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
		openmetrics_label(&labels, l->name, text);
	}
	put_value(m, seen, f, labels.s, record_get(inner, f->path));
	strbuf_release(&labels);
}

static void put_family(const struct openmetrics *m, const struct family *f,
		       const struct run_file *run, const struct trial_grid *g)
{
	struct names seen = {0};
	struct json_object *o, *inner;
	bool any = false;

	record_foreach_type (run->records, o, f->type)
		any = true;
	if (!any)
		return;
	openmetrics_head(m, &f->head);
	record_foreach_type (run->records, o, f->type) {
		if (!f->each) {
			put_record(m, &seen, f, o, o, g);
			continue;
		}
		record_foreach (record_get(o, f->each), inner)
			put_record(m, &seen, f, inner, o, g);
	}
	names_release(&seen);
}

static void put_run(const struct openmetrics *m, const struct run_file *run)
{
	static const struct openmetrics_family
		info = {"beebench_run_info", "The run these figures are from.", NULL, false},
		complete = {"beebench_run_complete",
			    "1 when the run came to its end, 0 when cut short.", NULL, false},
		trials = {"beebench_trials", "Trials by what they came to.", NULL, false};
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
		openmetrics_label(&text, labels[i].name,
				  record_str(run->header, labels[i].path, ""));
	openmetrics_head(m, &info);
	openmetrics_sample(m, &info, text.s, 1);
	openmetrics_head(m, &complete);
	openmetrics_sample(m, &complete, "",
			   run->end && strcmp(record_str(run->end, "status", ""), "interrupted"));
	openmetrics_head(m, &trials);
	for (size_t i = 0; i < STATUS_COUNT; i++) {
		unsigned int n = 0;

		record_foreach_type (run->records, o, "trial")
			n += record_status(o) == i;
		strbuf_reset(&text);
		openmetrics_label(&text, "status", status_names[i]);
		openmetrics_sample(m, &trials, text.s, n);
	}
	strbuf_release(&text);
}

static int render(const struct run_file *run, FILE *out)
{
	struct strbuf text = STRBUF_INIT;
	const struct openmetrics m = {.out = &text, .prefix = "", .digits = 9};
	struct trial_grid g;

	trial_grid_build(&g, run);
	put_run(&m, run);
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		put_family(&m, &families[i], run, &g);
	openmetrics_end(&m);
	fwrite(text.s, 1, text.len, out);
	trial_grid_release(&g);
	strbuf_release(&text);
	return 0;
}

const struct reporter_ops reporter_openmetrics = {
	.name = "openmetrics",
	.help = "OpenMetrics text for a textfile collector or a push gateway",
	.render = render,
};
