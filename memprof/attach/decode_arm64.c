/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The beginnings of functions of arm64 (decode.h): instructions of four bytes, little endian, named
 * by the groups of the Arm Architecture Reference Manual, C4.1. */
#include "lib/base.h"
#include "memprof/attach/decode.h"

enum {
	STACK = 31, /* as a number of a register: sp, or the one that is always 0 */
	LINK = 30,
	ARGUMENTS = 4,
};

/* One group of instructions. */
struct group {
	uint32_t mask, bits;
};

static bool is_of(uint32_t w, const struct group *groups, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((w & groups[i].mask) == groups[i].bits)
			return true;
	return false;
}

static bool is_emulated(uint32_t w)
{
	static const struct group emulated[] = {
		{0xfc000000, 0x14000000}, /* b */
		{0xff000010, 0x54000000}, /* b.cond */
		{0x7e000000, 0x34000000}, /* cbz, cbnz */
		{0x7e000000, 0x36000000}, /* tbz, tbnz */
		{0x1f000000, 0x10000000}, /* adr, adrp */
		{0xfffffc1f, 0xd61f0000}, /* br */
		{0xfffffc1f, 0xd65f0000}, /* ret */
	};

	return is_of(w, emulated, ARRAY_SIZE(emulated));
}

/* A call, which is emulated as well: but the return address is another then. */
static bool is_call(uint32_t w)
{
	static const struct group calls[] = {{0xfc000000, 0x94000000}, {0xfffffc1f, 0xd63f0000}};

	return is_of(w, calls, ARRAY_SIZE(calls));
}

/* Marks of where jumps may go to, nop and other hints; and those that sign the return address. */
static bool is_harmless_hint(uint32_t w, bool returns)
{
	uint32_t hint = w >> 5 & 0x7f;

	if ((w & 0xfffff01f) != 0xd503201f)
		return false;
	if (hint >= 24 && hint <= 27) /* paciaz, paciasp, pacibz, pacibsp */
		return !returns;
	return hint < 7 || (hint & ~6U) == 32; /* nop .., bti */
}

/* Writes one register, by its number at the lowest bits, and no memory; reads none either, which
 * may fault. *zero: the number 31 is not the stack pointer. */
static bool writes_one(uint32_t w, bool *zero)
{
	static const struct group stack[] = {
		{0x3f800000, 0x11000000}, /* add, sub of a number */
		{0x3fe00000, 0x0b200000}, /* add, sub of an extended register */
	};
	static const struct group others[] = {
		{0x1f800000, 0x11000000}, /* adds, subs of a number */
		{0x1f800000, 0x12800000}, /* movn, movz, movk */
		{0x1f800000, 0x13000000}, /* bits of a register */
		{0x1f800000, 0x13800000}, /* .. of two */
		{0x1f000000, 0x0a000000}, /* and, orr, eor of registers: mov is one */
		{0x1f000000, 0x0b000000}, /* add, sub of registers */
		{0x1fe00000, 0x1a800000}, /* csel .. */
		{0x7fe00000, 0x1ac00000}, /* division, shifts */
		{0x1f000000, 0x1b000000}, /* multiplication */
		{0xfff00000, 0xd5300000}, /* mrs */
	};

	*zero = false;
	if (is_of(w, stack, ARRAY_SIZE(stack)))
		return true;
	/* of bits that are a number: ands and tst alone have no stack pointer */
	if ((w & 0x1f800000) == 0x12000000) {
		*zero = (w & 0x60000000) == 0x60000000;
		return true;
	}
	*zero = true;
	return is_of(w, others, ARRAY_SIZE(others));
}

static bool is_harmless(uint32_t w, bool returns)
{
	uint32_t written = w & 31;
	bool zero;

	if (is_harmless_hint(w, returns))
		return true;
	if ((w & 0x1fe00000) == 0x1a400000) /* ccmp, ccmn */
		return true;
	if (!writes_one(w, &zero))
		return false;
	if (written == STACK)
		return zero;
	return written >= ARGUMENTS && !(returns && written == LINK);
}

int decode_arm64(const uint8_t *code, size_t n, bool returns)
{
	for (size_t at = 0; at + 4 <= n && at + 4 <= DECODE_BYTES; at += 4) {
		uint32_t w = (uint32_t)code[at] | (uint32_t)code[at + 1] << 8 |
			     (uint32_t)code[at + 2] << 16 | (uint32_t)code[at + 3] << 24;

		if (is_emulated(w) || (!returns && is_call(w)))
			return (int)at;
		if (!is_harmless(w, returns))
			return -1;
	}
	return -1;
}
