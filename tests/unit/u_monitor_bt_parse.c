/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* bpftrace's JSON, old and new, whole and broken. Shapes: reference of 0.17.0 taken by hand, 0.26
 * from its CHANGELOG. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector/bpftrace.h"

static struct bt_result r;

static void parse(const char *text)
{
	bt_release(&r);
	bt_parse(text, strlen(text), &r);
}

static int forget(void **state UNUSED)
{
	bt_release(&r);
	return 0;
}

static uint64_t cell(const char *map, uint32_t key)
{
	const struct bt_map *m = bt_find(&r, map);

	assert_non_null(m);
	for (size_t i = 0; i < m->n; i++)
		if (m->cells[i].key == key)
			return m->cells[i].value;
	fail_msg("%s has no key %u", map, key);
	return 0;
}

static void debian_12(void **state UNUSED)
{
	parse("{\"type\": \"attached_probes\", \"data\": {\"probes\": 3}}\n"
	      "\n\n"
	      "{\"type\": \"map\", \"data\": {\"@brk_count\": {\"841\": 251, \"7\": 0}}}\n"
	      "{\"type\": \"map\", \"data\": {\"@scalar\": 5}}\n"
	      "{\"type\": \"lost_events\", \"data\": {\"events\": 102}}\n"
	      "{\"type\": \"lost_events\", \"data\": {\"events\": 3}}\n"
	      "{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 1}]}}\n");
	assert_true(r.ready);
	assert_int_equal(r.probes, 3);
	assert_int_equal(r.lost_events, 105);
	assert_int_equal(r.bad_lines, 0);
	assert_false(r.truncated);
	assert_int_equal(r.nmaps, 3);
	assert_string_equal(bt_find(&r, "@h")->odd,
			    "it is of kind hist; counters are made by count() and sum()");
	assert_int_equal(cell("@brk_count", 841), 251);
	assert_int_equal(cell("@brk_count", 7), 0);
	assert_null(bt_find(&r, "@brk_count")->odd);
	assert_string_equal(bt_find(&r, "@scalar")->odd,
			    "it is 5, not a table by thread or process");
}

static void newest(void **state UNUSED)
{
	parse("{\"type\": \"attached_probes\", \"data\": {\"probes\": 4}, \"count\": 4}\n"
	      "{\"type\": \"lost_events\", \"data\": {\"count\": 7}}\n"
	      "{\"type\": \"lost_events\", \"count\": 1}\n"
	      "{\"type\": \"tseries\", \"data\": {\"@t\": {}}}\n"
	      "{\"type\": \"runtime_error\", \"data\": {\"msg\": \"x\"}}\n"
	      "{\"type\": \"map\", \"data\": {\"@f\": {\"1\": 2.5}}}\n");
	assert_int_equal(r.probes, 4);
	assert_int_equal(r.lost_events, 8);
	assert_int_equal(r.bad_lines, 0);
	assert_string_equal(bt_find(&r, "@f")->odd, "its value 2.5 is no counter");
}

static void large_numbers(void **state UNUSED)
{
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"4294967295\": 18446744073709551615, "
	      "\"1\": "
	      "9223372036854812046}}}\n");
	assert_true(cell("@a", UINT32_MAX) == UINT64_MAX);
	assert_true(cell("@a", 1) == 9223372036854812046ULL);
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"4294967296\": 1}}}\n");
	assert_string_equal(bt_find(&r, "@a")->odd, "its key '4294967296' is no number");
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"1\": -5}}}\n");
	assert_string_equal(bt_find(&r, "@a")->odd, "its value -5 is no counter");
}

static void a_map_printed_twice(void **state UNUSED)
{
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"1\": 1, \"2\": 2}}}\n"
	      "{\"type\": \"map\", \"data\": {\"@a\": {\"1\": 10}}}\n");
	assert_int_equal(r.nmaps, 1);
	assert_int_equal(bt_find(&r, "@a")->n, 1);
	assert_int_equal(cell("@a", 1), 10);
}

static void odd_keys(void **state UNUSED)
{
	parse("{\"type\": \"map\", \"data\": {\"@k\": {\"w,6077\": 15, \"12\": 1}}}\n");
	assert_string_equal(bt_find(&r, "@k")->odd, "its key 'w,6077' is no number");
	assert_int_equal(cell("@k", 12), 1);
	/* What 0.17 makes of a byte of 0x80 and above: valid JSON, wrong name. And a tool that
	 * prints the byte. */
	parse("{\"type\": \"map\", \"data\": {\"@k\": {\"\\uffffffc3\": 1}}}\n"
	      "{\"type\": \"map\", \"data\": {\"@j\": {\"a\xc3\": 1}}}\n"
	      "{\"type\": \"map\", \"data\": {\"@i\": {\"5\": 1}}}\n");
	assert_int_equal(r.bad_lines, 0);
	assert_non_null(bt_find(&r, "@k")->odd);
	assert_non_null(bt_find(&r, "@j")->odd);
	assert_int_equal(cell("@i", 5), 1);
}

static void fake_lines(void **state UNUSED)
{
	/* Printed by a watched program, or by the script's printf: not counters. */
	parse("{\"type\": \"printf\", \"data\": \"{\\\"type\\\": \\\"map\\\", \\\"data\\\": "
	      "{\\\"@a\\\": {\\\"1\\\": "
	      "99}}}\\n\"}\n"
	      "{\"type\": \"map\", \"data\": 5}\n"
	      "{\"type\": \"map\"}\n"
	      "{\"type\": 7, \"data\": {\"@a\": {\"1\": 99}}}\n"
	      "{\"data\": {\"@a\": {\"1\": 99}}}\n"
	      "{\"type\": \"attached_probes\", \"data\": {\"probes\": \"many\"}}\n"
	      "[\"map\"]\n"
	      "\"map\"\n"
	      "null\n"
	      "{\"type\": \"map\", \"data\": {\"@a\": {\"1\": 99}}} {\"more\": 1}\n"
	      "Attaching 3 probes...\n");
	assert_int_equal(r.nmaps, 0);
	assert_int_equal(r.bad_lines, 10);
	assert_int_equal(r.first_bad, 2);
}

static void last_line_cut(void **state UNUSED)
{
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"1\": 1}}}\n"
	      "{\"type\": \"map\", \"data\": {\"@b\": {\"1\"");
	assert_true(r.truncated);
	assert_int_equal(r.bad_lines, 0);
	assert_int_equal(r.nmaps, 1);
	parse("{\"type\": \"map\", \"data\": {\"@a\": {\"1\": 1}}}"); /* whole, but for the line
									 feed */
	assert_false(r.truncated);
	assert_int_equal(cell("@a", 1), 1);
	parse("");
	assert_false(r.truncated);
	assert_false(r.ready);
}

static void bytes_of_zero(void **state UNUSED)
{
	static const char text[] = "\0\0\n{\"type\": \"map\"\0\n\n{\"type\": \"ready\"}\n";

	bt_release(&r);
	bt_parse(text, sizeof(text) - 1, &r);
	assert_int_equal(r.bad_lines, 2);
	assert_true(r.ready);
}

/* Issue 13, 22: the lines of each release from 0.17 to 0.27, as they print them. */
static void every_release(void **state UNUSED)
{
	static const struct {
		const char *release, *attached, *lost, *full, *large;
	} releases[] = {
		{"0.17", "{\"type\": \"attached_probes\", \"data\": {\"probes\": 3}}",
		 "{\"type\": \"lost_events\", \"data\": {\"events\": 7}}", "",
		 "18446744073709551615"},
		{"0.18 to 0.22", "{\"type\": \"attached_probes\", \"data\": {\"probes\": 3}}",
		 "{\"type\": \"lost_events\", \"data\": {\"events\": 7}}",
		 "{\"type\": \"helper_error\", \"msg\": \"Argument list too long\", \"helper\": "
		 "\"map_update_elem\", \"retcode\": -7, \"line\": 1, \"col\": 35}",
		 "18446744073709551615"},
		{"0.23", "{\"type\": \"attached_probes\", \"data\": {\"probes\": 3}}",
		 "{\"type\": \"lost_events\", \"data\": {\"events\": 7}}",
		 "{\"type\": \"helper_error\", \"msg\": \"Map full; can't update element. Try "
		 "increasing max_map_keys config\", \"helper\": \"map_update_elem\", \"retcode\": "
		 "-7, "
		 "\"line\": 1, \"col\": 35}",
		 "18446744073709551615"},
		{"0.24 to 0.26",
		 "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}",
		 "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7}}",
		 "{\"type\": \"runtime_error\", \"msg\": \"Map full; can't update element\", "
		 "\"helper\": \"map_update_elem\", \"retcode\": -7, \"filename\": \"a.bt\", "
		 "\"line\": 1, \"col\": 35}",
		 "\"18446744073709551615\""},
		{"0.27", "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}",
		 "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7}}",
		 "{\"type\": \"helper_error\", \"msg\": \"Argument list too long\", \"helper\": "
		 "\"map_update_elem\", \"retcode\": -7, \"filename\": \"a.bt\", \"line\": 1, "
		 "\"col\": 35}",
		 "\"18446744073709551615\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(releases); i++) {
		char text[2048];

		snprintf(text, sizeof(text),
			 "%s\n\n%s\n%s\n%s\n{\"type\": \"map\", \"data\": {\"@n\": {\"841\": %s, "
			 "\"7\": 4611686018427387904}}}\n",
			 releases[i].attached, releases[i].lost, releases[i].full, releases[i].full,
			 releases[i].large);
		parse(text);
		assert_true(r.ready);
		assert_int_equal(r.probes, 3);
		assert_int_equal(r.lost_events, 7);
		assert_int_equal(r.map_full, *releases[i].full ? 2 : 0);
		assert_int_equal(r.errors, 0);
		assert_int_equal(r.bad_lines, 0);
		assert_null(bt_find(&r, "@n")->odd);
		assert_true(cell("@n", 841) == UINT64_MAX);
		assert_true(cell("@n", 7) == 1ULL << 62);
	}
}

static void maps_of_other_kinds(void **state UNUSED)
{
	parse("{\"type\": \"stats\", \"data\": {\"@s\": {\"1\": {\"count\": 15, \"average\": 5494, "
	      "\"total\": \"9007199254740993\"}}}}\n"
	      "{\"type\": \"hist\", \"data\": {\"@h\": {\"1\": [{\"min\": 0, \"max\": 0, "
	      "\"count\": 1}]}}}\n"
	      "{\"type\": \"tseries\", \"data\": {\"@t\": "
	      "[{\"interval_start\":\"x\",\"value\":5}]}}\n"
	      "{\"type\": \"map\", \"data\": {\"@w\": {\"1\": \"12a\"}, \"@m\": {\"1\": "
	      "\"-3\"}}}\n");
	assert_int_equal(r.bad_lines, 0);
	assert_string_equal(bt_find(&r, "@s")->odd,
			    "it is of kind stats; counters are made by count() and sum()");
	assert_string_equal(bt_find(&r, "@h")->odd,
			    "it is of kind hist; counters are made by count() and sum()");
	assert_string_equal(bt_find(&r, "@t")->odd,
			    "it is of kind tseries; counters are made by count() and sum()");
	assert_string_equal(bt_find(&r, "@w")->odd, "its value 12a is no counter");
	assert_string_equal(bt_find(&r, "@m")->odd, "its value -3 is no counter");
}

static void errors_while_it_runs(void **state UNUSED)
{
	parse("{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": "
	      "\"probe_read_user\", \"retcode\": -14, \"line\": 4, \"col\": 9}\n"
	      "{\"type\": \"runtime_error\", \"msg\": \"Divide or modulo by 0 detected.\", "
	      "\"filename\": \"a.bt\", \"line\": 1, \"col\": 1}\n"
	      "{\"type\": \"errorf\", \"data\": \"no more\\n\"}\n");
	assert_int_equal(r.bad_lines, 0);
	assert_int_equal(r.map_full, 0);
	assert_int_equal(r.errors, 3);
	assert_string_equal(r.first_error, "probe_read_user: Bad address, line 4");
	parse("{\"type\": \"errorf\", \"data\": \"no more\\n\"}\n");
	assert_string_equal(r.first_error, "no more");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_release),
		cmocka_unit_test(maps_of_other_kinds),
		cmocka_unit_test(errors_while_it_runs),
		cmocka_unit_test(debian_12),
		cmocka_unit_test(newest),
		cmocka_unit_test(large_numbers),
		cmocka_unit_test(a_map_printed_twice),
		cmocka_unit_test(odd_keys),
		cmocka_unit_test(fake_lines),
		cmocka_unit_test(last_line_cut),
		cmocka_unit_test(bytes_of_zero),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
