/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One face for the running machine and for a recording. */
#include "lib/base.h"
#include "monitor/source/source.h"

#include <stdlib.h>

#include "monitor/source/replay.h"
#include "monitor/source/live.h"

struct source {
	struct live *live; /* one of the two; owned */
	struct replayer *replay;
};

const char *source_default_monitor(enum tool tool)
{
	return live_default_monitor(tool);
}

static int finish_open(struct source *s, struct source **out, int err)
{
	if (err)
		source_close(s);
	else
		*out = s;
	return err;
}

int source_live(struct source **out, const struct source_options *opts)
{
	struct source *s = calloc(1, sizeof(*s));

	return s ? finish_open(s, out, live_open(&s->live, opts)) : -ENOMEM;
}

int source_replay(struct source **out, const char *file, enum tool tool,
		  const struct replay_window *window)
{
	struct source *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	err = replayer_open(&s->replay, file, tool);
	if (!err && window)
		replayer_window(s->replay, window);
	return finish_open(s, out, err);
}

int source_back(struct source *s)
{
	return s->replay ? replayer_back(s->replay) : 0;
}

int source_rewind(struct source *s)
{
	return s->replay ? replayer_rewind(s->replay) : 0;
}

uint64_t source_begin_ns(const struct source *s)
{
	return s->replay ? replayer_begin_ns(s->replay) : 0;
}

int source_confine(struct source *s)
{
	return s->live ? live_confine(s->live) : 0;
}

int source_fds(const struct source *s, int *fds, size_t max)
{
	return s->live ? live_fds(s->live, fds, max) : 0;
}

int source_pump(struct source *s)
{
	return s->live ? live_pump(s->live) : 0;
}

bool source_wants_pump(const struct source *s)
{
	return s->live && live_wants_pump(s->live);
}

int source_sample(struct source *s, struct frame **out)
{
	return s->live ? live_sample(s->live, out) : replayer_next(s->replay, out);
}

void source_refine(struct source *s, struct frame *f, const uint32_t *rows, size_t n)
{
	if (s->live)
		live_refine(s->live, f, rows, n);
}

void source_read(struct source *s, struct frame *f, const uint32_t *rows, size_t n,
		 unsigned int reads)
{
	if (s->live)
		live_read(s->live, f, rows, n, reads);
}

int source_probe(struct source *s, uint32_t pid, uint64_t start_ns, double *rss_kb)
{
	return s->live ? live_probe(s->live, pid, start_ns, rss_kb) : -ENOTSUP;
}

int source_detail(struct source *s, const struct proc_row *row, struct proc_detail *out)
{
	return s->live ? live_detail(s->live, row, out) : -ENOTSUP;
}

int source_events(struct source *s, bool on)
{
	return s->live ? live_events(s->live, on) : -ENOTSUP;
}

void source_keep_events(struct source *s, source_keep_fn keep, void *arg)
{
	if (s->live)
		events_keep(s->live->events, keep, arg);
}

bool source_recorded(const struct source *s)
{
	return s->replay;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	live_close(s->live);
	replayer_close(s->replay);
	free(s);
}
