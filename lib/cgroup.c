/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroup2 leaves: made, entered, emptied, removed. */
#include "lib/base.h"
#include "lib/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/maker.h"
#include "lib/procfs.h"
#include "lib/strbuf.h"

#define OWN_MOUNT   "/run/beebench-cgroup2"
#define LEAF_PREFIX "beebench-"

/* The root's id, include/linux/kernfs.h: the mount of a container with cgroups of its own begins
 * elsewhere. */
enum { ROOT_ID = 1, TREE_FDS = 16 };
enum { EMPTY_WAIT_MS = 10000, FREEZE_WAIT_MS = 1000 };

int cgroup_find_mount(const char *proc_root, char *path, size_t size)
{
	return procfs_find_mount(proc_root, "cgroup2", path, size);
}

static int mount_own(char *path, size_t size)
{
	if (mkdir(OWN_MOUNT, 0755) && errno != EEXIST)
		return -errno;
	if (mount("beebench", OWN_MOUNT, "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return -errno;
	log_info("cgroup2 was mounted nowhere; it is on %s now", OWN_MOUNT);
	return snprintf(path, size, "%s", OWN_MOUNT) >= (int)size ? -ENAMETOOLONG : 0;
}

int cgroup_create(struct cgroup *cg, const char *name)
{
	struct strbuf maker = STRBUF_INIT;
	char mount_path[160];
	struct maker self;
	struct stat st;
	int err, n;

	*cg = (struct cgroup){0};
	err = cgroup_find_mount("/proc", mount_path, sizeof(mount_path));
	if (err == -ENOENT)
		err = mount_own(mount_path, sizeof(mount_path));
	if (err) {
		log_err_sys(err, "cgroup2 is not mounted; as root: mount -t cgroup2 none FOLDER");
		return err;
	}
	maker_self(&self); /* what cannot be told is 0: then nobody will sweep it */
	maker_write(&self, &maker);
	n = snprintf(cg->path, sizeof(cg->path), "%s/%s%s-%s", mount_path, LEAF_PREFIX, maker.s,
		     name);
	strbuf_release(&maker);
	if (n >= (int)sizeof(cg->path)) {
		cg->path[0] = '\0';
		log_err("cgroup name too long: %s", name);
		return -ENAMETOOLONG;
	}
	/* One of this name is our own from before: empty, or rmdir refuses. */
	if (mkdir(cg->path, 0755) &&
	    (errno != EEXIST || rmdir(cg->path) || mkdir(cg->path, 0755))) {
		err = -errno;
		log_err_sys(err, "cannot make the cgroup %s", cg->path);
		cg->path[0] = '\0';
		return err;
	}
	/* On 64-bit machines the inode number of a cgroup folder is its id (kernel,
	 * include/linux/kernfs.h, kernfs_ino()). */
	if (stat(cg->path, &st)) {
		err = -errno;
		log_err_sys(err, "%s", cg->path);
		cgroup_remove(cg);
		return err;
	}
	cg->id = st.st_ino;
	if (!stat(mount_path, &st) && st.st_ino == ROOT_ID)
		cg->level = 1;
	return 0;
}

int cgroup_may(void)
{
	char path[160];
	int err = cgroup_find_mount("/proc", path, sizeof(path));

	/* Root mounts it. */
	if (err == -ENOENT)
		return geteuid() ? -EPERM : 0;
	if (!err && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		err = -errno;
	return err;
}

/* "PATH/FILE" without stdio, for use between fork and exec. */
static int open_in(const struct cgroup *cg, const char *file, int flags)
{
	char path[sizeof(cg->path) + 32];
	size_t len = strlen(cg->path), flen = strlen(file);
	int fd;

	if (!len)
		return -ENOENT;
	memcpy(path, cg->path, len);
	path[len] = '/';
	memcpy(path + len + 1, file, flen + 1);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_in(const struct cgroup *cg, const char *file, const char *text, size_t len)
{
	int fd = open_in(cg, file, O_WRONLY), err;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, text, len);
	err = n < 0 ? -errno : n != (ssize_t)len ? -EIO : 0;
	close(fd);
	return err;
}

int cgroup_enter(const struct cgroup *cg, pid_t pid)
{
	char digits[16];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + pid % 10);
		pid /= 10;
	} while (pid);
	return write_in(cg, "cgroup.procs", digits + at, sizeof(digits) - at);
}

/* Before Linux 5.14 there is no cgroup.kill. */
static int kill_each(const char *path, const struct stat *st UNUSED, int type UNUSED,
		     struct FTW *at UNUSED)
{
	FILE *f = str_ends_with(path, "/cgroup.procs") ? fopen(path, "re") : NULL;
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1) {
		if (pid > 0 && pid != getpid())
			kill(pid, SIGKILL);
	}
	if (f)
		fclose(f);
	return 0;
}

/* Of the cgroup, and of those below it: what nftw() finds goes here. */
static unsigned int found;

static int count_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		     struct FTW *at UNUSED)
{
	struct strbuf text = STRBUF_INIT;

	if (str_ends_with(path, "/cgroup.procs") && !strbuf_read_file(&text, path))
		for (const char *s = text.s; (s = strchr(s, '\n')); s++)
			found++;
	strbuf_release(&text);
	return 0;
}

unsigned int cgroup_count(const struct cgroup *cg)
{
	found = 0;
	if (cg->path[0])
		nftw(cg->path, count_one, TREE_FDS, FTW_PHYS);
	return found;
}

/* What its processes made below it, the deepest first. */
static int remove_one(const char *path, const struct stat *st UNUSED, int type,
		      struct FTW *at UNUSED)
{
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

/* Whether cgroup.events has that line. */
static bool event_is(const struct cgroup *cg, const char *line)
{
	struct strbuf text = STRBUF_INIT;
	char path[sizeof(cg->path) + 32];
	bool yes;

	snprintf(path, sizeof(path), "%s/cgroup.events", cg->path);
	yes = !strbuf_read_file(&text, path) && strstr(text.s, line);
	strbuf_release(&text);
	return yes;
}

static bool populated(const struct cgroup *cg)
{
	return event_is(cg, "populated 1");
}

int cgroup_freeze(const struct cgroup *cg, bool stop)
{
	uint64_t deadline = clock_ns() + FREEZE_WAIT_MS * NSEC_PER_MSEC;
	int err = write_in(cg, "cgroup.freeze", stop ? "1" : "0", 1);

	while (!err && stop && !event_is(cg, "frozen 1")) {
		if (clock_ns() > deadline) {
			write_in(cg, "cgroup.freeze", "0", 1);
			return -ETIMEDOUT;
		}
		clock_sleep_ns(NSEC_PER_MSEC / 10);
	}
	return err;
}

void cgroup_remove(struct cgroup *cg)
{
	uint64_t deadline = clock_ns() + EMPTY_WAIT_MS * NSEC_PER_MSEC;

	if (!cg->path[0])
		return;
	while (rmdir(cg->path) && errno == EBUSY) {
		if (populated(cg) && write_in(cg, "cgroup.kill", "1", 1))
			nftw(cg->path, kill_each, TREE_FDS, FTW_PHYS);
		if (!populated(cg))
			nftw(cg->path, remove_one, TREE_FDS, FTW_PHYS | FTW_DEPTH);
		if (clock_ns() > deadline) {
			log_warn("could not empty the cgroup %s; remove it with rmdir", cg->path);
			break;
		}
		clock_sleep_ns(NSEC_PER_MSEC);
	}
	*cg = (struct cgroup){0};
}

unsigned int cgroup_sweep(void)
{
	char mount_path[160];
	unsigned int removed = 0;
	struct dirent *e;
	DIR *dir;

	if (cgroup_find_mount("/proc", mount_path, sizeof(mount_path)))
		return 0;
	dir = opendir(mount_path);
	if (!dir)
		return 0;
	while ((e = readdir(dir))) {
		struct cgroup cg = {0};
		const char *name;
		struct maker made;

		if (strncmp(e->d_name, LEAF_PREFIX, strlen(LEAF_PREFIX)) ||
		    !maker_read(&made, e->d_name + strlen(LEAF_PREFIX), &name) || *name != '-' ||
		    !maker_is_gone(&made))
			continue;
		if (snprintf(cg.path, sizeof(cg.path), "%s/%s", mount_path, e->d_name) >=
		    (int)sizeof(cg.path))
			continue;
		cgroup_remove(&cg);
		removed++;
	}
	closedir(dir);
	return removed;
}
