/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each chosen allocation comes as a sample with the thread's user registers and the top of its
 * stack. Which files its process has is told by the kernel as it maps them (mappings.h), so that
 * one that has ended is known, too; of one that was there before its own list is read, at its first
 * sample. Modules with their build-ids go into the profile, so that its stacks have names when it
 * has ended. The kernel's part of the stack is kept by the programs and asked for by its hash. What
 * is open of a process that has ended is closed when its last sample has come, so that a machine on
 * which many come and go costs no more than one where few stay.
 */
#include "lib/base.h"
#include "memprof/both/both.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/memprof/kernel.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "memprof/attach/blocks.h"
#include "memprof/attach/unwind.h"
#include "memprof/both/mappings.h"
#include "memprof/kernel/people.h"
#include "memprof/kernel/reading.h"
#include "memprof/kernel/result.h"
#include "memprof/profile_file.h"

enum { RING_BYTES = 1 << 25, BUCKETS = 1024, FRAMES = KERNEL_FRAMES + UNWIND_FRAMES };
/* Samples are taken for so long at a time: then who takes them looks at the clock and at signals,
 * also where they come faster than they are unwound. */
#define SLICE_NS (100 * NSEC_PER_MSEC)
/* So many more unwinders are open before it is looked whose process has ended. */
enum { OPENED_MORE = 32 };

struct person {
	struct kernel_process_key key;
	uint32_t place;
	struct image_unwinder {
		const struct unwind_files *files; /* NULL: it was there before, and its own list */
		struct unwinder *unwinder;	  /* NULL: it could not be read: it had ended */
		uint64_t gone_ns; /* it had ended by then; 0: it had not when that was asked */
		bool tried;
		struct image_unwinder *before;
	} * images; /* owned: the latest first, mostly one or two */
	struct person *next;
};

struct both {
	struct tracer_options opts;
	struct kernel_tracer *tracer;
	struct ring_buffer *ring;
	struct mappings *mappings; /* NULL: the kernel does not tell us */
	struct reading *reading;
	struct profile *p;
	struct blocks blocks;
	struct person *people[BUCKETS];
	uint64_t unread;	     /* samples of processes that could not be read */
	size_t open, sweep_at;	     /* unwinders; how many, before those of the ended are closed */
	struct unwind_counts closed; /* of those that are not open any more */
	uint64_t slice_ns;	     /* when this one ends; 0: all are taken */
};

static struct person *person_of(struct both *b, const struct memprof_sample *s)
{
	struct person **at = &b->people[s->pid % BUCKETS], *one;
	struct kernel_process_key key = {s->pid, s->start_ms};
	struct kernel_process known;
	bool found;

	for (one = *at; one; one = one->next)
		if (!memcmp(&one->key, &key, sizeof(key)))
			return one;
	one = calloc(1, sizeof(*one));
	if (!one)
		abort(); /* as lib/arena.h */
	found = !bpf_map_lookup_elem(tracer_map(b->tracer, "kernel_processes"), &key, &known);
	one->key = key;
	one->place = people_add(b->p, &key, found ? &known : NULL);
	one->next = *at;
	*at = one;
	return one;
}

static void close_image(struct both *b, struct image_unwinder *image)
{
	struct unwind_counts c = unwinder_counts(image->unwinder);

	b->closed.cut += c.cut;
	b->closed.failed += c.failed;
	unwinder_close(image->unwinder);
	image->unwinder = NULL;
	b->open--;
}

static void close_ended_of(struct both *b, struct person *one, uint64_t now_ns)
{
	bool asked = false, ended = false;

	for (struct image_unwinder *u = one->images; u; u = u->before) {
		if (!u->unwinder)
			continue;
		if (u->gone_ns && u->gone_ns < now_ns) {
			close_image(b, u);
			continue;
		}
		if (!asked)
			ended = kill((pid_t)one->key.tgid, 0) && errno == ESRCH;
		asked = true;
		if (ended && !u->gone_ns)
			u->gone_ns = clock_ns();
	}
}

/* Samples come in the order of time: of what had ended before @now_ns no more will come. */
static void close_ended(struct both *b, uint64_t now_ns)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct person *one = b->people[i]; one; one = one->next)
			close_ended_of(b, one, now_ns);
	b->sweep_at = b->open + OPENED_MORE;
}

/* Of the process as it was when the sample was taken. */
static struct unwinder *unwinder_of(struct both *b, struct person *who,
				    const struct memprof_sample *s)
{
	const struct unwind_files *files =
		mappings_of(b->mappings, s->pid, s->when_ns, s->registers[SAMPLE_PC]);
	struct image_unwinder *image = who->images;
	bool open;

	if (b->open >= b->sweep_at)
		close_ended(b, s->when_ns);
	while (image && image->files != files)
		image = image->before;
	open = image && image->unwinder;
	if (!image) {
		image = calloc(1, sizeof(*image));
		if (!image)
			abort();
		*image = (struct image_unwinder){.files = files, .before = who->images};
		who->images = image;
		if (!files)
			unwinder_open(&image->unwinder, (pid_t)s->pid, b->p, who->place);
	}
	/* An image that has just begun has no files yet. */
	if (files && files->n && !image->tried) {
		image->tried = true;
		unwinder_open_files(&image->unwinder, (pid_t)s->pid, files, b->p, who->place);
	}
	b->open += !open && image->unwinder;
	return image->unwinder;
}

static uint32_t add_user(struct both *b, struct person *who, const struct memprof_sample *s,
			 uint32_t *frames, bool *cut)
{
	struct unwinder *unwinder;
	struct unwound user;

	if (!s->user)
		return 0;
	unwinder = unwinder_of(b, who, s);
	if (!unwinder) {
		b->unread++;
		*cut = true;
		return 0;
	}
	unwind(unwinder, s, &user);
	memcpy(frames, user.frames, user.n * sizeof(*frames));
	*cut |= user.cut;
	return user.n;
}

static int take_record(void *arg, void *data, size_t size)
{
	const struct memprof_sample *s = data;
	uint32_t frames[FRAMES];
	struct profile_stack key = {.frames = frames};
	struct both *b = arg;
	struct person *who;
	bool cut;

	if (size < offsetof(struct memprof_sample, bytes)) {
		blocks_gone(&b->blocks, *(const uint64_t *)data);
		return 0;
	}
	who = person_of(b, s);
	key.process = who->place;
	key.user_from = reading_stack(b->reading, s->stack, frames, &cut);
	key.nframes = key.user_from + add_user(b, who, s, frames + key.user_from, &cut);
	key.flags = (cut ? PROFILE_STACK_CUT : 0) | (key.nframes ? 0 : PROFILE_STACK_OTHER);
	blocks_add(&b->blocks, s->id, s->size, s->weighted, profile_add_stack(b->p, &key));
	/* Not an error: the record has been taken, and the others stay where they are. */
	return b->slice_ns && clock_ns() > b->slice_ns ? -EINTR : 0;
}

int both_open(struct both **out, const struct tracer_options *opts)
{
	struct both *b = calloc(1, sizeof(*b));
	int err;

	*out = NULL;
	if (!b)
		return -ENOMEM;
	b->opts = *opts;
	b->opts.ring_bytes = RING_BYTES;
	b->blocks = (struct blocks){.every = opts->every, .rate = opts->rate};
	b->p = reading_profile(opts, "both");
	b->p->start_ns = result_now_ns();
	mappings_open(&b->mappings);
	err = tracer_open(&b->tracer, &b->opts, NULL);
	if (!err)
		err = reading_open(&b->reading, b->tracer, b->p);
	if (!err) {
		b->ring = ring_buffer__new(tracer_map(b->tracer, "kernel_samples"), take_record, b,
					   NULL);
		err = b->ring ? 0 : -errno;
	}
	if (err)
		both_close(b);
	else
		*out = b;
	return err;
}

int both_fd(const struct both *b)
{
	return ring_buffer__epoll_fd(b->ring);
}

void both_take(void *both)
{
	struct both *b = both;

	b->slice_ns = clock_ns() + SLICE_NS;
	ring_buffer__consume(b->ring);
	b->slice_ns = 0;
}

static void add_unwinding(const struct both *b, struct profile *p)
{
	struct unwind_counts sum = b->closed;

	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct person *one = b->people[i]; one; one = one->next)
			for (const struct image_unwinder *u = one->images; u; u = u->before) {
				struct unwind_counts c = {0};

				if (u->unwinder)
					c = unwinder_counts(u->unwinder);
				sum.cut += c.cut;
				sum.failed += c.failed;
			}
	profile_add_loss(p, "mappings_lost", mappings_lost(b->mappings),
			 "files that processes mapped, of which nothing was heard in time: their "
			 "frames may have no name");
	profile_add_loss(
		p, "processes_unread", b->unread,
		"allocations of processes that had ended before their files were read: their "
		"user stacks are not known");
	profile_add_loss(p, "stacks_cut", sum.cut,
			 "different user stacks that end where the copied 16 KiB end");
	profile_add_loss(p, "user_unwind_fails", sum.failed,
			 "different user stacks that end at a frame without unwind information");
}

/* A process is called as it was last: when its first sample came it may have been what it was
 * forked from. */
static void refresh_names(const struct both *b, struct profile *p)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct person *one = b->people[i]; one; one = one->next) {
			struct kernel_process known;

			if (!bpf_map_lookup_elem(tracer_map(b->tracer, "kernel_processes"),
						 &one->key, &known))
				p->processes[one->place].comm =
					arena_strndup(&p->arena, known.comm,
						      strnlen(known.comm, sizeof(known.comm)));
		}
}

#define COUNTED(field) reading_counted(b->tracer, offsetof(struct kernel_counters, field))

/* What the programs have counted by now, and which blocks live, into @p. */
static int add_counted(struct both *b, struct reading *reading, struct profile *p, bool ended)
{
	const struct blocks_map map = {.fd = tracer_map(b->tracer, "kernel_lives"),
				       .size = offsetof(struct kernel_live, size),
				       .weighted = offsetof(struct kernel_live, size),
				       .when = offsetof(struct kernel_live, when_ns),
				       .id = offsetof(struct kernel_live, id),
				       .moves = !ended};
	struct kernel_process_key nobody = {0};
	uint32_t place = 0;
	int err;

	p->end_ns = result_now_ns();
	if (COUNTED(ring_full) || !p->nprocesses)
		place = people_add(p, &nobody, NULL);
	err = blocks_finish(&b->blocks, p, place, &map,
			    &(struct blocks_counted){.lost = COUNTED(ring_full),
						     .lost_bytes = COUNTED(lost_bytes),
						     .found = COUNTED(found),
						     .freed_bytes = COUNTED(freed_bytes)},
			    NULL);
	if (!err)
		err = reading_counters(reading);
	if (err) {
		log_err_sys(err, "what the programs counted cannot be read");
		return err;
	}
	add_unwinding(b, p);
	refresh_names(b, p);
	return 0;
}

int both_snapshot(struct both *b, struct profile **out)
{
	struct reading *reading = NULL;
	struct profile *p;
	int err;

	*out = NULL;
	both_take(b);
	p = profile_copy(b->p);
	err = reading_open(&reading, b->tracer, p);
	if (!err)
		err = add_counted(b, reading, p, false);
	reading_close(reading);
	if (err)
		profile_free(p);
	else
		*out = p;
	return err;
}

int both_finish(struct both *b, struct profile **out)
{
	int err;

	*out = NULL;
	tracer_stop(b->tracer);
	ring_buffer__consume(b->ring);
	err = add_counted(b, b->reading, b->p, true);
	if (!err) {
		*out = b->p;
		b->p = NULL;
	}
	return err;
}

void both_close(struct both *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct person *one = b->people[i], *next; one; one = next) {
			next = one->next;
			for (struct image_unwinder *u = one->images, *before; u; u = before) {
				before = u->before;
				unwinder_close(u->unwinder);
				free(u);
			}
			free(one);
		}
	ring_buffer__free(b->ring);
	mappings_close(b->mappings);
	reading_close(b->reading);
	tracer_close(b->tracer);
	profile_free(b->p);
	blocks_release(&b->blocks);
	free(b);
}
