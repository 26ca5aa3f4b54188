/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `beebench ringbuf` measures: one case is one way to fill and empty a ring; the plan is the
 * list of cases worth their time. */
#ifndef HARNESS_RING_CASE_H
#define HARNESS_RING_CASE_H

#include "bpf/probes/ringload.h"
#include "lib/base.h"
#include "lib/strbuf.h"

enum ring_mode {
	RING_BULK,    /* many records a BPF run: what the ring itself carries */
	RING_SYSCALL, /* one record a syscall: what a monitor of syscalls sees */
};

enum ring_placement {
	RING_B2B,    /* one thread produces a batch, then consumes it */
	RING_PINNED, /* each producer and the consumer on a CPU of its own, as far as there are CPUs
		      */
	RING_SAME_CPU, /* producer and consumer are two threads on one CPU */
};

enum ring_consumer_kind {
	RING_EPOLL,   /* libbpf's ring_buffer__poll(): sleeps until woken */
	RING_TIMED,   /* libbpf's ring_buffer__consume() every RING_TIMED_NS */
	RING_BUSY,    /* ring_buffer__consume() without pause */
	RING_OWN,     /* ring_consume.h's reader: no callback, one position update for many records;
			 never sleeps */
	RING_PATIENT, /* the same reader every RING_PATIENT_NS, asleep in epoll when that brought
			 nothing */
};

#define RING_TIMED_NS	200000ULL
#define RING_PATIENT_NS 100000ULL

/* Names as in docs/results.md; the wake-up's index is enum ringload_wakeup. Ended by NULL. */
extern const char *const ring_mode_names[],
	*const ring_placement_names[], *const ring_consumer_names[], *const ring_wakeup_names[];

/* What a case is there to show; also what -o only=GROUP chooses. */
enum ring_group {
	RING_GROUP_BULK,
	RING_GROUP_SIZES,
	RING_GROUP_PRODUCERS,
	RING_GROUP_WAKEUP,
	RING_GROUP_SYSCALL,
	RING_GROUP_CURVE,   /* the loss curve: harness/ring/ring_curve.h */
	RING_GROUP_MONITOR, /* the loss curve of monitors: harness/ring/ring_monitor.h */
	RING_GROUPS,
};

struct ring_case {
	enum ring_group group;
	bool quick; /* also in a --quick run */
	enum ring_mode mode;
	enum ring_placement placement;
	uint32_t record_bytes, producers;
	bool per_cpu; /* a ring for each CPU instead of a shared one */
	enum ringload_wakeup wakeup;
	enum ring_consumer_kind consumer;
};

/* Sizes that are the same for all cases. */
struct ring_sizes {
	uint32_t ring_bytes;	/* of each ring; a power of two and a multiple of the page */
	uint32_t batch;		/* records a BPF run, in bulk */
	uint32_t pending_bytes; /* wake-up threshold of "pending" */
	enum ringload_fault fault;
};

/*
 * The cases of a run, in the order of the plan; @groups is a mask of (1 << enum ring_group).
 * @record_bytes overrides the size of all cases when not 0 (cases that become equal are one). The
 * caller frees *@out. Returns how many.
 */
size_t ring_plan(struct ring_case **out, uint32_t groups, bool quick, uint32_t record_bytes);

/*
 * The case against which @cases[@i] shows what its wake-ups cost: equal but for "none", by the same
 * consumer or else a timed one (back to back: by any). Returns its index, or -1: it has no
 * wake-ups, or no such case is planned.
 */
int ring_plan_base(const struct ring_case *cases, size_t n, size_t i);

bool ring_case_equal(const struct ring_case *a, const struct ring_case *b);

/* "bulk pinned, 8 B, 2 producers, ring per CPU, wake each, epoll" */
void ring_case_format(const struct ring_case *c, struct strbuf *out);

/* Where the threads of a case run. */
struct ring_cpus {
	int producer[RINGLOAD_PRODUCERS];
	int consumer; /* the producer's, when it consumes itself */
	bool crowded; /* two of the threads share a CPU, although placement asks for CPUs of their
			 own */
};

/* From the CPUs this process may use (@allowed, @n > 0 of them). Returns 0, or -ENOTSUP when they
 * are too few for @c to mean anything. */
int ring_cpus_assign(const struct ring_case *c, const int *allowed, size_t n,
		     struct ring_cpus *out);

#endif
