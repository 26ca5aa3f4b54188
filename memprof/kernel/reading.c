/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From maps to a profile. A group is a stack of a process; sampled by bytes it is of one size, on
 * which a sample's weight depends, and the groups of a stack are added up before they are rounded.
 * What is live is what the live table holds: so live = allocations - frees - those whose free had
 * no event (overwritten) - those that found no room (untracked).
 */
#include "lib/base.h"
#include "memprof/kernel/reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "collector/maps.h"
#include "lib/log.h"
#include "memprof/kernel/arguments.h"
#include "memprof/kernel/names.h"
#include "memprof/kernel/people.h"
#include "memprof/kernel/skip.h"

struct known_process {
	struct kernel_process_key key;
	uint32_t place;			   /* PROFILE_NONE: not yet in the profile */
	const struct kernel_process *kept; /* NULL: nothing is */
};

/* Sums of a stack, before they are rounded. */
struct sums {
	struct profile_weights allocs, frees, live;
};

struct reading {
	const struct kernel_tracer *tracer;
	struct profile *p;
	struct kernel_names *names; /* the tracer's */
	struct map_dump stacks, processes, groups, lives;
	struct known_process *known; /* by key */
	size_t nknown;
	uint32_t nobody;   /* the place of what has no process; PROFILE_NONE: not yet there */
	struct sums *sums; /* by place of the stack */
	size_t nsums;
};

/* --- processes ------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct kernel_process_key));
}

static int collect_processes(struct reading *r)
{
	r->known = calloc(r->processes.n + 1, sizeof(*r->known));
	if (!r->known)
		return -ENOMEM;
	for (size_t i = 0; i < r->processes.n; i++) {
		struct known_process *k = &r->known[r->nknown++];

		memcpy(&k->key, r->processes.keys + i * sizeof(k->key), sizeof(k->key));
		k->kept = (const void *)(r->processes.values + i * r->processes.stride);
		k->place = PROFILE_NONE;
	}
	qsort(r->known, r->nknown, sizeof(*r->known), by_key);
	return 0;
}

uint32_t reading_process(struct reading *r, const struct kernel_process_key *key)
{
	struct known_process *k = bsearch(key, r->known, r->nknown, sizeof(*r->known), by_key);

	if (!k) { /* the table of processes was full, or the group is that of all such */
		const struct kernel_process_key nobody = {0};

		if (r->nobody == PROFILE_NONE)
			r->nobody = people_add(r->p, &nobody, NULL);
		return r->nobody;
	}
	if (k->place == PROFILE_NONE)
		k->place = people_add(r->p, key, k->kept);
	return k->place;
}

/* --- stacks ---------------------------------------------------------------------------------- */

static const struct kernel_stack *find_stack(const struct reading *r, uint64_t hash)
{
	const uint64_t *order = (const void *)r->stacks.keys;
	size_t low = 0, high = r->stacks.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (order[2 * mid] < hash)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->stacks.n || order[2 * low] != hash)
		return NULL;
	return (const void *)(r->stacks.values + order[2 * low + 1] * r->stacks.stride);
}

static int by_hash(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The keys become pairs of hash and row, in the order of hashes. */
static int sort_stacks(struct reading *r)
{
	uint64_t *order = calloc(r->stacks.n + 1, 2 * sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < r->stacks.n; i++) {
		memcpy(&order[2 * i], r->stacks.keys + i * sizeof(*order), sizeof(*order));
		order[2 * i + 1] = i;
	}
	qsort(order, r->stacks.n, 2 * sizeof(*order), by_hash);
	free(r->stacks.keys);
	r->stacks.keys = (unsigned char *)order;
	return 0;
}

uint32_t reading_stack(struct reading *r, uint64_t hash, uint32_t *frames, bool *cut)
{
	const struct kernel_stack *s = hash ? find_stack(r, hash) : NULL;
	const struct addrmap *names = kernel_names_map(r->names);
	struct kernel_stack now;
	uint32_t n, skip;

	*cut = false;
	if (!s && hash && !bpf_map_lookup_elem(tracer_map(r->tracer, "kernel_stacks"), &hash, &now))
		s = &now; /* it came after the maps were read */
	if (!s)
		return 0;
	n = (uint32_t)MIN(s->n, (uint64_t)KERNEL_FRAMES);
	*cut = n == KERNEL_FRAMES;
	skip = skip_tracing(names, (const uint64_t *)s->pc, n);
	for (uint32_t i = skip; i < n; i++)
		frames[i - skip] =
			profile_frame_at(r->p, PROFILE_NONE, s->pc[i], PROFILE_FRAME_KERNEL,
					 names ? addrmap_find(names, s->pc[i]) : NULL);
	return n - skip;
}

/* --- groups ---------------------------------------------------------------------------------- */

/* What @n sampled blocks with @bytes together stand for; all are of one size, @size, where that
 * matters. */
static void weigh(struct profile_weights *w, const struct tracer_options *o, uint64_t size,
		  uint64_t n, uint64_t bytes)
{
	const double each = o->every > 1 ? (double)o->every : 1;
	struct profile_weights one = {0};

	if (!n)
		return;
	if (!o->every) {
		profile_weigh(&one, size, o->rate);
	} else {
		const double mean = (double)bytes / (double)n;

		/* Each block with the probability 1 / each: (1 - p) / p^2 = each * (each - 1). */
		one = (struct profile_weights){each, each * mean, each * (each - 1),
					       mean * mean * each * (each - 1)};
	}
	w->blocks += (double)n * one.blocks;
	w->bytes += (double)n * one.bytes;
	w->blocks_var += (double)n * one.blocks_var;
	w->bytes_var += (double)n * one.bytes_var;
}

static uint32_t place_of(struct reading *r, const struct kernel_group_key *key)
{
	uint32_t frames[KERNEL_FRAMES];
	struct profile_stack stack = {.process = reading_process(r, &key->process),
				      .frames = frames};
	bool cut;

	stack.nframes = reading_stack(r, key->stack, frames, &cut);
	stack.user_from = stack.nframes;
	stack.flags = (cut ? PROFILE_STACK_CUT : 0) | (stack.nframes ? 0 : PROFILE_STACK_OTHER);
	return profile_add_stack(r->p, &stack);
}

static struct sums *sums_of(struct reading *r, uint32_t place)
{
	if (place >= r->nsums) {
		size_t n = MAX(2 * r->nsums, (size_t)place + 64);
		struct sums *grown = realloc(r->sums, n * sizeof(*grown));

		if (!grown)
			return NULL;
		memset(grown + r->nsums, 0, (n - r->nsums) * sizeof(*grown));
		r->sums = grown;
		r->nsums = n;
	}
	return &r->sums[place];
}

static int add_groups(struct reading *r, const struct tracer_options *o)
{
	for (size_t i = 0; i < r->groups.n; i++) {
		struct kernel_group_key key;
		const struct kernel_group *g =
			(const void *)(r->groups.values + i * r->groups.stride);
		struct sums *s;

		memcpy(&key, r->groups.keys + i * sizeof(key), sizeof(key));
		if (!g->allocs)
			continue;
		s = sums_of(r, place_of(r, &key));
		if (!s)
			return -ENOMEM;
		weigh(&s->allocs, o, key.size, g->allocs, g->bytes);
		weigh(&s->frees, o, key.size, g->frees, g->freed_bytes);
	}
	return 0;
}

static int add_lives(struct reading *r, const struct tracer_options *o)
{
	for (size_t i = 0; i < r->lives.n; i++) {
		const struct kernel_live *l = (const void *)(r->lives.values + i * r->lives.stride);
		struct sums *s = sums_of(r, place_of(r, &l->group));

		if (!s)
			return -ENOMEM;
		weigh(&s->live, o, l->size, 1, l->size);
	}
	return 0;
}

static void round_sums(struct reading *r)
{
	for (size_t i = 0; i < r->nsums; i++) {
		struct profile_values v = {0}, frees = {0};

		if (!(r->sums[i].allocs.blocks > 0) && !(r->sums[i].live.blocks > 0))
			continue;
		profile_weights_allocs(&r->sums[i].allocs, &v);
		profile_weights_live(&r->sums[i].live, &v);
		profile_weights_allocs(&r->sums[i].frees, &frees);
		v.frees = frees.allocs;
		v.freed_bytes = frees.bytes;
		profile_add_values(r->p, (uint32_t)i, &v);
	}
}

/* Two dumps, one of groups and one of live blocks, while programs run are not of one moment: who
 * wants them equal stops the tracer first. */
int reading_groups(struct reading *r)
{
	const struct tracer_options *o = tracer_options(r->tracer);
	int err = map_read(tracer_map(r->tracer, "kernel_lives"), MAP_BEST, &r->lives);

	err = err ? err : map_read(tracer_map(r->tracer, "kernel_groups"), MAP_BEST, &r->groups);
	err = err ? err : add_groups(r, o);
	err = err ? err : add_lives(r, o);
	if (err)
		log_err_sys(err, "the stacks of the kernel's allocations cannot be read");
	else
		round_sums(r);
	return err;
}

/* --- counters -------------------------------------------------------------------------------- */

static uint64_t counter(const struct map_dump *d, uint32_t op, size_t offset)
{
	for (size_t i = 0; i < d->n; i++)
		if (!memcmp(d->keys + i * sizeof(op), &op, sizeof(op)))
			return map_dump_sum(d, i, (uint32_t)offset);
	return 0;
}
uint64_t reading_counted(const struct kernel_tracer *t, size_t offset)
{
	struct map_dump d = {0};
	uint64_t n = 0;

	if (!map_read(tracer_map(t, "kernel_counts"), MAP_BEST, &d))
		for (uint32_t op = 0; op < KERNEL_OPS; op++)
			n += counter(&d, op, offset);
	map_dump_release(&d);
	return n;
}
#define COUNTER(d, op, field) counter(d, op, offsetof(struct kernel_counters, field))

/* Of one tracepoint alone: its name comes before the suffix, and into the sentence. */
static const struct {
	const char *suffix, *sentence;
	size_t offset;
	bool frees;
} figures[] = {
	{"events", "events of %s", offsetof(struct kernel_counters, events), false},
	{"bytes", "bytes asked for by %s", offsetof(struct kernel_counters, bytes), false},
	{"taken", "bytes that the allocator gave to %s", offsetof(struct kernel_counters, taken),
	 false},
	{"chosen", "allocations by %s looked at with their stack",
	 offsetof(struct kernel_counters, chosen), false},
	{"events", "events of %s, not of NULL: those that found a block and those that missed",
	 offsetof(struct kernel_counters, events), true},
	{"found", "blocks in the table that %s ended", offsetof(struct kernel_counters, found),
	 true},
	{"missed", "events of %s for what is not in the table: from before, or not chosen",
	 offsetof(struct kernel_counters, missed), true},
	{"null", "events of %s for NULL, which are none", offsetof(struct kernel_counters, null),
	 true},
	{"elsewhere", "blocks that %s ended in another process than the one that allocated them",
	 offsetof(struct kernel_counters, elsewhere), true},
};

/* Of all together: what the profile does not know. */
static const struct {
	const char *name, *sentence;
	size_t offset;
} lost[] = {
	{"overwritten",
	 "blocks whose address was given out again though no free was seen: live "
	 "may be too high by as many as are not yet given out again",
	 offsetof(struct kernel_counters, overwritten)},
	{"untracked",
	 "allocations for which the table of live blocks had no room: their free is "
	 "not known",
	 offsetof(struct kernel_counters, live_full)},
	{"stacks_full", "allocations counted without a stack as the table of stacks was full",
	 offsetof(struct kernel_counters, stacks_full)},
	{"groups_full", "allocations counted in none's name as the table of sums was full",
	 offsetof(struct kernel_counters, groups_full)},
	{"unwind_fails", "allocations of which the kernel gave no stack",
	 offsetof(struct kernel_counters, no_stack)},
	{"samples_lost", "allocations whose user stack found no room in the ring",
	 offsetof(struct kernel_counters, ring_full)},
};

static void add_figures(struct reading *r, const struct map_dump *d, uint32_t ops)
{
	struct strbuf name = STRBUF_INIT, sentence = STRBUF_INIT;

	for (uint32_t op = 0; op < KERNEL_OPS; op++)
		for (size_t i = 0; ops & 1U << op && i < ARRAY_SIZE(figures); i++) {
			if (figures[i].frees != (op >= KERNEL_KINDS))
				continue;
			strbuf_reset(&name);
			strbuf_addf(&name, "%s_%s", kernel_op_name(op), figures[i].suffix);
			strbuf_reset(&sentence);
			strbuf_addstr(&sentence, figures[i].sentence);
			strbuf_replace(&sentence, "%s", kernel_op_name(op));
			profile_add_loss(r->p, name.s, counter(d, op, figures[i].offset),
					 sentence.s);
		}
	strbuf_release(&name);
	strbuf_release(&sentence);
}

static void add_lost(struct reading *r, const struct map_dump *d, uint32_t ops)
{
	uint64_t misses = 0;

	for (uint32_t op = 0; op < KERNEL_OPS; op++)
		misses += ops & 1U << op ? tracer_misses(r->tracer, op) : 0;
	profile_add_loss(r->p, "recursion_misses", misses,
			 "events that the kernel passed over, as the program was at work on that "
			 "CPU: live may be off by as many");
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		uint64_t n = 0;

		for (uint32_t op = 0; op < KERNEL_OPS; op++)
			n += ops & 1U << op ? counter(d, op, lost[i].offset) : 0;
		profile_add_loss(r->p, lost[i].name, n, lost[i].sentence);
	}
}

static void add_histograms(struct reading *r, const struct map_dump *d, uint32_t ops)
{
	const struct tracer_options *o = tracer_options(r->tracer);

	for (uint32_t op = 0; op < KERNEL_OPS; op++)
		for (uint32_t b = 0; ops & 1U << op && b < KERNEL_BUCKETS; b++) {
			r->p->sizes[b].allocs += COUNTER(d, op, sizes[b]);
			r->p->sizes[b].bytes += COUNTER(d, op, size_bytes[b]);
			r->p->lifetimes[b] += COUNTER(d, op, lifetimes[b]) * MAX(o->every, 1ULL);
		}
	/* Samples by bytes are mostly of large blocks. */
	r->p->lifetimes_known = !o->counts && o->every;
	r->p->frees_known = !o->counts;
}

/* Without stacks all is in one. Which frees are of these is not known. */
static void add_sums(struct reading *r, const struct map_dump *d, uint32_t ops)
{
	const struct kernel_process_key nobody = {0};
	struct profile_stack all = {.process = people_add(r->p, &nobody, NULL),
				    .flags = PROFILE_STACK_OTHER};

	for (uint32_t op = 0; op < KERNEL_KINDS; op++) {
		if (!(ops & 1U << op))
			continue;
		all.values.allocs += COUNTER(d, op, events);
		all.values.bytes += COUNTER(d, op, bytes);
	}
	profile_add_stack(r->p, &all);
}

int reading_counters(struct reading *r)
{
	const struct tracer_options *o = tracer_options(r->tracer);
	const uint32_t ops = tracer_ops(o);
	struct map_dump d = {0};
	int err = map_read(tracer_map(r->tracer, "kernel_counts"), MAP_BEST, &d);

	if (err) {
		log_err_sys(err, "the counters of the kernel's allocations cannot be read");
	} else {
		add_histograms(r, &d, ops);
		add_figures(r, &d, ops);
		add_lost(r, &d, ops);
		if (o->counts)
			add_sums(r, &d, ops);
	}
	map_dump_release(&d);
	return err;
}

/* --- the whole ------------------------------------------------------------------------------- */

int reading_open(struct reading **out, const struct kernel_tracer *t, struct profile *p)
{
	struct reading *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->tracer = t;
	r->p = p;
	r->nobody = PROFILE_NONE;
	r->names = tracer_names(t);
	kernel_names_refresh(r->names);
	err = map_read(tracer_map(t, "kernel_stacks"), MAP_BEST, &r->stacks);
	err = err ? err : map_read(tracer_map(t, "kernel_processes"), MAP_BEST, &r->processes);
	err = err ? err : sort_stacks(r);
	err = err ? err : collect_processes(r);
	if (err) {
		log_err_sys(err, "the maps of the kernel's allocations cannot be read");
		reading_close(r);
		return err;
	}
	*out = r;
	return 0;
}

void reading_close(struct reading *r)
{
	if (!r)
		return;
	map_dump_release(&r->stacks);
	map_dump_release(&r->processes);
	map_dump_release(&r->groups);
	map_dump_release(&r->lives);
	free(r->known);
	free(r->sums);
	free(r);
}

int reading_all(const struct kernel_tracer *t, struct profile *p)
{
	struct reading *r;
	int err = reading_open(&r, t, p);

	if (!err && !tracer_options(t)->counts)
		err = reading_groups(r);
	if (!err)
		err = reading_counters(r);
	reading_close(r);
	return err;
}

struct profile *reading_profile(const struct tracer_options *opts, const char *source)
{
	if (opts->counts)
		return profile_new(PROFILE_COUNTS, 0, source);
	if (opts->every == 1)
		return profile_new(PROFILE_EXACT, 0, source);
	return profile_new(PROFILE_SAMPLED, opts->every ? 0 : opts->rate, source);
}
