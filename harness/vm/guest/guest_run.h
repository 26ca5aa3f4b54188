/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a command in the guest and passes on what it writes. */
#ifndef VM_GUEST_RUN_H
#define VM_GUEST_RUN_H

#include "lib/base.h"

/* Returns its exit code; 128 + the signal that ended it; 127 after saying why it cannot start. */
int guest_run(char *const argv[]);

#endif
