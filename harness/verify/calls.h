/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The record of every raw syscall that a trial's cgroup made, both sides of each, by our own object
 * (bpf/probes/calls.bpf.c): the truth for monitors whose figures a definition says. It is believed
 * only once it recorded a canary of known calls, and only when nothing was lost.
 *
 * Programs that run before a monitor's at the same tracepoint write the record; where times matter
 * others run after it and stamp the time again. So the record is attached first, and its stamps
 * last. A call that began before there was anybody to see it has its exit alone; one that is under
 * way at the end, its entry alone.
 */
#ifndef HARNESS_CALLS_H
#define HARNESS_CALLS_H

#include "lib/base.h"
#include "lib/cgroup.h"

struct calls; /* opaque */

enum { CALL_ARGS = 6, CALL_TEXTS = 2, CALL_NUMBERS = 512 };

/* One side of a call. */
struct call {
	uint64_t ns;		  /* CLOCK_MONOTONIC, before a monitor's program read it */
	uint64_t late_ns;	  /* after it; the same as @ns where no stamps are wanted */
	int64_t number;		  /* of the syscall: of another table when @compat */
	int64_t ret;		  /* of an exit; -4095 to -1: an error */
	uint64_t args[CALL_ARGS]; /* at both sides */
	uint64_t cgroup;	  /* id */
	uint32_t tgid, tid, uid, gid, cpu;
	bool exit, compat;
	char comm[16];
	/* What stood behind a pointer among the arguments at that moment, ended by 0 and cut to
	 * 1023 bytes; NULL: none was asked for, or it could not be read. */
	const char *text[CALL_TEXTS];
	uint8_t text_arg[CALL_TEXTS];
};

/* What is recorded, by the number of the syscall. */
struct calls_wanted {
	bool enter[CALL_NUMBERS], exit[CALL_NUMBERS];
	uint8_t text[CALL_NUMBERS]; /* bit (1 << argument): it points to text */
	bool times;		    /* stamps are wanted */
};

struct calls_verdict {
	uint64_t recorded; /* sides of calls of the target */
	uint64_t lost;	   /* that found no room, or were more than are kept: the record is void */
	uint64_t skipped;  /* runs of the programs that the kernel skipped: likewise */
	uint64_t below;	   /* of those recorded: in cgroups below the target's */
	bool whole;	   /* what was written is what was read */
};

/* Adds what @more wants. */
void calls_want(struct calls_wanted *into, const struct calls_wanted *more);

/* Loads; attaches nothing. @cg: whose calls, those of cgroups below it among them. Returns 0, or
 * -errno after saying why. */
int calls_open(struct calls **out, const struct cgroup *cg, const struct calls_wanted *wanted);
/* The record: before the monitors. */
int calls_attach(struct calls *c);
/* The stamps: after the monitors. */
int calls_attach_stamps(struct calls *c);
/*
 * A child in a cgroup of its own makes a known number of calls. Returns 0 when they could be made,
 * with @exact: they were all recorded as they were made. -errno after saying why.
 */
int calls_run_canary(struct calls *c, bool *exact);
/* Takes out what is there. Returns how many records, or -errno. */
int calls_poll(struct calls *c);
/* Detaches and takes out the rest. 0 or -errno after saying why. */
int calls_finish(struct calls *c, struct calls_verdict *out);
/* What was recorded, in the order of writing; of one thread, in that of its calls. They belong to
 * @c. */
const struct call *calls_list(const struct calls *c, size_t *n);
/* Detaches and unloads. Accepts NULL. */
void calls_close(struct calls *c);

#endif
