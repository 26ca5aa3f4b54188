/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the files are that the programs bring along: BPF objects, plot scripts, the guest. */
#ifndef LIB_DATA_H
#define LIB_DATA_H

#include "lib/base.h"

/*
 * The path of @what ("bpf", "plots", "vm/guest-init"), which need not be there:
 *
 *   $BEEBENCH_DATA/WHAT       where the variable is set;
 *   DIR/../lib/beebench/WHAT  where the folder lib/beebench is there (installed programs);
 *   DIR/WHAT                  otherwise (the build tree), or DIR/../WHAT where only that is there
 *                             (build/static/). DIR is the running program's.
 *
 * Returns 0 or -errno; prints nothing.
 */
int data_path(const char *what, char *path, size_t size);

/* The same for a program @exe and the variable's value @env, NULL: not set. */
int data_path_of(const char *exe, const char *env, const char *what, char *path, size_t size);

/* A file in the running program's own folder: "honeyc". Returns 0 or -errno; prints nothing. */
int data_beside(const char *what, char *path, size_t size);

#endif
