/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sampled profiles. A profiler that samples each byte with the same small chance sees a block of z
 * bytes with p = 1 - exp(-z / rate), whatever happens to the others, and counts it as 1 / p blocks.
 * So an estimate is a sum of independent terms around the truth, and since the ledger has every z,
 * the variance of the sum and its largest term are known, and nothing is taken from the profile.
 * Bernstein's inequality then bounds how far chance alone carries it: no limit theorem is needed,
 * and no number of samples. The square of a printed error bar is such a sum, too, around the
 * variance itself. A right profile fails one of the eight bounds less than once in a million
 * trials. Pure.
 */
#include "lib/base.h"
#include "harness/subjects/allocations.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "harness/verify/accuracy.h"
#include "harness/verify/judge.h"
#include "harness/verify/model.h"

/* log(2 / alpha) for alpha = 1.25e-7: eight of these are one in a million. */
static const double log_alpha = 16.588;
static const double bar = 1.96; /* standard deviations in half of a 95 % interval */

/* Estimates are printed as whole numbers, stack by stack. */
enum { ROUNDING = 32 };

static const struct estimate {
	enum allocations_field value, error;
	bool bytes, live;
} estimates[] = {
	{ALLOCS, ALLOCS_ERROR, false, false},
	{BYTES, BYTES_ERROR, true, false},
	{LIVE_BLOCKS, LIVE_BLOCKS_ERROR, false, true},
	{LIVE_BYTES, LIVE_BYTES_ERROR, true, true},
};

static double rate_of(const struct model *m, const struct counter_row *got)
{
	return (double)got->value[vocabulary_slot(m->def.subject->words, RATE)];
}

/* Of a sum of independent terms. */
struct spread {
	double variance, most;
};

/* Of an estimate, and of the square that its error bar is made of, which is around the variance. */
struct spreads {
	struct spread estimate, square;
};

/* @sign: -1 takes a block of that size out again. */
static void add_block(struct spreads *s, double z, double weight, double rate, int sign)
{
	double p = -expm1(-z / rate), v = weight * weight * (1 - p) / p, c = v / p;

	if (!(z > 0))
		return; /* such a block is never seen */
	s->estimate.variance += sign * v;
	s->estimate.most = fmax(s->estimate.most, weight / p);
	s->square.variance += sign * c * c * p * (1 - p);
	s->square.most = fmax(s->square.most, c);
}

static struct spreads spreads_of(const struct model *m, uint64_t key, const struct estimate *est,
				 double rate)
{
	struct spreads s = {0};

	for (size_t i = 0; i < m->nlanes; i++) {
		const struct model_lane *lane = &m->lanes[i];

		if (model_key(&m->def, lane->lane) != key)
			continue;
		for (uint64_t k = 0; k < lane->lane->count; k++) {
			struct amounts a = allocations_of(&m->def, &lane->entries[k]);
			double z = (double)a.bytes, gone = (double)a.freed;

			if (a.allocs)
				add_block(&s, z, est->bytes ? z : 1, rate, 1);
			if (a.frees && est->live)
				add_block(&s, gone, est->bytes ? gone : 1, rate, -1);
		}
	}
	s.estimate.variance = fmax(s.estimate.variance, 0);
	s.square.variance = fmax(s.square.variance, 0);
	return s;
}

/* Bernstein: further than this from its mean such a sum is once in 1 / alpha. */
static double reach(const struct spread *s)
{
	double linear = log_alpha * s->most / 3;

	return linear + sqrt(linear * linear + 2 * log_alpha * s->variance);
}

static void judge_estimate(const struct judge_input *in, const struct model_row *want,
			   const struct counter_row *got, const struct estimate *est,
			   struct judge_result *out)
{
	const struct counter_field *fields = in->model->def.subject->words->fields;
	struct spreads s = spreads_of(in->model, want->key, est, rate_of(in->model, got));
	double expected = (double)want->value[est->value],
	       captured = (double)got->value[est->value], may = reach(&s.estimate) + ROUNDING;
	struct judge_mismatch *m;

	out->counters++;
	if (fabs(captured - expected) <= may)
		return;
	m = judge_add(out, JUDGE_COUNTER);
	m->key = want->key;
	m->field = fields[est->value].name;
	m->numeric = true;
	m->expected = want->value[est->value];
	m->captured = got->value[est->value];
	snprintf(m->text, sizeof(m->text),
		 "%s of key %u is estimated as %" PRIu64 ", the calls make it %" PRIu64
		 ": off by %.0f, and chance explains %.0f",
		 m->field, want->key, m->captured, m->expected, fabs(captured - expected), may);
}

static void judge_bar(const struct judge_input *in, const struct model_row *want,
		      const struct counter_row *got, const struct estimate *est,
		      struct judge_result *out)
{
	const struct counter_field *fields = in->model->def.subject->words->fields;
	uint32_t slot = vocabulary_slot(in->model->def.subject->words, est->error);
	struct spreads s = spreads_of(in->model, want->key, est, rate_of(in->model, got));
	double right = s.estimate.variance, may = reach(&s.square);
	double low = bar * sqrt(fmax(right - may, 0)), high = bar * sqrt(right + may);
	double captured = (double)got->value[slot];
	struct judge_mismatch *m;

	out->counters++;
	if (captured >= low - ROUNDING && captured <= high + ROUNDING)
		return;
	m = judge_add(out, JUDGE_COUNTER);
	m->key = want->key;
	m->field = fields[est->error].name;
	m->numeric = true;
	m->expected = (uint64_t)(bar * sqrt(right));
	m->captured = got->value[slot];
	snprintf(m->text, sizeof(m->text),
		 "%s of key %u is %" PRIu64 ", the calls make it %" PRIu64
		 ": chance explains from %.0f to %.0f",
		 m->field, want->key, m->captured, m->expected, low, high);
}

static void judge_row(const struct judge_input *in, const struct model_row *want,
		      struct judge_result *out)
{
	const struct counter_row *got = counter_table_find(in->table, want->key);
	struct judge_mismatch *m;

	out->keys++;
	if (!got) {
		m = judge_add(out, JUDGE_KEY);
		m->key = want->key;
		snprintf(m->text, sizeof(m->text),
			 "key %u has no row, though %" PRIu64 " blocks were allocated", want->key,
			 want->value[ALLOCS]);
		return;
	}
	if (!(rate_of(in->model, got) > 0)) {
		snprintf(out->doubt, sizeof(out->doubt),
			 "it does not say at what rate it took samples (\"rate\" among its "
			 "counters)");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(estimates); i++) {
		if (counter_table_has(in->table, estimates[i].value))
			judge_estimate(in, want, got, &estimates[i], out);
		if (counter_table_has(in->table, estimates[i].error))
			judge_bar(in, want, got, &estimates[i], out);
	}
}

void allocations_judge_sampled(const struct judge_input *in, struct judge_result *out)
{
	*out = (struct judge_result){.verdict = JUDGE_BOUNDED};
	for (size_t r = 0; r < in->model->nrows; r++)
		if (in->model->rows[r].value[ALLOCS])
			judge_row(in, &in->model->rows[r], out);
	if (out->mismatches)
		out->verdict = JUDGE_MISMATCH;
}

int allocations_assess(const struct assessment *in, struct accuracy *out)
{
	const struct counter_field *fields = in->model->def.subject->words->fields;

	if (!counter_table_has(in->table, RATE))
		return 0;
	for (size_t r = 0; r < in->model->nrows; r++) {
		const struct model_row *want = &in->model->rows[r];
		const struct counter_row *got = counter_table_find(in->table, want->key);

		for (size_t i = 0; got && rate_of(in->model, got) > 0 && i < ARRAY_SIZE(estimates);
		     i++) {
			const struct estimate *est = &estimates[i];
			struct spreads s =
				spreads_of(in->model, want->key, est, rate_of(in->model, got));
			double off =
				(double)got->value[est->value] - (double)want->value[est->value];

			if (counter_table_has(in->table, est->value) && s.estimate.variance > 0)
				accuracy_add(out, fields[est->value].name, fields[est->value].unit,
					     want->value[est->value], got->value[est->value],
					     "estimated from samples: off by %.2f standard "
					     "deviations",
					     off / sqrt(s.estimate.variance));
		}
	}
	return 0;
}
