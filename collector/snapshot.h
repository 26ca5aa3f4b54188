/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the counters of an object into a table. Private to collector/. */
#ifndef COLLECTOR_SNAPSHOT_H
#define COLLECTOR_SNAPSHOT_H

#include "collector/backend.h"
#include "collector/layout.h"
#include "collector/rows_of.h"

struct program_link;

/* Each of these adds to @out, which has its fields set; 0 or -errno after saying why. @path is for
 * the messages. */

/* The counter maps. */
int snapshot_maps(const struct layout *l, const char *path, struct counter_table *out);

/*
 * What the iterator writes and what the map of ended processes has. *@link is the iterator's, made
 * at the first call; the caller destroys it. A process that ends meanwhile counts once.
 */
int snapshot_rows(const struct layout *l, struct program_link **link, const char *path,
		  struct counter_table *out);
/* The same of @n processes; beside them some that have ended. Prints nothing where @r cannot say it
 * (-ENOBUFS, or another error of rows_of_read()): then the iterator can. */
int snapshot_rows_of(const struct layout *l, struct rows_of *r, const uint32_t *pids, size_t n,
		     const char *path, struct counter_table *out);

/*
 * The same in two steps, around a reading of the iterator that somebody else does: *@before is made
 * by the first and taken by the second, which gets all rows as they were written. Without the
 * second, snapshot_forget() takes it.
 */
struct departed;
int snapshot_rows_begin(const struct layout *l, const char *path, struct departed **before);
int snapshot_rows_end(const struct layout *l, const char *path, struct departed *before,
		      const void *data, size_t len, struct counter_table *out);
void snapshot_forget(struct departed *before); /* accepts NULL */

/* All that the iterator @p writes, added to @out. Returns 0 or -errno; prints nothing. *@link as
 * above. */
int snapshot_run(struct program_link **link, struct bpf_program *p, struct strbuf *out);

/* Takes the rows of processes that have ended out of their map. */
int snapshot_take_ended(const struct layout *l, const char *path, struct counter_table *out);

#endif
