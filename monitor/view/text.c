/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a terminal may be shown: names of any bytes made harmless, and the names of users. */
#include "lib/base.h"
#include "monitor/view/column.h"

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "lib/clock.h"

/* Decodes one character; returns its bytes, 0 where they are no UTF-8 (overlong and surrogates
 * too). */
static int decode(const unsigned char *s, uint32_t *cp)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	int n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n <= 1) {
		*cp = s[0];
		return n;
	}
	if (s[0] > 0xf4)
		return 0;
	*cp = s[0] & (0xffu >> (n + 1));
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	return *cp < lowest[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp < 0xe000) ? 0 : n;
}

struct span {
	uint32_t first, last;
};

static bool in_spans(uint32_t cp, const struct span *spans, size_t n)
{
	for (size_t i = 0; i < n && cp >= spans[i].first; i++)
		if (cp <= spans[i].last)
			return true;
	return false;
}

/* Would move the cursor, turn the writing direction or hide: what follows would be misread. */
static bool harmful(uint32_t cp)
{
	static const struct span spans[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	      {0xad, 0xad},	{0x061c, 0x061c},
		{0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f}, {0xfeff, 0xfeff},
		{0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
	};

	return in_spans(cp, spans, ARRAY_SIZE(spans));
}

/* Where the C library does not know, because the locale is C: the blocks that Unicode's East Asian
 * Width calls W or F, and combining marks. */
static int own_width(uint32_t cp)
{
	static const struct span none[] = {
		{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
		{0x064b, 0x065f}, {0x0900, 0x0902}, {0x093c, 0x093c}, {0x0e31, 0x0e31},
		{0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
		{0x20d0, 0x20ff}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	};
	static const struct span two[] = {
		{0x1100, 0x115f},   {0x231a, 0x231b},	{0x2e80, 0x303e},   {0x3041, 0x33ff},
		{0x3400, 0x4dbf},   {0x4e00, 0x9fff},	{0xa000, 0xa4cf},   {0xa960, 0xa97f},
		{0xac00, 0xd7a3},   {0xf900, 0xfaff},	{0xfe30, 0xfe6f},   {0xff00, 0xff60},
		{0xffe0, 0xffe6},   {0x17000, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f64f},
		{0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
	};

	if (in_spans(cp, none, ARRAY_SIZE(none)))
		return 0;
	return in_spans(cp, two, ARRAY_SIZE(two)) ? 2 : 1;
}

/* Cells of a character; -1: not to be shown. */
static int cells_of(uint32_t cp)
{
	if (harmful(cp))
		return -1;
	if (cp < 0x7f)
		return 1;
	/* A locale that knows this one knows them all, and ncurses counts as it does. */
	if (wcwidth((wchar_t)0x4e00) == 2)
		return wcwidth((wchar_t)cp);
	return own_width(cp);
}

int column_text(const char *bytes, int cells, struct strbuf *out)
{
	const unsigned char *s = (const unsigned char *)bytes;
	int used = 0;

	while (*s) {
		uint32_t cp;
		int n = decode(s, &cp), wide = n ? cells_of(cp) : -1;

		/* A mark without a letter to stand on would change what is left of the name. */
		if (wide < 0 || (!wide && !used)) {
			if (cells >= 0 && used + 1 > cells)
				break;
			strbuf_addch(out, '?');
			used++;
		} else {
			if (cells >= 0 && used + wide > cells)
				break;
			strbuf_add(out, s, (size_t)n);
			used += wide;
		}
		s += n ? n : 1;
	}
	return used;
}

/* --- users --- */

enum { USERS = 1024, USER_SLOW_MS = 250 };

static struct {
	uint32_t uid;
	char *name;
} users[USERS]; /* by uid, open addressing; for the life of the program */
static size_t nusers;
static bool users_slow;

static char *ask_user(uint32_t uid)
{
	struct passwd pw, *found = NULL;
	uint64_t before = clock_ns();
	char buf[4096], number[16];

	snprintf(number, sizeof(number), "%u", uid);
	/* A directory server that does not answer must not stop the screen once for each user. */
	if (!users_slow && getpwuid_r(uid, &pw, buf, sizeof(buf), &found))
		found = NULL;
	if (clock_ns() - before > USER_SLOW_MS * NSEC_PER_MSEC)
		users_slow = true;
	return strdup(found && found->pw_name && found->pw_name[0] ? found->pw_name : number);
}

const char *column_user(uint32_t uid)
{
	static char number[16];
	size_t i = (uid * 2654435761u) % USERS;

	if (uid == ROW_UNKNOWN)
		return "-";
	for (; users[i].name; i = (i + 1) % USERS)
		if (users[i].uid == uid)
			return users[i].name;
	if (nusers < USERS * 3 / 4) {
		users[i].name = ask_user(uid);
		users[i].uid = uid;
		nusers += users[i].name != NULL;
	}
	if (users[i].name)
		return users[i].name;
	snprintf(number, sizeof(number), "%u", uid);
	return number;
}
