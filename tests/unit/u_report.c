/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What reports are made of: numbers for people, the grid of trials, the data of pictures, and
 * records that lack what they should have. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/report/plot.h"
#include "harness/record.h"
#include "lib/format.h"
#include "harness/report/report.h"
#include "harness/report/report_grid.h"
#include "harness/result.h"

/* A run of the records in @json, an array. The caller releases it. */
static struct run_file *make_run(const char *json)
{
	struct run_file *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->header = json_tokener_parse("{\"type\":\"run\",\"schema\":1}");
	r->records = json_tokener_parse(json);
	r->dir = strdup("/nonexistent");
	assert_non_null(r->records);
	return r;
}

static const char *text_of(struct strbuf *sb)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s", sb->s);
	strbuf_release(sb);
	return text;
}

#define EXPECT(want, call)                                                                         \
	do {                                                                                       \
		struct strbuf sb = STRBUF_INIT;                                                    \
		call;                                                                              \
		assert_string_equal(text_of(&sb), want);                                           \
	} while (0)

static void test_numbers(void **state UNUSED)
{
	EXPECT("0", format_count(&sb, 0));
	EXPECT("999", format_count(&sb, 999));
	EXPECT("1,000", format_count(&sb, 1000));
	EXPECT("18,446,744,073,709,551,615", format_count(&sb, UINT64_MAX));
	EXPECT("-", format_number(&sb, NAN));
	EXPECT("-", format_number(&sb, -INFINITY));
	EXPECT("0", format_number(&sb, -0.0));
	EXPECT("1,009", format_number(&sb, 1009));
	EXPECT("-1,234,567", format_number(&sb, -1234567));
	EXPECT("0.0312", format_number(&sb, 0.03123));
	EXPECT("4.81", format_number(&sb, 4.8149));
	EXPECT("9.99", format_number(&sb, 9.994));
	EXPECT("10.0", format_number(&sb, 9.996)); /* three digits of what it is rounded to */
	EXPECT("1,000", format_number(&sb, 999.7));
	EXPECT("0.0000999", format_number(&sb, 9.994e-5));
	EXPECT("0.000000000", format_number(&sb, 1e-300));
	EXPECT("142", format_number(&sb, 142.4));
	EXPECT("25.3 M/s", format_si(&sb, 25.31e6, "/s"));
	EXPECT("1.00 k/s", format_si(&sb, 999.6, "/s"));
	EXPECT("56 B", format_bytes(&sb, 56));
	EXPECT("12 EiB", format_bytes(&sb, 12.0 * (1ULL << 60)));
	EXPECT("256 KiB", format_bytes(&sb, 262144));
	EXPECT("812 ns", format_duration(&sb, 812));
	EXPECT("1.52 ms", format_duration(&sb, 1520000));
	EXPECT("+4.81 %", format_percent(&sb, 4.8149));
	EXPECT("-100 %", format_percent(&sb, -100));
	EXPECT("0 %", format_percent(&sb, 0));
	EXPECT("-", format_percent(&sb, NAN));
}

static void test_intervals(void **state UNUSED)
{
	const struct stats_interval wide = {312.3, 306.1, 318.6, 0.95};
	const struct stats_interval none = {4.2, -INFINITY, INFINITY, 0.95};
	const struct stats_interval small = {-0.21, -1.02, 0.68, 0.95};
	const struct stats_interval never = {NAN, NAN, NAN, NAN};

	EXPECT("312 [306, 319]", format_interval(&sb, &wide, 1));
	EXPECT("0.312 [0.306, 0.319]", format_interval(&sb, &wide, 1e-3));
	EXPECT("4.20", format_interval(&sb, &none, 1));
	EXPECT("-0.2 [-1.0, 0.7]", format_interval(&sb, &small, 1));
	EXPECT("-", format_interval(&sb, &never, 1));
}

static void test_access(void **state UNUSED)
{
	struct json_object *o = json_tokener_parse(
		"{\"type\":\"t\",\"a\":{\"b\":{\"c\":3}},\"s\":\"x\",\"n\":null,\"t\":true,"
		"\"big\":18446744073709551615,\"l\":[1,2],\"i\":{\"centre\":1.5,\"low\":null}}");
	struct stats_interval i;

	assert_int_equal(record_u64(o, "a.b.c", 0), 3);
	assert_int_equal(record_u64(o, "a.b.d", 7), 7);
	assert_int_equal(record_u64(o, "s.b.d", 7), 7);
	assert_true(record_u64(o, "big", 0) == UINT64_MAX);
	assert_string_equal(record_str(o, "s", ""), "x");
	assert_string_equal(record_str(o, "n", "none"), "none");
	assert_string_equal(record_str(NULL, "n", "none"), "none");
	assert_true(isnan(record_num(o, "s")));
	assert_true(record_true(o, "t"));
	assert_false(record_true(o, "s"));
	assert_int_equal(record_count(o, "l"), 2);
	assert_int_equal(record_count(o, "s"), 0);
	assert_true(record_interval(o, "i", &i));
	assert_true(i.centre == 1.5 && isnan(i.low) && isnan(i.high));
	assert_false(record_interval(o, "s", &i));
	json_object_put(o);
}

#define TRIAL(monitor, workload, params, status)                                                   \
	"{\"type\":\"trial\",\"monitor\":\"" monitor "\",\"workload\":\"" workload                 \
	"\",\"params\":{" params "},\"status\":\"" status "\"}"

static void test_grid(void **state UNUSED)
{
	struct run_file *r =
		make_run("[" TRIAL("a", "mmap", "\"count\":5,\"size\":1", "ok") "," TRIAL(
			"b", "mmap", "\"count\":5,\"size\":1",
			"fail") "," TRIAL("b", "mmap", "\"count\":5,\"size\":1",
					  "ok") "," TRIAL("a", "mmap", "\"count\":5,\"size\":2",
							  "ok") "," TRIAL("a", "idle", "",
									  "skip") ",{\"type\":"
										  "\"overhead\","
										  "\"monitor\":"
										  "\"c\",\"event\":"
										  "\"brk\"}]");
	struct trial_grid g;

	trial_grid_build(&g, r);
	assert_int_equal(g.monitors.n, 2);
	assert_int_equal(g.rows.n, 3);
	/* Only what tells rows apart is in a label. */
	assert_string_equal(g.labels[0], "mmap:size=1");
	assert_string_equal(g.labels[1], "mmap:size=2");
	assert_string_equal(g.labels[2], "idle");
	/* Of two trials in one cell the gravest. */
	assert_string_equal(record_str(trial_grid_cell(&g, 0, 1), "status", ""), "fail");
	assert_null(trial_grid_cell(&g, 1, 1));
	assert_string_equal(trial_grid_label(&g, trial_grid_cell(&g, 2, 0)), "idle");
	trial_grid_release(&g);
	run_file_release(r);
}

static void test_command_labels(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"command\",\"status\":\"ok\","
		"\"command\":{\"argv\":[\"/usr/bin/stress-ng\",\"--mmap\",\"1\"]}},"
		"{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"command\",\"status\":\"ok\","
		"\"command\":{\"argv\":[\"x\",\"0123456789012345678901234567890123456789\"]}}]");
	struct trial_grid g;

	trial_grid_build(&g, r);
	assert_int_equal(g.rows.n, 2);
	assert_string_equal(g.labels[0], "stress-ng --mmap 1");
	assert_string_equal(g.labels[1], "x 012345678901234567890123456789012345..");
	trial_grid_release(&g);
	run_file_release(r);
}

static void test_overhead_data(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"overhead\",\"event\":\"mmap\",\"monitor\":\"a \\\"b\\\"\","
		"\"added_ns\":{\"centre\":12.5,\"low\":12,\"high\":13}},"
		"{\"type\":\"overhead\",\"event\":\"brk\",\"monitor\":\"a \\\"b\\\"\","
		"\"added_ns\":{\"centre\":2,\"low\":null,\"high\":null}},"
		"{\"type\":\"overhead\",\"event\":\"brk\",\"monitor\":\"c\",\"added_ns\":null}]");
	struct strbuf sb = STRBUF_INIT;
	const char *body;

	assert_true(plot_has_data("overhead", r));
	assert_false(plot_has_data("losscurve", r));
	assert_int_equal(plot_data("overhead", r, &sb), 2);
	body = strstr(sb.s, "\"events\"");
	assert_non_null(body);
	/* A value without interval has one of no length; a null is no point. */
	assert_string_equal(body, "\"events\" 0 0 0 event\n0 0 0 0 \"mmap\"\n1 0 0 0 \"brk\"\n\n\n"
				  "\"a 'b'\" added low high event\n0 12.5 12 13 \"mmap\"\n"
				  "1 2 2 2 \"brk\"\n\n\n\"c\" added low high event\n");
	strbuf_release(&sb);
	run_file_release(r);
}

static void test_accuracy_data(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"w\",\"status\":\"ok\","
		"\"accuracy\":[{\"metric\":\"x\",\"error\":1,\"error_pct\":-4},"
		"{\"metric\":\"y\",\"error\":2,\"error_pct\":3},"
		"{\"metric\":\"q\",\"captured\":7,\"error\":7,\"error_pct\":null}]},"
		"{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"v\",\"status\":\"ok\","
		"\"accuracy\":[{\"metric\":\"x\",\"error\":0,\"error_pct\":0}]},"
		"{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"u\",\"status\":\"void\"},"
		"{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"t\",\"status\":\"fail\","
		"\"conformance\":{\"verdict\":\"mismatch\"}},"
		"{\"type\":\"trial\",\"monitor\":\"a\",\"workload\":\"s\",\"status\":\"ok\","
		"\"accuracy\":[{\"metric\":\"z_z\",\"captured\":23,\"error\":23,\"error_pct\":null}"
		"]}"
		","
		"{\"type\":\"trial\",\"monitor\":\"nop\",\"workload\":\"w\",\"status\":\"ok\"}]");
	struct strbuf sb = STRBUF_INIT;

	/* A monitor that offers nothing to compare has no column. */
	assert_int_equal(plot_data("accuracy", r, &sb), 5);
	assert_null(strstr(sb.s, "nop"));
	assert_non_null(strstr(sb.s, "\n0 0 1 4 \"-4 %\" \"x\" \"a\" \"w\"\n"));
	assert_non_null(strstr(sb.s, "\n0 1 0 0 \"0\" \"\" \"a\" \"v\"\n"));
	assert_non_null(strstr(sb.s, "\n0 2 2 -1 \"void\" \"\" \"a\" \"u\"\n"));
	assert_non_null(strstr(sb.s, "\n0 3 3 -1 \"WRONG\" \"\" \"a\" \"t\"\n"));
	assert_non_null(strstr(sb.s, "\n0 4 1 1e+09 \"23, not 0\" \"z z\" \"a\" \"s\"\n"));
	strbuf_release(&sb);
	run_file_release(r);
}

static void test_ring_data(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"placement\":\"b2b\",\"record_bytes\":8,"
		"\"producers\":1,\"rings\":\"shared\",\"wakeup\":\"none\",\"consumer\":\"own\","
		"\"rate_per_s\":{\"centre\":2e7,\"low\":1.9e7,\"high\":2.1e7}},"
		"{\"type\":\"ringbuf\",\"mode\":\"syscall\",\"placement\":\"pinned\","
		"\"record_bytes\":56,\"producers\":2,\"rings\":\"percpu\",\"wakeup\":\"each\","
		"\"consumer\":\"epoll\",\"rate_per_s\":{\"centre\":1e6,\"low\":1e6,\"high\":1e6}}"
		"]");
	struct strbuf sb = STRBUF_INIT;

	assert_int_equal(plot_data("ringbuf", r, &sb), 2);
	/* Groups are a row apart. */
	assert_non_null(strstr(sb.s, "\"bulk, b2b\" centre low high case\n0 20 19 21 \"8 B, own\"\n"
				     "\n\n\"syscall, pinned\" centre low high case\n2 1 1 1 "
				     "\"56 B, 2 producers, ring per CPU, epoll, wake each\"\n"));
	assert_false(plot_has_data("wakeup", r));
	strbuf_release(&sb);
	run_file_release(r);
}

/* A producer that fell behind its target brings points out of order: a line wants them sorted. */
static void test_loss_data(void **state UNUSED)
{
	struct run_file *r =
		make_run("[{\"type\":\"losscurve\",\"consumer\":\"busy\",\"record_bytes\":8,"
			 "\"ring_bytes\":4096,\"offered_per_s\":3e6,\"delivered_per_s\":2e6},"
			 "{\"type\":\"losscurve\",\"consumer\":\"busy\",\"record_bytes\":8,"
			 "\"ring_bytes\":4096,\"offered_per_s\":1e6,\"delivered_per_s\":1e6},"
			 "{\"type\":\"losscurve\",\"consumer\":\"epoll\",\"record_bytes\":8,"
			 "\"ring_bytes\":4096,\"status\":\"skip\"}]");
	struct strbuf sb = STRBUF_INIT;

	assert_int_equal(plot_data("losscurve", r, &sb), 2);
	assert_non_null(strstr(sb.s, "\"busy, 8 B in 4 KiB\" delivered\n 1 1\n 3 2\n"));
	assert_null(strstr(sb.s, "epoll"));
	strbuf_release(&sb);
	run_file_release(r);
}

static const struct doc_block *find_text(const struct doc *d, const char *part)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct doc_block *b = &d->blocks[i];

		if (b->text && strstr(b->text, part))
			return b;
		for (size_t c = 0; c < b->ncells; c++)
			if (strstr(doc_cell_at(b, c).text, part))
				return b;
	}
	return NULL;
}

/* What failed or was skipped is named with its reason; a warning shared by figures is said once. */
static void test_reasons(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"record_bytes\":8,\"consumer\":\"own\","
		"\"status\":\"fail\",\"accounted\":false,\"reason\":\"sequence 7 came twice\"},"
		"{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"record_bytes\":64,\"consumer\":\"own\","
		"\"status\":\"skip\",\"reason\":\"one CPU only\"},"
		"{\"type\":\"overhead\",\"event\":\"mmap\",\"monitor\":\"a\","
		"\"warnings\":[\"noisy\",\"records were lost\"]},"
		"{\"type\":\"overhead\",\"event\":\"brk\",\"monitor\":\"a\",\"warnings\":["
		"\"noisy\"]}]");
	struct doc d = {0};

	report_build(&d, r);
	assert_string_equal(find_text(&d, "came twice")->text,
			    "bulk 8 B, own: sequence 7 came twice");
	assert_string_equal(find_text(&d, "one CPU")->text, "skip: one CPU only (bulk 64 B, own)");
	assert_string_equal(find_text(&d, "noisy")->text, "noisy");
	assert_string_equal(find_text(&d, "were lost")->text, "a at mmap: records were lost");
	/* A skipped case has no row of dashes. */
	assert_null(find_text(&d, "64 B") == find_text(&d, "one CPU") ? NULL : "in a table");
	doc_release(&d);
	run_file_release(r);
}

/* Rounds that somebody else disturbed are told, those left out and those kept. */
static void test_disturbed(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"rounds\":9,\"disturbed_rounds\":3,"
		"\"left_out\":{\"rounds\":3,\"dropped\":1200}},"
		"{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"rounds\":4,\"disturbed_rounds\":2},"
		"{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"rounds\":4,\"disturbed_rounds\":0}]");
	struct doc d = {0};

	report_build(&d, r);
	assert_string_equal(
		find_text(&d, "somebody else ran")->text,
		"In 5 rounds a thread waited for its CPU because somebody else ran: 3 are left out "
		"of the figures (1,200 records were dropped in them), 2 are in the figures, as too "
		"few calm ones remain.");
	assert_non_null(find_text(&d, "9/12"));
	assert_non_null(find_text(&d, "2/4"));
	assert_non_null(find_text(&d, "4/4"));
	doc_release(&d);
	run_file_release(r);
}

/* A figure with its own code's share, one that does not stand, and one that was not had. */
static void test_exact(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"exact\",\"kernel\":\"6.12\",\"monitor\":\"a\",\"path\":\"brk\","
		"\"status\":\"ok\",\"none\":1300,\"added\":1204,\"own\":1121},"
		"{\"type\":\"exact\",\"kernel\":\"6.12\",\"monitor\":\"b\",\"path\":\"brk\","
		"\"status\":\"ok\",\"none\":1300,\"stable\":false,\"added\":null},"
		"{\"type\":\"exact\",\"kernel\":null,\"monitor\":\"c\",\"path\":null,"
		"\"status\":\"skip\",\"reason\":\"no qemu\"}]");
	struct doc d = {0};
	const struct doc_block *t;

	report_build(&d, r);
	t = find_text(&d, "+1,204 (own 1,121)");
	assert_non_null(t);
	assert_int_equal(t->ncolumns, 4);
	assert_string_equal(doc_cell_at(t, 5).text, "1,300");
	assert_string_equal(doc_cell_at(t, 7).text, "not stable");
	assert_string_equal(find_text(&d, "no qemu")->text, "skip: no qemu (exact of c)");
	doc_release(&d);
	run_file_release(r);
}

/* Every type, each record with nothing but its type: nothing to say, nothing to trip over. */
static void test_bare_records(void **state UNUSED)
{
	struct run_file *r =
		make_run("[{\"type\":\"trial\"},{\"type\":\"overhead\"},{\"type\":\"slowdown\"},"
			 "{\"type\":\"exact\",\"kernel\":\"6.1\",\"path\":\"brk\"},"
			 "{\"type\":\"collector\"},{\"type\":\"ringbuf\"},{\"type\":\"losscurve\"},"
			 "{\"type\":\"trial\",\"status\":7,\"accuracy\":{},\"mismatches\":[{}],"
			 "\"identities\":[{}],\"cost\":{\"programs\":[{}]},\"truth\":[]},"
			 "{\"type\":\"calibrate\"},{\"type\":\"calibrate\",\"part\":\"aa\","
			 "\"runs\":[{}],\"figures\":[{}],\"regime\":\"quiet\"},"
			 "{\"type\":\"unheard-of\"}]");
	struct doc d = {0};

	report_build(&d, r);
	assert_true(d.n > 5);
	for (size_t i = 0; i < d.n; i++) {
		const struct doc_block *b = &d.blocks[i];

		if (b->kind != DOC_TABLE)
			continue;
		assert_true(b->ncolumns > 0);
		assert_int_equal(b->ncells % b->ncolumns, 0);
	}
	for (const char *const *name = plot_names; *name; name++) {
		struct strbuf sb = STRBUF_INIT;

		plot_data(*name, r, &sb);
		strbuf_release(&sb);
	}
	doc_release(&d);
	run_file_release(r);
}

/* Runs sorted by what they read; one that read nothing is left out. */
static void test_calibration_data(void **state UNUSED)
{
	struct run_file *r = make_run(
		"[{\"type\":\"calibrate\",\"part\":\"aa\",\"false_alarms\":{\"centre\":0.5},"
		"\"runs\":["
		"{\"void\":null,\"verdict\":\"beyond\",\"margin_ns\":2,"
		"\"diff_ns\":{\"centre\":3,\"low\":2.5,\"high\":3.5}},"
		"{\"void\":\"somebody\",\"verdict\":\"undecided\",\"margin_ns\":0,"
		"\"diff_ns\":{\"centre\":null,\"low\":null,\"high\":null}},"
		"{\"void\":null,\"verdict\":\"within\",\"margin_ns\":2,"
		"\"diff_ns\":{\"centre\":-0.25,\"low\":-1,\"high\":0.5}}]}]");
	struct strbuf sb = STRBUF_INIT;

	assert_true(plot_has_data("calibrate-aa", r));
	assert_false(plot_has_data("calibrate-coverage", r));
	assert_int_equal(plot_data("calibrate-aa", r, &sb), 2);
	assert_non_null(strstr(sb.s, "\n0 -0.25 -1 0.5 2 0 0\n1 3 2.5 3.5 2 1 0\n"));
	strbuf_release(&sb);
	run_file_release(r);
}

static void test_verdict(void **state UNUSED)
{
	static const struct {
		const char *records, *says;
	} cases[] = {
		{"[]", "Nothing was judged in this run."},
		{"[{\"type\":\"trial\",\"status\":\"ok\",\"conformance\":{\"verdict\":\"exact\"}}]",
		 "1 trial of 1 judged is exact."},
		{"[{\"type\":\"trial\",\"status\":\"ok\",\"conformance\":{\"verdict\":\"exact\"}},"
		 "{\"type\":\"trial\",\"status\":\"ok\",\"conformance\":{\"verdict\":\"racy\"}}]",
		 "1 trial of 2 judged is exact, 1 lost updates as declared."},
		{"[{\"type\":\"trial\",\"status\":\"fail\",\"conformance\":{\"verdict\":"
		 "\"mismatch\"}}]",
		 "1 check FAILED: see below. 0 trials of 1 judged are exact."},
		{"[{\"type\":\"ringbuf\",\"accounted\":true},{\"type\":\"ringbuf\","
		 "\"accounted\":false}]",
		 "1 check FAILED: see below. Records are unaccounted for in 1 ring case."},
		/* What is too short proves nothing. */
		{"[{\"type\":\"calibrate\",\"status\":\"ok\",\"whole\":true,\"figures\":["
		 "{\"reached\":true},{\"reached\":null}]},"
		 "{\"type\":\"calibrate\",\"status\":\"ok\",\"whole\":false,\"figures\":["
		 "{\"reached\":true}]}]",
		 "1 of 1 targets of the calibration are reached."},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_file *r = make_run(cases[i].records);
		struct doc d = {0};

		report_build(&d, r);
		assert_string_equal(d.blocks[1].text, cases[i].says);
		/* No end record: the report says that the run was cut short. */
		assert_non_null(strstr(d.blocks[2].text, "cut short"));
		doc_release(&d);
		run_file_release(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),		 cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_access),		 cmocka_unit_test(test_grid),
		cmocka_unit_test(test_command_labels),	 cmocka_unit_test(test_overhead_data),
		cmocka_unit_test(test_accuracy_data),	 cmocka_unit_test(test_ring_data),
		cmocka_unit_test(test_loss_data),	 cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_disturbed),	 cmocka_unit_test(test_exact),
		cmocka_unit_test(test_bare_records),	 cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_calibration_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
