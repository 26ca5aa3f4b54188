/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of timed calls, and who is who in it. */
#include "lib/base.h"
#include "harness/timing/timed_event.h"

#include <string.h>

#define ROW(fn, name, does, unit, trigger, help, ...)                                              \
	{                                                                                          \
		name, does, unit, trigger, help,                                                   \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

const struct timed_event timed_events[TIMED_EVENTS] = {
#define COMMA ,
	TIMED_EVENT_ROWS(ROW, COMMA)};

int timed_event_find(const char *name)
{
	for (int i = 0; i < TIMED_EVENTS; i++)
		if (!strcmp(timed_events[i].name, name))
			return i;
	return -1;
}

bool timed_event_makes(int event, const char *call)
{
	for (const char *const *c = timed_events[event].calls; *c; c++)
		if (!strcmp(*c, call))
			return true;
	return false;
}

bool timed_event_is_single(int event)
{
	return !timed_events[event].calls[1];
}
