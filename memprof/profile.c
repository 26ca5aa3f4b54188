/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The profile in memory: arrays in an arena, and two hash tables of places, so that the same frame
 * and the same stack are found again however many there are.
 */
#include "lib/base.h"
#include "memprof/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct profile *profile_new(enum profile_mode mode, uint64_t rate, const char *source)
{
	struct profile *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	p->mode = mode;
	p->rate = rate;
	p->source = arena_strdup(&p->arena, source);
	return p;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	free(p->frame_index.slots);
	free(p->stack_index.slots);
	arena_release(&p->arena);
	free(p);
}

static const char *copy(struct profile *p, const char *s)
{
	return s && *s ? arena_strdup(&p->arena, s) : "";
}

uint32_t profile_add_process(struct profile *p, const struct profile_process *process)
{
	struct profile_process n = *process;

	n.comm = copy(p, n.comm);
	n.command_line = copy(p, n.command_line);
	n.cgroup = copy(p, n.cgroup);
	n.ended = copy(p, n.ended);
	arena_push(&p->arena, p->processes, p->nprocesses, n);
	return (uint32_t)(p->nprocesses - 1);
}

uint32_t profile_add_module(struct profile *p, const struct profile_module *module)
{
	struct profile_module n = *module;

	n.path = copy(p, n.path);
	arena_push(&p->arena, p->modules, p->nmodules, n);
	return (uint32_t)(p->nmodules - 1);
}

void profile_add_thread(struct profile *p, uint32_t process, uint32_t tid, const char *comm)
{
	struct profile_thread n = {process, tid, copy(p, comm)};

	arena_push(&p->arena, p->threads, p->nthreads, n);
}

void profile_add_point(struct profile *p, const struct profile_point *point)
{
	arena_push(&p->arena, p->points, p->npoints, *point);
}

void profile_set_note(struct profile *p, const char *note)
{
	p->note = note && *note ? arena_strdup(&p->arena, note) : NULL;
}

/* --- finding again ------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t h, uint64_t v)
{
	/* The finaliser of splitmix64 (Steele, Lea and Flood 2014). */
	h += v + 0x9e3779b97f4a7c15;
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	return h ^ h >> 31;
}

static uint64_t frame_hash(const struct profile_frame *f)
{
	uint64_t h = mix(mix(f->process, f->address), f->flags);

	for (const char *c = f->name; c && *c; c++)
		h = mix(h, (unsigned char)*c);
	return h;
}

static bool frame_same(const struct profile_frame *a, const struct profile_frame *b)
{
	return a->process == b->process && a->module == b->module && a->flags == b->flags &&
	       a->address == b->address && a->offset == b->offset && !a->name == !b->name &&
	       (!a->name || !strcmp(a->name, b->name));
}

static uint64_t stack_hash(const struct profile_stack *s)
{
	uint64_t h = mix(mix(s->process, (uint64_t)s->thread << 32 | s->flags), s->user_from);

	for (uint32_t i = 0; i < s->nframes; i++)
		h = mix(h, s->frames[i]);
	return h;
}

static bool stack_same(const struct profile_stack *a, const struct profile_stack *b)
{
	return a->process == b->process && a->thread == b->thread && a->flags == b->flags &&
	       a->user_from == b->user_from && a->nframes == b->nframes &&
	       (!a->nframes || !memcmp(a->frames, b->frames, a->nframes * sizeof(*a->frames)));
}

/* At least half of the slots stay empty. */
static void index_room(struct profile_index *ix, size_t have, const struct profile *p,
		       uint64_t (*hash_of)(const struct profile *p, uint32_t place))
{
	size_t n = ix->n ? ix->n * 2 : 64;

	if ((have + 1) * 2 <= ix->n)
		return;
	free(ix->slots);
	ix->slots = calloc(n, sizeof(*ix->slots));
	if (!ix->slots)
		abort();
	ix->n = n;
	for (size_t i = 0; i < have; i++) {
		size_t at = hash_of(p, (uint32_t)i) & (n - 1);

		while (ix->slots[at])
			at = (at + 1) & (n - 1);
		ix->slots[at] = (uint32_t)i + 1;
	}
}

static uint64_t frame_hash_at(const struct profile *p, uint32_t place)
{
	return frame_hash(&p->frames[place]);
}

static uint64_t stack_hash_at(const struct profile *p, uint32_t place)
{
	return stack_hash(&p->stacks[place]);
}

uint32_t profile_add_frame(struct profile *p, const struct profile_frame *frame)
{
	struct profile_frame n = *frame;
	size_t at;

	index_room(&p->frame_index, p->nframes, p, frame_hash_at);
	at = frame_hash(frame) & (p->frame_index.n - 1);
	for (uint32_t slot; (slot = p->frame_index.slots[at]);
	     at = (at + 1) & (p->frame_index.n - 1))
		if (frame_same(&p->frames[slot - 1], frame))
			return slot - 1;
	if (n.name)
		n.name = arena_strdup(&p->arena, n.name);
	arena_push(&p->arena, p->frames, p->nframes, n);
	p->frame_index.slots[at] = (uint32_t)p->nframes;
	return (uint32_t)(p->nframes - 1);
}

uint32_t profile_frame_at(struct profile *p, uint32_t process, uint64_t address, uint32_t flags,
			  const char *name)
{
	struct profile_frame f = {.process = process,
				  .module = PROFILE_NONE,
				  .flags = flags,
				  .address = address,
				  .name = name};
	/* A call may be the last instruction of its module. */
	uint64_t inside = flags & PROFILE_FRAME_EXACT || !address ? address : address - 1;

	for (size_t i = p->nmodules; i-- > 0;) {
		const struct profile_module *m = &p->modules[i];

		if (m->process == process && !m->gone && inside >= m->start && inside < m->end) {
			f.module = (uint32_t)i;
			f.offset = address - m->bias;
			break;
		}
	}
	return profile_add_frame(p, &f);
}

void profile_values_add(struct profile_values *to, const struct profile_values *v)
{
	to->allocs += v->allocs;
	to->bytes += v->bytes;
	to->frees += v->frees;
	to->freed_bytes += v->freed_bytes;
	to->live_blocks += v->live_blocks;
	to->live_bytes += v->live_bytes;
	to->peak_blocks += v->peak_blocks;
	to->peak_bytes += v->peak_bytes;
	to->temporary += v->temporary;
	to->allocs_var += v->allocs_var;
	to->bytes_var += v->bytes_var;
	to->live_blocks_var += v->live_blocks_var;
	to->live_bytes_var += v->live_bytes_var;
}

uint32_t profile_add_stack(struct profile *p, const struct profile_stack *key)
{
	struct profile_stack n = *key;
	uint32_t *frames;
	size_t at;

	if (n.nframes > PROFILE_FRAMES_MAX) {
		n.nframes = PROFILE_FRAMES_MAX;
		n.flags |= PROFILE_STACK_CUT;
	}
	n.user_from = MIN(n.user_from, n.nframes);
	index_room(&p->stack_index, p->nstacks, p, stack_hash_at);
	at = stack_hash(&n) & (p->stack_index.n - 1);
	for (uint32_t slot; (slot = p->stack_index.slots[at]);
	     at = (at + 1) & (p->stack_index.n - 1))
		if (stack_same(&p->stacks[slot - 1], &n)) {
			profile_add_values(p, slot - 1, &key->values);
			return slot - 1;
		}
	frames = arena_array(&p->arena, uint32_t, n.nframes);
	if (n.nframes)
		memcpy(frames, n.frames, n.nframes * sizeof(*frames));
	n.frames = frames;
	arena_push(&p->arena, p->stacks, p->nstacks, n);
	p->stack_index.slots[at] = (uint32_t)p->nstacks;
	profile_values_add(&p->total, &n.values);
	return (uint32_t)(p->nstacks - 1);
}

void profile_add_values(struct profile *p, uint32_t stack, const struct profile_values *v)
{
	profile_values_add(&p->stacks[stack].values, v);
	profile_values_add(&p->total, v);
}

unsigned int profile_bucket(uint64_t v)
{
	return v ? 64 - (unsigned int)__builtin_clzll(v) : 0;
}

void profile_add_size(struct profile *p, uint64_t size, uint64_t allocs)
{
	struct profile_bucket *b = &p->sizes[profile_bucket(size)];

	b->allocs += allocs;
	b->bytes += allocs * size;
}

void profile_add_loss(struct profile *p, const char *name, uint64_t count, const char *sentence)
{
	struct profile_loss n = {NULL, count, NULL};

	for (size_t i = 0; i < p->nlosses; i++)
		if (!strcmp(p->losses[i].name, name)) {
			p->losses[i].count += count;
			return;
		}
	n.name = copy(p, name);
	n.sentence = copy(p, sentence);
	arena_push(&p->arena, p->losses, p->nlosses, n);
}

/* --- what a sample stands for -------------------------------------------------------------------
 */

void profile_weigh(struct profile_weights *w, uint64_t size, uint64_t rate)
{
	double bytes = (double)size, span = size ? bytes : 1, taken, missed;

	if (!rate) {
		w->blocks += 1;
		w->bytes += bytes;
		return;
	}
	taken = -expm1(-span / (double)rate);
	missed = 1 - taken;
	w->blocks += 1 / taken;
	w->bytes += bytes / taken;
	w->blocks_var += missed / (taken * taken);
	w->bytes_var += bytes * bytes * missed / (taken * taken);
}

void profile_weights_allocs(const struct profile_weights *w, struct profile_values *v)
{
	v->allocs = (uint64_t)llround(w->blocks);
	v->bytes = (uint64_t)llround(w->bytes);
	v->allocs_var = w->blocks_var;
	v->bytes_var = w->bytes_var;
}

void profile_weights_live(const struct profile_weights *w, struct profile_values *v)
{
	v->live_blocks = (uint64_t)llround(w->blocks);
	v->live_bytes = (uint64_t)llround(w->bytes);
	v->live_blocks_var = w->blocks_var;
	v->live_bytes_var = w->bytes_var;
}
