/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers for people. */
#include "lib/base.h"
#include "lib/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void format_count(struct strbuf *out, uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			strbuf_addch(out, ',');
		strbuf_addch(out, digits[i]);
	}
}

/* Appends @v with @decimals places, thousands separated; no "-0". */
static void add_decimals(struct strbuf *out, double v, int decimals)
{
	char text[64], *dot;

	snprintf(text, sizeof(text), "%.*f", decimals, fabs(v));
	if (v < 0 && strspn(text, "0.") < strlen(text))
		strbuf_addch(out, '-');
	dot = strchr(text, '.');
	if (dot)
		*dot = '\0';
	if (strlen(text) < 19)
		format_count(out, strtoull(text, NULL, 10));
	else
		strbuf_addstr(out, text);
	if (dot)
		strbuf_addf(out, ".%s", dot + 1);
}

/* Places after the point that show @v, as rounded, with that many digits. */
static int decimals_of(double v, int significant)
{
	char rounded[32];
	const char *exponent;

	snprintf(rounded, sizeof(rounded), "%.*e", significant - 1, v);
	exponent = strchr(rounded, 'e');
	if (v == 0 || !isfinite(v) || !exponent)
		return 0;
	return MAX(0, MIN(significant - 1 - atoi(exponent + 1), 9));
}

void format_number(struct strbuf *out, double v)
{
	if (!isfinite(v))
		strbuf_addch(out, '-');
	else if (v == floor(v))
		add_decimals(out, v, 0);
	else
		add_decimals(out, v, decimals_of(v, 3));
}

void format_si(struct strbuf *out, double v, const char *unit)
{
	static const char *const prefix[] = {"", "k", "M", "G", "T"};
	size_t p = 0;

	while (isfinite(v) && fabs(v) >= 999.5 && p + 1 < ARRAY_SIZE(prefix)) {
		v /= 1000;
		p++;
	}
	format_number(out, v);
	strbuf_addf(out, " %s%s", prefix[p], unit);
}

void format_bytes(struct strbuf *out, double bytes)
{
	static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t u = 0;

	while (isfinite(bytes) && fabs(bytes) >= 1024 && u + 1 < ARRAY_SIZE(unit)) {
		bytes /= 1024;
		u++;
	}
	format_number(out, bytes);
	strbuf_addf(out, " %s", unit[u]);
}

void format_duration(struct strbuf *out, double ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s"};
	size_t u = 0;

	while (isfinite(ns) && fabs(ns) >= 999.5 && u + 1 < ARRAY_SIZE(unit)) {
		ns /= 1000;
		u++;
	}
	format_number(out, ns);
	strbuf_addf(out, " %s", unit[u]);
}

void format_interval(struct strbuf *out, const struct stats_interval *i, double scale)
{
	double width = fabs(i->high - i->low) * scale;
	int decimals;

	if (!isfinite(i->centre)) {
		strbuf_addch(out, '-');
		return;
	}
	if (!isfinite(width)) {
		format_number(out, i->centre * scale);
		return;
	}
	/* Two digits of the width: more would be noise. */
	decimals = MIN(width > 0 ? decimals_of(width, 2) : 3, 3);
	add_decimals(out, i->centre * scale, decimals);
	strbuf_addstr(out, " [");
	add_decimals(out, i->low * scale, decimals);
	strbuf_addstr(out, ", ");
	add_decimals(out, i->high * scale, decimals);
	strbuf_addch(out, ']');
}

void format_kernel(struct strbuf *out, const char *release)
{
	const char *dot = strchr(release, '.');
	size_t minor = dot ? strspn(dot + 1, "0123456789") : 0;

	strbuf_add(out, release, minor ? (size_t)(dot + 1 - release) + minor : strlen(release));
}

void format_percent(struct strbuf *out, double pct)
{
	if (pct > 0)
		strbuf_addch(out, '+');
	format_number(out, pct);
	if (isfinite(pct))
		strbuf_addstr(out, " %");
}

bool format_double(struct strbuf *out, double v, int digits)
{
	char text[64];
	bool point = false;

	if (!isfinite(v))
		return false;
	if (digits >= 15 && fabs(v) < 9007199254740992.0 && v == floor(v)) {
		strbuf_addf(out, "%lld", (long long)v);
		return true;
	}
	/* printf's decimal point is the locale's, and may be of several bytes. */
	snprintf(text, sizeof(text), "%.*g", digits, v);
	for (const char *s = text; *s; s++) {
		bool plain = (*s >= '0' && *s <= '9') || strchr("+-e", *s);

		if (plain)
			strbuf_addch(out, *s);
		else if (!point)
			strbuf_addch(out, '.');
		point |= !plain;
	}
	return true;
}
