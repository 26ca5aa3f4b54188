/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The switch of the exchange lane: stubs that stay attached and tail-call through one-slot
 * PROG_ARRAYs. Re-pointing one takes microseconds, where detaching sleeps 40 to 70 ms.
 */
#ifndef HARNESS_EXCHANGE_STUB_H
#define HARNESS_EXCHANGE_STUB_H

#include "harness/exchange/exchange_load.h"
#include "harness/exchange/exchange_place.h"
#include "lib/base.h"

struct stubs;

/* Loads a stub for each of @places and attaches it. Returns 0, or -errno after saying why. */
int stubs_open(struct stubs **out, const struct place *places, size_t n, struct strbuf *why);
/* The same with programs that do nothing and jump nowhere: what being attached there costs. */
int stubs_open_empty(struct stubs **out, const struct place *places, size_t n, struct strbuf *why);
/* The array that a program's descriptor is written to, at index 0. */
int stubs_map_fd(const struct stubs *s, size_t stub);
/* Makes @program_fd the target. Returns 0 or -errno, silently: it is called in the timed child. */
int stub_point(int map_fd, int program_fd);
/* A program that returns at once, of the stub's type. The caller closes it. -errno, silently. */
int stubs_load_empty(const struct stubs *s, size_t stub);
/* True when the kernel counts runs: somebody switched the statistics on (by sysctl or descriptor).
 */
bool stubs_are_counted(const struct stubs *s);
/* Detaches, unloads. Accepts NULL. */
void stubs_close(struct stubs *s);

/* A program of a random size, loaded and not used, so that what is loaded next lies elsewhere.
 * Returns its descriptor, or -1 (then the next lies where it lies). */
int stub_spacer(unsigned int instructions);

#endif
