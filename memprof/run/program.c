/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* program.h */
#include "lib/base.h"
#include "memprof/run/program.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/subproc.h"

/* The parts of the ELF format that are asked for (the gABI: chapters 4 and 5), 64 bits. */
enum {
	HEADER_BYTES = 64,
	PHDR_BYTES = 56,
	SHDR_BYTES = 64,
	CLASS_AT = 4,
	CLASS_64 = 2,
	MACHINE_AT = 18,
	PHOFF_AT = 32,
	SHOFF_AT = 40,
	PHNUM_AT = 56,
	SHNUM_AT = 60,
	SHSTRNDX_AT = 62,
	PT_INTERP_TYPE = 3,
	SECTIONS_MAX = 200,
};

static uint64_t number(const unsigned char *p, unsigned int bytes)
{
	uint64_t v = 0;

	memcpy(&v, p, bytes);
	return v;
}

static bool read_exactly(int fd, void *out, size_t size, uint64_t at)
{
	return pread(fd, out, size, (off_t)at) == (ssize_t)size;
}

/* The path of the loader that the program asks for; false: it asks for none. */
static bool interpreter_of(int fd, const unsigned char *header, char *out, size_t size)
{
	uint64_t at = number(header + PHOFF_AT, 8);
	unsigned int n = (unsigned int)number(header + PHNUM_AT, 2);
	unsigned char ph[PHDR_BYTES];

	for (unsigned int i = 0; i < n; i++) {
		if (!read_exactly(fd, ph, sizeof(ph), at + i * sizeof(ph)))
			return false;
		if (number(ph, 4) == PT_INTERP_TYPE) {
			uint64_t len = number(ph + 32, 8);

			len = MIN(len, size - 1);
			if (!read_exactly(fd, out, len, number(ph + 8, 8)))
				return false;
			out[len] = '\0';
			return true;
		}
	}
	return false;
}

/* Go's linker leaves a section of this name in all that it makes. */
static bool is_go(int fd, const unsigned char *header)
{
	uint64_t at = number(header + SHOFF_AT, 8), names;
	unsigned int n = (unsigned int)number(header + SHNUM_AT, 2);
	unsigned int strings = (unsigned int)number(header + SHSTRNDX_AT, 2);
	unsigned char sh[SHDR_BYTES];
	char name[] = ".go.buildinfo", is[sizeof(name)];

	if (strings >= n || n > SECTIONS_MAX ||
	    !read_exactly(fd, sh, sizeof(sh), at + strings * sizeof(sh)))
		return false;
	names = number(sh + 24, 8);
	for (unsigned int i = 0; i < n; i++)
		if (read_exactly(fd, sh, sizeof(sh), at + i * sizeof(sh)) &&
		    read_exactly(fd, is, sizeof(is), names + number(sh, 4)) &&
		    !memcmp(is, name, sizeof(name)))
			return true;
	return false;
}

static int refuse(const char *path, const char *why)
{
	log_err("%s %s; start it by itself and use 'memprof attach -p PID'", path, why);
	return -ENOTSUP;
}

/* No probe finds its allocator either. */
static int refuse_go(const char *path)
{
	log_err("%s is a Go program: it is linked statically, has its own heap and loads no "
		"library; 'memprof both -- %s' shows what it takes of the kernel, its own "
		"runtime/pprof its heap",
		path, path);
	return -ENOTSUP;
}

/* Where exec() gives rights, the loader takes no library that the caller names. */
static bool gives_rights(int fd, const struct stat *st)
{
	char cap;

	if (geteuid() == 0)
		return (st->st_mode & S_ISUID) && st->st_uid != 0;
	return ((st->st_mode & S_ISUID) && st->st_uid != geteuid()) ||
	       ((st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) && st->st_gid != getegid()) ||
	       fgetxattr(fd, "security.capability", &cap, 0) > 0;
}

static int check_elf(int fd, const char *path, const unsigned char *header)
{
	char loader[PATH_MAX];
	unsigned char own[HEADER_BYTES];
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	bool known = self >= 0 && read_exactly(self, own, sizeof(own), 0);

	if (self >= 0)
		close(self);
	if (header[CLASS_AT] != CLASS_64 ||
	    (known && memcmp(own + MACHINE_AT, header + MACHINE_AT, 2)))
		return refuse(path, "is for another kind of processor than libmemprof.so (32 bits, "
				    "or another machine)");
	if (!interpreter_of(fd, header, loader, sizeof(loader)))
		return is_go(fd, header)
			       ? refuse_go(path)
			       : refuse(path, "is linked statically: it loads no library");
	if (strstr(loader, "ld-musl"))
		return refuse(path, "is linked with musl, and libmemprof.so needs glibc");
	if (is_go(fd, header))
		log_warn(
			"%s is a Go program: only what its C parts allocate will be seen; Go's own "
			"heap its runtime/pprof shows",
			path);
	return 0;
}

/* "#!/usr/bin/env python3": what is started is the interpreter. */
static int check_script(char *line)
{
	char *word = line + 2 + strspn(line + 2, " \t"), path[PATH_MAX];

	word[strcspn(word, "\n")] = '\0';
	if (!strncmp(word, "/usr/bin/env ", 13) && word[13] != '-') {
		word += 13 + strspn(word + 13, " \t");
		word[strcspn(word, " \t")] = '\0';
		return subproc_find_program(word, path, sizeof(path)) ? 0 : program_check(path);
	}
	word[strcspn(word, " \t")] = '\0';
	return program_check(word);
}

int program_check(const char *path)
{
	unsigned char header[PATH_MAX] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	/* What may be executed may yet not be readable: then exec() tells. */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	if (fstat(fd, &st) || pread(fd, header, sizeof(header) - 1, 0) < 4)
		err = 0;
	else if (gives_rights(fd, &st))
		err = refuse(path,
			     "gets rights when it is started (setuid, setgid or capabilities), "
			     "so the loader takes no library from us");
	else if (!memcmp(header, "\177ELF", 4))
		err = check_elf(fd, path, header);
	else if (!memcmp(header, "#!", 2) && strcmp(path, (char *)header + 2))
		err = check_script((char *)header);
	close(fd);
	return err;
}
