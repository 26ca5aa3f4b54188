/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two threads hand a byte back and forth through pipes: as many switches as a scheduler can make.
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "workloads/crew.h"

struct pingpong_params {
	uint64_t count;
};

static const struct param params[] = {
	PARAM_ROW(pingpong_params, count, U64, "rounds, two switches each", 1009, 1, 10000000),
	PARAM_END,
};

struct shared {
	struct crew *crew;
	int ping[2], pong[2];
};

static void size(const void *params_ UNUSED, uint32_t *lanes, uint64_t *entries)
{
	*lanes = 2;
	*entries = 2;
}

static int play(const struct crew_member *m)
{
	const struct pingpong_params *p = m->run->params;
	struct shared *s = m->shared;
	char ball = 0;

	for (uint64_t i = 0; i < p->count; i++) {
		if (!m->number && write(s->ping[1], &ball, 1) != 1)
			return -EIO;
		if (read(m->number ? s->ping[0] : s->pong[0], &ball, 1) != 1)
			return -EIO;
		if (m->number && write(s->pong[1], &ball, 1) != 1)
			return -EIO;
	}
	return 0;
}

static int warm_up(struct workload_run *r)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	r->state = s;
	if (pipe2(s->ping, O_CLOEXEC) || pipe2(s->pong, O_CLOEXEC))
		return -errno;
	return crew_hire(&s->crew, r, 2, 1, play, s);
}

static int run(struct workload_run *r)
{
	const struct pingpong_params *p = r->params;
	struct shared *s = r->state;

	ledger_add_units(r->ledger, p->count);
	return crew_work(s->crew);
}

static void finish(struct workload_run *r)
{
	struct shared *s = r->state;

	crew_dismiss(s->crew);
	for (int i = 0; i < 2; i++) {
		close(s->ping[i]);
		close(s->pong[i]);
	}
	free(s);
}

const struct workload_ops wl_pingpong_ops = {
	.name = "pingpong",
	.help = "two threads hand a byte back and forth: as many switches as can be",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_CPU,
	.params = params,
	.params_size = sizeof(struct pingpong_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
