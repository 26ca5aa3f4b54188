/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cells of a matrix: what records come to, and that a file of another key is none. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/matrix/cell.h"
#include "harness/record.h"
#include "harness/vm/processor.h"

static void fresh(struct cell *c, const char *folder)
{
	assert_int_equal(cell_init(c, "memmon", "6.12/arm64", folder), 0);
	cell_begin(c, "arm64");
}

static struct json_object *parse(const char *text)
{
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	return o;
}

static void what_is_right_is_ok(void **state UNUSED)
{
	struct json_object *exact =
		parse("[{\"type\":\"exact\",\"monitor\":\"memmon\",\"path\":\"mmap\",\"kernel\":"
		      "\"6.12-x\","
		      "\"status\":\"ok\",\"instructions\":100,\"added\":40},"
		      "{\"type\":\"exact\",\"monitor\":\"other\",\"path\":\"mmap\",\"added\":7}]");
	struct json_object *trials = parse("[{\"type\":\"trial\",\"monitor\":\"memmon\","
					   "\"workload\":\"brk\",\"status\":\"ok\","
					   "\"conformance\":{\"verdict\":\"exact\"}},"
					   "{\"type\":\"trial\",\"monitor\":\"memmon\","
					   "\"workload\":\"idle\",\"status\":\"skip\","
					   "\"conformance\":{\"verdict\":\"none\"}}]");
	struct cell c;

	fresh(&c, "/tmp");
	cell_counted(&c, exact, "");
	cell_judged(&c, trials, "");
	assert_string_equal(record_str(c.record, "status", ""), "ok");
	assert_string_equal(record_str(c.record, "verdict", ""), "exact");
	assert_string_equal(record_str(c.record, "release", ""), "6.12-x");
	assert_true(record_true(c.record, "loads"));
	assert_int_equal(record_u64(c.record, "trials", 9), 1);
	/* Those that were skipped were tried. */
	assert_int_equal(cell_trials(&c, trials), 2);
	assert_int_equal(cell_trials(&c, exact), 0);
	assert_true(record_num(c.record, "added.mmap") == 40);
	cell_release(&c);
	json_object_put(exact);
	json_object_put(trials);
}

static void what_is_wrong_says_why(void **state UNUSED)
{
	struct json_object *exact = parse(
		"[{\"type\":\"exact\",\"monitor\":\"memmon\",\"path\":null,\"status\":\"fail\","
		"\"reason\":\"cannot load it\\nmore\"}]");
	struct json_object *trials = parse("[{\"type\":\"trial\",\"monitor\":\"memmon\","
					   "\"workload\":\"brk\",\"status\":\"fail\","
					   "\"conformance\":{\"verdict\":\"mismatch\"},"
					   "\"mismatches\":[{\"text\":\"a is 1, not 2\"}]}]");
	struct cell c;

	fresh(&c, "/tmp");
	cell_counted(&c, exact, "");
	cell_judged(&c, trials, "");
	assert_string_equal(record_str(c.record, "status", ""), "fail");
	assert_string_equal(record_str(c.record, "reason", ""), "cannot load it");
	assert_string_equal(record_str(c.record, "finding", ""), "beside brk: a is 1, not 2");
	assert_false(record_true(c.record, "loads"));
	assert_non_null(record_get(c.record, "loads"));
	cell_release(&c);
	json_object_put(exact);
	json_object_put(trials);
}

static void nothing_said_is_void(void **state UNUSED)
{
	struct json_object *none = json_object_new_array();
	struct cell c;

	fresh(&c, "/tmp");
	cell_counted(&c, none, "the guest hung");
	cell_judged(&c, none, "later words");
	assert_string_equal(record_str(c.record, "status", ""), "void");
	assert_string_equal(record_str(c.record, "reason", ""), "the guest hung");
	cell_release(&c);
	json_object_put(none);
}

static void a_file_is_of_one_key(void **state UNUSED)
{
	char folder[] = "/tmp/u_cell.XXXXXX";
	struct cell c, again;

	assert_non_null(mkdtemp(folder));
	fresh(&c, folder);
	strbuf_addstr(&c.key, "a");
	assert_int_equal(cell_write(&c), 0);
	fresh(&again, folder);
	assert_string_equal(strrchr(again.file.s, '/'), "/memmon@6.12_arm64.json");
	strbuf_addstr(&again.key, "b");
	assert_false(cell_read(&again));
	strbuf_reset(&again.key);
	strbuf_addstr(&again.key, "a");
	assert_true(cell_read(&again));
	assert_true(again.judged && again.counted);
	/* Half a file is none. */
	assert_int_equal(truncate(again.file.s, 20), 0);
	assert_false(cell_read(&again));
	unlink(again.file.s);
	rmdir(folder);
	cell_release(&c);
	cell_release(&again);
}

static void an_image_tells_its_processor(void **state UNUSED)
{
	static const struct {
		off_t at;
		const char *magic, *name;
	} images[] = {
		{0x202, "HdrS", "x86-64"}, {56, "ARMd", "arm64"}, {0x10008, "S390EP", "s390x"}};
	char path[] = "/tmp/u_cell.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_null(processor_of_image(path));
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_true(pwrite(fd, images[i].magic, strlen(images[i].magic), images[i].at) > 0);
		assert_non_null(processor_of_image(path));
		assert_string_equal(processor_of_image(path)->name, images[i].name);
		assert_ptr_equal(processor_of_image(path), processor_named(images[i].name));
	}
	assert_null(processor_kernel_named("mips"));
	assert_string_equal(processor_kernel_named("arm64-16k")->processor->name, "arm64");
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_ok),
		cmocka_unit_test(what_is_wrong_says_why),
		cmocka_unit_test(nothing_said_is_void),
		cmocka_unit_test(a_file_is_of_one_key),
		cmocka_unit_test(an_image_tells_its_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
