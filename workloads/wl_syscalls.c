/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any system calls, by name: harmless ones that work and ones that fail, as the rows of
 * workloads/syscall_table.h say, in random order, by several threads at once. Each thread has
 * resources of its own, made before the window and removed after it. The ledger holds every call of
 * the window, what is made before and undone after a good call too. Of several names each is called
 * once more than the one before it, so that who counts another call than he should counts wrong.
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <stdlib.h>
#include <string.h>

#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/rng.h"
#include "workloads/crew.h"
#include "workloads/syscall_rig.h"

struct syscalls_params {
	char name[PARAM_TEXT_MAX];
	uint64_t calls, errors, threads;
};

static const struct param params[] = {
	PARAM_ROW_TEXT(syscalls_params, name,
		       "which, as openat+read; by default all of 'beebench list syscalls'"),
	PARAM_ROW(
		syscalls_params, calls, U64,
		"of the first name by each thread, calls that work; of each further name one more",
		101, 0, 1000000),
	PARAM_ROW(syscalls_params, errors, U64, "and calls that fail, likewise", 23, 0, 1000000),
	PARAM_ROW(syscalls_params, threads, U64, "threads, the main one included", 1, 1, 64),
	PARAM_END,
};

struct shared {
	const struct syscalls_params *params;
	const struct syscall_row **rows;
	size_t nrows;
	struct syscall_rig *rigs; /* one for each thread */
	unsigned int **orders;	  /* of each thread: twice the row, plus 1 for a call that fails */
	size_t norder;
	struct crew *crew;
};

/* --- which --------------------------------------------------------------------------------------
 */

/* Calls @each for every row that @names names; all that this processor has where it names none. An
 * unknown name is told to it as NULL. */
static void each_row(const char *names,
		     void (*each)(void *arg, const struct syscall_row *row, const char *name),
		     void *arg)
{
	char copy[PARAM_TEXT_MAX], *save = NULL;

	for (size_t i = 0; !*names && i < syscall_row_count; i++)
		if (syscall_rows[i].call)
			each(arg, &syscall_rows[i], syscall_rows[i].name);
	strcpy(copy, names);
	for (char *name = strtok_r(copy, "+", &save); name; name = strtok_r(NULL, "+", &save))
		each(arg, syscall_find(name), name);
}

/* How often row @index is called, of @n for the first. */
static uint64_t times(uint64_t n, size_t index)
{
	return n ? n + index : 0;
}

struct sum {
	const struct syscalls_params *params;
	size_t rows;
	uint64_t entries;
};

static void add_size(void *arg, const struct syscall_row *row, const char *name UNUSED)
{
	struct sum *s = arg;

	if (row)
		s->entries += times(s->params->calls, s->rows) * syscall_good_calls(row) +
			      times(s->params->errors, s->rows) * syscall_bad_calls(row);
	s->rows++;
}

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct syscalls_params *p = params_;
	struct sum sum = {.params = p};

	each_row(p->name, add_size, &sum);
	*lanes = (uint32_t)p->threads;
	*entries = p->threads * (sum.entries + 1);
}

static void say_unknown(void *arg, const struct syscall_row *row, const char *name)
{
	const char *near = row ? NULL : syscall_suggest(name);
	int *err = arg;

	if (row && row->call)
		return;
	*err = -EINVAL;
	if (row)
		log_err("syscalls: this processor has no system call '%s'", name);
	else if (near)
		log_err("syscalls: no harmless call '%s' is known; did you mean '%s'?", name, near);
	else
		log_err("syscalls: no harmless call '%s' is known; see 'beebench list syscalls'",
			name);
}

static int check(const void *params_)
{
	const struct syscalls_params *p = params_;
	int err = 0;

	each_row(p->name, say_unknown, &err);
	return err;
}

/* --- the calls ----------------------------------------------------------------------------------
 */

static int64_t noted(void *lane, uint32_t nr, const uint64_t args[SYSCALL_ARGS])
{
	return wl_call(lane, nr, args);
}

static int one_call(struct syscall_rig *rig, const struct syscall_row *row, bool fails,
		    struct ledger_lane *lane)
{
	int64_t ret;

	if (fails)
		return syscall_bad(rig, row, noted, lane) == -row->err ? 0 : -EPROTO;
	ret = syscall_good(rig, row, noted, lane);
	return ledger_failed(ret) ? (int)ret : 0;
}

static int make_calls(const struct crew_member *m)
{
	const struct shared *s = m->shared;
	const unsigned int *order = s->orders[m->number];
	int err = 0;

	for (size_t i = 0; i < s->norder && !err; i++)
		err = one_call(&s->rigs[m->number], s->rows[order[i] / 2], order[i] & 1, m->lane);
	return err;
}

/* --- before and after ---------------------------------------------------------------------------
 */

static void add_row(void *arg, const struct syscall_row *row, const char *name UNUSED)
{
	struct shared *s = arg;

	s->rows[s->nrows++] = row;
}

static size_t add_orders(unsigned int *order, const struct shared *s)
{
	size_t n = 0;

	for (unsigned int r = 0; r < s->nrows; r++) {
		for (uint64_t i = 0; s->rows[r]->works && i < times(s->params->calls, r); i++, n++)
			if (order)
				order[n] = 2 * r;
		for (uint64_t i = 0; s->rows[r]->fails && i < times(s->params->errors, r); i++, n++)
			if (order)
				order[n] = 2 * r + 1;
	}
	return n;
}

static int make_orders(struct shared *s, uint64_t seed)
{
	s->norder = add_orders(NULL, s);
	for (uint64_t t = 0; t < s->params->threads; t++) {
		struct rng rng = {.state = seed + t};

		s->orders[t] = calloc(s->norder + 1, sizeof(*s->orders[t]));
		if (!s->orders[t])
			return -ENOMEM;
		add_orders(s->orders[t], s);
		rng_shuffle(&rng, s->orders[t], (unsigned int)s->norder);
	}
	return 0;
}

/* Its resources, and one call of each kind: what does not do here what the table says is told. */
static int make_rig(struct shared *s, struct syscall_rig *rig)
{
	struct strbuf dir = STRBUF_INIT, why = STRBUF_INIT;
	int err;

	leftover_template(&dir, "");
	err = syscall_rig_open(rig, dir.s, &why);
	for (size_t i = 0; !err && i < s->nrows; i++)
		err = syscall_check(rig, s->rows[i], &why);
	if (err)
		log_err("%s", why.s);
	strbuf_release(&dir);
	strbuf_release(&why);
	return err;
}

static void release(struct shared *s)
{
	for (uint64_t t = 0; t < s->params->threads; t++) {
		if (s->rigs)
			syscall_rig_close(&s->rigs[t]);
		if (s->orders)
			free(s->orders[t]);
	}
	free(s->rigs);
	free(s->orders);
	free(s->rows);
	free(s);
}

static int warm_up(struct workload_run *r)
{
	struct shared *s = calloc(1, sizeof(*s));
	const struct syscalls_params *p = r->params;
	int err = check(p);

	if (!s)
		return -ENOMEM;
	s->params = p;
	s->rows = calloc(syscall_row_count + sizeof(p->name), sizeof(struct syscall_row *));
	s->rigs = calloc(p->threads, sizeof(*s->rigs));
	s->orders = calloc(p->threads, sizeof(*s->orders));
	if (!err && (!s->rows || !s->rigs || !s->orders))
		err = -ENOMEM;
	if (!err)
		each_row(p->name, add_row, s);
	for (uint64_t t = 0; t < p->threads && !err; t++)
		err = make_rig(s, &s->rigs[t]);
	if (!err)
		err = make_orders(s, r->seed);
	if (!err) {
		ledger_note_all_calls(r->ledger);
		err = crew_hire(&s->crew, r, p->threads, (uint64_t)r->lane->capacity, make_calls,
				s);
	}
	if (err)
		release(s);
	else
		r->state = s;
	return err;
}

static int run(struct workload_run *r)
{
	struct shared *s = r->state;

	ledger_add_units(r->ledger, s->params->threads * s->norder);
	return crew_work(s->crew);
}

static void finish(struct workload_run *r)
{
	struct shared *s = r->state;

	crew_dismiss(s->crew);
	release(s);
}

const struct workload_ops wl_syscalls_ops = {
	.name = "syscalls",
	.help = "harmless calls of any system call, those that work and those that fail",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_CALLS,
	.params = params,
	.params_size = sizeof(struct syscalls_params),
	.check = check,
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
