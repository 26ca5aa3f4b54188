/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recordings, and /proc alone without counters, until the live source is there, which replaces this
 * file. */
#include "lib/base.h"
#include "monitor/source/source.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "monitor/sink/record.h"

struct source {
	struct replayer *replay;
	struct frame frame;
	size_t cap;
	uint64_t latest_ns;
};

int source_live(struct source **out, const struct source_options *opts)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->frame.tool = opts->tool;
	return 0;
}

int source_replay(struct source **out, const char *file, enum tool tool)
{
	struct source_options opts = {.tool = tool};
	int err = source_live(out, &opts);

	return err ? err : replayer_open(&(*out)->replay, file, tool);
}

int source_fds(const struct source *s UNUSED, int *fds UNUSED, size_t max UNUSED)
{
	return 0;
}

bool source_wants_pump(const struct source *s UNUSED)
{
	return false;
}

int source_pump(struct source *s UNUSED)
{
	return 0;
}

static void read_row(struct proc_row *row, uint32_t pid)
{
	char path[64], text[1024], *end;
	unsigned long long v[22] = {0}, size, rss;
	FILE *f;

	memset(row, 0, sizeof(*row));
	row->pid = pid;
	row->state = '?';
	for (int i = 0; i < FIELD_COUNT; i++)
		row->v[i] = NAN;
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return;
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	end = strrchr(text, ')');
	if (!end)
		return;
	*end = 0;
	snprintf(row->name, sizeof(row->name), "%s", strchr(text, '(') + 1);
	row->state = end[2];
	end += 3;
	for (int i = 4; i < 23; i++)
		v[i - 1] = strtoull(end, &end, 10);
	row->ppid = (uint32_t)v[3];
	row->v[FIELD_USER_MS] = (double)v[13] * 10;
	row->v[FIELD_SYSTEM_MS] = (double)v[14] * 10;
	row->v[FIELD_TOTAL_MS] = (double)(v[13] + v[14]) * 10;
	row->v[FIELD_THREADS] = (double)v[19];
	row->start_ns = v[21] * 10000000;
	row->flags = v[8] & 0x200000 ? ROW_KERNEL : 0;
	snprintf(path, sizeof(path), "/proc/%u/statm", pid);
	f = fopen(path, "r");
	if (!f)
		return;
	if (fscanf(f, "%llu %llu", &size, &rss) == 2 && size) {
		row->v[FIELD_VIRT] = (double)size * 4;
		row->v[FIELD_RSS] = (double)rss * 4;
		row->flags |= ROW_EXACT;
	}
	fclose(f);
}

static int by_pid(const void *a, const void *b)
{
	const struct proc_row *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

int source_sample(struct source *s, struct frame **out)
{
	struct frame *f = &s->frame;
	uint64_t now_ns = clock_ns();
	struct timespec ts;
	struct dirent *d;
	DIR *dir;

	if (s->replay)
		return replayer_next(s->replay, out);
	dir = opendir("/proc");
	if (!dir)
		return -errno;
	clock_gettime(CLOCK_REALTIME, &ts);
	f->n = 0;
	while ((d = readdir(dir)) != NULL) {
		if (*d->d_name < '0' || *d->d_name > '9')
			continue;
		if (f->n == s->cap) {
			s->cap = s->cap * 2 + 256;
			f->rows = realloc(f->rows, s->cap * sizeof(*f->rows));
		}
		read_row(&f->rows[f->n++], (uint32_t)atoi(d->d_name));
	}
	closedir(dir);
	qsort(f->rows, f->n, sizeof(*f->rows), by_pid);
	f->seq++;
	f->mono_ns = now_ns;
	f->time_ns = (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
	if (!f->started_ns)
		f->started_ns = f->time_ns;
	f->interval_s = s->latest_ns ? (double)(now_ns - s->latest_ns) / 1e9 : NAN;
	s->latest_ns = now_ns;
	f->monitor = "proc";
	f->fields = ~0U;
	f->ncpu = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	f->own = (struct frame_own){.cpu_pct = NAN, .events_per_s = NAN, .ns_per_event = NAN};
	*out = f;
	return 1;
}

void source_refine(struct source *s UNUSED, struct frame *f UNUSED, const uint32_t *rows UNUSED,
		   size_t n UNUSED)
{
}

int source_detail(struct source *s UNUSED, const struct proc_row *row UNUSED,
		  struct proc_detail *out)
{
	*out = (struct proc_detail){.pss_kb = NAN, .uss_kb = NAN, .swap_kb = NAN};
	return 0;
}

int source_events(struct source *s UNUSED, bool on UNUSED)
{
	return -ENOTSUP;
}

bool source_recorded(const struct source *s)
{
	return s->replay != NULL;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	replayer_close(s->replay);
	if (!s->replay)
		free(s->frame.rows);
	free(s);
}
