/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this kernel lets us do with BPF, each asked by trying it. Nothing stays loaded or attached.
 * And tracefs, where libbpf and bpftrace look tracepoints up. */
#ifndef COLLECTOR_FEATURES_H
#define COLLECTOR_FEATURES_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* Each returns 0 when it works, or -errno of the attempt; none prints. */
int feature_bpf(void);		/* bpf(2): create a map */
int feature_btf(void);		/* /sys/kernel/btf/vmlinux is there and parses */
int feature_ringbuf(void);	/* BPF_MAP_TYPE_RINGBUF (Linux 5.8) */
int feature_task_storage(void); /* BPF_MAP_TYPE_TASK_STORAGE (Linux 5.11) */
int feature_program_tracepoint(void);
int feature_program_raw_tp(void);
int feature_program_tp_btf(void); /* load on raw_syscalls:sys_enter through BTF */
int feature_program_fentry(void); /* load on the kernel's own test function bpf_fentry_test1 */
int feature_callback(void);	  /* load with a callback (Linux 5.17, with its JIT on) */
int feature_kprobe(void);	  /* the perf device "kprobe" exists */
int feature_uprobe(void);
/* The tracepoint "syscalls/sys_enter_mmap" is in tracefs at @tracefs. */
int feature_tracepoint(const char *tracefs, const char *name);
int feature_perf_tracepoint(
	const char *tracefs); /* count raw_syscalls:sys_enter of ourselves by perf_event_open(2) */
int feature_perf_hardware(void); /* count cycles of ourselves */

/* How many BPF programs are loaded in the kernel now, or -errno (-EPERM: may not ask). */
int feature_loaded_programs(void);

/*
 * Makes sure that tracefs can be read at /sys/kernel/tracing or /sys/kernel/debug/tracing, the two
 * places where libbpf looks. Mounts it at the first when it is at neither, and says so. Returns 0
 * or -errno after saying why (lib/why.h).
 */
int tracefs_ensure(struct strbuf *why);

#endif
