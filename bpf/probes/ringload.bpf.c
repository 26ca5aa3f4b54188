/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills a ring with records of known content: many a run (BPF_PROG_TEST_RUN), or one for each
 * getpgid() of an enlisted thread. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/probes/ringload.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* max_entries of the rings and the number of slots are set by the loader. */
struct ringload_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} ringload_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, RINGLOAD_MAX_CPUS);
	__type(key, __u32);
	__array(values, struct ringload_ring);
} ringload_rings SEC(".maps");

const volatile struct ringload_config ringload_config = {8, 1, 0, 0, 0, 0, 0};
struct ringload_state ringload_state;

static __always_inline __u64 wake_flags(void *ring)
{
	switch (ringload_config.wakeup) {
	case RINGLOAD_WAKE_EACH: return 0;
	case RINGLOAD_WAKE_FORCE: return BPF_RB_FORCE_WAKEUP;
	case RINGLOAD_WAKE_PENDING:
		if (bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >= ringload_config.pending_bytes)
			return BPF_RB_FORCE_WAKEUP;
		return BPF_RB_NO_WAKEUP;
	default: return BPF_RB_NO_WAKEUP;
	}
}

static __always_inline void produce(__u32 id)
{
	struct ringload_producer *p = &ringload_state.producer[id % RINGLOAD_PRODUCERS];
	__u64 seq = p->attempts, dropped = 0;
	void *ring = &ringload_ring;

	if (ringload_config.per_cpu) {
		__u32 cpu = bpf_get_smp_processor_id();

		ring = bpf_map_lookup_elem(&ringload_rings, &cpu);
		if (!ring) {
			p->attempts += ringload_config.batch;
			p->dropped += ringload_config.batch;
			return;
		}
	}
	for (__u32 i = 0; i < ringload_config.batch; i++, seq++) {
		__u64 head = ringload_head(id, seq), mix, *word;
		__u32 faulty =
			ringload_config.fault && seq % 1009 == 1008 ? ringload_config.fault : 0;

		if (faulty == RINGLOAD_FAULT_LOSE)
			continue;
		if (faulty == RINGLOAD_FAULT_REPEAT)
			head = ringload_head(id, seq - 1);
		word = bpf_ringbuf_reserve(ring, ringload_config.record_bytes, 0);
		if (!word) {
			dropped++;
			continue;
		}
		mix = ringload_mix(head);
		word[0] = head | mix >> 48;
		for (__u32 w = 1; w < ringload_config.record_bytes / 8; w++)
			word[w] = mix += RINGLOAD_STEP;
		if (faulty == RINGLOAD_FAULT_CORRUPT)
			word[ringload_config.record_bytes / 8 - 1] ^= 1;
		bpf_ringbuf_submit(word, wake_flags(ring));
	}
	p->attempts = seq;
	p->dropped += dropped;
}

/* In bulk: ctx[0] is the producer. Run by BPF_PROG_TEST_RUN, attached to nothing. */
SEC("raw_tp")
int ringload_bulk(__u64 *ctx)
{
	produce(ctx[0] % RINGLOAD_PRODUCERS);
	return 0;
}

static __always_inline void produce_for_this_thread(void)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();

	for (__u32 id = 0; id < RINGLOAD_PRODUCERS; id++)
		if (ringload_state.producer[id].tid == tid) {
			produce(id);
			break;
		}
}

/* As in life: an event is a syscall of a watched thread. */
SEC("tp/syscalls/sys_enter_getpgid")
int ringload_event(void *ctx)
{
	produce_for_this_thread();
	return 0;
}

/* The same where that could be preempted, and runs of other producers there be skipped (Linux 7,
 * docs/linux7.md). */
SEC("?tp/raw_syscalls/sys_enter")
int ringload_event_steady(struct trace_event_raw_sys_enter *ctx)
{
	if (ctx->id == ringload_config.call)
		produce_for_this_thread();
	return 0;
}

/* The calling thread becomes producer ctx[0]: the number by which the kernel knows it, whatever the
 * pid namespace. */
SEC("raw_tp")
int ringload_enlist(__u64 *ctx)
{
	ringload_state.producer[ctx[0] % RINGLOAD_PRODUCERS].tid =
		(__u32)bpf_get_current_pid_tgid();
	return 0;
}

static __always_inline void wake(void *ring)
{
	void *record = bpf_ringbuf_reserve(ring, 8, 0);

	if (record)
		bpf_ringbuf_discard(record, BPF_RB_FORCE_WAKEUP);
}

/* Ends a consumer's sleep with a record that readers pass over. */
SEC("raw_tp")
int ringload_wake(__u64 *ctx)
{
	__u32 cpu = (__u32)ctx[0];
	void *ring = &ringload_ring;

	if (ringload_config.per_cpu) {
		ring = bpf_map_lookup_elem(&ringload_rings, &cpu);
		if (!ring)
			return 0;
	}
	wake(ring);
	return 0;
}
