/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process is allowed: what attaching needs and how to give it, and giving it up. */
#ifndef MONITOR_SOURCE_CAPS_H
#define MONITOR_SOURCE_CAPS_H

#include "lib/base.h"

enum caps_need {
	CAPS_BPF = 1 << 0,     /* CAP_BPF and CAP_PERFMON: load and attach */
	CAPS_TRACEFS = 1 << 1, /* look classic tracepoints up in tracefs, which is root's */
};

/* 0, or -EPERM after saying which capabilities are missing and how to give them to @program. */
int caps_check(unsigned int needs, const char *program);
/* The text of that; "" when nothing is missing. @missing: bits (1 << CAP_..). */
struct strbuf;
void caps_explain(uint64_t missing, const char *program, struct strbuf *out);

/* The effective capabilities, bits (1 << CAP_..). */
uint64_t caps_effective(void);

/*
 * Gives up, for ever, every capability but those of @keep (bits): effective, permitted,
 * inheritable, ambient, and the bounding set where that is allowed; and what an exec could give
 * (no_new_privs). 0 or -errno after saying why.
 */
int caps_drop(uint64_t keep);

#endif
