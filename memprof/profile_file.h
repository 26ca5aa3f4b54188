/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profile as a file: "BEEPROF1", then blocks, each a whole profile: u32 magic, u32 version, u32
 * bytes packed, u32 bytes unpacked, u32 CRC-32 of the packed bytes (zlib's), packed bytes (zlib's
 * deflate). Little endian. `memprof run -o` writes one block; a recording has one for each moment.
 * The reader is strict: what is not whole, and whatever names a thing that is not there, is an
 * error with its place; the total must be the sum of the stacks.
 */
#ifndef MEMPROF_PROFILE_FILE_H
#define MEMPROF_PROFILE_FILE_H

#include "lib/strbuf.h"
#include "lib/why.h"
#include "memprof/profile.h"

#define PROFILE_FILE_START "BEEPROF1"

enum { PROFILE_FILE_START_BYTES = 8, PROFILE_FILE_VERSION = 2 };

/* Appends the file's start, and a block. The second returns 0, or -EFBIG after saying why. */
void profile_pack_start(struct strbuf *out);
int profile_pack(struct strbuf *out, const struct profile *p, struct strbuf *why);

/*
 * Writes @path whole or not at all: beside its place, then renamed; a device or a pipe is written
 * as it is, and "-" is stdout. Its mode is 0600: it shows what a program does. 0 or -errno after
 * saying why.
 */
int profile_write(const struct profile *p, const char *path);

/* Whether that will be possible, before there is anything to write. 0 or -errno after saying why.
 */
int profile_write_check(const char *path);

/*
 * The profile at *@offset of @len bytes at @data, which are called @name in errors; *@offset moves
 * behind it. 0, -ENODATA at the end, or -EINVAL after saying why.
 */
int profile_unpack(struct profile **out, const char *name, const void *data, size_t len,
		   size_t *offset, struct strbuf *why);

/* The same, but it is only looked at from outside: whether it is whole, and its checksum right. */
int profile_skip(const char *name, const void *data, size_t len, size_t *offset,
		 struct strbuf *why);

/* The @number-th profile of the file, from 1. 0 or -errno after saying why. */
int profile_read_at(struct profile **out, const char *path, uint64_t number);

/* A copy with all that a file would keep. Never fails. */
struct profile *profile_copy(const struct profile *p);

/* The last profile of the file. 0 or -errno after saying why. */
int profile_read(struct profile **out, const char *path);

#endif
