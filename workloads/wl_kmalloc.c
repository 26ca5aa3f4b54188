/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages of a System V queue: each that is sent is a kmalloc of its length and 48 bytes at one
 * known stack (load_msg), a kfree when it is received. One that is longer than a page is several.
 * Some fail before they are copied, some after; some stay in the queue to the end. The queue is in
 * a namespace of its own where that may be made, so it is gone with the process whatever happens.
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "workloads/sizes.h"

struct kmalloc_params {
	uint64_t count, min, max, held, errors;
};

/* The defaults of msgmax and msgmnb. */
enum { LARGEST = 8192, QUEUE_BYTES = 16384 };

static const struct param params[] = {
	PARAM_ROW(kmalloc_params, count, U64, "messages sent", 1009, 1, 1000000),
	PARAM_ROW(kmalloc_params, min, BYTES, "shortest message", 1, 0, LARGEST),
	PARAM_ROW(kmalloc_params, max, BYTES, "longest message", 2048, 1, LARGEST),
	PARAM_ROW(kmalloc_params, held, U64, "messages that stay in the queue to the end", 23, 0,
		  10000),
	PARAM_ROW(kmalloc_params, errors, U64,
		  "messages to a queue that is gone, and as many to one that never was", 7, 0,
		  1000000),
	PARAM_END,
};

struct message {
	long type;
	char text[LARGEST];
};

struct state {
	int *queues;
	uint64_t n;
	int gone; /* the number of a queue that was removed */
	struct message m;
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	const struct kmalloc_params *p = params_;

	*lanes = 1;
	*entries = 2 * (p->count + p->errors) + p->held + 1;
}

/* Messages that a queue takes for certain: more bytes only CAP_SYS_RESOURCE may ask for. */
static uint64_t room(const struct kmalloc_params *p)
{
	return QUEUE_BYTES / MAX(p->min, p->max);
}

static void remove_queues(struct state *s)
{
	for (uint64_t i = 0; i < s->n; i++)
		msgctl(s->queues[i], IPC_RMID, NULL);
	free(s->queues);
	free(s);
}

/* The first is for what comes and goes, the others for what is held. */
static int make_queues(struct state *s, uint64_t n)
{
	s->queues = calloc(n, sizeof(*s->queues));
	if (!s->queues)
		return -ENOMEM;
	while (s->n < n) {
		int queue = msgget(IPC_PRIVATE, 0600);

		if (queue < 0) {
			log_err("message queue %llu of %llu cannot be had: %m",
				(unsigned long long)s->n + 1, (unsigned long long)n);
			return -errno;
		}
		s->queues[s->n++] = queue;
	}
	return 0;
}

static int warm_up(struct workload_run *r)
{
	const struct kmalloc_params *p = r->params;
	struct state *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	(void)unshare(CLONE_NEWIPC);
	ledger_note_all_calls(r->ledger);
	s->m.type = 1;
	s->gone = msgget(IPC_PRIVATE, 0600);
	err = s->gone < 0 || msgctl(s->gone, IPC_RMID, NULL) ? -errno : 0;
	if (!err)
		err = make_queues(s, 1 + (p->held + room(p) - 1) / room(p));
	if (err)
		remove_queues(s);
	else
		r->state = s;
	return err;
}

static int64_t send_to(const struct workload_run *r, int queue, uint64_t bytes)
{
	struct state *s = r->state;

	return wl_call(
		r->lane, SYS_msgsnd,
		(uint64_t[LEDGER_ARGS]){(uint64_t)queue, (uintptr_t)&s->m, bytes, IPC_NOWAIT});
}

static int receive(const struct workload_run *r)
{
	struct state *s = r->state;
	int64_t n = wl_call(r->lane, SYS_msgrcv,
			    (uint64_t[LEDGER_ARGS]){(uint64_t)s->queues[0], (uintptr_t)&s->m,
						    LARGEST, 0, IPC_NOWAIT});

	s->m.type = 1;
	return n < 0 ? (int)n : 0;
}

static uint64_t length(const struct kmalloc_params *p, struct rng *rng)
{
	uint64_t min = MIN(p->min, p->max), max = MAX(p->min, p->max);

	return wl_log_uniform(rng, min + 1, max + 1) - 1;
}

static int one_message(const struct workload_run *r, struct rng *rng, uint64_t *queued)
{
	const struct kmalloc_params *p = r->params;
	const struct state *s = r->state;
	uint64_t bytes = length(p, rng);
	int err = (int)send_to(r, s->queues[0], bytes);

	(*queued)++;
	while (!err && *queued > rng_below(rng, room(p))) {
		err = receive(r);
		(*queued)--;
	}
	return err;
}

static int fails(const struct workload_run *r, uint64_t bytes)
{
	const struct state *s = r->state;

	return send_to(r, s->gone, bytes) >= 0 || send_to(r, -1, bytes) >= 0 ? -EFAULT : 0;
}

static int run(struct workload_run *r)
{
	const struct kmalloc_params *p = r->params;
	const struct state *s = r->state;
	struct rng rng = {.state = r->seed};
	uint64_t queued = 0;
	int err = 0;

	for (uint64_t i = 0; i < p->count && !err; i++)
		err = one_message(r, &rng, &queued);
	for (uint64_t i = 0; i < p->errors && !err; i++)
		err = fails(r, 1 + rng_below(&rng, p->max));
	for (; queued && !err; queued--)
		err = receive(r);
	for (uint64_t i = 0; i < p->held && !err; i++)
		err = (int)send_to(r, s->queues[1 + i / room(p)], length(p, &rng));
	ledger_add_units(r->ledger, p->count + p->held);
	return err;
}

static void finish(struct workload_run *r)
{
	remove_queues(r->state);
}

const struct workload_ops wl_kmalloc_ops = {
	.name = "kmalloc",
	.help = "messages of known lengths: a kmalloc when sent, a kfree when received, some held",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_KMALLOC,
	.params = params,
	.params_size = sizeof(struct kmalloc_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
