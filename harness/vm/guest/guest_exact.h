/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's two jobs with BPF objects: count instructions, or only load. */
#ifndef VM_GUEST_EXACT_H
#define VM_GUEST_EXACT_H

#include "lib/base.h"

/*
 * Counts every path that is wanted with nothing attached, then for each object with empty programs
 * on its hooks and with the object itself, then once more with nothing. @argv: "calls=N", paths of
 * objects, NULL. Sends one VM_RECORD for each (arm, path):
 *
 *   {"arm":"none"|"nop"|"object"|"none-again","object":INDEX (-1: no object),"path":"mmap",
 *    "same_as":"mmap","calls":N,"halves":[mode of the first half, of the second],
 *    "values":[[count, taken],..] most taken first}
 *
 * or, when an object cannot be used, {"arm":"object","object":INDEX,"error":TEXT}; empty programs
 * that cannot be made or a path that cannot be run have "arm", "path" and "error". An object that
 * could be loaded has the static lane's line as well (harness/vm/guest/guest_static.h). Returns an
 * exit code (0, or 1 when some object failed).
 */
int guest_exact(char *const argv[]);

/* Loads and attaches each object, says {"object":INDEX,"programs":N,"attached":N} or
 * {"object":..,"error":..}.
 */
int guest_load(char *const argv[]);

#endif
