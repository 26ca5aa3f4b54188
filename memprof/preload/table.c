/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* table.h: what happens seldom. */
#include "lib/base.h"

#include <sys/mman.h>

#include "memprof/preload/table.h"

struct line *table_lines;
uint32_t table_mask;
struct near table_near[NEAR_REGIONS];

static uint32_t near_lock, near_count, near_max;
static bool near_large;

static struct huge {
	uint64_t p, size;
} huge[TABLE_HUGE];
static uint32_t huge_lock;

bool table_start(uint32_t lines, bool near)
{
	near_max = near ? lines / NEAR_REGION_LINES : 0;
	table_mask = lines - 1;
	table_lines = map_private((size_t)lines * sizeof(*table_lines));
	return table_lines != NULL;
}

enum { NEAR_BYTES = NEAR_SLOTS * sizeof(uint32_t), HUGE_PAGE = 2 << 20 };

static void in_huge_pages(const struct near *n)
{
	int err = errno;

	madvise(n->slots, NEAR_BYTES, MADV_HUGEPAGE);
	errno = err;
}

/* What was touched stays as it is; what the heap grows into comes in large pages. */
void table_expect_much(void)
{
	lock(&near_lock);
	near_large = true;
	for (unsigned int i = 0; i < NEAR_REGIONS; i++)
		if (table_near[i].number)
			in_huge_pages(&table_near[i]);
	unlock(&near_lock);
}

bool near_begin(uint64_t p)
{
	struct near *n = &table_near[p >> NEAR_SPACE_BITS & (NEAR_REGIONS - 1)];
	uint64_t number = (p >> NEAR_SPACE_BITS) + 1;
	char *room;

	if (n->number || near_count >= near_max)
		return n->number == number;
	lock(&near_lock);
	if (!n->number && near_count < near_max) {
		room = map_private(NEAR_BYTES + HUGE_PAGE);
		if (room) {
			n->slots = (void *)(((uint64_t)room + HUGE_PAGE - 1) &
					    ~(uint64_t)(HUGE_PAGE - 1));
			near_count++;
			if (near_large)
				in_huge_pages(n);
			__atomic_store_n(&n->number, number, __ATOMIC_RELEASE);
		} else {
			near_max = 0;
		}
	}
	unlock(&near_lock);
	return n->number == number;
}

static void relabel_near(const struct near *n)
{
	const uint32_t id = (1U << NEAR_ID_BITS) - 1;

	for (uint32_t k = 0; n->number && k < NEAR_SLOTS; k++)
		if (n->slots[k] & id)
			n->slots[k] = (n->slots[k] & ~id) | 1;
}

void table_relabel(void)
{
	uint64_t id = (1ULL << TABLE_ID_BITS) - 1;

	for (uint32_t i = 0; i <= table_mask; i++)
		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (table_lines[i].key[k] & id)
				table_lines[i].key[k] &= ~id;
	for (unsigned int i = 0; i < NEAR_REGIONS; i++)
		relabel_near(&table_near[i]);
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
	if (taken->near) {
		__atomic_store_n(taken->near, (uint32_t)taken->key, __ATOMIC_RELEASE);
		return;
	}
	if (taken->size >= UINT32_MAX)
		table_put_huge(taken->p, taken->size);
	__atomic_store_n(&taken->line->key[taken->slot], taken->key, __ATOMIC_RELEASE);
}

void table_give_up(const struct taken *taken)
{
	if (taken->near) {
		__atomic_store_n(taken->near, 0, __ATOMIC_RELEASE);
		return;
	}
	slot_leave(&taken->line->key[taken->slot]);
	uncount(taken->p, taken->line);
}
