/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which monitors the sharp lane compares within `beebench overhead`. */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <string.h>

#include "harness/result.h"
#include "harness/overhead/sharp.h"
#include "harness/overhead/sharp_stub.h"
#include "lib/log.h"

static void tell(void *arg, const char *event, const char *who)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "sharp, %s", event);
	overhead_tell(arg, sb.s, who);
	strbuf_release(&sb);
}

/* Any object but the empty one, which the others are held against. */
static bool can_compare(const struct overhead_arm *arm)
{
	return !arm->skip && arm->info.kind == MONITOR_OBJECT && strcmp(arm->spec, "nop");
}

static int compare(struct overhead *o, const char *a, const char *b, const char *event,
		   double until_s)
{
	struct sharp_options opts = {.place = o->place,
				     .realtime = o->params.realtime && !o->place.same_cpu,
				     .seconds = MAX(until_s - overhead_elapsed_s(o), 1),
				     .tell = tell,
				     .tell_arg = o};
	struct sharp s;
	int err, emitted = 0;

	opts.rng.state = rng_next(&o->rng);
	err = sharp_compare(&s, a, b, event, &opts);
	if (s.at_s.n || s.dropped)
		emitted = sink_emit(o->run->sink, sharp_record(&s, &opts));
	sharp_release(&s);
	/* Another tracepoint or type: said already; the others may do. */
	err = err == -ENOTSUP ? 0 : err;
	return err ? err : emitted;
}

int overhead_sharp(struct overhead *o, double until_s)
{
	const char *spec[64];
	size_t n = 0, jobs = 0, done = 0, pairs;
	double from_s = overhead_elapsed_s(o);
	int err = 0;

	for (size_t i = 1; i < o->narms && n < ARRAY_SIZE(spec); i++)
		if (can_compare(&o->arms[i]))
			spec[n++] = o->arms[i].spec;
	pairs = n == 2 ? 1 : n;
	for (int e = 0; e < STUB_EVENTS; e++)
		jobs += o->base[loop_event_find(stub_event_names[e])].on ? pairs : 0;
	for (int e = 0; e < STUB_EVENTS; e++) {
		if (!o->base[loop_event_find(stub_event_names[e])].on)
			continue;
		for (size_t i = 0; i < pairs && !err; i++, done++)
			err = compare(o, spec[i], n == 2 ? spec[1] : NULL, stub_event_names[e],
				      from_s + (until_s - from_s) * (double)(done + 1) /
						       (double)jobs);
	}
	return err;
}
