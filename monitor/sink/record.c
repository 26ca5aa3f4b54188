/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The recorder: frames as blocks of a file, which is whole up to its last block at any moment. */
#include "lib/base.h"
#include "monitor/sink/record.h"

#include <endian.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/hold.h"
#include "lib/log.h"
#include "lib/rights.h"
#include "lib/strbuf.h"
#include "monitor/recording/format.h"

struct recorder {
	int fd;
	int err;	   /* of the first failure; nothing is written after it */
	uint64_t bytes;	   /* whole blocks, the start included */
	uint64_t most;	   /* of @bytes; 0: no limit */
	double seconds;	   /* from its first frame to its latest, at most; 0: no limit */
	uint64_t first_ns; /* CLOCK_MONOTONIC of the first frame */
	const char *bound; /* why it has ended as was wished */
	char *file;
	struct record_base base;
	struct strbuf payload; /* of the block under way, before it is packed */
	unsigned char *block;  /* the block under way: head and packed bytes; owned */
	size_t block_cap;
	uint64_t block_len; /* of the latest block that was written */
};

/* The block of @r->payload in @r->block; its length, or -errno. */
static ssize_t pack_block(struct recorder *r, enum record_kind kind)
{
	uLong bound = compressBound((uLong)r->payload.len);
	uLongf packed = bound;
	uint32_t head[5];

	if (r->payload.len > RECORD_UNPACKED_MAX || bound > RECORD_PACKED_MAX)
		return -EFBIG;
	if (r->block_cap < RECORD_HEAD_BYTES + bound) {
		free(r->block);
		r->block_cap = RECORD_HEAD_BYTES + bound + bound / 4;
		r->block = malloc(r->block_cap);
	}
	if (!r->block) {
		r->block_cap = 0;
		return -ENOMEM;
	}
	if (compress2(r->block + RECORD_HEAD_BYTES, &packed, (const Bytef *)r->payload.s,
		      (uLong)r->payload.len, Z_BEST_SPEED) != Z_OK)
		return -ENOMEM;
	head[0] = htole32(RECORD_MAGIC);
	head[1] = htole32(kind);
	head[2] = htole32((uint32_t)packed);
	head[3] = htole32((uint32_t)r->payload.len);
	head[4] = htole32(
		(uint32_t)crc32(crc32(0, NULL, 0), r->block + RECORD_HEAD_BYTES, (uInt)packed));
	memcpy(r->block, head, sizeof(head));
	return (ssize_t)(RECORD_HEAD_BYTES + packed);
}

static int add_block(struct recorder *r, enum record_kind kind)
{
	ssize_t len = pack_block(r, kind);
	int err = len < 0 ? (int)len : fd_write_all(r->fd, r->block, (size_t)len);

	if (!err) {
		r->bytes += (uint64_t)len;
		r->block_len = (uint64_t)len;
	}
	return err;
}

static void describe(struct strbuf *out, enum tool tool)
{
	const struct scalar *s;
	size_t n = 0;

	pack_text(out, record_tool_names[tool], 31);
	pack_text(out, BEEBENCH_VERSION, 31);
	while (record_scalar(n))
		n++;
	pack_varint(out, n);
	for (size_t i = 0; (s = record_scalar(i)); i++) {
		pack_text(out, s->name, 63);
		pack_varint(out, s->kind);
	}
	pack_varint(out, FIELD_COUNT);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		pack_text(out, field_names[i], 63);
	pack_varint(out, SIZE_BUCKETS);
}

/* Takes back what was written of a block that is not whole. */
static void cut_back(struct recorder *r)
{
	off_t end = (off_t)r->bytes;

	if (!ftruncate(r->fd, end))
		lseek(r->fd, end, SEEK_SET);
}

static int open_file(struct recorder *r, const char *file, bool force)
{
	char who[HOLD_WHO_BYTES];
	struct stat st;
	int err;

	/* It shows what everybody runs: for its owner alone. */
	r->fd = rights_open(file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (force ? 0 : O_EXCL),
			    0600);
	if (r->fd == -EEXIST) {
		log_err("%s is there already; record to another file, or overwrite it with "
			"--force",
			file);
		return -EEXIST;
	}
	err = r->fd < 0 ? r->fd : hold_file(r->fd, who);
	if (err == -EBUSY) {
		log_err("%s is being written by %s; record to another file", file,
			*who ? who : "another process");
		return err;
	}
	/* What was in it goes when it is ours. */
	if (!err && !fstat(r->fd, &st) && S_ISREG(st.st_mode) && ftruncate(r->fd, 0))
		err = -errno;
	if (err)
		log_err_sys(err, "cannot create the recording %s", file);
	return err;
}

int recorder_open(struct recorder **out, const char *file, enum tool tool, bool force)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err = -ENOMEM;

	*out = NULL;
	if (r)
		*r = (struct recorder){.fd = -1, .file = strdup(file), .payload = STRBUF_INIT};
	if (!r || !r->file) {
		log_err_sys(err, "cannot record to %s", file);
		goto out;
	}
	err = open_file(r, file, force);
	if (err)
		goto out;
	/* A limit on the size of files is an error like a full disk, not the end of the tool. */
	signal(SIGXFSZ, SIG_IGN);
	describe(&r->payload, tool);
	err = fd_write_all(r->fd, RECORD_START, RECORD_START_BYTES);
	if (!err) {
		r->bytes = RECORD_START_BYTES;
		err = add_block(r, RECORD_DESCRIPTION);
	}
	if (err) {
		log_err_sys(err, "cannot record to %s", file);
		/* Ours, and nothing in it. */
		if (!force)
			unlink(file);
		goto out;
	}
	*out = r;
	return 0;
out:
	if (r)
		r->err = err;
	recorder_close(r);
	return err;
}

/* A limit is reached: the file is whole, and stays as it is. */
static int end_by(struct recorder *r, const char *bound)
{
	r->bound = bound;
	cut_back(r);
	log_info("recording to %s has ended %s: %llu bytes, which are whole and can be replayed",
		 r->file, bound, (unsigned long long)r->bytes);
	return 0;
}

int recorder_add(struct recorder *r, const struct frame *f)
{
	if (r->err || r->bound)
		return r->err;
	r->first_ns = r->first_ns ? r->first_ns : f->mono_ns;
	if (r->seconds > 0 && (double)(f->mono_ns - r->first_ns) / NSEC_PER_SEC > r->seconds)
		return end_by(r, "after as long as --record-for says");
	strbuf_reset(&r->payload);
	r->err = record_pack_frame(&r->payload, f, &r->base);
	if (!r->err)
		r->err = add_block(r, RECORD_FRAME);
	if (!r->err && r->most && r->bytes > r->most) {
		r->bytes -= r->block_len;
		return end_by(r, "as large as --record-max says");
	}
	if (!r->err)
		return 0;
	cut_back(r);
	log_err_sys(r->err,
		    "recording to %s has ended with %llu bytes, which are whole and can be "
		    "replayed; frame %llu could not be added",
		    r->file, (unsigned long long)r->bytes, (unsigned long long)f->seq);
	return r->err;
}

void recorder_limit(struct recorder *r, uint64_t bytes, double seconds)
{
	r->most = bytes;
	r->seconds = seconds;
}

const char *recorder_bound(const struct recorder *r)
{
	return r->bound;
}

uint64_t recorder_bytes(const struct recorder *r)
{
	return r->bytes;
}

int recorder_error(const struct recorder *r)
{
	return r->err;
}

int recorder_close(struct recorder *r)
{
	int err;

	if (!r)
		return 0;
	err = r->err;
	/* A network file system may say only now that it had no room. */
	if (r->fd >= 0 && close(r->fd) && !err) {
		err = -errno;
		log_err_sys(err, "cannot finish the recording %s", r->file);
	}
	record_base_release(&r->base);
	strbuf_release(&r->payload);
	free(r->block);
	free(r->file);
	free(r);
	return err;
}
