/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reasons not to believe what was measured. */
#include "lib/base.h"
#include "harness/exchange/exchange_void.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/exchange/exchange.h"
#include "harness/exchange/exchange_place.h"
#include "lib/strbuf.h"

#define AA_CONFIDENCE	0.999
#define CORRELATION_BAD 0.5
#define DRIFT_SHARE	0.02 /* how far an absolute size may be off; docs/method.md */
#define DRIFT_NS	0.25

static char *PRINTF_LIKE(1, 2) sentence(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	return text;
}

char *exchange_void_before(const struct exchange_pair *pair)
{
	struct strbuf found = STRBUF_INIT, name = STRBUF_INIT;
	struct names tracepoints = {0};
	char *why = NULL;

	for (size_t i = 0; i < pair->nevents; i++)
		env_add_tracepoints(&tracepoints, pair->events[i]);
	for (size_t i = 0; i < pair->nplaces; i++) {
		if (!*pair->a[i].category)
			continue;
		strbuf_reset(&name);
		strbuf_addf(&name, "%s/%s", pair->a[i].category, pair->a[i].name);
		names_add(&tracepoints, name.s);
	}
	if (env_foreign_programs(&tracepoints, &found) > 0)
		why = sentence("other BPF programs are at the tracepoints that are timed: %s; end "
			       "what attached them (bpftool link)",
			       found.s);
	names_release(&tracepoints);
	strbuf_release(&found);
	strbuf_release(&name);
	return why;
}

/* Valid however long the run was, as the run may have stopped on what it saw. */
static char *check_aa(const struct exchange *s, const struct exchange_event *e)
{
	const struct samples *aa = exchange_effect(e, EFFECT_AA);
	double confidence = 1 - (1 - AA_CONFIDENCE) / (double)s->nevents;
	struct stats_interval off = stats_trimmed_sequence(aa->v, aa->n, EXCHANGE_LOAD_TRIM,
							   confidence, EXCHANGE_LOADS_TUNED);

	if (off.low <= 0 && off.high >= 0)
		return NULL;
	return sentence("%s: two loads of the same object differ by %+.2f ns; nothing else that "
			"was measured can be believed then",
			e->name, off.centre);
}

/*
 * An effect is constant in nanoseconds or in core cycles. When it follows the core's clock in both,
 * and by more than an absolute size is promised for, something else changed with the clock. Below
 * that it may be the gauge's own error, which an effect of pure cycles follows closely.
 */
static char *check_clock(const struct exchange *s, const struct exchange_event *e)
{
	const struct samples *effect =
		exchange_effect(e, s->arms > EXCHANGE_B ? EFFECT_DIFF : EFFECT_A);
	double gauge_ns = stats_median(s->gauge_ns.v, s->gauge_ns.n);
	double centre = stats_trimmed_mean(effect->v, effect->n, EXCHANGE_LOAD_TRIM);
	struct samples even = {0}; /* at the median clock, were it constant in cycles */
	double ns, in_cycles, follows_ns;

	if (effect->n < EXCHANGE_LOADS_MIN)
		return NULL;
	for (size_t i = 0; i < effect->n; i++)
		samples_add(&even, effect->v[i] / s->gauge_ns.v[i] * gauge_ns);
	ns = stats_rank_correlation(s->gauge_ns.v, effect->v, effect->n);
	in_cycles = stats_rank_correlation(s->gauge_ns.v, even.v, even.n);
	follows_ns = fabs(in_cycles) * stats_mad(even.v, even.n);
	samples_release(&even);
	if (fabs(ns) < CORRELATION_BAD || fabs(in_cycles) < CORRELATION_BAD ||
	    follows_ns < MAX(DRIFT_NS, DRIFT_SHARE * fabs(centre)))
		return NULL;
	return sentence("%s: the effect goes with the core's clock (rank correlation %.2f, in "
			"cycles %.2f, by %.2f ns): the clock changed while it was measured",
			e->name, ns, in_cycles, follows_ns);
}

char *exchange_void_after(const struct exchange *s)
{
	double duty = stats_median(s->busy.v, s->busy.n);
	char *why = NULL;

	if (!s->at_s.n)
		return s->dropped ? sentence("somebody else attached to or detached from the same "
					     "tracepoints during every load")
				  : sentence("nothing was measured in the time given");
	if (duty < EXCHANGE_DUTY_VOID)
		return sentence("only %.0f %% of the time was spent in timed calls", 100 * duty);
	for (size_t i = 0; i < s->nevents && !why; i++) {
		why = check_aa(s, &s->events[i]);
		/* How often a consumer is woken follows the clock as well. */
		if (!why && !s->woken)
			why = check_clock(s, &s->events[i]);
	}
	return why;
}
