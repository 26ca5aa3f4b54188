/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* looks.h */
#include "lib/base.h"
#include "memprof/looks/looks.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/format.h"
#include "lib/hold.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "memprof/looks/recording.h"
#include "memprof/profile_file.h"

/* Of too many points every second goes: the timeline keeps its whole length. */
enum { DEFAULT_S = 1, DEFAULT_MAX = 256 << 20, POINTS_MAX = 4096 };

static int wrong(const char *name, const char *what)
{
	log_err("%s: %s; see 'memprof %s --help'", name, what, name);
	return -EINVAL;
}

static int check(const struct looks_options *o, const char *name)
{
	if (!o->out && (o->record || o->interval_s > 0))
		return wrong(name, "--interval and --record write a file: give -o FILE");
	if (o->out && !strcmp(o->out, "-") && o->interval_s > 0 && !o->record)
		return wrong(name, "--interval writes the file anew each time, which stdout cannot "
				   "be; --record adds to it");
	if (o->record_max && !o->record)
		return wrong(name, "--record-max goes with --record");
	if (o->interval_s > 0 && o->interval_s < 0.01)
		return wrong(name, "--interval takes 0.01 seconds or more");
	return 0;
}

/* Of two that write one file the later would win, and the other's hour be lost. */
static int hold(struct looks *l, const char *name, bool record)
{
	char who[HOLD_WHO_BYTES];

	if (!l->path || !strcmp(l->path, "-"))
		return 0;
	l->held = hold_path(l->path, who);
	if (l->held != -EBUSY)
		return 0;
	if (record)
		log_err("%s is being written by %s; record to another file", l->path,
			*who ? who : "another process");
	else
		log_err("%s: %s is being written by %s: of two profiles in one file the later "
			"would replace the other; name another with -o",
			name, l->path, *who ? who : "another process");
	return -EBUSY;
}

int looks_open(struct looks *l, const struct looks_options *o, const char *name, bool quiet)
{
	double seconds = o->interval_s;
	int err = check(o, name);

	*l = (struct looks){.path = o->out, .quiet = quiet, .held = -1};
	err = err ? err : hold(l, name, o->record);
	if (err)
		return err;
	l->writes = o->record || seconds > 0;
	if (seconds <= 0 && (o->record || o->alerts.n))
		seconds = DEFAULT_S;
	l->each_ns = (uint64_t)(seconds * NSEC_PER_SEC);
	l->next_ns = clock_ns() + l->each_ns;
	l->points = calloc(POINTS_MAX, sizeof(*l->points));
	if (!l->points)
		return -ENOMEM;
	err = profile_alerts_open(&l->alerts, &o->alerts);
	/* Not after the command has run for an hour. */
	if (!err && o->out && !o->record)
		err = profile_write_check(o->out);
	if (!err && o->record)
		err = recording_open(&l->recording, o->out,
				     o->record_max ? o->record_max : DEFAULT_MAX);
	return err;
}

int looks_wait_ms(const struct looks *l)
{
	uint64_t now = clock_ns(), left = l->next_ns > now ? l->next_ns - now : 0;

	if (!l->each_ns || l->failed)
		return -1;
	return (int)MIN(left / NSEC_PER_MSEC + 1, (uint64_t)INT32_MAX);
}

int looks_tick_ms(const struct looks *l)
{
	return l->each_ns ? (int)MIN(l->each_ns / NSEC_PER_MSEC / 4 + 1, (uint64_t)100) : 0;
}

bool looks_due(const struct looks *l)
{
	return l->each_ns && !l->failed && clock_ns() >= l->next_ns;
}

static void add_point(struct looks *l, struct profile *p)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	p->end_ns = (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
	if (l->npoints == POINTS_MAX) {
		for (size_t i = 0; i < POINTS_MAX / 2; i++)
			l->points[i] = l->points[2 * i + 1];
		l->npoints = POINTS_MAX / 2;
	}
	l->points[l->npoints++] = (struct profile_point){.time_ns = p->end_ns,
							 .allocs = p->total.allocs,
							 .bytes = p->total.bytes,
							 .live_blocks = p->total.live_blocks,
							 .live_bytes = p->total.live_bytes};
}

static int write_look(struct looks *l, struct profile *p)
{
	for (size_t i = 0; i < l->npoints; i++)
		profile_add_point(p, &l->points[i]);
	if (l->recording)
		return recording_add(l->recording, p, &l->each_ns);
	return profile_write(p, l->path);
}

void looks_take(struct looks *l, struct profile *p)
{
	l->next_ns = clock_ns() + l->each_ns;
	if (!p)
		return;
	add_point(l, p);
	if (l->writes)
		l->failed = write_look(l, p) != 0;
	profile_alerts_check(l->alerts, p, l->quiet);
	profile_free(p);
}

int looks_finish(struct looks *l, struct profile *p)
{
	profile_alerts_check(l->alerts, p, l->quiet);
	return l->path ? write_look(l, p) : 0;
}

void looks_say(const struct looks *l, const struct profile *p)
{
	const struct profile_values *t = &p->total;
	struct strbuf s = STRBUF_INIT;
	const char *about = p->mode == PROFILE_SAMPLED ? "about " : "";

	format_count(&s, t->allocs);
	strbuf_addf(&s, " allocations, ");
	format_bytes(&s, (double)t->bytes);
	strbuf_addf(&s, "; live at the end ");
	format_count(&s, t->live_blocks);
	strbuf_addf(&s, ", ");
	format_bytes(&s, (double)t->live_bytes);
	if (p->peak_known) {
		strbuf_addf(&s, "; at the peak ");
		format_bytes(&s, (double)t->peak_bytes);
	}
	log_info("%s%s; %zu stacks, %zu process%s", about, s.s, p->nstacks, p->nprocesses,
		 p->nprocesses == 1 ? "" : "es");
	if (strcmp(l->path, "-"))
		log_info("see it with 'memprof report %s'", l->path);
	strbuf_release(&s);
}

int looks_exit(const struct looks *l, int code)
{
	return profile_alerts_exit(l->alerts, code);
}

void looks_close(struct looks *l)
{
	recording_close(l->recording);
	profile_alerts_close(l->alerts);
	free(l->points);
	if (l->path && l->held >= 0)
		close(l->held);
	*l = (struct looks){.held = -1};
}
