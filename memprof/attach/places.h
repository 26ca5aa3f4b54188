/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where probes are put. A uprobe replaces an instruction; some of them the kernel then emulates
 * (arch/x86/kernel/uprobes.c of Linux: push, jumps, calls, nop), the others it lets the program
 * execute alone, by a second trap, which costs ten times as much. A function can be watched a few
 * instructions behind its entry, as long as its arguments and the stack are what they were.
 */
#ifndef MEMPROF_ATTACH_PLACES_H
#define MEMPROF_ATTACH_PLACES_H

#include "bpf/memprof/user.h"
#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * How many bytes behind the entry the first instruction is that is emulated, going by instructions
 * that change neither arguments nor stack. -1: there is none that is known to be. @code: at least
 * 16 bytes of the function's beginning.
 */
int place_of(const uint8_t *code, size_t n);

struct place {
	const char *name;   /* of the function */
	uint32_t function;  /* enum user_function */
	uint64_t offset;    /* in the file */
	uint64_t semaphore; /* of a USDT probe: in the file; 0: none */
	bool slow;	    /* not emulated */
};

enum { PLACES_MAX = 16 };

struct places {
	char path[4096];  /* of the file, as we can open it: below /proc/PID/root */
	char shown[4096]; /* as the process has it */
	struct place v[PLACES_MAX];
	size_t n;
};

/* Finds the allocator that @pid uses: its executable, else the first mapped file that has malloc
 * and free and is neither libc nor the loader, else libc. 0; -ENOENT after saying why (lib/why.h):
 * there is none; or another -errno. */
int places_find(struct places *out, pid_t pid, struct strbuf *why);
/* The same of the mapped file that offers the probes otel_memory:alloc and :free. Prints nothing
 * when there is none (-ENOENT). */
int places_find_usdt(struct places *out, pid_t pid, struct strbuf *why);
/* Of one file: what it exports of the malloc family. */
int places_of_file(struct places *out, const char *path, struct strbuf *why);

#endif
