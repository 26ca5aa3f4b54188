/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a function can be probed without a single step, and what a file has of the malloc family.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "memprof/attach/decode.h"
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
		int is = decode_x86((const uint8_t *)functions[i].code, functions[i].n);

		if (is != functions[i].place)
			fail_msg("%s: %d, not %d", functions[i].what, is, functions[i].place);
	}
}

/* As aarch64-linux-gnu-as has them. */
static const struct {
	const char *what;
	int place, without; /* without: where no return is watched */
	uint32_t code[10];
	size_t n;
} arm64[] = {
	{"stp of frame and link: malloc of glibc 2.36",
	 -1,
	 -1,
	 {0xa9bc7bfd, 0x910003fd, 0x900008d7},
	 3},
	{"cbz: free of glibc 2.36", 0, 0, {0xb4000880, 0xa9bc7bfd}, 2},
	{"bti c, cbz", 4, 4, {0xd503245f, 0xb4000880}, 2},
	{"nop, cbnz w0", 4, 4, {0xd503201f, 0x35000040}, 2},
	{"paciasp, cbz: the link is signed then", -1, 4, {0xd503233f, 0xb4000880}, 2},
	{"pacibsp, cbz", -1, 4, {0xd503237f, 0xb4000880}, 2},
	{"autiasp", -1, -1, {0xd50323bf, 0xb4000880}, 2},
	{"adrp x16: a jump by a table", 0, 0, {0x90000010, 0xd61f0200}, 2},
	{"adr x1", 0, 0, {0x10000001}, 1},
	{"b: a function that is another", 0, 0, {0x14000010}, 1},
	{"bl: the link is another then", -1, 0, {0x94000010}, 1},
	{"blr x8", -1, 0, {0xd63f0100}, 1},
	{"ret", 0, 0, {0xd65f03c0}, 1},
	{"b.eq behind cmp x0, 0", 4, 4, {0xf100001f, 0x54000080}, 2},
	{"tbnz behind mov x19, x0", 4, 4, {0xaa0003f3, 0xb7f80093}, 2},
	{"umulh x4, mul x5, cmp, cbnz",
	 12,
	 12,
	 {0x9bc17c04, 0x9b017c05, 0xf100009f, 0xb5000044},
	 4},
	{"mrs x8, add x9, x8, 16, adrp", 8, 8, {0xd53bd048, 0x91004109, 0x90000001}, 3},
	{"mov x0, x1: an argument is gone", -1, -1, {0xaa0103e0, 0xb4000880}, 2},
	{"mov w3, 0: so it is", -1, -1, {0x52800003, 0xb4000880}, 2},
	{"mov x4, 0", 4, 4, {0xd2800004, 0xb4000880}, 2},
	{"mov x30, x4: the link is gone", -1, 4, {0xaa0403fe, 0xb4000880}, 2},
	{"sub sp, sp, 32", -1, -1, {0xd10083ff, 0xb4000880}, 2},
	{"sub sp, sp, x9", -1, -1, {0xcb2963ff, 0xb4000880}, 2},
	{"and sp, x9, ~15", -1, -1, {0x927ced3f, 0xb4000880}, 2},
	{"tst x0, 15; b.ne", 4, 4, {0xf2400c1f, 0x54000081}, 2},
	{"csel x4; ccmp; b.hi", 8, 8, {0x9a811004, 0xfa400a64, 0x54000088}, 3},
	{"lsl x4, x0, 3; ror x5, x1, x2; tbz", 8, 8, {0xd37df004, 0x9ac22c25, 0x36000080}, 3},
	{"a load that may fault", -1, -1, {0xf9400004, 0xb4000880}, 2},
	{"ldr of a literal, which kernels refuse", -1, -1, {0x58000084, 0xb4000880}, 2},
	{"str", -1, -1, {0xf90003e0, 0xb4000880}, 2},
	{"fmov d0, x0", -1, -1, {0x9e670000, 0xb4000880}, 2},
	{"svc", -1, -1, {0xd4000001}, 1},
	{"nothing", -1, -1, {0}, 0},
	{"harmless ones up to the end", -1, -1, {0xd503201f, 0xd503201f}, 2},
	{"the tenth",
	 36,
	 36,
	 {0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f,
	  0xd503201f, 0xd503201f, 0x14000010},
	 10},
};

static void places_of_arm64(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(arm64); i++) {
		uint8_t code[40];
		int is, without;

		for (size_t k = 0; k < arm64[i].n * 4; k++)
			code[k] = (uint8_t)(arm64[i].code[k / 4] >> k % 4 * 8);
		is = decode_arm64(code, arm64[i].n * 4, true);
		without = decode_arm64(code, arm64[i].n * 4, false);
		if (is != arm64[i].place || without != arm64[i].without)
			fail_msg("%s: %d and %d, not %d and %d", arm64[i].what, is, without,
				 arm64[i].place, arm64[i].without);
		for (size_t n = 0; n < arm64[i].n * 4; n++)
			assert_in_range(decode_arm64(code, n, true) + 1, 0, n);
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
		assert_in_range(decode_x86(code, n) + 1, 0, n);
		assert_in_range(decode_arm64(code, n, i % 2) + 1, 0, n);
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
		cmocka_unit_test(places_of_arm64),
		cmocka_unit_test(any_code),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
