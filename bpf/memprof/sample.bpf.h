/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies a thread's user registers and the top of its stack (sample.h). On processors but x86-64
 * and arm64 nobody asks for that (memprof/command.c). */
#ifndef BPF_MEMPROF_SAMPLE_BPF_H
#define BPF_MEMPROF_SAMPLE_BPF_H

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/memprof/sample.h"

enum { SAMPLE_PAGE = 4096 };

static __always_inline void sample_registers(struct memprof_sample *s, const struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	s->registers[0] = regs->ax;
	s->registers[1] = regs->dx;
	s->registers[2] = regs->cx;
	s->registers[3] = regs->bx;
	s->registers[4] = regs->si;
	s->registers[5] = regs->di;
	s->registers[6] = regs->bp;
	s->registers[7] = regs->sp;
	s->registers[8] = regs->r8;
	s->registers[9] = regs->r9;
	s->registers[10] = regs->r10;
	s->registers[11] = regs->r11;
	s->registers[12] = regs->r12;
	s->registers[13] = regs->r13;
	s->registers[14] = regs->r14;
	s->registers[15] = regs->r15;
	s->registers[16] = regs->ip;
#elif defined(__TARGET_ARCH_arm64)
#pragma unroll
	for (int i = 0; i < 31; i++)
		s->registers[i] = regs->regs[i];
	s->registers[SAMPLE_SP] = regs->sp;
	s->registers[SAMPLE_PC] = regs->pc;
#endif
}

/* The address of the thread's own data. */
static __always_inline __u64 sample_own(const struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread.fsbase;
#elif defined(__TARGET_ARCH_arm64)
	return task->thread.uw.tp_value;
#else
	return 0;
#endif
}

/* Where no frame of a stack that goes on at @from can be any more: the main thread's begins where
 * the kernel put the program's arguments, another's below the thread's own data. What is above is
 * not worth the copying, and to find that nothing is mapped there takes longer still. */
static __always_inline __u64 sample_end(__u64 from)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 end = from + SAMPLE_STACK_BYTES, arguments = task->mm->start_stack;
	__u64 own = sample_own(task);

	if (own > from && own < end)
		end = own;
	if (arguments > from && arguments < end)
		end = arguments;
	return end;
}

static __always_inline bool sample_copy_page(struct memprof_sample *s, __u64 from, __u32 at,
					     __u64 size)
{
	if (size > SAMPLE_PAGE)
		size = SAMPLE_PAGE;
	barrier_var(size);
	if (size > SAMPLE_PAGE || bpf_probe_read_user(&s->bytes[at], size, (void *)(from + at)))
		return false;
	s->copied = at + size;
	return true;
}

/* Page by page: a page that is not there ends the copy, and what was read before it counts. The end
 * is a window of its own, since the verifier must see that no copy leaves the record. */
static __always_inline void sample_copy(struct memprof_sample *s, __u64 from, __u64 size)
{
	enum { LAST = SAMPLE_STACK_BYTES - SAMPLE_PAGE };
	__u32 n = SAMPLE_PAGE - (from & (SAMPLE_PAGE - 1));

	s->copied = 0;
	s->all = 1;
	if (!sample_copy_page(s, from, 0, size < n ? size : n))
		return;
#pragma unroll
	for (int page = 0; page < LAST / SAMPLE_PAGE; page++) {
		__u32 at = n + (__u32)page * SAMPLE_PAGE;

		if (size <= at || !sample_copy_page(s, from, at, size - at))
			return;
	}
	if (size > n + LAST && sample_copy_page(s, from, LAST, size - LAST))
		s->all = size < SAMPLE_STACK_BYTES;
}

/* All of a short stack; false: some of it is not there. */
static __always_inline bool sample_copy_short(struct memprof_sample *s, __u64 from, __u64 size)
{
	barrier_var(size);
	if (size > SAMPLE_SHORT_BYTES || bpf_probe_read_user(s->bytes, size, (void *)from))
		return false;
	s->copied = size;
	s->all = 1;
	return true;
}

/* A record with the registers and the stack of @regs; NULL, a kernel thread's: without. NULL is
 * returned where the ring is full. A short stack takes a short record: the ring is larger than the
 * processor's caches, so that each line of it costs more than all else. */
static __always_inline struct memprof_sample *sample_take(void *ring, const struct pt_regs *regs)
{
	__u64 from = regs ? PT_REGS_SP(regs) : 0, size = regs ? sample_end(from) - from : 0;
	struct memprof_sample *s;

	if (size <= SAMPLE_SHORT_BYTES) {
		s = bpf_ringbuf_reserve(ring, SAMPLE_SHORT_RECORD, 0);
		if (!s)
			return NULL;
		if (regs)
			sample_registers(s, regs);
		s->user = regs != NULL;
		if (sample_copy_short(s, from, size))
			return s;
		bpf_ringbuf_discard(s, BPF_RB_NO_WAKEUP);
	}
	s = bpf_ringbuf_reserve(ring, sizeof(*s), 0);
	if (!s)
		return NULL;
	if (regs)
		sample_registers(s, regs);
	s->user = 1;
	sample_copy(s, from, size);
	return s;
}

#endif
