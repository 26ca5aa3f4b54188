/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The malloc family, as programs call it.
 *
 * Each function has a fast way, a few instructions before the next provider, which is all that
 * happens to what is not sampled; else it jumps (it does not call: the frame of the function that
 * it jumps to is where the walk begins, and must return to the program) to a slow way. What counts:
 *
 *   - each block once, whichever function it came from, in the bytes that were asked for;
 *   - what failed not at all, and free(NULL) neither;
 *   - a realloc that works as one allocation, and as one free where it was given a block.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "memprof/preload/exact.h"
#include "memprof/preload/note.h"
#include "memprof/preload/poisson.h"
#include "memprof/preload/usdt.h"

/* --- when it is not simple ------------------------------------------------------------------- */

/* Each goes to the next provider's function of its own name: an allocator may have some of them
 * alone, and what they refuse differs. */
enum kind { KIND_MALLOC, KIND_CALLOC, KIND_MEMALIGN, KIND_ALIGNED, KIND_POSIX };

INLINE void *provide(enum kind kind, size_t align, size_t size)
{
	void *p = NULL;

	switch (kind) {
	case KIND_CALLOC: return memprof.next.calloc(1, padded(size));
	case KIND_MEMALIGN: return memprof.next.memalign(align, padded(size));
	case KIND_ALIGNED: return memprof.next.aligned_alloc(align, padded(size));
	case KIND_POSIX: return memprof.next.posix_memalign(&p, align, padded(size)) ? NULL : p;
	default: return memprof.next.malloc(padded(size));
	}
}

/* Before the providers are known only the reserve can give anything; its blocks are never given
 * back, and a free of one must be slow to be seen. */
static void *from_reserve(size_t align, size_t size)
{
	char *p = reserve_take(size, align);

	for (size_t i = 0; p && i <= size; i += 256)
		note_filter[(uint64_t)(p + i) >> 8 & 0xffff] = 255;
	return p;
}

/* Makes what is missing. True: this thread counts. */
COLD bool entry_ready(struct thread *t)
{
	if (!memprof.ready)
		process_start();
	if (!memprof.ready)
		return false;
	if (t->phase == PHASE_NEW)
		thread_start(t);
	return counts(t);
}

static COLD void *alloc_unready(enum kind kind, size_t align, size_t size, const uint64_t *fp)
{
	struct thread *t = &thread;
	void *p;

	if (entry_ready(t)) {
		if (t->left > size) {
			t->left -= size;
			return provide(kind, align, size);
		}
		return noted(t, provide(kind, align, size), size, fp);
	}
	if (!memprof.ready)
		return from_reserve(align, size);
	if (t->phase == PHASE_COUNTING)
		lose(LOSS_REENTRANT, 1);
	p = provide(kind, align, size);
	if (p && memprof.trailer)
		*trailer_of(p) = 0;
	return p;
}

static COLD bool free_unready(void *p)
{
	struct thread *t = &thread;

	if (reserve_owns(p))
		return false;
	if (entry_ready(t))
		return true;
	if (memprof.ready) {
		if (t->phase == PHASE_COUNTING)
			lose(LOSS_REENTRANT, 1);
		memprof.next.free(p);
	}
	return false;
}

/* True: not to be counted, and that is told. */
INLINE bool passes(size_t size)
{
	if (unlikely(thread.left <= size))
		return false;
	thread.left -= size;
	return true;
}

/* --- slow ways ------------------------------------------------------------------------------- */

INLINE void *alloc(enum kind kind, size_t align, size_t size, const uint64_t *fp)
{
	struct thread *t = &thread;

	if (unlikely(!counts(t))) {
		void *p = alloc_unready(kind, align, size, fp);

		FRAME_STAYS();
		return p;
	}
	return noted(t, provide(kind, align, size), size, fp);
}

static SLOW void *malloc_slow(size_t size)
{
	return alloc(KIND_MALLOC, 0, size, FRAME);
}

static SLOW void *calloc_slow(size_t size)
{
	return alloc(KIND_CALLOC, 0, size, FRAME);
}

static SLOW void *memalign_slow(size_t align, size_t size)
{
	return alloc(KIND_MEMALIGN, align, size, FRAME);
}

static SLOW void *aligned_alloc_slow(size_t align, size_t size)
{
	return alloc(KIND_ALIGNED, align, size, FRAME);
}

SLOW void entry_free_slow(void *p)
{
	struct thread *t = &thread;

	if (unlikely(!p))
		return;
	if (unlikely(!counts(t) || reserve_owns(p)) && !free_unready(p))
		return;
	note_free(t, p);
	memprof.next.free(p);
}

static void *(*malloc_way)(size_t) = malloc_slow;
static void *(*calloc_way)(size_t) = calloc_slow;
static void (*free_way)(void *) = entry_free_slow;

void entry_choose_ways(void)
{
	if (memprof.mode != SEGMENT_EXACT)
		return;
	malloc_way = memprof.trailer ? exact_malloc_trailer : exact_malloc_table;
	calloc_way = memprof.trailer ? exact_calloc_trailer : exact_calloc_table;
	free_way = memprof.trailer ? exact_free_trailer : exact_free_table;
}

/* --- for C++ operators of another allocator ----------------------------------------------------
 */

void *entry_allocate_by(void *(*give)(size_t, uint64_t, const void *), size_t size, uint64_t a,
			const void *b, const uint64_t *fp)
{
	struct thread *t = &thread;
	uint32_t phase;
	void *p;

	if (passes(size) || (!counts(t) && !entry_ready(t)))
		return give(size, a, b);
	/* It may come by malloc() after all, and is one block. */
	phase = t->phase;
	t->phase = PHASE_OWN;
	p = give(size, a, b);
	t->phase = phase;
	return noted(t, p, size, fp);
}

void entry_free_by(void (*take_back)(void *, uint64_t, const void *), void *p, uint64_t a,
		   const void *b)
{
	struct thread *t = &thread;
	uint32_t phase;

	if (!p || !note_filter[(uint64_t)p >> 8 & memprof.free_mask] ||
	    (!counts(t) && !entry_ready(t))) {
		take_back(p, a, b);
		return;
	}
	note_free(t, p);
	phase = t->phase;
	t->phase = PHASE_OWN;
	take_back(p, a, b);
	t->phase = phase;
}

/* realloc() of a block of the reserve: it stays where it is, and what comes instead is a sample by
 * chance, as any block. */
static COLD void *realloc_reserved(void *p, size_t size, const uint64_t *fp)
{
	void *q = passes(size) ? memprof.next.malloc(size) : alloc(KIND_MALLOC, 0, size, fp);

	if (q)
		memcpy(q, p, MIN(size, reserve_size(p)));
	return q;
}

static COLD void *realloc_unready(void *p, size_t size)
{
	void *q;

	if (thread.phase == PHASE_COUNTING)
		lose(LOSS_REENTRANT, 1);
	if (memprof.trailer && !size) {
		memprof.next.free(p);
		return NULL;
	}
	q = memprof.next.realloc(p, padded(size));
	if (q && memprof.trailer)
		*trailer_of(q) = 0;
	return q;
}

static SLOW void *realloc_slow(void *p, size_t size)
{
	const uint64_t *fp = FRAME;
	struct thread *t = &thread;
	struct taken taken;
	bool found, frees = !size;
	void *q;

	if (!p)
		return alloc(KIND_MALLOC, 0, size, fp);
	if (unlikely(reserve_owns(p))) {
		q = realloc_reserved(p, size, fp);
		FRAME_STAYS();
		return q;
	}
	if (unlikely(!counts(t)) && !entry_ready(t))
		return realloc_unready(p, size);
	if (memprof.mode == SEGMENT_COUNTS) {
		size_t room = memprof.next.malloc_usable_size(p);

		q = memprof.next.realloc(p, size);
		if (q || frees) {
			account_begin(t);
			t->rows[0].frees++;
			t->shard->usable_freed += room;
			account_end(t);
		}
		return q ? noted(t, q, size, fp) : NULL;
	}
	/* It must be out of the table before anybody else can be given its address. */
	begin(t);
	found = note_take(p, &taken, true);
	end(t);
	if (memprof.trailer && frees) {
		memprof.next.free(p);
		q = NULL;
	} else {
		q = memprof.next.realloc(p, padded(size));
	}
	begin(t);
	if (!q && !frees) {
		if (found && in_table(&taken))
			table_restore(&taken);
		else if (found)
			*trailer_of(p) = taken.key;
		end(t);
		return NULL;
	}
	if (found) {
		if (in_table(&taken))
			table_give_up(&taken);
		note_taken(t, (uint64_t)p, &taken, false);
	} else if (memprof.mode == SEGMENT_EXACT) {
		lose(LOSS_UNKNOWN_FREES, 1);
	}
	if (t->last == (uint64_t)p)
		t->last = 0;
	end(t);
	if (!q)
		return NULL;
	if (memprof.mode == SEGMENT_SAMPLED && t->left > size) {
		t->left -= size;
		return q;
	}
	return noted(t, q, size, fp);
}

/* --- what programs call ---------------------------------------------------------------------- */

PUBLIC void *malloc(size_t size)
{
	return passes(size) ? memprof.next.malloc(size) : malloc_way(size);
}

PUBLIC void free(void *p)
{
	if (unlikely(note_filter[(uint64_t)p >> 8 & memprof.free_mask]))
		free_way(p);
	else
		memprof.next.free(p);
}

/* C23's, glibc's since 2.43, where they are functions of their own. */
void free_sized(void *p, size_t size);
void free_aligned_sized(void *p, size_t align, size_t size);

PUBLIC void free_sized(void *p, size_t size UNUSED)
{
	free(p);
}

PUBLIC void free_aligned_sized(void *p, size_t align UNUSED, size_t size UNUSED)
{
	free(p);
}

PUBLIC void *calloc(size_t n, size_t each)
{
	size_t size;

	if (unlikely(__builtin_mul_overflow(n, each, &size))) {
		errno = ENOMEM;
		return NULL;
	}
	return passes(size) ? memprof.next.calloc(n, each) : calloc_way(size);
}

PUBLIC void *realloc(void *p, size_t size)
{
	if (p && !note_filter[(uint64_t)p >> 8 & memprof.free_mask] && passes(size))
		return memprof.next.realloc(p, size);
	if (!p && passes(size))
		return memprof.next.malloc(size);
	return realloc_slow(p, size);
}

PUBLIC void *reallocarray(void *p, size_t n, size_t each)
{
	size_t size;

	if (unlikely(__builtin_mul_overflow(n, each, &size))) {
		errno = ENOMEM;
		return NULL;
	}
	if (p && !note_filter[(uint64_t)p >> 8 & memprof.free_mask] && passes(size))
		return memprof.next.realloc(p, size);
	if (!p && passes(size))
		return memprof.next.malloc(size);
	return realloc_slow(p, size);
}

PUBLIC void *memalign(size_t align, size_t size)
{
	return passes(size) ? memprof.next.memalign(align, size) : memalign_slow(align, size);
}

PUBLIC void *aligned_alloc(size_t align, size_t size)
{
	return passes(size) ? memprof.next.aligned_alloc(align, size)
			    : aligned_alloc_slow(align, size);
}

static size_t page_size(void)
{
	return getauxval(AT_PAGESZ);
}

PUBLIC void *valloc(size_t size)
{
	return passes(size) ? memprof.next.memalign(page_size(), size)
			    : memalign_slow(page_size(), size);
}

PUBLIC void *pvalloc(size_t size)
{
	size_t page = page_size();

	size = size > SIZE_MAX - page ? size : (size + page - 1) & -page;
	return passes(size) ? memprof.next.memalign(page, size) : memalign_slow(page, size);
}

PUBLIC int posix_memalign(void **out, size_t align, size_t size)
{
	const uint64_t *fp = FRAME;
	void *p;

	if (!align || align % sizeof(void *) || align & (align - 1))
		return EINVAL;
	if (passes(size))
		return memprof.next.posix_memalign(out, align, size);
	p = alloc(KIND_POSIX, align, size, fp);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

PUBLIC size_t malloc_usable_size(void *p)
{
	if (!p)
		return 0;
	if (unlikely(reserve_owns(p)))
		return reserve_size(p);
	if (unlikely(!memprof.ready))
		process_start();
	return memprof.next.malloc_usable_size(p) - memprof.trailer;
}

PUBLIC int dlclose(void *handle)
{
	struct thread *t = &thread;
	int result;

	if (!memprof.ready)
		process_start();
	result = memprof.next.dlclose(handle);
	if (memprof.mode != SEGMENT_COUNTS && entry_ready(t)) {
		int err = errno;

		begin(t);
		stacks_modules_changed();
		end(t);
		errno = err;
	}
	return result;
}

/* glibc's holds a lock of the thread while it allocates, and a thread that begins to count asks for
 * the same: it begins before. */
PUBLIC int pthread_getattr_np(pthread_t id, pthread_attr_t *attr)
{
	entry_ready(&thread);
	return memprof.next.getattr(id, attr);
}

/* Where the processor's clock is forbidden (seccomp's strict mode does so too), asking for the time
 * would end the program: no lifetimes are measured from here. */
PUBLIC int prctl(int option, ...)
{
	unsigned long a[4];
	va_list rest;

	va_start(rest, option);
	for (size_t i = 0; i < ARRAY_SIZE(a); i++)
		a[i] = va_arg(rest, unsigned long);
	va_end(rest);
	if (!memprof.ready)
		process_start();
	if ((option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_STRICT) ||
	    (option == PR_SET_TSC && a[0] == PR_TSC_SIGSEGV))
		memprof.no_clock = true;
	return memprof.next.prctl(option, a[0], a[1], a[2], a[3]);
}
