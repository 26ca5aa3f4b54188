/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An image says by its first bytes what it is (harness/vm/processor.c). Those of x86-64 and arm64
 * are programs of UEFI as well, whose header has the place and length of each section (Microsoft's
 * PE format): where one ends behind the file, half of it was copied.
 *
 * x86-64 and s390x unpack themselves. An image of arm64 does not: distributions pack it as a whole
 * (gzip), or put it packed into a program of UEFI that unpacks it (zboot), which no guest has. Both
 * are unpacked here, into memory, by the tool of that packing: QEMU unpacks only what gzip has
 * packed, and a guest of half an image says nothing and does not end.
 */
#include "lib/base.h"
#include "harness/vm/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/subproc.h"
#include "lib/why.h"

enum { PE_AT = 0x3c, PE_SECTIONS = 6, PE_OPTIONAL = 20, PE_HEADER = 24, SECTION = 40, RAW = 16 };
/* Linux, drivers/firmware/efi/libstub/zboot-header.S; the name ends before the next field. */
enum { ZBOOT_MAGIC = 4, ZBOOT_AT = 8, ZBOOT_LENGTH = 12, ZBOOT_NAME = 24, ZBOOT_NAME_END = 56 };
enum { UNPACK_MS = 120000 };
/* No kernel is as long: what somebody gave by mistake must not fill the memory. */
#define UNPACKED_MAX (1ULL << 30)

/* The kernel's words for it (Makefile.zboot, comp-type), and what undoes it. */
static const struct packing {
	const char *name, *argv[4], *package;
} packings[] = {
	{"gzip", {"gzip", "-dc"}, "gzip"},     {"zstd22", {"zstd", "-dc"}, "zstd"},
	{"xzkern", {"xz", "-dc"}, "xz-utils"}, {"lzma", {"xz", "--format=lzma", "-dc"}, "xz-utils"},
	{"lz4", {"lz4", "-dc"}, "lz4"},	       {"lzo", {"lzop", "-dc"}, "lzop"},
};

struct packed {
	const struct packing *by; /* NULL: the image is as it is */
	off_t at;
	uint64_t length;
};

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

static int check_length(uint64_t size, uint64_t length, const char *path, struct strbuf *why)
{
	if (size >= length)
		return 0;
	why_err(why, "the kernel %s is cut short: it has %llu bytes of %llu; copy it again", path,
		(unsigned long long)size, (unsigned long long)length);
	return -EINVAL;
}

static const struct packing *packing_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(packings); i++)
		if (!strcmp(packings[i].name, name))
			return &packings[i];
	return NULL;
}

/* Is the file of @size bytes packed, and how? */
static int find_packed(int fd, uint64_t size, const char *path, struct packed *out,
		       struct strbuf *why)
{
	unsigned char head[ZBOOT_NAME_END + 1] = {0};
	const char *name = (const char *)head + ZBOOT_NAME;

	if (pread(fd, head, sizeof(head) - 1, 0) < 2)
		return 0;
	if (head[0] == 0x1f && head[1] == 0x8b) {
		*out = (struct packed){packing_named("gzip"), 0, size};
		return 0;
	}
	if (memcmp(head, "MZ", 2) != 0 || memcmp(head + ZBOOT_MAGIC, "zimg", 4) != 0)
		return 0;
	*out = (struct packed){packing_named(name), little(head + ZBOOT_AT, 4),
			       little(head + ZBOOT_LENGTH, 4)};
	if (out->by)
		return check_length(size, (uint64_t)out->at + out->length, path, why);
	why_err(why, "the kernel %s is packed by '%s', which is unknown here; give it unpacked",
		path, name);
	return -EINVAL;
}

/* Memory with that part of the file; a descriptor or -errno. */
static int copy_part(int fd, const struct packed *p)
{
	int to = memfd_create("packed", MFD_CLOEXEC);
	off_t at = p->at;
	uint64_t left = p->length;

	while (to >= 0 && left) {
		ssize_t n = sendfile(to, fd, &at, MIN(left, 1ULL << 30));

		if (n <= 0) {
			int err = n ? -errno : -EIO;

			close(to);
			return err;
		}
		left -= (uint64_t)n;
	}
	if (to >= 0)
		lseek(to, 0, SEEK_SET);
	return to < 0 ? -errno : to;
}

static int limit_output(void *arg UNUSED)
{
	const struct rlimit limit = {UNPACKED_MAX, UNPACKED_MAX};

	return setrlimit(RLIMIT_FSIZE, &limit);
}

/* Has the tool unpack @from into @to. Returns its exit code, or -errno. */
static int run_tool(const struct packing *by, int from, int to, struct strbuf *why)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc p = SUBPROC_INIT;
	int none = open("/dev/null", O_WRONLY | O_CLOEXEC), err;

	opts.child = limit_output;
	opts.argv = by->argv;
	opts.why = why;
	opts.stdin_fd = from;
	opts.stdout_fd = to;
	opts.stderr_fd = none;
	err = subproc_start(&p, &opts);
	if (!err)
		err = subproc_wait(&p, UNPACK_MS);
	if (!err)
		err = WIFEXITED(p.status) ? WEXITSTATUS(p.status) : 1;
	subproc_kill(&p, 0);
	subproc_release(&p);
	if (none >= 0)
		close(none);
	return err;
}

/* Returns a descriptor of memory with the image, or -errno after saying why; -ENOEXEC: it is too
 * long for a kernel's. */
static int unpack(int fd, const struct packed *p, const char *path, struct strbuf *why)
{
	char tool[512];
	int from, to, err;

	if (subproc_find_program(p->by->argv[0], tool, sizeof(tool))) {
		why_err(why,
			"the kernel %s is packed by %s, and there is no %s here; run: sudo apt-get "
			"install %s",
			path, p->by->name, p->by->argv[0], p->by->package);
		return -ENOTSUP;
	}
	from = copy_part(fd, p);
	/* QEMU inherits it, and opens it by number. */
	to = memfd_create("image", 0);
	err = from < 0 ? from : to < 0 ? -errno : run_tool(p->by, from, to, why);
	if (err > 0 && lseek(to, 0, SEEK_END) >= (off_t)UNPACKED_MAX)
		err = -ENOEXEC;
	else if (err > 0) {
		why_err(why,
			"the kernel %s is cut short or damaged: %s cannot unpack it; copy it again",
			path, p->by->argv[0]);
		err = -EINVAL;
	} else if (err < 0 && err != -EINTR) {
		why_err_sys(why, err, "cannot unpack the kernel %s", path);
	}
	if (from >= 0)
		close(from);
	if (err && to >= 0)
		close(to);
	return err ? err : to;
}

static int look(int fd, const char *path, const struct processor **p, int *unpacked,
		struct strbuf *why)
{
	struct packed packed = {0};
	char memory[40];
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	err = find_packed(fd, (uint64_t)st.st_size, path, &packed, why);
	if (err)
		return err;
	if (!packed.by) {
		*p = processor_of_image(path);
		return *p ? check_length((uint64_t)st.st_size, length_by_header(fd), path, why) : 0;
	}
	fd = unpack(fd, &packed, path, why);
	if (fd < 0)
		return fd == -ENOEXEC ? 0 : fd;
	snprintf(memory, sizeof(memory), "/proc/self/fd/%d", fd);
	*p = processor_of_image(memory);
	if (*p)
		*unpacked = fd;
	else
		close(fd);
	return 0;
}

int image_look(const char *path, const struct processor **p, int *unpacked, struct strbuf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	*p = NULL;
	*unpacked = -1;
	if (fd < 0) {
		err = -errno;
		why_err_sys(why, err, "cannot read the kernel %s", path);
		return err == -ENOENT ? err : -EINVAL;
	}
	err = look(fd, path, p, unpacked, why);
	close(fd);
	return err;
}
