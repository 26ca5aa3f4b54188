/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * unwind.h: reading rules, keeping them, walking.
 *
 * Of the registers only three columns are followed, by their DWARF numbers: the stack pointer, the
 * frame pointer (callers' frames may hang on it) and the return address. Another machine needs
 * its numbers below, and on one whose return address is not always beside the CFA a place for its
 * offset in the rule.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memprof/preload/unwind.h"

#if defined(__x86_64__)
enum { REG_FP = 6, REG_SP = 7, REG_RA = 16, RA_AT = -8 };
#else
#error "the unwinder knows the columns of x86-64 only"
#endif

/* --- reading --------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *p, *end;
	bool bad; /* something reached beyond @end; what was read since is 0 */
};

static uint64_t get(struct reader *r, unsigned int bytes)
{
	uint64_t v = 0;

	if ((size_t)(r->end - r->p) < bytes) {
		r->bad = true;
		r->p = r->end;
		return 0;
	}
	memcpy(&v, r->p, bytes); /* little-endian, as the machine */
	r->p += bytes;
	return v;
}

static int64_t get_signed(struct reader *r, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (int64_t)(get(r, bytes) << shift) >> shift;
}

static uint64_t leb(struct reader *r, bool is_signed)
{
	uint64_t v = 0, byte;
	unsigned int shift = 0;

	do {
		byte = get(r, 1);
		if (shift < 64)
			v |= (byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	if (is_signed && shift < 64 && (byte & 64))
		v |= ~0ULL << shift;
	return v;
}

static uint64_t uleb(struct reader *r)
{
	return leb(r, false);
}

static int64_t sleb(struct reader *r)
{
	return (int64_t)leb(r, true);
}

static void skip(struct reader *r, uint64_t bytes)
{
	if ((uint64_t)(r->end - r->p) < bytes) {
		r->bad = true;
		bytes = (uint64_t)(r->end - r->p);
	}
	r->p += bytes;
}

/* A pointer in the encoding @enc (LSB, DW_EH_PE_*). @base is what "data relative" is relative to.
 */
static uint64_t encoded(struct reader *r, uint8_t enc, uint64_t base)
{
	uint64_t at = (uint64_t)r->p, v;

	if (enc == 0xff)
		return 0;
	switch (enc & 15) {
	case 0x0:
	case 0x4:
	case 0xc: v = get(r, 8); break;
	case 0x1: v = uleb(r); break;
	case 0x2: v = get(r, 2); break;
	case 0x3: v = get(r, 4); break;
	case 0x9: v = (uint64_t)sleb(r); break;
	case 0xa: v = (uint64_t)get_signed(r, 2); break;
	case 0xb: v = (uint64_t)get_signed(r, 4); break;
	default: r->bad = true; return 0;
	}
	switch (enc & 0x70) {
	case 0x00: return v;
	case 0x10: return v ? v + at : 0;
	case 0x30: return v + base;
	default: r->bad = true; return 0;
	}
}

/* --- rules ----------------------------------------------------------------------------------- */

/* A row of the table that the instructions of .eh_frame describe. */
struct row {
	enum unwind_kind kind;
	int64_t offset;
	int64_t fp_at; /* from the CFA; 0: kept; FP_AT_FP */
	bool outermost;
};

enum { FP_AT_FP = 1 << 20, STATES_MAX = 16 };

static uint32_t pack(const struct row *row)
{
	int64_t offset = row->offset / 8, fp_at = row->fp_at / 8;
	uint32_t fp = (uint32_t)fp_at & 0x1fff;

	if (row->outermost)
		return UNWIND_END;
	if (row->fp_at == FP_AT_FP)
		fp = UNWIND_FP_AT_FP;
	else if (row->fp_at % 8 || fp_at < -2047 || fp_at > 2047)
		return UNWIND_NONE;
	if (row->kind > UNWIND_CFA_AT_FP || row->offset % 8 || offset < -8191 || offset > 8191)
		return UNWIND_NONE;
	return (uint32_t)row->kind | ((uint32_t)offset & 0x3fff) << 3 | fp << 17;
}

static int64_t rule_offset(uint32_t rule)
{
	return ((int64_t)((uint64_t)rule << 47) >> 50) * 8;
}

static int64_t rule_fp_at(uint32_t rule)
{
	return ((int64_t)((uint64_t)rule << 34) >> 51) * 8;
}

static enum unwind_kind cfa_of(uint64_t reg)
{
	return reg == REG_SP ? UNWIND_CFA_SP : reg == REG_FP ? UNWIND_CFA_FP : UNWIND_NONE;
}

/* What a CIE says for all its functions. */
struct common {
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointers;
	bool augmented, signal;
	struct reader initial;
};

/* Of a table that is damaged it may be anything, and is cut to 64 bits. */
static int64_t factored(const struct common *c, uint64_t v)
{
	return (int64_t)(v * (uint64_t)c->data_align);
}

/* Register @reg is saved at CFA + @at. False: that cannot be said in a rule. */
static bool saved(struct row *row, uint64_t reg, int64_t at)
{
	if (reg == REG_FP)
		row->fp_at = at;
	return reg != REG_RA || at == RA_AT;
}

/* DW_CFA_def_cfa_expression: only "what stands at the frame pointer + offset". */
static void cfa_expression(struct reader *r, struct row *row)
{
	uint64_t len = uleb(r);
	struct reader e = {.p = r->p};

	skip(r, len);
	e.end = r->p;
	row->kind = UNWIND_NONE;
	if (get(&e, 1) == 0x70 + REG_FP) {
		row->offset = sleb(&e);
		if (get(&e, 1) == 0x06 && e.p == e.end && !e.bad)
			row->kind = UNWIND_CFA_AT_FP;
	}
}

/* DW_CFA_expression and DW_CFA_val_expression: only "the frame pointer stands at itself". */
static bool saved_by_expression(struct reader *r, struct row *row, bool is_value)
{
	uint64_t reg = uleb(r), len = uleb(r);
	struct reader e = {.p = r->p};

	skip(r, len);
	e.end = r->p;
	if (reg == REG_FP) {
		if (is_value || get(&e, 1) != 0x70 + REG_FP || sleb(&e) || e.p != e.end || e.bad)
			return false;
		row->fp_at = FP_AT_FP;
	}
	return reg != REG_RA;
}

/*
 * Runs the instructions @r until they speak of an address above @pc. @initial: what
 * DW_CFA_restore goes back to, or NULL. False: something was met that no rule can say.
 */
static bool run(struct reader r, const struct common *c, uint64_t pc, uint64_t at, struct row *row,
		const struct row *initial)
{
	struct row states[STATES_MAX];
	unsigned int n = 0;
	uint64_t reg;

	while (r.p < r.end && !r.bad) {
		uint8_t op = (uint8_t)get(&r, 1), low = op & 63;
		bool good = true;

		switch (op >> 6) {
		case 1:
			at += low * c->code_align;
			if (at > pc)
				return true;
			continue;
		case 2:
			if (!saved(row, low, factored(c, uleb(&r))))
				return false;
			continue;
		case 3:
			if (low == REG_FP)
				row->fp_at = initial ? initial->fp_at : 0;
			continue;
		}
		switch (op) {
		case 0x00: break;
		case 0x01: at = encoded(&r, c->pointers, 0); break;
		case 0x02: at += get(&r, 1) * c->code_align; break;
		case 0x03: at += get(&r, 2) * c->code_align; break;
		case 0x04: at += get(&r, 4) * c->code_align; break;
		case 0x05: /* offset_extended */
			reg = uleb(&r);
			good = saved(row, reg, factored(c, uleb(&r)));
			break;
		case 0x06: /* restore_extended */
			if (uleb(&r) == REG_FP)
				row->fp_at = initial ? initial->fp_at : 0;
			break;
		case 0x07: /* undefined: of the return address, there is no caller */
			if (uleb(&r) == REG_RA)
				row->outermost = true;
			break;
		case 0x08: /* same_value */
			if (uleb(&r) == REG_FP)
				row->fp_at = 0;
			break;
		case 0x09: /* register */
			reg = uleb(&r);
			good = reg != REG_FP && reg != REG_RA;
			uleb(&r);
			break;
		case 0x0a: /* remember_state */
			if (n == STATES_MAX)
				return false;
			states[n++] = *row;
			break;
		case 0x0b: /* restore_state */
			if (!n)
				return false;
			*row = states[--n];
			break;
		case 0x0c: /* def_cfa */
			row->kind = cfa_of(uleb(&r));
			row->offset = (int64_t)uleb(&r);
			break;
		case 0x0d: /* def_cfa_register */ row->kind = cfa_of(uleb(&r)); break;
		case 0x0e: /* def_cfa_offset */ row->offset = (int64_t)uleb(&r); break;
		case 0x0f: cfa_expression(&r, row); break;
		case 0x10: good = saved_by_expression(&r, row, false); break;
		case 0x11: /* offset_extended_sf */
			reg = uleb(&r);
			good = saved(row, reg, factored(c, (uint64_t)sleb(&r)));
			break;
		case 0x12: /* def_cfa_sf */
			row->kind = cfa_of(uleb(&r));
			row->offset = factored(c, (uint64_t)sleb(&r));
			break;
		case 0x13: /* def_cfa_offset_sf */
			row->offset = factored(c, (uint64_t)sleb(&r));
			break;
		case 0x14:
		case 0x15: /* val_offset, val_offset_sf */
			reg = uleb(&r);
			good = reg != REG_FP && reg != REG_RA;
			uleb(&r);
			break;
		case 0x16: good = saved_by_expression(&r, row, true); break;
		case 0x2e: uleb(&r); break; /* GNU_args_size */
		default: return false;
		}
		if (!good)
			return false;
		if (op >= 0x01 && op <= 0x04 && at > pc)
			return true;
	}
	return !r.bad;
}

/* The entry at @at: its length is read and @r ends with it. False: none that is understood. */
static bool entry_at(const struct unwind_image *image, uint64_t at, struct reader *r)
{
	uint64_t len;

	if (at < image->start || at >= image->end)
		return false;
	*r = (struct reader){.p = (const uint8_t *)at, .end = (const uint8_t *)image->end};
	len = get(r, 4);
	if (r->bad || !len || len == 0xffffffff || len > (uint64_t)(r->end - r->p))
		return false;
	r->end = r->p + len;
	return true;
}

static bool read_common(const struct unwind_image *image, uint64_t at, struct common *c)
{
	struct reader r;
	const char *word;
	uint8_t version;

	if (!entry_at(image, at, &r) || get(&r, 4))
		return false;
	version = (uint8_t)get(&r, 1);
	word = (const char *)r.p;
	while (get(&r, 1))
		;
	if (r.bad || (version != 1 && version != 3))
		return false;
	*c = (struct common){.code_align = uleb(&r), .data_align = sleb(&r)};
	if ((version == 1 ? get(&r, 1) : uleb(&r)) != REG_RA)
		return false;
	for (; *word && !r.bad; word++)
		switch (*word) {
		case 'z':
			uleb(&r);
			c->augmented = true;
			break;
		case 'R': c->pointers = (uint8_t)get(&r, 1); break;
		case 'L': get(&r, 1); break;
		case 'P': {
			uint8_t enc = (uint8_t)get(&r, 1);

			encoded(&r, enc, 0);
			break;
		}
		case 'S': c->signal = true; break;
		default: return false;
		}
	c->initial = r;
	return !r.bad;
}

/* The address of the entry for @pc, by the search table; 0: none. */
static uint64_t search(const struct unwind_image *image, uint64_t pc)
{
	uint64_t hdr = image->eh_frame_hdr, n, low = 0, high;
	struct reader r = {.p = (const uint8_t *)hdr, .end = (const uint8_t *)image->end};
	uint8_t frame_enc, count_enc;
	int64_t want = (int64_t)(pc - hdr);
	int32_t pair[2];

	if (hdr < image->start || hdr >= image->end || get(&r, 1) != 1)
		return 0;
	frame_enc = (uint8_t)get(&r, 1);
	count_enc = (uint8_t)get(&r, 1);
	if (get(&r, 1) != 0x3b)
		return 0;
	encoded(&r, frame_enc, hdr);
	n = encoded(&r, count_enc, hdr);
	if (r.bad || n > (uint64_t)(r.end - r.p) / sizeof(pair))
		return 0;
	high = n;
	while (low < high) {
		uint64_t mid = (low + high) / 2;

		memcpy(pair, r.p + mid * sizeof(pair), sizeof(pair));
		if (pair[0] <= want)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return 0;
	memcpy(pair, r.p + (low - 1) * sizeof(pair), sizeof(pair));
	return hdr + (uint64_t)(int64_t)pair[1];
}

uint32_t unwind_resolve(const struct unwind_image *image, uint64_t pc)
{
	struct row row = {.kind = UNWIND_NONE}, initial;
	uint64_t at = search(image, pc), id_at, id, start, size;
	struct common c;
	struct reader r;

	if (!at || !entry_at(image, at, &r))
		return UNWIND_NONE;
	id_at = (uint64_t)r.p;
	id = get(&r, 4);
	if (r.bad || !id || !read_common(image, id_at - id, &c))
		return UNWIND_NONE;
	if (c.signal)
		return UNWIND_SIGNAL;
	start = encoded(&r, c.pointers, 0);
	size = encoded(&r, c.pointers & 15, 0);
	if (c.augmented)
		skip(&r, uleb(&r));
	if (r.bad || pc < start || pc - start >= size)
		return UNWIND_NONE;
	if (!run(c.initial, &c, UINT64_MAX, 0, &row, NULL))
		return UNWIND_NONE;
	initial = row;
	if (!run(r, &c, pc, start, &row, &initial))
		return UNWIND_NONE;
	return pack(&row);
}

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

static uint32_t resolve_here(uint64_t pc)
{
	struct unwind_image image;

	return unwind_image_at(pc, &image) ? unwind_resolve(&image, pc) : UNWIND_NONE;
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

/* Where the kernel's signal frame has the registers, from the stack pointer of its handler's
 * caller: struct ucontext begins there, its gregs 40 bytes on (sys/ucontext.h). */
enum { SIGNAL_FP = 120, SIGNAL_SP = 160, SIGNAL_PC = 168, SIGNAL_END = 176 };

struct walk {
	uint64_t lo, words; /* that begin at @lo or less than so many bytes behind: may be read */
	uint64_t page;	    /* elsewhere: the last page that could be read */
	uint64_t base;	    /* the frame that it began with */
	struct memo_entry *keep; /* NULL: the walk is not kept */
	bool elsewhere;
};

/* Can the page of @at be read? rt_sigprocmask() looks at its new mask before it finds that @how is
 * none, and is allowed in every sandbox. */
static bool readable(uint64_t at)
{
	return syscall(SYS_rt_sigprocmask, ~0, at, NULL, 8) < 0 && errno == EINVAL;
}

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
	uint64_t sp, fp, ra;
	uint64_t fp_from; /* where @fp was read, if nothing depends on it yet */
	bool interrupted; /* @ra is no return address */
};

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

	if (!word_at(w, f->sp + SIGNAL_SP, &sp) || !word_at(w, f->sp + SIGNAL_PC, &pc) ||
	    !word_at(w, f->sp + SIGNAL_FP, &fp))
		return false;
	depend(w, f->sp + SIGNAL_SP);
	depend(w, f->sp + SIGNAL_PC);
	/* On the same stack it can only be further out; from another it may be anywhere. */
	if (sp < f->sp && !w->elsewhere)
		return false;
	*f = (struct frame){
		.sp = sp, .fp = fp, .ra = pc, .fp_from = f->sp + SIGNAL_FP, .interrupted = true};
	return pc != 0;
}

/* No rule: code that was made at run time, or by hand. A frame pointer that points up this stack is
 * believed, and told. */
static __attribute__((noinline)) bool leave_by_fp(struct walk *w, struct frame *f,
						  struct unwind_stack *out)
{
	uint64_t ra, fp;

	depend_on_fp(w, f);
	if (f->fp < f->sp || f->fp & 7 || f->fp - f->sp > 8 << 20 || !word_at(w, f->fp + 8, &ra) ||
	    !word_at(w, f->fp, &fp))
		return false;
	depend(w, f->fp + 8);
	out->flags |= UNWIND_GUESSED;
	out->guesses++;
	*f = (struct frame){.sp = f->fp + 16, .fp = fp, .ra = ra, .fp_from = f->fp};
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
	struct frame f = {
		.fp = fp[0], .ra = fp[1], .sp = (uint64_t)(fp + 2), .fp_from = (uint64_t)fp};
	struct walk w = {.lo = f.sp, .base = (uint64_t)fp, .keep = keep};
	uint64_t hash = 0;
	uint32_t n = 0;

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

	memo->key[set][way] = key;
	return &memo->entry[set * MEMO_WAYS + way];
}

void memo_forget(struct memo *memo)
{
	memset(memo->hint, 0, sizeof(memo->hint));
}
