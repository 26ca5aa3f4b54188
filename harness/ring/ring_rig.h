/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One case in the kernel: the ring load's object, loaded with the case's sizes, and its rings. */
#ifndef HARNESS_RING_RIG_H
#define HARNESS_RING_RIG_H

#include "harness/ring/ring_case.h"
#include "lib/base.h"

struct bpf_object;
struct bpf_program;
struct bpf_link;

struct ring_rig {
	struct ring_case c;
	struct ring_sizes sizes;
	struct ring_cpus cpus;
	struct bpf_object *object;
	struct bpf_program *event;    /* loaded for RING_SYSCALL only */
	struct bpf_link *link;	      /* of @event, while attached */
	struct ringload_state *state; /* the program's books, mapped */
	size_t state_map_bytes;
	int bulk_fd, enlist_fd, wake_fd;  /* programs; owned by @object */
	int ring_fd[RINGLOAD_PRODUCERS];  /* @nrings; the shared one is owned by @object */
	int ring_cpu[RINGLOAD_PRODUCERS]; /* of each */
	uint32_t nrings;
};

/*
 * Loads the object for @c. Returns 0, or -errno after saying why: -ENOENT (object not built),
 * -EPERM (may not), -ENOTSUP (a kernel without ring buffers). @rig is to be closed in any case.
 */
int ring_rig_open(struct ring_rig *rig, const struct ring_case *c, const struct ring_sizes *sizes,
		  const struct ring_cpus *cpus);
void ring_rig_close(struct ring_rig *rig);

/* getpgid() of enlisted threads produces, from now on and no more. Attaching returns 0 or -errno
 * after saying why. */
int ring_rig_attach(struct ring_rig *rig);
void ring_rig_detach(struct ring_rig *rig);

/* Clears the books before a round. */
void ring_rig_reset(struct ring_rig *rig);

/* Each runs a program by BPF_PROG_TEST_RUN on the calling thread and returns 0 or -errno. */
int ring_rig_bulk(const struct ring_rig *rig, uint32_t producer); /* a batch of records */
int ring_rig_enlist(const struct ring_rig *rig,
		    uint32_t producer); /* the caller's syscalls are @producer's events */
int ring_rig_wake(
	const struct ring_rig *rig); /* ends the consumer's sleep, if there is room for it */

/* Records a run of the program. */
static inline uint32_t ring_rig_batch(const struct ring_rig *rig)
{
	return rig->c.mode == RING_BULK ? rig->sizes.batch : 1;
}

#endif
