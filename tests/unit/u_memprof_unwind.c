/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libmemprof.so's unwinder, alone: rules from tables that are made here, whole and damaged; walks
 * of this process beside glibc's backtrace(); the memo. And which bytes are samples, beside libm.
 */
#include "lib/base.h"

#include <execinfo.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cmocka.h>

#include "memprof/preload/poisson.h"
#include "memprof/preload/unwind.h"

/* --- tables ---------------------------------------------------------------------------------- */

enum { CODE_BYTES = 64 };

/* An image of its own size on the heap, so that what is read beyond it is seen: code, .eh_frame
 * with one CIE and one FDE for all the code, .eh_frame_hdr. */
struct made {
	uint8_t bytes[512];
	size_t len, hdr;
};

static void put(struct made *m, uint64_t v, size_t bytes)
{
	memcpy(m->bytes + m->len, &v, bytes);
	m->len += bytes;
}

static void put_bytes(struct made *m, const void *p, size_t len)
{
	memcpy(m->bytes + m->len, p, len);
	m->len += len;
}

static void set32(struct made *m, size_t at, uint64_t v)
{
	memcpy(m->bytes + at, &v, 4);
}

static void pad(struct made *m, size_t from)
{
	while ((m->len - from) % 8 != 4)
		put(m, 0, 1); /* DW_CFA_nop */
	set32(m, from, m->len - from - 4);
}

static void make(struct made *m, enum unwind_processor processor, const char *augmentation,
		 const char *code, size_t len)
{
	/* def_cfa rsp+8, rip at CFA-8; def_cfa sp+0 */
	static const uint8_t initial[UNWIND_PROCESSORS][5] = {{0x0c, 7, 8, 0x90, 1}, {0x0c, 31, 0}};
	size_t cie, fde;

	memset(m, 0, sizeof(*m));
	m->len = CODE_BYTES;
	cie = m->len;
	put(m, 0, 4);
	put(m, 0, 4);
	put(m, 1, 1);
	put_bytes(m, augmentation, strlen(augmentation) + 1);
	put(m, 1, 1);	 /* code alignment */
	put(m, 0x78, 1); /* data alignment -8 */
	put(m, processor == UNWIND_X86_64 ? 16 : 30, 1);
	if (*augmentation == 'z') {
		put(m, 1, 1);
		put(m, 0x1b, 1); /* relative to itself, signed, 4 bytes */
	}
	put_bytes(m, initial[processor], sizeof(initial[processor]));
	pad(m, cie);
	fde = m->len;
	put(m, 0, 4);
	put(m, m->len - cie, 4);
	put(m, (uint64_t) - (int64_t)m->len, 4);
	put(m, CODE_BYTES, 4);
	put(m, 0, 1);
	put_bytes(m, code, len);
	pad(m, fde);
	m->hdr = m->len;
	put(m, 0x3b031b01, 4);
	put(m, CODE_BYTES - (uint64_t)m->len, 4);
	put(m, 1, 4);
	put(m, (uint64_t) - (int64_t)m->hdr, 4);
	put(m, (uint64_t)fde - m->hdr, 4);
}

/* The rule at code offset @at of the first @len bytes of @m. */
static uint32_t rule_at(const struct made *m, enum unwind_processor processor, size_t len,
			uint64_t at)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct unwind_image image = {
		.start = (uint64_t)copy,
		.end = (uint64_t)copy + len,
		.eh_frame_hdr = (uint64_t)copy + m->hdr,
	};
	uint32_t rule;

	memcpy(copy, m->bytes, len);
	rule = eh_frame_rule(processor, &image, image.start + at);
	free(copy);
	return rule;
}

static uint32_t rule(enum unwind_kind kind, int offset, uint32_t fp)
{
	return (uint32_t)kind | ((uint32_t)(offset / 8) & 0x3fff) << 3 | (fp & 0x1fff) << 17;
}

#define RULE_OF(processor, code, at)                                                               \
	__extension__({                                                                            \
		struct made m_;                                                                    \
		make(&m_, processor, "zR", code, sizeof(code) - 1);                                \
		rule_at(&m_, processor, m_.len, at);                                               \
	})
#define RULE_AT(code, at) RULE_OF(UNWIND_X86_64, code, at)

static void reads_what_compilers_write(void **state)
{
	/* push rbp; mov rbp, rsp; .. leave; ret */
#define USUAL "\x41\x0e\x10\x86\x02\x43\x0d\x06\x5c\x0c\x07\x08"

	(void)state;
	assert_int_equal(RULE_AT(USUAL, 0), rule(UNWIND_CFA_SP, 8, 0));
	assert_int_equal(RULE_AT(USUAL, 1), rule(UNWIND_CFA_SP, 16, (uint32_t)-2));
	assert_int_equal(RULE_AT(USUAL, 4), rule(UNWIND_CFA_FP, 16, (uint32_t)-2));
	assert_int_equal(RULE_AT(USUAL, 31), rule(UNWIND_CFA_FP, 16, (uint32_t)-2));
	assert_int_equal(RULE_AT(USUAL, 32), rule(UNWIND_CFA_SP, 8, (uint32_t)-2));
	/* remember, change, restore */
	assert_int_equal(RULE_AT("\x0a\x0e\x20\x44\x0b", 3), rule(UNWIND_CFA_SP, 32, 0));
	assert_int_equal(RULE_AT("\x0a\x0e\x20\x44\x0b", 4), rule(UNWIND_CFA_SP, 8, 0));
	/* offset_extended and restore of the frame pointer */
	assert_int_equal(RULE_AT("\x05\x06\x04\x44\xc6", 0), rule(UNWIND_CFA_SP, 8, (uint32_t)-4));
	assert_int_equal(RULE_AT("\x05\x06\x04\x44\xc6", 4), rule(UNWIND_CFA_SP, 8, 0));
	/* advance_loc1, 2, 4 */
	assert_int_equal(RULE_AT("\x02\x08\x0e\x10", 7), rule(UNWIND_CFA_SP, 8, 0));
	assert_int_equal(RULE_AT("\x02\x08\x0e\x10", 8), rule(UNWIND_CFA_SP, 16, 0));
	assert_int_equal(RULE_AT("\x03\x08\x00\x0e\x10", 8), rule(UNWIND_CFA_SP, 16, 0));
	assert_int_equal(RULE_AT("\x04\x08\x00\x00\x00\x0e\x10", 8), rule(UNWIND_CFA_SP, 16, 0));
	/* A realigned frame: CFA is what stands at rbp-8; rbp stands at itself. */
	assert_int_equal(RULE_AT("\x10\x06\x02\x76\x00\x0f\x03\x76\x78\x06", 0),
			 rule(UNWIND_CFA_AT_FP, -8, UNWIND_FP_AT_FP));
	/* No caller. */
	assert_int_equal(RULE_AT("\x07\x10", 0), UNWIND_END);
	/* An offset of more than 64 bits is cut to them: 8 - 2^65. */
	assert_int_equal(RULE_AT("\x13\xff\xff\xff\xff\xff\xff\xff\xff\x3f", 0),
			 rule(UNWIND_CFA_SP, 8, 0));
	/* GNU_args_size is nothing to us, and neither are other registers. */
	assert_int_equal(RULE_AT("\x2e\x10\x83\x03\x16\x03\x01\x00\x09\x03\x01", 0),
			 rule(UNWIND_CFA_SP, 8, 0));
}

static void says_what_it_has_no_words_for(void **state)
{
	struct made m;

	(void)state;
	assert_int_equal(RULE_AT("\x0c\x03\x10", 0), UNWIND_NONE);     /* CFA by rbx */
	assert_int_equal(RULE_AT("\x0f\x02\x77\x08", 0), UNWIND_NONE); /* another expression */
	assert_int_equal(RULE_AT("\x90\x02", 0), UNWIND_NONE);	       /* rip elsewhere */
	assert_int_equal(RULE_AT("\x09\x06\x03", 0), UNWIND_NONE);     /* rbp in rbx */
	assert_int_equal(RULE_AT("\x0b", 0), UNWIND_NONE);	       /* restore of nothing */
	assert_int_equal(RULE_AT("\x3f", 0), UNWIND_NONE);	       /* no such instruction */
	assert_int_equal(RULE_AT("\x0e\x0c", 0), UNWIND_NONE);	       /* 12 bytes */
	assert_int_equal(RULE_AT("\x0e\x80\x80\x08", 0), UNWIND_NONE); /* 128 KiB */
	assert_int_equal(
		RULE_AT("\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a\x0a", 0),
		UNWIND_NONE);
	assert_int_equal(RULE_AT("", CODE_BYTES), UNWIND_NONE);
	make(&m, UNWIND_X86_64, "zRS", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_X86_64, m.len, 0), UNWIND_SIGNAL);
	make(&m, UNWIND_X86_64, "zRQ", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_X86_64, m.len, 0), UNWIND_NONE);
	make(&m, UNWIND_X86_64, "eh", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_X86_64, m.len, 0), UNWIND_NONE);
}

static uint32_t arm64_rule(enum unwind_kind kind, unsigned int offset, unsigned int ra, bool record)
{
	return (uint32_t)kind | offset / 16 << 3 | ra / 8 << 16 | (uint32_t)record << 29;
}

#define ARM64_AT(code, at) RULE_OF(UNWIND_ARM64, code, at)

static void reads_what_compilers_write_for_arm64(void **state)
{
	struct made m;

	/* stp x29, x30, [sp, #-32]!; .. ldp x29, x30, [sp], #32; ret */
#define RECORD "\x44\x0e\x20\x9d\x04\x9e\x03\x5c\xde\xdd\x0e\x00"
	(void)state;
	assert_int_equal(ARM64_AT(RECORD, 3), arm64_rule(UNWIND_CFA_SP, 0, 0, false));
	assert_int_equal(ARM64_AT(RECORD, 4), arm64_rule(UNWIND_CFA_SP, 32, 24, true));
	assert_int_equal(ARM64_AT(RECORD, 31), arm64_rule(UNWIND_CFA_SP, 32, 24, true));
	assert_int_equal(ARM64_AT(RECORD, 32), arm64_rule(UNWIND_CFA_SP, 0, 0, false));
	/* The same signed: paciasp before it, autiasp behind it. */
	assert_int_equal(ARM64_AT("\x44\x2d" RECORD, 8), arm64_rule(UNWIND_CFA_SP, 32, 24, true));
	make(&m, UNWIND_ARM64, "zRB", RECORD, sizeof(RECORD) - 1);
	assert_int_equal(rule_at(&m, UNWIND_ARM64, m.len, 4),
			 arm64_rule(UNWIND_CFA_SP, 32, 24, true));
	/* alloca: the CFA by x29. The link register alone: str x30, [sp, #-16]! */
	assert_int_equal(ARM64_AT("\x0e\x30\x9d\x06\x9e\x05\x44\x0d\x1d", 4),
			 arm64_rule(UNWIND_CFA_FP, 48, 40, true));
	assert_int_equal(ARM64_AT("\x0e\x10\x9e\x02", 0), arm64_rule(UNWIND_CFA_SP, 16, 16, false));
	/* A large frame, its record at the bottom: 64 KiB less 16 bytes; 128 KiB less 16. */
	assert_int_equal(ARM64_AT("\x0e\xf0\xff\x03\x9d\xfe\x3f\x9e\xfd\x3f", 0),
			 arm64_rule(UNWIND_CFA_SP, 65520, 65512, true));
	assert_int_equal(ARM64_AT("\x0e\xf0\xff\x07", 0),
			 arm64_rule(UNWIND_CFA_SP, 131056, 0, false));
	assert_int_equal(ARM64_AT("\x07\x1e", 0), UNWIND_END); /* no caller: _start, clone() */
	/* Other registers are nothing to us. */
	assert_int_equal(ARM64_AT("\x93\x02\x05\x48\x04\x09\x13\x14", 0),
			 arm64_rule(UNWIND_CFA_SP, 0, 0, false));
	make(&m, UNWIND_ARM64, "zRS", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_ARM64, m.len, 0), UNWIND_SIGNAL);
}

static void says_what_it_has_no_words_for_on_arm64(void **state)
{
	struct made m;

	(void)state;
	assert_int_equal(ARM64_AT("\x0c\x13\x10", 0), UNWIND_NONE);		/* CFA by x19 */
	assert_int_equal(ARM64_AT("\x0f\x03\x8d\x00\x06", 0), UNWIND_NONE);	/* in memory */
	assert_int_equal(ARM64_AT("\x09\x1e\x13", 0), UNWIND_NONE);		/* x30 in x19 */
	assert_int_equal(ARM64_AT("\x0e\x20\x9d\x02\x9e\x04", 0), UNWIND_NONE); /* no record */
	assert_int_equal(ARM64_AT("\x0e\x10\x9d\x02", 0), UNWIND_NONE); /* x29 without x30 */
	assert_int_equal(ARM64_AT("\x0e\x18", 0), UNWIND_NONE);		/* 24 bytes */
	assert_int_equal(ARM64_AT("\x0e\x80\x80\x08", 0), UNWIND_NONE); /* 128 KiB */
	assert_int_equal(ARM64_AT("\x9e\x80\x80\x01", 0), UNWIND_NONE);
	/* Offsets that have no opposite number. */
	assert_int_equal(ARM64_AT("\x11\x1e\x80\x80\x80\x80\x80\x80\x80\x80\x10", 0), UNWIND_NONE);
	assert_int_equal(ARM64_AT("\x11\x1d\x80\x80\x80\x80\x80\x80\x80\x80\x10", 0), UNWIND_NONE);
	assert_int_equal(RULE_AT("\x2d", 0), UNWIND_NONE); /* arm64's alone */
	/* Tables of the other processor. */
	make(&m, UNWIND_X86_64, "zR", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_ARM64, m.len, 0), UNWIND_NONE);
	make(&m, UNWIND_ARM64, "zR", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_X86_64, m.len, 0), UNWIND_NONE);
	make(&m, UNWIND_X86_64, "zRB", "", 0);
	assert_int_equal(rule_at(&m, UNWIND_X86_64, m.len, 0), UNWIND_NONE);
}

static void damage(enum unwind_processor processor, const char *code, size_t len)
{
	struct made whole, m;

	make(&whole, processor, "zR", code, len);
	for (size_t end = 0; end < whole.len; end++)
		rule_at(&whole, processor, end, 4);
	for (size_t at = CODE_BYTES; at < whole.len; at++)
		for (unsigned int v = 0; v < 256; v++) {
			m = whole;
			m.bytes[at] = (uint8_t)v;
			rule_at(&m, processor, m.len, 4);
		}
}

/* The sanitizers watch: nothing outside is read, whatever the tables say. */
static void survives_damage(void **state)
{
	(void)state;
	damage(UNWIND_X86_64, USUAL, sizeof(USUAL) - 1);
	damage(UNWIND_ARM64, RECORD, sizeof(RECORD) - 1);
}

/* --- walks ----------------------------------------------------------------------------------- */

static uint64_t stack_lo, stack_hi;

static void find_stack(void)
{
	pthread_attr_t attr;
	size_t size;
	void *lo;

	pthread_getattr_np(pthread_self(), &attr);
	pthread_attr_getstack(&attr, &lo, &size);
	pthread_attr_destroy(&attr);
	stack_lo = (uint64_t)lo;
	stack_hi = (uint64_t)lo + size;
}

/* Walks from our caller and holds that against backtrace(). */
static __attribute__((noinline, no_sanitize("address"))) unsigned int compare_walks(void)
{
	const uint64_t *fp = UNWIND_START;
	static struct unwind_stack s;
	void *bt[256];
	int n = backtrace(bt, 256), skip = 0;

	unwind_walk(fp, stack_lo, stack_hi, &s, NULL, 0);
	while (skip < n && (uint64_t)bt[skip] != s.pc[0])
		skip++;
	assert_int_not_equal(s.n, 0);
	assert_int_not_equal(skip, n);
	for (uint32_t i = 0; i < s.n && skip + (int)i < n; i++)
		assert_int_equal(s.pc[i], (uint64_t)bt[skip + (int)i]);
	assert_true(s.n >= MIN((uint32_t)(n - skip), UNWIND_FRAMES_MAX));
	assert_int_equal(s.flags & UNWIND_GUESSED, 0);
	return s.n;
}

static __attribute__((noinline)) unsigned int deeper(unsigned int n)
{
	volatile char room[100];
	unsigned int got;

	room[n % 100] = 1;
	got = n ? deeper(n - 1) : compare_walks();
	return got + room[n % 100] - 1;
}

static int in_qsort(const void *a, const void *b)
{
	compare_walks();
	return *(const int *)a - *(const int *)b;
}

static void in_handler(int sig)
{
	assert_int_equal(sig, SIGUSR1);
	compare_walks();
}

static void walks_as_backtrace_does(void **state)
{
	int numbers[] = {3, 1, 2};

	(void)state;
	find_stack();
	assert_int_equal(deeper(20), deeper(0) + 20);
	assert_int_equal(deeper(200), UNWIND_FRAMES_MAX);
	qsort(numbers, 3, sizeof(numbers[0]), in_qsort);
	signal(SIGUSR1, in_handler);
	raise(SIGUSR1);
}

static ucontext_t outside, inside;

static void on_other_stack(void)
{
	compare_walks();
}

/* Not on the thread's stack: each page is asked for, and one that is not there ends the walk. */
static void walks_other_stacks(void **state)
{
	uint64_t fake[4] = {0}, gone;
	struct unwind_stack s;
	char *p;

	(void)state;
	find_stack();
	getcontext(&inside);
	inside.uc_stack.ss_size = 1 << 18;
	inside.uc_stack.ss_sp = malloc(inside.uc_stack.ss_size);
	inside.uc_link = &outside;
	makecontext(&inside, on_other_stack, 0);
	assert_int_equal(swapcontext(&outside, &inside), 0);
	free(inside.uc_stack.ss_sp);

	/* A frame pointer into nothing, behind code that has no rule. */
	p = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	gone = (uint64_t)p;
	fake[0] = gone;
	fake[1] = 0x1234567;
	unwind_walk(fake, 0, 16, &s, NULL, 0);
	assert_int_equal(s.n, 1);
	assert_int_not_equal(s.flags & UNWIND_CUT, 0);
	munmap(p, 8192);
}

/* --- the memo -------------------------------------------------------------------------------- */

static void knows_a_walk_again(void **state)
{
	static struct memo memo;
	/* A stack of two frames by frame pointers, which no code has rules for. */
	_Alignas(16) volatile uint64_t stack[64] = {0};
	const uint64_t *fp = (const uint64_t *)(uintptr_t)&stack[0];
	uint64_t lo = (uint64_t)&stack[0], hi = (uint64_t)&stack[64];
	struct unwind_stack s;
	struct memo_entry *keep;

	(void)state;
	stack[0] = (uint64_t)&stack[10];
	stack[1] = 0x1001;
	stack[2] = (uint64_t)&stack[3]; /* arm64: the stack pointer */
	stack[10] = (uint64_t)&stack[20];
	stack[11] = 0x1002;
	stack[20] = 0;
	stack[21] = 0;
	assert_null(memo_find(&memo, fp, 7));
	keep = memo_place(&memo, fp, 7);
	unwind_walk(fp, lo, hi, &s, keep, 7);
	keep->id = 42;
	assert_int_equal(s.n, 2);
	assert_int_equal(s.pc[0], 0x1001);
	assert_int_equal(s.pc[1], 0x1002);
	assert_int_equal(keep->n % 4, 0);
	assert_ptr_equal(memo_find(&memo, fp, 7), keep);
	/* Another thread's, or after a module went. */
	assert_null(memo_find(&memo, fp, 8));
	/* What the walk did not read may change; what it read may not. */
	stack[5] = 1;
	assert_ptr_equal(memo_find(&memo, fp, 7), keep);
	stack[11] = 0x1003;
	assert_null(memo_find(&memo, fp, 7));
	stack[11] = 0x1002;
	assert_ptr_equal(memo_find(&memo, fp, 7), keep);
	stack[10] = (uint64_t)&stack[30];
	assert_null(memo_find(&memo, fp, 7));
	stack[10] = (uint64_t)&stack[20];
	stack[0] = (uint64_t)&stack[12];
	assert_null(memo_find(&memo, fp, 7));
}

/* --- samples --------------------------------------------------------------------------------- */

static void computes_as_libm_does(void **state)
{
	(void)state;
	for (double x = 1e-16; x < 1e18; x *= 1.37) {
		assert_true(fabs(poisson_log(x) - log(x)) <= 1e-14 * fmax(fabs(log(x)), 1));
		assert_true(fabs(poisson_hit(x) + expm1(-x)) <= 1e-13 * -expm1(-x));
	}
	assert_true(poisson_log(1) == 0);
	assert_true(poisson_hit(0) == 0);
}

static void draws_what_it_should(void **state)
{
	uint64_t random = 88172645463325252ULL, n = 1000000, below = 0;
	double sum = 0;

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t bytes = poisson_draw(&random, 1000);

		assert_true(bytes > 0);
		sum += (double)bytes;
		below += bytes <= 500;
	}
	/* Whole bytes: the mean of the numbers rounded up is 1/(1 - e^(-1/1000)). Five standard
	 * errors. */
	assert_true(fabs(sum / (double)n - 1000.5) < 5);
	assert_true(fabs((double)below / (double)n - poisson_hit(0.5)) < 0.0025);
}

static void weighs_what_it_should(void **state)
{
	struct poisson_weight w = poisson_weigh(1000, 1000);
	double p = 1 - exp(-1);

	(void)state;
	assert_int_equal(w.blocks, (uint64_t)(65536 / p + 0.5));
	assert_int_equal(w.bytes, (uint64_t)(1000 / p + 0.5));
	assert_true(fabs(w.blocks_var - (1 - p) / p / p) < 1e-12);
	assert_true(fabs(w.bytes_var - 1e6 * (1 - p) / p / p) < 1e-6);
	/* Far larger than the rate: each is a sample. */
	w = poisson_weigh(1ULL << 40, 1);
	assert_int_equal(w.blocks, 65536);
	assert_int_equal(w.bytes, 1ULL << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_compilers_write),
		cmocka_unit_test(says_what_it_has_no_words_for),
		cmocka_unit_test(reads_what_compilers_write_for_arm64),
		cmocka_unit_test(says_what_it_has_no_words_for_on_arm64),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(walks_as_backtrace_does),
		cmocka_unit_test(walks_other_stacks),
		cmocka_unit_test(knows_a_walk_again),
		cmocka_unit_test(computes_as_libm_does),
		cmocka_unit_test(draws_what_it_should),
		cmocka_unit_test(weighs_what_it_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
