/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each CPU has a ring of its own, so that what one process did may lie in several: what is taken
 * out of all is put in the order of its times, and what is younger than the taking waits for the
 * next. An image is what a process had mapped from one exec or fork to the next.
 */
#include "lib/base.h"
#include "memprof/both/mappings.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/clock.h"
#include "lib/strbuf.h"

enum { PAGES = 64, BUCKETS = 4096, IMAGES_MAX = 1 << 16 };

struct ring {
	int fd;
	bool counts;   /* reading it says how many records found no room: Linux 6.0 and later */
	uint64_t lost; /* of them known */
	struct perf_event_mmap_page *page; /* NULL: none */
};

struct event {
	uint64_t time_ns;
	size_t order; /* of those at one time */
	enum { MAPPED, EXECUTED, FORKED, LOST } kind;
	uint32_t pid, parent;
	struct unwind_file file;
};

struct image {
	uint64_t since_ns;
	struct unwind_files files;
	size_t cap;
	struct image *before;
};

struct mapped {
	uint32_t pid;
	struct image *latest;
	struct mapped *next;
};

struct mappings {
	struct ring *rings;
	size_t nrings, page_bytes;
	uint64_t drained_ns;  /* all events before were taken */
	struct event *events; /* taken, and not yet told */
	size_t nevents, cap, taken;
	struct mapped *of[BUCKETS];
	size_t nimages;
	uint64_t lost;
	struct arena arena;
	char record[UINT16_MAX + 1];
};

/* --- images ---------------------------------------------------------------------------------- */

static struct mapped *find(struct mappings *m, uint32_t pid, bool add)
{
	struct mapped **at = &m->of[pid % BUCKETS], *one;

	for (one = *at; one && one->pid != pid; one = one->next)
		;
	if (!one && add) {
		one = arena_new(&m->arena, struct mapped);
		*one = (struct mapped){.pid = pid, .next = *at};
		*at = one;
	}
	return one;
}

static struct image *begin(struct mappings *m, uint32_t pid, uint64_t since_ns)
{
	struct mapped *who = find(m, pid, true);
	struct image *image;

	if (m->nimages == IMAGES_MAX) {
		who->latest = NULL; /* that is another program's by now */
		m->lost++;
		return NULL;
	}
	m->nimages++;
	image = arena_new(&m->arena, struct image);
	*image = (struct image){.since_ns = since_ns, .before = who->latest};
	who->latest = image;
	return image;
}

/* The same file again, further on, is the same module. */
static void map(struct mappings *m, struct image *image, const struct unwind_file *file)
{
	struct unwind_files *f = &image->files;

	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].start == file->start && !strcmp(f->v[i].path, file->path))
			return;
	if (f->n == image->cap) {
		size_t cap = image->cap ? 2 * image->cap : 16;
		struct unwind_file *v = arena_array(&m->arena, struct unwind_file, cap);

		memcpy(v, f->v, f->n * sizeof(*v));
		f->v = v;
		image->cap = cap;
	}
	f->v[f->n++] = *file;
}

/* Of a process that was there before: what its list says now. */
static void map_listed(struct mappings *m, struct image *image, uint32_t pid)
{
	struct strbuf text = STRBUF_INIT;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	if (strbuf_read_file(&text, path))
		strbuf_reset(&text);
	for (char *line = text.s, *next; *line; line = next) {
		unsigned long long from, to, offset, inode;
		int name = 0;
		char mode[5];

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (sscanf(line, "%llx-%llx %4s %llx %*s %llu %n", &from, &to, mode, &offset,
			   &inode, &name) != 5 ||
		    mode[2] != 'x' || line[name] != '/')
			continue;
		map(m, image,
		    &(struct unwind_file){.start = from - offset,
					  .end = to,
					  .inode = inode,
					  .path = arena_strdup(&m->arena, line + name)});
	}
	strbuf_release(&text);
}

static void fork_image(struct mappings *m, const struct event *e)
{
	struct mapped *parent = find(m, e->parent, false);
	struct image *image = begin(m, e->pid, e->time_ns);

	if (!image)
		return;
	if (!parent || !parent->latest) {
		map_listed(m, image, e->parent);
		return;
	}
	for (size_t i = 0; i < parent->latest->files.n; i++)
		map(m, image, &parent->latest->files.v[i]);
}

/* Something was not heard: any process may have become another program. */
static void forget(struct mappings *m)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct mapped *one = m->of[i]; one; one = one->next)
			one->latest = NULL;
}

static void tell(struct mappings *m, const struct event *e)
{
	struct mapped *who;

	switch (e->kind) {
	case EXECUTED: begin(m, e->pid, e->time_ns); break;
	case FORKED: fork_image(m, e); break;
	case LOST: forget(m); break;
	case MAPPED:
		who = find(m, e->pid, false);
		if (who && who->latest)
			map(m, who->latest, &e->file);
		break;
	}
}

/* --- events ---------------------------------------------------------------------------------- */

static void add_event(struct mappings *m, const struct event *e)
{
	if (m->nevents == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 256;
		m->events = realloc(m->events, m->cap * sizeof(*m->events));
		if (!m->events)
			abort();
	}
	m->events[m->nevents] = *e;
	m->events[m->nevents++].order = m->taken++;
}

struct mmap_record {
	uint32_t pid, tid;
	uint64_t address, bytes, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

/* What each record ends with: sample_type says so. */
struct record_end {
	uint32_t pid, tid;
	uint64_t time_ns;
};

static void take_record(struct mappings *m, const struct ring *r, const struct perf_event_header *h,
			const char *body, size_t bytes)
{
	struct event e = {0};
	struct record_end end;
	uint32_t pids[4];
	uint64_t lost[2];

	if (bytes < sizeof(end) + 8)
		return;
	bytes -= sizeof(end);
	memcpy(&end, body + bytes, sizeof(end));
	e.time_ns = end.time_ns;
	memcpy(pids, body, MIN(sizeof(pids), bytes));
	e.pid = pids[0];
	switch (h->type) {
	case PERF_RECORD_MMAP2: {
		const struct mmap_record *f = (const void *)body;
		size_t room = bytes - sizeof(*f);

		if (bytes <= sizeof(*f) || f->path[0] != '/' || !memchr(f->path, 0, room))
			return;
		e.kind = MAPPED;
		e.file = (struct unwind_file){.start = f->address - f->offset,
					      .end = f->address + f->bytes,
					      .inode = f->inode,
					      .path = arena_strdup(&m->arena, f->path)};
		break;
	}
	case PERF_RECORD_COMM:
		if (!(h->misc & PERF_RECORD_MISC_COMM_EXEC))
			return;
		e.kind = EXECUTED;
		break;
	case PERF_RECORD_FORK:
		if (bytes < sizeof(pids) || pids[0] == pids[1])
			return; /* a thread */
		e.kind = FORKED;
		e.parent = pids[1];
		break;
	case PERF_RECORD_LOST:
		if (r->counts)
			return; /* note_lost() knows it */
		memcpy(lost, body, sizeof(lost));
		m->lost += lost[1];
		e.kind = LOST;
		break;
	default: return;
	}
	add_event(m, &e);
}

/* The record at @at, which may go round the ring's end, into m->record. */
static void copy_out(struct mappings *m, const struct ring *r, uint64_t at, size_t bytes)
{
	const char *data = (const char *)r->page + m->page_bytes;
	size_t size = PAGES * m->page_bytes, from = at % size, first = MIN(bytes, size - from);

	memcpy(m->record, data + from, first);
	memcpy(m->record + first, data, bytes - first);
}

/* A record tells of those that were lost before it, if ever one comes; the event's count does at
 * once. */
static void note_lost(struct mappings *m, struct ring *r)
{
	struct {
		uint64_t value, lost;
	} now;

	if (!r->counts || read(r->fd, &now, sizeof(now)) != sizeof(now) || now.lost <= r->lost)
		return;
	m->lost += now.lost - r->lost;
	r->lost = now.lost;
	add_event(m, &(struct event){.time_ns = clock_ns(), .kind = LOST});
}

static void drain(struct mappings *m, struct ring *r)
{
	uint64_t head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE),
		 at = r->page->data_tail;

	while (at + sizeof(struct perf_event_header) <= head) {
		struct perf_event_header h;

		copy_out(m, r, at, sizeof(h));
		memcpy(&h, m->record, sizeof(h));
		if (h.size < sizeof(h) || at + h.size > head)
			break;
		copy_out(m, r, at, h.size);
		take_record(m, r, &h, m->record + sizeof(h), h.size - sizeof(h));
		at += h.size;
	}
	__atomic_store_n(&r->page->data_tail, at, __ATOMIC_RELEASE);
	note_lost(m, r);
}

static int by_time(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void take(struct mappings *m)
{
	uint64_t now = clock_ns();
	size_t told = 0;

	for (size_t i = 0; i < m->nrings; i++)
		if (m->rings[i].page)
			drain(m, &m->rings[i]);
	if (m->nevents)
		qsort(m->events, m->nevents, sizeof(*m->events), by_time);
	while (told < m->nevents && m->events[told].time_ns < now)
		tell(m, &m->events[told++]);
	m->nevents -= told;
	if (told)
		memmove(m->events, m->events + told, m->nevents * sizeof(*m->events));
	m->drained_ns = now;
}

static bool has(const struct image *image, uint64_t pc)
{
	for (size_t i = 0; i < image->files.n; i++)
		if (pc >= image->files.v[i].start && pc < image->files.v[i].end)
			return true;
	return false;
}

const struct unwind_files *mappings_of(struct mappings *m, uint32_t pid, uint64_t when_ns,
				       uint64_t pc)
{
	const struct image *image;
	const struct mapped *who;

	if (!m)
		return NULL;
	if (when_ns >= m->drained_ns)
		take(m);
	who = find(m, pid, false);
	image = who ? who->latest : NULL;
	while (image && image->since_ns > when_ns)
		image = image->before;
	if (image && image->before && !has(image, pc) && has(image->before, pc))
		image = image->before;
	return image ? &image->files : NULL;
}

uint64_t mappings_lost(const struct mappings *m)
{
	return m ? m->lost : 0;
}

/* --- rings ----------------------------------------------------------------------------------- */

static int open_ring(struct mappings *m, struct ring *r, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.read_format = PERF_FORMAT_LOST,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	void *page;
	int err;

	r->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	r->counts = r->fd >= 0;
	if (r->fd < 0 && errno == EINVAL) {
		attr.read_format = 0;
		r->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (r->fd < 0)
		return errno == ENODEV ? 0 : -errno; /* a CPU that is off */
	page = mmap(NULL, (1 + PAGES) * m->page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		    0);
	err = page == MAP_FAILED ? -errno : 0;
	r->page = err ? NULL : page;
	return err;
}

int mappings_open(struct mappings **out)
{
	struct mappings *m = calloc(1, sizeof(*m));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	*out = NULL;
	if (!m)
		return -ENOMEM;
	m->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	m->rings = calloc((size_t)cpus, sizeof(*m->rings));
	if (!m->rings)
		err = -ENOMEM;
	for (int cpu = 0; !err && cpu < cpus; cpu++) {
		m->rings[m->nrings].fd = -1;
		err = open_ring(m, &m->rings[m->nrings++], cpu);
	}
	if (err)
		mappings_close(m);
	else
		*out = m;
	return err;
}

void mappings_close(struct mappings *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nrings; i++) {
		if (m->rings[i].page)
			munmap(m->rings[i].page, (1 + PAGES) * m->page_bytes);
		if (m->rings[i].fd >= 0)
			close(m->rings[i].fd);
	}
	arena_release(&m->arena);
	free(m->rings);
	free(m->events);
	free(m);
}
