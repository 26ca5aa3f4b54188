/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows stand by pid and are kept from one frame to the next. A pass walks along them as the kernel
 * tells of its tasks: what is there is updated in place, what is new is put behind the last or
 * aside and merged from the back, what was not seen has ended. A process that ended stays one frame
 * more, with its last figures.
 */
#include "lib/base.h"
#include "monitor/source/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/source/room.h"
#include "monitor/source/tasks.h"

/* --- the figures of one row --- */

/* Of no memory of its own none is an approximation. */
enum { KERNEL_FLAGS = ROW_KERNEL | ROW_EXACT };

/* 16 TiB of pages, and more are as many. */
static uint32_t narrow(uint64_t pages)
{
	return pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
}

/* What the walk through /proc does not say is not known. */
static void take_kinds(const struct rows *r, struct row_told *to, const struct task_row *t)
{
	bool known = !r->exact && !(t->flags & TASK_KERNEL);

	to->kinds = known && to->memory;
	to->swap = narrow(t->swap);
	to->shared = narrow(t->shared);
	to->hugetlb = narrow(t->hugetlb);
	/* The faults of threads that live are with them. */
	to->faults = known && t->threads <= 1 ? MIN(t->faults, ROW_FAULTS_MAX) : ROW_FAULTS_MAX;
}

/* Their heap is filled up to the first collection, whatever of it is still needed. */
static bool is_collected(const struct task_row *t)
{
	static const char *const names[] = {"java",   "jsvc", "node",	   "nodejs",
					    "dotnet", "mono", "mono-sgen", "beam.smp"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(t->exe, names[i], sizeof(t->exe) - 1) ||
		    !strncmp(t->comm, names[i], sizeof(t->comm) - 1))
			return true;
	return false;
}

static void take_memory(const struct rows *r, struct proc_row *row, struct row_state *s,
			const struct task_row *t)
{
	struct row_told *to = &row->told;

	to->memory = t->flags & TASK_MEMORY;
	s->hiwater = narrow(t->hiwater);
	take_kinds(r, to, t);
	/* Nobody says what a zombie had; its peak stays what it was. */
	if (!to->memory || t->flags & TASK_KERNEL) {
		to->highest = MAX(to->highest, s->peak);
		return;
	}
	to->vm = t->vm;
	to->rss = narrow(t->rss);
	to->highest = MAX(MAX(s->hiwater, to->rss), s->peak);
	to->memory_cgroup = t->memory_cgroup;
}

/* What a row that is awake shows of what was told. */
static void show_told(const struct rows *r, struct proc_row *row)
{
	static const enum field told[] = {
		FIELD_RSS,    FIELD_VIRT,    FIELD_PEAK,  FIELD_SWAP,	 FIELD_SHARED,
		FIELD_FAULTS, FIELD_HELD,    FIELD_BACK,  FIELD_TOUCHED, FIELD_HUGETLB,
		FIELD_AGE,    FIELD_THREADS, FIELD_LIMIT, FIELD_ROOM,
	};

	for (size_t i = 0; row->v && i < ARRAY_SIZE(told); i++)
		row->v[told[i]] = rows_told(&r->from, row, told[i]);
}

static void wake(struct rows *r, struct proc_row *row)
{
	if (row_wake(row))
		r->no_memory = true;
}

/* A new row begins with what /proc has shown of it. Later the kernel's parts, which move when
 * somebody reads them, and those here may lie apart: to take them over then would let one go back.
 */
static void take_shown(struct row_told *to, uint64_t user_ns, uint64_t system_ns)
{
	if (to->user_ns || to->system_ns)
		return;
	to->user_ns = user_ns;
	to->system_ns = system_ns;
}

/* An exec is counted by the kernel; of the walk through /proc its name must tell it. */
static bool is_another(const struct proc_row *row, const struct row_state *s,
		       const struct task_row *t)
{
	return s->fresh || row->told.execs != (uint32_t)t->execs ||
	       strncmp(row->name, t->comm, sizeof(row->name) - 1) != 0;
}

static void drop_texts(struct proc_row *row)
{
	for (size_t k = 0; row->text && k < TEXT_COUNT; k++)
		free((char *)(uintptr_t)row->text[k]);
	free(row->text);
	row->text = NULL;
}

/* After an exec it has another command, and other memory. */
static void forget_image(struct proc_row *row)
{
	drop_texts(row);
	if (row->v)
		row->v[FIELD_PSS] = row->v[FIELD_USS] = row->v[FIELD_LAZY] = NAN;
}

void rows_lack_memory(struct proc_row *row)
{
	static const enum field of_memory[] = {
		FIELD_RSS,  FIELD_VIRT,	  FIELD_HELD, FIELD_TOUCHED, FIELD_PSS,	 FIELD_USS,
		FIELD_LAZY, FIELD_SHARED, FIELD_SWAP, FIELD_HUGETLB, FIELD_BACK,
	};

	for (size_t i = 0; row->v && i < ARRAY_SIZE(of_memory); i++)
		row->v[of_memory[i]] = NAN;
}

static void row_take(const struct rows *r, struct proc_row *row, struct row_state *s,
		     const struct task_row *t)
{
	row->pid = t->thread.pid;
	row->ppid = t->ppid;
	row->uid = t->uid;
	s->before = narrow(t->before);
	if (is_another(row, s, t)) {
		s->collected = is_collected(t);
		row->told.execs = (uint32_t)t->execs;
		s->peak = 0;
		forget_image(row);
	}
	/* It may have another title, or be in another cgroup. */
	s->asked = 0;
	row->flags = (uint8_t)((r->exact && t->flags & TASK_MEMORY ? ROW_EXACT : 0) |
			       (t->flags & TASK_KERNEL ? KERNEL_FLAGS : 0) |
			       (s->collected ? ROW_COLLECTED : 0));
	row->state = tasks_state(t->thread.state);
	row->start_ns = t->thread.start_ns;
	memcpy(row->name, t->comm, sizeof(row->name));
	row->name[sizeof(row->name) - 1] = '\0';
	take_memory(r, row, s, t);
	row->told.listed = true;
	row->told.threads = t->threads;
	show_told(r, row);
	row->told.same = false;
	s->gone = 0;
	s->unlisted = t->flags & TASK_UNLISTED;
	s->compat |= (t->flags & TASK_COMPAT) != 0;
	take_shown(&row->told, t->shown_utime, t->shown_stime);
}

static struct row_sums sums_of(const struct task_row *t)
{
	return (struct row_sums){
		.stats_seq = t->thread.stats_seq,
		.utime = t->thread.utime + t->ended_utime,
		.stime = t->thread.stime + t->ended_stime,
		.runtime = t->thread.runtime + t->ended_runtime,
		.switches = t->thread.switches + t->ended_switches,
	};
}

/* It is as it was: what was read elsewhere since, by a look at it, goes. */
static void row_stay(const struct rows *r, struct proc_row *row, struct row_state *s)
{
	row->flags &= row->flags & ROW_KERNEL ? KERNEL_FLAGS : ROW_COLLECTED;
	s->gone = s->fresh = 0;
	row->told.same = true;
	show_told(r, row);
}

/* Who has run is awake, with what it had before. */
static void take_times(struct rows *r, struct proc_row *row, const struct row_sums *s)
{
	static const enum field times[] = {FIELD_USER_MS, FIELD_SYSTEM_MS, FIELD_TOTAL_MS,
					   FIELD_SWITCHES};
	struct row_told *to = &row->told;
	struct cputime now = {to->user_ns, to->system_ns};
	/* A thread that ended between two reads of this pass is in none of them. */
	uint64_t switches = MAX(to->switches, s->switches);

	if (!r->cpu)
		return;
	cputime_scale(s->utime, s->stime, s->runtime, &now);
	if (to->timed && (now.user_ns != to->user_ns || now.system_ns != to->system_ns ||
			  switches != to->switches))
		wake(r, row);
	to->user_ns = now.user_ns;
	to->system_ns = now.system_ns;
	to->switches = switches;
	to->timed = true;
	for (size_t i = 0; row->v && i < ARRAY_SIZE(times); i++)
		row->v[times[i]] = rows_told(&r->from, row, times[i]);
}

static void show_end(struct rows *r, struct proc_row *row)
{
	wake(r, row);
	row->flags |= ROW_ENDED;
	row->flags &= (uint8_t)~ROW_EXACT;
	row->state = 'X';
	rows_lack_memory(row);
}

static void row_is_gone(struct rows *r, struct proc_row *row, struct row_state *s, bool told)
{
	uint32_t now_ms = (uint32_t)(r->boot_ns / NSEC_PER_MSEC);

	s->fresh = 0;
	row->told.same = false;
	if (!s->gone)
		s->gone_ms = now_ms;
	s->gone = 1;
	if (s->final || !told || now_ms - s->gone_ms >= ROWS_WAIT_NS / NSEC_PER_MSEC)
		show_end(r, row);
	else
		row->state = 'X';
}

/* The highest that its own image had: the kernel's figure is of all that it ever was, its parent's
 * memory at the fork too. Not below what the living row said. */
static void show_peak(const struct rows *r, struct proc_row *row, const struct row_state *s,
		      const struct task_end *e)
{
	uint64_t own = e->own;
	double kb;

	if (!own && e->highest > MAX(e->before, s->before))
		own = e->highest;
	kb = (double)(own * r->page_kb);
	if (own && row->v && !(row->v[FIELD_PEAK] > kb))
		row->v[FIELD_PEAK] = kb;
}

static void row_take_end(struct rows *r, struct proc_row *row, struct row_state *s,
			 const struct task_end *e)
{
	const struct row_sums sums = {e->utime, e->stime, e->runtime, e->switches, 0};

	wake(r, row);
	s->final = 1;
	take_shown(&row->told, e->shown_utime, e->shown_stime);
	take_times(r, row, &sums);
	show_peak(r, row, s, e);
}

/* --- all rows --- */

/* Arrays grow by an eighth: they are large, and memory counts. */
enum { ADDED_KEPT = 1024, GROWTH_PART = 8 };

void rows_init(struct rows *r, bool cpu, bool exact)
{
	*r = (struct rows){.cpu = cpu,
			   .exact = exact,
			   .from = {.value = rows_told},
			   .page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024};
}

/* Row @i is about to be dropped. */
static void leave(struct rows *r, size_t i)
{
	if (r->leaves)
		r->leaves(r->arg, &r->row[i]);
	free(r->state[i].kept);
	free(r->row[i].v);
	drop_texts(&r->row[i]);
}

void rows_release(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		leave(r, i);
	free(r->row);
	free(r->state);
	free(r->added);
	free(r->late);
	free(r->taken);
	free(r->missed);
	free(r->looked);
	free(r->early);
	limits_free(r->limits);
	*r = (struct rows){0};
}

/* Its row and state: nothing is known. */
static void row_new(const struct rows *r, struct proc_row *row, struct row_state *state)
{
	memset(row, 0, sizeof(*row));
	memset(state, 0, sizeof(*state));
	row->from = &r->from;
	row->told.first_s = NAN;
	row->told.faults = ROW_FAULTS_MAX;
	state->fresh = 1;
}

static struct row_pair *add_pair(struct rows *r, struct row_pair **list, size_t *n, size_t *cap)
{
	struct row_pair *to =
		room_for_one(*list, *n, cap, sizeof(**list), GROWTH_PART, &r->no_memory);

	if (!to)
		return NULL;
	*list = to;
	to += (*n)++;
	row_new(r, &to->row, &to->state);
	return to;
}

void row_sum_held(struct proc_row *row)
{
	const double *v = row->v;
	double swap = isnan(v[FIELD_SWAP]) ? 0 : v[FIELD_SWAP];
	double huge = isnan(v[FIELD_HUGETLB]) ? 0 : v[FIELD_HUGETLB];

	row->v[FIELD_HELD] = v[FIELD_RSS] + swap + huge;
	row->v[FIELD_TOUCHED] = v[FIELD_VIRT] > 0 ? 100 * row->v[FIELD_HELD] / v[FIELD_VIRT] : NAN;
	row->v[FIELD_BACK] = v[FIELD_PEAK] - v[FIELD_RSS] - swap;
	if (row->v[FIELD_BACK] < 0)
		row->v[FIELD_BACK] = 0;
}

void rows_look(struct rows *r, struct proc_row *row, uint64_t size_kb, uint64_t rss_kb,
	       uint64_t peak_kb)
{
	struct row_told *to = &row->told;
	struct looked *l;

	if (!to->looked) {
		l = room_for_one(r->looked, r->nlooked, &r->looked_cap, sizeof(*l), GROWTH_PART,
				 &r->no_memory);
		if (!l)
			return;
		r->looked = l;
		r->looked[r->nlooked++] = (struct looked){(size_t)(row - r->row), *to};
	}
	to->looked = true;
	to->memory = size_kb;
	if (!size_kb) {
		to->kinds = false;
		return;
	}
	rows_state(r, row)->peak = narrow(peak_kb / r->page_kb);
	to->vm = size_kb / r->page_kb;
	to->rss = narrow(rss_kb / r->page_kb);
	to->highest = narrow(peak_kb / r->page_kb);
}

/* What was found by looks is old. */
static void forget_looks(struct rows *r)
{
	for (size_t i = 0; i < r->nlooked; i++) {
		struct row_told *to = &r->row[r->looked[i].row].told, was = r->looked[i].told;

		to->vm = was.vm;
		to->rss = was.rss;
		to->highest = was.highest;
		to->memory = was.memory;
		to->kinds = was.kinds;
		to->looked = false;
	}
	r->nlooked = 0;
}

void rows_begin(struct rows *r, uint64_t boot_ns)
{
	forget_looks(r);
	if (r->limits)
		limits_begin(r->limits);
	r->boot_ns = boot_ns;
	r->at = 0;
	r->nadded = 0;
	r->nearly = 0;
	r->ntaken = r->nmissed = 0;
	r->no_memory = false;
	r->pass++;
	r->first_times = r->cpu && !r->timed;
	r->timed = r->cpu;
}

static int grow(struct rows *r, size_t n)
{
	struct proc_row *row = r->row;
	struct row_state *state = r->state;
	size_t want = n + n / GROWTH_PART;

	if (n <= r->cap)
		return 0;
	row = reallocarray(row, want, sizeof(*row));
	if (row)
		r->row = row;
	state = reallocarray(state, want, sizeof(*state));
	if (state)
		r->state = state;
	if (!row || !state)
		return -ENOMEM;
	r->cap = want;
	return 0;
}

/* Row @i was told anew; its times are in @t. */
static void note_taken(struct rows *r, size_t i, const struct task_row *t)
{
	struct row_state *s = &r->state[i];
	bool again = rows_seen(r, s);
	struct row_taken *to;

	s->seen_in = r->pass;
	if (!r->cpu)
		return;
	if (!again) {
		to = room_for_one(r->taken, r->ntaken, &r->taken_cap, sizeof(*to), GROWTH_PART,
				  &r->no_memory);
		if (!to)
			return;
		r->taken = to;
		s->taken_at = (uint32_t)r->ntaken++;
	}
	r->taken[s->taken_at] = (struct row_taken){(uint32_t)i, sums_of(t)};
}

/* On to the first row with at least this pid: who was not seen until then is missing. */
static void walk_on(struct rows *r, uint32_t pid)
{
	for (; r->at < r->n && r->row[r->at].pid < pid; r->at++) {
		uint32_t *to;

		if (rows_seen(r, &r->state[r->at]))
			continue;
		to = room_for_one(r->missed, r->nmissed, &r->missed_cap, sizeof(*to), GROWTH_PART,
				  &r->no_memory);
		if (!to)
			return;
		r->missed = to;
		r->missed[r->nmissed++] = (uint32_t)r->at;
	}
}

/* Behind all rows, where the first pass has every one: they need not be put aside. */
static void append(struct rows *r, const struct task_row *t)
{
	if (grow(r, r->n + 1)) {
		r->no_memory = true;
		return;
	}
	row_new(r, &r->row[r->n], &r->state[r->n]);
	row_take(r, &r->row[r->n], &r->state[r->n], t);
	note_taken(r, r->n, t);
	r->at = ++r->n;
}

void rows_process(struct rows *r, const struct task_row *t)
{
	struct row_pair *pair;

	walk_on(r, t->thread.pid);
	for (size_t i = r->at; i < r->n && r->row[i].pid == t->thread.pid; i++)
		if (r->row[i].start_ns == t->thread.start_ns) {
			r->state[i].fresh = 0;
			row_take(r, &r->row[i], &r->state[i], t);
			note_taken(r, i, t);
			return;
		}
	if (r->at == r->n && (!r->n || r->row[r->n - 1].pid < t->thread.pid)) {
		append(r, t);
		return;
	}
	pair = add_pair(r, &r->added, &r->nadded, &r->added_cap);
	if (!pair)
		return;
	row_take(r, &pair->row, &pair->state, t);
	pair->sums = sums_of(t);
	pair->state.seen_in = r->pass;
}

const struct proc_row *rows_same(struct rows *r, uint32_t pid)
{
	walk_on(r, pid);
	for (size_t i = r->at; i < r->n && r->row[i].pid == pid; i++)
		if (!r->state[i].gone && !r->state[i].final) {
			row_stay(r, &r->row[i], &r->state[i]);
			r->state[i].seen_in = r->pass;
			return &r->row[i];
		}
	return NULL;
}

/* The first of @n rows of @size bytes with at least this pid, which each begins with. */
static size_t lower_bound(const void *rows, size_t n, size_t size, uint32_t pid)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		uint32_t at;

		memcpy(&at, (const char *)rows + mid * size, sizeof(at));
		if (at < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

_Static_assert(offsetof(struct proc_row, pid) == 0 && offsetof(struct row_pair, row) == 0,
	       "lower_bound() reads the pid there");

/* In the pass: of what was there before and of what came in it. NULL: nobody has that number, or it
 * is as it was. */
static struct row_sums *sums_in_pass(struct rows *r, uint32_t pid)
{
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), pid);

	for (; i < r->n && r->row[i].pid == pid; i++) {
		uint32_t at = r->state[i].taken_at;

		if (rows_seen(r, &r->state[i]))
			return at < r->ntaken && r->taken[at].row == i ? &r->taken[at].sums : NULL;
	}
	i = lower_bound(r->added, r->nadded, sizeof(*r->added), pid);
	return i < r->nadded && r->added[i].row.pid == pid ? &r->added[i].sums : NULL;
}

static void add_thread(struct row_sums *s, const struct task_thread *t)
{
	s->utime += t->utime;
	s->stime += t->stime;
	s->runtime += t->runtime;
	s->switches += t->switches;
}

void rows_thread(struct rows *r, const struct task_thread *t)
{
	struct row_sums *s;
	struct task_thread *to;

	if (!r->cpu)
		return;
	s = t->tgid < t->pid ? sums_in_pass(r, t->tgid) : NULL;
	if (s) {
		add_thread(s, t);
		return;
	}
	to = room_for_one(r->early, r->nearly, &r->early_cap, sizeof(*r->early), GROWTH_PART,
			  &r->no_memory);
	if (!to)
		return;
	r->early = to;
	r->early[r->nearly++] = *t;
}

/* A thread that was read before its process, and may have ended in between: then its times are
 * among those of the ended already. */
static void add_early(struct rows *r)
{
	for (size_t i = 0; i < r->nearly; i++) {
		struct row_sums *s = sums_in_pass(r, r->early[i].tgid);

		if (s && s->stats_seq == r->early[i].stats_seq)
			add_thread(s, &r->early[i]);
	}
}

/* Rows @from to @end are @to and those behind it from now on. */
static void move_rows(struct rows *r, size_t to, size_t from, size_t end)
{
	if (to == from)
		return;
	memmove(r->row + to, r->row + from, (end - from) * sizeof(*r->row));
	memmove(r->state + to, r->state + from, (end - from) * sizeof(*r->state));
}

/* Of those that are missing the ones that were shown as ended leave. */
static void drop_ended(struct rows *r)
{
	size_t to = 0, from = 0, kept = 0;

	for (size_t m = 0; m < r->nmissed; m++) {
		size_t i = r->missed[m];

		if (!(r->row[i].flags & ROW_ENDED) || !r->state[i].gone) {
			r->missed[kept++] = (uint32_t)(i - (from - to));
			continue;
		}
		leave(r, i);
		move_rows(r, to, from, i);
		to += i - from;
		from = i + 1;
	}
	move_rows(r, to, from, r->n);
	r->n -= from - to;
	r->nmissed = kept;
}

static int by_pid(const void *a, const void *b)
{
	const struct row_pair *x = a, *y = b;

	if (x->row.pid != y->row.pid)
		return x->row.pid < y->row.pid ? -1 : 1;
	return (x->row.start_ns > y->row.start_ns) - (x->row.start_ns < y->row.start_ns);
}

/* From the back, so that nothing is moved twice. */
static int merge_added(struct rows *r)
{
	size_t from = r->n, add = r->nadded, to = from + add;
	int err = grow(r, to);

	if (err)
		return err;
	r->n = to;
	while (add) {
		if (from && r->row[from - 1].pid > r->added[add - 1].row.pid) {
			r->row[--to] = r->row[--from];
			r->state[to] = r->state[from];
		} else {
			r->row[--to] = r->added[--add].row;
			r->state[to] = r->added[add].state;
		}
	}
	r->nadded = 0;
	/* The first pass has them all, the others a few. */
	if (r->added_cap > ADDED_KEPT) {
		free(r->added);
		r->added = NULL;
		r->added_cap = 0;
	}
	return 0;
}

static void add_late(struct rows *r)
{
	for (size_t i = 0; i < r->nlate; i++) {
		struct row_pair *to = add_pair(r, &r->added, &r->nadded, &r->added_cap);

		if (to)
			*to = r->late[i];
	}
	if (r->nlate)
		qsort(r->added, r->nadded, sizeof(*r->added), by_pid);
	r->nlate = 0;
}

int rows_finish(struct rows *r, bool told)
{
	int err;

	walk_on(r, UINT32_MAX);
	add_early(r);
	for (size_t i = 0; i < r->ntaken; i++)
		take_times(r, &r->row[r->taken[i].row], &r->taken[i].sums);
	drop_ended(r);
	for (size_t i = 0; i < r->nmissed; i++)
		row_is_gone(r, &r->row[r->missed[i]], &r->state[r->missed[i]], told);
	add_late(r);
	for (size_t i = 0; i < r->nadded; i++) {
		struct row_pair *pair = &r->added[i];

		if (rows_seen(r, &pair->state))
			take_times(r, &pair->row, &pair->sums);
		else
			row_is_gone(r, &pair->row, &pair->state, told);
	}
	/* The first pass has them all, the others a few. */
	if (r->taken_cap > ADDED_KEPT) {
		free(r->taken);
		r->taken = NULL;
		r->taken_cap = 0;
	}
	err = merge_added(r);
	return r->no_memory ? -ENOMEM : err;
}

void rows_end(struct rows *r, const struct task_end *e)
{
	struct row_pair *pair = NULL;
	struct proc_row *row = NULL;
	struct row_state *s = NULL;
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), e->pid);

	for (; i < r->n && r->row[i].pid == e->pid; i++)
		if (r->row[i].start_ns == e->start_ns) {
			row = &r->row[i];
			s = &r->state[i];
		}
	if (!row) {
		pair = add_pair(r, &r->late, &r->nlate, &r->late_cap);
		if (!pair)
			return;
		row = &pair->row;
		s = &pair->state;
		row->pid = e->pid;
		row->uid = e->uid;
		row->ppid = e->ppid ? e->ppid : ROW_UNKNOWN;
		row->start_ns = e->start_ns;
		memcpy(row->name, e->comm, sizeof(row->name));
		row->name[sizeof(row->name) - 1] = '\0';
	}
	row_take_end(r, row, s, e);
}

/* It lives, and has come since the pass before: it need not be who had its number until then. */
static bool is_given_again(const struct rows *r, const struct proc_row *row,
			   const struct row_state *s)
{
	return rows_seen(r, s) && s->fresh && row->state != 'Z' && row->state != 'X';
}

void rows_nameless(struct rows *r, uint32_t pid, const char *name)
{
	struct row_pair *pair = add_pair(r, &r->late, &r->nlate, &r->late_cap);

	if (!pair)
		return;
	pair->row.pid = pid;
	pair->row.uid = pair->row.ppid = ROW_UNKNOWN;
	pair->state.final = 1;
	if (name)
		memcpy(pair->row.name, name, strnlen(name, sizeof(pair->row.name) - 1));
}

bool rows_ended_known(const struct rows *r, uint32_t pid)
{
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), pid);

	for (; i < r->n && r->row[i].pid == pid; i++)
		if (!is_given_again(r, &r->row[i], &r->state[i]))
			return true;
	i = lower_bound(r->added, r->nadded, sizeof(*r->added), pid);
	if (i < r->nadded && r->added[i].row.pid == pid &&
	    !is_given_again(r, &r->added[i].row, &r->added[i].state))
		return true;
	for (i = 0; i < r->nlate; i++)
		if (r->late[i].row.pid == pid)
			return true;
	return false;
}

struct proc_row *rows_find(struct rows *r, uint32_t pid)
{
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), pid);
	struct proc_row *found = NULL;

	for (; i < r->n && r->row[i].pid == pid; i++)
		if (!found || rows_seen(r, &r->state[i]))
			found = &r->row[i];
	return found;
}

struct proc_row *rows_find_ended(struct rows *r, uint32_t pid)
{
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), pid);
	struct proc_row *found = NULL;

	/* They stand by their start: of several the first has waited longest. */
	for (; i < r->n && r->row[i].pid == pid && !found; i++)
		if (!is_given_again(r, &r->row[i], &r->state[i]))
			found = &r->row[i];
	return found;
}

size_t rows_count_ended(const struct rows *r, uint32_t pid)
{
	size_t i = lower_bound(r->row, r->n, sizeof(*r->row), pid), n = 0;

	for (; i < r->n && r->row[i].pid == pid; i++)
		n += !rows_seen(r, &r->state[i]);
	return n;
}

struct row_state *rows_state(struct rows *r, const struct proc_row *row)
{
	return &r->state[row - r->row];
}
