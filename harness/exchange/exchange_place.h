/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where programs stand, and which timed calls they answer to: pure functions on sections. Programs
 * of two monitors are held against each other place by place.
 */
#ifndef HARNESS_SHARP_PLACE_H
#define HARNESS_SHARP_PLACE_H

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
int place_of(struct place *out, const struct object_program *p, unsigned int program);

/* Does a program there run at each call of @event (of timed_events)? */
bool place_answers(const struct place *place, int event);
/* The same, and at no other system call. */
bool place_is_of(const struct place *place, int event);
/* Can it run while the calls of @event are made? True as well for what is on no system call. */
bool place_may_run(const struct place *place, int event);

/* Same tracepoint; the same type as well. */
bool place_same(const struct place *a, const struct place *b);
bool place_same_type(const struct place *a, const struct place *b);

#endif
