/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* recording.h. The sizes of the file's blocks are kept, so that what stays is copied unread. */
#include "lib/base.h"
#include "memprof/looks/recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/hold.h"
#include "lib/log.h"
#include "lib/outfile.h"
#include "lib/strbuf.h"
#include "memprof/profile_file.h"

struct recording {
	const char *path; /* as it was given */
	char *place;	  /* the file that it leads to; owned */
	int fd;
	bool regular; /* else a pipe or a device, in which nothing can be taken back */
	uint64_t bytes, bytes_max;
	size_t *blocks; /* bytes of each */
	size_t n, cap;
};

void recording_close(struct recording *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r->blocks);
	free(r->place);
	free(r);
}

int recording_open(struct recording **out, const char *path, uint64_t bytes_max)
{
	struct recording *r = calloc(1, sizeof(*r));
	const bool to_stdout = !strcmp(path, "-");
	char who[HOLD_WHO_BYTES];
	struct stat st;
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->path = path;
	r->bytes_max = bytes_max;
	r->bytes = PROFILE_FILE_START_BYTES;
	r->fd = to_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
			  : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	r->regular = !to_stdout && r->fd >= 0 && !fstat(r->fd, &st) && S_ISREG(st.st_mode);
	err = r->fd < 0 ? -errno : to_stdout ? 0 : hold_file(r->fd, who);
	/* A smaller file takes the place of the one that a link leads to, not the link's. */
	r->place = err ? NULL : realpath(path, NULL);
	if (!err && !r->place)
		r->place = strdup(path);
	if (!err && !r->place)
		err = -ENOMEM;
	/* What was in it goes when it is ours. */
	if (!err && r->regular && ftruncate(r->fd, 0))
		err = -errno;
	if (!err)
		err = fd_write_all(r->fd, PROFILE_FILE_START, PROFILE_FILE_START_BYTES);
	if (err == -EBUSY)
		log_err("%s is being written by %s; record to another file", path,
			*who ? who : "another process");
	else if (err)
		log_err_sys(err, "cannot begin the recording %s", path);
	if (err) {
		recording_close(r);
		return err;
	}
	*out = r;
	return 0;
}

/* Of the file's blocks every second goes, the latest not; of one that. */
static void keep_half(struct recording *r, struct strbuf *whole)
{
	size_t from = PROFILE_FILE_START_BYTES, to = from, kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t size = r->blocks[i];

		if (r->n > 1 && (r->n - i) % 2) {
			memmove(whole->s + to, whole->s + from, size);
			r->blocks[kept++] = size;
			to += size;
		}
		from += size;
	}
	r->n = kept;
	r->bytes = to;
	whole->len = to;
}

static void note_block(struct recording *r, size_t bytes)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->blocks = realloc(r->blocks, r->cap * sizeof(*r->blocks));
		if (!r->blocks)
			abort();
	}
	r->blocks[r->n++] = bytes;
	r->bytes += bytes;
}

static int replace(struct recording *r, const struct strbuf *data)
{
	struct outfile f = OUTFILE_INIT;
	char who[HOLD_WHO_BYTES];
	int err = outfile_begin(&f, r->place, 0600);

	err = err ? err : hold_file(f.fd, who);
	err = err ? err : fd_write_all(f.fd, data->s, data->len);
	err = err ? err : outfile_place(&f);
	if (!err) {
		close(r->fd);
		r->fd = f.fd;
		f.fd = -1;
	}
	outfile_end(&f);
	return err;
}

static int write_smaller(struct recording *r, const struct strbuf *block, uint64_t *each_ns)
{
	struct strbuf whole = STRBUF_INIT;
	int err = strbuf_read_file(&whole, r->place);

	if (!err && whole.len != r->bytes)
		err = -ESTALE; /* somebody else has written it */
	while (!err && r->n && r->bytes + block->len > r->bytes_max) {
		keep_half(r, &whole);
		*each_ns *= 2;
	}
	if (!err) {
		strbuf_add(&whole, block->s, block->len);
		err = replace(r, &whole);
	}
	strbuf_release(&whole);
	return err;
}

int recording_add(struct recording *r, const struct profile *p, uint64_t *each_ns)
{
	struct strbuf block = STRBUF_INIT;
	int err = profile_pack(&block, p, NULL);

	if (!err) {
		if (r->regular && r->n && r->bytes + block.len > r->bytes_max)
			err = write_smaller(r, &block, each_ns);
		else
			err = fd_write_all(r->fd, block.s, block.len);
		if (err)
			log_err_sys(err, "cannot go on with the recording %s", r->path);
		else
			note_block(r, block.len);
	}
	strbuf_release(&block);
	return err;
}
