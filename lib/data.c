/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the programs' files, installed or in the build tree. */
#include "lib/base.h"
#include "lib/data.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTALLED "../lib/beebench"

static int own_path(char *exe, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", exe, size - 1);

	if (n < 0)
		return -errno;
	exe[n] = '\0';
	return 0;
}

static int folder_length(const char *exe)
{
	const char *slash = strrchr(exe, '/');

	return slash ? (int)(slash - exe) : -ENOENT;
}

static int fits(int n, size_t size)
{
	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int data_path_of(const char *exe, const char *env, const char *what, char *path, size_t size)
{
	int dir, err;
	struct stat st;

	if (env && *env)
		return fits(snprintf(path, size, "%s/%s", env, what), size);
	dir = folder_length(exe);
	if (dir < 0)
		return dir;
	err = fits(snprintf(path, size, "%.*s/" INSTALLED, dir, exe), size);
	if (!err && !stat(path, &st) && S_ISDIR(st.st_mode))
		return fits(snprintf(path, size, "%.*s/" INSTALLED "/%s", dir, exe, what), size);
	err = fits(snprintf(path, size, "%.*s/%s", dir, exe, what), size);
	if (!err && stat(path, &st)) {
		err = fits(snprintf(path, size, "%.*s/../%s", dir, exe, what), size);
		if (!err && stat(path, &st))
			err = fits(snprintf(path, size, "%.*s/%s", dir, exe, what), size);
	}
	return err;
}

int data_path(const char *what, char *path, size_t size)
{
	char exe[PATH_MAX];
	int err = own_path(exe, sizeof(exe));

	return err ? err : data_path_of(exe, secure_getenv("BEEBENCH_DATA"), what, path, size);
}

int data_beside(const char *what, char *path, size_t size)
{
	char exe[PATH_MAX];
	int dir, err = own_path(exe, sizeof(exe));

	if (err)
		return err;
	dir = folder_length(exe);
	return dir < 0 ? dir : fits(snprintf(path, size, "%.*s/%s", dir, exe, what), size);
}
