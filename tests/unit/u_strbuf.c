/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The growing string. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/strbuf.h"

static void grows(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	assert_string_equal(sb.s, "");
	for (int i = 0; i < 1000; i++)
		strbuf_addf(&sb, "%d,", i % 10);
	assert_int_equal(sb.len, 2000);
	assert_int_equal(strlen(sb.s), 2000);
	strbuf_reset(&sb);
	assert_string_equal(sb.s, "");
	strbuf_addstr(&sb, "ab");
	strbuf_addch(&sb, 'c');
	strbuf_add(&sb, "d\0e", 3);
	strbuf_add(&sb, NULL, 0);
	assert_memory_equal(sb.s, "abcd\0e", 7);
	assert_int_equal(sb.len, 6);
	strbuf_trim(&sb);
	assert_int_equal(sb.cap, 7);
	strbuf_addch(&sb, 'f');
	assert_memory_equal(sb.s, "abcd\0ef", 8);
	strbuf_release(&sb);
	strbuf_trim(&sb);
	assert_string_equal(sb.s, "");
	strbuf_release(&sb);
}

static void empty_ones_share_nothing(void **state)
{
	struct strbuf a = STRBUF_INIT, b = STRBUF_INIT;

	(void)state;
	strbuf_addf(&a, "%s", "");
	strbuf_reset(&b);
	strbuf_addstr(&a, "x");
	assert_string_equal(b.s, "");
	strbuf_release(&a);
	strbuf_release(&b);
}

static void adds_what_it_holds(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char *s;

	(void)state;
	strbuf_addstr(&sb, "0123456789");
	strbuf_addf(&sb, "%-60s|", "wide enough to move it");
	assert_int_equal(sb.len, 71);
	s = strbuf_detach(&sb);
	assert_int_equal(strlen(s), 71);
	assert_string_equal(sb.s, "");
	free(s);
	s = strbuf_detach(&sb); /* of an empty one: still a string to free */
	assert_string_equal(s, "");
	free(s);
}

static void PRINTF_LIKE(2, 3) add(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}

/* Texts were cut at 512 bytes where somebody formatted them into an array first. */
static void formats_whole(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	add(&sb, "%s", "");
	add(&sb, "%01000d", 7);
	add(&sb, "%c", '|');
	assert_int_equal(sb.len, 1001);
	assert_string_equal(sb.s + 998, "07|");
	strbuf_release(&sb);
}

static void ends_of_texts(void **state)
{
	(void)state;
	assert_true(str_ends_with("a.bpf.o", ".bpf.o"));
	assert_true(str_ends_with(".o", ".o"));
	assert_true(str_ends_with("x", ""));
	assert_false(str_ends_with("o", ".o"));
	assert_false(str_ends_with("a.o.x", ".o"));
}

static void reads_files(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	char path[] = "/tmp/beebench-test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(write(fd, "123456789\n", 10), 10);
	close(fd);
	strbuf_addstr(&sb, "before:");
	assert_int_equal(strbuf_read_file(&sb, path), 0);
	assert_int_equal(sb.len, 100007);
	assert_int_equal(strlen(sb.s), 100007);
	unlink(path);
	assert_int_equal(strbuf_read_file(&sb, path), -ENOENT);
	assert_int_equal(strbuf_read_file(&sb, "/tmp"), -EISDIR);
	assert_int_equal(sb.len, 100007);
	strbuf_reset(&sb);
	assert_int_equal(strbuf_read_file(&sb, "/proc/self/stat"), 0); /* says its size is 0 */
	assert_true(sb.len > 20);
	strbuf_release(&sb);
}

/* What the disk does not take is an error. */
static void writes_all(void **state)
{
	char path[] = "/tmp/u_strbuf_XXXXXX";
	struct strbuf sb = STRBUF_INIT, back = STRBUF_INIT;
	int fd = mkstemp(path), full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0 && full >= 0);
	for (int i = 0; i < 30000; i++)
		strbuf_addf(&sb, "%d,", i);
	assert_int_equal(fd_write_all(fd, sb.s, sb.len), 0);
	assert_int_equal(strbuf_read_file(&back, path), 0);
	assert_int_equal(back.len, sb.len);
	assert_string_equal(back.s, sb.s);
	assert_int_equal(fd_write_all(full, sb.s, sb.len), -ENOSPC);
	assert_int_equal(fd_write_all(full, sb.s, 0), 0);
	close(fd);
	close(full);
	unlink(path);
	strbuf_release(&sb);
	strbuf_release(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(empty_ones_share_nothing),
		cmocka_unit_test(adds_what_it_holds),
		cmocka_unit_test(formats_whole),
		cmocka_unit_test(ends_of_texts),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(writes_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
