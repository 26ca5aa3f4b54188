/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames made by hand for the tests of monitor/sink/. */
#ifndef TESTS_SINK_FIXTURE_H
#define TESTS_SINK_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "lib/base.h"
#include "monitor/frame.h"
#include "monitor/sink/metrics.h"
#include "tests/unit/figures_fixture.h"

/* Names that break what is careless about quotes, lines and encodings. */
static const char *const sink_names[] = {
	"init",	      "a\"b,c",	    "line\nbreak", "caf\303\251", "bad\377\376utf",
	"tab\tend\\", "(sd-pam) x", "=1+1;'`$(x)", "\033[31mred", "\346\227\245",
	"",	      "\303"};

static inline void sink_row(struct proc_row *row, uint32_t pid, const char *name)
{
	*row = (struct proc_row){.pid = pid,
				 .ppid = pid > 1 ? 1 : 0,
				 .flags = ROW_EXACT,
				 .state = 'S',
				 .start_ns = 1000ull * pid,
				 .v = figures()};
	strncpy(row->name, name, sizeof(row->name) - 1);
}

/* Processes 1..ARRAY_SIZE(sink_names) with odd names and some numbers; @f points into @rows. */
static inline void sink_frame(struct frame *f, struct proc_row *rows)
{
	*f = (struct frame){.tool = TOOL_MEMMON,
			    .seq = 1,
			    .time_ns = 1795266300123456789ull,
			    .mono_ns = 24000000000ull,
			    .started_ns = 1795266297000000000ull,
			    .interval_s = NAN,
			    .monitor = "memmon_fast",
			    .fields = FIELD_BIT(FIELD_RSS) | FIELD_BIT(FIELD_VIRT) |
				      FIELD_BIT(FIELD_PEAK) | FIELD_BIT(FIELD_MMAP) |
				      FIELD_BIT(FIELD_MUNMAP) | FIELD_BIT(FIELD_BRK),
			    .ncpu = 2,
			    .mem_total_kb = 8000000,
			    .mem_available_kb = 5000000,
			    .rows = rows,
			    .n = ARRAY_SIZE(sink_names),
			    .events_seen = 12345,
			    .losses = {.ring_full = 7, .recursion = UINT64_MAX},
			    .own = {.cpu_pct = 0.25,
				    .rss_kb = 5120,
				    .map_kb = 640,
				    .events_per_s = NAN,
				    .ns_per_event = 24.5,
				    .ns_source = "beebench overhead, 2026-11-21, Linux 6.18",
				    .keys = 12,
				    .keys_max = 10240,
				    .ring_used = 4096,
				    .ring_max = 524288,
				    .events_on = true,
				    .sample_ms = 1.5}};
	for (size_t i = 0; i < f->n; i++) {
		struct proc_row *row = &rows[i];

		sink_row(row, (uint32_t)i + 1, sink_names[i]);
		row->v[FIELD_RSS] = 1000 * (double)(i + 1);
		row->v[FIELD_VIRT] = 1e9 - (double)i;
		row->v[FIELD_MMAP] = (double)i;
		row->v[FIELD_MUNMAP] = 0;
	}
	rows[1].v[FIELD_RSS] = NAN; /* not known, never 0 */
	rows[2].flags = 0;	    /* not exact */
	rows[3].flags |= ROW_ENDED;
	rows[4].flags = ROW_HIDDEN;
	rows[4].uid = 4294967294u;
	rows[0].v[FIELD_TREND] = -0.125;
	rows[0].verdict = VERDICT_SHRINKING;
}

/* The text of one frame alone, by pid. */
static inline void metrics_render(const struct frame *f, const struct view *v, bool openmetrics,
				  struct strbuf *out)
{
	struct metrics *m;

	if (metrics_new(&m, METRICS_BY_PID) || metrics_take(m, f, v))
		abort();
	metrics_write(m, f, openmetrics, out);
	metrics_free(m);
}

#endif
