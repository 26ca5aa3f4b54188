/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a new monitor, with places for names: @NAME@, @MODULE@, @CALL@, @TRACE@. */
#ifndef HARNESS_COMMAND_NEW_TEXT_H
#define HARNESS_COMMAND_NEW_TEXT_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct new_names {
	const char *name, *call; /* as given: not owned */
	const char *trace;	 /* the call's name in its tracepoints */
	char module[64];	 /* of Honey: "failed_opens" is FailedOpens */
};

struct new_file {
	const char *name, *what, *text;
};

extern const struct new_file new_files[];
extern const size_t new_file_count;

/* @name: at most 32 of a-z, 0-9 and _. */
void new_names_make(struct new_names *out, const char *name, const char *call, const char *trace);
/* Appends @text with the names in their places. */
void new_fill(struct strbuf *out, const char *text, const struct new_names *names);

#endif
