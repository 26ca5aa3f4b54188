/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as OpenMetrics 1.0, or as the older Prometheus text 0.0.4. One row of a table is a
 * family. What is not known has no sample: Prometheus has no null, and 0 would be a lie. */
#include "lib/base.h"
#include "monitor/sink/serve.h"

#include <string.h>

#include "lib/openmetrics.h"
#include "monitor/sink/put.h"
#include "monitor/recording/format.h"
#include "monitor/recording/scalar.h"
#include "monitor/view/column.h"

struct writer {
	struct openmetrics m;
	const struct frame *f;
	uint32_t lines[SERVE_PROCESSES]; /* rows that have samples */
	struct strbuf labels[SERVE_PROCESSES];
	size_t nlines;
};

/* Of the scalar of this name. */
struct scalar_family {
	const struct scalar *table;
	const char *scalar;
	double scale;
	struct openmetrics_family family;
};

static const struct scalar_family scalars[] = {
	{frame_scalars,
	 "started_ns",
	 1e-9,
	 {"start_time_seconds", "When counting began, as Unix time.", "seconds", false}},
	{frame_scalars,
	 "time_ns",
	 1e-9,
	 {"frame_time_seconds", "When the figures here were read, as Unix time.", "seconds",
	  false}},
	{frame_scalars,
	 "interval_s",
	 1,
	 {"interval_seconds", "Time since the figures before.", "seconds", false}},
	{frame_scalars,
	 "mem_total_kb",
	 1024,
	 {"machine_memory_bytes", "Memory of the machine.", "bytes", false}},
	{frame_scalars,
	 "mem_available_kb",
	 1024,
	 {"machine_memory_available_bytes", "Memory that programs could still have.", "bytes",
	  false}},
	{frame_scalars, "events_seen", 1, {"events", "Events taken from the ring.", NULL, true}},
	{losses_scalars,
	 "ring_full",
	 1,
	 {"ring_full", "Events that found no room in the ring.", NULL, true}},
	{losses_scalars,
	 "map_full",
	 1,
	 {"map_full", "Calls or processes that found no room in a map.", NULL, true}},
	{losses_scalars,
	 "recursion",
	 1,
	 {"recursion_misses", "Runs of a BPF program that the kernel skipped.", NULL, true}},
	{losses_scalars,
	 "bad_records",
	 1,
	 {"bad_records", "Records and keys that made no sense.", NULL, true}},
	{losses_scalars,
	 "unattributed",
	 1,
	 {"unattributed_calls", "Calls of threads whose process nobody knew any more.", NULL,
	  true}},
	{losses_scalars,
	 "hidden",
	 1,
	 {"hidden_processes", "Processes that /proc hides from the monitor.", NULL, false}},
	{losses_scalars,
	 "vanished",
	 1,
	 {"vanished_processes", "Processes that ended while they were read.", NULL, false}},
	{losses_scalars,
	 "history_full",
	 1,
	 {"untrended_processes", "Processes without a trend, its table being full.", NULL, false}},
	{own_scalars,
	 "cpu_pct",
	 0.01,
	 {"own_cpu_ratio", "Share of one CPU that the tool itself takes.", "ratio", false}},
	{own_scalars,
	 "rss_kb",
	 1024,
	 {"own_resident_bytes", "Resident memory of the tool itself.", "bytes", false}},
	{own_scalars,
	 "map_kb",
	 1024,
	 {"own_map_bytes", "Kernel memory of the tool's BPF maps.", "bytes", false}},
	{own_scalars,
	 "events_per_s",
	 1,
	 {"own_events_per_second", "Calls that the BPF programs counted.", "per_second", false}},
	{own_scalars,
	 "ns_per_event",
	 1e-9,
	 {"own_event_seconds", "Time the BPF programs add to a call, as beebench measured it.",
	  "seconds", false}},
	{own_scalars, "keys", 1, {"own_map_keys", "Keys in the counter map.", NULL, false}},
	{own_scalars,
	 "keys_max",
	 1,
	 {"own_map_keys_limit", "Keys that the counter map has room for.", NULL, false}},
	{own_scalars,
	 "ring_used",
	 1,
	 {"own_ring_used_bytes", "Bytes that wait in the rings.", "bytes", false}},
	{own_scalars,
	 "ring_max",
	 1,
	 {"own_ring_size_bytes", "Bytes that the rings hold.", "bytes", false}},
	{own_scalars,
	 "events_on",
	 1,
	 {"own_events_on", "1 while the ring is being written, 0 while it is not.", NULL, false}},
	{own_scalars,
	 "sample_ms",
	 1e-3,
	 {"own_sample_seconds", "Time it took to read the figures here.", "seconds", false}},
};

/* Of a field of each process served. Rows of one family follow each other and differ in @label. */
struct field_family {
	enum field field;
	const char *label;
	double scale;
	struct openmetrics_family family;
};

#define GAUGE(field, label, scale, name, unit, help)                                               \
	{                                                                                          \
		field, label, scale,                                                               \
		{                                                                                  \
			name, help, unit, false                                                    \
		}                                                                                  \
	}
#define COUNTER(field, label, scale, name, unit, help)                                             \
	{                                                                                          \
		field, label, scale,                                                               \
		{                                                                                  \
			name, help, unit, true                                                     \
		}                                                                                  \
	}
#define GROWTH(field, bound)                                                                       \
	GAUGE(field, ",bound=\"" bound "\"", 1, "process_resident_growth_bytes_per_second",        \
	      "bytes_per_second", "Trend of the resident memory with its 95 % interval.")
#define CPU(field, mode)                                                                           \
	COUNTER(field, ",mode=\"" mode "\"", 1e-3, "process_cpu_seconds", "seconds",               \
		"Time on a CPU, of all threads.")

static const struct field_family fields[] = {
	GAUGE(FIELD_RSS, "", 1024, "process_resident_bytes", "bytes", "Resident memory."),
	GAUGE(FIELD_VIRT, "", 1024, "process_virtual_bytes", "bytes", "Mapped address space."),
	GAUGE(FIELD_PEAK, "", 1024, "process_resident_peak_bytes", "bytes",
	      "Highest resident memory so far."),
	GAUGE(FIELD_PSS, "", 1024, "process_proportional_bytes", "bytes",
	      "Resident memory, shared pages divided among who shares them."),
	GAUGE(FIELD_USS, "", 1024, "process_unique_bytes", "bytes",
	      "Resident memory of this process alone."),
	GROWTH(FIELD_TREND, "centre"),
	GROWTH(FIELD_TREND_LOW, "low"),
	GROWTH(FIELD_TREND_HIGH, "high"),
	COUNTER(FIELD_MMAP, "", 1, "process_mmap_calls", NULL, "Calls of mmap counted."),
	COUNTER(FIELD_MUNMAP, "", 1, "process_munmap_calls", NULL, "Calls of munmap counted."),
	COUNTER(FIELD_BRK, "", 1, "process_brk_calls", NULL, "Calls of brk counted."),
	COUNTER(FIELD_MREMAP, "", 1, "process_mremap_calls", NULL, "Calls of mremap counted."),
	COUNTER(FIELD_FAILED, "", 1, "process_failed_calls", NULL, "Calls that returned an error."),
	COUNTER(FIELD_MMAP_BYTES, "", 1, "process_mapped_bytes", "bytes",
		"Bytes of the mmaps counted."),
	COUNTER(FIELD_MUNMAP_BYTES, "", 1, "process_unmapped_bytes", "bytes",
		"Bytes of the munmaps counted."),
	GAUGE(FIELD_USAGE, "", 1, "process_usage_bytes", "bytes",
	      "Bytes mapped since the start and not unmapped, by the monitor's account."),
	CPU(FIELD_USER_MS, "user"),
	CPU(FIELD_SYSTEM_MS, "system"),
	COUNTER(FIELD_SWITCHES, "", 1, "process_context_switches", NULL, "Context switches."),
	GAUGE(FIELD_THREADS, "", 1, "process_threads", NULL, "Threads."),
};

/* @bytes of any kind: what is no UTF-8, and control characters, become '?'. */
static void add_label(struct strbuf *labels, const char *name, const char *bytes)
{
	struct strbuf text = STRBUF_INIT;

	column_text(bytes, -1, &text);
	openmetrics_label(labels, name, text.s);
	strbuf_release(&text);
}

static double scalar_value(const struct scalar_family *s, const struct frame *f)
{
	for (const struct scalar *k = s->table; k->name; k++) {
		uint64_t n;

		if (strcmp(k->name, s->scalar) != 0)
			continue;
		if (k->kind == SCALAR_DOUBLE)
			return scalar_double(k, f) * s->scale;
		n = scalar_u64(k, f);
		return n == UINT64_MAX ? NAN : (double)n * s->scale;
	}
	return NAN;
}

/* Maxima of 0, and what they are maxima of, do not exist. */
static bool exists(const char *scalar, const struct frame *f)
{
	if (!strncmp(scalar, "mem_", 4))
		return f->mem_total_kb;
	if (!strncmp(scalar, "keys", 4))
		return f->own.keys_max;
	if (!strncmp(scalar, "ring_used", 9) || !strncmp(scalar, "ring_max", 8))
		return f->own.ring_max;
	return true;
}

static void put_scalars(const struct writer *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(scalars); i++) {
		double v = scalar_value(&scalars[i], w->f);

		if (!isfinite(v) || !exists(scalars[i].scalar, w->f))
			continue;
		openmetrics_head(&w->m, &scalars[i].family);
		openmetrics_sample(&w->m, &scalars[i].family, "", v);
	}
}

static void put_processes(const struct writer *w)
{
	struct strbuf labels = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field_family *k = &fields[i];

		if (!put_offers(w->f, k->field))
			continue;
		if (!i || strcmp(fields[i - 1].family.name, k->family.name) != 0)
			openmetrics_head(&w->m, &k->family);
		for (size_t j = 0; j < w->nlines; j++) {
			const struct proc_row *row = &w->f->rows[w->lines[j]];

			strbuf_reset(&labels);
			strbuf_addf(&labels, "%s%s", w->labels[j].s, k->label);
			openmetrics_sample(&w->m, &k->family, labels.s,
					   row->v[k->field] * k->scale);
		}
	}
	strbuf_release(&labels);
}

/* The top of the view, each pid once: two samples with the same labels would void all of them. */
static void choose_lines(struct writer *w, const struct view *v)
{
	for (size_t i = 0; i < v->n && w->nlines < SERVE_PROCESSES; i++) {
		bool again = v->lines[i].context;
		const struct proc_row *row;

		for (size_t j = 0; j < w->nlines; j++)
			again |= w->f->rows[w->lines[j]].pid == w->f->rows[v->lines[i].row].pid;
		if (again)
			continue;
		row = &w->f->rows[v->lines[i].row];
		w->lines[w->nlines] = v->lines[i].row;
		w->labels[w->nlines] = (struct strbuf)STRBUF_INIT;
		strbuf_addf(&w->labels[w->nlines], "pid=\"%u\"", row->pid);
		add_label(&w->labels[w->nlines++], "name", row->name);
	}
}

void metrics_render(const struct frame *f, const struct view *v, bool openmetrics,
		    struct strbuf *out)
{
	static const struct openmetrics_family info = {
		"monitor_info", "What counts, and the version of the tool.", NULL, false};
	static const struct openmetrics_family processes = {"processes", "Processes there are.",
							    NULL, false};
	struct strbuf prefix = STRBUF_INIT, labels = STRBUF_INIT;
	struct writer w = {.f = f};

	strbuf_addf(&prefix, "%s_", record_tool_names[f->tool]);
	w.m = (struct openmetrics){
		.out = out, .prefix = prefix.s, .older = !openmetrics, .digits = 15};
	choose_lines(&w, v);
	add_label(&labels, "monitor", f->monitor);
	add_label(&labels, "version", BEEBENCH_VERSION);
	openmetrics_head(&w.m, &info);
	openmetrics_sample(&w.m, &info, labels.s, 1);
	openmetrics_head(&w.m, &processes);
	openmetrics_sample(&w.m, &processes, "", (double)f->n);
	put_scalars(&w);
	put_processes(&w);
	openmetrics_end(&w.m);
	for (size_t i = 0; i < w.nlines; i++)
		strbuf_release(&w.labels[i]);
	strbuf_release(&prefix);
	strbuf_release(&labels);
}
