/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls whose cost is measured, one row each: the only list of them. The command line, policies
 * and `beebench list events` take its names, the loops make its calls, and what a lane times when
 * nobody chose follows from what a row's call does.
 */
#ifndef HARNESS_TIMED_EVENT_H
#define HARNESS_TIMED_EVENT_H

#include "lib/base.h"

/*
 * ROW(function, name, does, unit, trigger, help, calls..), with BETWEEN between two rows.
 *
 * Calls that fail after the tracepoint, before they change anything, are the quietest there are: a
 * monitor of sys_enter does all its work, and the kernel nearly none of its own. A monitor that
 * counts what has worked needs calls that work; those here leave everything as it was.
 */
#define TIMED_EVENT_ROWS(ROW, BETWEEN)                                                             \
	ROW(mmap, "mmap", TIMED_FAILS, "ns/event",                                                 \
	    "mmap(0, 4096, PROT_NONE, PRIVATE|ANONYMOUS, -1, 1) -> EINVAL", "mmap, which fails",   \
	    "mmap")                                                                                \
	BETWEEN ROW(munmap, "munmap", TIMED_FAILS, "ns/event", "munmap(1, 4096) -> EINVAL",        \
		    "munmap, which fails", "munmap") BETWEEN                                       \
	ROW(brk, "brk", TIMED_FAILS, "ns/event", "brk(0)", "brk, which asks where the break is",   \
	    "brk") BETWEEN                                                                         \
	ROW(other, "other", TIMED_BESIDE, "ns/event", "getppid()",                                 \
	    "a call that memory monitors do not watch", "getppid") BETWEEN                         \
	ROW(pair, "mmap+munmap", TIMED_WORKS, "ns/pair",                                           \
	    "mmap(0, 4096, READ|WRITE, PRIVATE|ANONYMOUS), munmap of it",                          \
	    "both, which work: the cost of a pair", "mmap", "munmap") BETWEEN                      \
	ROW(munmap_ok, "munmap-ok", TIMED_WORKS, "ns/event",                                       \
	    "munmap(0, 4096) -> 0, where nothing is mapped", "munmap, which works", "munmap")      \
		BETWEEN                                                                            \
		ROW(brk_ok, "brk-ok", TIMED_WORKS, "ns/event", "brk(where the break is)",          \
		    "brk, which works", "brk")

enum timed_does {
	TIMED_FAILS, /* it changes nothing: a monitor of completed calls does not count it */
	TIMED_WORKS,
	TIMED_BESIDE, /* it is none of those that memory monitors watch */
};

enum { TIMED_CALLS_MAX = 2 };

struct timed_event {
	const char *name; /* "munmap-ok" */
	enum timed_does does;
	const char *unit;    /* "ns/event", "ns/pair" */
	const char *trigger; /* the call made, for the record */
	const char *help;
	const char *calls[TIMED_CALLS_MAX + 1]; /* the system calls of one event; ended by NULL */
};

#define TIMED_EVENT_ONE_(...) +1
enum { TIMED_EVENTS = TIMED_EVENT_ROWS(TIMED_EVENT_ONE_, ) };

extern const struct timed_event timed_events[TIMED_EVENTS];

/* "mmap, munmap, .., brk-ok": a string literal. */
#define TIMED_EVENT_NAME_(fn, name, ...) name
#define TIMED_EVENT_NAMES		 TIMED_EVENT_ROWS(TIMED_EVENT_NAME_, ", ")

/* Index into timed_events of @name, or -1. */
int timed_event_find(const char *name);
/* Does @event make the system call @call ("munmap")? */
bool timed_event_makes(int event, const char *call);
/* Is it one call, which a monitor's counter of that call shows as one? Not a pair. */
bool timed_event_is_single(int event);

#endif
