/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the counters of an object into a table. Private to monitor/. */
#ifndef MONITOR_SNAPSHOT_H
#define MONITOR_SNAPSHOT_H

#include "monitor/backend.h"
#include "monitor/layout.h"

struct bpf_link;

/* Each of these adds to @out, which has its fields set; 0 or -errno after saying why. @path is for
 * the messages. */

/* The counter maps. */
int snapshot_maps(const struct layout *l, const char *path, struct mem_table *out);

/*
 * What the iterator writes and what the map of ended processes has. *@link is the iterator's, made
 * at the first call; the caller destroys it. A process that ends meanwhile counts once.
 */
int snapshot_rows(const struct layout *l, struct bpf_link **link, const char *path,
		  struct mem_table *out);

/* Takes the rows of processes that have ended out of their map. */
int snapshot_take_ended(const struct layout *l, const char *path, struct mem_table *out);

#endif
