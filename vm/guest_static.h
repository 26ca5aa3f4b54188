/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's part of the static lane: what loading an object says of it. */
#ifndef VM_GUEST_STATIC_H
#define VM_GUEST_STATIC_H

#include "lib/base.h"

/*
 * Loads the object once more with the verifier's statistics on, attaches nothing, unloads. Sends
 *
 *   {"arm":"static","object":INDEX,"map_bytes":N,
 *    "programs":[{"xlated_bytes":N,"jited_bytes":N,"log":"processed 103 insns (limit ..) .."},..]}
 *
 * Sends nothing when the object cannot be loaded: whoever measured it has said why.
 */
void guest_static(const char *path, int index);

#endif
