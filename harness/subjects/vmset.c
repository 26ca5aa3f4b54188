/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The set of mapped addresses, as a sorted array of disjoint ranges. */
#include "lib/base.h"
#include "harness/subjects/vmset.h"

#include <stdlib.h>
#include <string.h>

void vmset_release(struct vmset *s)
{
	free(s->range);
	*s = (struct vmset)VMSET_INIT;
}

/* Index of the first range that ends at or behind @addr. */
static size_t first_ending_from(const struct vmset *s, uint64_t addr)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->range[mid].end < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int reserve(struct vmset *s, size_t n)
{
	struct vmset_range *grown;
	size_t cap = s->cap ? s->cap : 16;

	if (n <= s->cap)
		return 0;
	while (cap < n)
		cap *= 2;
	grown = realloc(s->range, cap * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->range = grown;
	s->cap = cap;
	return 0;
}

/* Puts the @n ranges of @with where ranges [from, to) are. Room was reserved. */
static void splice(struct vmset *s, size_t from, size_t to, const struct vmset_range *with,
		   size_t n)
{
	memmove(&s->range[from + n], &s->range[to], (s->n - to) * sizeof(*s->range));
	memcpy(&s->range[from], with, n * sizeof(*with));
	s->n = s->n - (to - from) + n;
}

static uint64_t end_of(uint64_t start, uint64_t len)
{
	return len > UINT64_MAX - start ? UINT64_MAX : start + len;
}

int64_t vmset_add(struct vmset *s, uint64_t start, uint64_t len)
{
	struct vmset_range whole = {start, end_of(start, len)};
	uint64_t present = 0, added;
	size_t from, to;

	if (!len)
		return 0;
	if (reserve(s, s->n + 1))
		return -ENOMEM;
	present = vmset_covered(s, start, len);
	added = whole.end - whole.start - present;
	from = first_ending_from(s, start);
	for (to = from; to < s->n && s->range[to].start <= whole.end; to++) {
		whole.start = MIN(whole.start, s->range[to].start);
		whole.end = MAX(whole.end, s->range[to].end);
	}
	splice(s, from, to, &whole, 1);
	s->bytes += added;
	return (int64_t)added;
}

int64_t vmset_remove(struct vmset *s, uint64_t start, uint64_t len)
{
	struct vmset_range rest[2];
	uint64_t end = end_of(start, len), removed;
	size_t from, to, n = 0;

	if (!len)
		return 0;
	if (reserve(s, s->n + 1))
		return -ENOMEM;
	removed = vmset_covered(s, start, len);
	from = first_ending_from(s, start);
	if (from < s->n && s->range[from].end == start)
		from++;
	for (to = from; to < s->n && s->range[to].start < end; to++) {
		if (s->range[to].start < start)
			rest[n++] = (struct vmset_range){s->range[to].start, start};
		if (s->range[to].end > end)
			rest[n++] = (struct vmset_range){end, s->range[to].end};
	}
	splice(s, from, to, rest, n);
	s->bytes -= removed;
	return (int64_t)removed;
}

uint64_t vmset_covered(const struct vmset *s, uint64_t start, uint64_t len)
{
	uint64_t end = end_of(start, len), sum = 0;

	for (size_t i = first_ending_from(s, start); i < s->n && s->range[i].start < end; i++) {
		uint64_t lo = MAX(start, s->range[i].start), hi = MIN(end, s->range[i].end);

		sum += hi > lo ? hi - lo : 0;
	}
	return sum;
}
