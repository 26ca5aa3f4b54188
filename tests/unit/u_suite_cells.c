/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The cells of suites: which there are, what they are called, and the suite of one alone. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/suite/suite_cells.h"
#include "lib/log.h"

static void parse(struct suite_file *f, const char *suites)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "{\"schema\": 1, \"suites\": {%s}}", suites);
	assert_int_equal(suite_file_parse(f, "beebench.json", text.s), 0);
	strbuf_release(&text);
}

/* The id of the only cell. */
static char *id_of(const char *suites)
{
	struct suite_file f;
	struct suite_cells c;
	char *id;

	parse(&f, suites);
	suite_cells_list(&c, &f, NULL);
	assert_int_equal(c.n, 1);
	id = strdup(c.cell[0].id);
	assert_non_null(id);
	suite_cells_release(&c);
	suite_file_release(&f);
	return id;
}

#define A "\"a\": {\"monitors\": [\"o/x.bpf.o\"], \"workloads\": [\"mmap:count=3\"]"

/* The ids of plans that were made before stay good: these are written down. */
static void test_ids_stay(void **state UNUSED)
{
	static const struct {
		const char *suites, *id;
	} row[] = {
		{A "}", "a-verify-x-host-mmap_count_3-928e60bc4d059d29"},
		{"\"b\": {\"monitors\": [\"memmon\"], \"kernels\": [\"6.1/arm64\"], \"measures\": "
		 "[\"exact\"]}",
		 "b-exact-memmon-6.1_arm64-9f99c5281ea58610"},
		{"\"b\": {\"monitors\": [\"memmon\"], \"measures\": [\"ringbuf\"], \"seconds\": "
		 "2.5, \"options\": {\"ringbuf\": \"only=monitor\"}}",
		 "b-ringbuf-memmon-host-74606f25f6d2b1b4"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char *id = id_of(row[i].suites);

		assert_string_equal(id, row[i].id);
		free(id);
	}
}

/* Everything that is measured otherwise is another cell. */
static void test_ids_differ(void **state UNUSED)
{
	static const char *const other[] = {
		"\"b\": {\"monitors\": [\"o/x.bpf.o\"], \"workloads\": [\"mmap:count=3\"]}",
		"\"a\": {\"monitors\": [\"p/x.bpf.o\"], \"workloads\": [\"mmap:count=3\"]}",
		"\"a\": {\"monitors\": [\"o/x.bpf.o\"], \"workloads\": [\"mmap:count=4\"]}",
		"\"a\": {\"monitors\": [\"o/x.bpf.o\"]}",
		A ", \"seconds\": 3}",
		A ", \"quick\": true}",
		A ", \"kernels\": [\"6.12\"]}",
		A ", \"options\": {\"verify\": \"together=no\"}}",
		A ", \"means\": \"@ = count()\"}",
	};
	char *ids[ARRAY_SIZE(other) + 1] = {id_of(A "}")};

	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		ids[i + 1] = id_of(other[i]);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
		assert_int_equal(strspn(ids[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
						"XYZ0123456789._-"),
				 strlen(ids[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		free(ids[i]);
}

/* What a cell has all of may stand in any order. */
static void test_order(void **state UNUSED)
{
	char *a = id_of("\"a\": {\"monitors\": [\"x.o\"], \"kernels\": [\"6.1\"], "
			"\"workloads\": [\"mmap\", \"brk\"], \"events\": [\"brk\", \"mmap\"]}");
	char *b = id_of("\"a\": {\"events\": [\"mmap\", \"brk\"], \"workloads\": [\"brk\", "
			"\"mmap\"], \"kernels\": [\"6.1\"], \"monitors\": [\"x.o\"]}");

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void test_alone(void **state UNUSED)
{
	struct suite_file f;
	struct suite_cells c;
	struct suite one;

	parse(&f, "\"a\": {\"monitors\": [\"x.o\", \"y.o\"], \"workloads\": [\"mmap\", \"brk\"], "
		  "\"events\": [\"brk\"], \"measures\": [\"verify\", \"overhead\", \"gate\"]}");
	suite_cells_list(&c, &f, NULL);
	/* Two monitors beside two workloads each, two monitors at one event each, no gate. */
	assert_int_equal(c.n, 6);
	assert_ptr_equal(suite_cells_find(&c, &f, c.cell[3].id), &c.cell[3]);
	suite_cell_alone(&c.cell[3], &one);
	assert_int_equal(one.monitors.n, 1);
	assert_string_equal(one.monitors.v[0], "y.o");
	assert_int_equal(one.measures.n, 1);
	assert_string_equal(one.measures.v[0], "verify");
	assert_int_equal(one.workloads.n, 1);
	assert_string_equal(one.workloads.v[0], "brk");
	assert_int_equal(one.events.n, 1);
	assert_int_equal(one.kernels.n, 0);
	suite_cell_release(&one);
	suite_cells_release(&c);
	suite_cells_list(&c, &f, (const char *const[]){"b", NULL});
	assert_int_equal(c.n, 0);
	suite_cells_release(&c);
	suite_file_release(&f);
}

static void keep_line(void *arg, enum log_level level UNUSED, const char *line)
{
	snprintf(arg, 200, "%s", line);
}

static void test_unknown(void **state UNUSED)
{
	char said[200] = "";
	struct suite_file f;
	struct suite_cells c;

	parse(&f, A "}");
	suite_cells_list(&c, &f, NULL);
	log_capture(keep_line, said);
	assert_null(suite_cells_find(&c, &f, "zzz"));
	log_capture(NULL, NULL);
	assert_string_equal(said, "beebench.json has no cell 'zzz'; 'beebench plan --cells' lists "
				  "them");
	suite_cells_release(&c);
	suite_file_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_stay), cmocka_unit_test(test_ids_differ),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_alone),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
