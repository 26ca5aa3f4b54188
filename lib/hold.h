/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file that is written for as long as a command runs has one writer: two would spoil each other.
 */
#ifndef LIB_HOLD_H
#define LIB_HOLD_H

#include "lib/base.h"

/*
 * Takes the file behind @fd, which is open for writing, until the descriptor is closed. What is no
 * regular file is nobody's, and where a file system has no locks nobody can be told. Returns 0;
 * -EBUSY: another has it, and @who, of HOLD_WHO_BYTES, says which process, or ""; else -errno.
 * Prints nothing.
 */
int hold_file(int fd, char *who);

#define HOLD_WHO_BYTES 32

/*
 * The same of a file that is put in its place by rename(2) when it is whole, and so need not be
 * there yet: its name is held, whatever link or way leads there, until the descriptor is closed or
 * the process ends. Returns the descriptor; -EBUSY as above; -ENOENT: @path is no name of a regular
 * file, or of none in a folder, or names cannot be held here: it is nobody's. Prints nothing.
 */
int hold_path(const char *path, char *who);

#endif
