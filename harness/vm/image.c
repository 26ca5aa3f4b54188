/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An image says by its first bytes what it is (harness/vm/processor.c). Those of x86-64 and arm64
 * are programs of UEFI as well, whose header has the place and length of each section (Microsoft's
 * PE format): where one ends behind the file, half of it was copied. QEMU itself unpacks an image
 * of arm64 that is packed by gzip; it is unpacked here once, since a guest of something else says
 * nothing and does not end.
 */
#include "lib/base.h"
#include "harness/vm/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/why.h"

enum { PE_AT = 0x3c, PE_SECTIONS = 6, PE_OPTIONAL = 20, PE_HEADER = 24, SECTION = 40, RAW = 16 };

static uint32_t little(const unsigned char *at, size_t bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | at[bytes];
	return v;
}

/* How long the file is by its header; 0: it has none. */
static uint64_t length_by_header(int fd)
{
	unsigned char head[4096];
	ssize_t n = pread(fd, head, sizeof(head), 0);
	uint64_t end = 0;
	size_t pe, at;

	if (n < PE_AT + 4 || head[0] != 'M' || head[1] != 'Z')
		return 0;
	pe = little(head + PE_AT, 4);
	if (pe + PE_HEADER > (size_t)n || memcmp(head + pe, "PE\0\0", 4) != 0)
		return 0;
	at = pe + PE_HEADER + little(head + pe + PE_OPTIONAL, 2);
	for (uint32_t i = little(head + pe + PE_SECTIONS, 2); i && at + SECTION <= (size_t)n;
	     i--, at += SECTION)
		end = MAX(end,
			  (uint64_t)little(head + at + RAW, 4) + little(head + at + RAW + 4, 4));
	return end;
}

static int check_length(int fd, const char *path, struct strbuf *why)
{
	uint64_t length = length_by_header(fd);
	struct stat st;

	if (fstat(fd, &st) || (uint64_t)st.st_size >= length)
		return 0;
	why_err(why, "the kernel %s is cut short: it has %llu bytes of %llu; copy it again", path,
		(unsigned long long)st.st_size, (unsigned long long)length);
	return -EINVAL;
}

static bool is_packed(int fd)
{
	unsigned char magic[2];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) && magic[0] == 0x1f &&
	       magic[1] == 0x8b;
}

static int look_packed(const char *path, const struct processor **p, struct strbuf *why)
{
	const struct processor *arm64 = processor_named("arm64");
	size_t len = strlen(arm64->magic), size = 1 << 20;
	char *data = malloc(size);
	gzFile f = gzopen(path, "re");
	int n = data && f ? gzread(f, data, (unsigned int)size) : -1, err = 0;

	if (n > (int)(arm64->magic_at + len) &&
	    !memcmp(data + arm64->magic_at, arm64->magic, len)) {
		*p = arm64;
		while (n > 0)
			n = gzread(f, data, (unsigned int)size);
		if (n < 0 || gzclose(f) != Z_OK) {
			why_err(why,
				"the kernel %s is cut short or damaged: gzip cannot unpack it; "
				"copy "
				"it again",
				path);
			err = -EINVAL;
		}
		if (n >= 0)
			f = NULL;
	}
	if (f)
		gzclose(f);
	free(data);
	return err;
}

int image_look(const char *path, const struct processor **p, struct strbuf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	*p = NULL;
	if (fd < 0) {
		err = -errno;
		why_err_sys(why, err, "cannot read the kernel %s", path);
		return err == -ENOENT ? err : -EINVAL;
	}
	if (is_packed(fd)) {
		err = look_packed(path, p, why);
	} else {
		*p = processor_of_image(path);
		err = *p ? check_length(fd, path, why) : 0;
	}
	close(fd);
	return err;
}
