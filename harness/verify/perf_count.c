/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System calls counted by perf. */
#include "lib/base.h"
#include "harness/verify/perf_count.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/procfs.h"
#include "lib/strbuf.h"

static int tracepoint_id(uint64_t *id)
{
	char mount_path[256], path[512];
	struct strbuf text = STRBUF_INIT;
	int err = procfs_find_mount("/proc", "tracefs", mount_path, sizeof(mount_path));

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/events/raw_syscalls/sys_enter/id", mount_path);
	err = strbuf_read_file(&text, path);
	if (!err)
		*id = strtoull(text.s, NULL, 10);
	strbuf_release(&text);
	return err;
}

static int open_one(uint64_t id, long number, pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = id,
		.inherit = 1,
	};
	char filter[64];
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	snprintf(filter, sizeof(filter), "id == %ld", number);
	if (!ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int perf_count_open(struct perf_count *p, pid_t pid)
{
	static const long number[LEDGER_OP_COUNT] = {
		[LEDGER_MMAP] = SYS_mmap,
		[LEDGER_MUNMAP] = SYS_munmap,
		[LEDGER_BRK] = SYS_brk,
		[LEDGER_MREMAP] = SYS_mremap,
	};
	uint64_t id = 0;
	int err = tracepoint_id(&id);

	for (int op = 0; op < LEDGER_OP_COUNT; op++)
		p->fd[op] = -1;
	for (int op = 0; !err && op < LEDGER_OP_COUNT; op++) {
		p->fd[op] = open_one(id, number[op], pid);
		err = MIN(p->fd[op], 0);
	}
	if (err)
		perf_count_close(p);
	return err;
}

int perf_count_read(const struct perf_count *p, uint64_t calls[LEDGER_OP_COUNT])
{
	for (int op = 0; op < LEDGER_OP_COUNT; op++)
		if (read(p->fd[op], &calls[op], sizeof(calls[op])) != sizeof(calls[op]))
			return -EIO;
	return 0;
}

void perf_count_close(struct perf_count *p)
{
	for (int op = 0; op < LEDGER_OP_COUNT; op++) {
		if (p->fd[op] >= 0)
			close(p->fd[op]);
		p->fd[op] = -1;
	}
}
