/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which monitors the exchange lane compares within `beebench overhead`. */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <string.h>

#include "harness/result.h"
#include "harness/exchange/exchange.h"
#include "lib/log.h"
#include "lib/strbuf.h"

static void overhead_tell_exchange(void *arg, const char *what, const char *who)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "sharp, %s", what);
	overhead_tell(arg, sb.s, who);
	strbuf_release(&sb);
}

/* Any object but the empty one, which the others are held against. */
static bool can_compare(const struct overhead_arm *arm)
{
	return !arm->skip && arm->info.kind == MONITOR_OBJECT && strcmp(arm->spec, "nop");
}

/* What of -e the lane is asked for; NULL-ended. */
static size_t events_of(const struct overhead *o, const char **events)
{
	size_t n = 0;

	for (int e = 0; e < TIMED_EVENTS; e++)
		if (o->base[e].on)
			events[n++] = timed_events[e].name;
	events[n] = NULL;
	return n;
}

static int compare(struct overhead *o, const char *a, const char *b, double until_s)
{
	const char *events[TIMED_EVENTS + 1];
	struct exchange_options opts = {.place = o->place,
					.realtime = o->params.realtime && !o->place.same_cpu,
					.seconds = MAX(until_s - overhead_elapsed_s(o), 1),
					.events = events,
					.consumer = (enum exchange_consumer)o->params.consumer,
					.tell = overhead_tell_exchange,
					.tell_arg = o};
	struct exchange s;
	int err, emitted = 0;

	events_of(o, events);
	opts.rng.state = rng_next(&o->rng);
	err = exchange_compare(&s, a, b, &opts);
	emitted = exchange_emit(&s, &opts, o->run);
	exchange_release(&s);
	/* Another tracepoint or type: said already; the others may do. */
	err = err == -ENOTSUP ? 0 : err;
	return err ? err : emitted;
}

int overhead_exchange(struct overhead *o, double until_s)
{
	const char *spec[64];
	double from_s = overhead_elapsed_s(o);
	size_t n = 0, pairs;
	int err = 0;

	for (size_t i = 1; i < o->narms && n < ARRAY_SIZE(spec); i++)
		if (can_compare(&o->arms[i]))
			spec[n++] = o->arms[i].spec;
	pairs = n == 2 ? 1 : n;
	for (size_t i = 0; i < pairs && !err; i++)
		err = compare(o, spec[i], n == 2 ? spec[1] : NULL,
			      from_s + (until_s - from_s) * (double)(i + 1) / (double)pairs);
	return err;
}
