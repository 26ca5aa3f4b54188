/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Issue 13, number 8: text of anybody's making is harmless on each way out. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/printable.h"

static void check(void (*add)(struct strbuf *, const char *), const char *text, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	add(&out, text);
	assert_string_equal(out.s, want);
	strbuf_release(&out);
}

static void a_line_is_one_line(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{"memmon", "memmon"},
		{"", ""},
		{"a\nb\tc", "a b c"},
		{"x\n::error::y", "x ::error::y"},
		{"\033]0;PWN\007x", "?]0;PWN?x"},
		{"a\r\bb\177c", "a??b?c"},
		{"\xc2\x9b"
		 "31m",
		 "?31m"}, /* CSI of the C1 set */
		{"a\xe2\x80\xae"
		 "b",
		 "a?b"}, /* right to left */
		{"\xef\xbb\xbf"
		 "x",
		 "?x"},			 /* BOM */
		{"\xff\xc3", "??"},	 /* no UTF-8 */
		{"\xc0\xaf", "??"},	 /* over-long */
		{"\xed\xa0\x80", "???"}, /* half a surrogate pair */
		{"\xef\xbf\xbf", "?"},	 /* U+FFFF */
		{"gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2", "gr\xc3\xbc\xc3\x9f \xe6\xbc\xa2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(printable_add_line, cases[i][0], cases[i][1]);
}

static void lines_are_no_commands(void **state UNUSED)
{
	check(printable_add_lines, "a\n\tb\033[1m", "a\n\tb?[1m");
	check(printable_add_lines, "a\n::error::x\n  ::set-output name=y::z\n##[error]w\n: :",
	      "a\n| ::error::x\n|   ::set-output name=y::z\n| ##[error]w\n: :");
}

static void json_says_the_same(void **state UNUSED)
{
	static const char text[] = "a\033\xc2\x9b\xe2\x80\xae\177\xf3\xa0\x80\x81z";
	struct json_object *o = json_object_new_string(text), *back;
	struct strbuf out = STRBUF_INIT;

	printable_add_json(&out, json_object_to_json_string(o));
	assert_string_equal(out.s, "\"a\\u001b\\u009b\\u202e\\u007f\\udb40\\udc01z\"");
	back = json_tokener_parse(out.s);
	assert_string_equal(json_object_get_string(back), text);
	json_object_put(o);
	json_object_put(back);
	strbuf_release(&out);
}

static void what_comes_in_is_utf8(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;

	printable_add_utf8(&out, "a\xff\xc3\xa9\xe2\x82", 6);
	assert_string_equal(out.s, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd");
	assert_true(printable_is_utf8(out.s, out.len));
	assert_false(printable_is_utf8("a\xff", 2));
	assert_true(printable_is_utf8("", 0));
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_line),
		cmocka_unit_test(lines_are_no_commands),
		cmocka_unit_test(json_says_the_same),
		cmocka_unit_test(what_comes_in_is_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
