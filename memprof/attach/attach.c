/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples come in the order of the allocations; each finds its stack and is added there. At the end
 * the live table tells which of them were not freed: those are live, the others were freed, or are
 * gone without a free, of which the programs sent a note. A sample that found no room in the ring
 * is counted without a stack, so that sums stay whole.
 */
#include "lib/base.h"
#include "memprof/attach/attach.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "collector/maps.h"
#include "lib/log.h"
#include "lib/proctask.h"
#include "memprof/attach/unwind.h"
#include "memprof/kernel/people.h"
#include "memprof/kernel/result.h"

#include <fcntl.h>
#include <unistd.h>

/* By number of the sample. */
struct block {
	uint64_t size, weighted;
	uint32_t stack; /* place; PROFILE_NONE: its record was not seen */
	bool gone;
};

struct sums {
	struct profile_weights allocs, frees, live;
};

struct attachment {
	struct probes_options opts;
	bool usdt;
	struct probes *probes;
	struct ring_buffer *ring;
	struct profile *p;
	struct unwinder *unwinder;
	uint32_t process, other; /* places */
	struct block *blocks;
	size_t nblocks, cap;
	struct sums *sums; /* by place of the stack */
	size_t nsums;
};

static struct block *block_of(struct attachment *a, uint64_t id)
{
	if (id >= a->cap) {
		size_t n = MAX(2 * a->cap, (size_t)id + 1024);
		struct block *grown = realloc(a->blocks, n * sizeof(*grown));

		if (!grown)
			return NULL;
		for (size_t i = a->cap; i < n; i++)
			grown[i] = (struct block){.stack = PROFILE_NONE};
		a->blocks = grown;
		a->cap = n;
	}
	a->nblocks = MAX(a->nblocks, (size_t)id + 1);
	return &a->blocks[id];
}

static int take_record(void *arg, void *data, size_t size)
{
	struct attachment *a = arg;
	const struct memprof_sample *s = data;
	struct unwound stack;
	struct profile_stack key = {.process = a->process, .frames = stack.frames};
	struct block *b;

	if (size < sizeof(*s)) {
		const struct user_gone *gone = data;

		b = gone->id ? block_of(a, gone->id) : NULL;
		if (b)
			b->gone = true;
		return 0;
	}
	b = block_of(a, s->id);
	if (!b)
		return 0;
	unwind(a->unwinder, s, &stack);
	key.nframes = stack.n;
	key.flags = (stack.cut ? PROFILE_STACK_CUT : 0) | (stack.n ? 0 : PROFILE_STACK_OTHER);
	b->size = s->size;
	b->weighted = s->weighted;
	b->stack = profile_add_stack(a->p, &key);
	return 0;
}

/* --- at the beginning ------------------------------------------------------------------------ */

static uint32_t add_process(struct attachment *a)
{
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct kernel_process known = {0};
	struct kernel_process_key key = {.tgid = (uint32_t)a->opts.pid};
	struct proctask_stat stat;
	uint32_t uid;

	if (proc_fd >= 0 && !proctask_stat(proc_fd, key.tgid, &stat, &uid)) {
		known.start_ns = stat.start_ns;
		known.parent = stat.ppid;
		memcpy(known.comm, stat.comm, sizeof(known.comm));
	}
	if (proc_fd >= 0)
		close(proc_fd);
	return people_add(a->p, &key, &known);
}

static struct profile *new_profile(const struct probes_options *o)
{
	if (o->every == 1)
		return profile_new(PROFILE_EXACT, 0, "attach");
	return profile_new(PROFILE_SAMPLED, o->every ? 0 : o->rate, "attach");
}

int attach_open(struct attachment **out, const struct probes_options *opts, const struct places *at)
{
	struct attachment *a = calloc(1, sizeof(*a));
	struct profile_stack other = {.flags = PROFILE_STACK_OTHER};
	int err;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	a->opts = *opts;
	a->usdt = at->v[0].function >= USER_USDT_ALLOC;
	a->p = new_profile(opts);
	a->p->start_ns = result_now_ns();
	a->process = add_process(a);
	other.process = a->process;
	a->other = profile_add_stack(a->p, &other);
	err = unwinder_open(&a->unwinder, opts->pid, a->p, a->process);
	if (err)
		log_err_sys(err, "the files of process %d cannot be read", (int)opts->pid);
	if (!err)
		err = probes_open(&a->probes, opts, at, NULL);
	if (!err) {
		a->ring = ring_buffer__new(probes_map(a->probes, "user_samples"), take_record, a,
					   NULL);
		err = a->ring ? 0 : -errno;
	}
	if (err)
		attach_close(a);
	else
		*out = a;
	return err;
}

enum probes_way attach_way(const struct attachment *a)
{
	return probes_way(a->probes);
}

int attach_fd(const struct attachment *a)
{
	return ring_buffer__epoll_fd(a->ring);
}

void attach_take(void *attachment)
{
	struct attachment *a = attachment;

	ring_buffer__consume(a->ring);
}

/* --- at the end ------------------------------------------------------------------------------ */

static void weigh(struct profile_weights *w, const struct attachment *a, uint64_t size,
		  uint64_t weighted)
{
	const double each = a->opts.every > 1 ? (double)a->opts.every : 1;

	if (a->usdt) { /* the producer has weighed it */
		w->blocks += size ? (double)weighted / (double)size : 1;
		w->bytes += (double)weighted;
	} else if (!a->opts.every) {
		profile_weigh(w, size, a->opts.rate);
	} else {
		w->blocks += each;
		w->bytes += each * (double)size;
		w->blocks_var += each * (each - 1);
		w->bytes_var += (double)size * (double)size * each * (each - 1);
	}
}

static struct sums *sums_of(struct attachment *a, uint32_t stack)
{
	return &a->sums[stack < a->nsums ? stack : a->other];
}

/* Live blocks, whose numbers are marked by their stack being given to the live sums once. */
static int add_live(struct attachment *a, bool *live)
{
	struct map_dump d = {0};
	int err = map_read(probes_map(a->probes, "user_lives"), MAP_BEST, &d);

	for (size_t i = 0; !err && i < d.n; i++) {
		const struct user_live *l = (const void *)(d.values + i * d.stride);
		const struct block *b = l->id && l->id < a->nblocks ? &a->blocks[l->id] : NULL;

		if (b)
			live[l->id] = true;
		weigh(&sums_of(a, b ? b->stack : a->other)->live, a, l->size, l->weighted);
	}
	map_dump_release(&d);
	return err;
}

static void add_blocks(struct attachment *a, const bool *live)
{
	for (size_t id = 1; id < a->nblocks; id++) {
		const struct block *b = &a->blocks[id];
		struct sums *s = sums_of(a, b->stack);

		if (b->stack == PROFILE_NONE)
			continue;
		weigh(&s->allocs, a, b->size, b->weighted);
		if (!live[id] && !b->gone)
			weigh(&s->frees, a, b->size, b->weighted);
	}
}

static void add_sums(struct attachment *a)
{
	for (uint32_t i = 0; i < a->nsums; i++) {
		struct profile_values v = {0}, frees = {0};

		profile_weights_allocs(&a->sums[i].allocs, &v);
		profile_weights_live(&a->sums[i].live, &v);
		profile_weights_allocs(&a->sums[i].frees, &frees);
		v.frees = frees.allocs;
		v.freed_bytes = frees.bytes;
		profile_add_values(a->p, i, &v);
	}
}

/* What found no room in the ring: as many, of as many bytes, without a stack. Of its frees those
 * are known that no sample accounts for. */
static void add_lost(struct attachment *a, const struct user_counters *c)
{
	const double n = (double)c->lost_allocs;
	struct sums *s = &a->sums[a->other];
	double frees = (double)c->found, freed_bytes = (double)c->freed_bytes;

	if (!c->lost_allocs || !a->opts.every)
		return;
	s->allocs.blocks += n * (double)a->opts.every;
	s->allocs.bytes += (double)c->lost_bytes * (double)a->opts.every;
	for (size_t i = 0; i < a->nsums; i++) {
		frees -= a->sums[i].frees.blocks / (double)a->opts.every;
		freed_bytes -= a->sums[i].frees.bytes / (double)a->opts.every;
	}
	s->frees.blocks += MAX(frees, 0.0) * (double)a->opts.every;
	s->frees.bytes += MAX(freed_bytes, 0.0) * (double)a->opts.every;
}

static const struct {
	const char *name, *sentence;
	size_t offset;
} figures[] = {
	{"calls", "allocations that worked, counted each", offsetof(struct user_counters, allocs)},
	{"call_bytes", "bytes asked for by them", offsetof(struct user_counters, bytes)},
	{"call_frees", "frees, not of NULL, counted each", offsetof(struct user_counters, frees)},
	{"failed", "calls that gave no block", offsetof(struct user_counters, failed)},
	{"free_null", "frees of NULL, which are none", offsetof(struct user_counters, null)},
	{"overwritten", "blocks whose address was given out again though no free was seen",
	 offsetof(struct user_counters, overwritten)},
	{"untracked", "blocks for which the table of live blocks had no room",
	 offsetof(struct user_counters, live_full)},
	{"samples_lost",
	 "allocations counted without a stack as the ring was full (--rate takes "
	 "fewer)",
	 offsetof(struct user_counters, ring_full)},
	{"nested", "calls within calls, which the outer one counts",
	 offsetof(struct user_counters, nested)},
	{"pending_full", "calls of which the return could not be waited for",
	 offsetof(struct user_counters, pending_full)},
};

static void add_figures(struct attachment *a, const struct user_counters *c)
{
	struct unwind_counts u = unwinder_counts(a->unwinder);

	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		profile_add_loss(a->p, figures[i].name,
				 *(const uint64_t *)((const char *)c + figures[i].offset),
				 figures[i].sentence);
	profile_add_loss(a->p, "unknown_frees", c->missed,
			 a->opts.every == 1 && !a->usdt
				 ? "frees of blocks from before the attaching"
				 : "frees of blocks from before, or of such as were not chosen");
	profile_add_loss(a->p, "stacks_cut", u.cut,
			 "different stacks that end where the copied 16 KiB end");
	profile_add_loss(a->p, "unwind_fails", u.failed,
			 "different stacks that end at a frame without unwind information");
	for (uint32_t b = 0; b < USER_BUCKETS; b++) {
		a->p->sizes[b].allocs += c->sizes[b];
		a->p->sizes[b].bytes += c->size_bytes[b];
		a->p->lifetimes[b] += c->lifetimes[b] * MAX(a->opts.every, 1ULL);
	}
	a->p->lifetimes_known = a->opts.every > 0;
	a->p->frees_known = true;
}

int attach_finish(struct attachment *a, struct profile **out)
{
	struct user_counters c;
	bool *live = NULL;
	int err;

	*out = NULL;
	probes_stop(a->probes);
	attach_take(a);
	a->p->end_ns = result_now_ns();
	err = probes_counters(a->probes, &c);
	a->nsums = a->p->nstacks;
	a->sums = calloc(a->nsums, sizeof(*a->sums));
	live = calloc(a->nblocks + 1, sizeof(*live));
	if (!err && (!live || !a->sums))
		err = -ENOMEM;
	err = err ? err : add_live(a, live);
	if (!err) {
		add_blocks(a, live);
		add_lost(a, &c);
		add_sums(a);
		add_figures(a, &c);
		*out = a->p;
		a->p = NULL;
	} else {
		log_err_sys(err, "what the probes counted cannot be read");
	}
	free(live);
	return err;
}

void attach_close(struct attachment *a)
{
	if (!a)
		return;
	ring_buffer__free(a->ring);
	probes_close(a->probes);
	unwinder_close(a->unwinder);
	profile_free(a->p);
	free(a->blocks);
	free(a->sums);
	free(a);
}
