/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of a frame's numbers, what they are made of, the way to a row and to its figures. */
#include "lib/base.h"
#include "monitor/frame.h"

#include <stdlib.h>

const char *const field_names[FIELD_COUNT] = {
	[FIELD_RSS] = "rss_kb",
	[FIELD_VIRT] = "virt_kb",
	[FIELD_PEAK] = "peak_kb",
	[FIELD_PSS] = "pss_kb",
	[FIELD_USS] = "uss_kb",
	[FIELD_LAZY] = "lazyfree_kb",
	[FIELD_MMAP] = "mmap",
	[FIELD_MUNMAP] = "munmap",
	[FIELD_BRK] = "brk",
	[FIELD_MREMAP] = "mremap",
	[FIELD_FAILED] = "failed",
	[FIELD_MMAP_BYTES] = "mmap_bytes",
	[FIELD_MUNMAP_BYTES] = "munmap_bytes",
	[FIELD_USAGE] = "usage_bytes",
	[FIELD_THREADS] = "threads",
	[FIELD_AGE] = "age_s",
	[FIELD_USER_MS] = "user_ms",
	[FIELD_SYSTEM_MS] = "system_ms",
	[FIELD_TOTAL_MS] = "total_ms",
	[FIELD_SWITCHES] = "switches",
	[FIELD_SWAP] = "swap_kb",
	[FIELD_SHARED] = "shared_kb",
	[FIELD_HUGETLB] = "hugetlb_kb",
	[FIELD_HELD] = "held_kb",
	[FIELD_TOUCHED] = "touched_pct",
	[FIELD_BACK] = "given_back_kb",
	[FIELD_FAULTS] = "page_faults",
	[FIELD_LIMIT] = "limit_kb",
	[FIELD_ROOM] = "room_kb",
	[FIELD_PROCESSES] = "processes",
	[FIELD_UNCOUNTED] = "uncounted",
	[FIELD_MMAP_RATE] = "mmap_per_s",
	[FIELD_MUNMAP_RATE] = "munmap_per_s",
	[FIELD_BRK_RATE] = "brk_per_s",
	[FIELD_SWITCH_RATE] = "switches_per_s",
	[FIELD_USR] = "usr_pct",
	[FIELD_SYS] = "sys_pct",
	[FIELD_TOT] = "tot_pct",
	[FIELD_TREND] = "trend_bytes_per_s",
	[FIELD_TREND_LOW] = "trend_low_bytes_per_s",
	[FIELD_TREND_HIGH] = "trend_high_bytes_per_s",
	[FIELD_TREND_WINDOW] = "trend_window_s",
	[FIELD_LEFT] = "left_s",
	[FIELD_LEFT_LOW] = "left_low_s",
	[FIELD_LEFT_HIGH] = "left_high_s",
};

const enum field rate_counters[ROW_RATES] = {
	FIELD_MMAP,    FIELD_MUNMAP,	FIELD_BRK,	FIELD_SWITCHES,
	FIELD_USER_MS, FIELD_SYSTEM_MS, FIELD_TOTAL_MS,
};

const double *row_values(const struct proc_row *row, double *room)
{
	if (row->v)
		return row->v;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		room[f] = row_value(row, (enum field)f);
	return room;
}

int row_wake(struct proc_row *row)
{
	double *v;

	if (row->v)
		return 0;
	v = malloc((FIELD_COUNT + ROW_RATES + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	row_values(row, v);
	for (size_t i = 0; i < ROW_RATES; i++)
		v[FIELD_COUNT + i] = v[rate_counters[i]];
	v[ROW_CALLS] = 0;
	row->v = v;
	return 0;
}

struct proc_row *frame_find(const struct frame *f, uint32_t pid)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (f->rows[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->n && f->rows[low].pid == pid ? &f->rows[low] : NULL;
}

enum field field_made_of(enum field f)
{
	static const struct {
		enum field made, of;
	} table[] = {
		{FIELD_MMAP_RATE, FIELD_MMAP},	 {FIELD_MUNMAP_RATE, FIELD_MUNMAP},
		{FIELD_BRK_RATE, FIELD_BRK},	 {FIELD_SWITCH_RATE, FIELD_SWITCHES},
		{FIELD_USR, FIELD_USER_MS},	 {FIELD_SYS, FIELD_SYSTEM_MS},
		{FIELD_TOT, FIELD_TOTAL_MS},	 {FIELD_TREND, FIELD_RSS},
		{FIELD_TREND_LOW, FIELD_RSS},	 {FIELD_TREND_HIGH, FIELD_RSS},
		{FIELD_TREND_WINDOW, FIELD_RSS}, {FIELD_LEFT, FIELD_LIMIT},
		{FIELD_LEFT_LOW, FIELD_LIMIT},	 {FIELD_LEFT_HIGH, FIELD_LIMIT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i].made == f)
			return table[i].of;
	return f;
}

bool row_is_uncounted(const struct proc_row *row)
{
	for (enum field f = FIELD_MMAP; f <= FIELD_FAILED; f++)
		if (!isnan(row_value(row, f)))
			return false;
	return true;
}

bool field_is_counted(enum field f)
{
	enum field of = field_made_of(f);

	return of >= FIELD_MMAP && of <= FIELD_USAGE;
}
