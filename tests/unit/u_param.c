/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parameters by table: every kind, written and read back, and every mistake. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/param.h"

struct target {
	uint64_t count, size, mode;
	bool touch, after;
	char file[PARAM_TEXT_MAX];
};

static const char *const modes[] = {"fifo", "lifo", NULL};

static const struct param table[] = {
	PARAM_ROW(target, count, U64, "how many", 23, 1, 1000),
	PARAM_ROW(target, size, BYTES, "how large", 4096, 0, 0),
	PARAM_ROW_ENUM(target, mode, "which way", 1, modes),
	PARAM_ROW_BOOL(target, touch, "whether", false),
	PARAM_ROW_TEXT(target, file, "from where"),
	PARAM_END,
};

static char said[256];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

static void defaults(void **state)
{
	struct target t;

	(void)state;
	memset(&t, 0xff, sizeof(t));
	t.touch = t.after = true;
	param_defaults(table, &t);
	assert_int_equal(t.count, 23);
	assert_int_equal(t.size, 4096);
	assert_int_equal(t.mode, 1);
	assert_false(t.touch);
	assert_true(t.after);
	assert_string_equal(t.file, "");
	param_defaults(NULL, &t);
	assert_int_equal(param_parse(table, "x", NULL, &t), 0);
	assert_int_equal(param_parse(NULL, "x", "", &t), 0);
}

static void spellings(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	struct target t;

	(void)state;
	param_defaults(table, &t);
	assert_int_equal(
		param_parse(table, "x", "count=0x10,size=3M,mode=fifo,touch,file=a/b=c", &t), 0);
	param_format(table, &t, &sb);
	assert_string_equal(sb.s, "count=16,size=3145728,mode=fifo,touch=yes,file=a/b=c");
	/* What it prints it reads; later words win, others stay. */
	assert_int_equal(param_parse(table, "x", sb.s, &t), 0);
	assert_int_equal(param_parse(table, "x", ",count=1,,count=2,touch=off,", &t), 0);
	assert_int_equal(t.count, 2);
	assert_int_equal(t.size, 3 << 20);
	assert_false(t.touch);
	assert_string_equal(t.file, "a/b=c");
	assert_int_equal(param_get(&table[4], &t), 0);
	for (size_t i = 0; i < 4; i++) {
		static const uint64_t values[] = {2, 3 << 20, 0, 0};

		assert_int_equal(param_get(&table[i], &t), values[i]);
	}
	strbuf_release(&sb);
}

static void mistakes(void **state)
{
	static const struct {
		const char *spec, *text;
	} cases[] = {
		{"cuont=1", "x has no parameter 'cuont'; did you mean 'count'?"},
		{"wholly=1", "x has no parameter 'wholly'; see 'beebench list'"},
		{"count=0", "x: parameter 'count' takes a number from 1 to 1000, not '0'"},
		{"count=1001", "x: parameter 'count' takes a number from 1 to 1000, not '1001'"},
		{"count=4K", "x: parameter 'count' takes a number from 1 to 1000, not '4K'"},
		{"count", "x: parameter 'count' takes a number from 1 to 1000, not ''"},
		{"count=-1", "x: parameter 'count' takes a number from 1 to 1000, not '-1'"},
		{"size=4KB",
		 "x: parameter 'size' takes a number (K, M, G allowed) from 0, not '4KB'"},
		{"size=99999999999G",
		 "x: parameter 'size' takes a number (K, M, G allowed) from 0, not '99999999999G'"},
		{"mode=filo", "x: parameter 'mode' takes one of fifo, lifo, not 'filo'"},
		{"touch=maybe", "x: parameter 'touch' takes yes or no, not 'maybe'"},
		{"file", "x: parameter 'file' takes a text of 1 to 255 characters, not ''"},
	};
	char longest[400];
	struct target t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		param_defaults(table, &t);
		assert_int_equal(param_parse(table, "x", cases[i].spec, &t), -EINVAL);
		assert_string_equal(said, cases[i].text);
	}
	assert_int_equal(param_parse(NULL, "idle", "a=1", &t), -EINVAL);
	assert_string_equal(said, "idle takes no parameters, 'a' was given");
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(param_parse(table, "x", longest, &t), -EINVAL);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool bytes;
		int err;
		uint64_t value;
	} cases[] = {
		{"0", false, 0, 0},
		{"18446744073709551615", false, 0, UINT64_MAX},
		{"18446744073709551616", false, -ERANGE, 0},
		{"16G", true, 0, 16ULL << 30},
		{"16g", true, 0, 16ULL << 30},
		{"17179869183G", true, 0, 17179869183ULL << 30},
		{"17179869184G", true, -ERANGE, 0},
		{"1K", false, -EINVAL, 0},
		{"010", false, 0, 10},
		{"0xfF", false, 0, 255},
		{"0x", false, -EINVAL, 0},
		{"", true, -EINVAL, 0},
		{" 1", true, -EINVAL, 0},
		{"+1", true, -EINVAL, 0},
		{"1 ", true, -EINVAL, 0},
		{"K", true, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		assert_int_equal(param_number(cases[i].text, cases[i].bytes, &value), cases[i].err);
		assert_true(value == cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(spellings),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(numbers),
	};

	log_capture(keep, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
