/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first line of a run, member by member: of a merged run it lists all the runs that follow, and
 * may be of hundreds of megabytes.
 */
#ifndef HARNESS_RESULT_HEAD_H
#define HARNESS_RESULT_HEAD_H

#include <stdio.h>

#include "lib/base.h"
#include "lib/strbuf.h"

enum head { HEAD_NONE, HEAD_OWN, HEAD_MERGED };

/*
 * Appends the header that @f begins with to @head, an object. HEAD_OWN: the file is read up to its
 * last bracket. HEAD_MERGED: its last member, the list "merged", is not in @head, and the file is
 * read up to that list's first bracket. HEAD_NONE: this is no object on a line. Prints nothing.
 */
enum head head_take(FILE *f, struct strbuf *head);
/* Appends the text of the next value, by its quotes and brackets: whether it is JSON is the
 * parser's business. False: the line ends before it does. */
bool head_value(FILE *f, struct strbuf *out);
/* The next character that is no blank, or EOF. */
int head_sign(FILE *f);

#endif
