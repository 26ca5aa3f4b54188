/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of every kind, right by the definition in tests/cli/means.t: all of what read() returns.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;

struct name {
	char comm[16];
};

struct mean {
	__u64 n;
	__s64 bytes;
};

struct inside {
	__u32 unused;
	struct mean mean;
};

struct steps {
	__u64 slot[10]; /* below 0, eight of 512, from 4096 on */
};

struct power {
	struct name name;
	__u32 slot;
};

#define MAP(name, kind, most, key_type, value_type)                                                \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_##kind);                                                 \
		__uint(max_entries, most);                                                         \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

MAP(stat, PERCPU_HASH, 256, struct name, struct inside);
MAP(mean, ARRAY, 1, __u32, struct mean);
MAP(most, LRU_PERCPU_HASH, 1024, struct name, __s64);
MAP(lin, PERCPU_ARRAY, 1, __u32, struct steps);
MAP(narrow, LRU_HASH, 1024, __u32, __u32);
MAP(powers, HASH, 1024, struct power, __u64);

static __always_inline void *value_of(void *map, const void *key, const void *none)
{
	void *v = bpf_map_lookup_elem(map, key);

	if (v)
		return v;
	bpf_map_update_elem(map, key, none, BPF_NOEXIST);
	return bpf_map_lookup_elem(map, key);
}

static __always_inline __u32 log_of(__u64 v)
{
	__u32 log = 0;

#pragma unroll
	for (int bits = 32; bits; bits /= 2)
		if (v >> bits) {
			v >>= bits;
			log += bits;
		}
	return log;
}

static __always_inline __u32 step_of(__s64 v)
{
	return v < 0 ? 0 : v >= 4096 ? 9 : 1 + ((__u64)v >> 9 & 7);
}

SEC("tracepoint/syscalls/sys_exit_read")
int on_read(struct trace_event_raw_sys_exit *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, zero = 0, no_calls = 0, *calls;
	__s64 ret = ctx->ret, *highest, lowest = -(1LL << 62);
	struct inside no_stat = {}, *s;
	struct power bucket = {};
	__u64 none = 0, *n;
	struct mean *m;
	struct steps *lin_of;

	if (beebench_cgroup_id && bpf_get_current_cgroup_id() != beebench_cgroup_id)
		return 0;
	bpf_get_current_comm(bucket.name.comm, sizeof(bucket.name.comm));
	s = value_of(&stat, &bucket.name, &no_stat);
	if (s) {
		s->mean.n++;
		s->mean.bytes += ret;
	}
	m = bpf_map_lookup_elem(&mean, &zero);
	if (m) {
		__sync_fetch_and_add(&m->n, 1);
		__sync_fetch_and_add(&m->bytes, ret);
	}
	highest = value_of(&most, &bucket.name, &lowest);
	if (highest && *highest < ret)
		*highest = ret;
	lin_of = bpf_map_lookup_elem(&lin, &zero);
	if (lin_of)
		lin_of->slot[step_of(ret)]++;
	calls = value_of(&narrow, &pid, &no_calls);
	if (calls)
		__sync_fetch_and_add(calls, 1);
	if (ret < 0)
		return 0;
	bucket.slot = log_of(ret);
	n = value_of(&powers, &bucket, &none);
	if (n)
		__sync_fetch_and_add(n, 1);
	return 0;
}
