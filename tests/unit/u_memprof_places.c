/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a function can be probed without a single step, and what a file has of the malloc family.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "memprof/attach/places.h"

static const struct {
	const char *what, *code;
	size_t n;
	int place;
} functions[] = {
	{"push at once", "\x41\x54\x55\x53", 4, 0},
	{"test, je, push: the je", "\x48\x85\xff\x0f\x84\xbf\x00\x00\x00\x55", 10, 3},
	{"endbr64, push", "\xf3\x0f\x1e\xfa\x55\x90", 6, 4},
	{"endbr64, test, je", "\xf3\x0f\x1e\xfa\x48\x85\xff\x74\x10\x55", 10, 7},
	{"cmp of a variable, je", "\x80\x3d\x71\x0e\x14\x00\x00\x74\x07\x55", 10, 7},
	{"mov to rax, push", "\x48\x89\xf8\x41\x54", 5, 3},
	{"mov to rbx before a push: it is no argument", "\x48\x89\xfb\x55", 4, 3},
	{"mov to rdi: an argument is gone", "\x48\x89\xf7\x55", 4, -1},
	{"xor of esi: so it is", "\x31\xf6\x55\x90", 4, -1},
	{"xor of eax, jmp", "\x31\xc0\xeb\x05", 4, 2},
	{"mov to r15", "\x49\x89\xff\x41\x57", 5, 3},
	{"sub of rsp: the stack is another", "\x48\x83\xec\x18\x55", 5, -1},
	{"a load that may fault", "\x48\x8b\x07\x55\x90", 5, -1},
	{"mov by memory", "\x48\x89\x07\x55\x90", 5, -1},
	{"nothing", "", 0, -1},
	{"cut in an instruction", "\x48\x85", 2, -1},
	{"cut behind one", "\x48\x85\xff", 3, -1},
	{"jmp: a function that is another", "\xe9\x00\x00\x00\x00", 5, 0},
};

static void places(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		int is = place_of((const uint8_t *)functions[i].code, functions[i].n);

		if (is != functions[i].place)
			fail_msg("%s: %d, not %d", functions[i].what, is, functions[i].place);
	}
}

/* No code makes it read beyond its end or loop: the sanitizers watch. */
static void any_code(void **state UNUSED)
{
	uint8_t code[24];
	uint32_t x = 1;

	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)i % (sizeof(code) + 1);

		for (size_t k = 0; k < n; k++) {
			x = x * 1664525 + 1013904223;
			code[k] = (uint8_t)(x >> 24);
		}
		assert_in_range(place_of(code, n) + 1, 0, n);
	}
}

static void files(void **state UNUSED)
{
	struct places at;
	struct strbuf why = STRBUF_INIT;

	assert_int_equal(places_of_file(&at, "/nonexistent/file", &why), -ENOENT);
	assert_non_null(strstr(why.s, "/nonexistent/file"));
	strbuf_reset(&why);
	assert_int_equal(places_of_file(&at, "/dev/null", &why), 0);
	assert_int_equal(at.n, 0);
	assert_int_equal(places_of_file(&at, "/proc/self/status", &why), 0);
	assert_int_equal(at.n, 0);
	strbuf_release(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(any_code),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
