/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * In a container with process numbers of its own a thread writes other numbers into its ledger than
 * those by which the kernel, and so every monitor, knows it. There each thread runs a BPF program
 * when it opens its lane, and the lanes are told afterwards.
 */
#ifndef HARNESS_NUMBERS_H
#define HARNESS_NUMBERS_H

#include <sys/types.h>

#include "lib/base.h"
#include "workloads/ledger.h"

struct numbers; /* opaque */

/* True where process numbers are not the machine's. */
bool numbers_needed(void);
/* For at most @lanes threads. Returns 0, or -errno after saying why. */
int numbers_open(struct numbers **out, uint32_t lanes);
/* The program that a thread runs: ledger_note_numbers(). */
int numbers_fd(const struct numbers *n);
/* Gives the lanes of @l the kernel's numbers. Returns 0, or -errno after saying why. */
int numbers_translate(const struct numbers *n, struct ledger *l);
/* The kernel's number of thread @tid of ours, which lives; the same one where no translation is
 * needed. Returns 0, or -errno after saying why. */
int numbers_of(pid_t tid, uint32_t *out);
/* Accepts NULL. */
void numbers_close(struct numbers *n);

#endif
