/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The interval set: by hand at every edge, and against a plain array of pages at random. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "harness/subjects/vmset.h"
#include "lib/rng.h"

static void edges(void **state)
{
	struct vmset s = VMSET_INIT;

	(void)state;
	assert_int_equal(vmset_add(&s, 100, 0), 0);
	assert_int_equal(vmset_add(&s, 100, 50), 50);
	assert_int_equal(vmset_add(&s, 150, 50), 50); /* touches behind: one range */
	assert_int_equal(s.n, 1);
	assert_int_equal(vmset_add(&s, 50, 50), 50); /* touches before */
	assert_int_equal(s.n, 1);
	assert_int_equal(vmset_add(&s, 60, 20), 0); /* inside */
	assert_int_equal(vmset_add(&s, 190, 20), 10);
	assert_int_equal(s.bytes, 160);
	assert_int_equal(vmset_covered(&s, 0, 1000), 160);
	assert_int_equal(vmset_covered(&s, 205, 10), 5);
	assert_int_equal(vmset_covered(&s, 210, 10), 0);
	assert_int_equal(vmset_remove(&s, 210, 10), 0); /* nothing there: succeeds, frees nothing */
	assert_int_equal(vmset_remove(&s, 100, 10), 10); /* a hole */
	assert_int_equal(s.n, 2);
	assert_int_equal(vmset_remove(&s, 100, 10), 0); /* again */
	assert_int_equal(vmset_remove(&s, 90, 30), 20); /* over the hole */
	assert_int_equal(s.range[0].end, 90);
	assert_int_equal(s.range[1].start, 120);
	assert_int_equal(vmset_remove(&s, 0, UINT64_MAX), 130);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.bytes, 0);
	vmset_release(&s);
}

enum { PAGES = 64 };

static void against_pages(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct vmset s = VMSET_INIT;
		bool page[PAGES] = {false};
		struct rng r = {seed};

		for (int step = 0; step < 200; step++) {
			uint64_t at = rng_below(&r, PAGES), len = rng_below(&r, PAGES - at + 1);
			bool add = rng_below(&r, 2);
			int64_t changed = 0, total = 0, got;

			for (uint64_t i = at; i < at + len; i++) {
				changed += page[i] != add;
				page[i] = add;
			}
			for (int i = 0; i < PAGES; i++)
				total += page[i];
			got = add ? vmset_add(&s, at, len) : vmset_remove(&s, at, len);
			assert_int_equal(got, changed);
			assert_int_equal(s.bytes, total);
			for (size_t i = 0; i < s.n; i++) {
				assert_true(s.range[i].start < s.range[i].end);
				assert_true(!i || s.range[i - 1].end < s.range[i].start);
			}
		}
		vmset_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edges),
		cmocka_unit_test(against_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
