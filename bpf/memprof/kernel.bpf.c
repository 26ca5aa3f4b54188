// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who allocates in the kernel. A program on each of six tracepoints counts every event in per-CPU
 * counters. They are raw tracepoints, whose arguments are plain numbers: as tp_btf, Linux 6.1 and
 * 6.12 refuse to read one that is a const void *. Who loads them has looked into BTF first. Some
 * allocations are chosen: each N-th, or by a Poisson process over their bytes, whose countdown is
 * the CPU's. A chosen one is looked at closely: its stack is read and kept under a hash of its
 * frames, its group (stack, process) is added to, its address goes into the live table. A free that
 * finds its address there, whoever frees, is the end of that block. The table is asked only when a
 * counter in kernel_filter says that it may have the address, so that all other frees cost a few
 * nanoseconds.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/memprof/kernel.h"
#include "bpf/memprof/random.bpf.h"
#include "bpf/memprof/sample.bpf.h"

#define PF_KTHREAD 0x00200000
#define PAGE_BYTES 4096ULL
#define EEXIST	   17

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What an object that is loaded as it is says of itself: kernel_counts.bpf.c, kernel_every.bpf.c.
 */
#ifndef KERNEL_SETTINGS
#define KERNEL_SETTINGS
#endif

/* The only read-only variable: memprof/kernel/tracer.c finds it at the start. */
const volatile struct kernel_settings kernel_settings = {KERNEL_SETTINGS};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KERNEL_OPS);
	__type(key, __u32);
	__type(value, struct kernel_counters);
} kernel_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct kernel_stack);
} kernel_stacks SEC(".maps");

/* A place to read a stack into; a program each, as one can interrupt another. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KERNEL_KINDS);
	__type(key, __u32);
	__type(value, struct kernel_stack);
} kernel_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct kernel_group_key);
	__type(value, struct kernel_group);
} kernel_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 524288);
	__type(key, __u64);
	__type(value, struct kernel_live);
} kernel_lives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct kernel_process_key);
	__type(value, struct kernel_process);
} kernel_processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} kernel_samples SEC(".maps");

/* How many live blocks have an address that falls on this counter. */
__u32 kernel_filter[KERNEL_FILTER];
__u64 kernel_ids;

static __always_inline __u32 *filter_of(__u64 address)
{
	return &kernel_filter[(address * 0x9E3779B97F4A7C15ULL) >> 48 & (KERNEL_FILTER - 1)];
}

static __always_inline bool may_be_live(__u64 address)
{
	return *(volatile __u32 *)filter_of(address);
}

static __always_inline bool is_process(void)
{
	struct bpf_pidns_info in = {};

	if (!kernel_settings.pidns_inode)
		return bpf_get_current_pid_tgid() >> 32 == kernel_settings.tgid;
	return !bpf_get_ns_current_pid_tgid(kernel_settings.pidns_device,
					    kernel_settings.pidns_inode, &in, sizeof(in)) &&
	       in.tgid == kernel_settings.tgid;
}

static __always_inline bool is_wanted(void)
{
	if (kernel_settings.cgroup_id &&
	    (kernel_settings.cgroup_level
		     ? bpf_get_current_ancestor_cgroup_id((int)kernel_settings.cgroup_level)
		     : bpf_get_current_cgroup_id()) != kernel_settings.cgroup_id)
		return false;
	return !kernel_settings.tgid || is_process();
}

static __always_inline __s64 next_sample(void)
{
	return next_distance(kernel_settings.log2, kernel_settings.rate);
}

static __always_inline bool is_chosen(struct kernel_counters *c, __u64 size)
{
	if (kernel_settings.every == 1)
		return true;
	if (kernel_settings.every) {
		if (--c->left > 0)
			return false;
		c->left = (__s64)kernel_settings.every;
		return true;
	}
	if (!c->seeded) {
		c->seeded = 1;
		c->left = next_sample();
	}
	c->left -= (__s64)(size ? size : 1);
	if (c->left > 0)
		return false;
	c->left = next_sample();
	return true;
}

static __always_inline struct kernel_counters *counters_of(__u32 op)
{
	return bpf_map_lookup_elem(&kernel_counts, &op);
}

/* The hash under which the stack is kept; 0: none, or no room. */
static __always_inline __u64 keep_stack(void *ctx, __u32 op, struct kernel_counters *c)
{
	struct kernel_stack *s = bpf_map_lookup_elem(&kernel_scratch, &op);
	__u64 hash = 0;
	long bytes, err;

	if (!s)
		return 0;
	bytes = bpf_get_stack(ctx, s->pc, sizeof(s->pc), 0);
	if (bytes <= 0) {
		c->no_stack++;
		return 0;
	}
	s->n = (__u64)bytes >> 3;
	for (__u32 i = 0; i < KERNEL_FRAMES; i++) {
		if (i >= s->n)
			break;
		hash = (hash ^ s->pc[i]) * 0x9E3779B97F4A7C15ULL;
		hash ^= hash >> 29;
	}
	hash |= 1;
	if (bpf_map_lookup_elem(&kernel_stacks, &hash))
		return hash;
	err = bpf_map_update_elem(&kernel_stacks, &hash, s, BPF_NOEXIST);
	if (err && err != -EEXIST) {
		c->stacks_full++;
		return 0;
	}
	return hash;
}

/* A process is called as it was last: its name changes with an exec. */
static __always_inline void keep_name(struct kernel_process *p, const struct task_struct *leader)
{
	if (*(__u64 *)p->comm != *(__u64 *)leader->comm ||
	    *(__u64 *)(p->comm + 8) != *(__u64 *)(leader->comm + 8))
		__builtin_memcpy(p->comm, leader->comm, sizeof(p->comm));
}

static __always_inline struct kernel_process_key keep_process(void)
{
	struct task_struct *t = bpf_get_current_task_btf(), *leader = t->group_leader;
	struct kernel_process_key key = {t->tgid, leader->start_boottime / 1000000};
	struct kernel_process new = {}, *p = bpf_map_lookup_elem(&kernel_processes, &key);

	if (p) {
		keep_name(p, leader);
		return key;
	}
	new.start_ns = leader->start_boottime;
	new.cgroup_id = bpf_get_current_cgroup_id();
	new.parent = t->real_parent->tgid;
	new.kernel_thread = !!(t->flags & PF_KTHREAD);
	keep_name(&new, leader);
	bpf_map_update_elem(&kernel_processes, &key, &new, BPF_NOEXIST);
	return key;
}

/* The group of @key, or where that has no room the one of all such, which is there from the start.
 */
static __always_inline struct kernel_group *group_of(struct kernel_group_key *key,
						     struct kernel_counters *c)
{
	struct kernel_group *g = bpf_map_lookup_elem(&kernel_groups, key), none = {};

	if (g)
		return g;
	bpf_map_update_elem(&kernel_groups, key, &none, BPF_NOEXIST);
	g = bpf_map_lookup_elem(&kernel_groups, key);
	if (g)
		return g;
	c->groups_full++;
	key->stack = 0;
	key->size = kernel_settings.every ? 0 : key->size;
	key->process.tgid = 0;
	key->process.start_ms = 0;
	return bpf_map_lookup_elem(&kernel_groups, key);
}

/* Sends the user's stack along; the number of the sample, 0: it was lost. */
static __always_inline __u64 send_sample(struct kernel_counters *c,
					 const struct kernel_group_key *key, __u64 size)
{
	struct task_struct *t = bpf_get_current_task_btf();
	bool user = !(t->flags & PF_KTHREAD);
	struct memprof_sample *s =
		sample_take(&kernel_samples, user ? (struct pt_regs *)bpf_task_pt_regs(t) : NULL);
	__u64 id;

	if (!s) {
		c->ring_full++;
		c->lost_bytes += size;
		return 0;
	}
	id = __sync_fetch_and_add(&kernel_ids, 1) + 1;
	s->id = id;
	s->size = size;
	s->weighted = 0;
	s->stack = key->stack;
	s->when_ns = bpf_ktime_get_ns();
	s->pid = t->tgid;
	s->tid = t->pid;
	s->op = key->op;
	s->start_ms = key->process.start_ms;
	s->unused = 0;
	bpf_ringbuf_submit(s, 0);
	return id;
}

static __always_inline void send_gone(__u64 id)
{
	struct memprof_gone *g;

	if (!id)
		return;
	g = bpf_ringbuf_reserve(&kernel_samples, sizeof(*g), 0);
	if (!g)
		return;
	g->id = id;
	bpf_ringbuf_submit(g, 0);
}

/* Takes a block out of the live table. True: it was there. */
static __always_inline bool forget(__u64 address, struct kernel_live *was)
{
	struct kernel_live *l;

	if (!may_be_live(address))
		return false;
	l = bpf_map_lookup_elem(&kernel_lives, &address);
	if (!l)
		return false;
	*was = *l;
	if (bpf_map_delete_elem(&kernel_lives, &address))
		return false;
	__sync_fetch_and_add(filter_of(address), -1);
	return true;
}

static __always_inline void remember(struct kernel_counters *c, __u64 address,
				     const struct kernel_live *l)
{
	/* First: whoever frees it, from now on, looks. */
	__sync_fetch_and_add(filter_of(address), 1);
	if (!bpf_map_update_elem(&kernel_lives, &address, l, BPF_NOEXIST))
		return;
	__sync_fetch_and_add(filter_of(address), -1);
	c->live_full++;
}

static __always_inline void look_closely(void *ctx, __u32 op, struct kernel_counters *c,
					 __u64 address, __u64 size, __u64 taken)
{
	struct kernel_live l = {.size = size, .taken = taken, .when_ns = bpf_ktime_get_ns()};
	struct kernel_group *g;

	c->chosen++;
	l.group.stack = keep_stack(ctx, op, c);
	l.group.size = kernel_settings.every ? 0 : size;
	l.group.process = keep_process();
	l.group.op = op;
	if (kernel_settings.copy_user)
		l.id = send_sample(c, &l.group, size);
	g = group_of(&l.group, c);
	if (g) {
		__sync_fetch_and_add(&g->allocs, 1);
		__sync_fetch_and_add(&g->bytes, size);
		__sync_fetch_and_add(&g->taken, taken);
	}
	remember(c, address, &l);
}

static __always_inline int allocated(void *ctx, __u32 op, __u64 address, __u64 size, __u64 taken)
{
	struct kernel_counters *c = counters_of(op);
	struct kernel_live was;
	__u32 bucket;

	if (!c || !address)
		return 0;
	if (!kernel_settings.counts && forget(address, &was)) {
		c->overwritten++;
		send_gone(was.id);
	}
	if (!is_wanted())
		return 0;
	c->events++;
	c->bytes += size;
	c->taken += taken;
	bucket = bits_of(size);
	if (bucket < KERNEL_BUCKETS) {
		c->sizes[bucket]++;
		c->size_bytes[bucket] += size;
	}
	if (!kernel_settings.counts && is_chosen(c, size))
		look_closely(ctx, op, c, address, size, taken);
	return 0;
}

static __always_inline void ended(struct kernel_counters *c, const struct kernel_live *was)
{
	struct kernel_group *g = bpf_map_lookup_elem(&kernel_groups, &was->group);
	__u32 bucket = bits_of(bpf_ktime_get_ns() - was->when_ns);

	c->events++;
	c->found++;
	c->freed_bytes += was->size;
	c->elsewhere += bpf_get_current_pid_tgid() >> 32 != was->group.process.tgid;
	if (bucket < KERNEL_BUCKETS)
		c->lifetimes[bucket]++;
	if (g) {
		__sync_fetch_and_add(&g->frees, 1);
		__sync_fetch_and_add(&g->freed_bytes, was->size);
	}
}

/* A block's end counts whoever frees it; of what the table does not have, what is in the filter. */
static __always_inline int freed(__u32 op, __u64 address)
{
	struct kernel_counters *c = counters_of(op);
	struct kernel_live was;

	if (!c)
		return 0;
	if (address && !kernel_settings.counts && forget(address, &was)) {
		ended(c, &was);
		return 0;
	}
	if (!is_wanted())
		return 0;
	if (!address) {
		c->null++;
		return 0;
	}
	c->events++;
	c->missed++;
	return 0;
}

SEC("raw_tp/kmalloc")
int BPF_PROG(on_kmalloc, unsigned long site, const void *address, size_t size, size_t taken)
{
	return allocated(ctx, KERNEL_KMALLOC, (__u64)address, size, taken);
}

SEC("raw_tp/kmem_cache_alloc")
int BPF_PROG(on_cache_alloc, unsigned long site, const void *address, struct kmem_cache *cache)
{
	return allocated(ctx, KERNEL_CACHE_ALLOC, (__u64)address, BPF_CORE_READ(cache, object_size),
			 BPF_CORE_READ(cache, size));
}

SEC("raw_tp/mm_page_alloc")
int BPF_PROG(on_page_alloc, struct page *page, unsigned int order)
{
	__u64 size = PAGE_BYTES << (order & 31);

	return allocated(ctx, KERNEL_PAGE_ALLOC, (__u64)page, size, size);
}

SEC("raw_tp/kfree")
int BPF_PROG(on_kfree, unsigned long site, const void *address)
{
	return freed(KERNEL_KFREE, (__u64)address);
}

SEC("raw_tp/kmem_cache_free")
int BPF_PROG(on_cache_free, unsigned long site, const void *address)
{
	return freed(KERNEL_CACHE_FREE, (__u64)address);
}

SEC("raw_tp/mm_page_free")
int BPF_PROG(on_page_free, struct page *page, unsigned int order)
{
	return freed(KERNEL_PAGE_FREE, (__u64)page);
}
