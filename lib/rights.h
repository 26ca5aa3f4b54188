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

/*
 * For a program that opens many files that the caller names, and runs commands: gives up for good
 * what a set-user-id bit, or capabilities over files, would let it do to files that the caller
 * cannot. What else its file was given (CAP_BPF) stays, and CAP_DAC_READ_SEARCH can be had back
 * for tracefs alone. Nothing where no rights are borrowed.
 */
void rights_keep_callers(void);
/* Between them tracefs is as open as the program's file was meant to have it. One thread. */
void rights_raise(void);
void rights_lower(void);
/* The value of @expression, which attaches a program: libbpf looks tracepoints up in tracefs. */
#define RIGHTS_RAISED(expression)                                                                  \
	({                                                                                         \
		__typeof__(expression) rights_value;                                               \
                                                                                                   \
		rights_raise();                                                                    \
		rights_value = (expression);                                                       \
		rights_lower();                                                                    \
		rights_value;                                                                      \
	})

/* open(2) of a file that the caller names, with no more rights than the caller has. Returns the
 * descriptor or -errno; prints nothing. */
int rights_open(const char *path, int flags, mode_t mode);

#endif
