/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was logged while something was tried: becomes the reason of a skip, or is said after all
 * when it turns out to be an error.
 */
#ifndef HARNESS_SAID_H
#define HARNESS_SAID_H

#include "lib/base.h"
#include "lib/log.h"

struct said {
	struct {
		enum log_level level;
		char *line;
	} v[32];
	size_t n;
};

/* From here on nothing goes to stderr. @s starts zeroed. */
void said_listen(struct said *s);
/* Back to stderr; what was kept is said now when @repeat. */
void said_end(struct said *s, bool repeat);
/* The last error among it, never NULL. Valid until said_release(). */
const char *said_reason(const struct said *s);
void said_release(struct said *s);

#endif
