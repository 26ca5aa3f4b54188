/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fresh loads of one object, fast. Who must load the same object a hundred times a second (another
 * place for its code, other memory for its maps each time) cannot have libbpf parse the kernel's
 * BTF each time, which takes 5 ms: here libbpf does it once, and each load after that makes new
 * maps and loads the finished instructions again.
 */
#ifndef COLLECTOR_REPLICA_H
#define COLLECTOR_REPLICA_H

#include "lib/base.h"
#include "collector/object.h"

enum { REPLICA_PROGRAMS_MAX = 16, REPLICA_MAPS_MAX = 32 };

struct replica_source;

/*
 * Opens monitor @spec (as monitor_open() takes it) to be loaded again and again; it watches
 * everything. Returns 0, -ENOTSUP after saying that it is no BPF object, or another -errno after
 * saying why (lib/why.h).
 */
int replica_source_open(struct replica_source **out, const char *spec, struct strbuf *why);
/* The monitor it is made from: its name and programs; never to be attached. */
const struct monitor *replica_source_monitor(const struct replica_source *s);
void replica_source_close(struct replica_source *s); /* accepts NULL */

/* One load. Descriptors are -1 where there is none. */
struct replica {
	int program_fd[REPLICA_PROGRAMS_MAX]; /* as monitor_programs() orders them */
	int map_fd[REPLICA_MAPS_MAX];	      /* as libbpf orders them */
	int *ring_fd; /* ring buffers: maps, or in an array of maps; @nrings, owned */
	size_t nrings;
	int *mapped_fd; /* mapped rings (bpf/ring/mapped_ring.h); @nmapped, owned */
	size_t nmapped;
	int *made_fd; /* those of both that are in an array, @nmade: descriptors of their own */
	size_t nmade;
	struct monitor *whole; /* where the object cannot be copied: a load by libbpf; owned */
};

/* Loads the programs whose bit is set in @programs, and all maps. Returns 0 or -errno after saying
 * why; release @r in any case. */
int replica_load(struct replica *r, const struct replica_source *s, uint32_t programs,
		 struct strbuf *why);
void replica_release(struct replica *r);

/* Nothing loaded: what replica_release() accepts. */
void replica_init(struct replica *r);

#endif
