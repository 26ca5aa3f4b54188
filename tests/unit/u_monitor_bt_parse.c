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
	assert_int_equal(r.nmaps, 2);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_12),	 cmocka_unit_test(newest),
		cmocka_unit_test(large_numbers), cmocka_unit_test(a_map_printed_twice),
		cmocka_unit_test(odd_keys),	 cmocka_unit_test(fake_lines),
		cmocka_unit_test(last_line_cut), cmocka_unit_test(bytes_of_zero),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
