/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A BPF object inside the guest: loaded, attached, its hashes brought into a known state. */
#ifndef VM_GUEST_OBJECT_H
#define VM_GUEST_OBJECT_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/guest/guest_ring.h"
#include "harness/vm/guest/guest_static.h"

enum { GUEST_MAX_HOOKS = 32, GUEST_MAX_MAPS = 16 };

struct bpf_link;
struct bpf_map;
struct bpf_object;

struct guest_hash {
	int fd;
	uint32_t type, key_bytes, value_bytes, entries;
};

/* Where a program goes, from its section: "tracepoint/syscalls/sys_enter_mmap". One that names no
 * place ("syscall") has none. */
struct guest_hook {
	char section[96];
	uint32_t btf_id; /* of the kernel's type that a "tp_btf" program goes to; else 0 */
};

struct guest_object {
	struct bpf_object *obj;
	struct guest_hook hooks[GUEST_MAX_HOOKS];
	size_t nhooks, nprograms;
	struct bpf_link *links[GUEST_MAX_HOOKS];
	size_t nlinks;
	struct guest_ring_fd rings[GUEST_MAX_RINGS];
	size_t nrings;
	/* An array of rings, for each CPU one, and the rings that were made for it. */
	struct bpf_map *ring_array;
	bool rings_mapped; /* bpf/ring/mapped_ring.h; else the kernel's ring buffers */
	uint32_t ring_bytes;
	int made[GUEST_MAX_RINGS];
	size_t nmade;
	struct guest_hash hashes[GUEST_MAX_MAPS];
	size_t nhashes;
	struct guest_logs logs; /* for guest_static_send() */
	bool keeps;		/* it has a map that may know tasks, and that cannot be emptied */
	bool perf_array;	/* it also writes to a perf event array, which nobody here reads */
};

/*
 * Loads the object. Returns 0, or -errno with the reason, libbpf's and the verifier's words
 * included, in @why.
 */
int guest_object_open(struct guest_object *o, const char *path, struct strbuf *why);
/* Calls @each with the section of every program that says by it where it goes, without loading any.
 * Returns how many, or -errno; says nothing. */
int guest_object_sections(const char *path, void (*each)(void *arg, const char *section),
			  void *arg);
/* Attaches every program that says by its section where it goes; @nlinks tells how many. Returns 0
 * or -errno and @why. */
int guest_object_attach(struct guest_object *o, struct strbuf *why);
void guest_object_detach(struct guest_object *o);
void guest_object_close(struct guest_object *o);

/* Empties the hashes / fills them with keys that are no thread's. 0 or -errno. */
int guest_object_clear(struct guest_object *o);
int guest_object_fill(struct guest_object *o);
/*
 * What it knows of a task is in hashes and nowhere else: once they have been emptied a task is as
 * good as new to it, and where they are full each call is like the first. An LRU hash is never
 * full.
 */
bool guest_object_forgets(const struct guest_object *o, bool full);
/* Keys that fit into its smallest hash that can be full (an LRU hash never is); 0: it has none. */
uint32_t guest_object_room(const struct guest_object *o);

/*
 * Empty programs ("return 0") on the same hooks as @o's: what being attached costs. Each is a file
 * descriptor in @fds; closing detaches. Returns how many, -EOPNOTSUPP when a hook is of a kind that
 * cannot be built here, or -errno.
 */
int guest_nop_attach(const struct guest_object *o, int fds[2 * GUEST_MAX_HOOKS]);

#endif
