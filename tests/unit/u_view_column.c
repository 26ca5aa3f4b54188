/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Columns: found by any of their names, formatted, ordered; names made harmless for a terminal. */
#include "lib/base.h"

#include <limits.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "monitor/view/column.h"
#include "tests/unit/view_fixture.h"

static struct strbuf said = STRBUF_INIT;

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	strbuf_addstr(&said, line);
}

static void found_by_any_name(void **state UNUSED)
{
	static const struct {
		const char *name, *key;
	} cases[] = {
		{"rss", "rss"},
		{"RSS", "rss"},
		{"rss_kb", "rss"},
		{"mmap#", "mmap"},
		{"MMAP", "mmap"},
		{"%tot", "tot"},
		{"tot", "tot"},
		{"tot_pct", "tot"},
		{"USER(ms)", "user_ms"},
		{"user_ms", "user_ms"},
		{"user", "user"},
		{"mmap/s", "mmap_rate"},
		{"mmap_per_s", "mmap_rate"},
		{"trend-lo", "trend_low"},
		{"S", "state"},
		{"usage_bytes", "usage"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct column *c = column_find(cases[i].name);

		if (!c)
			fail_msg("no column %s", cases[i].name);
		assert_string_equal(c->key, cases[i].key);
	}
	assert_null(column_find(""));
	assert_null(column_find("%"));
}

static void tells_what_there_is(void **state UNUSED)
{
	log_capture(hear, NULL);
	column_unknown("rs\033[2J", NULL);
	column_unknown("threds", NULL);
	log_capture(NULL, NULL);
	assert_non_null(strstr(said.s, "no column 'rs?[2J'"));
	assert_non_null(strstr(said.s, "did you mean 'threads'?"));
	assert_non_null(strstr(said.s, "pid, processes, name, rss, pss, uss"));
	strbuf_release(&said);
}

/* No two columns answer to one name, all fields can be asked for, and each tool has its own set. */
static void table_is_sound(void **state UNUSED)
{
	static const char *const memmon[] = {"PID",   "NAME",	 "RSS",	 "VIRT",  "PEAK",
					     "MMAP#", "MUNMAP#", "BRK#", "TREND", "VERDICT"};
	static const char *const cpumon[] = {"PID",	 "NAME",     "%USR",	  "%SYS",   "%TOT",
					     "USER(ms)", "KERN(ms)", "TOTAL(ms)", "THREADS"};
	size_t m = 0, c = 0, width = 0;
	uint64_t fields = 0;

	for (size_t i = 0; i < ncolumns; i++) {
		const struct column *col = &columns[i];

		assert_ptr_equal(column_find(col->key), col);
		assert_ptr_equal(column_find(col->title), col);
		assert_true(col->help[0] && col->width);
		/* A title is no wider than its column. */
		assert_true(strlen(col->title) <= col->width);
		if (col->kind == COLUMN_NUMBER) {
			assert_ptr_equal(column_find(field_names[col->field]), col);
			assert_false(fields & FIELD_BIT(col->field));
			fields |= FIELD_BIT(col->field);
		}
		if (col->memmon) {
			assert_string_equal(col->title, memmon[m++]);
			if (m <= 8)
				width += col->width + (m > 1);
		}
		if (col->cpumon)
			assert_string_equal(col->title, cpumon[c++]);
	}
	assert_int_equal(m, ARRAY_SIZE(memmon));
	assert_int_equal(c, ARRAY_SIZE(cpumon));
	assert_true(width <= 80);
	assert_int_equal(fields, (FIELD_BIT(FIELD_COUNT)) - 1);
	assert_null(columns[ncolumns].key);
}

static const char *cell(const char *key, const struct proc_row *row, bool human)
{
	static struct strbuf sb[4] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
	static unsigned int turn;
	struct strbuf *out = &sb[turn++ % 4];

	strbuf_release(out);
	if (key)
		column_format(column_find(key), row, human, out);
	return out->s;
}

static void formats(void **state UNUSED)
{
	static const struct {
		const char *key;
		double value;
		const char *plain, *human;
	} cases[] = {
		{"rss", 251494, "251494", "246M"},
		{"rss", 0, "0", "0"},
		{"rss", NAN, "-", "-"},
		{"rss", 1, "1", "1.0K"},
		{"rss", 1023.99, "1024", "1.0M"},
		{"virt", 1048576, "1048576", "1.0G"},
		{"virt", 102400, "102400", "100M"},
		{"virt", 1e15, "1000000000000000", "909P"},
		{"usage", -1536, "-1536", "-1.5K"},
		{"usage", 1023, "1023", "1023"},
		{"mmap", 99999, "99999", "99999"},
		{"mmap", 1234567, "1234567", "1.2M"},
		{"mmap_rate", 0.04, "0.0", "0.0"},
		{"mmap_rate", 99.96, "100", "100"},
		{"mmap_rate", 12345, "12345", "12.3K"},
		{"tot", 12.34, "12.3", "12.3"},
		{"tot", -0.001, "0.0", "0.0"},
		{"user_ms", 850, "850", "850ms"},
		{"user_ms", 59960, "59960", "1m00s"},
		{"user_ms", 12300, "12300", "12.3s"},
		{"age", 245, "245", "4m05s"},
		{"age", 11220, "11220", "3h07m"},
		{"age", 1051200, "1051200", "12d04h"},
		{"trend", 1258291, "+1258291", "+1.2M/s"},
		{"trend", -2048, "-2048", "-2.0K/s"},
		{"trend", 0.2, "0", "0"},
		{"trend_low", -INFINITY, "-", "-"},
		{"threads", INFINITY, "-", "-"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct proc_row row = row_of(1, 0, "x", NAN);

		row.flags = ROW_EXACT;
		row.v[column_find(cases[i].key)->field] = cases[i].value;
		assert_string_equal(cell(cases[i].key, &row, false), cases[i].plain);
		assert_string_equal(cell(cases[i].key, &row, true), cases[i].human);
	}
	cell(NULL, NULL, false);
}

static void approximations_say_so(void **state UNUSED)
{
	struct proc_row row = row_of(1, 0, "x", 251494);

	row.v[FIELD_THREADS] = 3;
	assert_string_equal(cell("rss", &row, false), "~251494");
	assert_string_equal(cell("rss", &row, true), "~246M");
	assert_string_equal(cell("virt", &row, false), "-"); /* what is not known is not about */
	assert_string_equal(cell("threads", &row, false), "3");
	row.flags = ROW_EXACT;
	assert_string_equal(cell("rss", &row, false), "251494");
	for (int i = 0; i < 4; i++)
		cell(NULL, NULL, false);
}

/* Memory is what /proc says all the same; what the monitor's programs count is not. */
static void n43_calls_are_about_where_runs_were_skipped(void **state UNUSED)
{
	struct proc_row row = row_of(1, 0, "x", 251494);

	row.flags = ROW_EXACT | ROW_SKIPPED;
	row.v[FIELD_MUNMAP] = 17;
	row.v[FIELD_USAGE] = 4096;
	row.v[FIELD_MMAP_RATE] = 2;
	row.v[FIELD_THREADS] = 3;
	assert_false(row_is_exact(&row));
	assert_string_equal(cell("rss", &row, false), "251494");
	assert_string_equal(cell("munmap", &row, false), "~17");
	assert_string_equal(cell("usage", &row, false), "~4096");
	assert_int_equal(*cell("mmap_rate", &row, false), '~');
	assert_string_equal(cell("threads", &row, false), "3");
	row.flags = ROW_EXACT;
	assert_true(row_is_exact(&row));
	assert_string_equal(cell("munmap", &row, false), "17");
	for (int i = 0; i < 4; i++)
		cell(NULL, NULL, false);
}

static void other_kinds(void **state UNUSED)
{
	struct proc_row row = row_of(4194304, 1, "a\tb\n(c) d", 5);

	row.uid = 0;
	row.verdict = VERDICT_GROWING;
	assert_string_equal(cell("pid", &row, true), "4194304");
	assert_string_equal(cell("ppid", &row, false), "1");
	assert_string_equal(cell("name", &row, false), "a?b?(c) d");
	assert_string_equal(cell("verdict", &row, false), "growing");
	row.verdict = 200;
	assert_string_equal(cell("verdict", &row, false), "too early");
	row.state = '\0';
	assert_string_equal(cell("state", &row, false), "?");
	row.state = 'Z';
	assert_string_equal(cell("s", &row, false), "Z");
	assert_string_equal(cell("user", &row, false), "root");
	for (int i = 0; i < 4; i++)
		cell(NULL, NULL, false);
}

static void users_are_remembered(void **state UNUSED)
{
	const char *root = column_user(0);
	char number[16];

	assert_string_equal(root, "root");
	assert_ptr_equal(column_user(0), root);
	assert_string_equal(column_user(4294967293u), "4294967293");
	/* More than are remembered: still answered. */
	for (uint32_t uid = 3000000000u; uid < 3000002000u; uid++) {
		snprintf(number, sizeof(number), "%u", uid);
		assert_string_equal(column_user(uid), number);
	}
	assert_ptr_equal(column_user(0), root);
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void unknown_comes_last_either_way(void **state UNUSED)
{
	const struct column *rss = column_find("rss");
	struct proc_row a = row_of(1, 0, "a", 5), b = row_of(2, 0, "b", 7),
			none = row_of(3, 0, "c", NAN);

	for (int d = 0; d < 2; d++) {
		assert_int_equal(sign(column_compare(rss, &a, &b, d)), d ? 1 : -1);
		assert_int_equal(sign(column_compare(rss, &a, &none, d)), -1);
		assert_int_equal(sign(column_compare(rss, &none, &b, d)), 1);
		assert_int_equal(column_compare(rss, &none, &none, d), 0);
		assert_int_equal(column_compare(rss, &a, &a, d), 0);
		assert_int_equal(sign(column_compare(column_find("name"), &a, &b, d)), d ? 1 : -1);
	}
	a.verdict = VERDICT_GROWING;
	b.verdict = VERDICT_STEADY;
	none.verdict = VERDICT_TOO_EARLY;
	assert_true(column_compare(column_find("verdict"), &a, &b, true) < 0);
	assert_true(column_compare(column_find("verdict"), &none, &b, true) > 0);
	assert_true(column_compare(column_find("verdict"), &none, &b, false) > 0);
}

static const struct {
	const char *bytes;
	int cells;
	const char *text;
	int used;
} texts[] = {
	{"plain", 15, "plain", 5},
	{"plain", 3, "pla", 3},
	{"plain", 0, "", 0},
	{"plain", -1, "plain", 5},
	{"plain", INT_MAX, "plain", 5},
	{"a\033[31mb", 15, "a?[31mb", 7},
	{"\x7f\x01", 15, "??", 2},
	{"caf\xc3\xa9", 15, "caf\xc3\xa9", 4},
	{"caf\xc3", 15, "caf?", 4},	     /* cut in the middle of a character */
	{"\xc3(", 15, "?(", 2},		     /* what follows is read anew */
	{"\xc0\xaf", 15, "??", 2},	     /* an overlong slash */
	{"\xe0\x80\xaf", 15, "???", 3},	     /* another */
	{"\xed\xa0\x80", 15, "???", 3},	     /* half of a surrogate pair */
	{"\xf4\x90\x80\x80", 15, "????", 4}, /* above the last character */
	{"\xff\xfe", 15, "??", 2},
	{"\xc2\x9b"
	 "2J",
	 15, "?2J", 3}, /* CSI in one character */
	{"\xe2\x80\xae"
	 "cod.exe",
	 15, "?cod.exe", 8}, /* right to left from here */
	{"\xe4\xb8\xad\xe6\x96\x87", 15, "\xe4\xb8\xad\xe6\x96\x87", 4}, /* two wide ones */
	{"\xe4\xb8\xad\xe6\x96\x87", 3, "\xe4\xb8\xad", 2}, /* half a wide one is none */
	{"e\xcc\x81x", 15, "e\xcc\x81x", 2},		    /* a combining mark takes no cell */
	{"\xcc\x81x", 15, "?x", 2},			    /* with nothing to stand on */
	{"\xf0\x9f\x90\x9d", 15, "\xf0\x9f\x90\x9d", 2},    /* a bee */
};

static void names_are_harmless(void **state UNUSED)
{
	static const char *const locales[] = {"C", "C.UTF-8"};

	for (size_t l = 0; l < ARRAY_SIZE(locales); l++) {
		if (!setlocale(LC_CTYPE, locales[l]))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
			struct strbuf out = STRBUF_INIT;

			assert_int_equal(column_text(texts[i].bytes, texts[i].cells, &out),
					 texts[i].used);
			assert_string_equal(out.s, texts[i].text);
			strbuf_release(&out);
		}
	}
	setlocale(LC_CTYPE, "C");
}

/* Whatever the bytes: no control byte comes out, and never more cells than allowed. */
static void any_bytes(void **state UNUSED)
{
	struct rng rng = {.state = 1};

	for (int round = 0; round < 20000; round++) {
		char bytes[16] = "";
		struct strbuf out = STRBUF_INIT;
		int cells = (int)rng_below(&rng, 16), used;

		for (size_t i = 0; i < rng_below(&rng, 16); i++)
			bytes[i] = (char)rng_next(&rng);
		used = column_text(bytes, cells, &out);
		assert_in_range(used, 0, cells);
		for (size_t i = 0; i < out.len; i++)
			assert_true((unsigned char)out.s[i] >= 0x20 && out.s[i] != 0x7f);
		strbuf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_any_name),
		cmocka_unit_test(tells_what_there_is),
		cmocka_unit_test(table_is_sound),
		cmocka_unit_test(formats),
		cmocka_unit_test(approximations_say_so),
		cmocka_unit_test(n43_calls_are_about_where_runs_were_skipped),
		cmocka_unit_test(other_kinds),
		cmocka_unit_test(users_are_remembered),
		cmocka_unit_test(unknown_comes_last_either_way),
		cmocka_unit_test(names_are_harmless),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
