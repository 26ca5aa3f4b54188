/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's part of the static lane: what loading an object says of it. */
#ifndef VM_GUEST_STATIC_H
#define VM_GUEST_STATIC_H

#include "lib/base.h"

enum { GUEST_MAX_LOGS = 64 };

struct bpf_object;

/* The verifier's statistics of each program of an object, in the object's order. */
struct guest_logs {
	char *log[GUEST_MAX_LOGS];
	size_t n;
};

/* Has the verifier write its statistics into @logs when @obj is loaded. */
void guest_static_ask(struct bpf_object *obj, struct guest_logs *logs);
/*
 * Sends of a loaded object
 *
 *   {"arm":"static","object":INDEX,"map_bytes":N,
 *    "programs":[{"xlated_bytes":N,"jited_bytes":N,"log":"processed 103 insns (limit ..) .."},..]}
 *
 * or nothing, when it was loaded without guest_static_ask().
 */
void guest_static_send(struct bpf_object *obj, const struct guest_logs *logs, int index);
void guest_static_forget(struct guest_logs *logs);

#endif
