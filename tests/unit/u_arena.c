/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Arrays that grow in an arena, suffixes, and characters of UTF-8. */
/* links: lib/arena.c lib/strbuf.c lib/utf8.c */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/arena.h"
#include "lib/strbuf.h"
#include "lib/utf8.h"

static void an_array_keeps_what_was_pushed(void **state)
{
	struct arena a = ARENA_INIT;
	uint32_t n = 0;
	int *array = NULL;

	(void)state;
	for (int i = 0; i < 1000; i++)
		arena_push(&a, array, n, i * 3);
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(array[i], i * 3);
	/* Doubled each time, so no more than four times what it holds was ever taken. */
	assert_true(a.total_bytes < 4 * 1024 * sizeof(*array));
	arena_release(&a);
}

static void a_suffix_is_the_end_of_a_text(void **state)
{
	(void)state;
	assert_true(str_ends_with("a.bpf.o", ".o"));
	assert_true(str_ends_with(".o", ".o"));
	assert_true(str_ends_with("a", ""));
	assert_false(str_ends_with("o", ".o"));
	assert_false(str_ends_with("a.o.c", ".o"));
}

static void characters_are_the_well_formed_ones(void **state)
{
	static const struct {
		const char *s;
		size_t bytes;
		uint32_t c;
	} good[] = {{"a", 1, 'a'},
		    {"\xc3\xa9", 2, 0xe9},
		    {"\xe2\x82\xac", 3, 0x20ac},
		    {"\xf0\x9f\x90\x9d", 4, 0x1f41d},
		    {"\xf4\x8f\xbf\xbf", 4, 0x10ffff}};
	static const char *const bad[] = {"\x80",	  "\xc3",	  "\xc0\xaf",
					  "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					  "\xf8\x88\x80", "\xff"};
	uint32_t c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(utf8_decode(good[i].s, strlen(good[i].s), &c), good[i].bytes);
		assert_int_equal(c, good[i].c);
		/* Cut short it is none. */
		if (good[i].bytes > 1)
			assert_int_equal(utf8_decode(good[i].s, good[i].bytes - 1, &c), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &c), 0);
	assert_int_equal(utf8_decode("", 0, &c), 0);
}

static void cells_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(utf8_cells('a'), 1);
	assert_int_equal(utf8_cells(0xe9), 1);
	assert_int_equal(utf8_cells(0x65e5), 2);
	assert_int_equal(utf8_cells(0x1f41d), 2);
	assert_int_equal(utf8_cells(0x301), 0); /* sits on the character before it */
	for (uint32_t c = 0; c < 0x20; c++)
		assert_int_equal(utf8_cells(c), -1);
	for (uint32_t c = 0x7f; c <= 0xa0; c++)
		assert_int_equal(utf8_cells(c), -1);
	assert_int_equal(utf8_cells(0x200b), -1);
	assert_int_equal(utf8_cells(0x202e), -1);
	assert_int_equal(utf8_cells(0xfeff), -1);
	assert_true(utf8_is_bidi(0x2066));
	assert_false(utf8_is_bidi(0x200b));
	assert_string_equal(utf8_unseen(0xfeff), "a byte-order mark");
	assert_null(utf8_unseen('a'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_keeps_what_was_pushed),
		cmocka_unit_test(a_suffix_is_the_end_of_a_text),
		cmocka_unit_test(characters_are_the_well_formed_ones),
		cmocka_unit_test(cells_are_those_of_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
