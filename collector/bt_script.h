/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The text of a bpftrace script: where its comments, texts and blocks end, and the script that
 * watches one cgroup alone. All functions are pure; texts end with NUL.
 */
#ifndef COLLECTOR_BT_SCRIPT_H
#define COLLECTOR_BT_SCRIPT_H

#include <stdbool.h>

struct strbuf;

/* A comment begins at @s; the line "#!" is one. */
bool bt_script_is_comment(const char *s);

/* Past what begins at @s, which is not at the end: a comment, a "text", or one character. */
const char *bt_script_step(const char *s);

/* Past blanks and comments. */
const char *bt_script_skip_blank(const char *s);

/* The end of a block that begins at @s with its brace, behind the last one; NULL: it has none. */
const char *bt_script_block_end(const char *s);

/* The script without comments and texts, so that only what runs is searched. The caller frees. */
char *bt_script_code(const char *script);

/*
 * The script with `cgroup == $1` added to the predicate of each probe that is a tracepoint, so that
 * it looks at one cgroup; as many lines as it had. False: it has probes of other kinds (beside
 * BEGIN and END), or cannot be read; @out is empty then. Pure.
 */
bool bt_script_narrow(const char *script, struct strbuf *out);

#endif
