/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where probes are put: at an instruction that the kernel emulates (decode.h), if there is one; the
 * others it lets the program execute alone, by a second trap, which costs several times as much. A
 * function can be watched a few instructions behind its entry, as long as its arguments and the
 * stack are what they were.
 */
#ifndef MEMPROF_ATTACH_PLACES_H
#define MEMPROF_ATTACH_PLACES_H

#include "bpf/memprof/user.h"
#include "lib/base.h"
#include "lib/strbuf.h"

/* A function of enum user_function that ends blocks: the others begin them, and their returns are
 * watched. */
bool ends_blocks(uint32_t function);

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
	uint16_t machine; /* of the file, by its ELF header; EM_NONE: it is none of 64 bits */
	struct place v[PLACES_MAX];
	size_t n;
};

/* Finds the allocator that @pid uses: its executable, else the first mapped file that has malloc
 * and free and is neither libc nor the loader, else libc. 0; -ENOENT after saying why (lib/why.h):
 * there is none; -ENOTSUP, the same: it is a program of another processor; or another -errno. */
int places_find(struct places *out, pid_t pid, struct strbuf *why);
/* The same of the mapped file that offers the probes otel_memory:alloc and :free. Prints nothing
 * when there is none (-ENOENT). */
int places_find_usdt(struct places *out, pid_t pid, struct strbuf *why);
/* Of one file: what it exports of the malloc family. */
int places_of_file(struct places *out, const char *path, struct strbuf *why);

#endif
