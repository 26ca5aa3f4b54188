/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which ways of attaching a BPF program lose runs on this kernel? Each is tried: processes that
 * share one CPU make a known number of calls (or switches, faults, reads), and a program counts
 * them. docs/linux7.md is made of it.
 */
#ifndef HARNESS_HOOKS_H
#define HARNESS_HOOKS_H

#include "lib/base.h"

enum { HOOKS_CALLS = 60000 };

/* Of one way, with one number of processes. */
struct hook_run {
	uint64_t made, counted; /* events that should run the program, and runs */
	uint64_t skipped;	/* of the rest, those that the kernel owns up to */
};

struct hook {
	const char *attach; /* "raw_tp" */
	const char *what;   /* is counted: "calls" */
	int err;	    /* -errno: it cannot be attached here */
	struct hook_run one, three;
	struct hook_run beside; /* three, beside one that reads a hash map all the time */
};

/* Tries all of them, one after the other, telling of each. Returns 0, or -errno after saying why
 * nothing could be tried. */
int hooks_try(void (*told)(void *arg, const struct hook *h), void *arg);

#endif
