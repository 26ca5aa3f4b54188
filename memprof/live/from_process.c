/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A process that is attached to: each profile is what was seen of it by then; the last one is of
 * its end. */
#include "lib/base.h"
#include "memprof/live/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "memprof/attach/attach.h"

struct from_process {
	struct attachment *a;
	bool ended; /* and its last profile was given */
	char name[32];
};

static int next(void *arg, struct profile **out)
{
	struct from_process *f = arg;
	int err;

	if (f->ended)
		return 0;
	f->ended = !attach_runs(f->a);
	err = f->ended ? attach_finish(f->a, out) : attach_snapshot(f->a, out);
	return err ? err : 1;
}

static void tick(void *arg)
{
	struct from_process *f = arg;

	if (!f->ended)
		attach_take(f->a);
}

static void close_it(void *arg)
{
	struct from_process *f = arg;

	attach_close(f->a);
	free(f);
}

void source_of_process(struct watched_source *out, struct attachment *a)
{
	struct from_process *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->a = a;
	snprintf(f->name, sizeof(f->name), "process %d", (int)attach_pid(a));
	*out = (struct watched_source){.name = f->name,
				       .arg = f,
				       .next = next,
				       .tick = tick,
				       .tick_ms = ATTACH_TICK_MS,
				       .close = close_it};
}
