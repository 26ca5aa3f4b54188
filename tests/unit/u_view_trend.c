/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Trends of series whose truth is known: what is a leak, what is not, and how often either is
 * missed. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "monitor/view/trend.h"

#define MIB (1024.0 * 1024)

static struct rng rng;

static double uniform(void)
{
	return ((double)(rng_next(&rng) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

struct series {
	double t[TREND_SAMPLES], y[TREND_SAMPLES];
	size_t n;
};

/* A series of @n samples, 3 s apart, all @level bytes. */
static struct series level(size_t n, double bytes)
{
	struct series s = {.n = n};

	for (size_t i = 0; i < n; i++) {
		s.t[i] = 3 * (double)i;
		s.y[i] = bytes;
	}
	return s;
}

static struct trend judged(const struct series *s)
{
	struct trend t;

	trend_of(s->t, s->y, s->n, &trend_default, &t);
	return t;
}

static void expect(const struct series *s, enum verdict verdict, const char *words)
{
	struct strbuf out = STRBUF_INIT;
	struct trend t = judged(s);

	trend_words(&t, &out);
	if (t.verdict != verdict || (words && strcmp(out.s, words)))
		fail_msg("\"%s\", not \"%s\"", out.s, words ? words : verdict_names[verdict]);
	strbuf_release(&out);
}

/* Also of a row whose byte no verdict is. */
static void names(void **state UNUSED)
{
	struct proc_row row = {.verdict = VERDICT_GROWING};

	assert_string_equal(verdict_name(&row), "growing");
	row.verdict = VERDICT_COUNT;
	assert_string_equal(verdict_name(&row), "too early");
}

static void too_early(void **state UNUSED)
{
	struct series s = level(7, 10 * MIB);

	expect(&s, VERDICT_TOO_EARLY, "too early: 7 samples in 18 s");
	s = level(8, 10 * MIB);
	expect(&s, VERDICT_STEADY, "steady: no growth, 8 samples in 21 s");
	for (size_t i = 0; i < s.n; i++)
		s.t[i] /= 3;
	expect(&s, VERDICT_TOO_EARLY, "too early: 8 samples in 7 s");
	s.n = 1;
	expect(&s, VERDICT_TOO_EARLY, "too early: 1 sample in 0 s");
	s.n = 0;
	expect(&s, VERDICT_TOO_EARLY, NULL);
	s = level(20, 10 * MIB);
	for (size_t i = 0; i < s.n; i++)
		s.t[i] = 5; /* a clock that stands still */
	expect(&s, VERDICT_TOO_EARLY, "too early: 20 samples in 0 s");
}

/* By hand: y = 0 2 1 5 at t = 0 1 2 3 and more has slopes that can be counted. */
static void median_of_slopes(void **state UNUSED)
{
	static const double t[] = {0, 1, 2, 3, 4}, y[] = {0, 2, 1, 5, 3};
	/* 2 .5 5/3 3/4, -1 3/2 1/3, 4 1, -2: sorted -2 -1 1/3 1/2 3/4 1 3/2 5/3 2 4 */
	struct trend_rule rule = {.min_samples = 5, .min_window_s = 1, .steady_share = 0.05};
	struct trend out;

	trend_of(t, y, 5, &rule, &out);
	assert_true(fabs(out.slope - 0.875) < 1e-12);
	assert_true(out.low <= -2 || isinf(out.low));
	assert_int_equal(out.verdict, VERDICT_UNSURE);
	assert_int_equal(out.n, 5);
	assert_true(out.window_s == 4);
}

static void a_clean_line(void **state UNUSED)
{
	struct series s = level(32, 100 * MIB);

	for (size_t i = 0; i < s.n; i++)
		s.y[i] += (double)i * 3 * 2 * MIB / 60;
	expect(&s, VERDICT_GROWING, "growing 2.0 MiB/min (2.0 to 2.0), 32 samples in 93 s");
	for (size_t i = 0; i < s.n; i++)
		s.y[i] = 200 * MIB - s.y[i];
	expect(&s, VERDICT_SHRINKING, "shrinking 2.0 MiB/min (2.0 to 2.0), 32 samples in 93 s");
	/* The same of a process of 1 TiB is 0.01 % per hour. */
	for (size_t i = 0; i < s.n; i++)
		s.y[i] += MIB * MIB;
	expect(&s, VERDICT_STEADY, "steady (-2.0 to -2.0 MiB/min), 32 samples in 93 s");
}

/* Samples of pages: what stands on the edge of one changes by a page, for ever. */
static void steady_with_noise(void **state UNUSED)
{
	struct series s = level(64, 100 * MIB);

	rng.state = 1;
	for (size_t i = 0; i < s.n; i++)
		s.y[i] += 4096 * (double)rng_below(&rng, 3);
	expect(&s, VERDICT_STEADY, NULL);
	/* One page more, once: not growth. */
	s = level(64, 2 * MIB);
	for (size_t i = 20; i < s.n; i++)
		s.y[i] += 4096;
	assert_int_not_equal(judged(&s).verdict, VERDICT_GROWING);
	for (size_t i = 3; i < s.n; i++)
		s.y[i] = 2 * MIB + 4096;
	expect(&s, VERDICT_STEADY, "steady (-1.3 to 3.8 KiB/min), 64 samples in 189 s");
}

/* A garbage collector's heap: fills for 40 s and is swept, wherever the window begins. */
static void saw_tooth(void **state UNUSED)
{
	for (size_t phase = 0; phase < 13; phase++)
		for (size_t n = 40; n <= 64; n++) {
			struct series s = level(n, 200 * MIB);

			rng.state = phase;
			for (size_t i = 0; i < n; i++)
				s.y[i] +=
					8 * MIB * (double)((i + phase) % 13) + 0.3 * MIB * normal();
			if (judged(&s).verdict == VERDICT_GROWING)
				fail_msg("%zu samples from phase %zu grow", n, phase);
		}
}

/* A leak under a garbage collector is one: the sweeps end higher each time. */
static void saw_tooth_that_leaks(void **state UNUSED)
{
	struct series s = level(64, 200 * MIB);

	for (size_t i = 0; i < s.n; i++)
		s.y[i] += 8 * MIB * (double)(i % 5) + 3 * MIB * (double)i;
	expect(&s, VERDICT_GROWING, NULL);
}

static void warm_up(void **state UNUSED)
{
	for (unsigned int seed = 0; seed < 50; seed++)
		for (double tau = 3; tau < 12; tau += 2) {
			struct series s = level(64, 50 * MIB);

			rng.state = seed;
			for (size_t i = 0; i < s.n; i++)
				s.y[i] += 400 * MIB * (1 - exp(-(double)i / tau)) +
					  0.2 * MIB * normal();
			if (judged(&s).verdict == VERDICT_GROWING)
				fail_msg("seed %u, tau %g grows", seed, tau);
		}
}

static void grew_but_not_lately(void **state UNUSED)
{
	struct series s = level(40, 10 * MIB);

	for (size_t i = 0; i < s.n; i++)
		s.y[i] += MIB * (double)MIN(i, (size_t)24) + 2048 * (double)(i % 2);
	assert_int_equal(judged(&s).verdict, VERDICT_UNSURE);
}

static void step(void **state UNUSED)
{
	for (size_t at = 1; at < 64; at++) {
		struct series s = level(64, 50 * MIB);

		for (size_t i = at; i < s.n; i++)
			s.y[i] += 100 * MIB;
		if (judged(&s).verdict == VERDICT_GROWING)
			fail_msg("a step at %zu grows", at);
	}
}

/* A fifth of the samples are wild, to one side, and change nothing. */
static void outliers(void **state UNUSED)
{
	struct series s = level(40, 100 * MIB);
	struct trend t;

	rng.state = 4;
	for (size_t i = 0; i < s.n; i++)
		s.y[i] += 0.5 * MIB * (double)i + 0.1 * MIB * normal();
	for (size_t i = 2; i < s.n; i += 5)
		s.y[i] += 500 * MIB;
	t = judged(&s);
	assert_int_equal(t.verdict, VERDICT_GROWING);
	assert_true(fabs(t.slope - 0.5 * MIB / 3) < 0.05 * MIB / 3);
	/* And make no growth where there is none. */
	s = level(40, 100 * MIB);
	for (size_t i = 2; i < s.n; i += 5)
		s.y[i] += (double)i * 50 * MIB;
	assert_int_not_equal(judged(&s).verdict, VERDICT_GROWING);
}

static void slow_leak_in_noise(void **state UNUSED)
{
	struct series s = level(64, 100 * MIB);
	struct trend t;

	rng.state = 11;
	for (size_t i = 0; i < s.n; i++)
		s.y[i] += 0.02 * MIB * (double)i + 0.1 * MIB * normal();
	t = judged(&s);
	assert_int_equal(t.verdict, VERDICT_GROWING);
	assert_true(t.low < 0.02 * MIB / 3 && t.high > 0.02 * MIB / 3);
}

/* A leak that begins late in a long steady window is seen in its latest part, which is then what is
 * told; a daily hump that comes back is not. */
static void late_leak(void **state UNUSED)
{
	struct series s = level(64, 100 * MIB);
	struct trend t;

	rng.state = 21;
	for (size_t i = 0; i < s.n; i++)
		s.y[i] += 0.2 * MIB * normal() + (i >= 52 ? 4 * MIB * (double)(i - 52) : 0);
	t = judged(&s);
	assert_int_equal(t.verdict, VERDICT_GROWING);
	assert_in_range(t.n, 8, 16);
	assert_true(fabs(t.slope - 4 * MIB / 3) < 0.3 * MIB);
	assert_true(t.window_s == 3 * ((double)t.n - 1));
	/* It has been as high before. */
	for (size_t i = 20; i < 30; i++)
		s.y[i] += 60 * MIB;
	assert_int_not_equal(judged(&s).verdict, VERDICT_GROWING);
}

/* A start long ago does not leave the verdict open for ever. */
static void steady_since(void **state UNUSED)
{
	struct series s = level(64, 100 * MIB);
	struct trend t;

	for (size_t i = 0; i < 20; i++)
		s.y[i] = 5 * MIB * (double)i;
	for (size_t i = 20; i < s.n; i++)
		s.y[i] += 4096 * (double)(i % 2);
	t = judged(&s);
	assert_int_equal(t.verdict, VERDICT_STEADY);
	assert_int_equal(t.n, 32);
}

static void words(void **state UNUSED)
{
	static const struct {
		struct trend trend;
		const char *words;
	} cases[] = {
		{{.slope = 1.2 * MIB / 60,
		  .low = 0.9 * MIB / 60,
		  .high = 1.5 * MIB / 60,
		  .n = 32,
		  .window_s = 93,
		  .late = NAN,
		  .verdict = VERDICT_GROWING},
		 "growing 1.2 MiB/min (0.9 to 1.5), 32 samples in 93 s"},
		{{.slope = -20,
		  .low = -40,
		  .high = -1e-9,
		  .n = 9,
		  .window_s = 30.4,
		  .late = NAN,
		  .verdict = VERDICT_SHRINKING},
		 "shrinking 1.2 KiB/min (0.0 to 2.3), 9 samples in 30 s"},
		{{.slope = 1,
		  .low = -0.001,
		  .high = 3 * MIB,
		  .n = 9,
		  .window_s = 30,
		  .late = NAN,
		  .verdict = VERDICT_UNSURE},
		 "unsure (0.0 to 180.0 MiB/min), 9 samples in 30 s"},
		{{.slope = 1,
		  .low = -INFINITY,
		  .high = INFINITY,
		  .n = 9,
		  .window_s = 30,
		  .late = NAN,
		  .verdict = VERDICT_UNSURE},
		 "unsure: too few samples for what they stray, 9 samples in 30 s"},
		{{.slope = 100,
		  .low = 50,
		  .high = 200,
		  .n = 9,
		  .window_s = 30,
		  .late = 10,
		  .verdict = VERDICT_UNSURE},
		 "unsure: grew 5.9 KiB/min (2.9 to 11.7), but not lately, 9 samples in 30 s"},
		{{.slope = 0.1,
		  .low = -0.1,
		  .high = 0.2,
		  .n = 64,
		  .window_s = 86400,
		  .late = 0,
		  .verdict = VERDICT_STEADY},
		 "steady (-6.0 to 12.0 B/min), 64 samples in 86400 s"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct strbuf out = STRBUF_INIT;

		trend_words(&cases[i].trend, &out);
		assert_string_equal(out.s, cases[i].words);
		strbuf_release(&out);
	}
}

/* More samples than are used are thinned, not refused; the latest is among them. */
static void many_samples(void **state UNUSED)
{
	static double t[1000], y[1000];
	struct trend out;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		t[i] = (double)i;
		y[i] = 1e9 + 5e5 * (double)i;
	}
	for (size_t n = 8; n <= ARRAY_SIZE(t); n += 31) {
		trend_of(t, y, n, &trend_default, &out);
		assert_in_range(out.n, MIN(n, (size_t)TREND_SAMPLES / 2), TREND_SAMPLES);
		if (n > 20)
			assert_int_equal(out.verdict, VERDICT_GROWING);
	}
}

/* --- how often it is wrong: fixed seeds, bounds five standard errors wide and more --- */

struct rates {
	double covered, growing, shrinking;
};

/* @rounds series of @n samples of 1 GB, growing @slope bytes per sample, whose noise of 1 %
 * remembers
 * @rho of its past (1: a random walk). */
static struct rates simulate(size_t n, double rho, double slope, int rounds)
{
	struct rates r = {0};

	rng.state = n * 1000 + (uint64_t)(rho * 100);
	for (int k = 0; k < rounds; k++) {
		struct series s = level(n, 1e9);
		double e = normal() / (rho < 1 ? sqrt(1 - rho * rho) : 1);
		struct trend t;

		for (size_t i = 0; i < n; i++) {
			s.y[i] += 1e7 * e + slope * (double)i;
			e = rho * e + normal();
		}
		t = judged(&s);
		r.covered += t.low <= slope / 3 && slope / 3 <= t.high;
		r.growing += t.verdict == VERDICT_GROWING;
		r.shrinking += t.verdict == VERDICT_SHRINKING;
	}
	return (struct rates){r.covered / rounds, r.growing / rounds, r.shrinking / rounds};
}

static void how_often_it_is_wrong(void **state UNUSED)
{
	static const struct {
		size_t n;
		double rho;
		double covered;	     /* at least */
		double false_alarms; /* at most, of each kind */
	} cases[] = {
		{8, 0, 0.94, 0.025},	{20, 0, 0.94, 0.025},  {64, 0, 0.92, 0.025},
		{8, 0.5, 0.90, 0.05},	{20, 0.5, 0.88, 0.06}, {64, 0.5, 0.90, 0.04},
		{20, 0.8, 0.87, 0.065}, {64, 0.8, 0.93, 0.03}, {20, 1, 0.79, 0.11},
		{64, 1, 0.88, 0.08},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rates r = simulate(cases[i].n, cases[i].rho, 0, 1000);

		print_message("# %2zu samples, memory of the noise %.1f: covered %.3f, false "
			      "growing %.3f, shrinking %.3f\n",
			      cases[i].n, cases[i].rho, r.covered, r.growing, r.shrinking);
		if (r.covered < cases[i].covered || r.growing > cases[i].false_alarms ||
		    r.shrinking > cases[i].false_alarms)
			fail_msg(
				"%zu samples, rho %.1f: covered %.3f, growing %.3f, shrinking %.3f",
				cases[i].n, cases[i].rho, r.covered, r.growing, r.shrinking);
	}
}

/* Growth over the window of four times the noise is found, the more samples the surer; and the
 * slope's interval holds it. */
static void how_often_it_is_found(void **state UNUSED)
{
	static const struct {
		size_t n;
		double found;
	} cases[] = {{20, 0.75}, {32, 0.88}, {64, 0.95}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rates r = simulate(cases[i].n, 0, 4e7 / (double)cases[i].n, 1000);

		print_message("# %2zu samples, growth of four times the noise: found %.3f\n",
			      cases[i].n, r.growing);
		assert_true(r.growing >= cases[i].found);
		assert_true(r.covered >= 0.92);
		assert_true(r.shrinking == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(too_early),
		cmocka_unit_test(median_of_slopes),
		cmocka_unit_test(a_clean_line),
		cmocka_unit_test(steady_with_noise),
		cmocka_unit_test(saw_tooth),
		cmocka_unit_test(saw_tooth_that_leaks),
		cmocka_unit_test(warm_up),
		cmocka_unit_test(grew_but_not_lately),
		cmocka_unit_test(step),
		cmocka_unit_test(outliers),
		cmocka_unit_test(slow_leak_in_noise),
		cmocka_unit_test(late_leak),
		cmocka_unit_test(steady_since),
		cmocka_unit_test(words),
		cmocka_unit_test(many_samples),
		cmocka_unit_test(how_often_it_is_wrong),
		cmocka_unit_test(how_often_it_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
