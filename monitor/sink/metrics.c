/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as OpenMetrics 1.0, or as the older Prometheus text 0.0.4. One row of a table is a
 * family. What is not known has no sample: Prometheus has no null, and 0 would be a lie. Totals of
 * the machine come first and never leave; then the sums of groups (monitor/sink/groups.h), or
 * single processes. */
#include "lib/base.h"
#include "monitor/sink/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/openmetrics.h"
#include "monitor/sink/groups.h"
#include "monitor/sink/put.h"
#include "monitor/recording/format.h"
#include "monitor/recording/scalar.h"
#include "monitor/view/column.h"

static const char *const group_keys[] = {
	[METRICS_BY_PID] = NULL,
	[METRICS_BY_NAME] = "name",
	[METRICS_BY_USER] = "user",
	[METRICS_BY_CGROUP] = "cgroup",
};

struct metrics {
	enum metrics_by by;
	struct groups groups;
	/* By pid: what has samples in this frame, and had them before. */
	uint32_t lines[GROUPS_MAX], served[GROUPS_MAX];
	size_t nlines, nserved;
};

struct writer {
	struct openmetrics m;
	const struct frame *f;
	const struct metrics *of;
	size_t n;
	/* @n, of processes or of groups */
	const struct proc_row *rows[GROUPS_MAX];
	const struct group *groups[GROUPS_MAX];
	struct strbuf labels[GROUPS_MAX];
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
	{frame_scalars,
	 "swap_total_kb",
	 1024,
	 {"machine_swap_bytes", "Swap space of the machine.", "bytes", false}},
	{frame_scalars,
	 "swap_free_kb",
	 1024,
	 {"machine_swap_free_bytes", "Swap space that is free.", "bytes", false}},
	{frame_scalars,
	 "cached_kb",
	 1024,
	 {"machine_cached_bytes", "Memory that holds files.", "bytes", false}},
	{frame_scalars, "cpus", 1, {"machine_cpus", "CPUs of the machine.", NULL, false}},
	{frame_scalars,
	 "cpu_busy_pct",
	 0.01,
	 {"machine_cpu_busy_ratio", "Share of all CPUs that was busy.", "ratio", false}},
	{frame_scalars,
	 "wait_cpu_pct",
	 0.01,
	 {"machine_cpu_waiting_ratio",
	  "Share of the latest 10 s in which something waited for a CPU.", "ratio", false}},
	{frame_scalars,
	 "wait_memory_pct",
	 0.01,
	 {"machine_memory_waiting_ratio",
	  "Share of the latest 10 s in which something waited for memory.", "ratio", false}},
	{frame_scalars,
	 "wait_io_pct",
	 0.01,
	 {"machine_io_waiting_ratio",
	  "Share of the latest 10 s in which something waited for a disk.", "ratio", false}},
	{frame_scalars,
	 "page_faults",
	 1,
	 {"machine_page_faults", "Page faults of all processes, ended ones too.", NULL, true}},
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
	 "calls",
	 1,
	 {"calls", "Calls counted since the start, of ended processes too.", NULL, true}},
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
	      "bytes_per_second",                                                                  \
	      "Trend of resident memory, swap and huge pages together, with its 95 % interval.")
#define CPU(field, mode)                                                                           \
	COUNTER(field, ",mode=\"" mode "\"", 1e-3, "process_cpu_seconds", "seconds",               \
		"Time on a CPU, of all threads.")

#define TOTAL(field, label, scale, name, unit, help)                                               \
	COUNTER(field, label, scale, "machine_" name, unit,                                        \
		help " of all processes, ended ones too.")
#define TOTAL_CPU(field, mode)                                                                     \
	TOTAL(field, "mode=\"" mode "\"", 1e-3, "cpu_seconds", "seconds", "Time on a CPU")

/* Of the whole machine: they are there whoever has a place below. */
static const struct field_family totals[] = {
	TOTAL(FIELD_MMAP, "", 1, "mmap_calls", NULL, "Calls of mmap"),
	TOTAL(FIELD_MUNMAP, "", 1, "munmap_calls", NULL, "Calls of munmap"),
	TOTAL(FIELD_BRK, "", 1, "brk_calls", NULL, "Calls of brk"),
	TOTAL(FIELD_MREMAP, "", 1, "mremap_calls", NULL, "Calls of mremap"),
	TOTAL(FIELD_FAILED, "", 1, "failed_calls", NULL, "Calls that returned an error,"),
	TOTAL(FIELD_MMAP_BYTES, "", 1, "mapped_bytes", "bytes", "Bytes of the mmaps"),
	TOTAL(FIELD_MUNMAP_BYTES, "", 1, "unmapped_bytes", "bytes", "Bytes of the munmaps"),
	TOTAL_CPU(FIELD_USER_MS, "user"),
	TOTAL_CPU(FIELD_SYSTEM_MS, "system"),
	TOTAL(FIELD_SWITCHES, "", 1, "context_switches", NULL, "Context switches"),
};

static const struct field_family fields[] = {
	GAUGE(FIELD_RSS, "", 1024, "process_resident_bytes", "bytes", "Resident memory."),
	GAUGE(FIELD_VIRT, "", 1024, "process_virtual_bytes", "bytes", "Mapped address space."),
	GAUGE(FIELD_PEAK, "", 1024, "process_resident_peak_bytes", "bytes",
	      "Highest resident memory so far."),
	GAUGE(FIELD_SWAP, "", 1024, "process_swap_bytes", "bytes", "Memory that is swapped out."),
	GAUGE(FIELD_HUGETLB, "", 1024, "process_hugetlb_bytes", "bytes",
	      "Huge pages of the kernel's reserve, which are not in the resident memory."),
	GAUGE(FIELD_LIMIT, "", 1024, "process_limit_bytes", "bytes",
	      "Memory that its cgroup may have; of several the smallest."),
	GAUGE(FIELD_ROOM, "", 1024, "process_room_bytes", "bytes",
	      "Of the cgroup's limit what nobody has yet; of several the smallest."),
	GAUGE(FIELD_PSS, "", 1024, "process_proportional_bytes", "bytes",
	      "Resident memory, shared pages divided among who shares them."),
	GAUGE(FIELD_USS, "", 1024, "process_unique_bytes", "bytes",
	      "Resident memory of this process alone."),
	GAUGE(FIELD_LAZY, "", 1024, "process_lazily_freed_bytes", "bytes",
	      "Resident memory given back by MADV_FREE and not taken yet."),
	GAUGE(FIELD_BACK, "", 1024, "process_given_back_bytes", "bytes",
	      "Memory of its peak that is neither resident nor in swap any more."),
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
	GAUGE(FIELD_UNCOUNTED, "", 1, "process_uncounted", NULL,
	      "Processes whose calls are not known: the counters lack them."),
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
	if (!strncmp(scalar, "mem_", 4) || !strcmp(scalar, "cached_kb"))
		return f->mem_total_kb;
	if (!strcmp(scalar, "cpus"))
		return f->ncpu;
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

static void put_totals(const struct writer *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		const struct field_family *k = &totals[i];

		if (!put_offers(w->f, k->field))
			continue;
		if (!i || strcmp(totals[i - 1].family.name, k->family.name) != 0)
			openmetrics_head(&w->m, &k->family);
		openmetrics_sample(&w->m, &k->family, k->label,
				   w->of->groups.total[k->field] * k->scale);
	}
}

static double writer_value(const struct writer *w, size_t i, enum field f)
{
	return w->rows[i] ? row_value(w->rows[i], f) : w->groups[i]->v[f];
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
		for (size_t j = 0; j < w->n; j++) {
			strbuf_reset(&labels);
			strbuf_addf(&labels, "%s%s", w->labels[j].s, k->label);
			openmetrics_sample(&w->m, &k->family, labels.s,
					   writer_value(w, j, k->field) * k->scale);
		}
	}
	strbuf_release(&labels);
}

/* How many processes each sum is of, and what has no sum of its own. */
static void put_groups(const struct writer *w)
{
	static const struct openmetrics_family processes = {
		"group_processes", "Processes that the sums are of.", NULL, false};
	static const struct openmetrics_family groups = {
		"groups", "Names, users or control groups that have processes.", NULL, false};
	static const struct openmetrics_family waiting = {
		"groups_waiting", "Groups in the rest because too many new ones came.", NULL,
		false};
	const struct groups *g = &w->of->groups;

	openmetrics_head(&w->m, &groups);
	openmetrics_sample(&w->m, &groups, "", (double)g->known);
	openmetrics_head(&w->m, &waiting);
	openmetrics_sample(&w->m, &waiting, "", (double)g->waiting);
	openmetrics_head(&w->m, &processes);
	for (size_t j = 0; j < w->n; j++)
		openmetrics_sample(&w->m, &processes, w->labels[j].s,
				   (double)g->served[j].processes);
}

/* The top of the view, each pid once: two samples with the same labels would void all of them. The
 * first half are always in; who was served before stays while it is not far below the cut, so that
 * who comes and goes there does not begin a new series each time. */
static void choose_lines(struct metrics *m, const struct frame *f, const struct view *v)
{
	const size_t first[] = {0, 0, 0},
		     last[] = {GROUPS_MAX / 2, (size_t)GROUPS_MAX * 3 / 2, v->n};

	m->nlines = 0;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = first[pass]; i < MIN(v->n, last[pass]); i++) {
			uint32_t row = v->lines[i].row, pid = f->rows[row].pid;
			bool again = v->lines[i].context, before = pass != 1;

			for (size_t j = 0; j < m->nlines; j++)
				again |= f->rows[m->lines[j]].pid == pid;
			for (size_t j = 0; j < m->nserved; j++)
				before |= m->served[j] == pid;
			if (!again && before && m->nlines < GROUPS_MAX)
				m->lines[m->nlines++] = row;
		}
	m->nserved = m->nlines;
	for (size_t j = 0; j < m->nlines; j++)
		m->served[j] = f->rows[m->lines[j]].pid;
}

int metrics_new(struct metrics **out, enum metrics_by by)
{
	static const enum group_by group[] = {[METRICS_BY_NAME] = GROUP_BY_NAME,
					      [METRICS_BY_USER] = GROUP_BY_USER,
					      [METRICS_BY_CGROUP] = GROUP_BY_CGROUP};

	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->by = by;
	(*out)->groups.by = group[by];
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (m)
		groups_release(&m->groups);
	free(m);
}

int metrics_take(struct metrics *m, const struct frame *f, const struct view *v)
{
	static const struct view nobody = {.n = 0};

	/* By pid there are no groups, but totals. */
	int err = groups_take(&m->groups, f, m->by == METRICS_BY_PID ? &nobody : v);

	if (m->by == METRICS_BY_PID)
		choose_lines(m, f, v);
	return err;
}

static void label_lines(struct writer *w)
{
	const struct metrics *m = w->of;

	w->n = m->by == METRICS_BY_PID ? m->nlines : m->groups.n;
	for (size_t i = 0; i < w->n; i++) {
		w->labels[i] = (struct strbuf)STRBUF_INIT;
		if (m->by == METRICS_BY_PID) {
			const struct proc_row *row = &w->f->rows[m->lines[i]];

			w->rows[i] = row;
			strbuf_addf(&w->labels[i], "pid=\"%u\"", row->pid);
			add_label(&w->labels[i], "name", row->name);
		} else {
			const struct group *g = &m->groups.served[i];

			w->groups[i] = g;
			add_label(&w->labels[i], group_keys[m->by],
				  g->name ? g->name : GROUPS_REST);
		}
	}
}

void metrics_write(const struct metrics *m, const struct frame *f, bool openmetrics,
		   struct strbuf *out)
{
	static const struct openmetrics_family info = {
		"monitor_info", "What counts, and the version of the tool.", NULL, false};
	static const struct openmetrics_family processes = {"processes", "Processes there are.",
							    NULL, false};
	static const struct openmetrics_family ended = {
		"ended_processes", "Processes whose end was seen.", NULL, true};
	struct strbuf prefix = STRBUF_INIT, labels = STRBUF_INIT;
	struct writer w = {.f = f, .of = m};

	strbuf_addf(&prefix, "%s_", record_tool_names[f->tool]);
	w.m = (struct openmetrics){
		.out = out, .prefix = prefix.s, .older = !openmetrics, .digits = 15};
	label_lines(&w);
	add_label(&labels, "monitor", f->monitor);
	add_label(&labels, "version", BEEBENCH_VERSION);
	openmetrics_head(&w.m, &info);
	openmetrics_sample(&w.m, &info, labels.s, 1);
	openmetrics_head(&w.m, &processes);
	openmetrics_sample(&w.m, &processes, "", (double)f->n);
	openmetrics_head(&w.m, &ended);
	openmetrics_sample(&w.m, &ended, "", m->groups.ended);
	put_scalars(&w);
	put_totals(&w);
	if (m->by != METRICS_BY_PID)
		put_groups(&w);
	put_processes(&w);
	openmetrics_end(&w.m);
	for (size_t i = 0; i < w.n; i++)
		strbuf_release(&w.labels[i]);
	strbuf_release(&prefix);
	strbuf_release(&labels);
}
