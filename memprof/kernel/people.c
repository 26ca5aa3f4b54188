/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who a process was: its name and start come from the kernel's side, which saw it alive; the rest
 * from /proc, if the one there started at the same time. */
#include "lib/base.h"
#include "memprof/kernel/people.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/proctask.h"

/* A file handle of kernfs is the number of its node (FILEID_KERNFS, linux/exportfs.h). */
enum { FILEID_KERNFS = 0xfe };

void people_cgroup(uint64_t id, char *path, size_t size)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = {.head = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}, .id = id};
	char mount[256], link[64];
	ssize_t n = -1;
	int fd, dir;

	path[0] = '\0';
	if (!id || cgroup_find_mount("/proc", mount, sizeof(mount)))
		return;
	dir = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	memcpy(handle.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(dir, &handle.head, O_PATH | O_CLOEXEC);
	close(dir);
	if (fd < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	close(fd);
	path[n > 0 ? n : 0] = '\0';
	if (n > 0 && !strncmp(path, mount, strlen(mount)))
		memmove(path, path + strlen(mount), strlen(path + strlen(mount)) + 1);
	if (n > 0 && !path[0])
		snprintf(path, size, "/");
}

static uint64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t people_real_ns(uint64_t boot_ns)
{
	return now_ns(CLOCK_REALTIME) - now_ns(CLOCK_BOOTTIME) + boot_ns;
}

static uint64_t ticks_of(uint64_t ns)
{
	return ns / (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Of the process that runs with this number, if it is the one. */
static bool read_running(uint32_t pid, uint64_t start_ns, char *command, size_t size,
			 struct profile_process *one)
{
	int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct proctask_stat stat;
	ssize_t n = -1;
	uint32_t uid;
	bool same;

	command[0] = '\0';
	if (proc_fd < 0)
		return false;
	same = !proctask_stat(proc_fd, pid, &stat, &uid) &&
	       ticks_of(stat.start_ns) == ticks_of(start_ns) && !strchr("ZX", stat.state);
	if (same) {
		one->threads = stat.threads;
		one->owner = uid + 1;
		n = proctask_read(proc_fd, pid, "cmdline", command, size);
	}
	for (ssize_t i = 0; i + 1 < n; i++)
		if (!command[i])
			command[i] = ' ';
	close(proc_fd);
	return same;
}

uint32_t people_add(struct profile *p, const struct kernel_process_key *key,
		    const struct kernel_process *known)
{
	struct profile_process one = {.pid = key->tgid};
	char command[4096] = "", cgroup[4096] = "", comm[17] = "";
	bool runs = false;

	if (known) {
		memcpy(comm, known->comm, sizeof(known->comm));
		one.parent = known->parent;
		one.start_ticks = ticks_of(known->start_ns);
		one.start_ns = people_real_ns(known->start_ns);
		people_cgroup(known->cgroup_id, cgroup, sizeof(cgroup));
		runs = read_running(key->tgid, known->start_ns, command, sizeof(command), &one);
		runs = runs || !key->tgid;
	} else {
		snprintf(comm, sizeof(comm), "-");
	}
	one.comm = comm;
	one.command_line = command;
	one.cgroup = cgroup;
	one.ended = known ? runs ? "running" : "ended" : "-";
	return profile_add_process(p, &one);
}
