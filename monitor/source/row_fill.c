/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says of a process, as the figures of its row. */
#include "lib/base.h"
#include "monitor/source/row_fill.h"

#include <math.h>
#include <string.h>

#include "monitor/source/tasks.h"

static void take_memory(const struct rows *r, struct proc_row *row, const struct task_row *t)
{
	bool memory = t->flags & TASK_MEMORY;

	row->v[FIELD_RSS] = memory ? (double)(t->rss * r->page_kb) : 0;
	row->v[FIELD_VIRT] = memory ? (double)(t->vm * r->page_kb) : 0;
	row->v[FIELD_PEAK] = !memory	? 0
			     : r->exact ? NAN
					: (double)(MAX(t->hiwater, t->rss) * r->page_kb);
}

void row_take(const struct rows *r, struct proc_row *row, struct row_state *s,
	      const struct task_row *t)
{
	row->pid = t->thread.pid;
	row->ppid = t->ppid;
	row->uid = t->uid;
	row->flags =
		(uint8_t)((r->exact ? ROW_EXACT : 0) | (t->flags & TASK_KERNEL ? ROW_KERNEL : 0));
	row->state = tasks_state(t->thread.state);
	row->start_ns = t->thread.start_ns;
	memcpy(row->name, t->comm, sizeof(row->name));
	row->name[sizeof(row->name) - 1] = '\0';
	take_memory(r, row, t);
	row->v[FIELD_THREADS] = t->threads;
	row->v[FIELD_AGE] =
		r->boot_ns > t->thread.start_ns
			? (double)(r->boot_ns - t->thread.start_ns) / (double)NSEC_PER_SEC
			: 0;
	s->seen = 1;
	s->gone = 0;
	s->unlisted = (t->flags & TASK_UNLISTED) != 0;
	s->hiwater = t->hiwater;
	s->stats_seq = t->thread.stats_seq;
	s->utime = t->thread.utime + t->ended_utime;
	s->stime = t->thread.stime + t->ended_stime;
	s->runtime = t->thread.runtime + t->ended_runtime;
	s->switches = t->thread.switches + t->ended_switches;
	if (t->shown_utime + t->shown_stime > s->shown.user_ns + s->shown.system_ns)
		s->shown = (struct cputime){t->shown_utime, t->shown_stime};
}

static double ms(uint64_t ns)
{
	return (double)ns / (double)NSEC_PER_MSEC;
}

static void show_times(const struct rows *r, struct proc_row *row, struct row_state *s)
{
	double switches = (double)s->switches;

	if (!r->cpu)
		return;
	cputime_scale(s->utime, s->stime, s->runtime, &s->shown);
	row->v[FIELD_USER_MS] = ms(s->shown.user_ns);
	row->v[FIELD_SYSTEM_MS] = ms(s->shown.system_ns);
	row->v[FIELD_TOTAL_MS] = ms(s->shown.user_ns + s->shown.system_ns);
	/* A thread that ended between two reads of this pass is in none of them. */
	if (!r->exact && !(row->v[FIELD_SWITCHES] > switches))
		row->v[FIELD_SWITCHES] = switches;
}

static void show_end(struct proc_row *row)
{
	row->flags |= ROW_ENDED;
	row->flags &= (uint8_t)~ROW_EXACT;
	row->state = 'X';
	row->v[FIELD_RSS] = row->v[FIELD_VIRT] = NAN;
}

void row_finish(const struct rows *r, struct proc_row *row, struct row_state *s, bool told)
{
	if (s->seen) {
		show_times(r, row, s);
		return;
	}
	s->fresh = 0;
	if (!s->gone)
		s->gone_ns = r->boot_ns;
	s->gone = 1;
	if (s->final || !told || r->boot_ns - s->gone_ns >= ROWS_WAIT_NS)
		show_end(row);
	else
		row->state = 'X';
}

void row_take_end(const struct rows *r, struct proc_row *row, struct row_state *s,
		  const struct task_end *e)
{
	s->final = 1;
	s->utime = e->utime;
	s->stime = e->stime;
	s->runtime = e->runtime;
	s->switches = e->switches;
	if (e->shown_utime + e->shown_stime > s->shown.user_ns + s->shown.system_ns)
		s->shown = (struct cputime){e->shown_utime, e->shown_stime};
	show_times(r, row, s);
	if (e->hiwater)
		row->v[FIELD_PEAK] = (double)(e->hiwater * r->page_kb);
}
