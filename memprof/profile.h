/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profile: who allocated how much, of any source (the preloaded library, uprobes, the kernel), as
 * plain numbers. Sources fill it by the adders, reports read its arrays. Everything in it is named
 * by its place in an array, which never changes; strings that are given are copied.
 *
 * What holds at any moment: @total is the sum of the values of all stacks. What has no stack of its
 * own (a full table, counts without stacks) is counted in a stack with PROFILE_STACK_OTHER, so that
 * nothing is lost. Memory that is exhausted aborts, as in lib/arena.h.
 */
#ifndef MEMPROF_PROFILE_H
#define MEMPROF_PROFILE_H

#include "lib/arena.h"
#include "lib/base.h"

enum profile_mode {
	PROFILE_COUNTS,	 /* sums, no stacks */
	PROFILE_SAMPLED, /* a share of the allocations, weighted: figures are estimates */
	PROFILE_EXACT,	 /* each allocation */
	PROFILE_MODES,
};

enum {
	PROFILE_NONE = 0xffffffff, /* no place in an array */
	PROFILE_FRAMES_MAX = 1024, /* frames of one stack */
	PROFILE_BUILD_ID_MAX = 32,
	PROFILE_BUCKETS = 65, /* of a histogram: bucket 0 holds 0, bucket n holds 2^(n-1)..2^n-1 */
};

struct profile_values {
	/* Sampled: each is an estimate, the sum of weights, rounded. */
	uint64_t allocs, bytes, frees, freed_bytes;
	uint64_t live_blocks, live_bytes; /* at the end of the profile */
	uint64_t peak_blocks, peak_bytes; /* live when the whole profile had the most bytes live */
	uint64_t temporary;		  /* blocks freed before their thread allocated another */
	/* Variances of the estimates, as profile_weigh() gives them; 0: exact. */
	double allocs_var, bytes_var, live_blocks_var, live_bytes_var;
};

struct profile_process {
	uint32_t pid, parent;	   /* @parent: its pid, or 0: not known */
	uint32_t generation;	   /* exec calls of this pid before this image */
	uint32_t threads;	   /* the most that it had; 0: not known */
	uint32_t owner;		   /* the user whose it is, uid + 1; 0: not known */
	uint64_t start_ticks;	   /* field 22 of /proc/PID/stat: a pid alone is used again */
	uint64_t start_ns, end_ns; /* CLOCK_REALTIME; @end_ns 0: it ran on */
	const char *comm, *command_line, *cgroup;
	/* How it ended in words for people ("exit 0", "signal 9", "exec", "running"). */
	const char *ended;
};

struct profile_module {
	uint32_t process;    /* PROFILE_NONE: the kernel's */
	uint64_t start, end; /* addresses in the process; @end is the first that is not in it */
	uint64_t bias;	     /* address in the process - address in the ELF file */
	uint8_t build_id[PROFILE_BUILD_ID_MAX];
	uint32_t build_id_len; /* 0: it has none */
	const char *path;
	bool gone; /* addresses that are told later are in another one; not in a file */
};

enum profile_frame_flag {
	PROFILE_FRAME_KERNEL = 1 << 0,
	/* @address is the instruction itself; without it, as nearly always, it is where the call
	 * returns to, and a line is looked up one byte before. */
	PROFILE_FRAME_EXACT = 1 << 1,
};

struct profile_frame {
	uint32_t process; /* PROFILE_NONE: the kernel's */
	uint32_t module;  /* PROFILE_NONE: in none that is known */
	uint32_t flags;	  /* of enum profile_frame_flag */
	uint64_t address; /* as seen at run time */
	uint64_t offset;  /* the address in the module's ELF file, as its symbols have it */
	/* Where only the source can know it: a kernel symbol, a JIT compiler's map. NULL: none. */
	const char *name;
};

enum profile_stack_flag {
	PROFILE_STACK_CUT = 1 << 0,   /* the walk ended before the outermost frame */
	PROFILE_STACK_OTHER = 1 << 1, /* no stack: what had no room of its own, or was not walked */
};

struct profile_stack {
	uint32_t process;
	uint32_t thread; /* its tid; 0: all threads together */
	uint32_t flags;	 /* of enum profile_stack_flag */
	/* Places in frames[], the innermost first. The kernel's part comes before @user_from; it is
	 * 0 where there is none, @nframes where there is nothing else. */
	uint32_t nframes, user_from;
	const uint32_t *frames;
	struct profile_values values;
};

struct profile_thread {
	uint32_t process, tid;
	const char *comm;
};

struct profile_bucket {
	uint64_t allocs, bytes;
};

/* What the profile does not know or has lost: a name for machines, a sentence for people. */
struct profile_loss {
	const char *name; /* "unknown_frees" */
	uint64_t count;
	const char *sentence;
};

/* The heap at one moment. */
struct profile_point {
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint64_t allocs, bytes, live_blocks, live_bytes;
};

struct profile {
	enum profile_mode mode;
	uint64_t rate;		   /* sampled: mean bytes between samples; else 0 */
	uint64_t start_ns, end_ns; /* CLOCK_REALTIME */
	uint64_t peak_ns;	   /* when the most was live; 0: not known */
	uint64_t peak_slack;	   /* the true peak may have been this many bytes more */
	bool peak_known;	   /* else the peak columns mean nothing */
	bool temporary_known, frees_known, lifetimes_known;
	const char *source; /* "run", "attach", "kernel", "both": how it was made; never NULL */
	const char *note;   /* what a reader must know first, or NULL */

	struct profile_process *processes;
	struct profile_module *modules;
	struct profile_frame *frames;
	struct profile_stack *stacks;
	struct profile_thread *threads;
	struct profile_loss *losses;
	struct profile_point *points;
	size_t nprocesses, nmodules, nframes, nstacks, nthreads, nlosses, npoints;

	struct profile_values total;
	struct profile_bucket sizes[PROFILE_BUCKETS]; /* by bytes asked for */
	uint64_t lifetimes[PROFILE_BUCKETS];	      /* blocks by ns from allocation to free */

	/* private */
	struct arena arena;
	struct profile_index {
		uint32_t *slots; /* places + 1; 0: empty */
		size_t n;	 /* a power of two, or 0 */
	} frame_index, stack_index;
};

/* Both never fail. The caller frees with profile_free(), which takes NULL. */
struct profile *profile_new(enum profile_mode mode, uint64_t rate, const char *source);
void profile_free(struct profile *p);

/* Each copies what it is given, strings included (NULL becomes "" but for a frame's name), and
 * returns its place. */
uint32_t profile_add_process(struct profile *p, const struct profile_process *process);
uint32_t profile_add_module(struct profile *p, const struct profile_module *module);
void profile_add_thread(struct profile *p, uint32_t process, uint32_t tid, const char *comm);
void profile_add_point(struct profile *p, const struct profile_point *point);
void profile_set_note(struct profile *p, const char *note);
/* The same frame again is the same place. */
uint32_t profile_add_frame(struct profile *p, const struct profile_frame *frame);
/* A frame of @process at @address: finds the module that was added for it, the one added last
 * first. @process PROFILE_NONE: the kernel's. */
uint32_t profile_frame_at(struct profile *p, uint32_t process, uint64_t address, uint32_t flags,
			  const char *name);
/*
 * The stack with this key: process, thread, flags, user_from, frames. It is the same place for the
 * same key; @key->values are added to it and to the total. More than PROFILE_FRAMES_MAX frames are
 * cut there, and flagged.
 */
uint32_t profile_add_stack(struct profile *p, const struct profile_stack *key);
void profile_values_add(struct profile_values *to, const struct profile_values *v);
/* Adds @v to the stack at @stack, and to the total. */
void profile_add_values(struct profile *p, uint32_t stack, const struct profile_values *v);
/* @allocs blocks of @size bytes each. */
void profile_add_size(struct profile *p, uint64_t size, uint64_t allocs);
/* The bucket of a number: how many bits it has. */
unsigned int profile_bucket(uint64_t v);
/* Adds to the loss of that name. One of 0 is shown too, as what was watched for. */
void profile_add_loss(struct profile *p, const char *name, uint64_t count, const char *sentence);

/*
 * What one sampled block of @size bytes stands for, where an allocation is taken with the
 * probability 1 - e^(-size/rate) (the bytes of a Poisson process, @rate apart): 1/p blocks of @size
 * bytes. Unbiased (Horvitz and Thompson 1952); the variance is estimated from the samples
 * themselves by the sum of (1-p)/p^2, of which the expectation is the sum over all blocks of
 * size^2 e^(-size/rate) / (1 - e^(-size/rate)) for the bytes. All are added to *@w, whose whole
 * numbers are made by profile_weights_values(). Size 0 counts as 1.
 */
struct profile_weights {
	double blocks, bytes, blocks_var, bytes_var;
};
void profile_weigh(struct profile_weights *w, uint64_t size, uint64_t rate);
/* Sets allocs and bytes (with their variances) of *@v. */
void profile_weights_allocs(const struct profile_weights *w, struct profile_values *v);
/* Sets live_blocks and live_bytes (with their variances) of *@v. */
void profile_weights_live(const struct profile_weights *w, struct profile_values *v);

#endif
