/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* looks.h */
#include "lib/base.h"
#include "memprof/run/looks.h"

#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "memprof/profile_file.h"

enum { RECORD_EACH_S = 1 };

int looks_open(struct looks *l, const char *path, double seconds, bool record)
{
	*l = (struct looks){.path = path, .recording = -1};
	if (record && seconds <= 0)
		seconds = RECORD_EACH_S;
	l->each_ns = (uint64_t)(seconds * NSEC_PER_SEC);
	l->next_ns = clock_ns() + l->each_ns;
	if (!record)
		return 0;
	l->recording = profile_record_open(path);
	return MIN(l->recording, 0);
}

int looks_wait_ms(const struct looks *l)
{
	uint64_t now = clock_ns(), left = l->next_ns > now ? l->next_ns - now : 0;

	if (!l->each_ns || l->failed)
		return -1;
	return (int)MIN(left / NSEC_PER_MSEC + 1, (uint64_t)INT32_MAX);
}

/* The timeline is the following profile's: what comes after has it too. */
static void add_point(struct follow *f, struct profile *p)
{
	struct profile_point t = {.allocs = p->total.allocs,
				  .bytes = p->total.bytes,
				  .live_blocks = p->total.live_blocks,
				  .live_bytes = p->total.live_bytes};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	t.time_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	p->end_ns = t.time_ns;
	profile_add_point(p, &t);
	profile_add_point(f->profile, &t);
}

void looks_take(struct looks *l, struct follow *f)
{
	struct profile *p;

	if (!l->each_ns || l->failed || clock_ns() < l->next_ns)
		return;
	l->next_ns = clock_ns() + l->each_ns;
	p = follow_snapshot(f);
	add_point(f, p);
	if (l->recording >= 0)
		l->failed = profile_record_add(l->recording, p, l->path) != 0;
	else
		l->failed = profile_write(p, l->path) != 0;
	profile_free(p);
}

int looks_finish(struct looks *l, const struct profile *p)
{
	if (l->recording >= 0)
		return profile_record_add(l->recording, p, l->path);
	return profile_write(p, l->path);
}

void looks_close(struct looks *l)
{
	if (l->recording >= 0)
		close(l->recording);
	l->recording = -1;
}
