/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The events that are laid out alike on every kernel since 5.4, as BTF: what a kernel without BTF
 * of its own (Debian 12's s390x) is taken to have. An object that looks into these alone loads
 * there; of one that looks into anything else libbpf says what is missing. No program: the build
 * takes the section .BTF out of the object (collector/events_btf.h).
 */
#ifndef BPF_EVENTS_BPF_H
#define BPF_EVENTS_BPF_H

#include "vmlinux.h"

struct trace_event_raw_sys_enter *const volatile sys_enter = 0;
struct trace_event_raw_sys_exit *const volatile sys_exit = 0;
struct trace_event_raw_sched_switch *const volatile sched_switch = 0;

#endif
