/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * C++'s new and delete. Those of libstdc++ come to malloc() and free() and are seen there: a call
 * is passed on by a jump, so that their frame stays in the stack, and its delete, which is free()
 * and no more, straight to that. An allocator that has its own (jemalloc, mimalloc, tcmalloc) goes
 * past malloc(): then they count here. Which it is is found out at the first call of each.
 *
 * What may throw must not be called while something is held, so a block is asked for by the form
 * that throws nothing; when there is none the other is called, and throws.
 *
 * All take at most three words, and what a form does not take does no harm: one signature for all.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "memprof/preload/preload.h"

typedef void *new_fn(size_t size, uint64_t a, const void *b);
typedef void delete_fn(void *p, uint64_t a, const void *b);

/* The next provider's, or NULL: not looked for yet. */
enum form { NEW, NEW_ARRAY, NEW_ALIGNED, NEW_ARRAY_ALIGNED, NEW_FORMS };
static void *next_new[NEW_FORMS], *next_quiet[NEW_FORMS];

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

/* libstdc++'s, whichever version. */
static bool in_libstdcxx(void *f)
{
	Dl_info in;
	const char *name = dladdr(f, &in) && in.dli_fname ? in.dli_fname : "", *slash;

	slash = strrchr(name, '/');
	return !strncmp(slash ? slash + 1 : name, "libstdc++.so", 12);
}

/* Looks for @name, which is called now: so somebody has it. What libc allocates meanwhile is ours.
 * Returns it, or @own where it is the allocator's own, or @instead (not NULL) where libstdc++ has
 * it. */
static COLD void *look(void **place, const char *name, void *own, void *instead)
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
	__atomic_store_n(place, f, __ATOMIC_RELEASE);
	if (same_library(f, (void *)memprof.next.malloc) && !memprof.off)
		f = own;
	else if (instead && in_libstdcxx(f))
		f = instead;
	if (phase == PHASE_READY || phase == PHASE_SHARED)
		t->phase = phase;
	errno = err;
	return f;
}

static void *next_of(void **place, const char *name)
{
	void *f = __atomic_load_n(place, __ATOMIC_ACQUIRE);

	if (unlikely(!f)) {
		look(place, name, NULL, NULL);
		f = *place;
	}
	return f;
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

/* The way is what a call goes: it is a jump, and so is what comes here first. */
#define NEW_WAY(name, symbol, place, form, throws)                                                 \
	static new_fn first_##name, *way_##name = first_##name;                                    \
	static SLOW void *own_##name(size_t size, uint64_t a, const void *b)                       \
	{                                                                                          \
		void *p = own_new(form, size, a, FRAME, throws);                                   \
                                                                                                   \
		(void)b;                                                                           \
		FRAME_STAYS();                                                                     \
		return p;                                                                          \
	}                                                                                          \
	static COLD void *first_##name(size_t size, uint64_t a, const void *b)                     \
	{                                                                                          \
		new_fn *f = look(&place[form], symbol, own_##name, NULL);                          \
                                                                                                   \
		__atomic_store_n(&way_##name, f, __ATOMIC_RELEASE);                                \
		return f(size, a, b);                                                              \
	}                                                                                          \
	void *cxx_##name(size_t size, uint64_t a, const void *b) __asm__(symbol);                  \
	PUBLIC void *cxx_##name(size_t size, uint64_t a, const void *b)                            \
	{                                                                                          \
		return way_##name(size, a, b);                                                     \
	}

#define NEW_FORM(form, symbol, quiet_symbol)                                                       \
	NEW_WAY(form, symbol, next_new, form, true)                                                \
	NEW_WAY(QUIET_##form, quiet_symbol, next_quiet, form, false)

NEW_FORM(NEW, "_Znwm", "_ZnwmRKSt9nothrow_t")
NEW_FORM(NEW_ARRAY, "_Znam", "_ZnamRKSt9nothrow_t")
NEW_FORM(NEW_ALIGNED, "_ZnwmSt11align_val_t", "_ZnwmSt11align_val_tRKSt9nothrow_t")
NEW_FORM(NEW_ARRAY_ALIGNED, "_ZnamSt11align_val_t", "_ZnamSt11align_val_tRKSt9nothrow_t")

/* As a program calls it. */
extern void any_free(void *p) __asm__("free");

#define DELETE_FORM(name, symbol)                                                                  \
	static void *next_##name;                                                                  \
	static delete_fn first_##name, *way_##name = first_##name;                                 \
	static SLOW void own_##name(void *p, uint64_t a, const void *b)                            \
	{                                                                                          \
		entry_free_by(next_##name, p, a, b);                                               \
	}                                                                                          \
	static COLD void first_##name(void *p, uint64_t a, const void *b)                          \
	{                                                                                          \
		delete_fn *f = look(&next_##name, symbol, own_##name, (void *)any_free);           \
                                                                                                   \
		__atomic_store_n(&way_##name, f, __ATOMIC_RELEASE);                                \
		f(p, a, b);                                                                        \
	}                                                                                          \
	void cxx_##name(void *p, uint64_t a, const void *b) __asm__(symbol);                       \
	PUBLIC void cxx_##name(void *p, uint64_t a, const void *b)                                 \
	{                                                                                          \
		way_##name(p, a, b);                                                               \
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
