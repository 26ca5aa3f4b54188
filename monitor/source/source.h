/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where frames come from: the running machine (a BPF monitor, the task iterator, /proc), or a
 * recording. One thread, nothing blocks but source_sample() for the time that a frame takes.
 */
#ifndef MONITOR_SOURCE_H
#define MONITOR_SOURCE_H

#include "monitor/frame.h"
#include "monitor/source/replay.h"

struct source_options {
	enum tool tool;
	const char *object;  /* a monitor's name or path; NULL: the tool's default */
	uint64_t ring_bytes; /* per ring; 0: the default */
	bool events;	     /* from the start; else only after source_events() */
	uint64_t cgroup_id;  /* the monitor counts only there, if it can be told; 0: everywhere */
	const char *proc;    /* root of /proc, NULL: "/proc" (tests) */
};

struct source;

/* The monitor that @tool runs without source_options.object; NULL: none. */
const char *source_default_monitor(enum tool tool);

/*
 * Loads and attaches. Returns 0, or -errno after saying why: -EPERM which capability is missing and
 * how to give it, and as monitor_open().
 */
int source_live(struct source **out, const struct source_options *opts);
/*
 * Gives up, for ever, every capability that source_live() needed and nothing needs from here on:
 * call it when what else needs them is open (a file to record into, a port to serve). 0 or -errno
 * after saying why. Nothing happens for a recording.
 */
int source_confine(struct source *s);
/* Opens a recording; @window (NULL: all of it): which part. 0 or -errno after saying why, at which
 * offset. */
int source_replay(struct source **out, const char *file, enum tool tool,
		  const struct replay_window *window);
/* Of a recording: the frame before the latest comes next. 0 or -errno after saying why. */
int source_back(struct source *s);
/* Of a recording: the first frame comes next. 0 or -errno after saying why. */
int source_rewind(struct source *s);
/* Of a recording: CLOCK_REALTIME of its first frame; else, and before that was read, 0. */
uint64_t source_begin_ns(const struct source *s);

/* Descriptors that source_pump() wants to be called for when readable; returns how many of @max. */
int source_fds(const struct source *s, int *fds, size_t max);
/* Takes what the rings hold. Call it when a descriptor is readable and at least every
 * SOURCE_PUMP_MS while source_wants_pump(). 0 or -errno after saying why. */
int source_pump(struct source *s);
enum { SOURCE_PUMP_MS = 100 };
/* Events are on, or what has ended must be taken before there is no room for more and no descriptor
 * says so. */
bool source_wants_pump(const struct source *s);

/*
 * The next frame, now. It and what it points to belong to the source until the next call. Returns
 * 1, 0 at the end of a recording, or -errno after saying why.
 */
int source_sample(struct source *s, struct frame **out);
/*
 * Reads RSS, VIRT and PEAK of these rows (indexes into the frame) from /proc, so that they are what
 * /proc says; a row that ended meanwhile keeps its approximation and is marked ROW_ENDED. Cheap for
 * a screenful. Nothing happens for a recording.
 */
void source_refine(struct source *s, struct frame *f, const uint32_t *rows, size_t n);

/* Reads what is asked for (of enum row_read) of these rows, or of all where @rows is NULL: texts
 * once, shares once a frame. Nothing happens for a recording. */
void source_read(struct source *s, struct frame *f, const uint32_t *rows, size_t n,
		 unsigned int reads);
/* RSS of a process at this moment, between frames. 0 or -errno (-ESRCH: it has ended; -ENOTSUP: a
 * recording); prints nothing. */
int source_probe(struct source *s, uint32_t pid, uint64_t start_ns, double *rss_kb);

/* What only a closer look shows; strings are empty and numbers NAN where not known or not allowed.
 */
struct proc_detail {
	char command[512]; /* arguments, separated by blanks, control bytes replaced */
	char executable[256];
	char cgroup[256];
	char user[32];
	double pss_kb, uss_kb,
		swap_kb, /* of smaps_rollup: it walks the page tables of the process */
		lazyfree_kb;
	char why_not[96]; /* why those are not known: "no permission (needs CAP_SYS_PTRACE)" */
};

/* 0 or -errno (-ESRCH: it has ended; -ENOTSUP: a recording); prints nothing. */
int source_detail(struct source *s, const struct proc_row *row, struct proc_detail *out);

/* Events on or off, for who looks at them. 0 or -ENOTSUP: this monitor has none, or always. */
int source_events(struct source *s, bool on);
typedef bool (*source_keep_fn)(void *arg, const struct event *e);
/*
 * Which events frames keep, of those that come: all are counted (frame.events_seen, row.sizes),
 * only those for which @keep is true take room in frame.events. NULL: all. For who looks for few
 * among many. Nothing happens for a recording.
 */
void source_keep_events(struct source *s, source_keep_fn keep, void *arg);
/* True for a recording; the time between frames is then frame.interval_s. */
bool source_recorded(const struct source *s);
void source_close(struct source *s); /* accepts NULL; detaches, nothing is left behind */

#endif
