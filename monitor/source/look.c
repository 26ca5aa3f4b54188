/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is read from /proc of rows that somebody looks at: of the visible ones their memory to the
 * kilobyte, of those that are asked for texts and shares. A frame has made the rows before.
 */
#include "lib/base.h"
#include "monitor/source/live.h"

#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clock.h"

/* Shares that are read in turn take this part of an interval; in the first frame, where nobody has
 * any yet, so much. */
#define TURN_PART     30.0
#define TURN_LEAST_NS (20 * NSEC_PER_MSEC)
#define TURN_FIRST_NS (200 * NSEC_PER_MSEC)
/* A frame this young is of now. */
#define JUST_NS	      (100 * NSEC_PER_MSEC)

/* Those that nobody looked at in the frame before are closed. */
static void forget_statm(struct live *l)
{
	size_t to = 0;

	for (size_t i = 0; i < l->nstatm; i++) {
		if (l->statm[i].seq + 1 < l->frame.seq)
			kept_close(&l->statm[i].file);
		else
			l->statm[to++] = l->statm[i];
	}
	l->nstatm = to;
}

static struct kept_statm *keep_statm(struct live *l, const struct proc_row *row)
{
	struct kept_statm *k;

	for (size_t i = 0; i < l->nstatm; i++)
		if (l->statm[i].pid == row->pid && l->statm[i].start_ns == row->start_ns)
			return &l->statm[i];
	if (l->nstatm == STATM_KEPT)
		return NULL;
	k = &l->statm[l->nstatm++];
	*k = (struct kept_statm){.pid = row->pid, .start_ns = row->start_ns};
	return k;
}

/* Size and RSS, of whichever of its threads has them. */
static int read_statm(struct live *l, const struct proc_row *row, struct proctask_memory *out)
{
	struct kept_statm *k = keep_statm(l, row);
	char path[32], text[128];

	if (!k)
		return proctask_statm(l->proc_fd, row->pid, out);
	k->seq = l->frame.seq;
	snprintf(path, sizeof(path), "%u/statm", row->pid);
	if (kept_read(&k->file, l->proc_fd, path, text, sizeof(text), 0) > 0 &&
	    !proctask_parse_statm(text, l->rows.page_kb, out) && out->size_kb)
		return 0;
	kept_close(&k->file);
	return proctask_statm(l->proc_fd, row->pid, out);
}

void look_close(struct live *l)
{
	for (size_t i = 0; i < l->nstatm; i++)
		kept_close(&l->statm[i].file);
	l->nstatm = 0;
}

/* Of a row that has just been read, one small file and the peak as it was then make VmHWM, as the
 * kernel does; nobody has its number yet. Later all is read again, after a look who it is. */
static int read_exact(struct live *l, const struct proc_row *row, struct proctask_memory *out)
{
	uint64_t peak_kb = rows_state(&l->rows, row)->hiwater * l->rows.page_kb;
	bool new = clock_ns() - l->frame.mono_ns < JUST_NS;
	int err;

	if (!new || l->rows.exact)
		return proctask_exact(l->proc_fd, row->pid,
				      row->start_ns + (uint64_t)l->clocks.boot_ns, out);
	err = read_statm(l, row, out);
	if (!err)
		out->hwm_kb = MAX(peak_kb, out->rss_kb);
	return err;
}

/* Of a zombie, and of one that is gone, nobody says what it had: a size of 0. */
static void show_found(struct live *l, struct proc_row *row, const struct proctask_memory *m)
{
	if (!row->v) {
		rows_look(&l->rows, row, m->size_kb, m->rss_kb, m->hwm_kb);
		return;
	}
	if (!m->size_kb) {
		rows_lack_memory(row);
		return;
	}
	row->v[FIELD_RSS] = (double)m->rss_kb;
	row->v[FIELD_VIRT] = (double)m->size_kb;
	row->v[FIELD_PEAK] = (double)m->hwm_kb;
	rows_state(&l->rows, row)->peak = (uint32_t)(m->hwm_kb / l->rows.page_kb);
	row_sum_held(row);
}

static void refine_row(struct live *l, struct frame *f, struct proc_row *row)
{
	struct proctask_memory memory;
	int err;

	if (row->flags & (ROW_ENDED | ROW_KERNEL))
		return;
	err = read_exact(l, row, &memory);
	if (!err) {
		show_found(l, row, &memory);
		row->flags &= (uint8_t)~ROW_EXACT;
		row->flags |= memory.size_kb ? ROW_EXACT : 0;
	} else if (err == -ESRCH && kill((pid_t)row->pid, 0) && errno == ESRCH) {
		row->flags |= ROW_ENDED;
		row->flags &= (uint8_t)~ROW_EXACT;
		row->state = 'X';
		show_found(l, row, &(struct proctask_memory){0});
		f->losses.vanished++;
	} else if (!(row->flags & ROW_HIDDEN)) {
		row->flags |= ROW_HIDDEN;
		f->losses.hidden++;
	}
}

void live_refine(struct live *l, struct frame *f, const uint32_t *rows, size_t n)
{
	forget_statm(l);
	for (size_t i = 0; i < n; i++)
		if (rows[i] < f->n)
			refine_row(l, f, &f->rows[rows[i]]);
}

int live_detail(struct live *l, const struct proc_row *row, struct proc_detail *out)
{
	return detail_read(l->proc_fd, row, row->start_ns + (uint64_t)l->clocks.boot_ns, out);
}

int live_probe(struct live *l, uint32_t pid, uint64_t start_ns, double *rss_kb)
{
	struct proctask_memory memory;
	struct proctask_stat stat;
	int err = proctask_stat(l->proc_fd, pid, &stat, NULL);

	if (err)
		return err;
	start_ns += (uint64_t)l->clocks.boot_ns;
	if (stat.start_ns + NSEC_PER_SEC < start_ns || stat.start_ns > start_ns + NSEC_PER_SEC)
		return -ESRCH;
	err = proctask_statm(l->proc_fd, pid, &memory);
	*rss_kb = (double)memory.rss_kb;
	return err || memory.rss_kb ? err : -ESRCH;
}

static void read_texts(struct live *l, struct proc_row *row, struct row_state *s,
		       unsigned int reads)
{
	for (unsigned int k = 0; k < TEXT_COUNT; k++) {
		char *text;

		if (!(reads & 1U << k) || s->asked & 1U << k ||
		    row->flags & (ROW_ENDED | ROW_KERNEL))
			continue;
		s->asked |= (uint8_t)(1U << k);
		text = detail_text(l->proc_fd, row, (enum row_text)k);
		/* Who is about to end has what it had. */
		if (!text)
			continue;
		if (!row->text)
			row->text = calloc(TEXT_COUNT, sizeof(*row->text));
		if (!row->text) {
			free(text);
			return;
		}
		free((char *)(uintptr_t)row->text[k]);
		row->text[k] = text;
	}
}

/* Between a vfork and its exec a child runs in its parent's memory. */
static bool borrows(struct live *l, const struct proc_row *row)
{
	const struct proc_row *parent = rows_find(&l->rows, row->ppid);

	return parent && row_has_memory(parent) &&
	       row_value(parent, FIELD_VIRT) == row_value(row, FIELD_VIRT) &&
	       !syscall(SYS_kcmp, parent->pid, row->pid, KCMP_VM, 0, 0);
}

/* Of who may not be read none are known; what is borrowed counts once, where it belongs. */
static void read_shares(struct live *l, struct proc_row *row, struct row_state *s)
{
	struct proctask_rollup rollup;
	int err;

	if (s->shares_seq == (uint32_t)l->frame.seq || !row_has_memory(row))
		return;
	s->shares_seq = (uint32_t)l->frame.seq;
	if (row->v)
		row->v[FIELD_PSS] = row->v[FIELD_USS] = row->v[FIELD_LAZY] = NAN;
	err = borrows(l, row) ? -ESRCH : proctask_rollup(l->proc_fd, row->pid, &rollup);
	/* Who has ended meanwhile has no share of anything: the sum of the others is whole. */
	if (err == -ESRCH || err == -ENOENT)
		row->flags |= ROW_SHARED_NOW;
	if (err || row_wake(row))
		return;
	row->v[FIELD_PSS] = (double)rollup.pss_kb;
	row->v[FIELD_USS] = (double)rollup.uss_kb;
	row->v[FIELD_LAZY] = (double)rollup.lazyfree_kb;
	row->flags |= ROW_SHARED_NOW;
}

/* The frame has those of a main thread alone. */
static void read_faults(struct live *l, struct proc_row *row)
{
	struct proctask_stat stat;

	if (isnan(row_value(row, FIELD_FAULTS)) && !(row->flags & ROW_ENDED) &&
	    !proctask_stat(l->proc_fd, row->pid, &stat, NULL) && !row_wake(row))
		row->v[FIELD_FAULTS] = (double)stat.faults;
}

/* The kernel walks the page tables of who is read: with thousands of processes that takes longer
 * than a frame may. Who was not reached is the first in the next frame. */
static void shares_in_turn(struct live *l, struct frame *f, const uint32_t *rows, size_t n)
{
	uint64_t begin_ns = clock_ns(), most_ns = TURN_FIRST_NS;
	size_t at = 0;

	if (!n || l->turn_seq == f->seq)
		return;
	if (f->interval_s > 0)
		most_ns = MAX(TURN_LEAST_NS,
			      (uint64_t)(f->interval_s / TURN_PART * (double)NSEC_PER_SEC));
	l->turn_seq = f->seq;
	while (at < n && f->rows[rows ? rows[at] : at].pid < l->turn_pid)
		at++;
	for (size_t i = 0; i < n; i++) {
		size_t next = (at + i) % n;
		struct proc_row *row = &f->rows[rows ? rows[next] : next];

		l->turn_pid = row->pid;
		if (clock_ns() - begin_ns > most_ns)
			return;
		read_shares(l, row, rows_state(&l->rows, row));
	}
	l->turn_pid = 0;
}

/* Times that a monitor counts are not replaced. */
static void want_times(struct live *l)
{
	if (l->rows.cpu || (l->join && join_fields(l->join) & FIELD_BIT(FIELD_USER_MS)))
		return;
	tasks_want_times(l->tasks);
	l->rows.cpu = true;
}

void live_read(struct live *l, struct frame *f, const uint32_t *rows, size_t n, unsigned int reads)
{
	const unsigned int texts = (1U << TEXT_COUNT) - 1;
	bool in_turn = reads & READ_IN_TURN;

	if (reads & READ_TIMES)
		want_times(l);
	if (reads & READ_SHARES && f)
		f->fields |= FIELD_BIT(FIELD_PSS) | FIELD_BIT(FIELD_USS) | FIELD_BIT(FIELD_LAZY);
	if (reads & READ_FAULTS && f)
		f->fields |= FIELD_BIT(FIELD_FAULTS);
	if (reads & READ_SHARES && in_turn && f)
		shares_in_turn(l, f, rows, rows ? n : f->n);
	if (!(reads & (texts | READ_SHARES | READ_FAULTS)))
		return;
	for (size_t i = 0; f && i < (rows ? n : f->n); i++) {
		struct proc_row *row = &f->rows[rows ? rows[i] : i];
		struct row_state *s = rows_state(&l->rows, row);

		read_texts(l, row, s, reads);
		if (reads & READ_FAULTS)
			read_faults(l, row);
		if (reads & READ_SHARES && !in_turn)
			read_shares(l, row, s);
	}
}
