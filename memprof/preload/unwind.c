/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unwind.h: rules, kept, and walks by them. */
#include "lib/base.h"

#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "memprof/preload/unwind.h"

/* --- rules, kept ----------------------------------------------------------------------------- */

/* A word each: 34 bits of the mixed address that its place does not tell, then the rule. */
enum { CACHE_BITS = 14, ADDRESS_BITS = 48, RULE_BITS = 30 };
static uint64_t cache[1 << CACHE_BITS];

/* A program that is not position-independent may have holes, and _dl_find_object() gives the part
 * with the address alone: its tables are in another. The kernel told where its headers are. */
static void whole_program(struct unwind_image *image, uint64_t bias, uint64_t pc)
{
	const Elf64_Phdr *ph = (const void *)getauxval(AT_PHDR);
	uint64_t n = getauxval(AT_PHNUM), start = UINT64_MAX, end = 0;

	for (uint64_t i = 0; ph && i < n; i++)
		if (ph[i].p_type == PT_LOAD) {
			start = MIN(start, bias + ph[i].p_vaddr);
			end = MAX(end, bias + ph[i].p_vaddr + ph[i].p_memsz);
		}
	if (pc < start || pc >= end)
		return;
	image->start = start & ~4095ULL;
	image->end = end;
}

struct link_map *unwind_image_at(uint64_t pc, struct unwind_image *image)
{
	struct dl_find_object found;

	if (_dl_find_object((void *)pc, &found))
		return NULL;
	*image = (struct unwind_image){
		.start = (uint64_t)found.dlfo_map_start,
		.end = (uint64_t)found.dlfo_map_end,
		.eh_frame_hdr = (uint64_t)found.dlfo_eh_frame,
	};
	if (image->eh_frame_hdr < image->start || image->eh_frame_hdr >= image->end)
		whole_program(image, found.dlfo_link_map->l_addr, pc);
	return found.dlfo_link_map;
}

/* Can the page of @at be read? rt_sigprocmask() looks at its new mask before it finds that @how is
 * none, and is allowed in every sandbox. */
static bool readable(uint64_t at)
{
	return syscall(SYS_rt_sigprocmask, ~0, at, NULL, 8) < 0 && errno == EINVAL;
}

#if defined(__aarch64__)
/* Where a signal handler returns to, as GDB and libgcc know it: that code of the kernel's (or of an
 * emulator) may have no table. @pc is one byte before. */
static bool is_sigreturn(uint64_t pc)
{
	static const uint32_t code[] = {0xd2801168, 0xd4000001}; /* mov x8, #139; svc #0 */
	int err = errno;
	bool is = pc % 4 == 3 && readable(pc + 1) && readable(pc + 8);

	errno = err;
	return is && !memcmp((const void *)(pc + 1), code, sizeof(code));
}
#else
static bool is_sigreturn(uint64_t pc UNUSED)
{
	return false;
}
#endif

/* Where the kernel starts the module, as glibc's loader is started: code by hand that nobody
 * called, and that has no table. It calls the loader, then the libraries' constructors. */
static bool is_entry(const struct unwind_image *image, const struct link_map *map, uint64_t pc)
{
	const Elf64_Ehdr *eh = (const void *)image->start;

	if (image->end - image->start < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return false;
	return eh->e_entry && pc - (map->l_addr + eh->e_entry) < UNWIND_ENTRY_BYTES;
}

static uint32_t resolve_here(uint64_t pc)
{
	struct unwind_image image;
	const struct link_map *map = unwind_image_at(pc, &image);
	uint32_t rule;

	if (!map)
		return is_sigreturn(pc) ? UNWIND_SIGNAL : UNWIND_NONE;
	rule = eh_frame_rule(UNWIND_HERE, &image, pc);
	return rule == UNWIND_NONE && is_entry(&image, map, pc) ? UNWIND_END : rule;
}

static __attribute__((noinline)) uint32_t rule_of_new(uint64_t pc, uint64_t *slot, uint64_t tag)
{
	uint32_t rule = resolve_here(pc);

	__atomic_store_n(slot, tag << RULE_BITS | rule, __ATOMIC_RELAXED);
	return rule;
}

uint32_t unwind_rule(uint64_t pc)
{
	/* One to one on 48 bits: an odd factor. */
	uint64_t mixed = (pc * 0x9e3779b97f4a7c15ULL) & ((1ULL << ADDRESS_BITS) - 1);
	uint64_t *slot = &cache[mixed >> (ADDRESS_BITS - CACHE_BITS)];
	uint64_t tag = mixed & ((1ULL << (ADDRESS_BITS - CACHE_BITS)) - 1);
	uint64_t v = __atomic_load_n(slot, __ATOMIC_RELAXED);

	if (__builtin_expect(v && v >> RULE_BITS == tag, 1))
		return v & ((1U << RULE_BITS) - 1);
	return rule_of_new(pc, slot, tag);
}

void unwind_forget(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cache); i++)
		__atomic_store_n(&cache[i], 0, __ATOMIC_RELAXED);
}

/* --- walking --------------------------------------------------------------------------------- */

/*
 * Where the kernel's signal frame has the registers, from the stack pointer of its handler's
 * caller. x86-64: struct ucontext begins there, its gregs 40 bytes on (sys/ucontext.h). arm64: a
 * siginfo_t, then struct ucontext.
 */
#if defined(__x86_64__)
enum { SIGNAL_FP = 120, SIGNAL_SP = 160, SIGNAL_PC = 168 };
#else
#define SIGNAL_REGISTER(name)                                                                      \
	(sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext) + offsetof(mcontext_t, name))
enum {
	SIGNAL_FP = SIGNAL_REGISTER(regs[29]),
	SIGNAL_LINK = SIGNAL_REGISTER(regs[30]),
	SIGNAL_SP = SIGNAL_REGISTER(sp),
	SIGNAL_PC = SIGNAL_REGISTER(pc),
};
#endif

struct walk {
	uint64_t lo, words; /* that begin at @lo or less than so many bytes behind: may be read */
	uint64_t page;	    /* elsewhere: the last page that could be read */
	uint64_t base;	    /* the frame that it began with */
	struct memo_entry *keep; /* NULL: the walk is not kept */
	bool elsewhere;
};

static __attribute__((noinline)) bool read_elsewhere(struct walk *w, uint64_t at, uint64_t *v)
{
	w->elsewhere = true;
	if (at & 7 || !at)
		return false;
	if (at >> 12 != w->page) {
		int err = errno;
		bool good = readable(at);

		errno = err;
		if (!good)
			return false;
		w->page = at >> 12;
	}
	memcpy(v, (const void *)at, sizeof(*v));
	return true;
}

static inline __attribute__((always_inline)) bool word_at(struct walk *w, uint64_t at, uint64_t *v)
{
	uint64_t there = 0;
	bool good = true;

	if (__builtin_expect(at - w->lo < w->words, 1))
		memcpy(&there, (const void *)at, sizeof(there));
	else
		good = read_elsewhere(w, at, &there);
	*v = there;
	return good;
}

/* The result depends on the word at @at, which can be read. */
static inline __attribute__((always_inline)) void depend(struct walk *w, uint64_t at)
{
	struct memo_entry *m = w->keep;

	if (!m)
		return;
	if (m->n == MEMO_WORDS || at - w->base > UINT32_MAX) {
		w->keep = NULL;
		return;
	}
	m->words[m->n / 4].at[m->n % 4] = (uint32_t)(at - w->base);
	memcpy(&m->words[m->n / 4].word[m->n % 4], (const void *)at, 8);
	m->n++;
}

struct frame {
	uint64_t sp; /* 0: not known (arm64, after a guess) */
	uint64_t fp, ra;
	uint64_t fp_from; /* where @fp was read, if nothing depends on it yet */
	uint64_t link_at; /* arm64, @interrupted: where the link register was kept */
	bool interrupted; /* @ra is no return address */
};

#if defined(__aarch64__)
/* A return address may be signed in its upper bits: without that. Where nothing signs, the
 * instruction does nothing. */
static inline uint64_t unsigned_address(uint64_t address)
{
	register uint64_t link __asm__("x30") = address;

	__asm__("hint #7" : "+r"(link)); /* xpaclri */
	return link;
}
#endif

/* The frame pointer was needed: the word that it came from counts. */
static inline __attribute__((always_inline)) void depend_on_fp(struct walk *w, struct frame *f)
{
	if (!w->keep)
		return;
	if (f->fp_from)
		depend(w, f->fp_from);
	f->fp_from = 0;
}

static __attribute__((noinline)) bool leave_signal(struct walk *w, struct frame *f)
{
	uint64_t sp, fp, pc;

	if (!f->sp || !word_at(w, f->sp + SIGNAL_SP, &sp) || !word_at(w, f->sp + SIGNAL_PC, &pc) ||
	    !word_at(w, f->sp + SIGNAL_FP, &fp))
		return false;
	depend(w, f->sp + SIGNAL_SP);
	depend(w, f->sp + SIGNAL_PC);
	/* On the same stack it can only be further out; from another it may be anywhere. */
	if (sp < f->sp && !w->elsewhere)
		return false;
	*f = (struct frame)
	{
		.sp = sp, .fp = fp, .ra = pc, .fp_from = f->sp + SIGNAL_FP,
#if defined(__aarch64__)
		.link_at = f->sp + SIGNAL_LINK,
#endif
		.interrupted = true,
	};
	return pc != 0;
}

/*
 * No rule: code that was made at run time, or by hand. A frame pointer that points up this stack is
 * believed, and told. On x86-64 the caller's stack begins behind the two words that are there; on
 * arm64 they may be anywhere in the frame, and only the caller's own frame pointer is known.
 */
static __attribute__((noinline)) bool leave_by_fp(struct walk *w, struct frame *f,
						  struct unwind_stack *out)
{
	uint64_t ra, fp;

	depend_on_fp(w, f);
	if (f->fp < f->sp || f->fp & 7 || (f->sp && f->fp - f->sp > 8 << 20) ||
	    !word_at(w, f->fp + 8, &ra) || !word_at(w, f->fp, &fp))
		return false;
	depend(w, f->fp + 8);
	out->flags |= UNWIND_GUESSED;
	out->guesses++;
#if defined(__x86_64__)
	*f = (struct frame){.sp = f->fp + 16, .fp = fp, .ra = ra, .fp_from = f->fp};
#else
	/* The chain goes up a stack. */
	if (fp && fp <= f->fp && !w->elsewhere)
		return false;
	*f = (struct frame){.fp = fp, .ra = unsigned_address(ra), .fp_from = f->fp};
#endif
	return true;
}

/* By a copy, so that the frame itself can be in registers. */
static inline __attribute__((always_inline)) bool
leave_seldom(struct walk *w, struct frame *f, struct unwind_stack *out, bool signal)
{
	struct frame left = *f;
	bool good = signal ? leave_signal(w, &left) : leave_by_fp(w, &left, out);

	*f = left;
	return good;
}

#if defined(__x86_64__)
enum { RA_AT = -8 };

static int64_t rule_offset(uint32_t rule)
{
	return ((int64_t)((uint64_t)rule << 47) >> 50) * 8;
}

static int64_t rule_fp_at(uint32_t rule)
{
	return ((int64_t)((uint64_t)rule << 34) >> 51) * 8;
}

static inline __attribute__((always_inline)) bool leave_by_rule(struct walk *w, struct frame *f,
								uint32_t rule)
{
	enum unwind_kind kind = rule & 7;
	uint32_t fp_at = rule >> 17 & 0x1fff;
	uint64_t base = kind == UNWIND_CFA_SP ? f->sp : f->fp, cfa, at;

	if (kind != UNWIND_CFA_SP)
		depend_on_fp(w, f);
	cfa = base + (uint64_t)rule_offset(rule);
	if (__builtin_expect(kind == UNWIND_CFA_AT_FP, 0)) {
		at = cfa;
		if (!word_at(w, at, &cfa))
			return false;
		depend(w, at);
	}
	if (cfa <= f->sp || !word_at(w, cfa + RA_AT, &f->ra))
		return false;
	depend(w, cfa + RA_AT);
	if (fp_at) {
		at = cfa + (uint64_t)rule_fp_at(rule);
		if (__builtin_expect(fp_at == UNWIND_FP_AT_FP, 0)) {
			depend_on_fp(w, f);
			at = f->fp;
		}
		if (!word_at(w, at, &f->fp))
			return false;
		f->fp_from = at;
	}
	f->sp = cfa;
	f->interrupted = false;
	return true;
}
#else
/* Where the return address is; 0: nowhere. The link register has it only where nothing was called
 * since, as where a signal came. */
static inline __attribute__((always_inline)) uint64_t return_at(const struct frame *f, uint64_t cfa,
								uint32_t rule)
{
	uint64_t words = rule >> 16 & 0x1fff;

	return words ? cfa - 8 * words : f->interrupted ? f->link_at : 0;
}

static inline __attribute__((always_inline)) bool leave_by_rule(struct walk *w, struct frame *f,
								uint32_t rule)
{
	bool has_record = rule >> 29 & 1;
	uint64_t cfa, at, ra;

	if ((rule & 7) == UNWIND_CFA_SP && f->sp) {
		cfa = f->sp + 16ULL * (rule >> 3 & 0x1fff);
	} else {
		depend_on_fp(w, f);
		if ((rule & 7) == UNWIND_CFA_FP)
			cfa = f->fp + 16ULL * (rule >> 3 & 0x1fff);
		else if (has_record) /* a function that has one points to it */
			cfa = f->fp + 8 + 8ULL * (rule >> 16 & 0x1fff);
		else
			return false;
	}
	at = return_at(f, cfa, rule);
	if (cfa < f->sp || (cfa == f->sp && !f->interrupted) || !at || !word_at(w, at, &ra))
		return false;
	depend(w, at);
	f->ra = unsigned_address(ra);
	if (has_record) {
		if (!word_at(w, at - 8, &f->fp))
			return false;
		f->fp_from = at - 8;
	}
	f->sp = cfa;
	f->interrupted = false;
	return true;
}
#endif

static inline uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static void fill_up(struct memo_entry *m)
{
	for (; m->n % 4; m->n++) {
		struct memo_words *w = &m->words[m->n / 4];

		w->at[m->n % 4] = w->at[m->n % 4 - 1];
		w->word[m->n % 4] = w->word[m->n % 4 - 1];
	}
	m->end = &m->words[m->n / 4];
}

void unwind_walk(const uint64_t *fp, uint64_t lo, uint64_t hi, struct unwind_stack *out,
		 struct memo_entry *keep, uint32_t gen)
{
	struct frame f = {.fp = fp[0], .ra = fp[1], .fp_from = (uint64_t)fp};
	struct walk w = {.base = (uint64_t)fp, .keep = keep};
	uint64_t hash = 0;
	uint32_t n = 0;

#if defined(__x86_64__)
	f.sp = (uint64_t)(fp + 2);
#else
	f.sp = fp[2];
	f.ra = unsigned_address(f.ra);
#endif
	w.lo = f.sp;
	out->flags = 0;
	out->guesses = 0;
	out->interrupted = 0;
	if (f.sp < lo || f.sp >= hi) {
		/* The pages of this frame can be read: we are on it. */
		w.lo = lo;
		w.elsewhere = true;
	}
	w.words = hi - w.lo >= 8 ? hi - w.lo - 7 : 0;
	if (keep) {
		keep->fp = fp;
		keep->gen = gen;
		keep->n = 0;
		depend(&w, w.base + 8);
#if defined(__aarch64__)
		depend(&w, w.base + 16);
#endif
	}
	for (;;) {
		uint32_t rule;
		bool good;

		if (n == UNWIND_FRAMES_MAX) {
			out->flags |= UNWIND_CUT;
			break;
		}
		out->interrupted |= (uint64_t)(f.interrupted && n < 64) << (n & 63);
		out->pc[n++] = f.ra;
		hash = mix(hash, f.ra);
		rule = unwind_rule(f.ra - !f.interrupted);
		if (__builtin_expect((rule & 7) <= UNWIND_CFA_AT_FP, 1))
			good = leave_by_rule(&w, &f, rule);
		else if ((rule & 7) == UNWIND_END)
			break;
		else
			good = leave_seldom(&w, &f, out, (rule & 7) == UNWIND_SIGNAL);
		if (!good) {
			out->flags |= UNWIND_CUT;
			break;
		}
		if (!f.ra)
			break;
	}
	if (w.elsewhere)
		out->flags |= UNWIND_ELSEWHERE;
	if (keep && (w.elsewhere || !w.keep))
		keep->fp = NULL;
	else if (keep)
		fill_up(keep);
	out->hash = mix(hash, out->interrupted);
	out->n = n;
}

struct memo_entry *memo_place(struct memo *memo, const uint64_t *fp, uint32_t gen)
{
	uint64_t key = memo_key(fp, gen);
	unsigned int set = key % MEMO_SETS, way = memo->next[set]++ % MEMO_WAYS;

	if (!memo->number[set][way])
		memo->number[set][way] = (uint16_t)++memo->used;
	memo->key[set][way] = key;
	return &memo->none + memo->number[set][way];
}

void memo_forget(struct memo *memo)
{
	memset(memo->hint, 0, sizeof(memo->hint));
}
