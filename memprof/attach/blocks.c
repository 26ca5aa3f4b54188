/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An array by number; sums for each stack are made at the end, weighed, and rounded once. */
#include "lib/base.h"
#include "memprof/attach/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "collector/maps.h"

struct block {
	uint64_t size, weighted;
	uint32_t stack; /* place; PROFILE_NONE: its record was not seen */
	bool gone, live;
};

struct sums {
	struct profile_weights allocs, frees, live;
};

struct finish {
	const struct blocks *b;
	struct sums *sums; /* by place of the stack */
	uint32_t n, other; /* @other: the place of what has no stack */
	uint64_t ended;	   /* blocks of the table whose program had ended */
};

static struct block *block_of(struct blocks *b, uint64_t id)
{
	if (id >= b->cap) {
		size_t n = MAX(2 * b->cap, (size_t)id + 1024);
		struct block *grown = realloc(b->v, n * sizeof(*grown));

		if (!grown)
			abort(); /* as lib/arena.h */
		for (size_t i = b->cap; i < n; i++)
			grown[i] = (struct block){.stack = PROFILE_NONE};
		b->v = grown;
		b->cap = n;
	}
	b->n = MAX(b->n, (size_t)id + 1);
	return &b->v[id];
}

void blocks_add(struct blocks *b, uint64_t id, uint64_t size, uint64_t weighted, uint32_t stack)
{
	struct block *one = block_of(b, id);

	one->size = size;
	one->weighted = weighted;
	one->stack = stack;
}

void blocks_gone(struct blocks *b, uint64_t id)
{
	if (id)
		block_of(b, id)->gone = true;
}

void blocks_release(struct blocks *b)
{
	free(b->v);
	b->v = NULL;
	b->n = b->cap = 0;
}

static double each_of(const struct blocks *b)
{
	return b->every > 1 ? (double)b->every : 1;
}

static void weigh(struct profile_weights *w, const struct blocks *b, uint64_t size,
		  uint64_t weighted)
{
	const double each = each_of(b);

	if (b->weighed) {
		w->blocks += size ? (double)weighted / (double)size : 1;
		w->bytes += (double)weighted;
	} else if (!b->every) {
		profile_weigh(w, size, b->rate);
	} else {
		/* With the probability 1 / each: (1 - p) / p^2 = each * (each - 1). */
		w->blocks += each;
		w->bytes += each * (double)size;
		w->blocks_var += each * (each - 1);
		w->bytes_var += (double)size * (double)size * each * (each - 1);
	}
}

static struct sums *sums_of(struct finish *f, uint32_t stack)
{
	return &f->sums[stack < f->n ? stack : f->other];
}

static uint64_t value(const struct map_dump *d, size_t i, size_t offset)
{
	uint64_t v;

	memcpy(&v, d->values + i * d->stride + offset, sizeof(v));
	return v;
}

/* @unseen: what no sample has told of is counted, too, without a stack. */
static int add_live(struct finish *f, const struct blocks_map *map, bool unseen)
{
	struct map_dump d = {0};
	int err = map_read(map->fd, MAP_BEST, &d);

	/* At the look before others may have lived. */
	for (size_t id = 0; id < f->b->n; id++)
		f->b->v[id].live = false;
	for (size_t i = 0; !err && i < d.n; i++) {
		uint64_t id = value(&d, i, map->id);
		struct block *one = id && id < f->b->n ? &f->b->v[id] : NULL;

		if (!value(&d, i, map->when))
			continue;
		if (map->images && value(&d, i, map->image) < map->images) {
			f->ended++;
			if (one)
				one->gone = true;
			continue;
		}
		if (!unseen && (!one || one->stack == PROFILE_NONE))
			continue;
		if (one)
			one->live = true;
		weigh(&sums_of(f, one ? one->stack : f->other)->live, f->b, value(&d, i, map->size),
		      value(&d, i, map->weighted));
	}
	map_dump_release(&d);
	return err;
}

static void add_blocks(struct finish *f)
{
	for (size_t id = 1; id < f->b->n; id++) {
		const struct block *one = &f->b->v[id];
		struct sums *s;

		if (one->stack == PROFILE_NONE)
			continue;
		s = sums_of(f, one->stack);
		weigh(&s->allocs, f->b, one->size, one->weighted);
		if (!one->live && !one->gone)
			weigh(&s->frees, f->b, one->size, one->weighted);
	}
}

/* As many, of as many bytes, without a stack. Of the frees those that no sample accounts for. By
 * bytes their weights are not known: they are a loss, and told. */
static void add_lost(struct finish *f, const struct blocks_counted *c)
{
	const double each = each_of(f->b);
	struct sums *s = &f->sums[f->other];
	double frees = (double)c->found, freed_bytes = (double)c->freed_bytes;

	if (!c->lost || !f->b->every)
		return;
	for (size_t i = 0; i < f->n; i++) {
		frees -= f->sums[i].frees.blocks / each;
		freed_bytes -= f->sums[i].frees.bytes / each;
	}
	s->allocs.blocks += (double)c->lost * each;
	s->allocs.bytes += (double)c->lost_bytes * each;
	s->frees.blocks += MAX(frees, 0.0) * each;
	s->frees.bytes += MAX(freed_bytes, 0.0) * each;
}

static void give_values(struct finish *f, struct profile *p)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct profile_values v = {0}, frees = {0};

		profile_weights_allocs(&f->sums[i].allocs, &v);
		profile_weights_live(&f->sums[i].live, &v);
		profile_weights_allocs(&f->sums[i].frees, &frees);
		v.frees = frees.allocs;
		v.freed_bytes = frees.bytes;
		profile_add_values(p, i, &v);
	}
}

int blocks_finish(struct blocks *b, struct profile *p, uint32_t process,
		  const struct blocks_map *map, const struct blocks_counted *counted,
		  uint64_t *ended)
{
	const struct profile_stack other = {.process = process, .flags = PROFILE_STACK_OTHER};
	struct finish f = {.b = b};
	int err;

	if (counted->lost)
		f.other = profile_add_stack(p, &other);
	f.n = (uint32_t)p->nstacks;
	f.sums = calloc(f.n + 1, sizeof(*f.sums));
	if (!f.sums)
		return -ENOMEM;
	err = add_live(&f, map, !map->moves || counted->lost);
	if (!err) {
		add_blocks(&f);
		add_lost(&f, counted);
		give_values(&f, p);
	}
	free(f.sums);
	if (ended)
		*ended = f.ended;
	return err;
}
