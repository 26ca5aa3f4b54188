/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes profiles that are made up, for tests of `memprof report`: made KIND FILE.
 *
 *   small     what tests/unit/memprof_fixture.h has
 *   more      the same with more of some stacks
 *   sampled   one sampled stack, with its errors
 *   empty     a program that allocated nothing
 *   counts    sums without stacks, frees not watched
 *   self      frames of this program itself: a function, one inlined into it, one of C++'s names
 *   big       20,000 stacks that add up to 60,047,179 bytes
 */
#include "lib/base.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "memprof/profile_file.h"
#include "tests/unit/memprof_fixture.h"

static struct profile *small(void)
{
	return fixture_profile();
}

static struct profile *more(void)
{
	struct profile *p = fixture_profile();

	profile_add_values(p, 1,
			   &(struct profile_values){
				   .allocs = 5, .bytes = 320, .live_blocks = 5, .live_bytes = 320});
	return p;
}

static struct profile *sampled(void)
{
	struct profile *p = profile_new(PROFILE_SAMPLED, 524288, "run");
	struct profile_weights w = {0};
	struct profile_stack s = {.nframes = 1};
	uint32_t frame;

	s.process = profile_add_process(p, &(struct profile_process){.pid = 9, .comm = "s"});
	frame = profile_frame_at(p, s.process, 0x1000, 0, "taker");
	s.frames = &frame;
	for (int i = 0; i < 100; i++)
		profile_weigh(&w, 65536, p->rate);
	profile_weights_allocs(&w, &s.values);
	profile_weights_live(&w, &s.values);
	p->frees_known = true;
	profile_add_stack(p, &s);
	return p;
}

static struct profile *empty(void)
{
	return profile_new(PROFILE_EXACT, 0, "run");
}

static struct profile *counts(void)
{
	struct profile *p = profile_new(PROFILE_COUNTS, 0, "run");
	uint32_t process = profile_add_process(p, &(struct profile_process){.pid = 9, .comm = "c"});

	profile_add_stack(p, &(struct profile_stack){.process = process,
						     .flags = PROFILE_STACK_OTHER,
						     .values = {.allocs = 7, .bytes = 700}});
	return p;
}

/* --- this program's own frames ------------------------------------------------------------------
 */

static uint64_t seen[3];

/* Where each call returns to, as a profiler would find it on the stack. */
static void __attribute__((noinline)) see(int i)
{
	seen[i] = (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static inline void __attribute__((always_inline)) made_inlined(void)
{
	see(0);
}

static void __attribute__((noinline)) made_outer(void)
{
	made_inlined();
	see(1);
}

/* std::map<int, int>::find(int const&), as a C++ compiler names it. */
void __attribute__((noinline)) _ZNSt3mapIiiE4findERKi(void);
void __attribute__((noinline)) _ZNSt3mapIiiE4findERKi(void)
{
	see(2);
	__asm__ volatile("");
}

static struct profile *self(void)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "run");
	uint32_t process =
		profile_add_process(p, &(struct profile_process){.pid = 9, .comm = "made"});
	struct profile_module m = {.process = process, .end = UINT64_MAX};
	char exe[4096] = "";
	char *start;
	extern char __executable_start[];

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		return p;
	start = __executable_start;
	m.start = m.bias = (uint64_t)(uintptr_t)start;
	m.path = exe;
	profile_add_module(p, &m);
	made_outer();
	_ZNSt3mapIiiE4findERKi();
	for (int i = 0; i < 3; i++) {
		uint32_t frame = profile_frame_at(p, process, seen[i], 0, NULL);

		profile_add_stack(p, &(struct profile_stack){.process = process,
							     .frames = &frame,
							     .nframes = 1,
							     .values = {.allocs = 1, .bytes = 10}});
	}
	return p;
}

static struct profile *big(void)
{
	enum { STACKS = 20000, WHOLE = 60047179 };
	struct profile *p = profile_new(PROFILE_EXACT, 0, "run");
	uint32_t process = profile_add_process(p, &(struct profile_process){.pid = 1, .comm = "b"});
	uint64_t left = WHOLE;

	p->frees_known = true;
	for (uint32_t i = 0; i < STACKS; i++) {
		uint64_t bytes = i + 1 < STACKS ? 1 + i * 7919 % 5000 : left;
		uint32_t frames[12];
		char name[32];

		left -= bytes;
		for (uint32_t k = 0; k < ARRAY_SIZE(frames); k++) {
			snprintf(name, sizeof(name), "f%u<%u>", k, i >> k);
			frames[k] = profile_frame_at(p, process, k << 20 | i >> k, 0, name);
		}
		profile_add_stack(p,
				  &(struct profile_stack){.process = process,
							  .frames = frames,
							  .nframes = ARRAY_SIZE(frames),
							  .values = {.allocs = 1, .bytes = bytes}});
	}
	return p;
}

static const struct {
	const char *name;
	struct profile *(*make)(void);
} kinds[] = {
	{"small", small},   {"more", more}, {"sampled", sampled}, {"empty", empty},
	{"counts", counts}, {"self", self}, {"big", big},
};

int main(int argc, char *argv[])
{
	log_init("made", LOG_INFO);
	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(kinds); i++) {
		struct profile *p;
		int err;

		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		p = kinds[i].make();
		err = profile_write(p, argv[2]);
		profile_free(p);
		return err ? EXIT_USAGE : EXIT_OK;
	}
	log_err("usage: made KIND FILE");
	return EXIT_USAGE;
}
