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

/*
 * A run within a file: where its header and its records are, and what of its header is asked for
 * all the time. The header itself stays in the file (part_header()), so that a hundred thousand
 * runs take some ten megabytes. Strings are owned by struct parts unless it is said otherwise.
 */
struct part {
	char *id;	     /* owned */
	const char *path;    /* of the file */
	const char *host_id; /* NULL: the header does not say */
	const char *host_name;
	const char *started;
	const char *cell; /* its id; NULL: it is no cell's */
	const char *end;  /* the text of its end record; NULL: it was cut short */
	/* What runs of one kind of machine share, as a header that has no more: "tool", of "host"
	 * the "kernel", "machine" and "cpu", and "objects". */
	struct json_object *shared;
	size_t shared_at;	   /* in parts.shared */
	long header, header_bytes; /* where in the file what has it is */
	uint64_t header_hash;	   /* of its text, as merge writes it */
	long offset;		   /* of its first record */
	uint64_t records;
	uint64_t hash; /* of the text of its records */
	/* It is in a merged file: its records have ,"run":"ID","no":N already, and its header is
	 * within what the list of runs says of it. */
	bool tagged;
};

struct parts {
	struct part *part; /* sorted by id once parts_unite() was called */
	size_t n;
	struct names words;	     /* private: strings that many parts have in common */
	struct names shared_texts;   /* private: what is in @shared, as text */
	struct json_object **shared; /* private: of each of @shared_texts */
};

/* Which machine it was, for a comparison, and for people. */
const char *part_machine(const struct part *p);
const char *part_host(const struct part *p);
/* Its header, from the file; the caller owns it. NULL after saying why. */
struct json_object *part_header(const struct part *p);

/*
 * Adds the runs of @path (a run's folder or its run.json, merged or not; a folder of cells, each a
 * file ID.json). A last line that was cut
 * off in the middle is left out with a warning. Returns 0, or -errno after saying "FILE:LINE: ..".
 */
int parts_add(struct parts *p, const char *path);
/* May a merged run be written to @dir? 0 where it holds none but a merged one, which merges anew
 * give again; -EEXIST after saying what would be lost: a run, or results of cells. */
int parts_may_become(const char *dir);
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
