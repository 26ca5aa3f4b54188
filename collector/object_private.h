/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A loaded BPF object as object*.c know it: its state, and what they do for each other. */
#ifndef COLLECTOR_OBJECT_PRIVATE_H
#define COLLECTOR_OBJECT_PRIVATE_H

#include "collector/backend.h"
#include "collector/layout.h"

struct bpf_link;
struct departed;
struct ring;

struct object {
	struct bpf_object *bpf;
	struct layout layout;
	struct ring *ring;	 /* NULL until somebody reads it */
	struct departed *before; /* between monitor_rows_begin() and the end */
	bool silent;		 /* no record was written since the start */
	/* Rings that we make, one for each CPU; NULL: the object has its own or none. */
	struct bpf_map *ring_array;
	uint64_t ring_bytes;
	int *ring_fds;
	size_t nrings;
	struct bpf_link *iterator; /* made at the first snapshot */
	struct bpf_link **links;   /* @nlinks */
	size_t nlinks;
	struct strbuf unattached; /* lines for monitor_extras() */
};

extern const struct monitor_backend object_backend; /* object.c */

/* Maps the event ring, or those of all CPUs, when the first wants to read it: mapped memory is
 * resident, and who only wants counters does without. 0, also when there is no ring, or -errno
 * after saying why. */
int object_need_ring(const struct monitor *m, struct object *o);

/* Hooks of the backend (object_told.c). */
int object_losses(struct monitor *m, struct monitor_losses *out);
int object_cost(struct monitor *m, struct monitor_cost *out);
int object_fill(struct monitor *m, struct monitor_fill *out);
void object_extras(const struct monitor *m, struct strbuf *out);

#endif
