/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The replayer: blocks of a recording, each held against its checksum before it is opened. */
#include "lib/base.h"
#include "monitor/source/replay.h"

#include <endian.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/log.h"
#include "lib/rights.h"
#include "monitor/recording/format.h"

struct block {
	uint32_t kind;
	size_t packed, bytes; /* as stored, and unpacked */
	uint32_t crc;
};

struct replayer {
	int fd;
	char *file;
	uint64_t offset; /* of the block under way */
	uint64_t frames; /* given so far */
	bool failed;
	struct replay_window window;
	uint64_t first_ns;     /* time of the first frame; 0: it was not read */
	uint64_t given;	       /* number of the frame given last, from 1 */
	uint64_t begin;	       /* offset of the first frame */
	unsigned char *packed; /* owned, as @payload */
	size_t packed_cap;
	unsigned char *payload;
	size_t payload_cap;
	struct record_description description;
	struct record_unpacked unpacked;
};

/* Up to @len bytes; fewer only at the end of the file. The number, or -errno. */
static ssize_t read_up_to(int fd, void *data, size_t len)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = read(fd, (char *)data + have, len - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int wrong_at(struct replayer *r, const char *what)
{
	log_err("%s: offset %llu: %s", r->file, (unsigned long long)r->offset, what);
	r->failed = true;
	return -EINVAL;
}

static int unreadable(struct replayer *r, int err)
{
	log_err_sys(err, "%s: offset %llu: cannot read", r->file, (unsigned long long)r->offset);
	r->failed = true;
	return err;
}

/* What is wrong with the block under way, and what of the recording is good. */
static int wrong_block(struct replayer *r, const char *what)
{
	struct strbuf text = STRBUF_INIT;
	int err;

	strbuf_addf(&text, "%s (after frame %llu)%s", what, (unsigned long long)r->frames,
		    r->frames ? "; what came before was shown" : "");
	err = wrong_at(r, text.s);
	strbuf_release(&text);
	return err;
}

static int cut_off(struct replayer *r)
{
	return wrong_block(r, "cut off in the middle of a frame");
}

static bool make_room(unsigned char **at, size_t *cap, size_t len)
{
	if (len <= *cap)
		return true;
	free(*at);
	*at = malloc(len);
	*cap = *at ? len : 0;
	return *at != NULL;
}

/* 1 with a block's head, 0 at the end of the file, or -errno. */
static int read_head(struct replayer *r, struct block *b)
{
	uint32_t head[RECORD_HEAD_BYTES / 4];
	ssize_t n = read_up_to(r->fd, head, sizeof(head));

	if (n < 0)
		return unreadable(r, (int)n);
	if (!n)
		return 0;
	if (n < (ssize_t)sizeof(head))
		return cut_off(r);
	*b = (struct block){le32toh(head[1]), le32toh(head[2]), le32toh(head[3]), le32toh(head[4])};
	if (le32toh(head[0]) != RECORD_MAGIC)
		return wrong_block(r, "no block begins here; the recording is damaged");
	if (b->kind != RECORD_DESCRIPTION && b->kind != RECORD_FRAME)
		return wrong_block(r, "a block of a kind that is not known; the recording is "
				      "damaged, or of a newer program");
	if (b->packed > RECORD_PACKED_MAX || b->bytes > RECORD_UNPACKED_MAX ||
	    b->bytes / RECORD_RATIO_MAX > b->packed)
		return wrong_block(r, "a block of an impossible size; the recording is damaged");
	return 1;
}

/* Reads a block into @r->payload: 1, 0 at the end of the file, or -errno. */
static int read_block(struct replayer *r, struct block *b)
{
	int got = read_head(r, b);
	uLongf len;
	ssize_t n;

	if (got <= 0)
		return got;
	if (!make_room(&r->packed, &r->packed_cap, b->packed))
		return unreadable(r, -ENOMEM);
	n = read_up_to(r->fd, r->packed, b->packed);
	if (n < 0)
		return unreadable(r, (int)n);
	if ((size_t)n < b->packed)
		return cut_off(r);
	if (crc32(crc32(0, NULL, 0), r->packed, (uInt)b->packed) != b->crc)
		return wrong_block(r, "a block differs from its checksum; the recording is "
				      "damaged");
	if (!make_room(&r->payload, &r->payload_cap, b->bytes + 1))
		return unreadable(r, -ENOMEM);
	/* One byte more than it says, so that more than it says is noticed. */
	len = b->bytes + 1;
	if (uncompress(r->payload, &len, r->packed, b->packed) != Z_OK || len != b->bytes)
		return wrong_block(r, "a block cannot be unpacked to what it says; the recording "
				      "is damaged");
	return 1;
}

static void note_unknown(struct record_description *d, const char *name)
{
	strbuf_addf(&d->unknown, "%s%s", d->unknown.len ? ", " : "", name);
}

static void find_scalar(struct record_description *d, const char *name, enum scalar_kind kind)
{
	struct scalar *to = &d->scalars[d->nscalars++];
	const struct scalar *s;

	*to = (struct scalar){NULL, kind, SIZE_MAX};
	for (size_t i = 0; (s = record_scalar(i)); i++)
		if (!strcmp(s->name, name) && s->kind == kind) {
			*to = *s;
			return;
		}
	note_unknown(d, name);
}

static void find_field(struct record_description *d, const char *name)
{
	int *to = &d->fields[d->nfields++];

	*to = -1;
	for (int i = 0; i < FIELD_COUNT && *to < 0; i++)
		if (!strcmp(field_names[i], name))
			*to = i;
	if (*to < 0)
		note_unknown(d, name);
}

static const char *read_names(struct unpack *u, struct record_description *d)
{
	size_t n = unpack_count(u, 2);
	char name[64];

	if (n > RECORD_SCALARS_MAX)
		return "its description has too many numbers";
	for (size_t i = 0; i < n; i++) {
		uint64_t kind;

		unpack_text(u, name, sizeof(name));
		kind = unpack_varint(u);
		if (kind >= SCALAR_KIND_COUNT)
			return "its description has a kind of number that is not known";
		find_scalar(d, name, (enum scalar_kind)kind);
	}
	n = unpack_count(u, 1);
	if (n > RECORD_FIELDS_MAX)
		return "its description has too many fields";
	for (size_t i = 0; i < n; i++) {
		unpack_text(u, name, sizeof(name));
		find_field(d, name);
	}
	if (unpack_varint(u) != SIZE_BUCKETS)
		return "its histograms have another number of buckets";
	return u->bad || u->at != u->end ? "its description is not whole" : NULL;
}

static int check_tool(struct replayer *r, const char *tool)
{
	const char *want = record_tool_names[r->unpacked.frame.tool];
	char text[160];

	if (!strcmp(tool, want))
		return 0;
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(tool, record_tool_names[i])) {
			snprintf(text, sizeof(text),
				 "this was recorded by %s, not by %s; run: %s --replay FILE", tool,
				 want, tool);
			return wrong_at(r, text);
		}
	return wrong_at(r, "this was recorded by a program that is not known here");
}

static int read_description(struct replayer *r)
{
	struct record_description *d = &r->description;
	struct unpack u;
	struct block b;
	const char *wrong;
	char tool[32];
	int err = read_block(r, &b);

	if (err < 0)
		return err;
	if (!err)
		return wrong_at(r, "nothing was recorded: the file ends here");
	if (b.kind != RECORD_DESCRIPTION)
		return wrong_at(r, "the first block does not describe the recording; it is "
				   "damaged");
	u = (struct unpack){r->payload, r->payload + b.bytes, false};
	unpack_text(&u, tool, sizeof(tool));
	unpack_text(&u, d->version, sizeof(d->version));
	if (u.bad)
		return wrong_at(r, "its description is not whole");
	err = check_tool(r, tool);
	if (err)
		return err;
	wrong = read_names(&u, d);
	if (wrong)
		return wrong_at(r, wrong);
	if (d->unknown.len)
		log_warn("%s: recorded by %s %s, whose %s this program does not know; it is not "
			 "shown",
			 r->file, tool, d->version, d->unknown.s);
	r->offset += RECORD_HEAD_BYTES + b.packed;
	r->begin = r->offset;
	return 0;
}

static int read_start(struct replayer *r)
{
	char start[RECORD_START_BYTES] = "", text[160];
	ssize_t n = read_up_to(r->fd, start, sizeof(start));

	if (n < 0)
		return unreadable(r, (int)n);
	if (n == sizeof(start) && !memcmp(start, RECORD_START, sizeof(start))) {
		r->offset = RECORD_START_BYTES;
		return 0;
	}
	if (n == sizeof(start) && !memcmp(start, "BEEMON", 6) && start[6] >= '0' &&
	    start[6] <= '9' && start[7] == '\n') {
		snprintf(text, sizeof(text),
			 "a recording in version %c of the format, and this program reads version "
			 "1; replay it with the program that wrote it",
			 start[6]);
		return wrong_at(r, text);
	}
	return wrong_at(r, n ? "not a recording of memmon or cpumon: it does not begin with "
			       "\"BEEMON1\""
			     : "not a recording of memmon or cpumon: the file is empty");
}

int replayer_open(struct replayer **out, const char *file, enum tool tool)
{
	struct replayer *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	if (r) {
		r->fd = -1;
		r->file = strdup(file);
		r->description.unknown = (struct strbuf)STRBUF_INIT;
		r->unpacked.frame.tool = tool;
		r->window = (struct replay_window){.from_s = NAN, .to_s = NAN};
		r->unpacked.events = calloc(FRAME_EVENTS_MAX, sizeof(*r->unpacked.events));
	}
	if (!r || !r->file || !r->unpacked.events) {
		log_err_sys(err, "cannot replay %s", file);
		goto out;
	}
	r->fd = rights_open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
	if (r->fd < 0) {
		err = r->fd;
		log_err_sys(err, "cannot open the recording %s", file);
		goto out;
	}
	err = read_start(r);
	if (!err)
		err = read_description(r);
	if (err)
		goto out;
	*out = r;
	return 0;
out:
	replayer_close(r);
	return err;
}

static int next_frame(struct replayer *r, struct frame **out)
{
	struct unpack u;
	struct block b;
	const char *wrong;
	int got;

	*out = NULL;
	/* It was said. */
	if (r->failed)
		return -EINVAL;
	got = read_block(r, &b);
	if (got <= 0)
		return got;
	if (b.kind != RECORD_FRAME)
		return wrong_block(r, "a second description; the recording is damaged");
	u = (struct unpack){r->payload, r->payload + b.bytes, false};
	wrong = record_unpack_frame(&u, &r->description, &r->unpacked);
	if (wrong) {
		struct strbuf text = STRBUF_INIT;

		strbuf_addf(&text, "a frame makes no sense: %s", wrong);
		got = wrong_block(r, text.s);
		strbuf_release(&text);
		return got;
	}
	r->offset += RECORD_HEAD_BYTES + b.packed;
	r->frames++;
	*out = &r->unpacked.frame;
	return 1;
}

void replayer_window(struct replayer *r, const struct replay_window *w)
{
	r->window = *w;
}

static bool before_window(const struct replayer *r, const struct frame *f)
{
	const struct replay_window *w = &r->window;
	double s = (double)(f->time_ns - r->first_ns) / NSEC_PER_SEC;

	return f->time_ns < w->from_ns || (w->from_s > 0 && s < w->from_s);
}

static bool behind_window(const struct replayer *r, const struct frame *f)
{
	const struct replay_window *w = &r->window;
	double s = (double)(f->time_ns - r->first_ns) / NSEC_PER_SEC;

	/* As the time of a frame is written: in whole ms. */
	return (w->to_ns && f->time_ns / NSEC_PER_MSEC > w->to_ns / NSEC_PER_MSEC) ||
	       (w->to_s >= 0 && s > w->to_s);
}

/* The end. Who asked for a part in which nothing is hears so. */
static int end_window(const struct replayer *r)
{
	const struct replay_window *w = &r->window;
	time_t first = (time_t)(r->first_ns / NSEC_PER_SEC);
	bool asked = w->from_ns || w->to_ns || !isnan(w->from_s) || !isnan(w->to_s);
	struct tm tm;
	char text[32];

	if (r->given || !asked || !r->first_ns || !gmtime_r(&first, &tm))
		return 0;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	log_err("%s: no frame is from --from to --to; the first is of %s", r->file, text);
	return -ENODATA;
}

int replayer_next(struct replayer *r, struct frame **out)
{
	int got;

	do {
		got = next_frame(r, out);
		if (got <= 0)
			return got ? got : end_window(r);
		if (!r->first_ns)
			r->first_ns = (*out)->time_ns;
	} while (before_window(r, *out));
	if (behind_window(r, *out)) {
		*out = NULL;
		return end_window(r);
	}
	r->given = r->frames;
	return 1;
}

/* Frames are told against each other from the first one on: they are read anew from there. */
int replayer_rewind(struct replayer *r)
{
	if (r->failed)
		return 0;
	if (lseek(r->fd, (off_t)r->begin, SEEK_SET) < 0)
		return unreadable(r, -errno);
	r->offset = r->begin;
	r->frames = 0;
	for (size_t i = 0; i < 2; i++)
		r->unpacked.base[i].n = r->unpacked.base[i].nsizes = 0;
	return 0;
}

uint64_t replayer_begin_ns(const struct replayer *r)
{
	return r->first_ns;
}

int replayer_back(struct replayer *r)
{
	uint64_t to = r->given > 1 ? r->given - 1 : 1;
	struct frame *f;
	int got = 1, err;

	if (r->failed || !r->given)
		return 0;
	err = replayer_rewind(r);
	if (err)
		return err;
	while (got > 0 && r->frames + 1 < to)
		got = next_frame(r, &f);
	return got < 0 ? got : 0;
}

void replayer_close(struct replayer *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	for (size_t i = 0; i < 2; i++)
		record_base_release(&r->unpacked.base[i]);
	strbuf_release(&r->description.unknown);
	free(r->unpacked.events);
	free(r->packed);
	free(r->payload);
	free(r->file);
	free(r);
}
