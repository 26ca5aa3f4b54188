/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `memprof live` shows: the latest profile of a source that has ever newer ones, as lines of
 * functions, stacks or the call tree, ordered and filtered. It knows of no screen.
 */
#ifndef MEMPROF_LIVE_MODEL_H
#define MEMPROF_LIVE_MODEL_H

#include "memprof/live/source.h"
#include "memprof/report/report.h"
#include "monitor/view/trend.h"

enum watched_view { LIVE_FUNCTIONS, LIVE_STACKS, LIVE_TREE, LIVE_DETAIL, LIVE_VIEWS };
extern const char *const watched_view_names[LIVE_VIEWS];

/* A line: its text, and its figures, which depend on the view (0 where the view has none). */
struct watched_line {
	const char *name; /* of the model's arena */
	uint32_t depth;	  /* cells that the name is moved to the right */
	uint64_t self, all, allocs;
	int64_t grown; /* of @all, since the look before; 0 where that had no such line */
};

struct watched_model;

/* @source is the model's from then on, also after an error. 0 or -errno after saying why: there is
 * no first profile. */
int watched_open(struct watched_model **out, const struct watched_source *source);
void watched_close(struct watched_model *m); /* accepts NULL */

/* Takes the next profile where there is one. 1: there is something new; 0: no; -errno: it cannot be
 * had now, and watched_wrong() says why; what was there is still shown. */
int watched_refresh(struct watched_model *m);
const struct watched_source *watched_source(const struct watched_model *m);
const char *watched_wrong(const struct watched_model *m); /* NULL: nothing is */

/* What is shown; each makes the lines anew. */
void watched_set_view(struct watched_model *m, enum watched_view view);
void watched_set_value(struct watched_model *m,
		       size_t value); /* what the profile does not have: skipped */
void watched_reverse(struct watched_model *m);
/* 0, or -EINVAL with the reason in @why; "" shows everything. */
int watched_set_filter(struct watched_model *m, const char *text, char *why, size_t size);
/* LIVE_DETAIL shows the stacks that the function of that line is in. */
void watched_set_detail(struct watched_model *m, size_t line);

enum watched_view watched_view(const struct watched_model *m);
size_t watched_value(const struct watched_model *m);
const char *watched_filter(const struct watched_model *m);
bool watched_filter_gave_up(const struct watched_model *m); /* it takes too long to be answered */
const struct watched_line *watched_lines(const struct watched_model *m, size_t *n);
const struct profile *watched_profile(const struct watched_model *m);
/* Of the bytes that are live, over the looks since the start; in words where @out is not NULL. */
enum verdict watched_trend(const struct watched_model *m, struct strbuf *out);

#endif
