/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whole monitors, their consumer awake, by exchange: what they add over empty programs at the same
 * places. All are loaded at the start and take turns, there and back, beside what is timed by
 * attaching it; those that stand at the same places take the stubs over from each other.
 */
#include "lib/base.h"
#include "harness/overhead/overhead.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

struct whole_turns {
	size_t n;
	unsigned int turn;
	struct whole_arm {
		struct overhead_arm *arm;
		const char *events[TIMED_EVENTS_MAX + 1];
		struct exchange_options opts;
		struct exchange_comparison *comparison; /* NULL: nothing to exchange */
		struct exchange result;
		struct strbuf why;
		bool cannot; /* be exchanged: @why says the reason */
	} arm[];
};

static bool answers(const struct overhead_arm *arm, int event)
{
	for (size_t i = 0; i < arm->nplaces; i++)
		if (place_answers(&arm->places[i], event))
			return true;
	return false;
}

size_t overhead_whole_count(const struct overhead *o)
{
	size_t n = 0;

	for (size_t i = 1; i < o->narms; i++)
		n += o->arms[i].floor != NULL;
	return n;
}

/* A call that none of its programs runs at costs what the floor costs. */
static void keep_unanswered(const struct overhead *o, struct overhead_arm *arm)
{
	for (int e = 0; e < timed_event_count(); e++)
		if (o->base[e].on && !answers(arm, e)) {
			arm->whole[e].total = (struct stats_interval){0, 0, 0, OVERHEAD_CONFIDENCE};
			arm->whole[e].parts = json_object_new_object();
		}
}

/* What was measured of the others. */
static void keep_answered(struct overhead_arm *arm, const struct exchange *s)
{
	for (size_t i = 0; i < s->nevents; i++) {
		const struct exchange_event *event = &s->events[i];
		struct overhead_whole *whole = &arm->whole[timed_event_find(event->name)];

		whole->tried = true;
		whole->few = event->total.n;
		if (whole->few < OVERHEAD_ROUNDS_MIN)
			continue;
		whole->total = exchange_whole_interval(&event->total, &event->turn);
		whole->parts = exchange_whole_json(s, event);
	}
}

static int open_one(struct overhead *o, struct whole_arm *w, struct overhead_arm *arm)
{
	size_t n = 0;
	int err;

	w->arm = arm;
	w->why = (struct strbuf)STRBUF_INIT;
	w->opts = (struct exchange_options){.place = o->place,
					    .realtime = o->params.realtime && !o->place.same_cpu,
					    .events = w->events,
					    .consumer = EXCHANGE_WOKEN,
					    .why = &w->why,
					    .tell = overhead_tell_exchange,
					    .tell_arg = o};
	for (int e = 0; e < timed_event_count(); e++)
		if (o->base[e].on && answers(arm, e))
			w->events[n++] = timed_event(e)->name;
	if (!n)
		return 0;
	w->opts.rng.state = rng_next(&o->rng);
	err = exchange_open(&w->comparison, &w->result, arm->spec, NULL, &w->opts);
	if (err && err != -ENOTSUP && w->why.len)
		log_err("%s", w->why.s);
	w->cannot = err == -ENOTSUP;
	return w->cannot ? 0 : err;
}

int overhead_whole_open(struct overhead *o)
{
	size_t n = overhead_whole_count(o);
	int err = 0;

	if (!n)
		return 0;
	o->turns = calloc(1, sizeof(*o->turns) + n * sizeof(o->turns->arm[0]));
	if (!o->turns)
		abort();
	/* Those of one floor are neighbours, which hand the stubs on. */
	for (size_t f = 1; f < o->narms && !err; f++)
		for (size_t i = 1; i < o->narms && !err; i++)
			if (o->arms[i].floor && o->arms[i].floor == &o->arms[f])
				err = open_one(o, &o->turns->arm[o->turns->n++], &o->arms[i]);
	return err;
}

int overhead_whole_turn(struct overhead *o, double seconds)
{
	struct whole_turns *t = o->turns;
	struct exchange_comparison *before = NULL;
	int err = 0;

	for (size_t i = 0; t && i < t->n && !err; i++) {
		struct whole_arm *w = &t->arm[t->turn % 2 ? t->n - 1 - i : i];

		/* Who has no turn would not take over what the one before has attached. */
		if (!w->comparison || w->cannot || w->arm->skip || w->result.why_void)
			continue;
		err = exchange_go_on(w->comparison, seconds / (double)t->n, before);
		before = w->comparison;
		if (err == -ENOTSUP) {
			w->cannot = true;
			err = 0;
		} else if (err && w->why.len) {
			log_err("%s", w->why.s);
		}
	}
	exchange_rest(before);
	if (t)
		t->turn++;
	return err;
}

static void close_one(const struct overhead *o, struct whole_arm *w, int err)
{
	exchange_close(w->comparison, !err && !w->cannot && w->comparison);
	if (!err || err == -EINTR)
		keep_unanswered(o, w->arm);
	if (w->result.why_void)
		w->arm->why_attached = strdup(w->result.why_void);
	else if (w->cannot)
		w->arm->why_attached = strdup(w->why.s);
	else if (!err || err == -EINTR)
		keep_answered(w->arm, &w->result);
	exchange_release(&w->result);
	strbuf_release(&w->why);
}

int overhead_whole_close(struct overhead *o, int err)
{
	for (size_t i = 0; o->turns && i < o->turns->n; i++)
		close_one(o, &o->turns->arm[i], err);
	free(o->turns);
	o->turns = NULL;
	return err;
}
