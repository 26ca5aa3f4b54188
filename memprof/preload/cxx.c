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

/* One of the functions: what it is called, where the next provider's is kept, and the way that a
 * call goes: to @own where the allocator has one of its own, to @instead (not NULL) where libstdc++
 * has it, else to the next provider's. */
struct cxx_call {
	const char *symbol;
	void **place, **way;
	void *own, *instead;
};

static void look_for(const struct cxx_call *c)
{
	void *f = find(c->symbol);

	if (!f)
		return;
	__atomic_store_n(c->place, f, __ATOMIC_RELEASE);
	if (same_library(f, (void *)memprof.next.malloc) && !memprof.off)
		f = c->own;
	else if (c->instead && in_libstdcxx(f))
		f = c->instead;
	__atomic_store_n(c->way, f, __ATOMIC_RELEASE);
}

static const struct cxx_call *each_call(size_t *n);

/*
 * Looks for all that are not known yet, the first time that one is called: the loader's lock is
 * taken for it, and who comes later may be a thread for which a library's constructor waits while
 * it is held. What libc allocates meanwhile is ours.
 */
static COLD __attribute__((noinline)) void look(void)
{
	struct thread *t = &thread;
	const struct cxx_call *c;
	uint32_t phase;
	int err = errno;
	size_t n;

	process_start();
	phase = t->phase;
	if (phase == PHASE_READY || phase == PHASE_SHARED)
		t->phase = PHASE_OWN;
	c = each_call(&n);
	for (size_t i = 0; i < n; i++)
		if (!__atomic_load_n(c[i].place, __ATOMIC_ACQUIRE))
			look_for(&c[i]);
	if (phase == PHASE_READY || phase == PHASE_SHARED)
		t->phase = phase;
	errno = err;
}

/* What stands at @place once it was looked for, and it is called now: so somebody has it. */
static COLD void *found(void **place, const void *none)
{
	void *f;

	look();
	f = __atomic_load_n(place, __ATOMIC_ACQUIRE);
	if (f == none)
		abort();
	return f;
}

static void *next_of(void **place)
{
	void *f = __atomic_load_n(place, __ATOMIC_ACQUIRE);

	return likely(f) ? f : found(place, NULL);
}

static COLD void *own_new(enum form form, size_t size, uint64_t a, const uint64_t *fp, bool throws)
{
	static const char nothrow;
	new_fn *f = next_of(&next_quiet[form]);
	bool aligned = form >= NEW_ALIGNED;
	void *p = entry_allocate_by(f, size, aligned ? a : (uint64_t)&nothrow, &nothrow, fp);

	if (!p && throws)
		p = ((new_fn *)next_of(&next_new[form]))(size, a, NULL);
	return p;
}

/* The way is what a call goes: it is a jump, and so is what comes here first. */
#define NEW_WAY(name, symbol, place, form, throws)                                                 \
	static new_fn first_##name;                                                                \
	static void *way_##name = (void *)first_##name;                                            \
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
		new_fn *f = found(&way_##name, (void *)first_##name);                              \
                                                                                                   \
		return f(size, a, b);                                                              \
	}                                                                                          \
	void *cxx_##name(size_t size, uint64_t a, const void *b) __asm__(symbol);                  \
	PUBLIC void *cxx_##name(size_t size, uint64_t a, const void *b)                            \
	{                                                                                          \
		return ((new_fn *)way_##name)(size, a, b);                                         \
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
	static delete_fn first_##name;                                                             \
	static void *way_##name = (void *)first_##name;                                            \
	static SLOW void own_##name(void *p, uint64_t a, const void *b)                            \
	{                                                                                          \
		entry_free_by(next_##name, p, a, b);                                               \
	}                                                                                          \
	static COLD void first_##name(void *p, uint64_t a, const void *b)                          \
	{                                                                                          \
		delete_fn *f = found(&way_##name, (void *)first_##name);                           \
                                                                                                   \
		f(p, a, b);                                                                        \
	}                                                                                          \
	void cxx_##name(void *p, uint64_t a, const void *b) __asm__(symbol);                       \
	PUBLIC void cxx_##name(void *p, uint64_t a, const void *b)                                 \
	{                                                                                          \
		((delete_fn *)way_##name)(p, a, b);                                                \
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

static const struct cxx_call *each_call(size_t *n)
{
	static const struct cxx_call calls[] = {
		{"_Znwm", &next_new[NEW], &way_NEW, (void *)own_NEW, NULL},
		{"_ZnwmRKSt9nothrow_t", &next_quiet[NEW], &way_QUIET_NEW, (void *)own_QUIET_NEW,
		 NULL},
		{"_Znam", &next_new[NEW_ARRAY], &way_NEW_ARRAY, (void *)own_NEW_ARRAY, NULL},
		{"_ZnamRKSt9nothrow_t", &next_quiet[NEW_ARRAY], &way_QUIET_NEW_ARRAY,
		 (void *)own_QUIET_NEW_ARRAY, NULL},
		{"_ZnwmSt11align_val_t", &next_new[NEW_ALIGNED], &way_NEW_ALIGNED,
		 (void *)own_NEW_ALIGNED, NULL},
		{"_ZnwmSt11align_val_tRKSt9nothrow_t", &next_quiet[NEW_ALIGNED],
		 &way_QUIET_NEW_ALIGNED, (void *)own_QUIET_NEW_ALIGNED, NULL},
		{"_ZnamSt11align_val_t", &next_new[NEW_ARRAY_ALIGNED], &way_NEW_ARRAY_ALIGNED,
		 (void *)own_NEW_ARRAY_ALIGNED, NULL},
		{"_ZnamSt11align_val_tRKSt9nothrow_t", &next_quiet[NEW_ARRAY_ALIGNED],
		 &way_QUIET_NEW_ARRAY_ALIGNED, (void *)own_QUIET_NEW_ARRAY_ALIGNED, NULL},
		{"_ZdlPv", &next_delete, &way_delete, (void *)own_delete, (void *)any_free},
		{"_ZdaPv", &next_delete_array, &way_delete_array, (void *)own_delete_array,
		 (void *)any_free},
		{"_ZdlPvm", &next_delete_sized, &way_delete_sized, (void *)own_delete_sized,
		 (void *)any_free},
		{"_ZdaPvm", &next_delete_array_sized, &way_delete_array_sized,
		 (void *)own_delete_array_sized, (void *)any_free},
		{"_ZdlPvRKSt9nothrow_t", &next_delete_quiet, &way_delete_quiet,
		 (void *)own_delete_quiet, (void *)any_free},
		{"_ZdaPvRKSt9nothrow_t", &next_delete_array_quiet, &way_delete_array_quiet,
		 (void *)own_delete_array_quiet, (void *)any_free},
		{"_ZdlPvSt11align_val_t", &next_delete_aligned, &way_delete_aligned,
		 (void *)own_delete_aligned, (void *)any_free},
		{"_ZdaPvSt11align_val_t", &next_delete_array_aligned, &way_delete_array_aligned,
		 (void *)own_delete_array_aligned, (void *)any_free},
		{"_ZdlPvmSt11align_val_t", &next_delete_sized_aligned, &way_delete_sized_aligned,
		 (void *)own_delete_sized_aligned, (void *)any_free},
		{"_ZdaPvmSt11align_val_t", &next_delete_array_sized_aligned,
		 &way_delete_array_sized_aligned, (void *)own_delete_array_sized_aligned,
		 (void *)any_free},
		{"_ZdlPvSt11align_val_tRKSt9nothrow_t", &next_delete_aligned_quiet,
		 &way_delete_aligned_quiet, (void *)own_delete_aligned_quiet, (void *)any_free},
		{"_ZdaPvSt11align_val_tRKSt9nothrow_t", &next_delete_array_aligned_quiet,
		 &way_delete_array_aligned_quiet, (void *)own_delete_array_aligned_quiet,
		 (void *)any_free},
	};

	*n = ARRAY_SIZE(calls);
	return calls;
}
