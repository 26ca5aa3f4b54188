/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory hogs: children that read and write more than the caches hold. */
#include "lib/base.h"
#include "harness/calibrate/cal_hogs.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "lib/subproc.h"

enum { LINE_BYTES = 64, END_MS = 200 };

struct hogs {
	unsigned int n;
	size_t bytes;
	cpu_set_t cpus;
	struct subproc child[];
};

static int walk(void *arg)
{
	const struct hogs *h = arg;
	volatile unsigned char *m;

	sched_setaffinity(0, sizeof(h->cpus), &h->cpus);
	m = mmap(NULL, h->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED)
		return 1;
	for (;;)
		for (size_t i = 0; i < h->bytes; i += LINE_BYTES)
			m[i]++;
}

int hogs_start(struct hogs **out, unsigned int n, size_t bytes, const cpu_set_t *cpus)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct hogs *h = calloc(1, sizeof(*h) + n * sizeof(h->child[0]));
	int err = 0;

	if (!h)
		return -ENOMEM;
	h->bytes = bytes;
	h->cpus = *cpus;
	opts.child = walk;
	opts.arg = h;
	while (h->n < n && !err) {
		h->child[h->n] = (struct subproc)SUBPROC_INIT;
		err = subproc_start(&h->child[h->n], &opts);
		h->n += !err;
	}
	if (err)
		hogs_stop(h);
	else
		*out = h;
	return err;
}

void hogs_stop(struct hogs *h)
{
	if (!h)
		return;
	for (unsigned int i = 0; i < h->n; i++) {
		subproc_kill(&h->child[i], END_MS);
		subproc_release(&h->child[i]);
	}
	free(h);
}
