/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Truth and accuracy: each weakness of the definition comes out with the number worked out here. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "harness/subjects/memory.h"
#include "harness/subjects/memory_truth.h"
#include "harness/verify/accuracy.h"
#include "lib/procfs.h"
#include "tests/unit/ledger_fixture.h"
#include "tests/unit/table_fixture.h"

enum { PAGE = 4096 };

static const struct model_definition by_thread = {&subject_memory, MEM_MIN_LENGTH, MONITOR_KEY_TID};

/* The counters that the model predicts, as if captured. */
static struct counter_table capture(const struct model *m, struct fix_row *rows, uint32_t fields)
{
	for (size_t i = 0; i < m->nrows; i++) {
		rows[i].key = m->rows[i].key;
		memcpy(rows[i].value, m->rows[i].value, sizeof(rows[i].value));
	}
	return FIX_TABLE(rows, m->nrows, fields);
}

static int assess(const struct assessment *in, struct accuracy *out)
{
	*out = (struct accuracy){0};
	return memory_assess(in, out);
}

/* Of a command: no ledger, an independent count. */
static void assess_totals(const struct model_totals *t, enum monitor_definition calls,
			  const struct counter_table *table, uint64_t lost, struct accuracy *out)
{
	const struct model m = {.def = {.subject = &subject_memory, .calls = calls}};
	const struct assessment in = {.model = &m,
				      .totals = t,
				      .caps = MONITOR_COUNTERS,
				      .table = table,
				      .lost_updates = lost};

	assert_int_equal(assess(&in, out), 0);
}

static const struct accuracy_finding *find(const struct accuracy *a, const char *metric)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->finding[i].metric, metric))
			return &a->finding[i];
	return NULL;
}

static void finding_is(const struct accuracy *a, const char *metric, int64_t truth,
		       int64_t captured)
{
	const struct accuracy_finding *f = find(a, metric);

	if (!f)
		print_message("no finding '%s'\n", metric);
	assert_non_null(f);
	assert_int_equal(f->truth, truth);
	assert_int_equal(f->captured, captured);
	assert_true(f->why[0]);
}

static void what_calls_did(void **state)
{
	struct ledger_entry calls[] = {
		FIX_MMAP(5000, 0x10000),		   /* 8192 */
		FIX_MMAP_FIXED(0x11000, 8192, 0x11000),	   /* 4096 of it new: 12288 */
		FIX_MMAP(100, 0x40000),			   /* 16384: the peak */
		FIX_MMAP(1 << 20, -12),			   /* nothing */
		FIX_MUNMAP(0x11000, 1, 0),		   /* a page: 12288 */
		FIX_MUNMAP(0x11000, 4096, 0),		   /* again: nothing */
		FIX_MUNMAP(0x90001, 4096, -22),		   /* nothing */
		FIX_MREMAP(0x40000, 4096, 12288, 0x50000), /* 20480 */
		FIX_BRK(0, 0x800100),
		FIX_BRK(0x802100, 0x802100), /* 28672: the peak */
		FIX_BRK(0xf00000, 0x802100), /* refused */
		FIX_BRK(0x801100, 0x801100), /* 24576 */
	};
	struct ledger_lane lane = fix_lane(7, 7, ARRAY_SIZE(calls));
	struct model_lane l = {&lane, calls};
	struct truth t = {0};

	(void)state;
	assert_int_equal(truth_add_process(&t, &l, 1, 7, MEM_MIN_LENGTH, PAGE), 0);
	assert_int_equal(t.net_bytes, 24576);
	assert_int_equal(t.peak_bytes, 28672);
	assert_int_equal(t.brk_bytes, 4096);
	assert_int_equal(t.mremap_bytes, 8192);
	assert_int_equal(t.mremap_calls, 1);
	assert_int_equal(t.mapped_bytes, 8192 + 8192 + 4096);
	assert_int_equal(t.mapped_asked_bytes, 5000 + 8192 + 100);
	assert_int_equal(t.replaced_bytes, 4096);
	assert_int_equal(t.replacing_calls, 1);
	assert_int_equal(t.freed_bytes, 4096);
	assert_int_equal(t.failed_mmap_bytes, 1 << 20);
	assert_int_equal(t.failed_munmap_bytes, 4096);
	assert_int_equal(t.small_munmaps, 1);
}

/* One thread maps, the other unmaps, and the address comes back: only time tells. */
static void threads_hand_over(void **state)
{
	static const struct ledger_entry one[] = {
		{.op = LEDGER_MMAP, .len = 4096, .ret = 0x10000, .when_ns = 10},
		{.op = LEDGER_MMAP, .len = 4096, .ret = 0x10000, .when_ns = 30},
		{.op = LEDGER_MMAP, .len = 8192, .ret = 0x20000, .when_ns = 50},
	};
	static const struct ledger_entry two[] = {
		{.op = LEDGER_MUNMAP, .addr = 0x10000, .len = 4096, .when_ns = 20},
		{.op = LEDGER_MUNMAP, .addr = 0x10000, .len = 4096, .when_ns = 40},
		{.op = LEDGER_MMAP, .len = 4096, .ret = 0x30000, .when_ns = 60},
	};
	static const struct ledger_entry other[] = {FIX_MMAP(1 << 20, 0x10000)};
	struct ledger_lane lanes[] = {fix_lane(8, 7, 3), fix_lane(9, 9, 1), fix_lane(7, 7, 3)};
	struct model_lane l[] = {{&lanes[0], two}, {&lanes[1], other}, {&lanes[2], one}};
	struct truth t = {0};

	(void)state;
	assert_int_equal(truth_add_process(&t, l, 3, 7, MEM_MIN_LENGTH, PAGE), 0);
	assert_int_equal(t.net_bytes, 12288);
	assert_int_equal(t.freed_bytes, 8192);
	assert_int_equal(t.replaced_bytes, 0);
	assert_int_equal(t.mapped_bytes, 20480);
	assert_int_equal(truth_add_process(&t, l, 3, 9, MEM_MIN_LENGTH, PAGE), 0);
	assert_int_equal(t.net_bytes, 12288 + (1 << 20));
}

static void weaknesses_of_the_definition(void **state)
{
	static const struct ledger_entry calls[] = {
		FIX_MMAP(100, 0x10000),	      FIX_MMAP(6000, 0x20000),
		FIX_MMAP(9000, -12),	      FIX_MUNMAP(0x10000, 100, 0),
		FIX_MUNMAP(0x90000, 4096, 0), FIX_MUNMAP(0x3, 2048, -22),
		FIX_BRK(0, 0x5000),	      FIX_BRK(0x7000, 0x7000),
		FIX_BRK(0xf0000, 0x7000),     FIX_MUNMAP(0x10000000, 1 << 20, 0),
	};
	/* Mapped: 4096 + 8192 - 4096 + brk 8192 = 16384. Usage: 15000 - 100 - 4096 - 2048 = 8756.
	 */
	struct ledger_lane lane = fix_lane(7, 7, ARRAY_SIZE(calls));
	struct model_lane lanes[] = {{&lane, calls}};
	struct proc_memory before = {
		.size_bytes = 1 << 20, .peak_bytes = 1 << 20, .rss_bytes = 4096};
	struct proc_memory after = {.size_bytes = (1 << 20) + 16384,
				    .peak_bytes = (1 << 20) + 20480,
				    .rss_bytes = 12288};
	struct fix_row rows[1];
	struct accuracy a;
	struct model m;

	(void)state;
	assert_int_equal(model_build(&m, &by_thread, lanes, 1), 0);
	{
		struct counter_table table = capture(&m, rows, (1U << (MEM_LAST_UPDATE + 1)) - 1);
		bool alive[] = {false};
		const uint64_t by_type[] = {[MEM_EVENT_BRK] = 3, 0, 0, 0};
		struct assessment in = {.model = &m,
					.caps = MONITOR_COUNTERS | MONITOR_EVENTS | MONITOR_CGROUP,
					.by_type = by_type,
					.table = &table,
					.before = &before,
					.after = &after,
					.main_tgid = 7,
					.alive = alive,
					.page_bytes = PAGE,
					.by_ledger = true};

		assert_int_equal(assess(&in, &a), 0);
		finding_is(&a, "net_bytes", 16384, 8756);
		finding_is(&a, "peak_bytes", 16384, 15000);
		finding_is(&a, "vm_size", 16384, 8756);
		finding_is(&a, "vm_peak", 20480, 15000);
		finding_is(&a, "vm_rss", 8192, 8756);
		finding_is(&a, "failed_mmap", 1, 2);
		finding_is(&a, "failed_munmap", 3, 4);
		finding_is(&a, "failed_brk", 2, 3);
		finding_is(&a, "small_mmap", 1, 0);
		finding_is(&a, "small_munmap", 0, 1);
		finding_is(&a, "page_rounding", 12288, 6100);
		finding_is(&a, "munmap_freed", 4096, 100 + 4096 + 2048 + (1 << 20));
		finding_is(&a, "munmap_skipped", 100 + 4096 + 2048 + (1 << 20), 6244);
		finding_is(&a, "brk_unseen", 8192, 0);
		finding_is(&a, "rows_left_behind", 0, 1);
		assert_null(find(&a, "mremap_unseen"));
		assert_null(find(&a, "rows_per_process"));
		assert_null(find(&a, "lost_updates"));
		assert_true(fabs(accuracy_error_pct(find(&a, "failed_mmap")) - 100) < 1e-9);
		assert_true(isnan(accuracy_error_pct(find(&a, "small_munmap"))));

		/* Issue 13, 20: what it does not write is no figure of it. */
		in.kinds = 1U << LEDGER_MMAP | 1U << LEDGER_MUNMAP;
		assert_int_equal(assess(&in, &a), 0);
		assert_null(find(&a, "failed_brk"));

		/* A monitor that only counts says nothing of bytes. */
		table.fields = 1U << MEM_MMAP_COUNT;
		in.caps = MONITOR_COUNTERS;
		assert_int_equal(assess(&in, &a), 0);
		assert_null(find(&a, "net_bytes"));
		assert_null(find(&a, "failed_brk"));
		finding_is(&a, "failed_mmap", 1, 2);
		/* One with byte sums: usage is what they leave, and may be negative. */
		table.fields = 1U << MEM_MMAP_BYTES | 1U << MEM_MUNMAP_BYTES;
		assert_int_equal(assess(&in, &a), 0);
		finding_is(&a, "net_bytes", 16384, 15000 - 6244 - (1 << 20));
	}
	model_release(&m);
}

static void threads_are_rows(void **state)
{
	static const struct ledger_entry one[] = {FIX_MMAP(4096, 0x1000)};
	static const struct ledger_entry two[] = {FIX_MMAP(4096, 0x2000), FIX_MMAP(8192, 0x9000)};
	static const struct ledger_entry three[] = {FIX_MMAP(4096, 0x3000),
						    FIX_MMAP(8192, 0x20000)};
	struct ledger_lane a = fix_lane(10, 10, 1), b = fix_lane(11, 10, 2),
			   c = fix_lane(12, 10, 2);
	struct model_lane lanes[] = {{&a, one}, {&b, two}, {&c, three}};
	struct fix_row rows[3];
	struct accuracy out;
	struct model m;

	(void)state;
	assert_int_equal(model_build(&m, &by_thread, lanes, 3), 0);
	{
		struct counter_table table = capture(&m, rows, (1U << (MEM_LAST_UPDATE + 1)) - 1);
		struct assessment in = {.model = &m,
					.caps = MONITOR_COUNTERS,
					.table = &table,
					.main_tgid = 10,
					.lost_updates = 2,
					.page_bytes = PAGE,
					.by_ledger = true};

		assert_int_equal(assess(&in, &out), 0);
		finding_is(&out, "rows_per_process", 1, 3);
		finding_is(&out, "process_usage", 2 * 12288 + 4096, 4096);
		finding_is(&out, "lost_updates", 5, 3);
		finding_is(&out, "net_bytes", 2 * 12288 + 4096, 2 * 12288 + 4096);
		/* Known to a call only: which of two threads was first at the same moment? */
		assert_null(find(&out, "peak_bytes"));
		assert_null(find(&out, "rows_left_behind"));
	}
	model_release(&m);
}

/* The same calls, seen by a monitor that says what the kernel has mapped: without error. */
static void completed_calls_are_exact(void **state)
{
	static const struct ledger_entry calls[] = {
		FIX_MMAP(100, 0x10000),	     FIX_MMAP(6000, 0x20000),
		FIX_MMAP(9000, -12),	     FIX_MREMAP(0x20000, 8192, 16384, 0x40000),
		FIX_MUNMAP(0x10000, 100, 0), FIX_MUNMAP(0x3, 2048, -22),
		FIX_BRK(0, 0x5000),	     FIX_BRK(0x7000, 0x7000),
	};
	static const struct ledger_entry child_calls[] = {FIX_MMAP(4096, 0x90000)};
	static const struct model_definition def = {.subject = &subject_memory,
						    .key = MONITOR_KEY_TGID,
						    .calls = MONITOR_COMPLETED,
						    .page_bytes = PAGE};
	/* 4096 + 8192 + 8192 - 4096 + 8192 = 24576, and the child's 4096. */
	struct ledger_lane lane = fix_lane(7, 7, ARRAY_SIZE(calls)), child = fix_lane(9, 9, 1);
	struct model_lane lanes[] = {{&lane, calls}, {&child, child_calls}};
	struct proc_memory before = {.size_bytes = 1 << 20, .peak_bytes = 1 << 20};
	struct proc_memory after = {.size_bytes = (1 << 20) + 24576,
				    .peak_bytes = (1 << 20) + 24576};
	struct fix_row rows[2];
	struct counter_table table;
	struct assessment in;
	struct accuracy a;
	struct model m;

	(void)state;
	lane.start_brk = child.start_brk = 0x5000;
	child.start_vm_bytes = 2 << 20;
	child.end_vm_bytes = (2 << 20) + 4096;
	assert_int_equal(model_build(&m, &def, lanes, 2), 0);
	table = capture(&m, rows, model_fields(&def) | 1U << MEM_VM_BYTES | 1U << MEM_VM_PEAK);
	rows[0].value[MEM_VM_BYTES] = rows[0].value[MEM_VM_PEAK] = after.size_bytes;
	rows[1].value[MEM_VM_BYTES] = rows[1].value[MEM_VM_PEAK] = child.end_vm_bytes;
	in = (struct assessment){.model = &m,
				 .caps = MONITOR_COUNTERS,
				 .table = &table,
				 .before = &before,
				 .after = &after,
				 .main_tgid = 7,
				 .page_bytes = PAGE,
				 .by_ledger = true};
	assert_int_equal(assess(&in, &a), 0);
	finding_is(&a, "net_bytes", 24576 + 4096, 24576 + 4096);
	finding_is(&a, "peak_bytes", 24576 + 4096, 24576 + 4096);
	finding_is(&a, "vm_size", 24576, 24576);
	finding_is(&a, "vm_ended", (2 << 20) + 4096, (2 << 20) + 4096);
	finding_is(&a, "failed_mmap", 3, 3);
	finding_is(&a, "failed_brk", 1, 1);
	finding_is(&a, "failed_calls", 2, 2);
	finding_is(&a, "mremap_calls", 1, 1);
	finding_is(&a, "page_rounding", 4096 + 8192 + 4096, 4096 + 8192 + 4096);
	finding_is(&a, "rows_per_process", 2, 2);
	for (size_t i = 0; i < a.n; i++)
		assert_true(a.finding[i].truth == a.finding[i].captured);

	/* What is off comes out: a page too little, and the child forgotten. */
	rows[0].value[MEM_VM_BYTES] -= 4096;
	table.n = 1;
	assert_int_equal(assess(&in, &a), 0);
	finding_is(&a, "vm_size", 24576, 20480);
	finding_is(&a, "vm_ended", (2 << 20) + 4096, 0);
	finding_is(&a, "rows_per_process", 2, 1);
	assert_null(find(&a, "net_bytes")); /* not known of the child */
	model_release(&m);
}

static void only_totals_for_a_command(void **state)
{
	struct model_totals t = {.calls = {100, 50, 3, 0},
				 .failed = {10, 5, 0, 0},
				 .mmap_filtered = 20,
				 .mmap_filtered_failed = 1};
	struct fix_row rows[2] = {
		{.key = 1, .value = {[MEM_MMAP_COUNT] = 30, [MEM_MUNMAP_COUNT] = 50}},
		{.key = 2, .value = {[MEM_MMAP_COUNT] = 50}}};
	struct counter_table table = FIX_TABLE(rows, 2, (1U << (MEM_LAST_UPDATE + 1)) - 1);
	struct accuracy a;

	(void)state;
	assess_totals(&t, MONITOR_ENTERED, &table, 40, &a);
	finding_is(&a, "failed_mmap", 71, 80);
	finding_is(&a, "failed_munmap", 45, 50);
	finding_is(&a, "small_mmap", 19, 0);
	finding_is(&a, "rows_left_behind", 0, 2);
	finding_is(&a, "lost_updates", 170, 130);

	assert_null(find(&a, "mremap_calls"));
	t.worked[LEDGER_MREMAP] = 7;
	assess_totals(&t, MONITOR_ENTERED, &table, 40, &a);
	finding_is(&a, "mremap_calls", 7, 0);

	t.worked[LEDGER_MMAP] = 90;
	t.worked[LEDGER_MUNMAP] = 45;
	assess_totals(&t, MONITOR_COMPLETED, &table, 0, &a);
	finding_is(&a, "failed_mmap", 90, 80);
	finding_is(&a, "failed_munmap", 45, 50);
	assert_null(find(&a, "rows_left_behind"));
	assert_null(find(&a, "failed_calls")); /* not offered */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_calls_did),
		cmocka_unit_test(threads_hand_over),
		cmocka_unit_test(weaknesses_of_the_definition),
		cmocka_unit_test(threads_are_rows),
		cmocka_unit_test(completed_calls_are_exact),
		cmocka_unit_test(only_totals_for_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
