/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Regular expressions of whoever types them, with a limit on what a look at a text may cost: some
 * take a time that doubles with each letter. Perl's syntax (PCRE2). Pure.
 */
#ifndef MONITOR_REGEX_H
#define MONITOR_REGEX_H

#include "lib/base.h"

struct regex;

/* 0, -ENOMEM, or -EINVAL with the reason in @why. */
int regex_new(struct regex **out, const char *text, bool ignore_case, char *why, size_t size);
/* A look at many texts begins: what they may cost in all is counted anew. */
void regex_look(struct regex *r);
/* Whether it matches anywhere in @s, bytes of any kind. When that costs too much to know, the
 * expression is given up (regex_gave_up()), and the answer is no from then on. */
bool regex_match(struct regex *r, const char *s);
bool regex_gave_up(const struct regex *r);
void regex_free(struct regex *r); /* accepts NULL */

#endif
