/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cell of the matrix: one monitor on one kernel. What is known of it is a record of type "cell"
 * (docs/results.md), made from those that `exact` and `verify` wrote, and kept in a file of its
 * own: whole or not at all, and of use as long as its key is the same.
 */
#ifndef HARNESS_MATRIX_CELL_H
#define HARNESS_MATRIX_CELL_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/strbuf.h"

struct cell {
	const char *monitor; /* as the user named it */
	char *name;	     /* as it is called, in records of trials too */
	char *object;	     /* as those of its object's instructions call it */
	const char *kernel;  /* as the user named it: "6.12/arm64" */
	struct strbuf file;  /* where it is kept */
	struct strbuf key; /* what it depends on: the object, the kernel, the loads, the version */
	struct json_object *record;
	bool counted, judged; /* what `exact` and `verify` said is in @record */
};

/* Returns 0, or -ENOMEM; cell_release() in any case. */
int cell_init(struct cell *c, const char *monitor, const char *kernel, const char *folder);
void cell_release(struct cell *c);

/* Takes the record from its file. False: there is none, or of another key. */
bool cell_read(struct cell *c);
/* Writes it aside and renames it. Returns 0, or -errno after saying why. */
int cell_write(struct cell *c);

/* A fresh record. */
void cell_begin(struct cell *c, const char *processor);
/* It cannot be run here; @reason says why. */
void cell_skip(struct cell *c, const char *reason);
/* What records (a JSON array) of `beebench exact` and of `beebench verify` say of it. @said: what
 * the program that wrote them said, for where it wrote none. */
void cell_counted(struct cell *c, struct json_object *records, const char *said);
void cell_judged(struct cell *c, struct json_object *records, const char *said);
/* How many trials of it are among @records. */
size_t cell_trials(const struct cell *c, struct json_object *records);

#endif
