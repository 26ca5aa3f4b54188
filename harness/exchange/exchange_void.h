/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The self-checks of the exchange lane: what makes its figures count for nothing. */
#ifndef HARNESS_EXCHANGE_VOID_H
#define HARNESS_EXCHANGE_VOID_H

#include "lib/base.h"

struct exchange;
struct exchange_pair;

/* Below this share of the time inside timed calls, a run is void; below the other it is noted. */
#define EXCHANGE_DUTY_VOID 0.2
#define EXCHANGE_DUTY_LOW  0.5

/* Before anything of ours is attached: somebody else's programs where those of @pair stand, or on
 * the calls that are timed. A sentence the caller owns, or NULL. */
char *exchange_void_before(const struct exchange_pair *pair);

/*
 * After the run: two loads of A differ (the live A/A arm, 99.9 %), too little of the time was spent
 * in timed calls, the effect goes with the core's clock. A sentence the caller owns, or NULL.
 */
char *exchange_void_after(const struct exchange *s);

#endif
