/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whose rights we run with. A program whose file has capabilities or a set-user-id bit runs for
 * whoever starts it with rights that are not theirs (AT_SECURE, getauxval(3)): then what they name
 * is opened with their own rights, what is loaded into the kernel is what ships, and the
 * environment (secure_getenv(3)) says nothing.
 */
#ifndef LIB_RIGHTS_H
#define LIB_RIGHTS_H

#include "lib/base.h"

/* The rights are the file's, not the caller's. */
bool rights_are_borrowed(void);

/* open(2) of a file that the caller names, with no more rights than the caller has. Returns the
 * descriptor or -errno; prints nothing. */
int rights_open(const char *path, int flags, mode_t mode);

#endif
