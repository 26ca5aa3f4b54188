/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* segment.h: reading. The whole is read by pread() and not mapped: pages that were never touched
 * stay so. */
#include "lib/base.h"
#include "memprof/run/segment.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/why.h"

static int read_at(int fd, void *out, size_t size, uint64_t at, struct strbuf *why)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = pread(fd, (char *)out + n, size - n, (off_t)(at + n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			int err = got ? errno : EPROTO;

			why_err_sys(why, err, "cannot read a segment at byte %llu",
				    (unsigned long long)(at + n));
			return -err;
		}
		n += (size_t)got;
	}
	return 0;
}

/* Allocates and reads @n elements. */
static int read_array(int fd, void *out, uint64_t n, size_t each, uint64_t at, struct strbuf *why)
{
	void *p = calloc(n ? n : 1, each);

	if (!p)
		return -ENOMEM;
	*(void **)out = p;
	return read_at(fd, p, n * each, at, why);
}

static int wrong(struct strbuf *why, const char *what, uint64_t is, uint64_t should)
{
	why_err(why, "a segment's %s is %llu, which should be %llu: it is damaged", what,
		(unsigned long long)is, (unsigned long long)should);
	return -EPROTO;
}

static int too_many(struct strbuf *why, const char *what, uint64_t is, uint64_t most)
{
	why_err(why, "a segment has %llu %s, where there can be %llu: it is damaged",
		(unsigned long long)is, what, (unsigned long long)most);
	return -EPROTO;
}

static int check_header(const struct segment_header *h, uint64_t file_size, struct strbuf *why)
{
	struct segment_header should = *h;
	const struct {
		const char *what;
		uint64_t is, most;
	} limits[] = {
		{"modules at most", h->modules_max, SEGMENT_MODULES},
		{"stacks at most", h->stacks_max, SEGMENT_STACKS_MAX},
		{"shards at most", h->shards_max, SEGMENT_SHARDS},
		{"modules", h->nmodules, h->modules_max},
		{"stacks", (uint64_t)h->nstacks + 1, h->stacks_max},
		{"return addresses", h->npcs, h->pcs_max},
		{"shards", h->nshards, h->shards_max},
		{"bytes of command line", h->command_line_len, sizeof(h->command_line) - 1},
	};

	if (h->magic != SEGMENT_MAGIC) {
		why_err(why, "what a process sent is no segment of libmemprof.so");
		return -EPROTO;
	}
	if (h->version != SEGMENT_VERSION) {
		why_err(why,
			"a process has a libmemprof.so of another version (its segments are %u, "
			"this "
			"memprof reads %d): preload the one beside this program",
			h->version, SEGMENT_VERSION);
		return -EPROTO;
	}
	if (h->header_size != sizeof(*h))
		return wrong(why, "header size", h->header_size, sizeof(*h));
	if (h->mode > SEGMENT_EXACT)
		return wrong(why, "mode", h->mode, SEGMENT_EXACT);
	if (h->mode == SEGMENT_SAMPLED && !h->rate)
		return wrong(why, "rate", 0, 1);
	if (!h->stacks_max || h->shards_max < 2)
		return wrong(why, "limit of stacks or shards", 0, 2);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (limits[i].is > limits[i].most)
			return too_many(why, limits[i].what, limits[i].is, limits[i].most);
	if (h->pcs_max != h->stacks_max * SEGMENT_PCS_PER_STACK)
		return wrong(why, "room for return addresses", h->pcs_max,
			     h->stacks_max * SEGMENT_PCS_PER_STACK);
	segment_lay_out(&should);
	if (memcmp(&should, h, sizeof(should)))
		return wrong(why, "layout, size included,", h->size, should.size);
	if (file_size != h->size)
		return wrong(why, "file", file_size, h->size);
	return 0;
}

static int check_modules(struct segment *s, struct strbuf *why)
{
	for (uint32_t i = 0; i < s->h.nmodules; i++) {
		struct segment_module *m = &s->modules[i];

		if (m->start >= m->end)
			return wrong(why, "module's end", m->end, m->start + 1);
		if (m->build_id_len > sizeof(m->build_id))
			return too_many(why, "bytes of a build-id", m->build_id_len,
					sizeof(m->build_id));
		if (!memchr(m->path, 0, sizeof(m->path)))
			return wrong(why, "path without an end, of module", i, 0);
	}
	return 0;
}

static int check_stacks(struct segment *s, struct strbuf *why)
{
	for (uint32_t i = 1; i <= s->h.nstacks; i++) {
		const struct segment_stack *k = &s->stacks[i];

		if (k->n > SEGMENT_FRAMES_MAX)
			return too_many(why, "frames of a stack", k->n, SEGMENT_FRAMES_MAX);
		if (k->pcs_at > s->h.npcs || k->n > s->h.npcs - k->pcs_at)
			return too_many(why, "return addresses of a stack",
					(uint64_t)k->pcs_at + k->n, s->h.npcs);
	}
	return 0;
}

/* @at_peak: what is live is the peak. */
static void add_rows(struct segment *s, const struct segment_row *rows, bool at_peak)
{
	for (uint32_t i = 0; i <= s->h.nstacks; i++) {
		const struct segment_row *r = &rows[i];
		struct segment_row *sum = &s->rows[i];
		bool changed = !at_peak && r->peak_epoch == s->h.peak_epoch;

		sum->allocs += r->allocs;
		sum->bytes += r->bytes;
		sum->frees += r->frees;
		sum->freed_bytes += r->freed_bytes;
		sum->temporary += r->temporary;
		sum->peak_blocks += changed ? r->peak_blocks : r->allocs - r->frees;
		sum->peak_bytes += changed ? r->peak_bytes : r->bytes - r->freed_bytes;
	}
}

/* The last free of a shard, if its row was not told of it (segment.h). */
static void add_untold(struct segment *s, uint64_t untold, bool at_peak)
{
	uint64_t number = untold & ((1U << SEGMENT_NUMBER_BITS) - 1);
	uint64_t bytes = untold >> SEGMENT_NUMBER_BITS;

	if (!number || number > s->h.nstacks)
		return;
	s->rows[number].frees++;
	s->rows[number].freed_bytes += bytes;
	s->rows[number].peak_blocks -= at_peak;
	s->rows[number].peak_bytes -= at_peak ? bytes : 0;
}

static void add_spreads(struct segment *s, const struct segment_spread *spreads)
{
	for (uint32_t i = 0; i <= s->h.nstacks; i++) {
		const struct segment_spread *from = &spreads[i];
		struct segment_spread *sum = &s->spreads[i];

		sum->samples += from->samples;
		sum->freed_samples += from->freed_samples;
		sum->allocs_var += from->allocs_var;
		sum->bytes_var += from->bytes_var;
		sum->freed_allocs_var += from->freed_allocs_var;
		sum->freed_bytes_var += from->freed_bytes_var;
	}
}

static uint64_t shard_at(const struct segment *s, uint32_t n)
{
	return s->h.shards_at + n * s->h.shard_size;
}

static int read_shard(int fd, struct segment *s, uint32_t n, bool at_peak, struct strbuf *why)
{
	uint64_t at = shard_at(s, n), rows = s->h.nstacks + 1ULL;
	struct segment_spread *spreads = NULL;
	struct segment_row *row = NULL;
	struct segment_shard shard;
	struct segment_thread *t;
	int err = read_at(fd, &shard, sizeof(shard), at, why);

	if (err || !shard.owners)
		return err;
	err = read_array(fd, &row, rows, sizeof(*row), at + s->h.rows_at, why);
	if (!err && s->spreads)
		err = read_array(fd, &spreads, rows, sizeof(*spreads), at + s->h.spreads_at, why);
	if (err)
		goto out;
	add_rows(s, row, at_peak);
	add_untold(s, shard.untold, at_peak);
	if (spreads)
		add_spreads(s, spreads);
	for (unsigned int i = 0; i < SEGMENT_BUCKETS; i++) {
		s->sizes[i].blocks += shard.sizes[i].blocks;
		s->sizes[i].bytes += shard.sizes[i].bytes;
		s->lifetimes[i] += shard.lifetimes[i];
	}
	s->usable_bytes += shard.usable_bytes;
	s->usable_freed += shard.usable_freed;
	s->nthreads += shard.owners;
	t = &s->threads[s->nshards_used++];
	t->tid = shard.tid;
	memcpy(t->comm, shard.comm, sizeof(shard.comm));
out:
	free(row);
	free(spreads);
	return err;
}

static bool has_shard(const struct segment *s, uint32_t n)
{
	/* The last is that of all threads beyond the others. */
	return n < s->h.nshards || n == s->h.shards_max - 1;
}

/* Whether as much is live as ever was: its threads may have that still to tell (segment.h). */
static int is_at_peak(int fd, const struct segment *s, bool *at_peak, struct strbuf *why)
{
	uint64_t live = 0;

	for (uint32_t n = 0; n < s->h.shards_max; n++) {
		struct segment_shard shard;
		int err = has_shard(s, n) ? read_at(fd, &shard, sizeof(shard), shard_at(s, n), why)
					  : 0;

		if (err)
			return err;
		if (has_shard(s, n) && shard.owners)
			live += (uint64_t)shard.live;
	}
	*at_peak = (int64_t)live >= s->h.peak;
	return 0;
}

int segment_read_file(int fd, struct segment *out, struct strbuf *why)
{
	struct segment *s = out;
	struct stat st;
	bool at_peak = false;
	int err;

	memset(s, 0, sizeof(*s));
	if (fstat(fd, &st))
		return -errno;
	if (st.st_size < (off_t)sizeof(s->h)) {
		why_err(why, "what a process sent is no segment: %lld bytes",
			(long long)st.st_size);
		return -EPROTO;
	}
	err = read_at(fd, &s->h, sizeof(s->h), 0, why);
	if (!err)
		err = check_header(&s->h, (uint64_t)st.st_size, why);
	if (!err)
		err = read_array(fd, &s->modules, s->h.nmodules, sizeof(*s->modules),
				 s->h.modules_at, why);
	if (!err)
		err = check_modules(s, why);
	if (!err)
		err = read_array(fd, &s->stacks, s->h.nstacks + 1ULL, sizeof(*s->stacks),
				 s->h.stacks_at, why);
	if (!err)
		err = check_stacks(s, why);
	if (!err)
		err = read_array(fd, &s->pcs, s->h.npcs, sizeof(*s->pcs), s->h.pcs_at, why);
	if (err)
		return err;
	s->rows = calloc(s->h.nstacks + 1ULL, sizeof(*s->rows));
	if (s->h.spreads_at)
		s->spreads = calloc(s->h.nstacks + 1ULL, sizeof(*s->spreads));
	if (!s->rows || (s->h.spreads_at && !s->spreads))
		return -ENOMEM;
	err = is_at_peak(fd, s, &at_peak, why);
	for (uint32_t i = 0; i < s->h.shards_max && !err; i++)
		if (has_shard(s, i))
			err = read_shard(fd, s, i, at_peak, why);
	return err;
}

int segment_read(int fd, struct segment *out, struct strbuf *why)
{
	int seals = fcntl(fd, F_GET_SEALS);

	memset(out, 0, sizeof(*out));
	if (seals < 0 || !(seals & F_SEAL_SHRINK) || !(seals & F_SEAL_GROW)) {
		why_err(why, "what a process sent is no segment: its size can change");
		return -EPROTO;
	}
	return segment_read_file(fd, out, why);
}

void segment_release(struct segment *s)
{
	free(s->modules);
	free(s->stacks);
	free(s->pcs);
	free(s->rows);
	free(s->spreads);
	memset(s, 0, sizeof(*s));
}
