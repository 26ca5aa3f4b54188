/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof attach beside a process whose calls are known, in each way that the kernel has. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <linux/perf_event.h>
#include <poll.h>
#include <sys/syscall.h>

#include <bpf/libbpf.h>

#include "memprof/attach/attach.h"
#include "memprof/report/report.h"

/* What the child does when it is told, by calls that the compiler leaves alone. */
struct calls {
	void *(*volatile malloc)(size_t);
	void *(*volatile calloc)(size_t, size_t);
	void *(*volatile realloc)(void *, size_t);
	void *(*volatile aligned_alloc)(size_t, size_t);
	int (*volatile posix_memalign)(void **, size_t, size_t);
	void (*volatile free)(void *);
};
static struct calls c = {malloc, calloc, realloc, aligned_alloc, posix_memalign, free};

enum { BEFORE = 100, FREED_BEFORE = 40, PAIRS = 3000, HELD = 30 };

struct party {
	struct subproc child;
	int go[2], done[2];
};

static void *before[BEFORE], *held[HELD];

__attribute__((noinline)) static void *attach_test_leaf(size_t size)
{
	void *p = c.malloc(size);

	__asm__ volatile("" ::"r"(p) : "memory");
	return p;
}

__attribute__((noinline)) static void attach_test_pairs(void)
{
	for (size_t i = 0; i < PAIRS; i++) {
		c.free(attach_test_leaf(16 + i % 512));
		c.free(NULL);
	}
	__asm__ volatile("" ::: "memory");
}

/* Every function of the family, and what fails. 6 allocations of 1,264 bytes, 3 frees of 420. */
static void family(void)
{
	void *p = c.calloc(10, 12), *q = NULL, *r;

	r = c.realloc(NULL, 100);
	r = c.realloc(r, 200);
	p = c.realloc(p, (size_t)1 << 60) ? NULL : p; /* fails: p stays */
	c.malloc((size_t)1 << 60);
	c.free(r);
	r = c.aligned_alloc(64, 640);
	if (c.posix_memalign(&q, 64, 128))
		_exit(1);
	c.posix_memalign(&r, 3, 128); /* fails, and writes nothing */
	held[0] = c.realloc(p, 76);
}

/* More blocks are freed than entries stay in the live table, then their addresses are given out
 * again. */
enum { MANY = USER_ENDED_MAX + 2000 };
static void *many[MANY];

static void many_twice(void)
{
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < MANY; i++)
			many[i] = c.malloc(100 + round);
		for (size_t i = 0; i < (round ? MANY / 2 : MANY); i++)
			c.free(many[i]);
	}
}

/* Two callers of the same function from the same place in the stack, in turns: first a few, which
 * the reader sees, then more than the ring has room for with their stacks. */
enum { SEEN = 100, KNOWN = 24000 };

__attribute__((noinline)) static void *attach_test_one(size_t size)
{
	void *p = attach_test_leaf(size);

	__asm__ volatile("" ::"r"(p) : "memory");
	return p;
}

__attribute__((noinline)) static void *attach_test_other(size_t size)
{
	void *p = attach_test_leaf(size + 1);

	__asm__ volatile("" ::"r"(p) : "memory");
	return p;
}

__attribute__((noinline)) static void in_turns(size_t n)
{
	volatile size_t size = 16;

	for (size_t i = 0; i < n; i++)
		c.free(i % 2 ? attach_test_one(size) : attach_test_other(size));
}

/* Somebody else watches the returns of this function, and it calls itself: from the 64th on the
 * kernel watches no more of them, those of the allocator neither. Each level has a block. */
enum { LEVELS = 100 };

__attribute__((noinline)) static void attach_test_level(int levels)
{
	void *block = c.malloc(40);

	__asm__ volatile("" ::"r"(block) : "memory");
	if (levels > 1)
		attach_test_level(levels - 1);
	c.free(block);
	__asm__ volatile("" ::: "memory");
}

static uint64_t number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long n = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu", &n), 1);
	fclose(f);
	return n;
}

/* Where a function of this program lies in its file. */
static uint64_t offset_in_file(uintptr_t function)
{
	unsigned long start, end, offset;
	uint64_t found = 0;
	char line[512], rights[8];
	FILE *f = fopen("/proc/self/maps", "re");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %7s %lx", &start, &end, rights, &offset) == 4 &&
		    function >= start && function < end)
			found = function - start + offset;
	fclose(f);
	assert_int_not_equal(found, 0);
	return found;
}

static int watch_returns(pid_t pid, uintptr_t function)
{
	struct perf_event_attr attr = {
		.type = (uint32_t)number_in("/sys/bus/event_source/devices/uprobe/type"),
		.size = sizeof(attr),
		.config = 1, /* at the return */
		.uprobe_path = (uintptr_t) "/proc/self/exe",
		.probe_offset = offset_in_file(function),
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static int seen_then_known(struct party *p)
{
	char go;

	for (volatile int known = 0; known < 2; known++) {
		in_turns(known ? KNOWN : SEEN);
		if (!known && (write(p->done[1], "s", 1) != 1 || read(p->go[0], &go, 1) != 1))
			return 1;
	}
	return 0;
}

/* Lives while somebody looks, and is freed after it. */
static int held_for_a_look(struct party *p)
{
	char go;

	for (size_t i = 0; i < HELD; i++)
		held[i] = attach_test_leaf(1000);
	if (write(p->done[1], "s", 1) != 1 || read(p->go[0], &go, 1) != 1)
		return 1;
	for (size_t i = 0; i < HELD; i++)
		c.free(held[i]);
	return 0;
}

static int work(void *arg)
{
	struct party *p = arg;
	char go;

	for (size_t i = 0; i < BEFORE; i++)
		before[i] = c.malloc(50);
	if (write(p->done[1], "r", 1) != 1 || read(p->go[0], &go, 1) != 1)
		return 1;
	for (size_t i = 0; i < FREED_BEFORE; i++)
		c.free(before[i]);
	if (go == 'p') {
		attach_test_pairs();
		for (size_t i = 0; i < HELD; i++)
			held[i] = attach_test_leaf(1000);
	} else if (go == 'm') {
		many_twice();
	} else if (go == 'h') {
		if (held_for_a_look(p))
			return 1;
	} else if (go == 'd') {
		attach_test_level(LEVELS);
	} else if (go == 'k') {
		if (seen_then_known(p))
			return 1;
	} else {
		family();
	}
	return write(p->done[1], "d", 1) != 1 || read(p->go[0], &go, 1) < 0;
}

static void start(struct party *p)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	char c1;

	*p = (struct party){.child = SUBPROC_INIT};
	assert_int_equal(pipe(p->go), 0);
	assert_int_equal(pipe(p->done), 0);
	opts.child = work;
	opts.arg = p;
	assert_int_equal(subproc_start(&p->child, &opts), 0);
	assert_int_equal(read(p->done[0], &c1, 1), 1);
}

static void end(struct party *p)
{
	subproc_kill(&p->child, 1000);
	subproc_release(&p->child);
	for (int i = 0; i < 2; i++) {
		close(p->go[i]);
		close(p->done[i]);
	}
}

static void take_until_done(struct attachment *a, int done)
{
	struct pollfd p[2] = {{.fd = attach_fd(a), .events = POLLIN},
			      {.fd = done, .events = POLLIN}};

	while (poll(p, 2, ATTACH_TICK_MS) >= 0 && !p[1].revents)
		attach_take(a);
}

static void look_at_held(struct attachment *a)
{
	struct profile *look;

	assert_int_equal(attach_snapshot(a, &look), 0);
	assert_int_equal(look->total.live_blocks, HELD);
	assert_int_equal(look->total.frees, 0);
	profile_free(look);
}

/* Attaches, lets the child do what @go says, detaches. NULL: the kernel has not that way. */
static struct profile *watch(struct probes_options *o, char go)
{
	static struct places at;
	struct attachment *a = NULL;
	struct profile *profile;
	struct party p;
	char c1;
	int err, other = -1;

	start(&p);
	if (go == 'd')
		other = watch_returns(p.child.pid, (uintptr_t)attach_test_level);
	o->pid = p.child.pid;
	live_listen();
	err = places_find(&at, o->pid, NULL);
	err = err ? err : attach_open(&a, o, &at);
	log_capture(NULL, NULL);
	if (err) {
		end(&p);
		if (o->way == PROBES_BEST || o->way == PROBES_PLAIN)
			fail_msg("%s", live_said);
		return NULL;
	}
	assert_int_equal(write(p.go[1], &go, 1), 1);
	if (go == 'k' || go == 'h') {
		assert_int_equal(read(p.done[0], &c1, 1), 1);
		if (go == 'h')
			look_at_held(a);
		else
			attach_take(a);
		assert_int_equal(write(p.go[1], &go, 1), 1);
	} else if (!o->ring_bytes) {
		take_until_done(a, p.done[0]);
	}
	assert_int_equal(read(p.done[0], &c1, 1), 1);
	assert_int_equal(c1, 'd');
	assert_int_equal(attach_finish(a, &profile), 0);
	attach_close(a);
	end(&p);
	if (other >= 0)
		close(other);
	return profile;
}

static uint64_t loss_of(const struct profile *p, const char *name)
{
	for (size_t i = 0; i < p->nlosses; i++)
		if (!strcmp(p->losses[i].name, name))
			return p->losses[i].count;
	fail_msg("no figure is called %s", name);
	return 0;
}

/* What stacks have whose innermost functions are these. */
static struct profile_values under(struct profile *p, const char *leaf, const char *caller)
{
	const struct symbols_options fast = {.names_only = true};
	struct symbols *s = symbols_of(p, &fast);
	struct profile_values sum = {0};

	for (size_t i = 0; i < p->nstacks; i++) {
		const struct profile_stack *k = &p->stacks[i];

		if (k->nframes < 3 || strcmp(s->frames[k->frames[0]].at[0].name, leaf) ||
		    strcmp(s->frames[k->frames[1]].at[0].name, caller))
			continue;
		sum.allocs += k->values.allocs;
		sum.bytes += k->values.bytes;
		sum.frees += k->values.frees;
		sum.live_blocks += k->values.live_blocks;
		sum.live_bytes += k->values.live_bytes;
		assert_int_equal(k->flags, 0); /* whole */
	}
	symbols_free(s);
	return sum;
}

static uint64_t pair_bytes(void)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < PAIRS; i++)
		bytes += 16 + i % 512;
	return bytes;
}

/* Of who reads late, some stacks are lost, and their calls are counted without one. */
static void check_pairs(struct profile *p)
{
	struct profile_values v = under(p, "attach_test_leaf", "attach_test_pairs");
	struct profile_values kept = under(p, "attach_test_leaf", "work");
	uint64_t lost = loss_of(p, "samples_lost");

	assert_int_equal(p->total.allocs, PAIRS + HELD);
	assert_int_equal(p->total.bytes, pair_bytes() + HELD * 1000);
	assert_int_equal(p->total.frees, PAIRS);
	assert_int_equal(p->total.freed_bytes, pair_bytes());
	assert_int_equal(p->total.live_blocks, HELD);
	assert_int_equal(p->total.live_bytes, HELD * 1000);
	assert_int_equal(loss_of(p, "calls"), PAIRS + HELD);
	assert_int_equal(loss_of(p, "call_frees"), PAIRS + FREED_BEFORE);
	assert_int_equal(loss_of(p, "unknown_frees"), FREED_BEFORE);
	assert_true(loss_of(p, "free_null") == PAIRS || loss_of(p, "free_null") == 0);
	assert_int_equal(v.allocs + kept.allocs + lost, PAIRS + HELD);
	assert_int_equal(v.live_blocks, 0);
	assert_int_equal(kept.live_blocks, kept.allocs);
	if (!lost) {
		assert_int_equal(v.bytes, pair_bytes());
		assert_int_equal(v.frees, PAIRS);
		assert_int_equal(kept.allocs, HELD);
	}
	profile_free(p);
}

static void pairs_in(enum probes_way way)
{
	struct probes_options o = {.way = way, .every = 1};
	struct profile *p = watch(&o, 'p');

	if (!p)
		skip();
	check_pairs(p);
}

static void pairs_best(void **state UNUSED)
{
	pairs_in(PROBES_BEST);
}

static void pairs_session(void **state UNUSED)
{
	pairs_in(PROBES_SESSION);
}

static void pairs_multi(void **state UNUSED)
{
	pairs_in(PROBES_MULTI);
}

static void pairs_plain(void **state UNUSED)
{
	pairs_in(PROBES_PLAIN);
}

/* A realloc that works is one allocation and, where it had a block, one free. */
static void whole_family(void **state UNUSED)
{
	struct probes_options o = {.every = 1};
	struct profile *p = watch(&o, 'f');

	assert_int_equal(p->total.allocs, 6);
	assert_int_equal(p->total.bytes, 120 + 100 + 200 + 640 + 128 + 76);
	assert_int_equal(p->total.frees, 3);
	assert_int_equal(p->total.freed_bytes, 120 + 100 + 200);
	assert_int_equal(p->total.live_blocks, 3);
	assert_int_equal(p->total.live_bytes, 640 + 128 + 76);
	assert_int_equal(loss_of(p, "failed"), 3);
	assert_int_equal(loss_of(p, "unknown_frees"), FREED_BEFORE);
	profile_free(p);
}

static void freed_and_given_out_again(void **state UNUSED)
{
	struct probes_options o = {.every = 1};
	struct profile *p = watch(&o, 'm');

	assert_int_equal(p->total.allocs, 2 * MANY);
	assert_int_equal(p->total.bytes, 201 * MANY);
	assert_int_equal(p->total.frees, MANY + MANY / 2);
	assert_int_equal(p->total.freed_bytes, 100 * MANY + 101 * (MANY / 2));
	assert_int_equal(p->total.live_blocks, MANY - MANY / 2);
	assert_int_equal(p->total.live_bytes, 101 * (MANY - MANY / 2));
	assert_int_equal(loss_of(p, "overwritten"), 0);
	assert_int_equal(loss_of(p, "untracked"), 0);
	profile_free(p);
}

static void sampled(void **state UNUSED)
{
	struct probes_options o = {.rate = 2048};
	struct profile *p = watch(&o, 'p');
	double truth = (double)(pair_bytes() + HELD * 1000), off = (double)p->total.bytes - truth;

	/* n z^2 (1 - p) / p is below rate * bytes; six standard deviations. */
	assert_int_equal(p->mode, PROFILE_SAMPLED);
	assert_true(off * off < 36 * 2048 * truth);
	assert_int_equal(loss_of(p, "calls"), PAIRS + HELD);
	assert_true(p->total.live_bytes <= p->total.bytes);
	assert_int_equal(p->total.allocs >= p->total.frees, true);
	profile_free(p);
}

/* Nobody takes what comes after the first, and nothing is lost: stacks that were seen are numbers,
 * and each is its own caller's. */
static void known_stacks(void **state UNUSED)
{
	struct probes_options o = {.every = 1};
	struct profile *p = watch(&o, 'k');
	struct profile_values one = under(p, "attach_test_leaf", "attach_test_one");
	struct profile_values other = under(p, "attach_test_leaf", "attach_test_other");

	assert_int_equal(loss_of(p, "samples_lost"), 0);
	assert_int_equal(p->total.allocs, SEEN + KNOWN);
	assert_int_equal(one.allocs, (SEEN + KNOWN) / 2);
	assert_int_equal(one.bytes, 16 * one.allocs);
	assert_int_equal(other.allocs, (SEEN + KNOWN) / 2);
	assert_int_equal(other.bytes, 17 * other.allocs);
	assert_int_equal(p->total.live_blocks, 0);
	profile_free(p);
}

/* What lived at a look and was freed after it is freed in the end. */
static void looked_at(void **state UNUSED)
{
	struct probes_options o = {.every = 1};
	struct profile *p = watch(&o, 'h');

	assert_int_equal(p->total.allocs, HELD);
	assert_int_equal(p->total.frees, HELD);
	assert_int_equal(p->total.freed_bytes, HELD * 1000);
	assert_int_equal(p->total.live_blocks, 0);
	profile_free(p);
}

static void beyond_64_returns(enum probes_way way)
{
	struct probes_options o = {.way = way, .every = 1};
	struct profile *p = watch(&o, 'd');

	if (!p)
		skip();
	assert_int_equal(loss_of(p, "nested"), 0);
	assert_int_equal(p->total.allocs, USER_RETURNS_MAX - 1);
	assert_int_equal(p->total.frees, USER_RETURNS_MAX - 1);
	assert_int_equal(p->total.live_blocks, 0);
	assert_int_equal(loss_of(p, "too_deep"), LEVELS - (USER_RETURNS_MAX - 1));
	assert_int_equal(loss_of(p, "unknown_frees"),
			 FREED_BEFORE + LEVELS - (USER_RETURNS_MAX - 1));
	profile_free(p);
}

static void too_deep_best(void **state UNUSED)
{
	beyond_64_returns(PROBES_BEST);
}

static void too_deep_multi(void **state UNUSED)
{
	beyond_64_returns(PROBES_MULTI);
}

static void too_deep_plain(void **state UNUSED)
{
	beyond_64_returns(PROBES_PLAIN);
}

/* A ring that is too small: sums stay whole, without stacks. */
static void small_ring(void **state UNUSED)
{
	struct probes_options o = {.every = 1, .ring_bytes = 65536};
	struct profile *p = watch(&o, 'p');

	assert_true(loss_of(p, "samples_lost") > PAIRS - 10);
	assert_int_equal(p->total.allocs, PAIRS + HELD);
	assert_int_equal(p->total.bytes, pair_bytes() + HELD * 1000);
	assert_int_equal(p->total.frees, PAIRS);
	assert_int_equal(p->total.freed_bytes, pair_bytes());
	assert_int_equal(p->total.live_blocks, HELD);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_best),	  cmocka_unit_test(pairs_session),
		cmocka_unit_test(pairs_multi),	  cmocka_unit_test(pairs_plain),
		cmocka_unit_test(whole_family),	  cmocka_unit_test(sampled),
		cmocka_unit_test(small_ring),	  cmocka_unit_test(freed_and_given_out_again),
		cmocka_unit_test(looked_at),	  cmocka_unit_test(known_stacks),
		cmocka_unit_test(too_deep_best),  cmocka_unit_test(too_deep_multi),
		cmocka_unit_test(too_deep_plain),
	};

	return live_main(tests, ARRAY_SIZE(tests), "memprof attach");
}
