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

/* The instruction (of x86-64: five bytes, the fastest to probe), and where it has what it is given.
 */
#if defined(__x86_64__)
#define USDT_NOP    ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00"
#define USDT_THREE  "8@%%rdi 8@%%rsi 8@%%rdx"
#define USDT_ONE    "8@%%rdi"
#define USDT_FIRST  "rdi"
#define USDT_SECOND "rsi"
#define USDT_THIRD  "rdx"
#else
#define USDT_NOP    "nop"
#define USDT_THREE  "8@x0 8@x1 8@x2"
#define USDT_ONE    "8@x0"
#define USDT_FIRST  "x0"
#define USDT_SECOND "x1"
#define USDT_THIRD  "x2"
#endif

#define USDT_NOTE(name, args)                                                                      \
	"990: " USDT_NOP "\n"                                                                      \
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
	register uint64_t first __asm__(USDT_FIRST) = p;
	register uint64_t second __asm__(USDT_SECOND) = size;
	register uint64_t third __asm__(USDT_THIRD) = weighted;

	if (__builtin_expect(otel_memory_alloc_semaphore, 0))
		__asm__ volatile(USDT_NOTE("alloc", USDT_THREE)::"r"(first), "r"(second), "r"(third)
				 : "memory");
}

static inline void usdt_free(uint64_t p)
{
	register uint64_t first __asm__(USDT_FIRST) = p;

	if (__builtin_expect(otel_memory_free_semaphore, 0))
		__asm__ volatile(USDT_NOTE("free", USDT_ONE)::"r"(first) : "memory");
}

#endif
