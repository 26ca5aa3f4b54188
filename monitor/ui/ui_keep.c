/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A copy of a frame, for a screen that stands still while the source goes on. */
#include "lib/base.h"
#include "monitor/ui/ui_screen.h"

#include <stdlib.h>
#include <string.h>

static size_t sized_rows(const struct frame *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->rows[i].sizes != NULL;
	return n;
}

struct frame *frame_copy(const struct frame *f)
{
	size_t rows = f->n * sizeof(*f->rows), events = f->nevents * sizeof(*f->events);
	size_t row_sizes = SIZE_BUCKETS * sizeof(uint32_t);
	char *block = malloc(sizeof(*f) + rows + events + sized_rows(f) * row_sizes), *next;
	struct frame *copy = (struct frame *)(void *)block;

	if (!block)
		return NULL;
	*copy = *f;
	next = block + sizeof(*f);
	copy->rows = (struct proc_row *)(void *)next;
	next += rows;
	copy->events = (const struct frame_event *)(const void *)next;
	if (rows)
		memcpy(copy->rows, f->rows, rows);
	if (events)
		memcpy(next, f->events, events);
	next += events;
	for (size_t i = 0; i < f->n; i++) {
		if (!f->rows[i].sizes)
			continue;
		memcpy(next, f->rows[i].sizes, row_sizes);
		copy->rows[i].sizes = (const uint32_t *)(const void *)next;
		next += row_sizes;
	}
	return copy;
}

void frame_copy_free(struct frame *f)
{
	free(f);
}
