/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Do this kernel's tracepoints have the arguments that bpf/memprof/kernel.bpf.c reads? A raw
 * tracepoint's are untyped, so that a kernel with others (before 6.1 kmalloc had a cache among
 * them, and twins for NUMA nodes) would be read wrongly without a word.
 */
#ifndef MEMPROF_KERNEL_ARGUMENTS_H
#define MEMPROF_KERNEL_ARGUMENTS_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct btf;

/* @ops: bits (1 << enum kernel_op) of the tracepoints that are wanted. 0, or -ENOTSUP after saying
 * which one has what (lib/why.h). */
int kernel_arguments_check(const struct btf *btf, uint32_t ops, struct strbuf *why);

/* The name of the tracepoint of an enum kernel_op: "kmalloc". */
const char *kernel_op_name(uint32_t op);

#endif
