/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The probes that other profilers read: otel_memory:alloc(ptr, size, weighted_bytes) and
 * otel_memory:free(ptr), for sampled blocks (OpenTelemetry eBPF profiler, design document 00003).
 *
 * A probe is an instruction that does nothing and a note that tells where it is (the format of
 * SystemTap's sys/sdt.h, version 3), with a semaphore: a number in memory that is not 0 while
 * somebody is attached. Only then is the probe reached.
 */
#ifndef MEMPROF_PRELOAD_USDT_H
#define MEMPROF_PRELOAD_USDT_H

#include "lib/base.h"

extern unsigned short otel_memory_alloc_semaphore __attribute__((visibility("hidden")));
extern unsigned short otel_memory_free_semaphore __attribute__((visibility("hidden")));

#define USDT_NOTE(name, args)                                                                      \
	"990: .byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n" /* a nop of five bytes: the fastest to probe   \
						     */                                            \
	".pushsection .note.stapsdt, \"\", \"note\"\n"                                             \
	".balign 4\n"                                                                              \
	".4byte 992f-991f, 994f-993f, 3\n"                                                         \
	"991: .asciz \"stapsdt\"\n"                                                                \
	"992: .balign 4\n"                                                                         \
	"993: .8byte 990b, _.stapsdt.base, otel_memory_" name "_semaphore\n"                       \
	".asciz \"otel_memory\"\n"                                                                 \
	".asciz \"" name "\"\n"                                                                    \
	".asciz \"" args "\"\n"                                                                    \
	"994: .balign 4\n"                                                                         \
	".popsection\n"                                                                            \
	".ifndef _.stapsdt.base\n"                                                                 \
	".pushsection .stapsdt.base, \"aG\", \"progbits\", .stapsdt.base, comdat\n"                \
	".weak _.stapsdt.base\n"                                                                   \
	".hidden _.stapsdt.base\n"                                                                 \
	"_.stapsdt.base: .space 1\n"                                                               \
	".size _.stapsdt.base, 1\n"                                                                \
	".popsection\n"                                                                            \
	".endif\n"

static inline void usdt_alloc(uint64_t p, uint64_t size, uint64_t weighted)
{
	if (__builtin_expect(otel_memory_alloc_semaphore, 0))
		__asm__ volatile(USDT_NOTE("alloc", "8@%%rdi 8@%%rsi 8@%%rdx")::"D"(p), "S"(size),
				 "d"(weighted)
				 : "memory");
}

static inline void usdt_free(uint64_t p)
{
	if (__builtin_expect(otel_memory_free_semaphore, 0))
		__asm__ volatile(USDT_NOTE("free", "8@%%rdi")::"D"(p) : "memory");
}

#endif
