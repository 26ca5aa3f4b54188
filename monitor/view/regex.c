/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Regular expressions by PCRE2, within limits. */
#include "lib/base.h"
#include "monitor/view/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdlib.h>
#include <string.h>

#include <pcre2.h>

/* Steps of one look at a text: so many, and so many for each of its bytes. A screen with thousands
 * of processes must answer keys meanwhile: what needs more in earnest is rare, what runs away does
 * so for text after text, and is given up. */
enum { STEPS = 500, STEPS_A_BYTE = 10, STOPS = 32, HEAP_KB = 256 };

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	unsigned int stops;
};

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
	*out = r;
	return 0;
}

bool regex_match(struct regex *r, const char *s)
{
	size_t len = strlen(s);
	int got;

	if (regex_gave_up(r))
		return false;
	pcre2_set_match_limit(r->limits, (uint32_t)(STEPS + STEPS_A_BYTE * MIN(len, 65536UL)));
	got = pcre2_match(r->code, (PCRE2_SPTR)s, len, 0, 0, r->data, r->limits);
	r->stops += got < 0 && got != PCRE2_ERROR_NOMATCH;
	return got >= 0;
}

bool regex_gave_up(const struct regex *r)
{
	return r->stops >= STOPS;
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
