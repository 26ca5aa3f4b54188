/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads what bpftrace -f json prints, and what other tools print in that form: one JSON object
 * {"type", "data"} per line. Known shapes: bpftrace 0.17 (Debian 12) to 0.26, which adds "count" to
 * attached_probes and lost_events. A pure function of the text.
 */
#ifndef COLLECTOR_BT_PARSE_H
#define COLLECTOR_BT_PARSE_H

#include "lib/base.h"

struct bt_cell {
	uint32_t key;
	uint64_t value;
};

/* The last print of a map. */
struct bt_map {
	char *name; /* "@mmap_count" */
	struct bt_cell *cells;
	size_t n;
	char *odd; /* NULL, or why this is no table of counters: "key 'w,6077' is no number" */
};

struct bt_result {
	struct bt_map *maps;
	size_t nmaps;
	bool ready; /* an attached_probes line (or "ready", for other tools) was there */
	uint64_t probes;
	uint64_t lost_events;
	uint64_t bad_lines; /* neither blank nor JSON of that form */
	uint64_t first_bad; /* number of the first one, from 1 */
	bool truncated;	    /* the text ends inside a line */
};

/* Reads the whole text; starts from an empty @out, which the caller releases. */
void bt_parse(const char *text, size_t size, struct bt_result *out);
void bt_release(struct bt_result *r);

const struct bt_map *bt_find(const struct bt_result *r, const char *name);

#endif
