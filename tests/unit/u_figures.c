/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures out of bpftrace's JSON, as 0.17 prints it (taken by hand), and scripts that are narrowed
 * to one cgroup. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/bt_figures.h"
#include "collector/bt_script.h"
#include "lib/log.h"

static struct figures f;
static char said[512];

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static int forget(void **state UNUSED)
{
	monitor_figures_release(&f);
	log_capture(NULL, NULL);
	return 0;
}

static struct figure_wish wish(const char *name, size_t nparts, enum figure_form form)
{
	return (struct figure_wish){.name = name, .nparts = nparts, .form = form};
}

/* Reads one map. */
static int parse(const char *text, const struct figure_wish *w)
{
	monitor_figures_release(&f);
	f.n = 1;
	f.maps = arena_array(&f.arena, struct figure_map, 1);
	f.maps[0].name = w->name;
	return bt_figures(text, strlen(text), "x.bt", w, 1, &f);
}

static const struct figure_row *row(const char *key)
{
	const struct figure_row *r = figure_find(&f.maps[0], key);

	assert_non_null(r);
	return r;
}

static void numbers(void **state UNUSED)
{
	struct figure_wish w = wish("@c", 3, FIGURE_NUMBER);

	assert_int_equal(
		parse("{\"type\": \"attached_probes\", \"data\": {\"probes\": 2}}\n"
		      "{\"type\": \"map\", \"data\": {\"@other\": {\"1\": 2}}}\n"
		      "{\"type\": \"map\", \"data\": {\"@c\": {\"1,-2,q\": -9, \"a,b\\\"x\\\\,3\": "
		      "18446744073709551615, \"3,4,e\": \"9007199254740993\"}}}\n",
		      &w),
		0);
	assert_int_equal(f.maps[0].n, 3);
	assert_int_equal((int64_t)row("1,-2,q")->value, -9);
	assert_true(row("a,b\"x\\,3")->value == UINT64_MAX);
	assert_int_equal(row("3,4,e")->value, 9007199254740993);
	assert_null(figure_find(&f.maps[0], "1"));
}

static void without_key(void **state UNUSED)
{
	struct figure_wish w = wish("@n", 0, FIGURE_NUMBER);

	assert_int_equal(parse("{\"type\": \"map\", \"data\": {\"@n\": 5}}\n", &w), 0);
	assert_int_equal(row("")->value, 5);
	w.form = FIGURE_TEXT;
	assert_int_equal(parse("{\"type\": \"map\", \"data\": {\"@n\": \"wor\\tld\"}}\n", &w), 0);
	assert_string_equal(row("")->text, "wor\tld");
}

/* Printed twice, the last counts; not printed, it is empty. */
static void last_counts(void **state UNUSED)
{
	struct figure_wish w = wish("@c", 1, FIGURE_NUMBER);

	assert_int_equal(parse("{\"type\": \"map\", \"data\": {\"@c\": {\"1\": 2, \"2\": 1}}}\n"
			       "{\"type\": \"map\", \"data\": {\"@c\": {\"1\": 3}}}\n",
			       &w),
			 0);
	assert_int_equal(f.maps[0].n, 1);
	assert_int_equal(row("1")->value, 3);
	assert_int_equal(parse("", &w), 0);
	assert_int_equal(f.maps[0].n, 0);
}

static void histograms(void **state UNUSED)
{
	struct figure_wish w = wish("@h", 0, FIGURE_BUCKETS);
	const struct figure_row *r;

	assert_int_equal(parse("{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": "
			       "1}, {\"min\": 0, "
			       "\"max\": 0, \"count\": 2}, {\"min\": 1, \"max\": 1, \"count\": 0}, "
			       "{\"min\": 2048, "
			       "\"max\": 4095, \"count\": 3}]}}\n",
			       &w),
			 0);
	r = row("");
	assert_int_equal(r->nbuckets, 3);
	assert_true(r->buckets[0].open_low);
	assert_int_equal(r->buckets[1].from, 0);
	assert_int_equal(r->buckets[2].from, 2048);
	assert_int_equal(r->buckets[2].count, 3);
	w.nparts = 2;
	assert_int_equal(
		parse("{\"type\": \"hist\", \"data\": {\"@h\": {\"31696,x\": [{\"min\": 100, "
		      "\"count\": 2}]}}}\n",
		      &w),
		0);
	assert_int_equal(row("31696,x")->buckets[0].from, 100);
}

static void averages(void **state UNUSED)
{
	struct figure_wish w = wish("@a", 0, FIGURE_AVERAGE);

	assert_int_equal(parse("{\"type\": \"stats\", \"data\": {\"@a\": -1}}\n", &w), 0);
	assert_int_equal((int64_t)row("")->value, -1);
	assert_false(row("")->has_count);
	w = wish("@a", 1, FIGURE_STATS);
	/* A key that is called as a figure is. */
	assert_int_equal(
		parse("{\"type\": \"stats\", \"data\": {\"@a\": {\"count\": {\"count\": 2, "
		      "\"average\": -2, \"total\": -5}}}}\n",
		      &w),
		0);
	assert_int_equal(row("count")->count, 2);
	assert_int_equal((int64_t)row("count")->sum, -5);
}

static void other_things(void **state UNUSED)
{
	struct figure_wish w = wish("@t", 1, FIGURE_NUMBER);

	log_capture(hear, NULL);
	assert_int_equal(parse("{\"type\": \"map\", \"data\": {\"@t\": [1,2]}}\n", &w), -EINVAL);
	assert_non_null(strstr(said, "x.bt: map @t: [ 1, 2 ] cannot be read"));
	assert_int_equal(parse("{\"type\": \"map\", \"data\": {\"@t\": {\"1\": 1.5}}}\n", &w),
			 -EINVAL);
	assert_int_equal(parse("no JSON\n{}\n{\"type\": \"map\"}\n[]\n", &w), 0);
}

static void check_narrow(const char *script, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(bt_script_narrow(script, &out), want != NULL);
	assert_string_equal(out.s, want ? want : "");
	strbuf_release(&out);
}

static void narrow(void **state UNUSED)
{
	check_narrow("tracepoint:syscalls:sys_exit_openat /args->ret < 0/ { @f[comm] = count(); }",
		     "tracepoint:syscalls:sys_exit_openat /cgroup == $1 && (args->ret < 0)/ { "
		     "@f[comm] = count(); }");
	check_narrow(
		"#!/usr/bin/env bpftrace\n// {\nt:a:b,\ntracepoint:c:d\n{ @x = count(); if (1) "
		"{ @y = 1; } }\nBEGIN { printf(\"}\\\"{\"); }\n",
		"#!/usr/bin/env bpftrace\n// {\nt:a:b,\ntracepoint:c:d\n/cgroup == $1/ { @x = "
		"count(); if (1) { @y = 1; } }\nBEGIN { printf(\"}\\\"{\"); }\n");
	check_narrow("t:a:b/1/{}END/0/{}", "t:a:b/cgroup == $1 && (1)/{}END/0/{}");
	/* Of other kinds nothing is known; and what cannot be read stays away. */
	check_narrow("kprobe:vfs_read { @x = count(); }", NULL);
	check_narrow("interval:s:1 { exit(); }", NULL);
	check_narrow("t:a:b { @x = count();", NULL);
	check_narrow("t:a:b", NULL);
	check_narrow("t:a:b /1 { }", NULL);
	check_narrow("", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(numbers, forget),
		cmocka_unit_test_teardown(without_key, forget),
		cmocka_unit_test_teardown(last_counts, forget),
		cmocka_unit_test_teardown(histograms, forget),
		cmocka_unit_test_teardown(averages, forget),
		cmocka_unit_test_teardown(other_things, forget),
		cmocka_unit_test(narrow),
	};

	return cmocka_run_group_tests_name("u_figures", tests, NULL, NULL);
}
