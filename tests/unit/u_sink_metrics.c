/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text of /metrics: families in order, units as suffixes, labels escaped and bounded, nothing
 * where nothing is known, no sample twice. */
#include "lib/base.h"
#include "monitor/sink/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "monitor/sink/groups.h"
#include "tests/unit/sink_fixture.h"

enum { ROWS = ARRAY_SIZE(sink_names) };

static struct proc_row rows[ROWS];
static struct view_line lines[64];
static struct view view;
static struct frame frame;
static struct strbuf text = STRBUF_INIT;

static int setup(void **state UNUSED)
{
	sink_frame(&frame, rows);
	for (size_t i = 0; i < ROWS; i++)
		lines[i] = (struct view_line){.row = (uint32_t)i};
	view = (struct view){.lines = lines, .n = ROWS, .matched = ROWS};
	strbuf_reset(&text);
	return 0;
}

static int teardown(void **state UNUSED)
{
	strbuf_release(&text);
	return 0;
}

static void has(const char *part)
{
	if (!strstr(text.s, part))
		fail_msg("not found: %s\nin:\n%s", part, text.s);
}

static void hasnt(const char *part)
{
	if (strstr(text.s, part))
		fail_msg("found: %s\nin:\n%s", part, text.s);
}

static size_t count(const char *part)
{
	size_t n = 0;

	for (const char *s = text.s; (s = strstr(s, part)); s++)
		n++;
	return n;
}

static void test_openmetrics(void **state UNUSED)
{
	metrics_render(&frame, &view, true, &text);
	has("# HELP memmon_ring_full Events that found no room in the ring.\n"
	    "# TYPE memmon_ring_full counter\nmemmon_ring_full_total 7\n");
	has("# TYPE memmon_processes gauge\nmemmon_processes 12\n");
	has("# UNIT memmon_own_resident_bytes bytes\nmemmon_own_resident_bytes 5242880\n");
	has("\nmemmon_own_cpu_ratio 0.0025\n");
	has("\nmemmon_own_event_seconds 2.45e-08\n");
	has("\nmemmon_start_time_seconds 1795266297\n");
	has("\nmemmon_monitor_info{monitor=\"memmon_fast\",version=\"");
	has("# TYPE memmon_process_resident_bytes gauge\n"
	    "# UNIT memmon_process_resident_bytes bytes\n"
	    "memmon_process_resident_bytes{pid=\"1\",name=\"init\"} 1024000\n");
	has("# TYPE memmon_process_mmap_calls counter\n"
	    "memmon_process_mmap_calls_total{pid=\"1\",name=\"init\"} 0\n");
	has("memmon_process_resident_growth_bytes_per_second{pid=\"1\",name=\"init\",bound="
	    "\"centre\"} -0.125\n");
	/* One head for the three bounds. */
	assert_int_equal(count("# TYPE memmon_process_resident_growth_bytes_per_second "), 1);
	assert_string_equal(text.s + text.len - 6, "# EOF\n");
	assert_int_equal(count("# EOF"), 1);
}

/* What is not known has no sample; what is not offered has no family. */
static void test_unknown(void **state UNUSED)
{
	frame.own.keys_max = 0;
	frame.mem_total_kb = 0;
	metrics_render(&frame, &view, true, &text);
	hasnt("memmon_recursion_misses");
	hasnt("memmon_own_events_per_second");
	hasnt("memmon_own_map_keys");
	hasnt("memmon_machine_memory_bytes");
	hasnt("memmon_machine_cached");
	hasnt("memmon_process_resident_bytes{pid=\"2\"");
	has("memmon_process_munmap_calls_total{pid=\"2\",name=\"a\\\"b,c\"} 0\n");
	has("# TYPE memmon_process_brk_calls counter\n# EOF");
	/* Of whom nobody knows it there is no total either. */
	hasnt("memmon_machine_brk_calls_total");
	hasnt("memmon_process_context_switches");
	hasnt("memmon_process_cpu_seconds");
	hasnt("NaN");
	hasnt("nan");
}

static void test_labels(void **state UNUSED)
{
	metrics_render(&frame, &view, true, &text);
	has("{pid=\"3\",name=\"line?break\"}");
	has("{pid=\"5\",name=\"bad??utf\"}");
	has("{pid=\"6\",name=\"tab?end\\\\\"}");
	has("{pid=\"4\",name=\"caf\303\251\"}");
	has("{pid=\"11\",name=\"\"}");
}

/* As many as are allowed, in the view's order, each number once, no parents for show. */
static void test_bounds(void **state UNUSED)
{
	static struct proc_row many[64];

	for (uint32_t i = 0; i < 64; i++) {
		sink_row(&many[i], 100 + i, "many");
		many[i].v[FIELD_RSS] = i;
		lines[i] = (struct view_line){.row = 63 - i};
	}
	many[60].pid = 163;
	lines[1].context = true;
	frame.rows = many;
	frame.n = view.n = 64;
	metrics_render(&frame, &view, true, &text);
	assert_int_equal(count("\nmemmon_process_resident_bytes{"), GROUPS_MAX);
	assert_int_equal(count("\nmemmon_process_resident_bytes{pid=\"163\""), 1);
	hasnt("pid=\"162\"");
	has("pid=\"161\"");
	has("pid=\"142\"");
	hasnt("pid=\"141\"");
	has("\nmemmon_processes 64\n");
}

static void test_older_text(void **state UNUSED)
{
	metrics_render(&frame, &view, false, &text);
	has("# HELP memmon_ring_full_total Events that found no room in the ring.\n"
	    "# TYPE memmon_ring_full_total counter\nmemmon_ring_full_total 7\n");
	hasnt("# UNIT");
	hasnt("# EOF");
}

static void test_cpumon(void **state UNUSED)
{
	frame.tool = TOOL_CPUMON;
	frame.monitor = "cpumon";
	frame.fields = FIELD_BIT(FIELD_USER_MS) | FIELD_BIT(FIELD_SYSTEM_MS);
	rows[0].v[FIELD_USER_MS] = 1234567890123.0;
	rows[0].v[FIELD_SYSTEM_MS] = 1;
	metrics_render(&frame, &view, true, &text);
	has("# TYPE cpumon_process_cpu_seconds counter\n# UNIT cpumon_process_cpu_seconds seconds\n"
	    "cpumon_process_cpu_seconds_total{pid=\"1\",name=\"init\",mode=\"user\"} "
	    "1234567890.123\n"
	    "cpumon_process_cpu_seconds_total{pid=\"1\",name=\"init\",mode=\"system\"} 0.001\n");
	hasnt("memmon");
	hasnt("resident_bytes{");
}

enum { MANY = 60 };
static struct proc_row many[MANY];
static struct view_line order[MANY];

static void crowd(void)
{
	for (uint32_t i = 0; i < MANY; i++) {
		many[i] = (struct proc_row){.pid = i + 1, .v = figures()};
		/* Thirty pairs of one name. */
		snprintf(many[i].name, sizeof(many[i].name), "n%u", i / 2);
		many[i].v[FIELD_RSS] = i < 2 ? 100000 : 1000;
		many[i].v[FIELD_SHARED] = i < 2 ? 60000 : 0;
		many[i].v[FIELD_MMAP] = 1;
		order[i] = (struct view_line){.row = i};
	}
}

/* The text of the next frame of @m. */
static void take(struct metrics *m, const struct frame *f, const struct view *v)
{
	strbuf_reset(&text);
	assert_int_equal(metrics_take(m, f, v), 0);
	metrics_write(m, f, true, &text);
}

/* The value of a sample; NAN: it is not there. */
static double value(const char *sample)
{
	char line[256];
	const char *at;

	snprintf(line, sizeof(line), "\n%s ", sample);
	at = strstr(text.s, line);
	return at ? strtod(at + strlen(line), NULL) : NAN;
}

static bool there(const char *sample)
{
	return !isnan(value(sample));
}

static struct view all_of_them(void)
{
	return (struct view){.lines = order, .n = MANY, .matched = MANY};
}

static struct frame crowd_frame(void)
{
	crowd();
	return (struct frame){.rows = many,
			      .n = MANY,
			      .monitor = "m",
			      .mono_ns = NSEC_PER_SEC,
			      .fields = FIELD_BIT(FIELD_RSS) | FIELD_BIT(FIELD_MMAP)};
}

/* n37: who was served does not leave for a place lost at the cut, and who is far above it is in. */
static void test_n37_hysteresis(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;

	assert_int_equal(metrics_new(&m, METRICS_BY_PID), 0);
	take(m, &f, &v);
	has("{pid=\"20\",name=\"n9\"}");
	hasnt("{pid=\"21\",");
	/* 20 falls to the place of 25, and 60 comes to the top. */
	order[19].row = 24;
	order[24].row = 19;
	order[0].row = 59;
	order[59].row = 0;
	take(m, &f, &v);
	has("{pid=\"20\",name=\"n9\"}");
	has("{pid=\"60\",name=\"n29\"}");
	hasnt("{pid=\"1\",");
	assert_int_equal(count("\nmemmon_process_resident_bytes{"), GROUPS_MAX);
	metrics_free(m);
}

/* n37: groups are sums, without what processes share once for each, and nothing is left out. */
static void test_n37_groups(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;

	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	take(m, &f, &v);
	/* 100,000 and 100,000 that share 60,000 */
	assert_true(value("memmon_process_resident_bytes{name=\"n0\"}") == 143360000);
	assert_true(value("memmon_process_mmap_calls_total{name=\"n0\"}") == 2);
	assert_true(value("memmon_group_processes{name=\"n0\"}") == 2);
	/* 19 groups and the other 11 */
	assert_true(value("memmon_process_mmap_calls_total{name=\"(rest)\"}") == 22);
	assert_true(value("memmon_group_processes{name=\"(rest)\"}") == 22);
	assert_true(value("memmon_machine_mmap_calls_total") == 60);
	assert_true(value("memmon_groups") == 30);
	metrics_free(m);
}

/* n37: swap adds up; of limits the smallest counts, for the rest as well, and where there is none,
 * or nobody is left, there is no sample. */
static void test_n37_swap_and_limits(void **state UNUSED)
{
	struct view v = all_of_them(), none = {.lines = order};
	struct frame f = crowd_frame();
	struct metrics *m;

	f.fields |= FIELD_BIT(FIELD_SWAP) | FIELD_BIT(FIELD_LIMIT) | FIELD_BIT(FIELD_ROOM);
	for (uint32_t i = 0; i < MANY; i++) {
		many[i].v[FIELD_SWAP] = 10;
		many[i].v[FIELD_LIMIT] = i == 2 || i == 3 ? NAN : 2000 - i;
		many[i].v[FIELD_ROOM] = i == 1 ? NAN : 100 + i;
	}
	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	take(m, &f, &v);
	assert_true(value("memmon_process_swap_bytes{name=\"n0\"}") == 20480);
	assert_true(value("memmon_process_swap_bytes{name=\"(rest)\"}") == 22 * 10240);
	assert_true(value("memmon_process_limit_bytes{name=\"n0\"}") == 1999 * 1024);
	assert_true(value("memmon_process_room_bytes{name=\"n0\"}") == 100 * 1024);
	assert_false(there("memmon_process_limit_bytes{name=\"n1\"}"));
	assert_true(value("memmon_process_limit_bytes{name=\"(rest)\"}") <= 1962 * 1024);
	take(m, &f, &none);
	assert_true(value("memmon_process_swap_bytes{name=\"n0\"}") == 0);
	assert_false(there("memmon_process_limit_bytes{name=\"n0\"}"));
	metrics_free(m);
}

/* n12: a sum of PSS that lacks the part of one that lives is not known; the others are. */
static void test_n12_a_part_that_lacks(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;

	f.fields |= FIELD_BIT(FIELD_PSS);
	for (size_t i = 0; i < MANY; i++) {
		many[i].v[FIELD_VIRT] = 5000;
		many[i].v[FIELD_PSS] = i == 3 ? NAN : 100;
		many[i].flags = i == 3 ? 0 : ROW_SHARED_NOW;
	}
	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	take(m, &f, &v);
	assert_true(value("memmon_process_proportional_bytes{name=\"n0\"}") == 204800);
	assert_false(there("memmon_process_proportional_bytes{name=\"n1\"}"));
	assert_true(there("memmon_process_resident_bytes{name=\"n1\"}"));
	assert_true(there("memmon_process_proportional_bytes{name=\"(rest)\"}"));
	metrics_free(m);
}

/* n37: a group does not come and go at the cut, and its name is there when its processes are not.
 */
static void test_n37_groups_stay(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;

	/* 30 names, each smaller than the one before. */
	for (uint32_t i = 0; i < MANY; i++) {
		many[i].v[FIELD_RSS] = 100000 - 1000 * (i / 2);
		many[i].v[FIELD_SHARED] = 0;
	}
	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	take(m, &f, &v);
	assert_true(there("memmon_process_resident_bytes{name=\"n18\"}"));
	assert_false(there("memmon_process_resident_bytes{name=\"n19\"}"));
	for (int i = 0; i < 6; i++) {
		/* They change places, again and again. */
		many[38].v[FIELD_RSS] = i % 2 ? 81000 : 84000;
		take(m, &f, &v);
		assert_true(there("memmon_process_resident_bytes{name=\"n18\"}"));
		assert_false(there("memmon_process_resident_bytes{name=\"n19\"}"));
	}
	/* Among the first half it is let in, and another goes. */
	many[38].v[FIELD_RSS] = 500000;
	take(m, &f, &v);
	assert_true(there("memmon_process_resident_bytes{name=\"n19\"}"));
	assert_false(there("memmon_process_resident_bytes{name=\"n18\"}"));
	/* All processes of n0 have ended; nobody needs its place. */
	f.rows = many + 2;
	f.n = v.n = 30;
	take(m, &f, &v);
	assert_true(value("memmon_process_resident_bytes{name=\"n0\"}") == 0);
	assert_true(value("memmon_group_processes{name=\"n0\"}") == 0);
	assert_true(value("memmon_process_mmap_calls_total{name=\"n0\"}") == 2);
	metrics_free(m);
}

/* n37: no counter falls when processes end and others come, and together they are the machine's. */
static void test_n37_counters_never_fall(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;
	double before[31] = {0}, seen = 0, sum, now;
	char sample[128];

	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	for (uint32_t round = 0; round < 40; round++) {
		for (uint32_t i = 0; i < MANY; i++) {
			bool other = round && (i + round) % 3 == 0;

			/* The number is given again, to one that has counted less. */
			many[i].start_ns = other ? 1000 + round : many[i].start_ns;
			many[i].v[FIELD_MMAP] = other ? 1 : many[i].v[FIELD_MMAP] + (round ? i : 0);
			many[i].v[FIELD_RSS] = 1000 * ((i * 7 + round * 13) % MANY);
			seen += !round || other ? 1 : i;
		}
		take(m, &f, &v);
		assert_true(value("memmon_machine_mmap_calls_total") == seen);
		sum = 0;
		for (int k = 0; k <= 30; k++) {
			if (k < 30)
				snprintf(sample, sizeof(sample),
					 "memmon_process_mmap_calls_total{name=\"n%d\"}", k);
			else
				snprintf(sample, sizeof(sample),
					 "memmon_process_mmap_calls_total{name=\"(rest)\"}");
			now = value(sample);
			if (isnan(now)) {
				before[k] = 0;
				continue;
			}
			assert_true(now >= before[k]);
			sum += now - before[k];
			before[k] = now;
		}
		assert_true(sum >= 0);
		assert_int_equal(count("\nmemmon_process_mmap_calls_total{"), GROUPS_MAX);
	}
	metrics_free(m);
}

/* n37: names that are made up anew all the time have few series, and are in the rest. */
static void test_n37_names_churn(void **state UNUSED)
{
	static char names[4000][16];
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;
	size_t series = 0, made = 0;
	char sample[128];

	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	for (uint32_t round = 0; round < 60; round++) {
		for (uint32_t i = 0; i < MANY; i++) {
			many[i].start_ns = 1 + round;
			many[i].v[FIELD_SHARED] = 0;
			snprintf(many[i].name, sizeof(many[i].name), "job-%zu", made);
			memcpy(names[made++], many[i].name, sizeof(names[0]));
		}
		f.mono_ns += 60 * NSEC_PER_SEC;
		take(m, &f, &v);
		assert_true(count("\nmemmon_process_mmap_calls_total{") <= GROUPS_MAX);
		assert_true(value("memmon_machine_mmap_calls_total") == (double)made);
		if (round > 30) {
			assert_true(there("memmon_process_mmap_calls_total{name=\"(rest)\"}"));
			assert_true(value("memmon_groups_waiting") > 0);
		}
		for (size_t i = 0; i < made; i++) {
			if (!names[i][0])
				continue;
			snprintf(sample, sizeof(sample),
				 "memmon_process_mmap_calls_total{name=\"%.15s\"}", names[i]);
			if (there(sample)) {
				series++;
				names[i][0] = '\0';
			}
		}
	}
	/* An hour, 3,600 names. */
	assert_true(series >= GROUPS_MAX - 1);
	assert_true(series <= GROUPS_AT_ONCE + 60 * 60 / GROUPS_EVERY_S);
	metrics_free(m);
}

/* n37: who waits is told also where all places are kept by names that have no process any more. */
static void test_n37_names_churn_among_few(void **state UNUSED)
{
	enum { FEW = 8, CHURN = 5 };
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;
	size_t made = 0;

	f.n = v.n = FEW;
	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	for (int round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < FEW; i++) {
			many[i].v[FIELD_SHARED] = 0;
			many[i].v[FIELD_RSS] = i < CHURN ? 500000 : 1000;
			if (i < CHURN)
				snprintf(many[i].name, sizeof(many[i].name), "job-%zu", made++);
			else
				snprintf(many[i].name, sizeof(many[i].name), "stays-%u", i);
		}
		f.mono_ns += NSEC_PER_SEC / 2;
		take(m, &f, &v);
		assert_true(value("memmon_group_processes{name=\"stays-7\"}") == 1);
	}
	assert_true(value("memmon_group_processes{name=\"(rest)\"}") == CHURN);
	assert_true(value("memmon_groups_waiting") == CHURN);
	metrics_free(m);
}

/* n37: names that look the same as labels are one, and "(rest)" is nobody's name. */
static void test_n37_names_alike(void **state UNUSED)
{
	struct view v = all_of_them();
	struct frame f = crowd_frame();
	struct metrics *m;

	strcpy(many[0].name, "a\001");
	strcpy(many[1].name, "a\002");
	strcpy(many[2].name, "(rest)");
	for (int i = 0; i < 3; i++)
		many[i].v[FIELD_RSS] = 200000;
	assert_int_equal(metrics_new(&m, METRICS_BY_NAME), 0);
	take(m, &f, &v);
	assert_true(value("memmon_group_processes{name=\"a?\"}") == 2);
	assert_true(value("memmon_group_processes{name=\"?rest)\"}") == 1);
	assert_int_equal(count("memmon_group_processes{name=\"(rest)\"}"), 1);
	metrics_free(m);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {T(test_openmetrics),
					   T(test_unknown),
					   T(test_labels),
					   T(test_bounds),
					   T(test_older_text),
					   T(test_cpumon),
					   T(test_n37_hysteresis),
					   T(test_n37_groups),
					   T(test_n37_groups_stay),
					   T(test_n37_counters_never_fall),
					   T(test_n37_names_churn),
					   T(test_n37_names_churn_among_few),
					   T(test_n37_names_alike),
					   T(test_n12_a_part_that_lacks),
					   T(test_n37_swap_and_limits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
