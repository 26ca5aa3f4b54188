/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The figures of a quiet row, each made when it is asked for: of ten thousand rows fifty are shown.
 * Who is quiet has called nothing since it was first seen, holds what it held then and has not run,
 * so that its counters and rates are 0 where there are any, and its trend is flat.
 */
#include "lib/base.h"
#include "monitor/source/rows.h"

#include <math.h>

static double kb(const struct rows *r, uint64_t pages)
{
	return (double)(pages * r->page_kb);
}

static double ms(uint64_t ns)
{
	return (double)ns / (double)NSEC_PER_MSEC;
}

/* Of no memory of its own nothing is unknown. Of a young process the CPUs may have added up nothing
 * yet, and a zombie does not say what it had. */
static double told_rss(const struct rows *r, const struct proc_row *row)
{
	if (row->flags & ROW_KERNEL)
		return 0;
	return row->told.memory && row->told.rss ? kb(r, row->told.rss) : NAN;
}

static double told_virt(const struct rows *r, const struct proc_row *row)
{
	if (row->flags & ROW_KERNEL)
		return 0;
	return row->told.memory ? kb(r, row->told.vm) : NAN;
}

static double told_peak(const struct rows *r, const struct proc_row *row)
{
	if (row->flags & ROW_KERNEL)
		return 0;
	return row->told.highest && (!r->exact || row->told.looked) ? kb(r, row->told.highest)
								    : NAN;
}

static double told_swap(const struct rows *r, const struct proc_row *row)
{
	return row->told.kinds ? kb(r, row->told.swap) : NAN;
}

static double told_held(const struct rows *r, const struct proc_row *row)
{
	uint64_t beside = row->told.kinds ? (uint64_t)row->told.swap + row->told.hugetlb : 0;

	return told_rss(r, row) + kb(r, beside);
}

static double told_touched(const struct rows *r, const struct proc_row *row)
{
	double virt = told_virt(r, row);

	return virt > 0 ? 100 * told_held(r, row) / virt : NAN;
}

static double told_back(const struct rows *r, const struct proc_row *row)
{
	double swap = row->told.kinds ? told_swap(r, row) : 0;
	double back = told_peak(r, row) - told_rss(r, row) - swap;

	return back < 0 ? 0 : back;
}

static double told_age(const struct rows *r, const struct proc_row *row)
{
	return r->boot_ns > row->start_ns
		       ? (double)(r->boot_ns - row->start_ns) / (double)NSEC_PER_SEC
		       : 0;
}

static double told_limit(const struct rows *r, const struct proc_row *row, bool room)
{
	struct limit l;

	if (!r->limits || !row->told.memory)
		return NAN;
	l = limits_of(r->limits, row->told.memory_cgroup, row->pid,
		      row->state == 'Z' || row->state == 'X');
	return room ? l.room_kb : l.limit_kb;
}

/* Of a counter, or what the processes of other monitors' have of it. */
static double told_counter(const struct rows *r, const struct proc_row *row, enum field f)
{
	bool timed = r->cpu && row->told.timed;

	switch (f) {
	case FIELD_USER_MS:
		if (r->cpu)
			return timed ? ms(row->told.user_ns) : NAN;
		break;
	case FIELD_SYSTEM_MS:
		if (r->cpu)
			return timed ? ms(row->told.system_ns) : NAN;
		break;
	case FIELD_TOTAL_MS:
		if (r->cpu)
			return timed ? ms(row->told.user_ns + row->told.system_ns) : NAN;
		break;
	case FIELD_SWITCHES:
		if (r->cpu)
			return timed && !r->exact ? (double)row->told.switches : NAN;
		break;
	default: break;
	}
	return r->zero & FIELD_BIT(f) ? 0 : NAN;
}

static double told_rate(const struct rows *r, const struct proc_row *row, enum field of)
{
	bool time = of == FIELD_USER_MS || of == FIELD_SYSTEM_MS || of == FIELD_TOTAL_MS ||
		    of == FIELD_SWITCHES;

	if (!row->told.rated || (time && r->first_times))
		return NAN;
	return isnan(told_counter(r, row, of)) ? NAN : 0;
}

double rows_told(const struct row_source *from, const struct proc_row *row, enum field f)
{
	const struct rows *r = (const void *)((const char *)from - offsetof(struct rows, from));
	const struct row_told *t = &row->told;

	switch (f) {
	case FIELD_RSS: return told_rss(r, row);
	case FIELD_VIRT: return told_virt(r, row);
	case FIELD_PEAK: return told_peak(r, row);
	case FIELD_SWAP: return told_swap(r, row);
	case FIELD_SHARED: return t->kinds ? kb(r, t->shared) : NAN;
	case FIELD_HUGETLB: return t->kinds ? kb(r, t->hugetlb) : NAN;
	case FIELD_FAULTS: return t->faults != ROW_FAULTS_MAX ? (double)t->faults : NAN;
	case FIELD_HELD: return told_held(r, row);
	case FIELD_TOUCHED: return told_touched(r, row);
	case FIELD_BACK: return told_back(r, row);
	case FIELD_THREADS: return t->listed ? t->threads : NAN;
	case FIELD_AGE: return t->listed ? told_age(r, row) : NAN;
	case FIELD_LIMIT: return told_limit(r, row, false);
	case FIELD_ROOM: return told_limit(r, row, true);
	case FIELD_PROCESSES: return row->flags & ROW_ENDED ? 0 : 1;
	case FIELD_UNCOUNTED: return row_is_uncounted(row);
	case FIELD_MMAP_RATE: return told_rate(r, row, FIELD_MMAP);
	case FIELD_MUNMAP_RATE: return told_rate(r, row, FIELD_MUNMAP);
	case FIELD_BRK_RATE: return told_rate(r, row, FIELD_BRK);
	case FIELD_SWITCH_RATE: return told_rate(r, row, FIELD_SWITCHES);
	case FIELD_USR: return told_rate(r, row, FIELD_USER_MS);
	case FIELD_SYS: return told_rate(r, row, FIELD_SYSTEM_MS);
	case FIELD_TOT: return told_rate(r, row, FIELD_TOTAL_MS);
	case FIELD_TREND:
	case FIELD_TREND_LOW:
	case FIELD_TREND_HIGH: return row->verdict == VERDICT_STEADY ? 0 : NAN;
	case FIELD_TREND_WINDOW: return from->now_s - t->first_s;
	case FIELD_PSS:
	case FIELD_USS:
	case FIELD_LAZY:
	case FIELD_LEFT:
	case FIELD_LEFT_LOW:
	case FIELD_LEFT_HIGH:
	case FIELD_COUNT: return NAN;
	default: return told_counter(r, row, f);
	}
}
