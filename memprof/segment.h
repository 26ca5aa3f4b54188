/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The segment: what libmemprof.so counts, in memory that it shares with `memprof run`.
 *
 * Each image of each process has one. It is a memfd that the library makes, seals against changes
 * of size and sends to the collector, so it has no name anywhere, outlives the process that fills
 * it (nothing is flushed at exit, and SIGKILL loses nothing), and goes when its last user goes.
 * Only what was touched takes memory.
 *
 *   header | modules | stacks | return addresses | shards
 *
 * A shard is what one thread writes: a row for each stack, and its histograms. The row of stack 0
 * is for what has no stack of its own. What is counted is added up by the reader. A shard that its
 * thread left goes on with the next one, so nothing is ever zeroed; the last (not counted in
 * header.nshards) is for all threads beyond the others together, under a lock. All numbers are in
 * the machine's own order: both sides run on it. `memprof/run/segment.c` is the reader, which
 * believes nothing.
 */
#ifndef MEMPROF_SEGMENT_H
#define MEMPROF_SEGMENT_H

#include "lib/base.h"

#define SEGMENT_MAGIC 0x3174676573706d62ULL /* "bmpsegt1" */

enum {
	SEGMENT_VERSION = 4,
	SEGMENT_PAGE = 4096, /* what the header takes */
	SEGMENT_MODULES = 1024,
	SEGMENT_BUCKETS = 65,	  /* of a histogram: bucket 0 holds 0, bucket n 2^(n-1)..2^n-1 */
	SEGMENT_FRAMES_MAX = 127, /* of one stack */
	SEGMENT_STACKS_MAX = 1 << 18,
	SEGMENT_SHARDS = 256,
	SEGMENT_PCS_PER_STACK = 32, /* there is room for so many on average */
	SEGMENT_TIMED = 256,	    /* exact: of so many blocks one has its lifetime measured */
	/* Sampled: blocks are counted in parts of this, as a sample stands for 1/p of them. */
	SEGMENT_BLOCK = 1 << 16,
	/* The most by which a thread's heap changes before the process's sum is told. */
	SEGMENT_PEAK_WINDOW = 64 << 10,
	SEGMENT_NUMBER_BITS = 19, /* of a stack's number in segment_shard.untold */
};

enum segment_mode { SEGMENT_COUNTS, SEGMENT_SAMPLED, SEGMENT_EXACT };

enum segment_state {
	SEGMENT_RUNS = 1,
	SEGMENT_EXITED, /* exit() ran; else it ended by _exit(), exec() or a signal */
};

/* What was lost or could not be known; each is counted where it happens. */
enum segment_loss {
	LOSS_STACKS_FULL,     /* allocations counted in row 0 because a table was full */
	LOSS_UNTRACKED,	      /* allocations whose block the live table had no room for */
	LOSS_UNKNOWN_FREES,   /* frees of blocks that were never noted */
	LOSS_INHERITED_FREES, /* frees of blocks that were there before fork() */
	LOSS_INHERITED_BYTES,
	LOSS_REENTRANT,	   /* calls from a signal handler inside the library: not counted */
	LOSS_MODULES_FULL, /* modules that the table had no room for */
	LOSS_FALSE_HITS,   /* sampled: frees looked up in vain */
	LOSS_TIMES_LOST,   /* blocks whose lifetime was to be measured and was not */
	LOSS_CHILDREN,	   /* children of fork() that could have no segment of their own */
	SEGMENT_LOSSES,
};

struct segment_module {
	uint64_t start, end; /* addresses; @end is the first that is not in it */
	uint64_t bias;	     /* address - address in the ELF file */
	uint32_t from_epoch; /* there from this epoch on (header.epoch) */
	uint32_t to_epoch;   /* not there from this one on; 0: not unloaded */
	uint32_t build_id_len;
	uint8_t build_id[32];
	char path[444]; /* ends in 0 */
};

enum segment_stack_flag {
	SEGMENT_STACK_CUT = 1,	   /* the walk ended before the outermost frame */
	SEGMENT_STACK_GUESSED = 2, /* a frame was found by a frame pointer */
};

struct segment_stack {
	uint64_t hash;
	uint32_t pcs_at; /* first return address, in 8-byte words of that area; innermost first */
	uint16_t n;
	uint16_t flags;
	/* Bit i: pcs[i] was interrupted there and is no return address. Frames from 64 on: not
	 * kept. */
	uint64_t interrupted;
	uint32_t epoch;
	uint32_t thread; /* whose it is, where threads are kept apart; 0: all threads' */
};

/*
 * One stack's figures of one shard. A block that is freed by another thread than allocated it is
 * freed in that one's shard, so only sums over shards are never negative.
 *
 * The peak needs no copies: header.peak_epoch goes up when more is live than ever before, and
 * whoever changes a row that has not been changed since keeps first what was live in it. At the
 * end, a row of the last epoch has what was live at the peak in @peak_*, any other still has it
 * live. While a process goes from peak to peak no epoch begins: where the shards together have as
 * much live as header.peak, or more, what is live is the peak.
 */
struct segment_row {
	/* Sampled: blocks times SEGMENT_BLOCK, and bytes, that the samples stand for. */
	uint64_t allocs, bytes, frees, freed_bytes;
	uint64_t peak_blocks, peak_bytes; /* two's complement: see above */
	uint64_t peak_epoch;
	uint64_t temporary; /* freed before the thread's next allocation; as @allocs */
};

/* Sampled, beside each row: how much the estimates may be off, and of how many samples. */
struct segment_spread {
	uint64_t samples, freed_samples;
	double allocs_var, bytes_var, freed_allocs_var, freed_bytes_var;
};

/* What a shard begins with; its rows follow on the next page, then its spreads. */
struct segment_shard {
	uint32_t owners; /* threads that had it so far */
	uint32_t tid;	 /* of the last one */
	char comm[16];
	/* Bytes that this shard's calls added to the heap; how much of them is in header.live. */
	int64_t live, flushed;
	uint64_t usable_freed; /* counts: bytes that blocks had room for when they were freed */
	uint64_t usable_bytes; /* ..and when they were allocated */
	/* Exact: the last free, of less than SEGMENT_PEAK_WINDOW, which its row is not told of
	 * until the next one: by then the processor has the row's address, which comes out of the
	 * block that was freed. Bytes << SEGMENT_NUMBER_BITS | the stack's number; the number of
	 * the row behind the last stack's: none. */
	uint64_t untold;
	struct segment_bucket {
		uint64_t blocks, bytes; /* as segment_row.allocs and .bytes */
	} sizes[SEGMENT_BUCKETS];
	uint64_t lifetimes[SEGMENT_BUCKETS]; /* ns; blocks, 1 of SEGMENT_TIMED; sampled: samples */
};

struct segment_header {
	uint64_t magic;
	uint32_t version, header_size;
	uint64_t size; /* of the whole segment */
	uint32_t mode; /* enum segment_mode */
	uint32_t trailer;
	uint64_t rate; /* sampled: mean bytes between samples */

	/* Limits and where things lie, in bytes from the start. */
	uint64_t modules_at, stacks_at, pcs_at, shards_at;
	uint64_t rows_at, spreads_at; /* from the start of a shard; spreads 0: none */
	uint64_t shard_size;
	uint32_t modules_max, stacks_max, pcs_max, shards_max;

	/* The process. */
	uint32_t pid, parent;	   /* as it saw itself */
	uint32_t forked;	   /* it came from fork(): what it inherits is its parent's */
	uint32_t state;		   /* enum segment_state */
	uint64_t start_ns, end_ns; /* CLOCK_REALTIME; end 0: not told */
	uint32_t foreign_malloc;   /* malloc is not the library's: the program brings its own */
	uint32_t command_line_len;
	char comm[16];
	char command_line[1024]; /* words end in 0 */
	char cgroup[256];

	/* What grows. */
	uint32_t nmodules, nstacks, npcs, nshards;
	uint32_t epoch; /* goes up when a module is unloaded */
	uint32_t pad;
	uint64_t losses[SEGMENT_LOSSES];
	/* Live bytes of the process, to within SEGMENT_PEAK_WINDOW a thread; the most that it was.
	 */
	_Alignas(64) int64_t live;
	int64_t peak;
	uint64_t peak_epoch;
	uint64_t peak_ns; /* CLOCK_REALTIME_COARSE when the last one began */
};

/* The one message that a process sends: the segment comes with it (SCM_RIGHTS). */
struct segment_hello {
	uint64_t magic;
	uint32_t version;
	uint32_t pid; /* as it sees itself; the kernel says who it is here (SCM_CREDENTIALS) */
};

_Static_assert(sizeof(struct segment_row) == 64, "a row is a cache line");
_Static_assert(sizeof(struct segment_module) == 512, "no holes");
_Static_assert(sizeof(struct segment_shard) <= 4096, "a page before the rows");
_Static_assert(sizeof(struct segment_header) <= 4096, "a page");

/* The bucket of a number: how many bits it has. */
static inline unsigned int segment_bucket(uint64_t v)
{
	return v >> 63 ? 64 : 63 - (unsigned int)__builtin_clzll(v << 1 | 1);
}

static inline uint64_t segment_page_up(uint64_t n)
{
	return (n + 4095) & ~4095ULL;
}

/* Fills in where everything lies: from @h->mode and the four limits. Both sides call it, so a
 * segment in which something lies elsewhere is not one. */
static inline void segment_lay_out(struct segment_header *h)
{
	uint64_t stacks = h->stacks_max;
	uint64_t rows = segment_page_up((stacks + 1) * sizeof(struct segment_row));
	uint64_t spreads = h->mode == SEGMENT_SAMPLED
				   ? segment_page_up(stacks * sizeof(struct segment_spread))
				   : 0;

	h->modules_at = 4096;
	h->stacks_at = h->modules_at +
		       segment_page_up((uint64_t)h->modules_max * sizeof(struct segment_module));
	h->pcs_at = h->stacks_at + segment_page_up(stacks * sizeof(struct segment_stack));
	h->shards_at = h->pcs_at + segment_page_up((uint64_t)h->pcs_max * sizeof(uint64_t));
	h->rows_at = 4096;
	h->spreads_at = spreads ? h->rows_at + rows : 0;
	h->shard_size = h->rows_at + rows + spreads;
	h->size = h->shards_at + h->shards_max * h->shard_size;
}

#endif
