/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Distances between words, and which one was meant. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/suggest.h"

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned int edits;
	} cases[] = {
		{"", "", 0},	     {"", "abc", 3},
		{"mmap", "mmap", 0}, {"mmap", "mmpa", 1}, /* neighbours change places */
		{"mmap", "map", 1},  {"mmap", "mmaps", 1},
		{"mmap", "nmap", 1}, {"kitten", "sitting", 3},
		{"brk", "mmap", 4},  {"ca", "abc", 3}, /* no edit twice in the same place */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(suggest_distance(cases[i].a, cases[i].b), cases[i].edits);
		assert_int_equal(suggest_distance(cases[i].b, cases[i].a), cases[i].edits);
	}
}

static void nearest(void **state)
{
	static const char *const names[] = {"mmap", "munmap", "brk", "threads", "stress-ng"};
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{"mmpa", "mmap"},      {"unmap", "munmap"},
		{"brok", "brk"},       {"bk", "brk"},
		{"thread", "threads"}, {"stressng", "stress-ng"},
		{"quicksort", NULL},   {"", NULL},
		{"xyz", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = suggest_nearest(cases[i].word, names, ARRAY_SIZE(names));

		if (!cases[i].meant)
			assert_null(got);
		else
			assert_string_equal(got, cases[i].meant);
	}
	assert_null(suggest_nearest("mmap", names, 0));
}

static void long_words(void **state)
{
	static const char *const names[] = {"mmap"};
	char word[5000];

	(void)state;
	memset(word, 'm', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_null(suggest_nearest(word, names, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(nearest),
		cmocka_unit_test(long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
