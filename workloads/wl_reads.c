/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads that stay at the syscall boundary: reads from /dev/zero, which spend their time in the
 * kernel. */
#include "lib/base.h"
#include "workloads/workload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "workloads/crew.h"

struct reads_params {
	uint64_t threads, count, bytes;
};

static const struct param params[] = {
	PARAM_ROW(reads_params, threads, U64, "threads, the main one included", 1, 1, 64),
	PARAM_ROW(reads_params, count, U64, "reads of each", 10007, 1, 100000000),
	PARAM_ROW(reads_params, bytes, BYTES, "bytes a read clears", 16384, 1, 65536),
	PARAM_END,
};

struct shared {
	struct crew *crew;
	int fd;
	char *buffers; /* one for each thread, touched before the window */
};

static void size(const void *params_, uint32_t *lanes, uint64_t *entries)
{
	*lanes = (uint32_t)((const struct reads_params *)params_)->threads;
	*entries = *lanes;
}

static int read_zeroes(const struct crew_member *m)
{
	const struct reads_params *p = m->run->params;
	struct shared *s = m->shared;

	for (uint64_t i = 0; i < p->count; i++)
		if (read(s->fd, s->buffers + m->number * p->bytes, p->bytes) != (ssize_t)p->bytes)
			return -EIO;
	return 0;
}

static int warm_up(struct workload_run *r)
{
	const struct reads_params *p = r->params;
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	r->state = s;
	s->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	s->buffers = malloc(p->threads * p->bytes);
	if (!s->buffers)
		return -ENOMEM;
	for (uint64_t i = 0; i < p->threads * p->bytes; i++)
		s->buffers[i] = 1;
	return crew_hire(&s->crew, r, p->threads, 1, read_zeroes, s);
}

static int run(struct workload_run *r)
{
	const struct reads_params *p = r->params;
	struct shared *s = r->state;

	ledger_add_units(r->ledger, p->threads * p->count);
	return crew_work(s->crew);
}

static void finish(struct workload_run *r)
{
	struct shared *s = r->state;

	crew_dismiss(s->crew);
	close(s->fd);
	free(s->buffers);
	free(s);
}

const struct workload_ops wl_reads_ops = {
	.name = "reads",
	.help = "threads read from /dev/zero: CPU time in the kernel",
	.truth = WORKLOAD_LEDGER,
	.subject = WORKLOAD_CPU,
	.params = params,
	.params_size = sizeof(struct reads_params),
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};
