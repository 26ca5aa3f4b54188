/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* table.h: what happens seldom. */
#include "lib/base.h"

#include <sys/mman.h>

#include "memprof/preload/table.h"

struct line *table_lines;
uint32_t table_mask;
struct line *table_few;
bool table_more;
struct near table_near[NEAR_REGIONS];

static uint32_t near_lock, near_count, near_max;
static bool near_large;

static struct huge {
	uint64_t p, size;
} huge[TABLE_HUGE];
static uint32_t huge_lock;

enum { NEAR_BYTES = NEAR_SLOTS * sizeof(uint32_t), HUGE_PAGE = 2 << 20, LINES_MIN = 1024 };

bool table_start(uint32_t lines, bool near, bool few)
{
	const uint64_t most = space_limit(), regions = most / (NEAR_BYTES + HUGE_PAGE);

	if (few)
		table_few = map_private(FEW_LINES * sizeof(*table_few));
	while (lines > LINES_MIN && lines * sizeof(*table_lines) > most)
		lines /= 2;
	near_max = near ? (uint32_t)MIN(lines / NEAR_REGION_LINES, regions) : 0;
	table_mask = lines - 1;
	table_lines = map_private((size_t)lines * sizeof(*table_lines));
	return table_lines != NULL;
}

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

static void relabel_lines(struct line *lines, uint32_t n)
{
	uint64_t id = (1ULL << TABLE_ID_BITS) - 1;

	for (uint32_t i = 0; i < n; i++)
		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (lines[i].key[k] & id)
				lines[i].key[k] &= ~id;
}

void table_relabel(void)
{
	relabel_lines(table_lines, table_mask + 1);
	if (table_few)
		relabel_lines(table_few, FEW_LINES);
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

/* Lines, and where a search in them for a block begins. */
struct search {
	struct line *lines;
	uint32_t mask, first, probes;
};

static struct search among_all(uint64_t p)
{
	return (struct search){table_lines, table_mask, table_line(p), LINE_PROBES};
}

static struct search among_few(uint64_t p)
{
	uint32_t first = (uint32_t)((p >> 4) * 0x9e3779b97f4a7c15ULL >> 32) & (FEW_LINES - 1);

	return (struct search){table_few, FEW_LINES - 1, first, FEW_PROBES};
}

static struct line *line_at(const struct search *s, uint32_t probe)
{
	return &s->lines[(s->first + probe) & s->mask];
}

/* One block fewer went beyond the line where it belongs, up to @end. */
static void uncount(const struct search *s, const struct line *end)
{
	for (uint32_t i = 0; i < s->probes && line_at(s, i) != end; i++)
		__atomic_sub_fetch(&line_at(s, i)->over, 1, __ATOMIC_RELAXED);
}

static bool put_in(const struct search *s, uint64_t key, uint32_t size)
{
	for (uint32_t i = 0; i < s->probes; i++) {
		struct line *l = line_at(s, i);

		for (unsigned int k = 0; k < LINE_BLOCKS; k++)
			if (slot_take(l, k, key, size))
				return true;
		__atomic_add_fetch(&l->over, 1, __ATOMIC_RELAXED);
	}
	uncount(s, NULL);
	return false;
}

static bool take_from(const struct search *s, uint64_t p, struct taken *out, bool keep)
{
	for (uint32_t i = 0; i < s->probes; i++) {
		struct line *l = line_at(s, i);

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

bool table_put_beyond(uint64_t p, uint64_t key, uint32_t size)
{
	struct search s = among_all(p);

	if (put_in(&s, key, size))
		return true;
	if (size == UINT32_MAX)
		table_take_huge(p);
	return false;
}

bool table_take_beyond(uint64_t p, struct taken *out, bool keep)
{
	struct search s = among_all(p);

	return take_from(&s, p, out, keep);
}

bool table_put_few(uint64_t p, uint64_t key, uint32_t size)
{
	struct search s = among_few(p);

	/* A huge one is in a list of its own, too. */
	if (size != UINT32_MAX && put_in(&s, key, size))
		return true;
	__atomic_store_n(&table_more, true, __ATOMIC_RELAXED);
	return false;
}

bool table_take_few(uint64_t p, struct taken *out, bool keep)
{
	struct search s = among_few(p);

	return take_from(&s, p, out, keep);
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
	struct search s = among_all(taken->p);

	if (taken->near) {
		__atomic_store_n(taken->near, 0, __ATOMIC_RELEASE);
		return;
	}
	slot_leave(&taken->line->key[taken->slot]);
	if (taken->line - table_few < FEW_LINES && taken->line >= table_few)
		s = among_few(taken->p);
	uncount(&s, taken->line);
}
