/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kinds, process and cgroup from the command line. */
#include "lib/base.h"
#include "memprof/kernel/filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cgroup.h"
#include "lib/log.h"

/* The root's, include/linux/kernfs.h. */
enum { ROOT_ID = 1 };

static const struct {
	const char *word;
	uint32_t kind;
} kinds[] = {{"kmalloc", TRACER_KMALLOC}, {"cache", TRACER_CACHE}, {"pages", TRACER_PAGES}};

static uint32_t kind_of(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].word) == len && !strncmp(kinds[i].word, word, len))
			return kinds[i].kind;
	return 0;
}

int filter_kinds(const char *words, struct tracer_options *t)
{
	t->kinds = 0;
	for (const char *at = words;; at++) {
		size_t len = strcspn(at, ",");
		uint32_t kind = kind_of(at, len);

		if (!kind) {
			log_err("--of: '%.*s' is none of kmalloc, cache, pages", (int)len, at);
			return -EINVAL;
		}
		t->kinds |= kind;
		at += len;
		if (!*at)
			return 0;
	}
}

int filter_process(uint64_t pid, struct tracer_options *t)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%" PRIu64, pid);
	if (pid && (pid > INT32_MAX || stat(path, &st))) {
		log_err("-p: there is no process %" PRIu64, pid);
		return -ESRCH;
	}
	t->pid = (pid_t)pid;
	return 0;
}

/* The first namespace's inode is a constant (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
void filter_namespace(__u64 *device, __u64 *inode)
{
	enum { FIRST_PID_NAMESPACE = 0xeffffffc - 0x100000000 };
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino == (uint32_t)FIRST_PID_NAMESPACE)
		*device = *inode = 0;
	else {
		*device = st.st_dev;
		*inode = st.st_ino;
	}
}

/* How far @full is below @mount; 0: not known, as the mount does not begin at the root. */
static uint64_t level_of(const char *full, const char *mount)
{
	char *real = realpath(full, NULL);
	uint64_t level = 0;
	struct stat st;

	if (real && !stat(mount, &st) && st.st_ino == ROOT_ID &&
	    !strncmp(real, mount, strlen(mount)))
		for (const char *at = real + strlen(mount); *at; at++)
			level += *at == '/' && at[1] && at[1] != '/';
	free(real);
	return level;
}

int filter_cgroup(const char *path, struct tracer_options *t)
{
	char mount[256], full[4096];
	struct stat st;

	if (!path)
		return 0;
	if (cgroup_find_mount("/proc", mount, sizeof(mount))) {
		log_err("--cgroup: cgroup2 is not mounted");
		return -ENOENT;
	}
	if (!strncmp(path, mount, strlen(mount)))
		snprintf(full, sizeof(full), "%s", path);
	else
		snprintf(full, sizeof(full), "%s/%s", mount, path);
	if (stat(full, &st) || !S_ISDIR(st.st_mode)) {
		log_err("--cgroup: there is no cgroup %s (looked for %s)", path, full);
		return -ENOENT;
	}
	t->cgroup_level = level_of(full, mount);
	/* Of the root nothing is above: it is everything. */
	t->cgroup_id = st.st_ino == ROOT_ID ? 0 : st.st_ino;
	return 0;
}
