/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An owner is a process number, the time at which that process began, and the namespace of process
 * numbers in which it has this one: numbers are given again, and a container has its own. From a
 * container only its own processes are judged; from the machine itself also those of a namespace
 * that no process is in any more.
 */
#include "lib/base.h"
#include "lib/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cgroup.h"

#define PREFIX "beebench-"

/* The namespace of process numbers that the machine began with: include/linux/proc_ns.h. */
#define FIRST_NAMESPACE 0xeffffffcULL

enum { TREE_FDS = 16 };

/* Inode of a namespace; 0: cannot be told. */
static uint64_t namespace_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* Begin of the process, in ticks since boot, field 22 of its stat; 0: cannot be told. */
static uint64_t began(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t ticks = 0;
	char *at;

	if (!strbuf_read_file(&text, path) && (at = strrchr(text.s, ')'))) {
		for (int field = 2; at && field < 22; field++)
			at = strchr(at + 1, ' ');
		ticks = at ? strtoull(at, NULL, 10) : 0;
	}
	strbuf_release(&text);
	return ticks;
}

/* In a time namespace with a clock of its own, begins are other numbers than outside. */
static bool clock_is_shifted(void)
{
	struct strbuf text = STRBUF_INIT;
	bool shifted = false;
	long long seconds, ns;
	const char *at;

	if (!strbuf_read_file(&text, "/proc/self/timens_offsets") &&
	    (at = strstr(text.s, "boottime")) &&
	    sscanf(at, "boottime %lld %lld", &seconds, &ns) == 2)
		shifted = seconds || ns;
	strbuf_release(&text);
	return shifted;
}

/* True when /proc shows the process numbers that we have. */
static bool proc_is_ours(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

void owner_name(char out[OWNER_MAX])
{
	snprintf(out, OWNER_MAX, "%d-%" PRIu64 "-%" PRIu64, (int)getpid(),
		 clock_is_shifted() ? 0 : began("/proc/self/stat"),
		 namespace_at("/proc/self/ns/pid"));
}

/* Of a process in a namespace below the one of this /proc, which shows its number there as well. */
static bool is_below(const char *pid)
{
	struct strbuf text = STRBUF_INIT;
	char path[64];
	unsigned int first, second;
	const char *at;
	bool below = true;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (!strbuf_read_file(&text, path) && (at = strstr(text.s, "\nNSpid:")))
		below = sscanf(at, "\nNSpid: %u %u", &first, &second) != 1;
	strbuf_release(&text);
	return below;
}

/* True when no process is in that namespace, which is not the one of this /proc; false as well when
 * that cannot be seen. */
static bool namespace_is_empty(uint64_t ns)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool empty = dir;

	while (dir && empty && (e = readdir(dir))) {
		char path[64];
		uint64_t its;

		if (*e->d_name < '1' || *e->d_name > '9' || !is_below(e->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", e->d_name);
		errno = 0;
		its = namespace_at(path);
		empty = its ? its != ns : errno == ENOENT || errno == ESRCH;
	}
	if (dir)
		closedir(dir);
	return empty;
}

static bool is_gone(pid_t pid, uint64_t start, uint64_t ns)
{
	uint64_t own = namespace_at("/proc/self/ns/pid"), its;
	char path[64];

	if (!own || !ns || !proc_is_ours())
		return false;
	if (ns != own)
		return own == FIRST_NAMESPACE && namespace_is_empty(ns);
	if (kill(pid, 0) && errno == ESRCH)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	its = began(path);
	return start && its && its != start && !clock_is_shifted();
}

/* "-" or the end must follow. */
static bool take_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &end, 10);
	if (*end != '-')
		return false;
	*at = end + 1;
	return true;
}

bool owner_is_gone(const char *name, const char **rest)
{
	uint64_t pid, start, ns;

	*rest = NULL;
	if (!take_number(&name, &pid) || !take_number(&name, &start) || !take_number(&name, &ns) ||
	    !pid || pid > INT32_MAX)
		return false;
	*rest = name;
	return is_gone((pid_t)pid, start, ns);
}

static const char *tmp_folder(void)
{
	const char *dir = secure_getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

void leftover_template(struct strbuf *out, const char *suffix)
{
	char owner[OWNER_MAX];

	owner_name(owner);
	strbuf_addf(out, "%s/" PREFIX "%s-XXXXXX%s", tmp_folder(), owner, suffix);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *at UNUSED)
{
	remove(path);
	return 0;
}

/* Ours are as leftover_template() says: nothing else of that name is touched. */
static bool is_leftover(int dir_fd, const char *name)
{
	const char *rest;
	struct stat st;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    !owner_is_gone(name + strlen(PREFIX), &rest) || strcspn(rest, ".") != 6)
		return false;
	return !fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && st.st_uid == geteuid() &&
	       (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode));
}

static unsigned int sweep_files(void)
{
	DIR *dir = opendir(tmp_folder());
	unsigned int removed = 0;
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		struct strbuf path = STRBUF_INIT;

		if (!is_leftover(dirfd(dir), e->d_name))
			continue;
		strbuf_addf(&path, "%s/%s", tmp_folder(), e->d_name);
		nftw(path.s, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		removed += access(path.s, F_OK) != 0;
		strbuf_release(&path);
	}
	if (dir)
		closedir(dir);
	return removed;
}

unsigned int leftovers_sweep(void)
{
	return cgroup_sweep() + sweep_files();
}
