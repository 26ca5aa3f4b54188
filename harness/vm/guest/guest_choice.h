/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of all paths are counted: those of an object's own calls, by its programs' sections, unless
 * the plan names calls. Paths of memory calls are counted for an object with a program at one of
 * them or at no one system call (all of them, a switch), those of blocks for one at the kernel's
 * allocators; "other" always.
 */
#ifndef VM_GUEST_CHOICE_H
#define VM_GUEST_CHOICE_H

#include "harness/vm/guest/guest_object.h"
#include "harness/vm/guest/guest_paths.h"

struct guest_choice {
	bool row[SYSCALL_ROWS_MAX]; /* of syscall_rows: both its calls */
	bool memory;
	bool blocks; /* it has a program on the kernel's allocators */
};

/* The plan's: "openat,read-ok" are counted for every object, and with @only nothing else is. */
void guest_choice_name(const char *calls, bool only);
/* What an object wants; what any of those in the files @paths will want, which are not loaded. */
void guest_choose(struct guest_choice *c, const struct guest_object *o);
void guest_choose_all(struct guest_choice *c, char *const paths[]);
/* Each of its programs stands at one system call, and at none that a task makes which waits. */
bool guest_choice_is_of_calls(const struct guest_object *o);
bool guest_chosen(const struct guest_choice *c, const struct guest_path *p);

#endif
