/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A row of the table as a few raw calls with their arguments at hand. */
#include "lib/base.h"
#include "harness/timing/timed_call.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/timing/timed_event.h"
#include "lib/leftover.h"
#include "lib/strbuf.h"
#include "workloads/syscall_rig.h"

enum { CALLS_MAX = 1 + 2 * SYSCALL_STEPS };

struct ready_call {
	long nr;
	uint64_t now[SYSCALL_ARGS]; /* resolved */
	const uint64_t *changing;   /* to be resolved again each time; NULL: nothing changes */
	int64_t *result;	    /* where it goes; NULL: nowhere */
};

static struct {
	struct syscall_rig rig;
	int event; /* plus 1; 0: none is ready */
	struct ready_call calls[CALLS_MAX];
	size_t n;
	size_t judged; /* which of them the event is about */
	int err;       /* that it must fail with; 0: it works */
} ready;

static void add_call(uint32_t call, const uint64_t args[SYSCALL_ARGS], int64_t *result)
{
	struct ready_call *c = &ready.calls[ready.n++];

	c->nr = (long)call - 1;
	c->changing = syscall_changes(args) ? args : NULL;
	c->result = result;
	syscall_resolve(&ready.rig, args, c->now);
}

static void add_row(const struct syscall_row *row, bool fails)
{
	ready.n = 0;
	ready.err = fails ? row->err : 0;
	for (int i = 0; i < SYSCALL_STEPS && !fails && row->before[i].call; i++)
		add_call(row->before[i].call, row->before[i].args, &ready.rig.made_before[i]);
	ready.judged = ready.n;
	add_call(row->call, fails ? row->bad : row->good, fails ? NULL : &ready.rig.result);
	for (int i = 0; i < SYSCALL_STEPS && !fails && row->after[i].call; i++)
		add_call(row->after[i].call, row->after[i].args, NULL);
}

static int open_rig(void)
{
	struct strbuf dir = STRBUF_INIT, why = STRBUF_INIT;
	int err;

	if (ready.rig.pid)
		return 0;
	leftover_template(&dir, "");
	err = syscall_rig_open(&ready.rig, dir.s, &why);
	if (err)
		syscall_rig_close(&ready.rig);
	strbuf_release(&dir);
	strbuf_release(&why);
	return err;
}

int timed_call_prepare(int event)
{
	const struct timed_event *e = timed_event(event);
	int err;

	if (ready.event == event + 1)
		return 0;
	ready.event = 0;
	err = open_rig();
	if (err)
		return err;
	add_row(e->row, e->does == TIMED_FAILS);
	ready.event = event + 1;
	return 0;
}

bool timed_call_make(void)
{
	bool wrong = !ready.event;

	for (size_t i = 0; i < ready.n && ready.event; i++) {
		struct ready_call *c = &ready.calls[i];
		const uint64_t *a = c->now;
		long ret;

		if (c->changing)
			syscall_resolve(&ready.rig, c->changing, c->now);
		ret = syscall(c->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (c->result)
			*c->result = ret;
		if (i == ready.judged)
			wrong = ready.err ? ret != -1 || errno != ready.err : ret == -1;
	}
	return wrong;
}

void timed_call_release(void)
{
	ready.event = 0;
	syscall_rig_close(&ready.rig);
}
