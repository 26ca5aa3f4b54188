/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What happens all the time when every block counts: malloc, calloc and free of a thread that has a
 * shard of its own, of a stack that it had before. Each mode has its own, so that nothing is asked
 * twice.
 */
#ifndef MEMPROF_PRELOAD_EXACT_H
#define MEMPROF_PRELOAD_EXACT_H

#include "memprof/preload/preload.h"

#pragma GCC visibility push(hidden)

/* Reached by a jump: the frame is the one that the program called. */
void *exact_malloc_trailer(size_t size);
void *exact_malloc_table(size_t size);
void *exact_calloc_trailer(size_t size);
void *exact_calloc_table(size_t size);
void exact_free_trailer(void *p);
void exact_free_table(void *p);

#pragma GCC visibility pop

#endif
