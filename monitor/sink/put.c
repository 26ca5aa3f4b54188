/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers, texts and times for machines. */
#include "lib/base.h"
#include "monitor/sink/put.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/format.h"
#include "monitor/view/column.h"

void put_u64(struct strbuf *out, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	strbuf_add(out, digits + n, sizeof(digits) - n);
}

bool put_number(struct strbuf *out, double v)
{
	if (!isfinite(v))
		return false;
	if (fabs(v) >= 9007199254740992.0 || v != floor(v))
		return format_double(out, v, 15);
	if (v < 0)
		strbuf_addch(out, '-');
	put_u64(out, (uint64_t)fabs(v));
	return true;
}

void put_json_number(struct strbuf *out, double v)
{
	if (!put_number(out, v))
		strbuf_addstr(out, "null");
}

/* Appends @bytes as valid UTF-8 and gives each @sign a @before in front. */
static void put_marked(struct strbuf *out, const char *bytes, const char *signs, char before)
{
	struct strbuf text = STRBUF_INIT;
	char plain[32];
	const char *s = plain;
	size_t n = 0;

	/* Nearly every name is ASCII and short. */
	while (bytes[n] >= ' ' && bytes[n] <= '~' && n < sizeof(plain) - 1) {
		plain[n] = bytes[n];
		n++;
	}
	plain[n] = '\0';
	if (bytes[n]) {
		column_text(bytes, -1, &text);
		s = text.s;
	}
	for (; *s; s++) {
		if (strchr(signs, *s))
			strbuf_addch(out, before);
		strbuf_addch(out, *s);
	}
	strbuf_release(&text);
}

void put_json_text(struct strbuf *out, const char *bytes)
{
	strbuf_addch(out, '"');
	put_marked(out, bytes, "\"\\", '\\');
	strbuf_addch(out, '"');
}

void put_csv_text(struct strbuf *out, const char *bytes)
{
	bool quoted = strpbrk(bytes, "\",") || bytes[0] == ' ' ||
		      (bytes[0] && bytes[strlen(bytes) - 1] == ' ');

	if (quoted)
		strbuf_addch(out, '"');
	put_marked(out, bytes, "\"", '"');
	if (quoted)
		strbuf_addch(out, '"');
}

void put_time(struct strbuf *out, uint64_t realtime_ns, bool words)
{
	time_t s = (time_t)(realtime_ns / NSEC_PER_SEC);
	struct tm tm = {0};
	char text[64] = "";

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), words ? "%Y-%m-%d %H:%M:%S UTC" : "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addstr(out, text);
	if (!words)
		strbuf_addf(out, ".%03uZ",
			    (unsigned int)(realtime_ns % NSEC_PER_SEC / NSEC_PER_MSEC));
}

bool put_offers(const struct frame *f, enum field field)
{
	/* What history_update() makes, and of what. */
	static const uint8_t of[FIELD_COUNT] = {
		[FIELD_MMAP_RATE] = FIELD_MMAP,	  [FIELD_MUNMAP_RATE] = FIELD_MUNMAP,
		[FIELD_BRK_RATE] = FIELD_BRK,	  [FIELD_SWITCH_RATE] = FIELD_SWITCHES,
		[FIELD_USR] = FIELD_USER_MS,	  [FIELD_SYS] = FIELD_SYSTEM_MS,
		[FIELD_TOT] = FIELD_TOTAL_MS,	  [FIELD_TREND] = FIELD_RSS,
		[FIELD_TREND_LOW] = FIELD_RSS,	  [FIELD_TREND_HIGH] = FIELD_RSS,
		[FIELD_TREND_WINDOW] = FIELD_RSS,
	};
	enum field base = field < FIELD_MMAP_RATE ? field : (enum field)of[field];

	return f->fields & (1u << field | 1u << base);
}
