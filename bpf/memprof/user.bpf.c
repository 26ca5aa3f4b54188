// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The malloc family of a running process: a probe where a function is entered, which keeps the
 * arguments by thread, and one where it returns, which knows the block. Both are one program where
 * the kernel has uprobe sessions. A chosen allocation goes to the reader with the thread's
 * registers and the top of its stack; its address goes into the live table, and is taken out when
 * it is freed. Of a stack that the reader has walked before only the number goes (struct
 * user_walk). Probes run in the process's own context, where another thread may take the CPU:
 * counters are atomic. Calls within calls (an allocator that uses its own functions) count once.
 *
 * To put an entry into a hash map and to delete it takes far longer than to look it up. So the
 * entries of some thousand threads, and of some thousand blocks that were freed, stay where they
 * are, marked as ended, for the thread's next call, and for the next block at that address.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/memprof/random.bpf.h"
#include "bpf/memprof/sample.bpf.h"
#include "bpf/memprof/user.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The only read-only variable: memprof/attach/probes.c finds it at the start. */
const volatile struct user_settings user_settings = {};

struct user_counters user_counts;
__u64 user_ids;
/* Entries that stay: threads' (those of threads that have ended, too), and of freed blocks. */
__u64 user_calls_stay, user_lives_ended;
/* The end of the ring's records when the reader was woken last. */
__u64 user_woken_at;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * USER_ENDED_MAX);
	__type(key, __u64);
	__type(value, struct user_pending);
} user_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, USER_LIVES + USER_ENDED_MAX);
	__type(key, __u64);
	__type(value, struct user_live);
} user_lives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 33554432);
} user_samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, USER_WALKS);
	__type(key, __u32);
	__type(value, struct user_walk);
} user_walks SEC(".maps");

extern bool bpf_session_is_return(void) __ksym __weak;

#define COUNT(field, n) __sync_fetch_and_add(&user_counts.field, (n))

/* Two threads at once: one of them crosses the mark, and sets the next. */
static __always_inline bool is_chosen(__u64 size)
{
	__s64 was;

	if (user_settings.every == 1)
		return true;
	if (user_settings.every)
		return (__u64)COUNT(left, 1) % user_settings.every == user_settings.every - 1;
	if (!user_counts.seeded) {
		user_counts.seeded = 1;
		user_counts.left = next_distance(user_settings.log2, user_settings.rate);
	}
	was = COUNT(left, -(__s64)(size ? size : 1));
	if (was <= 0 || was > (__s64)(size ? size : 1))
		return false;
	user_counts.left = next_distance(user_settings.log2, user_settings.rate);
	return true;
}

/* The reader looks by itself now and then (ATTACH_TICK_MS). It is woken when a good part of the
 * ring is full, and again when as much has come since: each time the CPU interrupts itself, which
 * costs more than a sample. */
static __always_inline __u64 wakeup(void)
{
	__u64 part = bpf_ringbuf_query(&user_samples, BPF_RB_RING_SIZE) / 8, at;

	if (bpf_ringbuf_query(&user_samples, BPF_RB_AVAIL_DATA) <= part)
		return BPF_RB_NO_WAKEUP;
	at = bpf_ringbuf_query(&user_samples, BPF_RB_PROD_POS);
	if (at - user_woken_at <= part)
		return BPF_RB_NO_WAKEUP;
	user_woken_at = at;
	return BPF_RB_FORCE_WAKEUP;
}

/* A block goes beyond its last word: where that is not there, the walk is not known. */
static __always_inline bool block_is(const struct user_block *b, __u64 sp)
{
	__u64 word[USER_BLOCK_WORDS], differ = 0;

	if (bpf_probe_read_user(word, sizeof(word), (void *)(sp + b->offset)))
		return false;
#pragma unroll
	for (int i = 0; i < USER_BLOCK_WORDS; i++)
		differ |= (word[i] ^ b->word[i]) & -(__u64)(b->words >> i & 1);
	return !differ;
}

/* What a walk begins at. */
struct start {
	__u64 pc, sp, by[SAMPLE_BY];
};

static __always_inline bool begins_so(const struct user_walk *w, const struct start *at)
{
	__u64 differ = (w->pc ^ at->pc) | (w->sp ^ at->sp);

#pragma unroll
	for (int i = 0; i < SAMPLE_BY; i++)
		differ |= (w->by[i] ^ at->by[i]) & -(__u64)(w->needs >> i & 1);
	return !differ;
}

/* The number of the walk at @place, where this stack is that one; else 0. */
static __always_inline __u32 walk_at(__u32 place, const struct start *at)
{
	struct user_walk *w = bpf_map_lookup_elem(&user_walks, &place);
	__u32 number, n;

	if (!w)
		return 0;
	number = *(volatile __u32 *)&w->number;
	if (!number || !begins_so(w, at))
		return 0;
	n = w->nblocks;
	for (__u32 i = 0; i < USER_WALK_BLOCKS; i++) {
		if (i >= n)
			break;
		if (!block_is(&w->block[i], at->sp))
			return 0;
	}
	barrier();
	return *(volatile __u32 *)&w->number == number ? number : 0;
}

/* The number of the reader's walk that this stack is; 0: none. */
static __always_inline __u32 known_walk(const struct pt_regs *ctx)
{
	struct start at = {.pc = PT_REGS_IP(ctx), .sp = PT_REGS_SP(ctx), .by = {PT_REGS_FP(ctx)}};
	__u32 set = user_walk_set(at.pc, at.sp), number = 0;

#if defined(__TARGET_ARCH_arm64)
	at.by[1] = PT_REGS_RET(ctx);
	barrier_var(at.by[1]);
#endif
	/* Read here: the verifier takes no other pointer to them than @ctx. */
	barrier_var(at.pc);
	barrier_var(at.sp);
	barrier_var(at.by[0]);
	for (__u32 way = 0; way < USER_WALK_WAYS && !number; way++)
		number = walk_at(set + way, &at);
	return number;
}

static __always_inline __u64 lost(const struct user_live *l)
{
	COUNT(ring_full, 1);
	COUNT(lost_allocs, 1);
	COUNT(lost_bytes, l->size);
	return 0;
}

static __always_inline __u64 send_known(const struct user_live *l, __u32 walk)
{
	struct user_known *k = bpf_ringbuf_reserve(&user_samples, sizeof(*k), 0);
	__u64 id;

	if (!k)
		return lost(l);
	id = __sync_fetch_and_add(&user_ids, 1) + 1;
	k->id = id;
	k->size = l->size;
	k->weighted = l->weighted;
	k->walk = walk;
	k->tid = bpf_get_current_pid_tgid();
	bpf_ringbuf_submit(k, wakeup());
	return id;
}

static __always_inline __u64 send_stack(struct pt_regs *ctx, const struct user_live *l)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct memprof_sample *s = sample_take(&user_samples, ctx);
	__u64 id;

	if (!s)
		return lost(l);
	id = __sync_fetch_and_add(&user_ids, 1) + 1;
	s->id = id;
	s->size = l->size;
	s->weighted = l->weighted;
	s->stack = 0;
	s->when_ns = l->when_ns;
	s->pid = thread >> 32;
	s->tid = thread;
	s->op = 0;
	s->start_ms = 0;
	s->unused = 0;
	bpf_ringbuf_submit(s, wakeup());
	return id;
}

static __always_inline __u64 send_sample(struct pt_regs *ctx, const struct user_live *l)
{
	__u32 walk = known_walk(ctx);

	return walk ? send_known(l, walk) : send_stack(ctx, l);
}

/* A block whose free was not seen: unmapped, freed by a way that has no probe, or of the program
 * that the process was before. */
static __always_inline void send_gone(const struct user_live *was)
{
	struct memprof_gone *g = bpf_ringbuf_reserve(&user_samples, sizeof(*g), 0);

	if (was->image == user_counts.execs)
		COUNT(overwritten, 1);
	else
		COUNT(ended, 1);
	if (!g)
		return;
	g->id = was->id;
	bpf_ringbuf_submit(g, BPF_RB_NO_WAKEUP);
}

/* The block is not live any more. Of two threads that free it at once one does. @l: its entry. */
static __always_inline bool end(__u64 block, struct user_live *l, struct user_live *was)
{
	*was = *l;
	was->when_ns = __sync_lock_test_and_set(&l->when_ns, 0);
	if (!was->when_ns)
		return false;
	if (__sync_fetch_and_add(&user_lives_ended, 1) >= USER_ENDED_MAX) {
		__sync_fetch_and_add(&user_lives_ended, -1);
		bpf_map_delete_elem(&user_lives, &block);
	}
	return true;
}

/* The same of a block that this program has. */
static __always_inline bool forget(__u64 block, struct user_live *was)
{
	struct user_live *l = bpf_map_lookup_elem(&user_lives, &block);

	return l && l->image == user_counts.execs && end(block, l, was);
}

/* The block lives. @at: the entry of its address, which has ended, or NULL. */
static __always_inline void keep(__u64 block, struct user_live *at, const struct user_live *l)
{
	if (at) {
		*at = *l;
		__sync_fetch_and_add(&user_lives_ended, -1);
	} else if (bpf_map_update_elem(&user_lives, &block, l, BPF_ANY)) {
		COUNT(live_full, 1);
	}
}

static __always_inline void allocated(struct pt_regs *ctx, __u64 block, __u64 size, __u64 weighted,
				      bool chosen)
{
	struct user_live l = {.size = size, .weighted = weighted, .image = user_counts.execs}, was;
	struct user_live *at = bpf_map_lookup_elem(&user_lives, &block);
	__u32 bucket = bits_of(size);

	if (at && at->when_ns) {
		if (end(block, at, &was))
			send_gone(&was);
		at = bpf_map_lookup_elem(&user_lives, &block);
	}
	if (weighted)
		COUNT(weighted, weighted);
	if (bucket < USER_BUCKETS) {
		COUNT(sizes[bucket], 1);
		COUNT(size_bytes[bucket], size);
	}
	if (!chosen)
		return;
	l.when_ns = bpf_ktime_get_ns();
	l.id = send_sample(ctx, &l);
	keep(block, at, &l);
}

static __always_inline void ended(const struct user_live *was)
{
	__u32 bucket = bits_of(bpf_ktime_get_ns() - was->when_ns);

	COUNT(freed_bytes, was->size);
	if (bucket < USER_BUCKETS)
		COUNT(lifetimes[bucket], 1);
}

static __always_inline void freed(__u64 block)
{
	struct user_live was;

	if (!block) {
		COUNT(null, 1);
		return;
	}
	COUNT(frees, 1);
	if (forget(block, &was))
		ended(&was);
	else
		COUNT(missed, 1);
}

/* The thread's call, if it has one, has not returned, and a call with this stack pointer is within
 * it. One that never returned (longjmp) has a stack pointer below that of the new call. */
static __always_inline bool encloses(const struct user_pending *call, __u64 stack)
{
	return call && call->stack > stack;
}

/* @at: the thread's entry, or NULL. */
static __always_inline void begin(__u64 thread, struct user_pending *at, struct user_pending *call)
{
	if (at) {
		call->stays = at->stays;
		*at = *call;
		return;
	}
	if (user_calls_stay < USER_ENDED_MAX) {
		__sync_fetch_and_add(&user_calls_stay, 1);
		call->stays = 1;
	}
	if (bpf_map_update_elem(&user_calls, &thread, call, BPF_ANY))
		COUNT(pending_full, 1);
}

/* The kernel waits for no more returns of this thread, by whoever they are watched: that of the
 * call which begins will not be seen. */
static __always_inline bool is_too_deep(void)
{
	struct uprobe_task *u = bpf_get_current_task_btf()->utask;

	return u && u->depth >= USER_RETURNS_MAX;
}

static __always_inline int entered(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct user_pending p = {.function = bpf_get_attach_cookie(ctx), .stack = PT_REGS_SP(ctx)};
	struct user_pending *at = bpf_map_lookup_elem(&user_calls, &thread);

	if (p.function == USER_FREE) {
		if (!encloses(at, p.stack))
			freed(PT_REGS_PARM1(ctx));
		return 0;
	}
	if (encloses(at, p.stack)) {
		at->depth++;
		COUNT(nested, 1);
		return 0;
	}
	if (is_too_deep()) {
		COUNT(too_deep, 1);
		return 0;
	}
	p.size = PT_REGS_PARM1(ctx);
	if (p.function == USER_CALLOC)
		p.size *= PT_REGS_PARM2(ctx);
	if (p.function == USER_REALLOC) {
		/* Now: when it returns, another thread may have been given the address. */
		p.block = PT_REGS_PARM1(ctx);
		p.had = p.block && forget(p.block, &p.was);
	}
	if (p.function == USER_REALLOC || p.function == USER_MEMALIGN)
		p.size = PT_REGS_PARM2(ctx);
	if (p.function == USER_POSIX_MEMALIGN) {
		p.out = PT_REGS_PARM1(ctx);
		p.size = PT_REGS_PARM3(ctx);
	}
	begin(thread, at, &p);
	return 0;
}

/* The block that realloc was given is gone when it gave another one, or none for no bytes. */
static __always_inline void reallocated(struct user_pending *p, __u64 block)
{
	if (!p->block)
		return;
	if (!block && p->size) {
		if (p->had)
			keep(p->block, bpf_map_lookup_elem(&user_lives, &p->block), &p->was);
		return;
	}
	COUNT(frees, 1);
	if (p->had)
		ended(&p->was);
	else
		COUNT(missed, 1);
}

static __always_inline int returned(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid(), block = PT_REGS_RC(ctx);
	struct user_pending *at = bpf_map_lookup_elem(&user_calls, &thread), p;

	if (!at || !at->stack)
		return 0;
	if (at->depth) {
		at->depth--;
		return 0;
	}
	p = *at;
	if (at->stays)
		at->stack = 0;
	else
		bpf_map_delete_elem(&user_calls, &thread);
	if (p.function == USER_POSIX_MEMALIGN) {
		if (block || bpf_probe_read_user(&block, sizeof(block), (void *)p.out))
			block = 0;
	}
	if (p.function == USER_REALLOC)
		reallocated(&p, block);
	if (block)
		allocated(ctx, block, p.size, 0, is_chosen(p.size));
	else
		COUNT(failed, 1);
	return 0;
}

SEC("?uprobe")
int user_entry(struct pt_regs *ctx)
{
	return entered(ctx);
}

SEC("?uretprobe")
int user_return(struct pt_regs *ctx)
{
	return returned(ctx);
}

/* Both in one, where the kernel has uprobe sessions (Linux 6.13). */
SEC("?uprobe")
int user_session(struct pt_regs *ctx)
{
	return bpf_session_is_return() ? returned(ctx) : entered(ctx);
}

/* The process has become another program, of which this is the only thread: what the one before had
 * has ended with it. */
SEC("?raw_tp/sched_process_exec")
int user_exec(void *ctx)
{
	struct bpf_pidns_info in = {.tgid = bpf_get_current_pid_tgid() >> 32};

	if (user_settings.pidns_inode &&
	    bpf_get_ns_current_pid_tgid(user_settings.pidns_device, user_settings.pidns_inode, &in,
					sizeof(in)))
		return 0;
	if (in.tgid == user_settings.tgid)
		COUNT(execs, 1);
	return 0;
}

/* The contract otel_memory: only sampled blocks come here, with the bytes that they stand for. */
SEC("?uprobe")
int user_usdt(struct pt_regs *ctx)
{
	__u64 block = PT_REGS_PARM1(ctx);

	if (bpf_get_attach_cookie(ctx) == USER_USDT_FREE)
		freed(block);
	else
		allocated(ctx, block, PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx), true);
	return 0;
}
