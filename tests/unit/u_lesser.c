/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lesser() and greater() are fmin() and fmax() of C, of any two numbers. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "lib/lesser.h"

static void same(double is, double should)
{
	if (isnan(should))
		assert_true(isnan(is));
	else
		assert_true(is == should);
}

static void as_of_c(void **state UNUSED)
{
	static const double v[] = {NAN, -INFINITY, -2.5, -0.0, 0, 1e-308, 1, 3, 1e300, INFINITY};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		for (size_t k = 0; k < ARRAY_SIZE(v); k++) {
			same(lesser(v[i], v[k]), fmin(v[i], v[k]));
			same(greater(v[i], v[k]), fmax(v[i], v[k]));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_of_c)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
