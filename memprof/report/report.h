/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a person or another program reads of a profile. A report has one side, or two that are held
 * against each other; a format is a function that renders it. Every form of one profile has the
 * same totals: they all add up what stacks have, and show each stack once.
 */
#ifndef MEMPROF_REPORT_H
#define MEMPROF_REPORT_H

#include "lib/strbuf.h"
#include "memprof/profile.h"
#include "memprof/symbols/symbols.h"

/* A figure that a stack has. */
struct report_value {
	const char *name;  /* "live" */
	const char *title; /* "bytes live at the end" */
	const char *pprof; /* the sample type of Go's pprof, or NULL */
	const char *unit;  /* "bytes" or "count" */
	size_t offset;	   /* of the uint64_t in struct profile_values */
	size_t var_offset; /* of its variance; 0: it has none */
};

enum report_value_place {
	VALUE_BYTES,
	VALUE_ALLOCS,
	VALUE_LIVE,
	VALUE_LIVE_BLOCKS,
	VALUE_PEAK,
	VALUE_PEAK_BLOCKS,
	VALUE_TEMPORARY,
	REPORT_VALUES,
};
extern const struct report_value report_values[REPORT_VALUES];

/* The value of that name, or REPORT_VALUES. */
size_t report_value_find(const char *name);
uint64_t report_value_of(size_t value, const struct profile_values *v);
/* Half of the 95 % interval: 1.96 standard deviations. 0: exact. */
double report_error_of(size_t value, const struct profile_values *v);
/* Whether the profile knows that figure at all. */
bool report_value_known(size_t value, const struct profile *p);

/* How stacks that have other keys than their frames are split, as outermost frames. */
enum report_split { SPLIT_NONE, SPLIT_PROCESS, SPLIT_THREAD };

struct report_side {
	const char *name; /* the file's */
	struct profile *p;
	struct symbols *s;
};

struct report {
	struct report_side side[2]; /* the second: @p NULL where there is one */
	size_t value;		    /* what is ordered by, and what one-value formats show */
	size_t top;		    /* how many of a list; 0: all */
	enum report_split split;
	const char *views; /* of text, with commas; NULL: the default */
};

/* Owned by the report from then on. @symbols NULL: as symbols_of() has them by default. */
void report_side_set(struct report_side *side, const char *name, struct profile *p,
		     const struct symbols_options *symbols);
void report_side_release(struct report_side *side);

/* --- a stack as a path, the outermost first ---------------------------------------------------
 */

struct report_step {
	const char *name;	     /* never NULL */
	const struct symbol *symbol; /* NULL: a step of ours ("server (4711)", "[cut]") */
	uint32_t frame;		     /* of the profile; PROFILE_NONE: a step of ours */
	bool kernel;
};

/* Grows as needed; zeroed: empty. */
struct report_path {
	struct report_step *at;
	size_t n, cap;
	struct arena names; /* of steps of ours */
};

/* Fills @path with the steps of @stack. A stack that has no frames is one step that says so. */
void report_path_of(struct report_path *path, const struct report_side *side,
		    const struct profile_stack *stack, enum report_split split);
void report_path_release(struct report_path *path);

/* --- formats ------------------------------------------------------------------------------------
 */

struct report_format {
	const char *name, *help;
	bool two; /* can hold two profiles against each other */
	/* Appends. 0, or -errno after saying why. */
	int (*render)(const struct report *r, struct strbuf *out);
};

extern const struct report_format report_formats[]; /* ended by a NULL name */

int report_text(const struct report *r, struct strbuf *out);
int report_json(const struct report *r, struct strbuf *out);
int report_folded(const struct report *r, struct strbuf *out);
int report_pprof(const struct report *r, struct strbuf *out);
int report_speedscope(const struct report *r, struct strbuf *out);
int report_html(const struct report *r, struct strbuf *out);
int report_csv(const struct report *r, struct strbuf *out);

/* The views of text, for --help: "top, tree, ..". */
void report_text_views(struct strbuf *out);

#endif
