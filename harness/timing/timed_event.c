/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of timed calls, and who is who in it. */
#include "lib/base.h"
#include "harness/timing/timed_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"
#include "lib/suggest.h"

#define ROW(fn, name, does, unit, trigger, help, ...)                                              \
	{                                                                                          \
		name, does, unit, trigger, help, {__VA_ARGS__}, NULL                               \
	}
#define COMMA ,

static struct timed_event events[TIMED_EVENTS_MAX] = {TIMED_EVENT_ROWS(ROW, ROW, COMMA)};
static int nevents; /* 0: the rows of the table are not there yet */

/* Kept for ever: there is one table. */
static const char *kept(struct strbuf *text)
{
	char *copy = strdup(text->s);

	if (!copy)
		abort();
	strbuf_release(text);
	return copy;
}

static const char *trigger_of(const struct syscall_row *row, bool fails)
{
	struct strbuf text = STRBUF_INIT;

	if (fails)
		strbuf_addf(&text, "%s, %s -> %s", row->name, row->fails,
			    strerrorname_np(row->err));
	else
		strbuf_addf(&text, "%s: %s%s%s", row->name, row->works, row->undo ? ", then " : "",
			    row->undo ? row->undo : "");
	return kept(&text);
}

static const char *help_of(const struct syscall_row *row, bool fails)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s, which %s: %s%s%s", row->name, fails ? "fails" : "works",
		    fails ? row->fails : row->works, !fails && row->undo ? ", then " : "",
		    !fails && row->undo ? row->undo : "");
	return kept(&text);
}

static const char *traced_call(uint32_t call)
{
	const struct syscall_row *row = syscall_by_number(call - 1);

	return row ? syscall_trace_name(row) : "?";
}

static void add_event(const struct syscall_row *row, bool fails)
{
	struct timed_event *e = &events[nevents++];
	struct strbuf name = STRBUF_INIT;
	size_t n = 0;

	strbuf_addf(&name, "%s%s", row->name, !fails && row->fails ? "-ok" : "");
	*e = (struct timed_event){.name = kept(&name),
				  .does = fails ? TIMED_FAILS : TIMED_WORKS,
				  .unit = "ns/event",
				  .trigger = trigger_of(row, fails),
				  .help = help_of(row, fails),
				  .row = row};
	e->calls[n++] = syscall_trace_name(row);
	for (int i = 0; i < SYSCALL_STEPS && !fails && row->before[i].call; i++)
		e->calls[n++] = traced_call(row->before[i].call);
	for (int i = 0; i < SYSCALL_STEPS && !fails && row->after[i].call; i++)
		e->calls[n++] = traced_call(row->after[i].call);
	if (n > 1)
		e->unit = "ns/round";
}

static bool written_out(const char *name)
{
	for (int i = 0; i < TIMED_OWN; i++)
		if (!strcmp(events[i].name, name))
			return true;
	return false;
}

int timed_event_count(void)
{
	if (nevents)
		return nevents;
	nevents = TIMED_OWN;
	for (size_t i = 0; i < syscall_row_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];

		if (!row->call || written_out(row->name))
			continue;
		if (row->fails)
			add_event(row, true);
		if (row->works)
			add_event(row, false);
	}
	return nevents;
}

const struct timed_event *timed_event(int event)
{
	timed_event_count();
	return &events[event];
}

int timed_event_find(const char *name)
{
	for (int i = 0; i < timed_event_count(); i++)
		if (!strcmp(events[i].name, name))
			return i;
	return -1;
}

const char *timed_event_suggest(const char *word)
{
	const char *names[TIMED_EVENTS_MAX];
	int n = timed_event_count();

	for (int i = 0; i < n; i++)
		names[i] = events[i].name;
	return suggest_nearest(word, names, (size_t)n);
}

bool timed_event_makes(int event, const char *call)
{
	for (const char *const *c = timed_event(event)->calls; *c; c++)
		if (!strcmp(*c, call))
			return true;
	return false;
}

bool timed_event_is_about(int event, const char *call)
{
	return timed_event(event)->row && !strcmp(timed_event(event)->calls[0], call);
}

bool timed_event_is_single(int event)
{
	return !timed_event(event)->calls[1];
}
