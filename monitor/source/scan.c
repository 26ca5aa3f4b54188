/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All processes by a walk through /proc: the way without BPF, in the iterator's terms. */
#include "lib/base.h"
#include "monitor/source/tasks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/proctask.h"

/* As /proc writes states; tasks_state() reads them back. */
static uint32_t state_bits(char letter)
{
	static const char letters[] = "SDTtXZP";
	const char *at = strchr(letters, letter);

	if (letter == 'I')
		return 0x402;
	return at && letter ? 1U << (at - letters) : 0;
}

/* What /proc shows is scaled already: handed on as the runtime, it stays as it is. */
static int read_process(int proc_fd, uint32_t pid, const struct tasks_reader *to,
			struct task_row *row)
{
	struct proctask_memory memory;
	struct proctask_stat stat;
	uint32_t uid = 0;
	uint64_t page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	int err = proctask_stat(proc_fd, pid, &stat, &uid);

	err = err ? err : proctask_statm(proc_fd, pid, &memory);
	if (err)
		return err;
	*row = (struct task_row){
		.thread = {.pid = pid,
			   .tgid = pid,
			   .start_ns = stat.start_ns - (uint64_t)to->boot_offset_ns,
			   .utime = stat.utime_ns,
			   .stime = stat.stime_ns,
			   .runtime = stat.utime_ns + stat.stime_ns,
			   .state = state_bits(stat.state)},
		.ppid = stat.ppid,
		.uid = uid,
		.threads = stat.threads,
		.flags = stat.kernel	      ? TASK_KERNEL
			 : memory.size_kb > 0 ? TASK_MEMORY
					      : 0,
		.vm = memory.size_kb / page_kb,
		.rss = memory.rss_kb / page_kb,
	};
	memcpy(row->comm, stat.comm, sizeof(row->comm));
	return 0;
}

static bool to_number(const char *name, uint32_t *out)
{
	char *end;

	if (*name < '1' || *name > '9')
		return false;
	*out = (uint32_t)strtoul(name, &end, 10);
	return !*end;
}

static void read_threads(int proc_fd, uint32_t pid, const struct tasks_reader *to)
{
	char path[64];
	struct dirent *d;
	uint32_t tid;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%u/task", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		/* Its times are in those of the process, as /proc adds them up. */
		struct task_thread thread = {.tgid = pid};

		if (to_number(d->d_name, &tid) && tid != pid) {
			thread.pid = tid;
			to->thread(to->arg, &thread);
		}
	}
	closedir(dir);
}

int scan_read(int proc_fd, const struct tasks_reader *to, bool threads, struct tasks_missed *missed)
{
	struct task_row row;
	struct dirent *d;
	int fd = openat(proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	uint32_t pid;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		err = -errno;
		log_err_sys(err, "/proc cannot be read");
		if (fd >= 0)
			close(fd);
		return err;
	}
	while ((d = readdir(dir))) {
		if (!to_number(d->d_name, &pid))
			continue;
		err = read_process(proc_fd, pid, to, &row);
		if (err == -ESRCH || err == -ENOENT)
			missed->vanished++;
		if (err == -EACCES || err == -EPERM)
			missed->hidden++;
		if (err)
			continue;
		to->process(to->arg, &row);
		if (threads && to->thread && row.threads > 1)
			read_threads(proc_fd, pid, to);
	}
	closedir(dir);
	return 0;
}

void scan_unlisted(int proc_fd, uint32_t pid, const struct tasks_reader *to, bool threads)
{
	struct task_row row;

	if (read_process(proc_fd, pid, to, &row))
		return;
	row.flags |= TASK_UNLISTED;
	to->process(to->arg, &row);
	if (threads && to->thread && row.threads > 1)
		read_threads(proc_fd, pid, to);
}
