/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of a thread: one allocation or free is a few words of its shard.
 *
 * A thread writes its own shard without locks. The last shard is for the threads beyond; it is
 * written under memprof.shared_lock, so it is exact too.
 */
#ifndef MEMPROF_PRELOAD_ACCOUNT_H
#define MEMPROF_PRELOAD_ACCOUNT_H

#include "memprof/preload/preload.h"

static inline void account_begin(struct thread *t)
{
	if (unlikely(t->shared))
		lock(&memprof.shared_lock);
}

static inline void account_end(struct thread *t)
{
	if (unlikely(t->shared))
		unlock(&memprof.shared_lock);
}

/* The row that @untold is of. */
static inline struct segment_row *account_untold_row(const struct thread *t, uint64_t untold)
{
	return &t->rows[untold & ((1U << SEGMENT_NUMBER_BITS) - 1)];
}

/* Tells the row of the last free (segment_shard.untold): before the peak's epoch changes. */
void account_tell_free(struct thread *t);

static inline bool account_alone(const struct thread *t)
{
	return memprof.alone && !t->shared;
}

/* Before a row changes: keeps what was live in it if the peak may have been since (segment.h). */
static inline void row_touch(struct segment_row *row)
{
	uint64_t epoch = __atomic_load_n(&memprof.head->peak_epoch, __ATOMIC_RELAXED);

	if (row->peak_epoch != epoch) {
		row->peak_blocks = row->allocs - row->frees;
		row->peak_bytes = row->bytes - row->freed_bytes;
		row->peak_epoch = epoch;
	}
}

/* Between account_begin() and account_end(): @blocks and @bytes of the stack with this row are
 * allocated. */
static inline void account_alloc_to(struct thread *t, struct segment_row *row, uint64_t blocks,
				    uint64_t bytes, uint64_t size)
{
	struct segment_shard *shard = t->shard;
	unsigned int bucket = segment_bucket(size);

	row_touch(row);
	row->allocs += blocks;
	row->bytes += bytes;
	shard->sizes[bucket].blocks += blocks;
	shard->sizes[bucket].bytes += bytes;
	shard->live += (int64_t)bytes;
	if (unlikely(shard->live > t->high))
		account_peak(t);
}

static inline void account_alloc(struct thread *t, uint32_t id, uint64_t blocks, uint64_t bytes,
				 uint64_t size)
{
	account_alloc_to(t, &t->rows[id], blocks, bytes, size);
}

/* Likewise for a free of a block that was allocated with stack @id. */
static inline void account_free(struct thread *t, uint32_t id, uint64_t blocks, uint64_t bytes,
				bool temporary)
{
	struct segment_row *row = &t->rows[id];
	struct segment_shard *shard = t->shard;

	if (unlikely(t->at_peak))
		account_leave_peak(t);
	row_touch(row);
	row->frees += blocks;
	row->freed_bytes += bytes;
	if (temporary)
		row->temporary += blocks;
	shard->live -= (int64_t)bytes;
	if (unlikely(shard->live < t->low))
		account_peak(t);
}

#endif
