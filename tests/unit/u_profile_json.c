/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Profiles: stacks become rows of processes, some stacks are meant, losses and error bars add up.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "collector/profile_json.h"

enum { BLOCKS, BYTES, SIZES, ERROR, FIELDS };

static const struct counter_field fields[FIELDS] = {
	[BLOCKS] = {"blocks", "blocks"},
	[BYTES] = {"bytes", "bytes"},
	[SIZES] = {"sizes", "blocks", .slots = 8},
	[ERROR] = {"bytes_error", "bytes"},
};
static const struct vocabulary words = {
	.name = "profiles", .fields = fields, .nfields = FIELDS, .key_bytes = 4};

static char *wanted[FIELDS] = {"allocs", "bytes", "sizes", "errors.bytes"};
static char *stack[] = {"leaf", "mid", NULL};

static struct counter_table table;
static uint64_t lost, skipped;

static int take(const char *text, char *const *of)
{
	const struct profile_wish wish = {.fields = wanted, .stack = of};
	struct strbuf why = STRBUF_INIT;
	int err;

	counter_table_release(&table);
	table = counter_table_new(&words, (1ULL << FIELDS) - 1, words.key_bytes);
	err = profile_json_read(text, &wish, &table, &lost, &skipped, &why);
	if (err)
		assert_string_equal(why.s,
				    "is no profile: a JSON object with \"stacks\" is expected");
	strbuf_release(&why);
	return err;
}

static uint64_t value(uint64_t pid, uint32_t field, uint32_t slot)
{
	const struct counter_row *row = counter_table_find(&table, pid);

	assert_non_null(row);
	return row->value[vocabulary_slot(&words, field) + slot];
}

static void rows(void **state UNUSED)
{
	assert_int_equal(
		take("{\"stacks\": ["
		     "{\"frames\": [\"malloc\", \"leaf\", \"mid\", \"main\"], \"pid\": 7, "
		     "\"allocs\": 3, \"bytes\": 18446744073709551615},"
		     "{\"frames\": [\"leaf\", \"mid\"], \"pid\": 7, \"allocs\": 4, \"bytes\": "
		     "null},"
		     "{\"frames\": [\"leaf\", \"other\", \"mid\"], \"pid\": 7, \"allocs\": "
		     "100},"
		     "{\"frames\": [\"a\", \"b\", \"c\", \"leaf\", \"mid\"], \"pid\": 7, "
		     "\"allocs\": 1000},"
		     "{\"frames\": [null, \"leaf\", \"mid\"], \"pid\": 8, \"allocs\": 5}]}",
		     stack),
		0);
	assert_int_equal(table.n, 2);
	assert_true(value(7, BLOCKS, 0) == 7);
	assert_true(value(7, BYTES, 0) == UINT64_MAX);
	assert_true(value(8, BLOCKS, 0) == 5);
	assert_true(value(8, BYTES, 0) == 0);
}

static void all_stacks(void **state UNUSED)
{
	assert_int_equal(
		take("{\"processes\": [{\"pid\": 9}], \"stacks\": [{\"allocs\": 1}, {\"frames\": "
		     "[\"x\"], \"pid\": 9, \"allocs\": 2}],"
		     "\"sizes\": [{\"min\": 0, \"allocs\": 1}, {\"min\": 16, \"allocs\": 2}, "
		     "{\"min\": 4096, \"allocs\": 5}]}",
		     NULL),
		0);
	assert_int_equal(table.n, 1);
	assert_true(value(9, BLOCKS, 0) == 3);
	assert_true(value(9, SIZES, 0) == 1);
	assert_true(value(9, SIZES, 5) == 2);
	/* Beyond the last slot there is no place. */
	assert_true(value(9, SIZES, 7) == 0);
}

/* Two independent stacks: 3 and 4 make 5. */
static void errors(void **state UNUSED)
{
	assert_int_equal(
		take("{\"stacks\": [{\"pid\": 1, \"bytes\": 10, \"errors\": {\"bytes\": 3.0}}, "
		     "{\"pid\": 1, \"bytes\": 20, \"errors\": {\"bytes\": 4.0}},"
		     "{\"pid\": 1, \"bytes\": 1, \"errors\": null}]}",
		     NULL),
		0);
	assert_true(value(1, BYTES, 0) == 31);
	assert_true(value(1, ERROR, 0) == 5);
}

static void losses(void **state UNUSED)
{
	assert_int_equal(
		take("{\"stacks\": [], \"losses\": [{\"name\": \"untracked\", \"count\": 2}, "
		     "{\"name\": \"stacks_full\", \"count\": 3}, {\"name\": "
		     "\"recursion_misses\", \"count\": 7}, {\"name\": \"false_hits\", "
		     "\"count\": 99}, {\"count\": 1}, null]}",
		     NULL),
		0);
	assert_int_equal(table.n, 0);
	assert_true(lost == 5);
	assert_true(skipped == 7);
}

static void no_profile(void **state UNUSED)
{
	static const char *const texts[] = {
		"", "7", "[]", "{}", "{\"stacks\": null}", "{\"stacks\": [", "not JSON"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(take(texts[i], NULL), -EBADMSG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),	  cmocka_unit_test(all_stacks), cmocka_unit_test(errors),
		cmocka_unit_test(losses), cmocka_unit_test(no_profile),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	counter_table_release(&table);
	return failed;
}
