/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Copies a thread's user registers and the top of its stack (sample.h). On processors but x86-64
 * nobody asks for that (memprof/command.c). */
#ifndef BPF_MEMPROF_SAMPLE_BPF_H
#define BPF_MEMPROF_SAMPLE_BPF_H

#include <bpf/bpf_helpers.h>

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
#endif
}

/* Page by page: a page that is not there ends the copy, and what was read before it counts. The end
 * is a window of its own, since the verifier must see that no copy leaves the record. */
static __always_inline void sample_copy(struct memprof_sample *s)
{
	enum { LAST = SAMPLE_STACK_BYTES - SAMPLE_PAGE };
	__u64 from = s->registers[7];
	__u32 n = SAMPLE_PAGE - (from & (SAMPLE_PAGE - 1));

	s->copied = 0;
	s->all = 1;
	if (bpf_probe_read_user(s->bytes, n, (void *)from))
		return;
	s->copied = n;
#pragma unroll
	for (int page = 0; page < LAST / SAMPLE_PAGE; page++) {
		__u32 at = n + (__u32)page * SAMPLE_PAGE;

		if (bpf_probe_read_user(&s->bytes[at], SAMPLE_PAGE, (void *)(from + at)))
			return;
		s->copied = at + SAMPLE_PAGE;
	}
	if (bpf_probe_read_user(&s->bytes[LAST], SAMPLE_PAGE, (void *)(from + LAST)))
		return;
	s->copied = SAMPLE_STACK_BYTES;
	s->all = 0;
}

#endif
