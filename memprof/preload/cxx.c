/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * C++'s new and delete. Those of libstdc++ come to malloc() and free() and are seen there: a call
 * is passed on by a jump, so that their frame stays in the stack. An allocator that has its own
 * (jemalloc, mimalloc, tcmalloc) goes past malloc(): then they count here.
 *
 * What may throw must not be called while something is held, so a block is asked for by the form
 * that throws nothing; when there is none the other is called, and throws.
 *
 * All take at most three words, and what a form does not take does no harm: one signature for all.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "memprof/preload/preload.h"

#define PUBLIC __attribute__((visibility("default")))
#define FRAME  ((const uint64_t *)__builtin_frame_address(0))

typedef void *new_fn(size_t size, uint64_t a, const void *b);
typedef void delete_fn(void *p, uint64_t a, const void *b);

/* The next provider's, or NULL: not looked for yet. */
enum form { NEW, NEW_ARRAY, NEW_ALIGNED, NEW_ARRAY_ALIGNED, NEW_FORMS };
static void *next_new[NEW_FORMS], *next_quiet[NEW_FORMS];
static bool own_operators; /* they are the allocator's own */

static const char *const throwing[NEW_FORMS] = {"_Znwm", "_Znam", "_ZnwmSt11align_val_t",
						"_ZnamSt11align_val_t"};
static const char *const quiet[NEW_FORMS] = {"_ZnwmRKSt9nothrow_t", "_ZnamRKSt9nothrow_t",
					     "_ZnwmSt11align_val_tRKSt9nothrow_t",
					     "_ZnamSt11align_val_tRKSt9nothrow_t"};

/* The next one in the order of libraries; where libstdc++ was loaded for a plug-in alone, that
 * one's. */
static void *find(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name), *library;

	if (f)
		return f;
	library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
	if (library) {
		f = dlsym(library, name);
		memprof.next.dlclose(library);
	}
	return f;
}

static bool same_library(void *a, void *b)
{
	Dl_info x, y;

	return dladdr(a, &x) && dladdr(b, &y) && x.dli_fbase == y.dli_fbase;
}

/* Looks for @name, which is called now: so somebody has it. What libc allocates meanwhile is ours.
 */
static COLD void *look(void **place, const char *name)
{
	struct thread *t = &thread;
	uint32_t phase;
	int err = errno;
	void *f;

	process_start();
	phase = t->phase;
	if (phase == PHASE_READY || phase == PHASE_SHARED)
		t->phase = PHASE_OWN;
	f = find(name);
	if (!f)
		abort();
	if (same_library(f, (void *)memprof.next.malloc) && !memprof.off)
		own_operators = true;
	__atomic_store_n(place, f, __ATOMIC_RELEASE);
	if (phase == PHASE_READY || phase == PHASE_SHARED)
		t->phase = phase;
	errno = err;
	return f;
}

static inline void *next_of(void **place, const char *name)
{
	void *f = __atomic_load_n(place, __ATOMIC_ACQUIRE);

	return likely(f != NULL) ? f : look(place, name);
}

static COLD void *own_new(enum form form, size_t size, uint64_t a, const uint64_t *fp, bool throws)
{
	static const char nothrow;
	new_fn *f = next_of(&next_quiet[form], quiet[form]);
	bool aligned = form >= NEW_ALIGNED;
	void *p = entry_allocate_by(f, size, aligned ? a : (uint64_t)&nothrow, &nothrow, fp);

	if (!p && throws)
		p = ((new_fn *)next_of(&next_new[form], throwing[form]))(size, a, NULL);
	return p;
}

#define NEW_FORM(form, symbol, quiet_symbol)                                                       \
	void *cxx_##form(size_t size, uint64_t a, const void *b) __asm__(symbol);                  \
	PUBLIC void *cxx_##form(size_t size, uint64_t a, const void *b)                            \
	{                                                                                          \
		new_fn *f = next_of(&next_new[form], symbol);                                      \
                                                                                                   \
		if (unlikely(own_operators))                                                       \
			return own_new(form, size, a, FRAME, true);                                \
		return f(size, a, b);                                                              \
	}                                                                                          \
	void *cxx_quiet_##form(size_t size, uint64_t a, const void *b) __asm__(quiet_symbol);      \
	PUBLIC void *cxx_quiet_##form(size_t size, uint64_t a, const void *b)                      \
	{                                                                                          \
		new_fn *f = next_of(&next_quiet[form], quiet_symbol);                              \
                                                                                                   \
		if (unlikely(own_operators))                                                       \
			return own_new(form, size, a, FRAME, false);                               \
		return f(size, a, b);                                                              \
	}

NEW_FORM(NEW, "_Znwm", "_ZnwmRKSt9nothrow_t")
NEW_FORM(NEW_ARRAY, "_Znam", "_ZnamRKSt9nothrow_t")
NEW_FORM(NEW_ALIGNED, "_ZnwmSt11align_val_t", "_ZnwmSt11align_val_tRKSt9nothrow_t")
NEW_FORM(NEW_ARRAY_ALIGNED, "_ZnamSt11align_val_t", "_ZnamSt11align_val_tRKSt9nothrow_t")

#define DELETE_FORM(name, symbol)                                                                  \
	static void *next_##name;                                                                  \
	void cxx_##name(void *p, uint64_t a, const void *b) __asm__(symbol);                       \
	PUBLIC void cxx_##name(void *p, uint64_t a, const void *b)                                 \
	{                                                                                          \
		delete_fn *f = next_of(&next_##name, symbol);                                      \
                                                                                                   \
		if (unlikely(own_operators))                                                       \
			entry_free_by(f, p, a, b);                                                 \
		else                                                                               \
			f(p, a, b);                                                                \
	}

DELETE_FORM(delete, "_ZdlPv")
DELETE_FORM(delete_array, "_ZdaPv")
DELETE_FORM(delete_sized, "_ZdlPvm")
DELETE_FORM(delete_array_sized, "_ZdaPvm")
DELETE_FORM(delete_quiet, "_ZdlPvRKSt9nothrow_t")
DELETE_FORM(delete_array_quiet, "_ZdaPvRKSt9nothrow_t")
DELETE_FORM(delete_aligned, "_ZdlPvSt11align_val_t")
DELETE_FORM(delete_array_aligned, "_ZdaPvSt11align_val_t")
DELETE_FORM(delete_sized_aligned, "_ZdlPvmSt11align_val_t")
DELETE_FORM(delete_array_sized_aligned, "_ZdaPvmSt11align_val_t")
DELETE_FORM(delete_aligned_quiet, "_ZdlPvSt11align_val_tRKSt9nothrow_t")
DELETE_FORM(delete_array_aligned_quiet, "_ZdaPvSt11align_val_tRKSt9nothrow_t")
