/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What recorder and replayer share: names, and the rows that a frame is told against. */
#include "lib/base.h"
#include "monitor/sink/record_format.h"

#include <stdlib.h>

const char *const record_tool_names[] = {[TOOL_MEMMON] = "memmon", [TOOL_CPUMON] = "cpumon"};

const struct scalar *record_scalar(size_t i)
{
	static const struct scalar *const tables[] = {frame_scalars, losses_scalars, own_scalars};

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct scalar *s = tables[t]; s->name; s++)
			if (!i--)
				return s;
	return NULL;
}

static int room(void **at, size_t *cap, size_t n, size_t size)
{
	void *p;

	if (n <= *cap)
		return 0;
	/* What was there is not needed: no copy. */
	free(*at);
	*at = NULL;
	*cap = 0;
	n += n / 8;
	p = calloc(n, size);
	if (!p)
		return -ENOMEM;
	*at = p;
	*cap = n;
	return 0;
}

int record_base_room(struct record_base *b, size_t n, size_t nsizes)
{
	void *rows = b->rows, *sizes = b->sizes;
	int err = room(&rows, &b->cap, n, sizeof(*b->rows));

	b->rows = rows;
	if (!err)
		err = room(&sizes, &b->sizes_cap, nsizes, sizeof(*b->sizes));
	b->sizes = sizes;
	b->n = b->nsizes = 0;
	return err;
}

void record_base_release(struct record_base *b)
{
	free(b->rows);
	free(b->sizes);
	*b = (struct record_base){0};
}

bool record_is_integer(double v)
{
	/* -0.0 would lose its sign. */
	return fabs(v) < 9007199254740992.0 && v == floor(v) && !(v == 0 && signbit(v));
}
