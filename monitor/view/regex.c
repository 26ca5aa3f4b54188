/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Regular expressions by PCRE2, within limits. */
#include "lib/base.h"
#include "monitor/view/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdlib.h>
#include <string.h>

#include <pcre2.h>

/* Steps of one look at a text: so many, and so many for each of its bytes. A screen with thousands
 * of processes must answer keys meanwhile. What needs more in earnest is rare: it is looked at once
 * more with MORE times the steps, and so on, while this look at all texts has credit for that (a
 * step takes 15 to 45 ns). A text for which that is not enough has no answer, and the expression is
 * given up there and then. */
enum { STEPS = 500, STEPS_A_BYTE = 10, MORE = 8, CREDIT = 500000, HEAP_KB = 4096 };

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	uint64_t credit; /* steps */
	bool gave_up;
};

void regex_look(struct regex *r)
{
	r->credit = CREDIT;
}

int regex_new(struct regex **out, const char *text, bool ignore_case, char *why, size_t size)
{
	/* As regcomp(3) had it: $ is the end and nothing before it, and a dot is any character. */
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOLLAR_ENDONLY |
				 PCRE2_DOTALL | PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C |
				 (ignore_case ? PCRE2_CASELESS : 0);
	struct regex *r = calloc(1, sizeof(*r));
	PCRE2_SIZE at;
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &err, &at, NULL);
	if (!r->code) {
		pcre2_get_error_message(err, (PCRE2_UCHAR *)why, size);
		regex_free(r);
		return -EINVAL;
	}
	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (!r->data || !r->limits) {
		regex_free(r);
		return -ENOMEM;
	}
	pcre2_set_heap_limit(r->limits, HEAP_KB);
	regex_look(r);
	*out = r;
	return 0;
}

bool regex_match(struct regex *r, const char *s)
{
	size_t len = strlen(s);
	uint64_t steps = STEPS + STEPS_A_BYTE * MIN(len, 65536UL);
	int got;

	if (r->gave_up)
		return false;
	for (;;) {
		pcre2_set_match_limit(r->limits, (uint32_t)steps);
		got = pcre2_match(r->code, (PCRE2_SPTR)s, len, 0, 0, r->data, r->limits);
		steps *= MORE;
		if (got != PCRE2_ERROR_MATCHLIMIT || r->credit < steps)
			break;
		r->credit -= steps;
	}
	r->gave_up = got < 0 && got != PCRE2_ERROR_NOMATCH;
	return got >= 0;
}

bool regex_gave_up(const struct regex *r)
{
	return r->gave_up;
}

void regex_free(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	free(r);
}
