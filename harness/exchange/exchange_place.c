/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where programs stand, and which of two monitors' programs are held against each other. A section
 * names a tracepoint and the way a program is on it; from those follows at which timed calls it
 * runs. Programs of two monitors pair up place by place; what has no counterpart is refused.
 */
#include "lib/base.h"
#include "harness/exchange/exchange_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "harness/subject.h"
#include "lib/why.h"
#include "collector/collect.h"

int place_of_program(struct place *out, const struct object_program *p, unsigned int program)
{
	const char *name = strchr(p->section, '/'), *slash;

	*out = (struct place){.type = p->type, .program = program};
	snprintf(out->text, sizeof(out->text), "%s", p->section);
	if (!name || !name[1])
		return -ENOTSUP;
	name++;
	slash = strchr(name, '/');
	switch (p->type) {
	case BPF_PROG_TYPE_TRACEPOINT:
		if (!slash || (size_t)(slash - name) >= sizeof(out->category))
			return -ENOTSUP;
		memcpy(out->category, name, (size_t)(slash - name));
		name = slash + 1;
		break;
	case BPF_PROG_TYPE_RAW_TRACEPOINT: break;
	case BPF_PROG_TYPE_TRACING:
		if (strncmp(p->section, "tp_btf/", strlen("tp_btf/")))
			return -ENOTSUP;
		break;
	default: return -ENOTSUP;
	}
	snprintf(out->name, sizeof(out->name), "%s", name);
	return 0;
}

/* "mmap" of sys_enter_mmap and sys_exit_mmap; NULL: no tracepoint of one system call. */
static const char *syscall_of(const struct place *place)
{
	if (strcmp(place->category, "syscalls"))
		return NULL;
	if (!strncmp(place->name, "sys_enter_", strlen("sys_enter_")))
		return place->name + strlen("sys_enter_");
	if (!strncmp(place->name, "sys_exit_", strlen("sys_exit_")))
		return place->name + strlen("sys_exit_");
	return NULL;
}

/* raw_syscalls:sys_enter by any type. */
static bool sees_every_call(const struct place *place)
{
	return (!*place->category || !strcmp(place->category, "raw_syscalls")) &&
	       (!strcmp(place->name, "sys_enter") || !strcmp(place->name, "sys_exit"));
}

bool place_is_of(const struct place *place, int event)
{
	const char *name = syscall_of(place);

	return name && timed_event_makes(event, name);
}

bool place_is_about(const struct place *place, int event)
{
	const char *name = syscall_of(place);

	return name && timed_event_is_about(event, name);
}

bool place_answers(const struct place *place, int event)
{
	return sees_every_call(place) || place_is_of(place, event);
}

bool place_may_run(const struct place *place, int event)
{
	return !syscall_of(place) || place_is_of(place, event);
}

bool place_same(const struct place *a, const struct place *b)
{
	/* The category of a raw type is not known; the syscalls' own have names of their own. */
	return !strcmp(a->name, b->name) &&
	       (!*a->category || !*b->category || !strcmp(a->category, b->category));
}

bool place_same_type(const struct place *a, const struct place *b)
{
	return a->type == b->type && place_same(a, b);
}

/* --- pairs --- */

enum { PROGRAMS_MAX = 16 };

struct side {
	const char *name;
	bool completed; /* a monitor of calls that worked */
	bool switches;	/* it has a program on sched_switch: a monitor of time */
	struct place places[PROGRAMS_MAX];
	size_t n;
};

/* Those of the first programs of @m, at most @max. Returns how many, or -ENOTSUP with the reason in
 * @why. */
static int read_places(const struct monitor *m, struct place *out, size_t max, struct strbuf *why)
{
	struct object_program programs[PROGRAMS_MAX];
	size_t n = MIN(monitor_programs(m, programs, PROGRAMS_MAX), (size_t)PROGRAMS_MAX);
	int places = 0;

	for (size_t i = 0; i < n; i++) {
		if (programs[i].fd < 0 || programs[i].iterator)
			continue;
		if ((size_t)places == max) {
			why_err(why, "%s has more than %zu programs", monitor_info(m)->name, max);
			return -ENOTSUP;
		}
		if (place_of_program(&out[places], &programs[i], (unsigned int)i)) {
			why_err(why,
				"%s: program %s (%s) cannot be jumped to by a stub: the time lane "
				"takes tracepoint, raw_tracepoint and tp_btf programs",
				monitor_info(m)->name, programs[i].name, programs[i].section);
			return -ENOTSUP;
		}
		places++;
	}
	return places;
}

size_t places_of(const struct monitor *m, struct place *out, size_t max, struct strbuf *why)
{
	int n = read_places(m, out, max, why);

	if (!n)
		why_err(why, "%s has no program that an event runs", monitor_info(m)->name);
	return n < 0 ? 0 : (size_t)n;
}

static int read_side(struct side *s, const struct monitor *m, struct strbuf *why)
{
	int n = read_places(m, s->places, PROGRAMS_MAX, why);

	s->name = monitor_info(m)->name;
	s->completed = subject_times_working(monitor_info(m));
	s->switches = false;
	s->n = n < 0 ? 0 : (size_t)n;
	for (size_t i = 0; i < s->n; i++)
		s->switches |= !strcmp(s->places[i].name, "sched_switch");
	return n < 0 ? n : 0;
}

/* Adds the probe whose name begins at @name, unless it is there. Returns how many there are now. */
static size_t add_probe(struct place *out, size_t n, size_t max, const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (n == max || len >= sizeof(out->name))
		return n;
	for (size_t i = 0; i < n; i++)
		if (!strncmp(out[i].name, name, len) && !out[i].name[len])
			return n;
	out[n] = (struct place){.type = BPF_PROG_TYPE_TRACEPOINT, .category = "syscalls"};
	memcpy(out[n].name, name, len);
	return n + 1;
}

size_t places_of_script(const char *path, struct place *out, size_t max)
{
	static const char probe[] = ":syscalls:sys_e";
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, n = 0;

	while (f && getline(&line, &room, f) >= 0) {
		char *comment = strstr(line, "//"), *at = line;

		if (comment)
			*comment = '\0';
		while ((at = strstr(at, probe))) {
			at += strlen(":syscalls:");
			n = add_probe(out, n, max, at);
		}
	}
	free(line);
	if (f)
		fclose(f);
	return n;
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

static bool is_about(const struct side *s, int event)
{
	for (size_t i = 0; i < s->n; i++)
		if (place_is_about(&s->places[i], event))
			return true;
	return false;
}

/* Which call it is does not matter to a program that sees every call and takes the time: there
 * "other" stands for all; and where a program sees every call, those of the table would not end. */
static bool is_usual(const struct side *s, int event)
{
	if (timed_event(event)->row)
		return is_about(s, event);
	if (!s->switches || timed_event(event)->does == TIMED_BESIDE)
		return is_answered(s, event);
	for (size_t i = 0; i < s->n; i++)
		if (place_is_of(&s->places[i], event))
			return true;
	return false;
}

static int choose_event(struct exchange_pair *pair, int event, struct strbuf *why)
{
	for (size_t i = 0; i < pair->nevents; i++)
		if (pair->events[i] == event)
			return 0;
	if (pair->nevents == EXCHANGE_EVENTS_MAX) {
		why_err(why, "more than %d events cannot be timed at once; choose fewer with -e",
			EXCHANGE_EVENTS_MAX);
		return -ENOTSUP;
	}
	pair->events[pair->nevents++] = event;
	return 0;
}

/* The user's. */
static int choose_wanted(struct exchange_pair *pair, const struct side *a,
			 const char *const *wanted, struct strbuf *why)
{
	for (; *wanted; wanted++) {
		int event = timed_event_find(*wanted);

		if (event < 0) {
			why_err(why, "event '%s' cannot be timed; there are " TIMED_EVENT_NAMES,
				*wanted);
			return -EINVAL;
		}
		if (is_answered(a, event)) {
			int err = choose_event(pair, event, why);

			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * When nobody chose: of the memory calls half fail, and a monitor of calls that worked does little
 * at them: it has the other half. Of any other call of its own a monitor has both: what it does at
 * either is not known.
 */
static int choose_usual(struct exchange_pair *pair, const struct side *a, struct strbuf *why)
{
	enum timed_does usual = a->completed ? TIMED_WORKS : TIMED_FAILS;
	int err = 0;

	for (int last = 0; last < 2; last++)
		for (int event = 0; event < timed_event_count() && !err; event++) {
			const struct timed_event *e = timed_event(event);
			bool beside = e->does == TIMED_BESIDE;

			if (beside == last && (beside || e->row || e->does == usual) &&
			    is_usual(a, event))
				err = choose_event(pair, event, why);
		}
	return err;
}

static int choose_events(struct exchange_pair *pair, const struct side *a,
			 const char *const *wanted, struct strbuf *why)
{
	int err;

	err = wanted ? choose_wanted(pair, a, wanted, why) : choose_usual(pair, a, why);
	if (err || pair->nevents)
		return err;
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
