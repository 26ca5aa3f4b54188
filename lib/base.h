/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The first include of every user-space .c file: feature macros and the few things everybody needs.
 */
#ifndef LIB_BASE_H
#define LIB_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Checks the arguments of a function that takes a printf format (argument number @fmt). */
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED		       __attribute__((unused))

/* The smaller and the larger, in the type that C compares the two in; each argument is evaluated
 * once. */
#define MIN(a, b)	   PICK_(a, <, b, __COUNTER__)
#define MAX(a, b)	   PICK_(a, >, b, __COUNTER__)
#define PICK_(a, op, b, n) PICK__(a, op, b, n)
#define PICK__(a, op, b, n)                                                                        \
	__extension__({                                                                            \
		__typeof__(1 ? (a) : (b)) pick_a_##n = (a), pick_b_##n = (b);                      \
		pick_a_##n op pick_b_##n ? pick_a_##n : pick_b_##n;                                \
	})

#define NSEC_PER_SEC  1000000000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_USEC 1000ULL

/* Exit codes, the same in every command of every program here (DESIGN: Commands). */
enum exit_code {
	EXIT_OK = 0,	       /* everything asked for was done and is good */
	EXIT_BAD = 1,	       /* a check failed, a regression, an error in the source given */
	EXIT_USAGE = 2,	       /* wrong usage or a broken environment */
	EXIT_INCONCLUSIVE = 3, /* no verdict within the budget */
	EXIT_SKIP = 77,	       /* this machine cannot run it; the reason was printed */
};

#endif
