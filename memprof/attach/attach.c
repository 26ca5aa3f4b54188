/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples come in the order of the allocations; each finds its stack and is added there. At the end
 * the live table tells which of them were not freed: those are live, the others were freed, or are
 * gone without a free, of which the programs sent a note. Stacks that were walked once come as a
 * number. A sample that found no room in the ring
 * is counted without a stack, so that sums stay whole.
 */
#include "lib/base.h"
#include "memprof/attach/attach.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "lib/log.h"
#include "lib/proctask.h"
#include "memprof/attach/blocks.h"
#include "memprof/attach/unwind.h"
#include "memprof/kernel/people.h"
#include "memprof/kernel/result.h"
#include "memprof/profile_file.h"

enum { WALKS_BYTES = sizeof(struct user_walk) * USER_WALKS };

struct attachment {
	struct probes_options opts;
	bool usdt;
	struct probes *probes;
	struct ring_buffer *ring;
	struct profile *p;
	struct unwinder *unwinder;
	uint32_t process; /* its place */
	struct blocks blocks;
	struct user_walk *walks; /* the programs' map; NULL: it could not be mapped */
	uint32_t *known; /* by the number of a walk: the place of a stack that has its frames */
	size_t nknown;
	bool by_thread;
	int pidfd; /* negative: it had ended when it was to be opened */
};

/* Its name is read when it is first seen: a thread that has ended by then has none. */
static void add_thread(struct attachment *a, uint32_t tid)
{
	struct strbuf comm = STRBUF_INIT;
	char path[64];

	for (size_t i = 0; i < a->p->nthreads; i++)
		if (a->p->threads[i].tid == tid)
			return;
	snprintf(path, sizeof(path), "/proc/%d/task/%u/comm", (int)a->opts.pid, tid);
	if (!strbuf_read_file(&comm, path))
		comm.s[strcspn(comm.s, "\n")] = '\0';
	profile_add_thread(a->p, a->process, tid, comm.s);
	strbuf_release(&comm);
}

/* The place of a stack with these frames. */
static uint32_t add_stack(struct attachment *a, struct profile_stack *key, uint32_t tid)
{
	key->process = a->process;
	key->values = (struct profile_values){0};
	if (a->by_thread) {
		key->thread = tid;
		add_thread(a, tid);
	}
	return profile_add_stack(a->p, key);
}

static void remember(struct attachment *a, uint32_t number, uint32_t place)
{
	if (number >= a->nknown) {
		size_t n = MAX(2 * a->nknown, (size_t)number + 1024);
		uint32_t *grown = realloc(a->known, n * sizeof(*grown));

		if (!grown)
			abort(); /* as lib/arena.h */
		a->known = grown;
		a->nknown = n;
	}
	a->known[number] = place;
}

static void take_known(struct attachment *a, const struct user_known *k)
{
	/* Its stack came before. */
	uint32_t place = a->known[k->walk];
	struct profile_stack key = a->p->stacks[place];

	if (a->by_thread)
		place = add_stack(a, &key, k->tid);
	blocks_add(&a->blocks, k->id, k->size, k->weighted, place);
}

static void take_sample(struct attachment *a, const struct memprof_sample *s)
{
	struct unwound stack;
	struct profile_stack key = {.frames = stack.frames};
	uint32_t place;

	unwind(a->unwinder, s, &stack);
	key.nframes = stack.n;
	key.flags = (stack.cut ? PROFILE_STACK_CUT : 0) | (stack.n ? 0 : PROFILE_STACK_OTHER);
	place = add_stack(a, &key, s->tid);
	if (stack.number)
		remember(a, stack.number, place);
	blocks_add(&a->blocks, s->id, s->size, s->weighted, place);
}

static int take_record(void *arg, void *data, size_t size)
{
	struct attachment *a = arg;

	if (size >= offsetof(struct memprof_sample, bytes))
		take_sample(a, data);
	else if (size >= sizeof(struct user_known))
		take_known(a, data);
	else
		blocks_gone(&a->blocks, ((const struct memprof_gone *)data)->id);
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

/* Without it all stacks are copied. */
static void share_walks(struct attachment *a)
{
	void *map = mmap(NULL, WALKS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			 probes_map(a->probes, "user_walks"), 0);

	a->walks = map == MAP_FAILED ? NULL : map;
	unwinder_share(a->unwinder, a->walks);
}

int attach_open(struct attachment **out, const struct probes_options *opts, const struct places *at)
{
	struct attachment *a = calloc(1, sizeof(*a));
	int err;

	*out = NULL;
	if (!a)
		return -ENOMEM;
	a->opts = *opts;
	a->pidfd = pidfd_open(opts->pid, 0);
	a->usdt = at->v[0].function >= USER_USDT_ALLOC;
	a->blocks = (struct blocks){.every = opts->every, .rate = opts->rate, .weighed = a->usdt};
	a->p = new_profile(opts);
	a->p->start_ns = result_now_ns();
	a->process = add_process(a);
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
	if (!err)
		share_walks(a);
	if (err)
		attach_close(a);
	else
		*out = a;
	return err;
}

pid_t attach_pid(const struct attachment *a)
{
	return a->opts.pid;
}

int attach_pidfd(const struct attachment *a)
{
	return a->pidfd;
}

bool attach_runs(const struct attachment *a)
{
	return a->pidfd >= 0 && !poll(&(struct pollfd){a->pidfd, POLLIN, 0}, 1, 0);
}

void attach_by_thread(struct attachment *a)
{
	a->by_thread = true;
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
	{"too_deep",
	 "calls of which nothing is known, as 64 returns of their thread are watched already, "
	 "which is all that the kernel does",
	 offsetof(struct user_counters, too_deep)},
};

/* @ended: blocks whose addresses were not given out again since. */
static void add_figures(struct attachment *a, struct profile *p, const struct user_counters *c,
			uint64_t ended)
{
	struct unwind_counts u = unwinder_counts(a->unwinder);

	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		profile_add_loss(p, figures[i].name,
				 *(const uint64_t *)((const char *)c + figures[i].offset),
				 figures[i].sentence);
	profile_add_loss(
		p, "unknown_frees", c->missed,
		a->opts.every == 1 && !a->usdt
			? "frees of blocks from before the attaching, and of libc's own: a "
			  "thread that ends gives back what it kept"
			: "frees of blocks from before, or of such as were not chosen");
	profile_add_loss(p, "stacks_cut", u.cut,
			 "different stacks that end where the copied 16 KiB end");
	profile_add_loss(p, "unwind_fails", u.failed,
			 "different stacks that end at a frame without unwind information");
	profile_add_loss(p, "execs", c->execs, "times that the process became another program");
	profile_add_loss(
		p, "ended_by_exec", c->ended + ended,
		"blocks that the program before an exec had not freed: they ended with it, "
		"and are neither freed nor live");
	for (uint32_t b = 0; b < USER_BUCKETS; b++) {
		p->sizes[b].allocs += c->sizes[b];
		p->sizes[b].bytes += c->size_bytes[b];
		p->lifetimes[b] += c->lifetimes[b] * MAX(a->opts.every, 1ULL);
	}
	p->lifetimes_known = a->opts.every > 0;
	p->frees_known = true;
}

/* What the programs have counted by now, and which blocks live, into @p. */
static int add_counted(struct attachment *a, struct profile *p, bool ended)
{
	struct user_counters c;
	uint64_t outlived = 0;
	int err = probes_counters(a->probes, &c);
	const struct blocks_map map = {
		.fd = probes_map(a->probes, "user_lives"),
		.size = offsetof(struct user_live, size),
		.weighted = offsetof(struct user_live, weighted),
		.id = offsetof(struct user_live, id),
		.when = offsetof(struct user_live, when_ns),
		.image = offsetof(struct user_live, image),
		.images = err ? 0 : c.execs,
		.moves = !ended,
	};

	p->end_ns = result_now_ns();
	p->processes[a->process].ended = attach_runs(a) ? "running" : "ended";
	if (!err)
		err = blocks_finish(&a->blocks, p, a->process, &map,
				    &(struct blocks_counted){.lost = c.lost_allocs,
							     .lost_bytes = c.lost_bytes,
							     .found = c.found,
							     .freed_bytes = c.freed_bytes},
				    &outlived);
	if (err)
		log_err_sys(err, "what the probes counted cannot be read");
	else
		add_figures(a, p, &c, outlived);
	return err;
}

int attach_snapshot(struct attachment *a, struct profile **out)
{
	int err;

	attach_take(a);
	*out = profile_copy(a->p);
	err = add_counted(a, *out, false);
	if (err) {
		profile_free(*out);
		*out = NULL;
	}
	return err;
}

int attach_finish(struct attachment *a, struct profile **out)
{
	int err;

	*out = NULL;
	probes_stop(a->probes);
	attach_take(a);
	err = add_counted(a, a->p, true);
	if (!err) {
		*out = a->p;
		a->p = NULL;
	}
	return err;
}

void attach_close(struct attachment *a)
{
	if (!a)
		return;
	ring_buffer__free(a->ring);
	probes_close(a->probes);
	unwinder_close(a->unwinder);
	if (a->walks)
		munmap(a->walks, WALKS_BYTES);
	free(a->known);
	if (a->pidfd >= 0)
		close(a->pidfd);
	profile_free(a->p);
	blocks_release(&a->blocks);
	free(a);
}
