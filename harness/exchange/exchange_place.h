/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where programs stand, which timed calls they answer to, and which of two monitors' programs are
 * held against each other: pure functions on sections.
 */
#ifndef HARNESS_EXCHANGE_PLACE_H
#define HARNESS_EXCHANGE_PLACE_H

#include "harness/exchange/exchange_load.h"
#include "harness/timing/timed_event.h"
#include "lib/base.h"
#include "collector/object.h"

/* A tracepoint and the way a program is on it. */
struct place {
	uint32_t type;	      /* enum bpf_prog_type: TRACEPOINT, RAW_TRACEPOINT, TRACING (tp_btf) */
	char category[32];    /* "syscalls"; "" for the raw types */
	char name[64];	      /* "sys_enter_mmap" */
	char text[112];	      /* "tracepoint/syscalls/sys_enter_mmap", for messages */
	unsigned int program; /* index among the monitor's programs */
};

/* The place of @p, whose index is @program. Returns 0, or -ENOTSUP (another type, or no tracepoint
 * named). */
int place_of_program(struct place *out, const struct object_program *p, unsigned int program);

/* Does a program there run at each call of @event (of timed_events)? */
bool place_answers(const struct place *place, int event);
/* The same, and at no other system call. */
bool place_is_of(const struct place *place, int event);
/* The same of a harmless call that @event is about: not of one by which another is undone. */
bool place_is_about(const struct place *place, int event);
/* Can it run while the calls of @event are made? True as well for what is on no system call. */
bool place_may_run(const struct place *place, int event);

/* Same tracepoint; the same type as well. */
bool place_same(const struct place *a, const struct place *b);
bool place_same_type(const struct place *a, const struct place *b);

struct monitor;

/*
 * The places of all programs of @m that are loaded and no iterators, at most @max. Returns how
 * many; 0: they cannot be exchanged, with the reason in @why.
 */
size_t places_of(const struct monitor *m, struct place *out, size_t max, struct strbuf *why);
/*
 * The system calls that a bpftrace script names as tracepoint:syscalls:sys_enter_NAME (or t:..,
 * sys_exit_NAME), each once, at most @max: places to be timed at, which no stub can stand at.
 * Returns how many; 0 as well where the file cannot be read. Says nothing.
 */
size_t places_of_script(const char *path, struct place *out, size_t max);

struct exchange_pair {
	/* The i-th of A is held against the i-th of B; both are at the same place. */
	struct place a[EXCHANGE_STUBS_MAX], b[EXCHANGE_STUBS_MAX];
	size_t nplaces;
	int events[EXCHANGE_EVENTS_MAX]; /* indices into timed_events */
	size_t nevents;
};

/*
 * @events as in struct exchange_options. @b may be NULL. Returns 0, -EINVAL (no such event) or
 * -ENOTSUP after saying why the two cannot be held against each other: a program of another type, a
 * tracepoint or its type that only one of them has, no program that a timed call runs.
 */
int exchange_pair_make(struct exchange_pair *out, const struct monitor *a, const struct monitor *b,
		       const char *const *events, struct strbuf *why);

#endif
