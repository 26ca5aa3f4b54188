/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which of an object's programs are loaded on this kernel (lib/preempt.h). */
#ifndef COLLECTOR_STAND_IN_H
#define COLLECTOR_STAND_IN_H

#include "lib/base.h"

struct bpf_object;
struct bpf_program;

/*
 * Before loading: where programs at tracepoints can be preempted, each NAME_steady takes the place
 * of NAME. Elsewhere, and in an object that has none, nothing changes.
 */
void stand_in_choose(struct bpf_object *object);

/* The program NAME_steady of an object that also has NAME. */
bool stand_in_is(const struct bpf_object *object, const struct bpf_program *program);

/* The one of the two that is loaded: that with @name, or its stand-in. NULL: there is none. */
struct bpf_program *stand_in_program(const struct bpf_object *object, const char *name);

#endif
