/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's archive, read back entry by entry. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "harness/vm/initrd.h"

struct entry {
	unsigned long inode, mode, size;
	char name[64];
	const char *data;
};

static unsigned long hex(const char *at)
{
	char digits[9];

	memcpy(digits, at, 8);
	digits[8] = '\0';
	return strtoul(digits, NULL, 16);
}

/* Reads one entry as the kernel does; returns where the next one begins. */
static size_t read_entry(const char *all, size_t len, size_t at, struct entry *e)
{
	size_t name_bytes;

	assert_int_equal(at % 4, 0);
	assert_true(at + 110 <= len);
	assert_memory_equal(all + at, "070701", 6);
	e->inode = hex(all + at + 6);
	e->mode = hex(all + at + 14);
	e->size = hex(all + at + 54);
	name_bytes = hex(all + at + 94);
	assert_true(name_bytes <= sizeof(e->name));
	memcpy(e->name, all + at + 110, name_bytes);
	assert_int_equal(e->name[name_bytes - 1], '\0');
	at = (at + 110 + name_bytes + 3) / 4 * 4;
	e->data = all + at;
	at = (at + e->size + 3) / 4 * 4;
	assert_true(at <= len);
	return at;
}

/* Everything that is written, in memory; munmap() it. */
static char *written(const struct initrd *rd, size_t *len)
{
	int fd = memfd_create("initrd", 0);
	char *all;

	assert_true(fd >= 0);
	assert_int_equal(initrd_write(rd, fd), 0);
	*len = (size_t)lseek(fd, 0, SEEK_END);
	all = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(all, MAP_FAILED);
	close(fd);
	return all;
}

static void folders_come_before_files(void **state UNUSED)
{
	static const struct {
		const char *name;
		unsigned long mode, size;
	} want[] = {
		{"init", 0100755, 3},	 {"bin", 0040755, 0},
		{"bin/bpf", 0040755, 0}, {"bin/bpf/a.bpf.o", 0100644, 5},
		{"bin/b", 0100644, 0},	 {"bpf", 0040755, 0},
		{"bpf/c", 0100644, 1},	 {"TRAILER!!!", 0, 0},
	};
	struct initrd rd = INITRD_INIT;
	struct entry e;
	size_t len, at = 0;
	char *all;

	assert_int_equal(initrd_add(&rd, "/init", true, "abc", 3), 0);
	assert_int_equal(initrd_add(&rd, "/bin/bpf/a.bpf.o", false, "\0\1\2\3\4", 5), 0);
	assert_int_equal(initrd_add(&rd, "/bin/b", false, "", 0), 0);
	/* "bpf" alone was not made, though "bin/bpf" was. */
	assert_int_equal(initrd_add(&rd, "/bpf/c", false, "x", 1), 0);
	all = written(&rd, &len);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		at = read_entry(all, len, at, &e);
		assert_string_equal(e.name, want[i].name);
		assert_int_equal(e.mode, want[i].mode);
		assert_int_equal(e.size, want[i].size);
		if (!strcmp(e.name, "bin/bpf/a.bpf.o"))
			assert_memory_equal(e.data, "\0\1\2\3\4", 5);
	}
	assert_int_equal(at, len);
	munmap(all, len);
	initrd_release(&rd);
}

static void numbers_of_entries_differ(void **state UNUSED)
{
	struct initrd rd = INITRD_INIT;
	unsigned long last = 0;
	struct entry e;
	size_t len, at = 0;
	char *all;

	for (int i = 0; i < 5; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/d%d/f", i);
		assert_int_equal(initrd_add(&rd, path, false, path, 4), 0);
	}
	all = written(&rd, &len);
	for (int i = 0; i < 10; i++) {
		at = read_entry(all, len, at, &e);
		assert_true(e.inode > last);
		last = e.inode;
	}
	munmap(all, len);
	initrd_release(&rd);
}

static void equal_input_gives_equal_bytes(void **state UNUSED)
{
	char *all[2];
	size_t len[2];

	for (int i = 0; i < 2; i++) {
		struct initrd rd = INITRD_INIT;

		assert_int_equal(initrd_add(&rd, "/a/b", true, "content", 7), 0);
		all[i] = written(&rd, &len[i]);
		initrd_release(&rd);
	}
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(all[0], all[1], len[0]);
	munmap(all[0], len[0]);
	munmap(all[1], len[1]);
}

static char said[256];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void a_missing_file_is_named(void **state UNUSED)
{
	struct initrd rd = INITRD_INIT;

	log_capture(keep, NULL);
	assert_int_equal(initrd_add_file(&rd, "/x", false, "/nonexistent/x.o", NULL), -ENOENT);
	log_capture(NULL, NULL);
	assert_non_null(strstr(said, "/nonexistent/x.o"));
	assert_int_equal(rd.data.len, 0);
	initrd_release(&rd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_come_before_files),
		cmocka_unit_test(numbers_of_entries_differ),
		cmocka_unit_test(equal_input_gives_equal_bytes),
		cmocka_unit_test(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
