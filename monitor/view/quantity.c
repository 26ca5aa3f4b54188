/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers with the units that each kind of column takes. */
#include "lib/base.h"
#include "monitor/view/quantity.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	double factor;
};

#define SIZES(letter, power)                                                                       \
	{letter, power}, {letter "B", power},                                                      \
	{                                                                                          \
		letter "iB", power                                                                 \
	}

static const struct unit size_units[] = {
	{"B", 1},
	SIZES("K", 1024.0),
	SIZES("M", 1024.0 * 1024),
	SIZES("G", 1024.0 * 1024 * 1024),
	SIZES("T", 1024.0 * 1024 * 1024 * 1024),
	SIZES("P", 1024.0 * 1024 * 1024 * 1024 * 1024),
	{NULL, 0},
};
static const struct unit count_units[] = {{"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}};
static const struct unit time_units[] = {{"ms", 1e-3}, {"s", 1},     {"min", 60},
					 {"h", 3600},  {"d", 86400}, {NULL, 0}};
static const struct unit percent_units[] = {{"%", 1}, {NULL, 0}};
static const struct unit per_units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}, {NULL, 0}};

/* What a number of a column's kind may wear. */
static const struct {
	const struct unit *units;
	double unit;	/* the column's own, in the base of @units */
	double without; /* what a bare number is, in the same */
	bool per;	/* /s, /min, /h may follow */
	const char *say;
} kinds[] = {
	[UNIT_NONE] = {count_units, 1, 1, false, "K M G (thousands)"},
	[UNIT_KB] = {size_units, 1024, 1024, false, "B K KB KiB M MB MiB G .. (none: kB)"},
	[UNIT_BYTES] = {size_units, 1, 1, false, "B K KB KiB M MB MiB G .. (none: bytes)"},
	[UNIT_RATE] = {count_units, 1, 1, true, "/s /min /h"},
	[UNIT_PERCENT] = {percent_units, 1, 1, false, "%"},
	[UNIT_MS] = {time_units, 1e-3, 1e-3, false, "ms s min h d (none: ms)"},
	[UNIT_S] = {time_units, 1, 1, false, "ms s min h d (none: s)"},
	[UNIT_BYTES_PER_S] = {size_units, 1, 1, true, "B KiB MiB GiB with /s /min /h"},
};

/* Digits with a point: the C library's would read what the locale writes. Returns the bytes taken.
 */
static size_t digits(const char *s, double *out)
{
	double v = 0, scale = 1;
	size_t i = 0, n = 0;

	for (; s[i] >= '0' && s[i] <= '9'; i++, n++)
		v = v * 10 + (s[i] - '0');
	if (s[i] == '.')
		for (i++; s[i] >= '0' && s[i] <= '9'; i++, n++)
			v += (s[i] - '0') * (scale /= 10);
	*out = v;
	return n ? i : 0;
}

static const struct unit *find_unit(const struct unit *u, const char *s, size_t n)
{
	for (; u->name; u++)
		if (strlen(u->name) == n && !strncasecmp(u->name, s, n))
			return u;
	return NULL;
}

bool quantity_parse(const struct column *c, const char *word, double *out, char *why, size_t size)
{
	const char *s = word, *per;
	const struct unit *u = NULL, *p = NULL;
	double v, sign = 1;
	size_t n;

	if (*s == '-' || *s == '+')
		sign = *s++ == '-' ? -1 : 1;
	n = digits(s, &v);
	if (!n) {
		snprintf(why, size, "'%s' is a number: a number is due here%s", c->key,
			 c->unit == UNIT_NONE ? "" : ", and its unit");
		return false;
	}
	s += n;
	per = kinds[c->unit].per && strchr(s, '/') ? strchr(s, '/') : s + strlen(s);
	if (per > s)
		u = find_unit(kinds[c->unit].units, s, (size_t)(per - s));
	if (*per)
		p = find_unit(per_units, per, strlen(per));
	if ((per > s && !u) || (*per && !p)) {
		snprintf(why, size, "no unit of '%s'; there are: %s", c->key, kinds[c->unit].say);
		return false;
	}
	v *= u ? u->factor : kinds[c->unit].without;
	*out = sign * v / kinds[c->unit].unit / (p ? p->factor : 1);
	return true;
}
