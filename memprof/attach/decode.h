/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where in a function's beginning a probe is cheap. A uprobe replaces an instruction; some of them
 * the kernel then emulates, the others it lets the program execute alone, by a second trap. Which
 * it emulates: arch/x86/kernel/uprobes.c of Linux (push, jumps, calls, nop), and
 * arch/arm64/kernel/probes/decode-insn.c (what goes by the program counter: jumps, calls, returns,
 * adr; nop only since Linux 6.13, push never: it counts as neither).
 *
 * Each returns how many bytes behind the entry the first such instruction is, going by instructions
 * that change neither arguments nor stack; -1: there is none that is known to be. The decoders know
 * the few instructions that compilers begin functions with; at any other they give up.
 */
#ifndef MEMPROF_ATTACH_DECODE_H
#define MEMPROF_ATTACH_DECODE_H

#include "lib/base.h"

enum { DECODE_BYTES = 40 }; /* of a function's beginning: no place is behind them */

/* @code: the @n bytes that the function begins with. */
int decode_x86(const uint8_t *code, size_t n);

/* @returns: the function's return is watched, too. The kernel does that by giving it another return
 * address, in x30: at a place before x30 is saved, and before it is signed (paciasp), or the
 * function would come back to where no code is. */
int decode_arm64(const uint8_t *code, size_t n, bool returns);

#endif
