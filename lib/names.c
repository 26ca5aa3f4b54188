/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets of names, in order. */
#include "lib/base.h"
#include "lib/names.h"

#include <stdlib.h>
#include <string.h>

size_t names_find(const struct names *s, const char *name)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->v[i], name))
		i++;
	return i;
}

size_t names_add(struct names *s, const char *name)
{
	size_t i = names_find(s, name);

	if (i < s->n)
		return i;
	s->v = realloc(s->v, (s->n + 1) * sizeof(*s->v));
	if (!s->v)
		abort();
	s->v[s->n] = strdup(name);
	return s->n++;
}

void names_release(struct names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct names){0};
}
