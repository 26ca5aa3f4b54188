/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The border inside the time lane: what is compared (arms), and how one arm is exchanged for
 * another (a switch). Loops, consumer and estimators know arms only, so that a switch that takes
 * microseconds (a stub that tail-calls through a PROG_ARRAY) can stand in for one that attaches and
 * detaches.
 */
#ifndef HARNESS_LANE_H
#define HARNESS_LANE_H

#include "lib/base.h"

struct monitor;

/* One thing that is priced. */
struct lane_arm {
	const char *spec; /* what monitor_open() takes; NULL: nothing is attached */
};

enum { LANE_NONE = -1 }; /* select(): nothing is active */

struct lane_switch_ops {
	const char *name; /* goes into the records as "switch" */
	/* Takes note of the arms, which must outlive the switch; nothing is active afterwards.
	 * Returns 0 or -errno after saying why; then there is nothing to release. */
	int (*prepare)(void **state, const struct lane_arm *arms, size_t n);
	/*
	 * From the return on, arm @arm (LANE_NONE: none) is active and no other. Each time an arm
	 * becomes active it is a fresh load: two loads of one object differ by a nanosecond (where
	 * the JIT put them, which memory their maps got), so a load is the unit of repetition.
	 * Returns 0 or -errno after saying why; then nothing is known to be active, and release()
	 * is due.
	 */
	int (*select)(void *state, int arm);
	/* The monitor that is active, or after select(LANE_NONE) the one that was, to be read until
	 * drop(); NULL: there is none. The switch owns it. */
	struct monitor *(*monitor)(void *state);
	/* Unloads the monitor that was active. Only when none is. */
	void (*drop)(void *state);
	/* Nothing is active, everything is detached. Accepts NULL. */
	void (*release)(void *state);
};

/* Attach and detach: what being watched costs in all, on the calls watched and on all others. */
extern const struct lane_switch_ops lane_switch_attach;

#endif
