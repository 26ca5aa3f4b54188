/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs of many machines become one: a set union by (run, record). It is associative, commutative
 * and idempotent: the same runs give the same bytes, however they were split and ordered. What is
 * said of all of them is worked out anew from their records, never from what was said before.
 */
#ifndef HARNESS_MERGE_H
#define HARNESS_MERGE_H

#include <json-c/json.h>

#include "lib/base.h"
#include "lib/names.h"
#include "lib/strbuf.h"

/* A run within a file: its header, and where its records are. */
struct part {
	char *id;		    /* owned */
	char *path;		    /* of the file; owned */
	struct json_object *header; /* owned */
	struct json_object *end;    /* owned; NULL: it was cut short */
	long offset;		    /* of its first record */
	uint64_t records;
	uint64_t hash; /* of the text of its records */
	bool tagged;   /* they have ,"run":"ID","no":N already */
};

struct parts {
	struct part *part; /* sorted by id once parts_unite() was called */
	size_t n;
};

/*
 * Adds the runs of @path (a run's folder or its run.json, merged or not; a folder of cells, each a
 * file ID.json). A last line that was cut
 * off in the middle is left out with a warning. Returns 0, or -errno after saying "FILE:LINE: ..".
 */
int parts_add(struct parts *p, const char *path);
/* Leaves each run once. -EEXIST after saying so where two of one name differ; of two of which one
 * goes on where the other was cut short, the longer stays. */
int parts_unite(struct parts *p);
void parts_release(struct parts *p);

/* Each record of a run in turn: its text, tagged, without the line end; and its number from 0. */
typedef int (*part_fn)(void *arg, const struct part *p, uint64_t no, const struct strbuf *line);
int part_each(const struct part *p, part_fn fn, void *arg);

/* What came of a merge. */
struct merge_result {
	size_t runs, machines, unfinished;
	uint64_t records, failed, void_, skipped, judged;
	size_t agree, differ;	 /* exact figures */
	size_t missing, not_run; /* cells of the plan without a result; that were skipped alone */
	struct strbuf text;	 /* lines for a person: what differs, and where */
};

/* Writes all of @p to @path (whole or not at all). @plan: ids of the cells that there should be;
 * NULL: that is not known. 0 or -errno after saying why; @out in any case to be released by
 * strbuf_release(&out->text). */
int merge_write(const struct parts *p, const char *path, const struct names *plan,
		struct merge_result *out);

#endif
