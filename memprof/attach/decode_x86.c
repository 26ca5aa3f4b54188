/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The beginnings of functions of x86-64 (decode.h). */
#include "lib/base.h"
#include "memprof/attach/decode.h"

#include <string.h>

/* rsp, and what arguments come in: rdi, rsi, rdx, rcx; bits by the number of the register. */
enum { KEPT = 1 << 4 | 1 << 7 | 1 << 6 | 1 << 2 | 1 << 1 };

static bool is_emulated(const uint8_t *c, size_t n)
{
	if (c[0] >= 0x50 && c[0] <= 0x57) /* push */
		return true;
	if (n > 1 && c[0] == 0x41 && c[1] >= 0x50 && c[1] <= 0x57) /* push r8..r15 */
		return true;
	if (c[0] == 0x90 || c[0] == 0xeb || c[0] == 0xe9 || c[0] == 0xe8) /* nop, jmp, call */
		return true;
	if ((c[0] & 0xf0) == 0x70) /* jcc */
		return true;
	return n > 1 && c[0] == 0x0f && (c[1] & 0xf0) == 0x80;
}

/* Register to register: test, cmp, which write none; mov, xor, which write one that is not kept. 0:
 * it is another. */
static size_t register_length(const uint8_t *c, size_t n)
{
	size_t rex = n && (c[0] & 0xf0) == 0x40;
	uint8_t op, modrm, reg, rm, written;

	if (n < rex + 2)
		return 0;
	op = c[rex];
	modrm = c[rex + 1];
	if (modrm < 0xc0)
		return 0;
	reg = (uint8_t)((modrm >> 3 & 7) | (rex && c[0] & 4 ? 8 : 0));
	rm = (uint8_t)((modrm & 7) | (rex && c[0] & 1 ? 8 : 0));
	if (op == 0x85 || op == 0x84 || op == 0x39 || op == 0x3b) /* test, cmp */
		return rex + 2;
	if (op == 0x89 || op == 0x31 || op == 0x33 || op == 0x8b) { /* mov, xor */
		written = op == 0x8b || op == 0x33 ? reg : rm;
		return written < 8 && KEPT & 1 << written ? 0 : rex + 2;
	}
	return 0;
}

/* How long an instruction is that changes nothing that matters; 0: it is none that is known. */
static size_t harmless_length(const uint8_t *c, size_t n)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	static const uint8_t nopl[] = {0x0f, 0x1f, 0x44, 0x00, 0x00};

	if (n >= sizeof(endbr64) && !memcmp(c, endbr64, sizeof(endbr64)))
		return sizeof(endbr64);
	if (n >= sizeof(nopl) && !memcmp(c, nopl, sizeof(nopl)))
		return sizeof(nopl);
	if (n >= 7 && (c[0] == 0x80 || c[0] == 0x83) && c[1] == 0x3d) /* cmp $n, x(%rip) */
		return 7;
	if (n >= 8 && c[0] == 0x48 && c[1] == 0x83 && c[2] == 0x3d)
		return 8;
	return register_length(c, n);
}

int decode_x86(const uint8_t *code, size_t n)
{
	size_t at = 0, length;

	while (at < n && at < DECODE_BYTES - 8) {
		if (is_emulated(code + at, n - at))
			return (int)at;
		length = harmless_length(code + at, n - at);
		if (!length || at + length >= n)
			return -1;
		at += length;
	}
	return -1;
}
