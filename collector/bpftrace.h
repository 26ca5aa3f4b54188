/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What bpftrace prints, and what is special about it among the programs that print its JSON. */
#ifndef COLLECTOR_BPFTRACE_H
#define COLLECTOR_BPFTRACE_H

#include "collector/backend.h"

/*
 * What bpftrace -f json prints, and what other tools print in that form: one JSON object {"type",
 * "data"} per line. Known shapes: bpftrace 0.17 (Debian 12) to 0.27. From 0.24 on "count" is beside
 * the data of attached_probes and lost_events, and whole numbers that a double cannot hold are
 * strings. A pure function of the text.
 */

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
	uint64_t map_full;  /* updates that failed because a map was full */
	uint64_t errors;    /* others: of helpers, and what the script prints as one */
	char *first_error;  /* in its words; NULL: none */
	uint64_t bad_lines; /* neither blank nor JSON of that form */
	uint64_t first_bad; /* number of the first one, from 1 */
	bool truncated;	    /* the text ends inside a line */
};

/* Reads the whole text; starts from an empty @out, which the caller releases. */
void bt_parse(const char *text, size_t size, struct bt_result *out);
void bt_release(struct bt_result *r);

const struct bt_map *bt_find(const struct bt_result *r, const char *name);

/* Elements a map of a script may have: as many as the reference monitor's counter map. */
#define BPFTRACE_MAP_KEYS 10240

/* Its environment, ended by NULL: the key limit by its old and its new name. */
extern const char *const bpftrace_env[];

/*
 * Checks that bpftrace is there and may run, and that the script has the maps that the manifest
 * names (or some of ours, @mmap_count and so on, where there is none: then m->manifest names
 * those). @exits: it calls exit(). Sets MONITOR_CGROUP when the script looks at its first argument
 * and at its cgroup. 0 or -errno after saying why.
 */
int bpftrace_check(struct monitor *m, bool *exits);

/* The argv template that runs a script. */
extern const char *const bpftrace_run[];

/* The process called bpftrace in a process group, 0: there is none. */
pid_t bpftrace_in_group(pid_t group);

/* True when the process is in its event loop, or cannot be asked: bpftrace before 0.24 says
 * "attached" before it attaches. */
bool bpftrace_settled(pid_t pid);

/*
 * For a bpftrace that was sent SIGINT and still waits for events: makes it look at the signal. 0.17
 * looks only when the signal cuts a wait short, so one that comes between two waits is forgotten. A
 * second SIGINT would kill it if it is printing its maps by now; stopping and continuing cuts the
 * wait short as well (signal(7)) and does nothing else.
 */
void bpftrace_remind(pid_t pid);

#endif
