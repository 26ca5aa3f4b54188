/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an allocation profiler prints: one JSON object with "stacks" (each its "frames" as texts,
 * the innermost first, its "pid" and figures by name), "sizes" and "losses", as memprof report
 * --format json does. It becomes rows by process, of the stacks that are asked for. A pure function
 * of the text.
 */
#ifndef COLLECTOR_PROFILE_JSON_H
#define COLLECTOR_PROFILE_JSON_H

#include "collector/collect.h"
#include "lib/names.h"

/* Frames above those that are asked for: the allocator's own. */
enum { PROFILE_OWN_FRAMES = 2 };

struct profile_wish {
	/* The member that is field f of the table's words; NULL: not wanted. A field with slots is
	 * taken from the profile's own list of sizes, in powers of two. */
	char *const *fields;
	/* Functions that call each other, the innermost first: stacks that have them right behind
	 * the allocator's own frames are meant. Ended by NULL; NULL: all stacks. */
	char *const *stack;
};

/*
 * Adds the rows to @out, whose words say which fields there are, and to @lost and @skipped what the
 * profiler says that it could not account for: blocks and stacks that found no room, and events
 * that the kernel skipped. 0, or -EBADMSG after saying (in @why) what is no profile.
 */
int profile_json_read(const char *text, const struct profile_wish *wish, struct counter_table *out,
		      uint64_t *lost, uint64_t *skipped, struct strbuf *why);

#endif
