/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* table.h: what happens seldom. */
#include "lib/base.h"

#include <sys/mman.h>

#include "memprof/preload/table.h"

struct line *table_lines;
uint32_t table_mask;

static struct huge {
	uint64_t p, size;
} huge[TABLE_HUGE];
static uint32_t huge_lock;

bool table_start(uint32_t lines)
{
	table_mask = lines - 1;
	table_lines = map_private((size_t)lines * sizeof(*table_lines));
	return table_lines != NULL;
}

/* What was touched stays as it is; what the heap grows into comes in large pages. */
void table_expect_much(void)
{
	int err = errno;

	madvise(table_lines, (size_t)(table_mask + 1) * sizeof(*table_lines), MADV_HUGEPAGE);
	errno = err;
}

void table_relabel(void)
{
	uint64_t id = (1ULL << TABLE_ID_BITS) - 1;

	for (uint32_t i = 0; i <= table_mask; i++)
		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (table_lines[i].key[k] & id)
				table_lines[i].key[k] &= ~id;
}

bool table_put_huge(uint64_t p, uint64_t size)
{
	bool good = false;

	lock(&huge_lock);
	for (unsigned int i = 0; i < TABLE_HUGE && !good; i++)
		if (!huge[i].p) {
			huge[i] = (struct huge){p, size};
			good = true;
		}
	unlock(&huge_lock);
	return good;
}

uint64_t table_take_huge(uint64_t p)
{
	uint64_t size = 0;

	lock(&huge_lock);
	for (unsigned int i = 0; i < TABLE_HUGE && !size; i++)
		if (huge[i].p == p) {
			size = huge[i].size;
			huge[i].p = 0;
		}
	unlock(&huge_lock);
	return size;
}

/* One block fewer went beyond the line where @p belongs, up to @end. */
static void uncount(uint64_t p, const struct line *end)
{
	for (uint32_t i = table_line(p); &table_lines[i] != end; i = (i + 1) & table_mask)
		__atomic_sub_fetch(&table_lines[i].over, 1, __ATOMIC_RELAXED);
}

bool table_put_beyond(uint64_t p, uint64_t key, uint32_t size, uint32_t i)
{
	for (unsigned int probes = 0; probes < LINE_PROBES; probes++, i++) {
		struct line *l = &table_lines[i & table_mask];

		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (slot_take(l, k, key, size))
				return true;
		__atomic_add_fetch(&l->over, 1, __ATOMIC_RELAXED);
	}
	uncount(p, &table_lines[i & table_mask]);
	if (size == UINT32_MAX)
		table_take_huge(p);
	return false;
}

bool table_take_beyond(uint64_t p, struct taken *out, bool keep)
{
	uint32_t i = table_line(p);

	for (unsigned int probes = 0; probes < LINE_PROBES; probes++, i++) {
		struct line *l = &table_lines[i & table_mask];

		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (key_is(__atomic_load_n(&l->key[k], __ATOMIC_RELAXED), p)) {
				taken_from(out, l, k, p);
				if (keep)
					__atomic_store_n(&l->key[k], TABLE_HELD, __ATOMIC_RELEASE);
				else
					table_give_up(out);
				return true;
			}
		if (!__atomic_load_n(&l->over, __ATOMIC_RELAXED))
			break;
	}
	return false;
}

/* Its slot was held since. */
void table_restore(const struct taken *taken)
{
	if (taken->size >= UINT32_MAX)
		table_put_huge(taken->p, taken->size);
	__atomic_store_n(&taken->line->key[taken->slot], taken->key, __ATOMIC_RELEASE);
}

void table_give_up(const struct taken *taken)
{
	slot_leave(&taken->line->key[taken->slot]);
	uncount(taken->p, taken->line);
}
