/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks whose allocation came as a sample (bpf/memprof/sample.h), by the sample's number. At the
 * end the live table tells which of them were not freed: those are live, the others were freed, or
 * are gone without a free, of which the programs sent a note. Samples that found no room in the
 * ring are counted without a stack, so that sums stay whole.
 */
#ifndef MEMPROF_ATTACH_BLOCKS_H
#define MEMPROF_ATTACH_BLOCKS_H

#include "bpf/memprof/sample.h"
#include "lib/base.h"
#include "memprof/profile.h"

struct block;

struct blocks {
	uint64_t every, rate; /* how they were chosen, as in struct probes_options */
	bool weighed;	      /* the source said what each stands for */
	struct block *v;      /* private */
	size_t n, cap;
};

/* The block of sample @id was allocated by the stack at @stack. */
void blocks_add(struct blocks *b, uint64_t id, uint64_t size, uint64_t weighted, uint32_t stack);
/* That of sample @id has ended without a free. */
void blocks_gone(struct blocks *b, uint64_t id);

/* The live table: its descriptor, and where its values have what. */
struct blocks_map {
	int fd;
	size_t size, id, when; /* @when: 0 stands there when the block was freed */
	size_t weighted;       /* only where the source weighs */
	size_t image;	       /* where @images is not 0 */
	uint64_t images;       /* of those with fewer of them the program has ended */
	bool moves;	       /* it goes on: blocks that no sample has told of yet are too new */
};

/* What the programs counted of chosen allocations. */
struct blocks_counted {
	uint64_t lost, lost_bytes;   /* no room in the ring */
	uint64_t found, freed_bytes; /* frees of blocks that were in the table */
};

/* Adds the values of all to their stacks in @p; what has none to one of @process that says so.
 * *@ended, or NULL: how many in the table had ended with their program. 0 or -errno; prints
 * nothing. */
int blocks_finish(struct blocks *b, struct profile *p, uint32_t process,
		  const struct blocks_map *map, const struct blocks_counted *counted,
		  uint64_t *ended);
void blocks_release(struct blocks *b);

#endif
