/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/base.h"
#include "monitor/view/moment.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Parts of a second as ".123" in *@text, which is passed over; 0 where there are none. */
static uint64_t fraction_ns(const char **text)
{
	uint64_t unit = NSEC_PER_SEC, ns = 0;
	const char *s = *text;

	if (*s != '.' || !isdigit((unsigned char)s[1]))
		return 0;
	for (s++; isdigit((unsigned char)*s); s++) {
		unit /= 10;
		ns += unit * (uint64_t)(*s - '0');
	}
	*text = s;
	return ns;
}

/* Of @text by one of these, all of it but for parts of a second and a Z, which says UTC. */
static bool by_calendar(const char *text, const char *const *forms, size_t n, struct tm *tm,
			uint64_t *ns, bool *utc)
{
	for (size_t i = 0; i < n; i++) {
		struct tm got = *tm;
		const char *end = strptime(text, forms[i], &got);

		*ns = end ? fraction_ns(&end) : 0;
		if (!end || (*end && strcmp(end, "Z")))
			continue;
		*tm = got;
		*utc = *end;
		return true;
	}
	return false;
}

int moment_parse(const char *text, uint64_t day_ns, struct moment *out)
{
	static const char *const moments[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"};
	static const char *const times[] = {"%H:%M:%S", "%H:%M"};
	time_t day = (time_t)(day_ns / NSEC_PER_SEC), at;
	struct tm tm = {.tm_isdst = -1};
	char *end = NULL;
	uint64_t ns;
	bool utc;

	*out = (struct moment){.s = NAN};
	if (*text == '+' && text[1]) {
		double s = strtod(text + 1, &end);

		if ((*end && strcmp(end, "s")) || !(s >= 0))
			return -EINVAL;
		out->s = s;
		return 0;
	}
	if (!by_calendar(text, moments, ARRAY_SIZE(moments), &tm, &ns, &utc)) {
		if (!day_ns || !localtime_r(&day, &tm))
			return -EINVAL;
		tm.tm_sec = 0;
		tm.tm_isdst = -1;
		if (!by_calendar(text, times, ARRAY_SIZE(times), &tm, &ns, &utc))
			return -EINVAL;
	}
	at = utc ? timegm(&tm) : mktime(&tm);
	if (at <= 0)
		return -EINVAL;
	out->ns = (uint64_t)at * NSEC_PER_SEC + ns;
	return 0;
}

uint64_t moment_ns(const struct moment *m, uint64_t begin_ns)
{
	return isnan(m->s) ? m->ns : begin_ns + (uint64_t)(m->s * NSEC_PER_SEC);
}
