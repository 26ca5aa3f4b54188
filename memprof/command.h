/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sub-command of memprof. The build finds them by the line
 *
 *	const struct memprof_command memprof_command_NAME = {
 *
 * in a .c file below memprof/, so that adding one is adding a file. --help, the completion and the
 * test of the manual page go by these.
 */
#ifndef MEMPROF_COMMAND_H
#define MEMPROF_COMMAND_H

#include "lib/base.h"
#include "lib/opt.h"

/* What is written for some processors alone. */
enum memprof_needs {
	NEEDS_NOTHING,
	NEEDS_UNWINDER, /* memprof/preload/unwind.h */
	NEEDS_PROBES,	/* memprof/attach/ and copied registers */
};

struct memprof_command {
	const char *name;
	const char *usage;	   /* the words after "memprof NAME ": "[options] -- CMD.." */
	const char *help;	   /* one line, lower case, no full stop */
	const char *more;	   /* what --help says before the options, or NULL */
	const struct opt *options; /* NULL: none but --help */
	enum memprof_needs needs;  /* of the processor; what has it not is refused */
	/* argv[0] is the name. Returns the exit code. */
	int (*run)(int argc, char *argv[]);
};

/*
 * Rows of an option table for the file that a command writes, whose name comes into the const char
 * * at @at: the profile of a command that makes one, what another command shows of it. All commands
 * have the same three words for it.
 */
#define OUTPUT_ROWS(help, at)                                                                      \
	{'o', "output", "OUT", (help), OPT_STRING, (at)},                                          \
	{                                                                                          \
		0, "out", "OUT", "the same as --output", OPT_STRING, (at)                          \
	}

/* Every command in the order of names, ended by NULL. */
extern const struct memprof_command *const memprof_commands[];

/*
 * Parses argv[1..] by @c's table into @dst as opt_parse() does. Returns -1 to go on, or the exit
 * code when there is nothing more to do (help was printed, or what is wrong was said: a usage, or
 * a processor that @c is not for).
 */
int memprof_command_parse(const struct memprof_command *c, int argc, char *argv[], void *dst,
			  int *rest, bool *dashes);

/* The same of a command of files, which options may stand before, between and behind: argv[0..*n)
 * are the files then. */
int memprof_command_parse_files(const struct memprof_command *c, int argc, char *argv[], void *dst,
				int *n);

/* -1 to go on, or EXIT_SKIP after saying that @name does not work on this processor, and what does.
 */
int memprof_command_check(const char *name, enum memprof_needs needs);

#endif
