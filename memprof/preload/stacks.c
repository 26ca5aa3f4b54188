/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers for stacks, in the order in which they are met, so that rows lie close together. A hash
 * table of words (hash | number) finds them without a lock; new ones are added under one. It begins
 * small and grows: each page of a table is a fault, which a short program would notice. Stacks are
 * compared whole.
 *
 * When a stack is new, the modules of its addresses are noted in the segment, so that names can be
 * found when the process is gone. A module that is unloaded ends its epoch: the same addresses may
 * mean something else later, and are another stack then.
 */
#include "lib/base.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memprof/preload/preload.h"

enum { NUMBER_BITS = 20, SLOTS_FIRST = 1024, SLOTS_GROW = 4 };

static struct slots {
	uint64_t mask;
	uint64_t slot[]; /* the upper bits of the hash | number; 0: free */
} * slots;

static size_t slots_bytes(uint64_t n)
{
	return sizeof(struct slots) + n * sizeof(uint64_t);
}

static struct slots *slots_new(uint64_t n)
{
	struct slots *s = map_private(slots_bytes(n));

	if (s)
		s->mask = n - 1;
	return s;
}

bool stacks_start(void)
{
	/* A child of fork() numbers its own. */
	if (slots)
		munmap(slots, slots_bytes(slots->mask + 1));
	slots = slots_new(SLOTS_FIRST);
	return slots != NULL;
}

static struct segment_stack *stack_of(uint32_t number)
{
	struct segment_header *h = memprof.head;

	return (struct segment_stack *)((char *)h + h->stacks_at) + number;
}

static uint64_t *pcs_of(const struct segment_stack *s)
{
	struct segment_header *h = memprof.head;

	return (uint64_t *)((char *)h + h->pcs_at) + s->pcs_at;
}

/* --- modules --------------------------------------------------------------------------------- */

static struct segment_module *modules(void)
{
	return (struct segment_module *)((char *)memprof.head + memprof.head->modules_at);
}

/* The GNU build-id of the file that is mapped at @start. */
static void read_build_id(struct segment_module *m)
{
	const char *start = (const char *)m->start, *end = (const char *)m->end;
	const Elf64_Ehdr *eh = (const void *)start;
	uint64_t size = (uint64_t)(end - start);
	const Elf64_Phdr *ph;

	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_phoff > 4096 || eh->e_phnum > 64)
		return;
	ph = (const void *)(start + eh->e_phoff);
	for (unsigned int i = 0; i < eh->e_phnum; i++) {
		uint64_t at = m->bias + ph[i].p_vaddr - (uint64_t)start, left = ph[i].p_memsz;

		if (ph[i].p_type != PT_NOTE || at > size || left > size - at)
			continue;
		while (left >= sizeof(Elf64_Nhdr)) {
			const Elf64_Nhdr *n = (const void *)(start + at);
			uint64_t name = (n->n_namesz + 3ULL) & ~3ULL;
			uint64_t desc = (n->n_descsz + 3ULL) & ~3ULL;

			if (name + desc + sizeof(*n) > left)
				break;
			if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
			    !memcmp(n + 1, "GNU", 4) && n->n_descsz <= sizeof(m->build_id)) {
				m->build_id_len = n->n_descsz;
				memcpy(m->build_id, (const char *)(n + 1) + name, n->n_descsz);
				return;
			}
			at += sizeof(*n) + name + desc;
			left -= sizeof(*n) + name + desc;
		}
	}
}

static void note_module(uint64_t pc)
{
	struct segment_header *h = memprof.head;
	struct segment_module *m = modules();
	struct unwind_image image;
	struct link_map *map;
	static uint32_t last;

	if (last < h->nmodules && pc >= m[last].start && pc < m[last].end && !m[last].to_epoch)
		return;
	for (uint32_t i = 0; i < h->nmodules; i++)
		if (pc >= m[i].start && pc < m[i].end && !m[i].to_epoch) {
			last = i;
			return;
		}
	map = unwind_image_at(pc, &image);
	if (!map)
		return;
	if (h->nmodules == h->modules_max) {
		lose(LOSS_MODULES_FULL, 1);
		return;
	}
	m += h->nmodules;
	m->start = image.start;
	m->end = image.end;
	m->bias = map->l_addr;
	m->from_epoch = h->epoch;
	m->to_epoch = 0;
	read_build_id(m);
	if (map->l_name && map->l_name[0])
		strncpy(m->path, map->l_name, sizeof(m->path) - 1);
	else if (readlink("/proc/self/exe", m->path, sizeof(m->path) - 1) < 0)
		m->path[0] = '\0';
	__atomic_store_n(&h->nmodules, h->nmodules + 1, __ATOMIC_RELEASE);
}

void stacks_modules_changed(void)
{
	struct segment_header *h = memprof.head;
	struct segment_module *m = modules();
	bool gone = false;

	lock(&memprof.stacks_lock);
	for (uint32_t i = 0; i < h->nmodules; i++) {
		struct unwind_image image;

		if (m[i].to_epoch ||
		    (unwind_image_at(m[i].start, &image) && image.start == m[i].start))
			continue;
		m[i].to_epoch = h->epoch + 1;
		gone = true;
	}
	/* Rules of what was walked but had no room among the modules are forgotten too. */
	unwind_forget();
	if (gone || h->nmodules == h->modules_max)
		__atomic_store_n(&h->epoch, h->epoch + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&memprof.epoch, memprof.epoch + 1, __ATOMIC_RELEASE);
	unlock(&memprof.stacks_lock);
}

/* --- numbers --------------------------------------------------------------------------------- */

/* Of a stack's key what is not in its frames. */
struct rest {
	uint32_t epoch, thread;
};

static uint64_t hash_of(const struct unwind_stack *s, struct rest rest)
{
	uint64_t h = (s->hash ^ rest.epoch ^ (uint64_t)rest.thread << 32) * 0x9e3779b97f4a7c15ULL;

	h ^= h >> 32;
	return h ? h : 1;
}

static bool same(uint32_t number, const struct unwind_stack *s, struct rest rest)
{
	const struct segment_stack *have = stack_of(number);

	return have->n == s->n && have->epoch == rest.epoch && have->thread == rest.thread &&
	       have->interrupted == s->interrupted &&
	       !memcmp(pcs_of(have), s->pc, s->n * sizeof(s->pc[0]));
}

/* Looks for the stack; where it is not, *@free is the slot for it. */
static uint32_t find(struct slots *in, const struct unwind_stack *s, uint64_t hash,
		     struct rest rest, uint64_t **free)
{
	uint64_t upper = hash >> NUMBER_BITS, v;

	/* Some are always free. */
	for (uint64_t i = hash & in->mask;; i = (i + 1) & in->mask) {
		*free = &in->slot[i];
		v = __atomic_load_n(*free, __ATOMIC_ACQUIRE);
		if (!v)
			return 0;
		if (v >> NUMBER_BITS == upper && same(v & ((1U << NUMBER_BITS) - 1), s, rest))
			return v & ((1U << NUMBER_BITS) - 1);
	}
}

static uint64_t slot_word(uint64_t hash, uint32_t number)
{
	return hash >> NUMBER_BITS << NUMBER_BITS | number;
}

/* Under the lock: at least a half is free. False: there is no memory. Who still looks into the old
 * table finds fewer there and comes here for the rest, so that it stays, a third of the new one at
 * most. */
static bool slots_grow(void)
{
	uint32_t have = memprof.head->nstacks;
	struct slots *more;

	if (2 * (have + 1ULL) <= slots->mask)
		return true;
	more = slots_new((slots->mask + 1) * SLOTS_GROW);
	if (!more)
		return have + 1ULL < slots->mask;
	for (uint32_t number = 1; number <= have; number++) {
		uint64_t hash = stack_of(number)->hash, i = hash & more->mask;

		while (more->slot[i])
			i = (i + 1) & more->mask;
		more->slot[i] = slot_word(hash, number);
	}
	__atomic_store_n(&slots, more, __ATOMIC_RELEASE);
	return true;
}

static COLD uint32_t add(const struct unwind_stack *s, uint64_t hash, struct rest rest)
{
	struct segment_header *h = memprof.head;
	struct segment_stack *stack;
	uint64_t *at;
	uint32_t number;
	int err = errno;

	lock(&memprof.stacks_lock);
	number = find(slots, s, hash, rest, &at);
	/* Number 0 is no stack. */
	if (!number && h->nstacks + 1 < h->stacks_max && h->npcs + s->n <= h->pcs_max &&
	    slots_grow()) {
		find(slots, s, hash, rest, &at);
		number = h->nstacks + 1;
		stack = stack_of(number);
		stack->hash = hash;
		stack->pcs_at = h->npcs;
		stack->n = (uint16_t)s->n;
		stack->flags = (s->flags & UNWIND_CUT ? SEGMENT_STACK_CUT : 0) |
			       (s->flags & UNWIND_GUESSED ? SEGMENT_STACK_GUESSED : 0);
		stack->interrupted = s->interrupted;
		stack->epoch = rest.epoch;
		stack->thread = rest.thread;
		memcpy(pcs_of(stack), s->pc, s->n * sizeof(s->pc[0]));
		h->npcs += s->n;
		for (uint32_t i = 0; i < s->n; i++)
			note_module(s->pc[i] - !(i < 64 && s->interrupted >> i & 1));
		__atomic_store_n(&h->nstacks, number, __ATOMIC_RELEASE);
		__atomic_store_n(at, slot_word(hash, number), __ATOMIC_RELEASE);
	}
	unlock(&memprof.stacks_lock);
	errno = err;
	return number;
}

uint32_t stacks_number(const struct unwind_stack *s)
{
	const struct thread *t = &thread;
	/* Those beyond the threads that have a shard are one. */
	struct rest rest = {.epoch = __atomic_load_n(&memprof.head->epoch, __ATOMIC_ACQUIRE),
			    .thread = memprof.by_thread && !t->shared ? t->shard->tid : 0};
	uint64_t hash = hash_of(s, rest), *at;
	uint32_t number;

	number = find(__atomic_load_n(&slots, __ATOMIC_ACQUIRE), s, hash, rest, &at);
	return likely(number) ? number : add(s, hash, rest);
}
