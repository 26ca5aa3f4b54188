/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * eh_frame.h: from the search table to the entry of a function, and through its instructions to the
 * row for one address. Of the registers only three columns are followed, by their DWARF numbers:
 * the stack pointer, the frame pointer (callers' frames may hang on it) and the return address.
 */
#include "lib/base.h"

#include <string.h>

#include "memprof/preload/eh_frame.h"

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

/* Where a processor has what is followed: DWARF's numbers of columns. */
struct columns {
	uint8_t fp, sp, ra;
	int8_t ra_at; /* from the CFA, where no table says otherwise; 0: in its register */
};

static const struct columns columns[UNWIND_PROCESSORS] = {
	[UNWIND_X86_64] = {.fp = 6, .sp = 7, .ra = 16, .ra_at = -8},
	[UNWIND_ARM64] = {.fp = 29, .sp = 31, .ra = 30},
};

/* A row of the table that the instructions of .eh_frame describe. */
struct row {
	enum unwind_kind kind;
	int64_t offset;
	int64_t fp_at; /* from the CFA; 0: kept; FP_AT_FP */
	int64_t ra_at; /* from the CFA; 0: in its register */
	bool outermost;
};

enum { FP_AT_FP = 1 << 20, STATES_MAX = 16 };

static uint32_t pack_x86_64(const struct row *row)
{
	int64_t offset = row->offset / 8, fp_at = row->fp_at / 8;
	uint32_t fp = (uint32_t)fp_at & 0x1fff;

	if (row->fp_at == FP_AT_FP)
		fp = UNWIND_FP_AT_FP;
	else if (row->fp_at % 8 || fp_at < -2047 || fp_at > 2047)
		return UNWIND_NONE;
	if (row->ra_at != -8 || row->offset % 8 || offset < -8191 || offset > 8191)
		return UNWIND_NONE;
	return (uint32_t)row->kind | ((uint32_t)offset & 0x3fff) << 3 | fp << 17;
}

static uint32_t pack_arm64(const struct row *row)
{
	int64_t offset = row->offset / 16, ra = row->ra_at / -8;

	if (row->kind == UNWIND_CFA_AT_FP || row->offset % 16 || offset < 0 || offset > 0x1fff ||
	    row->ra_at % 8 || ra < 0 || ra > 0x1fff)
		return UNWIND_NONE;
	if (row->fp_at && row->fp_at != row->ra_at - 8)
		return UNWIND_NONE;
	return (uint32_t)row->kind | (uint32_t)offset << 3 | (uint32_t)ra << 16 |
	       (uint32_t)(row->fp_at != 0) << 29;
}

static uint32_t pack(enum unwind_processor processor, const struct row *row)
{
	if (row->outermost)
		return UNWIND_END;
	if (row->kind > UNWIND_CFA_AT_FP)
		return UNWIND_NONE;
	return processor == UNWIND_X86_64 ? pack_x86_64(row) : pack_arm64(row);
}

/* What a CIE says for all its functions. */
struct common {
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointers;
	bool augmented, signal;
	struct reader initial;
	enum unwind_processor processor;
	struct columns columns;
};

/* Of a table that is damaged it may be anything, and is cut to 64 bits. */
static int64_t factored(const struct common *c, uint64_t v)
{
	return (int64_t)(v * (uint64_t)c->data_align);
}

static enum unwind_kind cfa_of(const struct common *c, uint64_t reg)
{
	return reg == c->columns.sp   ? UNWIND_CFA_SP
	       : reg == c->columns.fp ? UNWIND_CFA_FP
				      : UNWIND_NONE;
}

/* Register @reg is saved at CFA + @at. */
static void saved(const struct common *c, struct row *row, uint64_t reg, int64_t at)
{
	if (reg == c->columns.fp)
		row->fp_at = at;
	else if (reg == c->columns.ra)
		row->ra_at = at;
}

/* Register @reg is where it was in the row @before. */
static void restored(const struct common *c, struct row *row, uint64_t reg,
		     const struct row *before)
{
	if (reg == c->columns.fp)
		row->fp_at = before->fp_at;
	else if (reg == c->columns.ra)
		row->ra_at = before->ra_at;
}

/* Of another register no rule is wanted. */
static bool is_followed(const struct common *c, uint64_t reg)
{
	return reg == c->columns.fp || reg == c->columns.ra;
}

/* DW_CFA_def_cfa_expression: only "what stands at the frame pointer + offset". */
static void cfa_expression(struct reader *r, const struct common *c, struct row *row)
{
	uint64_t len = uleb(r);
	struct reader e = {.p = r->p};

	skip(r, len);
	e.end = r->p;
	row->kind = UNWIND_NONE;
	if (get(&e, 1) == 0x70U + c->columns.fp) {
		row->offset = sleb(&e);
		if (get(&e, 1) == 0x06 && e.p == e.end && !e.bad)
			row->kind = UNWIND_CFA_AT_FP;
	}
}

/* DW_CFA_expression and DW_CFA_val_expression: only "the frame pointer stands at itself". */
static bool saved_by_expression(struct reader *r, const struct common *c, struct row *row,
				bool is_value)
{
	uint64_t reg = uleb(r), len = uleb(r);
	struct reader e = {.p = r->p};

	skip(r, len);
	e.end = r->p;
	if (reg == c->columns.fp) {
		if (is_value || get(&e, 1) != 0x70U + reg || sleb(&e) || e.p != e.end || e.bad)
			return false;
		row->fp_at = FP_AT_FP;
	}
	return reg != c->columns.ra;
}

/*
 * Runs the instructions @r until they speak of an address above @pc. @initial: what
 * DW_CFA_restore goes back to. False: something was met that no rule can say.
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
		case 2: saved(c, row, low, factored(c, uleb(&r))); continue;
		case 3: restored(c, row, low, initial); continue;
		}
		switch (op) {
		case 0x00: break;
		case 0x01: at = encoded(&r, c->pointers, 0); break;
		case 0x02: at += get(&r, 1) * c->code_align; break;
		case 0x03: at += get(&r, 2) * c->code_align; break;
		case 0x04: at += get(&r, 4) * c->code_align; break;
		case 0x05: /* offset_extended */
			reg = uleb(&r);
			saved(c, row, reg, factored(c, uleb(&r)));
			break;
		case 0x06: /* restore_extended */ restored(c, row, uleb(&r), initial); break;
		case 0x07: /* undefined: of the return address, there is no caller */
			if (uleb(&r) == c->columns.ra)
				row->outermost = true;
			break;
		case 0x08: /* same_value */ saved(c, row, uleb(&r), 0); break;
		case 0x09: /* register */
			good = !is_followed(c, uleb(&r));
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
			row->kind = cfa_of(c, uleb(&r));
			row->offset = (int64_t)uleb(&r);
			break;
		case 0x0d: /* def_cfa_register */ row->kind = cfa_of(c, uleb(&r)); break;
		case 0x0e: /* def_cfa_offset */ row->offset = (int64_t)uleb(&r); break;
		case 0x0f: cfa_expression(&r, c, row); break;
		case 0x10: good = saved_by_expression(&r, c, row, false); break;
		case 0x11: /* offset_extended_sf */
			reg = uleb(&r);
			saved(c, row, reg, factored(c, (uint64_t)sleb(&r)));
			break;
		case 0x12: /* def_cfa_sf */
			row->kind = cfa_of(c, uleb(&r));
			row->offset = factored(c, (uint64_t)sleb(&r));
			break;
		case 0x13: /* def_cfa_offset_sf */
			row->offset = factored(c, (uint64_t)sleb(&r));
			break;
		case 0x14:
		case 0x15: /* val_offset, val_offset_sf */
			good = !is_followed(c, uleb(&r));
			uleb(&r);
			break;
		case 0x16: good = saved_by_expression(&r, c, row, true); break;
		case 0x2d: /* arm64: the return address is signed from here on, or no more */
			good = c->processor == UNWIND_ARM64;
			break;
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

static bool read_common(enum unwind_processor processor, const struct unwind_image *image,
			uint64_t at, struct common *c)
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
	*c = (struct common){.processor = processor, .columns = columns[processor]};
	c->code_align = uleb(&r);
	c->data_align = sleb(&r);
	if ((version == 1 ? get(&r, 1) : uleb(&r)) != c->columns.ra)
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
		case 'B': /* return addresses are signed with the second key */
			if (processor != UNWIND_ARM64)
				return false;
			break;
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

uint32_t eh_frame_rule(enum unwind_processor processor, const struct unwind_image *image,
		       uint64_t pc)
{
	struct row row = {.kind = UNWIND_NONE, .ra_at = columns[processor].ra_at}, initial = row;
	uint64_t at = search(image, pc), id_at, id, start, size;
	struct common c;
	struct reader r;

	if (!at || !entry_at(image, at, &r))
		return UNWIND_NONE;
	id_at = (uint64_t)r.p;
	id = get(&r, 4);
	if (r.bad || !id || !read_common(processor, image, id_at - id, &c))
		return UNWIND_NONE;
	if (c.signal)
		return UNWIND_SIGNAL;
	start = encoded(&r, c.pointers, 0);
	size = encoded(&r, c.pointers & 15, 0);
	if (c.augmented)
		skip(&r, uleb(&r));
	if (r.bad || pc < start || pc - start >= size)
		return UNWIND_NONE;
	if (!run(c.initial, &c, UINT64_MAX, 0, &row, &initial))
		return UNWIND_NONE;
	initial = row;
	if (!run(r, &c, pc, start, &row, &initial))
		return UNWIND_NONE;
	return pack(processor, &row);
}
