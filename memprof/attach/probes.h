/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs on a process's allocator (bpf/memprof/user.bpf.c): loaded, and put at places. */
#ifndef MEMPROF_ATTACH_PROBES_H
#define MEMPROF_ATTACH_PROBES_H

#include "bpf/memprof/user.h"
#include "lib/base.h"
#include "lib/strbuf.h"
#include "memprof/attach/places.h"

/* How: the best that the kernel has, or one of them (tests). */
enum probes_way {
	PROBES_BEST,
	PROBES_SESSION, /* one program for entry and return: Linux 6.13 */
	PROBES_MULTI,	/* several places in one link: Linux 6.6 */
	PROBES_PLAIN,	/* a perf event each */
};

extern const char *const probes_way_names[]; /* "best", .. "plain" */

struct probes_options {
	pid_t pid;
	enum probes_way way;
	uint64_t every;	     /* each so-manieth allocation; 0: by bytes */
	uint64_t rate;	     /* mean bytes between samples */
	uint32_t live_max;   /* 0: 1,048,576 */
	uint32_t ring_bytes; /* a power of two; 0: 32 MiB */
};

struct probes;

/* For tracer_may(): what has not the rights may not read the process's files either. */
#define PROBES_TAKE "probes in a process take"

/* Loads and attaches. 0, or after saying why (lib/why.h) -EPERM, -ENOTSUP or another -errno. */
int probes_open(struct probes **out, const struct probes_options *opts, const struct places *at,
		struct strbuf *why);
enum probes_way probes_way(const struct probes *p);
/* A map by its name; negative: there is none. Not to be closed. */
int probes_map(const struct probes *p, const char *name);
/* What was counted so far. 0 or -errno. */
int probes_counters(const struct probes *p, struct user_counters *out);
/* Detaches: the counters stand still from then on. */
void probes_stop(struct probes *p);
void probes_close(struct probes *p); /* accepts NULL */

#endif
