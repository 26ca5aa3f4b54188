/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The helpers' table and finding a row of it. */
#include "lib/base.h"
#include "honey/helpers.h"

#include <string.h>

#include "honey/lex.h"
#include "lib/suggest.h"

static const struct helper helpers[] = {
#define HELPER(name, result, args, progs, kernel, gpl, text)                                       \
	{HELPER_##name, #name, result, args, progs, kernel, gpl, text},
#include "honey/helpers.def"
#undef HELPER
};

const struct helper *helper_find(const struct name *name)
{
	if (name->len < 4 || memcmp(name->s, "bpf_", 4))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (!strcmp(helpers[i].name, name->s))
			return &helpers[i];
	return NULL;
}

const char *helper_suggest(const char *word)
{
	const char *names[ARRAY_SIZE(helpers)];

	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		names[i] = helpers[i].name;
	return suggest_nearest(word, names, ARRAY_SIZE(names));
}

void helpers_print(FILE *out)
{
	fputs("| helper | programs | since | GPL | what |\n| --- | --- | --- | --- | --- |\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++) {
		const struct helper *p = &helpers[i];

		fprintf(out, "| `%s` | %s | %u.%u | %s | %s |\n", p->name,
			p->progs == PROG_TRACE ? "tracing" : "all", p->kernel / 100,
			p->kernel % 100, p->gpl ? "yes" : "", p->text);
	}
}
