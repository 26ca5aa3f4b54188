/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a frame is left, as compilers tell it in .eh_frame (DWARF 5, 6.4; the search table is that of
 * the LSB, .eh_frame_hdr), worked out for one address and put into one word. The registers have
 * other numbers on each processor (x86-64 psABI, 3.6.2; AADWARF64, 4.1), and so has a rule another
 * form: all readers are everywhere, so that each is tested everywhere.
 */
#ifndef MEMPROF_PRELOAD_EH_FRAME_H
#define MEMPROF_PRELOAD_EH_FRAME_H

#include "lib/base.h"

enum unwind_processor { UNWIND_X86_64, UNWIND_ARM64, UNWIND_PROCESSORS };

#if defined(__x86_64__)
#define UNWIND_HERE UNWIND_X86_64
#elif defined(__aarch64__)
#define UNWIND_HERE UNWIND_ARM64
#else
#error "the unwinder knows the registers of x86-64 and arm64 only"
#endif

/* What is known of an instruction: how the frame around it is left. */
enum unwind_kind {
	UNWIND_CFA_SP,	  /* the caller's stack pointer is the stack pointer + offset */
	UNWIND_CFA_FP,	  /* ..is the frame pointer + offset */
	UNWIND_CFA_AT_FP, /* ..stands in memory at the frame pointer + offset: realigned */
	UNWIND_END,	  /* the outermost frame */
	UNWIND_NONE,	  /* no rule, or one that this unwinder has no words for */
	UNWIND_SIGNAL,	  /* the kernel's signal frame */
};

/*
 * A rule is 30 bits, the kind in 0-2.
 *
 * x86-64: offset / 8 in 3-16 (signed), and in 17-29 where the caller's frame pointer is: 0, it
 * still has it; 0x1fff, at the frame pointer itself; else (signed) / 8 from the caller's stack
 * pointer. The return address is below the caller's stack pointer, where the call put it.
 *
 * arm64: offset / 16 in 3-15, and in 16-28 where the return address is, in words below the caller's
 * stack pointer; 0: in the link register still. Bit 29: the caller's frame pointer is one word
 * below it, as a frame record has them; else it still has it.
 */
#define UNWIND_FP_AT_FP 0x1fffU

/* A module in memory: all reads stay in [start, end). */
struct unwind_image {
	uint64_t start, end;
	uint64_t eh_frame_hdr; /* address; 0: it has none */
};

/* The rule at @pc, read from the tables of @image, which are @processor's. Never fails:
 * UNWIND_NONE. */
uint32_t eh_frame_rule(enum unwind_processor processor, const struct unwind_image *image,
		       uint64_t pc);

#endif
