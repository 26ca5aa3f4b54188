/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pairs programs by their tracepoints. */
#include "lib/base.h"
#include "harness/exchange/exchange_pair.h"

#include <string.h>

#include "harness/timing/loop.h"
#include "lib/why.h"
#include "collector/collect.h"

enum { PROGRAMS_MAX = 16 };

/* Events that are timed when none is asked for. The first calls fail, so a monitor of calls that
 * worked does little at them: it has its own. */
static const char *const usual[] = {"mmap", "munmap", "brk", "other", NULL};
static const char *const usual_completed[] = {"mmap+munmap", "munmap-ok", "brk-ok", "other", NULL};

struct side {
	const char *name;
	bool completed; /* a monitor of calls that worked */
	bool switches;	/* it has a program on sched_switch: a monitor of time */
	struct place places[PROGRAMS_MAX];
	size_t n;
};

static int read_side(struct side *s, const struct monitor *m, struct strbuf *why)
{
	struct object_program programs[PROGRAMS_MAX];
	size_t n = MIN(monitor_programs(m, programs, PROGRAMS_MAX), (size_t)PROGRAMS_MAX);

	s->name = monitor_info(m)->name;
	s->completed = monitor_info(m)->definition == MONITOR_COMPLETED;
	s->switches = false;
	s->n = 0;
	for (size_t i = 0; i < n; i++) {
		if (programs[i].fd < 0 || programs[i].iterator)
			continue;
		if (place_of(&s->places[s->n], &programs[i], (unsigned int)i)) {
			why_err(why,
				"%s: program %s (%s) cannot be jumped to by a stub: the time lane "
				"takes tracepoint, raw_tracepoint and tp_btf programs",
				s->name, programs[i].name, programs[i].section);
			return -ENOTSUP;
		}
		s->switches |= !strcmp(s->places[s->n].name, "sched_switch");
		s->n++;
	}
	return 0;
}

static bool runs_in(const struct place *place, const struct exchange_pair *pair)
{
	for (size_t i = 0; i < pair->nevents; i++)
		if (place_may_run(place, pair->events[i]))
			return true;
	return false;
}

static bool is_answered(const struct side *s, int event)
{
	for (size_t i = 0; i < s->n; i++)
		if (place_answers(&s->places[i], event))
			return true;
	return false;
}

/* Which call it is does not matter to a program that sees every call and takes the time: there
 * "other" stands for all. */
static bool is_usual(const struct side *s, int event)
{
	if (!s->switches || !strcmp(loop_events[event].name, "other"))
		return is_answered(s, event);
	for (size_t i = 0; i < s->n; i++)
		if (place_is_of(&s->places[i], event))
			return true;
	return false;
}

static int choose_events(struct exchange_pair *pair, const struct side *a,
			 const char *const *wanted, struct strbuf *why)
{
	const char *const *name = wanted ? wanted : a->completed ? usual_completed : usual;

	for (; *name; name++) {
		int event = loop_event_find(*name);

		if (event < 0 || pair->nevents == EXCHANGE_EVENTS_MAX) {
			why_err(why,
				"event '%s' cannot be timed; there are mmap, munmap, brk, other, "
				"mmap+munmap, munmap-ok, brk-ok",
				*name);
			return -EINVAL;
		}
		if (wanted ? is_answered(a, event) : is_usual(a, event))
			pair->events[pair->nevents++] = event;
	}
	if (pair->nevents)
		return 0;
	why_err(why, "%s: no program of it runs at a call that is timed%s", a->name,
		wanted ? "; choose others with -e" : "");
	return -ENOTSUP;
}

/* The place of @b that answers to @a's, not taken yet. */
static int match(struct place *out, const struct place *a, const struct side *sa, struct side *sb,
		 struct strbuf *why)
{
	const struct place *other = NULL;

	for (size_t i = 0; i < sb->n; i++) {
		if (place_same_type(a, &sb->places[i])) {
			*out = sb->places[i];
			sb->places[i] = sb->places[--sb->n];
			return 0;
		}
		if (place_same(a, &sb->places[i]))
			other = &sb->places[i];
	}
	if (other)
		why_err(why,
			"%s is on %s and %s on %s: programs of different types cannot stand "
			"behind one stub",
			sa->name, a->text, sb->name, other->text);
	else
		why_err(why,
			"%s has a program on %s and %s has none there: the time lane compares "
			"programs on the same tracepoints; choose common ones with -e",
			sa->name, a->text, sb->name);
	return -ENOTSUP;
}

/* What is left of B has no counterpart in A. */
static int refuse_rest(const struct exchange_pair *pair, const struct side *a, const struct side *b,
		       struct strbuf *why)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!runs_in(&b->places[i], pair))
			continue;
		why_err(why,
			"%s has a program on %s and %s has none there: the time lane compares "
			"programs on the same tracepoints; choose common ones with -e",
			b->name, b->places[i].text, a->name);
		return -ENOTSUP;
	}
	return 0;
}

int exchange_pair_make(struct exchange_pair *out, const struct monitor *a, const struct monitor *b,
		       const char *const *events, struct strbuf *why)
{
	struct side sa, sb = {.n = 0};
	int err = read_side(&sa, a, why);

	*out = (struct exchange_pair){0};
	if (!err && b)
		err = read_side(&sb, b, why);
	if (!err)
		err = choose_events(out, &sa, events, why);
	for (size_t i = 0; i < sa.n && !err; i++) {
		if (!runs_in(&sa.places[i], out))
			continue;
		if (out->nplaces == EXCHANGE_STUBS_MAX) {
			why_err(why,
				"%s has more than %d programs at the calls that are timed; choose "
				"fewer with -e",
				sa.name, EXCHANGE_STUBS_MAX);
			return -ENOTSUP;
		}
		out->a[out->nplaces] = sa.places[i];
		if (b)
			err = match(&out->b[out->nplaces], &sa.places[i], &sa, &sb, why);
		out->nplaces++;
	}
	return err ? err : b ? refuse_rest(out, &sa, &sb, why) : 0;
}
