/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroup2 leaves: made, entered, emptied, removed. */
#include "lib/base.h"
#include "lib/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
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

enum { EMPTY_WAIT_MS = 2000 };

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

/* "MOUNT/beebench-PID-START-NAMESPACE-NAME": whose it is can be told when we are gone. */
static int name_leaf(struct cgroup *cg, const char *mount_path, const char *name)
{
	struct strbuf path = STRBUF_INIT;
	struct maker self;
	int err = maker_self(&self);

	if (err) {
		log_err_sys(err, "cannot find out who we are in /proc");
		return err;
	}
	strbuf_addf(&path, "%s/" LEAF_PREFIX, mount_path);
	maker_write(&self, &path);
	strbuf_addf(&path, "-%s", name);
	if (path.len >= sizeof(cg->path)) {
		log_err("cgroup name too long: %s", name);
		err = -ENAMETOOLONG;
	} else {
		memcpy(cg->path, path.s, path.len + 1);
	}
	strbuf_release(&path);
	return err;
}

int cgroup_create(struct cgroup *cg, const char *name)
{
	char mount_path[160];
	struct stat st;
	int err;

	*cg = (struct cgroup){0};
	err = cgroup_find_mount("/proc", mount_path, sizeof(mount_path));
	if (err == -ENOENT)
		err = mount_own(mount_path, sizeof(mount_path));
	if (err) {
		log_err_sys(err, "cgroup2 is not mounted; as root: mount -t cgroup2 none FOLDER");
		return err;
	}
	err = name_leaf(cg, mount_path, name);
	if (err)
		return err;
	/* One of this name we made ourselves: empty, or rmdir refuses. */
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
static void kill_each(const struct cgroup *cg)
{
	int fd = open_in(cg, "cgroup.procs", O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	int pid;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (fscanf(f, "%d", &pid) == 1) {
		if (pid > 0 && pid != getpid())
			kill(pid, SIGKILL);
	}
	fclose(f);
}

static bool populated(const struct cgroup *cg)
{
	struct strbuf text = STRBUF_INIT;
	char path[sizeof(cg->path) + 32];
	bool yes;

	snprintf(path, sizeof(path), "%s/cgroup.events", cg->path);
	yes = !strbuf_read_file(&text, path) && strstr(text.s, "populated 1");
	strbuf_release(&text);
	return yes;
}

void cgroup_remove(struct cgroup *cg)
{
	uint64_t deadline = clock_ns() + EMPTY_WAIT_MS * NSEC_PER_MSEC;

	if (!cg->path[0])
		return;
	while (rmdir(cg->path) && errno == EBUSY) {
		if (populated(cg) && write_in(cg, "cgroup.kill", "1", 1))
			kill_each(cg);
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
		struct maker made;
		const char *end;

		if (strncmp(e->d_name, LEAF_PREFIX, strlen(LEAF_PREFIX)) ||
		    !maker_read(&made, e->d_name + strlen(LEAF_PREFIX), &end) || *end != '-' ||
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
