/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What makes a run of exchanged programs count for nothing, on made-up loads. */
#include "lib/base.h"
#include "harness/exchange/exchange_void.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/exchange/exchange.h"

enum { LOADS = 100 };

struct made {
	struct exchange s;
	struct rng rng;
};

/* Twelve uniform values make nearly a normal one. */
static double noise(struct made *m)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += (double)rng_below(&m->rng, 1000000) / 1e6;
	return sum;
}

static double no_clock(double gauge_ns UNUSED)
{
	return 1;
}

/* An effect of @diff_ns with @follows of the clock, and two loads of A that differ by @aa_ns. */
static void make(struct made *m, double diff_ns, double aa_ns, double (*follows)(double),
		 double duty)
{
	struct exchange_event *e = calloc(1, sizeof(*e));

	*m = (struct made){.s = {.arms = EXCHANGE_B + 1, .nevents = 1, .events = e}, .rng = {7}};
	e->name = "brk";
	for (int i = 0; i < LOADS; i++) {
		double gauge_ns = 200 + 10 * sin(i / 7.0);

		for (int c = 0; c < CUTS; c++) {
			samples_add(&e->effect[EFFECT_AA][c], aa_ns + 0.5 * noise(m));
			samples_add(&e->effect[EFFECT_DIFF][c],
				    diff_ns * follows(gauge_ns) + 0.05 * noise(m));
			samples_add(&e->effect[EFFECT_A][c], 40 + noise(m));
		}
		samples_add(&m->s.gauge_ns, gauge_ns);
		samples_add(&m->s.busy, duty);
		samples_add(&m->s.at_s, i * 0.01);
	}
	e->calls = LOADS * EXCHANGE_CALLS;
}

static void expect(struct made *m, const char *words)
{
	char *why = exchange_void_after(&m->s);

	if (words && (!why || !strstr(why, words)))
		fail_msg("'%s' does not say '%s'", why ? why : "(not void)", words);
	if (!words && why)
		fail_msg("void for nothing: %s", why);
	free(why);
	exchange_release(&m->s);
}

static double as_cycles(double gauge_ns)
{
	return gauge_ns / 200;
}

static double steeper(double gauge_ns)
{
	return pow(gauge_ns / 200, 4);
}

static void test_sound(void **state UNUSED)
{
	struct made m;

	make(&m, 11, 0, no_clock, 0.8); /* constant in ns */
	expect(&m, NULL);
	make(&m, 11, 0, as_cycles, 0.8); /* constant in cycles */
	expect(&m, NULL);
	make(&m, 0, 0, no_clock, 0.8);
	expect(&m, NULL);
}

static void test_clock(void **state UNUSED)
{
	struct made m;

	make(&m, 11, 0, steeper, 0.8);
	expect(&m, "brk: the effect goes with the core's clock");
	/* The gauge's own error, as an effect of pure cycles shows it. */
	make(&m, 500, 0, no_clock, 0.8);
	for (int i = 0; i < LOADS; i++) {
		double real_ns = m.s.gauge_ns.v[i];

		for (int c = 0; c < CUTS; c++)
			m.s.events[0].effect[EFFECT_DIFF][c].v[i] *= real_ns / 200;
		m.s.gauge_ns.v[i] = 200 + (real_ns - 200) * 1.2;
	}
	expect(&m, NULL);
}

static void test_aa(void **state UNUSED)
{
	struct made m;

	make(&m, 11, 1, no_clock, 0.8);
	expect(&m, "brk: two loads of the same object differ by +");
	make(&m, 11, -1, no_clock, 0.8);
	expect(&m, "brk: two loads of the same object differ by -");
	make(&m, 11, 0.05, no_clock, 0.8);
	expect(&m, NULL);
}

static void test_duty(void **state UNUSED)
{
	struct made m;

	make(&m, 11, 0, no_clock, 0.1);
	expect(&m, "only 10 % of the time was spent in timed calls");
}

static void test_nothing(void **state UNUSED)
{
	struct made m = {.s = {.dropped = 3}};

	expect(&m, "somebody else attached to or detached from");
	m.s = (struct exchange){.dropped = 0};
	expect(&m, "nothing was measured in the time given");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),	cmocka_unit_test(test_clock),
		cmocka_unit_test(test_aa),	cmocka_unit_test(test_duty),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
