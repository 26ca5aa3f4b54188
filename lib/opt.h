/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Command line options by table: one row is parser, help text and default. */
#ifndef LIB_OPT_H
#define LIB_OPT_H

#include <stdio.h>

#include "lib/base.h"

enum opt_kind {
	OPT_FLAG,   /* bool: set to true */
	OPT_STRING, /* const char *: points into argv */
	OPT_LIST,   /* struct opt_list: each occurrence is added */
	OPT_U64,    /* uint64_t */
	OPT_DOUBLE, /* double, >= 0 */
};

struct opt_list {
	const char *item[64]; /* pointers into argv, in order */
	size_t n;
};

struct opt {
	char letter;	  /* 0: long name only */
	const char *name; /* NULL ends a table */
	const char *arg;  /* what the help calls the argument; NULL for OPT_FLAG */
	const char *help; /* one line, lower case, no full stop */
	enum opt_kind kind;
	size_t offset; /* of the field in the caller's struct */
};

enum { OPT_HELP = 1 }; /* opt_parse() met -h or --help */

/*
 * Parses argv[1..] into @dst over what is there, up to the first word that is no option or the one
 * after "--". Sets @rest to the index of that word (argc when none); @dashes, when not NULL, says
 * whether "--" ended the options. Returns 0, OPT_HELP, or -EINVAL after saying which option is
 * wrong and the nearest name.
 */
int opt_parse(const struct opt *table, const char *command, int argc, char *const argv[], void *dst,
	      int *rest, bool *dashes);

/*
 * The same of a command whose words and options come in any order: the words go to @words (room for
 * argc, pointers into argv), @n of them.
 */
int opt_parse_words(const struct opt *table, const char *command, int argc, char *const argv[],
		    void *dst, char **words, int *n);

/* Prints the options, aligned, one a line. */
void opt_print(const struct opt *table, FILE *out);

#endif
