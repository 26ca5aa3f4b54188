/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a block that was given or freed comes to: its stack's number, its rows and histograms, where
 * it is found when it is freed. All that is asked is done here, whatever the mode; what happens all
 * the time in exact mode has ways of its own (exact.h).
 */
#ifndef MEMPROF_PRELOAD_NOTE_H
#define MEMPROF_PRELOAD_NOTE_H

#include "memprof/preload/account.h"
#include "memprof/preload/trailer.h"

#pragma GCC visibility push(hidden)

/* Sampled: how many samples lie at addresses whose bits 8-23 are this; 255: perhaps more. Where
 * memprof.free_mask is 0 only the first is looked at, so that every free is slow. */
extern uint8_t note_filter[1 << 16];

/* A block that the next provider gave, which is what is returned; NULL: it did not. @fp: the frame
 * that the program called. Only of a thread that counts. */
void *note_block(struct thread *t, void *p, size_t size, const uint64_t *fp);
/* A block of this address goes. */
void note_free(struct thread *t, void *p);

/* The same in parts, for realloc(). Between begin() and end(): takes a block out of where it is
 * found, as table_take(); counts the free of what was taken out. */
bool note_take(void *p, struct taken *taken, bool keep);
void note_taken(struct thread *t, uint64_t p, const struct taken *taken, bool temporary);

#pragma GCC visibility pop

INLINE void *noted(struct thread *t, void *p, size_t size, const uint64_t *fp)
{
	p = note_block(t, p, size, fp);
	FRAME_STAYS();
	return p;
}

static inline bool counts(const struct thread *t)
{
	return t->phase == PHASE_READY || t->phase == PHASE_SHARED;
}

/* What comes between is this thread's alone: a signal handler's call finds another phase. */
INLINE void begin(struct thread *t)
{
	t->phase = PHASE_COUNTING;
	__asm__ volatile("" ::: "memory");
}

INLINE void end(struct thread *t)
{
	__asm__ volatile("" ::: "memory");
	t->phase = t->shared ? PHASE_SHARED : PHASE_READY;
}

#endif
