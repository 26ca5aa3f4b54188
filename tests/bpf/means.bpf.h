/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A monitor of many syscalls that is right by tests/fixtures/means.bt, whose rules are macros: each
 * means_*.bpf.c bends one of them, and verify must say which.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#ifndef CALLS_KEY
#define CALLS_KEY(ids) ((__u32)((ids) >> 32))
#endif
#ifndef PATH_BYTES
#define PATH_BYTES 128
#endif
#ifndef OPENS_MAX
#define OPENS_MAX 4096
#endif
#ifndef ERROR_TYPE
#define ERROR_TYPE __s64
#endif
#ifndef READS
#define READS(ret) ((ret) >= 64)
#endif
#ifndef FORKS
#define FORKS "tracepoint/syscalls/sys_exit_clone"
#endif
#ifndef EXECS
#define EXECS(ret) ((ret) == 0)
#endif
#ifndef SLOT
#define SLOT(log) (log)
#endif
#ifndef SIGNALS
#define SIGNALS 1
#endif
#ifndef LEAST_TYPE
#define LEAST_TYPE __s64
#endif

#ifndef EVENT_PID
#define EVENT_PID(ids) ((__u32)((ids) >> 32))
#endif
#ifndef RING_BYTES
#define RING_BYTES (1 << 18)
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u64 beebench_cgroup_id = 0;

struct calls_key {
	__u32 pid;
	__s64 id;
} __attribute__((packed));

struct opens_key {
	char path[PATH_BYTES];
	ERROR_TYPE error;
} __attribute__((packed));

struct name {
	char comm[16];
};

struct total {
	__u64 calls, bytes;
};

struct open_path {
	char text[128];
};

struct slots {
	__u64 slot[64];
};

struct signals_key {
	__s32 sig;
	__u32 uid;
};

#define HASH(name, key_type, value_type, most)                                                     \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, most);                                                         \
		__type(key, key_type);                                                             \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

HASH(calls, struct calls_key, __u64, 10240);
HASH(in_open, __u32, struct open_path, 1024);
HASH(opens, struct opens_key, __u64, OPENS_MAX);
HASH(started, __u32, __u64, 1024);
HASH(forks, struct name, __u64, 256);
HASH(execs, struct name, __u64, 256);
HASH(signals, struct signals_key, __u64, 256);
HASH(least, struct name, LEAST_TYPE, 256);

/* Reads: a struct in a map for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 256);
	__type(key, struct name);
	__type(value, struct total);
} io_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slots);
} slept SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} synced SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct opens_key);
} scratch SEC(".maps");

/* Opens, and signals. */
struct opened {
	__u64 when_ns;
	__u32 pid;
	__s32 error;
	char comm[16];
	char path[128];
};

struct killed {
	__u32 pid;
	__s32 sig;
};

struct losses {
	__u64 ring_full, map_full;
};

struct opened *const volatile opened_layout = 0;
struct killed *const volatile killed_layout = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} opened_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} killed_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct losses);
} lost SEC(".maps");

static __always_inline bool watched(void)
{
	return !beebench_cgroup_id || bpf_get_current_cgroup_id() == beebench_cgroup_id;
}

static __always_inline void add(void *map, const void *key, __u64 by)
{
	__u64 zero = 0, *n = bpf_map_lookup_elem(map, key);

	if (!n) {
		bpf_map_update_elem(map, key, &zero, BPF_NOEXIST);
		n = bpf_map_lookup_elem(map, key);
	}
	if (n)
		__sync_fetch_and_add(n, by);
}

static __always_inline __u32 slot_of(__u64 v)
{
	__u32 log = 0;

#pragma unroll
	for (int bits = 32; bits; bits /= 2)
		if (v >> bits) {
			v >>= bits;
			log += bits;
		}
	return SLOT(log) & 63;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int on_call(struct trace_event_raw_sys_enter *ctx)
{
	struct calls_key key = {CALLS_KEY(bpf_get_current_pid_tgid()), ctx->id};

	if (watched())
		add(&calls, &key, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int on_open(struct trace_event_raw_sys_enter *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct open_path path = {};

	if (!watched())
		return 0;
	bpf_probe_read_user_str(path.text, sizeof(path.text), (const void *)ctx->args[1]);
	bpf_map_update_elem(&in_open, &tid, &path, BPF_ANY);
	return 0;
}

static __always_inline void write_opened(const struct opens_key *key, const struct open_path *path)
{
	struct opened *e = bpf_ringbuf_reserve(&opened_ring, sizeof(*e), 0);
	__u32 zero = 0;
	struct losses *l;

	if (!e) {
		l = bpf_map_lookup_elem(&lost, &zero);
		if (l)
			__sync_fetch_and_add(&l->ring_full, 1);
		return;
	}
	e->when_ns = bpf_ktime_get_ns();
	e->pid = EVENT_PID(bpf_get_current_pid_tgid());
	e->error = key->error;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	__builtin_memcpy(e->path, path->text, sizeof(e->path));
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int on_opened(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid(), zero = 0;
	struct open_path *path = bpf_map_lookup_elem(&in_open, &tid);
	struct opens_key *key = bpf_map_lookup_elem(&scratch, &zero);

	if (!watched() || !path || !key)
		return 0;
	__builtin_memset(key, 0, sizeof(*key));
	bpf_probe_read_kernel_str(key->path, sizeof(key->path), path->text);
	key->error = ctx->ret < 0 ? ctx->ret : 0;
	add(&opens, key, 1);
	write_opened(key, path);
	bpf_map_delete_elem(&in_open, &tid);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_read")
int on_read(struct trace_event_raw_sys_exit *ctx)
{
	struct total none = {}, *t;
	struct name name = {};
	LEAST_TYPE ret = ctx->ret, *least_so_far;

	if (!watched())
		return 0;
	bpf_get_current_comm(name.comm, sizeof(name.comm));
	least_so_far = bpf_map_lookup_elem(&least, &name);
	if (!least_so_far || (__s32)*least_so_far > (__s32)ret)
		bpf_map_update_elem(&least, &name, &ret, BPF_ANY);
	if (!READS(ctx->ret))
		return 0;
	bpf_map_update_elem(&io_map, &name, &none, BPF_NOEXIST);
	t = bpf_map_lookup_elem(&io_map, &name);
	if (t) {
		t->calls++;
		t->bytes += ctx->ret;
	}
	return 0;
}

static __always_inline int start(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	if (watched())
		bpf_map_update_elem(&started, &tid, &now, BPF_ANY);
	return 0;
}

static __always_inline bool took(__u64 *ns)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *at = watched() ? bpf_map_lookup_elem(&started, &tid) : 0;

	if (!at)
		return false;
	*ns = bpf_ktime_get_ns() - *at;
	bpf_map_delete_elem(&started, &tid);
	return true;
}

SEC("tracepoint/syscalls/sys_enter_clock_nanosleep")
int on_sleep(void *ctx)
{
	return start();
}

SEC("tracepoint/syscalls/sys_enter_fsync")
int on_sync(void *ctx)
{
	return start();
}

SEC("tracepoint/syscalls/sys_exit_clock_nanosleep")
int on_slept(void *ctx)
{
	__u32 zero = 0;
	struct slots *s = bpf_map_lookup_elem(&slept, &zero);
	__u64 ns;

	if (s && took(&ns))
		s->slot[slot_of(ns)]++;
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_fsync")
int on_synced(void *ctx)
{
	__u64 ns;
	__u32 slot;

	if (!took(&ns))
		return 0;
	slot = slot_of(ns);
	add(&synced, &slot, 1);
	return 0;
}

SEC(FORKS)
int on_fork(void *ctx)
{
	struct name name = {};

	if (!watched())
		return 0;
	bpf_get_current_comm(name.comm, sizeof(name.comm));
	add(&forks, &name, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int on_exec(struct trace_event_raw_sys_exit *ctx)
{
	struct name name = {};

	if (!watched() || !EXECS(ctx->ret))
		return 0;
	bpf_get_current_comm(name.comm, sizeof(name.comm));
	add(&execs, &name, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_kill")
int on_kill(struct trace_event_raw_sys_enter *ctx)
{
	struct signals_key key = {ctx->args[1], bpf_get_current_uid_gid()};

	struct killed *e;

	if (!watched())
		return 0;
	add(&signals, &key, SIGNALS);
	e = bpf_ringbuf_reserve(&killed_ring, sizeof(*e), 0);
	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->sig = ctx->args[1];
	bpf_ringbuf_submit(e, 0);
	return 0;
}
