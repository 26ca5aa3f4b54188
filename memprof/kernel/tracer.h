/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The programs on the kernel's allocators (bpf/memprof/kernel.bpf.c): loads, attaches and unloads
 * them. What they counted is read by reading.h. */
#ifndef MEMPROF_KERNEL_TRACER_H
#define MEMPROF_KERNEL_TRACER_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct kernel_tracer;
struct kernel_names;

/* Bits of @kinds: what is traced, allocations and frees. Slab memory is the first two; pages are
 * what they are made of, too, so that adding all three up counts it twice. */
enum tracer_kind {
	TRACER_KMALLOC = 1 << 0,
	TRACER_CACHE = 1 << 1,
	TRACER_PAGES = 1 << 2,
};

struct tracer_options {
	uint32_t kinds;
	bool counts;	       /* sums alone */
	uint64_t every;	       /* each so-manieth allocation; 0: by bytes */
	uint64_t rate;	       /* the mean bytes between samples */
	pid_t pid;	       /* this process alone; 0: all */
	uint64_t cgroup_id;    /* what runs in this cgroup and below it; 0: all */
	uint64_t cgroup_level; /* as in struct cgroup */
	uint32_t stacks_max;   /* different stacks; 0: 16,384 */
	uint32_t live_max;     /* blocks whose free is waited for; 0: 524,288 */
	uint32_t ring_bytes;   /* user stacks are copied, into a ring of so much; 0: not */
};

/* What lacks the rights, for tracer_may(). */
#define TRACER_TAKES "watching the kernel's allocations takes"

/* May this process load and attach programs? 0, or -EPERM after saying (lib/why.h) which rights are
 * missing that @takes them: "watching X takes". */
int tracer_may(const char *takes, struct strbuf *why);

/* Loads and attaches. 0, or after saying why (lib/why.h): -EPERM (no rights), -ENOTSUP (the kernel
 * has not what it takes), or another -errno. */
int tracer_open(struct kernel_tracer **out, const struct tracer_options *opts, struct strbuf *why);

/* Detaches: the counters stand still from then on. What was read before is a moment's. */
void tracer_stop(struct kernel_tracer *t);

/* The descriptor of one of its maps; negative: there is none. Not to be closed. */
int tracer_map(const struct kernel_tracer *t, const char *name);

/* The kernel's functions (names.h), the tracer's own for as long as it is open. */
struct kernel_names *tracer_names(const struct kernel_tracer *t);

const struct tracer_options *tracer_options(const struct kernel_tracer *t);

/* Runs of the program on @op (enum kernel_op) that the kernel skipped, because it was at work there
 * already. */
uint64_t tracer_misses(const struct kernel_tracer *t, uint32_t op);

/* Bits (1 << enum kernel_op) of what is traced. */
uint32_t tracer_ops(const struct tracer_options *opts);

/* The path of an object of memprof's own. 0 or -errno; prints nothing. */
int tracer_object(const char *name, char *path, size_t size);

/* Detaches and unloads; takes NULL. */
void tracer_close(struct kernel_tracer *t);

#endif
