/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The live half of source.h: frames of the running machine. Each function is that of source.h with
 * its name. */
#ifndef MONITOR_SOURCE_LIVE_H
#define MONITOR_SOURCE_LIVE_H

#include "lib/proctask.h"
#include "lib/strbuf.h"
#include "monitor/source/costs.h"
#include "monitor/source/events.h"
#include "monitor/source/join.h"
#include "monitor/source/kept.h"
#include "monitor/source/own.h"
#include "monitor/source/rows.h"
#include "monitor/source/source.h"
#include "monitor/source/tasks.h"

enum machine_file {
	MACHINE_VMSTAT,
	MACHINE_MEMINFO,
	MACHINE_STAT,
	MACHINE_WAIT_CPU,
	MACHINE_WAIT_MEMORY,
	MACHINE_WAIT_IO,
	MACHINE_FILES,
};

/* The statm of a process that somebody looks at. The descriptor is of the process, and not of who
 * has its number later. */
struct kept_statm {
	struct kept file;
	uint32_t pid;
	uint64_t start_ns;
	uint64_t seq; /* of the frame in which it was read last */
};

enum { STATM_KEPT = 64 };

struct live {
	enum tool tool;
	char *proc; /* root; owned, as the others */
	int proc_fd;
	struct proctask_clocks clocks;
	struct tasks *tasks;
	struct tasks_options tasks_opts;
	struct monitor *monitor; /* NULL: none */
	const char *name;	 /* of the monitor; not ours */
	uint64_t started_ns;	 /* CLOCK_REALTIME */
	uint64_t map_bytes;
	size_t row_bytes;	    /* of the monitor's rows that come along with the tasks */
	bool nexting;		    /* they do in the frame under way */
	struct strbuf monitor_rows; /* of the frame under way */
	bool asks;		    /* else the monitor is asked for the rows of these */
	uint32_t *asked;	    /* @nasked, owned */
	size_t nasked, asked_cap;
	struct join *join;
	/* Rows of processes that have ended, taken out since the frame before; of a monitor whose
	 * rows leave. */
	struct counter_table taken;
	bool rows_leave;
	uint64_t next_take_ns;
	uint64_t taken_exits,
		ended_max; /* exits when it was taken; room for the ended, 0: not known */
	struct events *events;
	bool events_on, events_fixed; /* fixed: not to be switched */
	bool count_brk;
	struct cost_figure cost;
	uint64_t skipped; /* runs of the monitor's programs that rows are marked for */
	struct own own;
	uint64_t ticks, idle_ticks; /* of all CPUs at the frame before; 0: there was none */
	struct kept machine[MACHINE_FILES];
	struct kept_statm statm[STATM_KEPT]; /* @nstatm */
	size_t nstatm;
	struct rows rows;
	struct frame frame;
	struct proctask_hiding hiding;
	bool sees_all;	   /* hidepid hides nothing from us */
	uint32_t turn_pid; /* whose shares are read next, where they are read in turn */
	uint64_t turn_seq; /* the frame that has had its turn */
};

const char *live_default_monitor(enum tool tool);
int live_open(struct live **out, const struct source_options *opts);
int live_confine(struct live *l);
int live_fds(const struct live *l, int *fds, size_t max);
int live_pump(struct live *l);
bool live_wants_pump(const struct live *l);
int live_sample(struct live *l, struct frame **out);
void live_refine(struct live *l, struct frame *f, const uint32_t *rows, size_t n);
int live_detail(struct live *l, const struct proc_row *row, struct proc_detail *out);
void live_read(struct live *l, struct frame *f, const uint32_t *rows, size_t n, unsigned int reads);
int live_probe(struct live *l, uint32_t pid, uint64_t start_ns, double *rss_kb);
int live_events(struct live *l, bool on);
void live_close(struct live *l);

/* machine.c: into the frame. */
void machine_read(struct live *l);
void machine_close(struct live *l);

/* look.c: what it keeps open. */
void look_close(struct live *l);

/* detail.c: a text of process @pid, owned by the caller; NULL: not known. */
char *detail_text(int proc_fd, const struct proc_row *row, enum row_text which);
/* detail.c: below @proc_fd, where the process began at @start_ns. */
int detail_read(int proc_fd, const struct proc_row *row, uint64_t start_ns,
		struct proc_detail *out);

#endif
