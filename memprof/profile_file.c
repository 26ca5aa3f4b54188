/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Profiles in a file. A block's payload is the profile's arrays one after the other, numbers as in
 * lib/pack.h; what reads them goes through the same adders as a source, so that a file cannot make
 * what a source cannot.
 */
#include "lib/base.h"
#include "memprof/profile_file.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/pack.h"
#include "lib/rights.h"

enum {
	HEAD_BYTES = 20,
	MAGIC = 0x464f5250, /* "PROF" */
	/* 65,536 stacks of 127 frames take 25 MiB. More of anything is not believed. */
	PACKED_MAX = 256 << 20,
	UNPACKED_MAX = 256 << 20,
	MOST = 4 << 20,
	RATIO_MAX = 1040, /* deflate's best is 1032 to 1 */
	TEXT_MAX = 64 << 10,
};

enum { KNOWN_PEAK = 1, KNOWN_TEMPORARY = 2, KNOWN_FREES = 4, KNOWN_LIFETIMES = 8, KNOWN_ALL = 15 };

/* --- writing ------------------------------------------------------------------------------------
 */

static void pack_string(struct strbuf *out, const char *s)
{
	pack_text(out, s ? s : "", TEXT_MAX - 1);
}

static void pack_values(struct strbuf *out, const struct profile_values *v)
{
	const uint64_t numbers[] = {v->allocs,	    v->bytes,	    v->frees,
				    v->freed_bytes, v->live_blocks, v->live_bytes,
				    v->peak_blocks, v->peak_bytes,  v->temporary};
	bool estimated = v->allocs_var || v->bytes_var || v->live_blocks_var || v->live_bytes_var;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		pack_varint(out, numbers[i]);
	pack_varint(out, estimated);
	if (!estimated)
		return;
	pack_double(out, v->allocs_var);
	pack_double(out, v->bytes_var);
	pack_double(out, v->live_blocks_var);
	pack_double(out, v->live_bytes_var);
}

static void pack_head(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->mode);
	pack_varint(out, p->rate);
	pack_varint(out, p->start_ns);
	pack_varint(out, p->end_ns);
	pack_varint(out, p->peak_ns);
	pack_varint(out, p->peak_slack);
	pack_varint(out, (p->peak_known ? KNOWN_PEAK : 0) |
				 (p->temporary_known ? KNOWN_TEMPORARY : 0) |
				 (p->frees_known ? KNOWN_FREES : 0) |
				 (p->lifetimes_known ? KNOWN_LIFETIMES : 0));
	pack_string(out, p->source);
	pack_string(out, p->note);
}

static void pack_processes(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->nprocesses);
	for (size_t i = 0; i < p->nprocesses; i++) {
		const struct profile_process *n = &p->processes[i];

		pack_varint(out, n->pid);
		pack_varint(out, n->parent);
		pack_varint(out, n->generation);
		pack_varint(out, n->threads);
		pack_varint(out, n->owner);
		pack_varint(out, n->start_ticks);
		pack_varint(out, n->start_ns);
		pack_varint(out, n->end_ns);
		pack_string(out, n->comm);
		pack_string(out, n->command_line);
		pack_string(out, n->cgroup);
		pack_string(out, n->ended);
	}
}

/* A place is written as itself + 1, so that none is 0. */
static void pack_place(struct strbuf *out, uint32_t place)
{
	pack_varint(out, place == PROFILE_NONE ? 0 : (uint64_t)place + 1);
}

static void pack_modules(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->nmodules);
	for (size_t i = 0; i < p->nmodules; i++) {
		const struct profile_module *m = &p->modules[i];

		pack_place(out, m->process);
		pack_varint(out, m->start);
		pack_varint(out, m->end);
		pack_varint(out, m->bias);
		pack_varint(out, m->build_id_len);
		strbuf_add(out, m->build_id, m->build_id_len);
		pack_string(out, m->path);
	}
}

static void pack_frames(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->nframes);
	for (size_t i = 0; i < p->nframes; i++) {
		const struct profile_frame *f = &p->frames[i];

		pack_place(out, f->process);
		pack_place(out, f->module);
		pack_varint(out, f->flags);
		pack_varint(out, f->address);
		pack_varint(out, f->offset);
		pack_varint(out, f->name != NULL);
		if (f->name)
			pack_string(out, f->name);
	}
}

static void pack_stacks(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->nstacks);
	for (size_t i = 0; i < p->nstacks; i++) {
		const struct profile_stack *s = &p->stacks[i];

		pack_place(out, s->process);
		pack_varint(out, s->thread);
		pack_varint(out, s->flags);
		pack_varint(out, s->user_from);
		pack_varint(out, s->nframes);
		for (uint32_t k = 0; k < s->nframes; k++)
			pack_varint(out, s->frames[k]);
		pack_values(out, &s->values);
	}
}

static void pack_rest(struct strbuf *out, const struct profile *p)
{
	pack_varint(out, p->nthreads);
	for (size_t i = 0; i < p->nthreads; i++) {
		pack_place(out, p->threads[i].process);
		pack_varint(out, p->threads[i].tid);
		pack_string(out, p->threads[i].comm);
	}
	pack_varint(out, p->nlosses);
	for (size_t i = 0; i < p->nlosses; i++) {
		pack_string(out, p->losses[i].name);
		pack_varint(out, p->losses[i].count);
		pack_string(out, p->losses[i].sentence);
	}
	pack_varint(out, p->npoints);
	for (size_t i = 0; i < p->npoints; i++) {
		const struct profile_point *t = &p->points[i];

		pack_varint(out, t->time_ns);
		pack_varint(out, t->allocs);
		pack_varint(out, t->bytes);
		pack_varint(out, t->live_blocks);
		pack_varint(out, t->live_bytes);
	}
	for (size_t i = 0; i < PROFILE_BUCKETS; i++) {
		pack_varint(out, p->sizes[i].allocs);
		pack_varint(out, p->sizes[i].bytes);
		pack_varint(out, p->lifetimes[i]);
	}
	/* The total as the writer had it: the reader holds its own sum against it. */
	pack_values(out, &p->total);
}

void profile_pack_start(struct strbuf *out)
{
	strbuf_add(out, PROFILE_FILE_START, PROFILE_FILE_START_BYTES);
}

static int deflate_block(struct strbuf *out, const struct strbuf *payload, struct strbuf *why)
{
	uLong bound = compressBound((uLong)payload->len);
	uLongf packed = bound;
	unsigned char *block;
	uint32_t head[5];

	if (payload->len > UNPACKED_MAX || bound > PACKED_MAX) {
		why_err(why, "the profile takes %zu bytes, more than a file of profiles can hold",
			payload->len);
		return -EFBIG;
	}
	block = malloc(bound);
	if (!block || compress2(block, &packed, (const Bytef *)payload->s, (uLong)payload->len,
				Z_BEST_SPEED) != Z_OK)
		abort();
	head[0] = htole32(MAGIC);
	head[1] = htole32(PROFILE_FILE_VERSION);
	head[2] = htole32((uint32_t)packed);
	head[3] = htole32((uint32_t)payload->len);
	head[4] = htole32((uint32_t)crc32(crc32(0, NULL, 0), block, (uInt)packed));
	strbuf_add(out, head, sizeof(head));
	strbuf_add(out, block, packed);
	free(block);
	return 0;
}

int profile_pack(struct strbuf *out, const struct profile *p, struct strbuf *why)
{
	struct strbuf payload = STRBUF_INIT;
	int err;

	pack_head(&payload, p);
	pack_processes(&payload, p);
	pack_modules(&payload, p);
	pack_frames(&payload, p);
	pack_stacks(&payload, p);
	pack_rest(&payload, p);
	err = deflate_block(out, &payload, why);
	strbuf_release(&payload);
	return err;
}

static int cannot_write(const char *path, int err)
{
	if (err)
		log_err_sys(err, "cannot write the profile %s", path);
	return err;
}

static bool is_stdout(const char *path)
{
	return !strcmp(path, "-");
}

int profile_write_check(const char *path)
{
	return is_stdout(path) ? 0 : cannot_write(path, outfile_check(path));
}

int profile_write(const struct profile *p, const char *path)
{
	struct strbuf data = STRBUF_INIT;
	int err;

	profile_pack_start(&data);
	err = profile_pack(&data, p, NULL);
	if (!err)
		err = is_stdout(path)
			      ? cannot_write("to stdout",
					     fd_write_all(STDOUT_FILENO, data.s, data.len))
			      : cannot_write(path, outfile_write(path, data.s, data.len, 0600));
	strbuf_release(&data);
	return err;
}

/* --- reading ------------------------------------------------------------------------------------
 */

struct reader {
	struct unpack u;
	struct profile *p;
	const char *wrong; /* the first thing that is wrong, or NULL */
	char *text;	   /* TEXT_MAX bytes */
	struct strbuf texts;
};

static void wrong(struct reader *r, const char *what)
{
	if (!r->wrong)
		r->wrong = what;
	r->u.bad = true;
}

static uint64_t number(struct reader *r)
{
	return unpack_varint(&r->u);
}

/* How many of a kind follow, each of at least @each bytes. */
static size_t count(struct reader *r, size_t each)
{
	size_t n = unpack_count(&r->u, each);

	if (n <= MOST)
		return n;
	wrong(r, "it has more of a kind than can be believed");
	return 0;
}

static uint32_t small(struct reader *r)
{
	uint64_t v = number(r);

	if (v > UINT32_MAX)
		wrong(r, "a number is too large for what it counts");
	return (uint32_t)v;
}

/* Valid until the next one. */
static const char *string(struct reader *r)
{
	unpack_text(&r->u, r->text, TEXT_MAX);
	return r->text;
}

static char *string_kept(struct reader *r)
{
	return arena_strdup(&r->p->arena, string(r));
}

static uint32_t place(struct reader *r, size_t n, const char *what)
{
	uint64_t v = number(r);

	if (!v)
		return PROFILE_NONE;
	if (v > n) {
		wrong(r, what);
		return PROFILE_NONE;
	}
	return (uint32_t)(v - 1);
}

static void read_values(struct reader *r, struct profile_values *v)
{
	uint64_t *numbers[] = {&v->allocs,	&v->bytes,	 &v->frees,
			       &v->freed_bytes, &v->live_blocks, &v->live_bytes,
			       &v->peak_blocks, &v->peak_bytes,	 &v->temporary};
	double *vars[] = {&v->allocs_var, &v->bytes_var, &v->live_blocks_var, &v->live_bytes_var};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		*numbers[i] = number(r);
	if (!number(r))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		*vars[i] = unpack_double(&r->u);
		if (!(*vars[i] >= 0 && *vars[i] < 1e300))
			wrong(r, "a variance is no number from 0");
	}
}

static void read_head(struct reader *r)
{
	uint64_t mode = number(r), known;
	const char *note;

	if (mode >= PROFILE_MODES)
		wrong(r, "its mode is none that there is");
	r->p->mode = (enum profile_mode)mode;
	r->p->rate = number(r);
	r->p->start_ns = number(r);
	r->p->end_ns = number(r);
	r->p->peak_ns = number(r);
	r->p->peak_slack = number(r);
	known = number(r);
	if (known > KNOWN_ALL)
		wrong(r, "it knows of things that this program does not");
	r->p->peak_known = known & KNOWN_PEAK;
	r->p->temporary_known = known & KNOWN_TEMPORARY;
	r->p->frees_known = known & KNOWN_FREES;
	r->p->lifetimes_known = known & KNOWN_LIFETIMES;
	r->p->source = string_kept(r);
	note = string(r);
	profile_set_note(r->p, note);
}

static void read_processes(struct reader *r)
{
	for (size_t n = count(r, 12); n && !r->u.bad; n--) {
		struct profile_process q = {0};

		q.pid = small(r);
		q.parent = small(r);
		q.generation = small(r);
		q.threads = small(r);
		q.owner = small(r);
		q.start_ticks = number(r);
		q.start_ns = number(r);
		q.end_ns = number(r);
		q.comm = string_kept(r);
		q.command_line = string_kept(r);
		q.cgroup = string_kept(r);
		q.ended = string_kept(r);
		profile_add_process(r->p, &q);
	}
}

static void read_modules(struct reader *r)
{
	for (size_t n = count(r, 6); n && !r->u.bad; n--) {
		struct profile_module m = {0};

		m.process = place(r, r->p->nprocesses, "a module is in no process");
		m.start = number(r);
		m.end = number(r);
		m.bias = number(r);
		m.build_id_len = small(r);
		if (m.build_id_len > PROFILE_BUILD_ID_MAX ||
		    m.build_id_len > (size_t)(r->u.end - r->u.at)) {
			wrong(r, "a build-id is too long");
			return;
		}
		memcpy(m.build_id, r->u.at, m.build_id_len);
		r->u.at += m.build_id_len;
		m.path = string(r);
		profile_add_module(r->p, &m);
	}
}

static void read_frames(struct reader *r)
{
	for (size_t n = count(r, 6); n && !r->u.bad; n--) {
		size_t before = r->p->nframes;
		struct profile_frame f = {0};

		f.process = place(r, r->p->nprocesses, "a frame is in no process");
		f.module = place(r, r->p->nmodules, "a frame is in no module");
		f.flags = small(r);
		f.address = number(r);
		f.offset = number(r);
		if (number(r))
			f.name = string(r);
		profile_add_frame(r->p, &f);
		/* Stacks name frames by their places. */
		if (r->p->nframes == before)
			wrong(r, "a frame is there twice");
	}
}

static void read_stack(struct reader *r)
{
	uint32_t frames[PROFILE_FRAMES_MAX];
	size_t before = r->p->nstacks;
	struct profile_stack s = {.frames = frames};

	s.process = place(r, r->p->nprocesses, "a stack is in no process");
	s.thread = small(r);
	s.flags = small(r);
	s.user_from = small(r);
	s.nframes = small(r);
	if (s.nframes > PROFILE_FRAMES_MAX || s.user_from > s.nframes) {
		wrong(r, "a stack has too many frames");
		return;
	}
	for (uint32_t i = 0; i < s.nframes; i++) {
		frames[i] = small(r);
		if (frames[i] >= r->p->nframes) {
			wrong(r, "a stack names a frame that is not there");
			return;
		}
	}
	read_values(r, &s.values);
	if (r->u.bad)
		return;
	profile_add_stack(r->p, &s);
	if (r->p->nstacks == before)
		wrong(r, "a stack is there twice");
}

static void read_stacks(struct reader *r)
{
	for (size_t n = count(r, 15); n && !r->u.bad; n--)
		read_stack(r);
}

static void read_threads_and_losses(struct reader *r)
{
	for (size_t n = count(r, 3); n && !r->u.bad; n--) {
		uint32_t process = place(r, r->p->nprocesses, "a thread is in no process");
		uint32_t tid = small(r);

		profile_add_thread(r->p, process, tid, string(r));
	}
	for (size_t n = count(r, 3); n && !r->u.bad; n--) {
		char *name = string_kept(r);
		uint64_t count = number(r);

		profile_add_loss(r->p, name, count, string(r));
	}
}

static void read_rest(struct reader *r)
{
	for (size_t n = count(r, 5); n && !r->u.bad; n--) {
		struct profile_point t = {0};

		t.time_ns = number(r);
		t.allocs = number(r);
		t.bytes = number(r);
		t.live_blocks = number(r);
		t.live_bytes = number(r);
		profile_add_point(r->p, &t);
	}
	for (size_t i = 0; i < PROFILE_BUCKETS; i++) {
		r->p->sizes[i].allocs = number(r);
		r->p->sizes[i].bytes = number(r);
		r->p->lifetimes[i] = number(r);
	}
}

static void read_total(struct reader *r)
{
	const struct profile_values *have = &r->p->total;
	struct profile_values said = {0};

	read_values(r, &said);
	if (r->u.bad)
		return;
	if (said.allocs != have->allocs || said.bytes != have->bytes || said.frees != have->frees ||
	    said.freed_bytes != have->freed_bytes || said.live_blocks != have->live_blocks ||
	    said.live_bytes != have->live_bytes || said.peak_blocks != have->peak_blocks ||
	    said.peak_bytes != have->peak_bytes || said.temporary != have->temporary)
		wrong(r, "its total is not the sum of its stacks");
	else if (r->u.at != r->u.end)
		wrong(r, "it goes on behind its end");
}

static struct profile *parse(const unsigned char *payload, size_t len, const char **what)
{
	struct reader r = {.u = {payload, payload + len, false},
			   .p = profile_new(PROFILE_EXACT, 0, ""),
			   .text = malloc(TEXT_MAX)};
	static void (*const parts[])(struct reader *) = {
		read_head,   read_processes,	      read_modules, read_frames,
		read_stacks, read_threads_and_losses, read_rest,    read_total};

	if (!r.text)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(parts) && !r.u.bad; i++)
		parts[i](&r);
	free(r.text);
	*what = r.wrong ? r.wrong : r.u.bad ? "it is shorter than what it says it holds" : NULL;
	if (!*what)
		return r.p;
	profile_free(r.p);
	return NULL;
}

static int wrong_at(struct strbuf *why, const char *name, size_t offset, const char *what)
{
	why_err(why, "%s: offset %zu: %s", name, offset, what);
	return -EINVAL;
}

/* NULL, or what is wrong with the block's head. */
static const char *check_head(const uint32_t head[5], size_t left)
{
	if (head[0] != MAGIC)
		return "no profile begins here; the file is damaged";
	if (head[2] > PACKED_MAX || head[3] > UNPACKED_MAX || head[3] / RATIO_MAX > head[2])
		return "a profile of an impossible size; the file is damaged";
	if (head[2] > left)
		return "the profile is cut off; the file is shorter than what was written";
	return NULL;
}

/* The block at @at, of which @left bytes are there, @offset bytes into the file: its head, once
 * that and the checksum are right. */
static int check_block(const char *name, const unsigned char *at, size_t left, size_t offset,
		       uint32_t head[5], struct strbuf *why)
{
	const char *what;

	if (left < HEAD_BYTES)
		return wrong_at(why, name, offset, "the profile is cut off in its head");
	memcpy(head, at, HEAD_BYTES);
	for (size_t i = 0; i < 5; i++)
		head[i] = le32toh(head[i]);
	what = check_head(head, left - HEAD_BYTES);
	if (what)
		return wrong_at(why, name, offset, what);
	if (head[1] != PROFILE_FILE_VERSION) {
		why_err(why,
			"%s: offset %zu: a profile of format %u, and this memprof "
			"(" BEEBENCH_VERSION ") reads %d; read it with the memprof that wrote it",
			name, offset, head[1], PROFILE_FILE_VERSION);
		return -EINVAL;
	}
	if (crc32(crc32(0, NULL, 0), at + HEAD_BYTES, head[2]) != head[4])
		return wrong_at(why, name, offset,
				"the profile differs from its checksum; the file is damaged");
	return 0;
}

static int unpack_block(struct profile **out, const char *name, const unsigned char *at,
			const uint32_t head[5], size_t offset, struct strbuf *why)
{
	unsigned char *payload = malloc((size_t)head[3] + 1);
	uLongf len = (uLongf)head[3] + 1;
	const char *what;

	if (!payload)
		abort();
	if (uncompress(payload, &len, at + HEAD_BYTES, head[2]) != Z_OK || len != head[3])
		what = "the profile cannot be unpacked to what it says; the file is damaged";
	else
		*out = parse(payload, len, &what);
	free(payload);
	return what ? wrong_at(why, name, offset, what) : 0;
}

/* @out NULL: it is not unpacked. */
static int take_profile(struct profile **out, const char *name, const void *data, size_t len,
			size_t *offset, struct strbuf *why)
{
	const unsigned char *at = data;
	uint32_t head[5];
	int err;

	if (!*offset) {
		if (len < PROFILE_FILE_START_BYTES ||
		    memcmp(at, PROFILE_FILE_START, PROFILE_FILE_START_BYTES) != 0) {
			why_err(why, "%s: no profile of memprof (offset 0 is not '%s')%s", name,
				PROFILE_FILE_START,
				len ? "; 'memprof run -o FILE' writes one" : "; the file is empty");
			return -EINVAL;
		}
		*offset = PROFILE_FILE_START_BYTES;
	}
	if (*offset >= len)
		return -ENODATA;
	at += *offset;
	err = check_block(name, at, len - *offset, *offset, head, why);
	if (!err && out)
		err = unpack_block(out, name, at, head, *offset, why);
	if (!err)
		*offset += HEAD_BYTES + head[2];
	return err;
}

int profile_unpack(struct profile **out, const char *name, const void *data, size_t len,
		   size_t *offset, struct strbuf *why)
{
	*out = NULL;
	return take_profile(out, name, data, len, offset, why);
}

int profile_skip(const char *name, const void *data, size_t len, size_t *offset, struct strbuf *why)
{
	return take_profile(NULL, name, data, len, offset, why);
}

struct profile *profile_copy(const struct profile *p)
{
	struct strbuf data = STRBUF_INIT;
	struct profile *copy;
	size_t offset = 0;

	profile_pack_start(&data);
	/* What was built by the adders can be read; what is too large for a file is for nothing. */
	if (profile_pack(&data, p, NULL) ||
	    profile_unpack(&copy, p->source, data.s, data.len, &offset, NULL))
		abort();
	strbuf_release(&data);
	return copy;
}

/* The @number-th, or the last: UINT64_MAX. */
static int read_number(struct profile **out, const char *path, uint64_t number)
{
	struct strbuf data = STRBUF_INIT;
	struct profile *next;
	size_t offset = 0;
	uint64_t have = 0;
	int err = strbuf_read_file(&data, path);

	*out = NULL;
	if (err) {
		log_err_sys(err, "cannot read the profile %s", path);
		goto out;
	}
	while (have < number &&
	       !(err = profile_unpack(&next, path, data.s, data.len, &offset, NULL))) {
		profile_free(*out);
		*out = next;
		have++;
	}
	if (err == -ENODATA && number != UINT64_MAX && have < number) {
		log_err("%s: there is no profile %llu; it has %llu", path,
			(unsigned long long)number, (unsigned long long)have);
		err = -EINVAL;
	} else if (err == -ENODATA && *out)
		err = 0;
	else if (err == -ENODATA) {
		log_err("%s: a file of profiles with none in it", path);
		err = -EINVAL;
	}
out:
	if (err) {
		profile_free(*out);
		*out = NULL;
	}
	strbuf_release(&data);
	return err;
}

int profile_read(struct profile **out, const char *path)
{
	return read_number(out, path, UINT64_MAX);
}

int profile_read_at(struct profile **out, const char *path, uint64_t number)
{
	return read_number(out, path, number);
}
