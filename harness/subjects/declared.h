/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of the subject declared (harness/subjects/declared.c), each a question of its own. */
#ifndef HARNESS_SUBJECTS_DECLARED_H
#define HARNESS_SUBJECTS_DECLARED_H

#include "collector/figures.h"
#include "harness/definition/definition.h"
#include "harness/verify/calls.h"
#include "harness/verify/judge.h"
#include "lib/arena.h"

extern const struct subject_ops subject_declared;

/* The definition of a monitor: 0 with *@def to be released, or -EINVAL after saying why (lib/why.h:
 * in @why). @cgroup_id is what $1 stands for. */
int declared_parse(const struct monitor *m, uint64_t cgroup_id, struct definition **def,
		   struct strbuf *why);
/* The same for another text of it, said as @name in errors. */
int declared_parse_text(const struct monitor *m, const char *text, const char *name,
			uint64_t cgroup_id, struct definition **def, struct strbuf *why);

/* Sides of calls as calls, for definition_run(): @n of them, which live in @a. */
struct syscall_record *declared_records(struct arena *a, const struct definition *def,
					const struct call *calls, size_t ncalls, size_t *n);

/* --- what is compared with what (declared_compare.c) --- */

/* What a map must hold of one key, and what it holds. */
struct declared_pair {
	const char *key;		    /* parts joined by commas */
	const struct definition_cell *cell; /* NULL: no call counts there */
	const struct figure_row *row;	    /* NULL: it has none */
	const struct definition_bucket
		*bucket;		 /* of a pair of histograms: the first that differs */
	const struct figure_bucket *got; /* likewise */
};

enum declared_match {
	DECLARED_EQUAL,	   /* each to the digit */
	DECLARED_WITHIN,   /* some within bounds */
	DECLARED_NOT_SAID, /* nothing can be said of some, the rest is equal or within */
	DECLARED_WRONG,
};

typedef void (*declared_wrong_fn)(void *arg, const struct declared_pair *pair);

/* Holds the map against its prediction, key by key; calls @fn (NULL: none) for each that is wrong.
 * Pure. @compared: keys, may be NULL. */
enum declared_match declared_compare(const struct definition_values *want,
				     const struct figure_map *got, declared_wrong_fn fn, void *arg,
				     size_t *compared);

/* --- records and lines (declared_events.c) --- */

/* Holds those of a monitor whose manifest says what its records mean, or of a script that prints,
 * against @result, which is of @def. Adds to @out. */
void declared_judge_events(const struct judge_input *in, const struct definition *def,
			   const struct definition_result *result, struct judge_result *out);

/* --- why (declared_explain.c) --- */

struct declared_case {
	const struct judge_input *in;
	const struct definition *def;
	const struct definition_values *want; /* of the map that is wrong */
	const struct figure_map *got;
	const struct syscall_record *records;
	size_t nrecords;
};

/* A cause that explains all of the map and not only a part of it: "as if failed calls counted too"
 * into @out, or nothing. */
void declared_explain(const struct declared_case *c, struct strbuf *out);

/* --- the definition, changed (declared_variant.c) --- */

struct declared_variant {
	char *text;	 /* of the whole definition */
	char words[160]; /* "as if failed calls counted too" */
};

/* Changes of the text that people make by mistake, those of map @map (with its @) and of filters.
 * Pure; the list lives in @a. */
size_t declared_variants(struct arena *a, const char *text, const char *map,
			 const struct declared_variant **out);

#endif
