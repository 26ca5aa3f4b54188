/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks at a record's text without building it: where its members are. For files of gigabytes, of
 * which most records are only counted. Every byte is held against the grammar of JSON (RFC 8259),
 * so that what passes here every reader takes.
 */
#ifndef HARNESS_RESULT_SCAN_H
#define HARNESS_RESULT_SCAN_H

#include <string.h>

#include "lib/base.h"

struct span {
	const char *s; /* not terminated; NULL: none */
	size_t len;
};

struct scan {
	const char *at, *end;
	bool first;
};

/* True: @text begins an object, whose members scan_next() gives. */
bool scan_object(struct scan *s, struct span text);
/* 1 and the next member, its key without quotes, both as they are written; 0 at the end of the
 * object, behind which nothing is; -1: this is no object. */
int scan_next(struct scan *s, struct span *key, struct span *value);

/* Here, as it is asked for each member of each record. */
static inline bool span_is(struct span s, const char *text)
{
	return s.s && s.len && *s.s == *text && !strncmp(s.s, text, s.len) && !text[s.len];
}

/* The member @key of the object @text; .s is NULL where there is none. */
struct span span_member(struct span text, const char *key);

#endif
