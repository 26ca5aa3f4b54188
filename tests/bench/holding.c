/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holds 50 MiB that no monitor of processes sees: holding MODE SECONDS, for scripts/allocators.sh.
 *
 *   memfd        written into a file in memory, never mapped
 *   segment      a SysV segment, written and detached; removed at the end
 *   registered   mapped, registered with io_uring and unmapped: the pages stay pinned
 *
 * Exit code 77 where the kernel does not let it.
 */
#include "lib/base.h"

#include <linux/io_uring.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define HELD (50UL * 1024 * 1024)

/* A signal ends the sleep, and no more: a segment outlives its process and must be removed. */
static void wake(int signal UNUSED)
{
}

static int memfd(void)
{
	static char page[4096];
	const int fd = memfd_create("held", MFD_CLOEXEC);

	for (size_t at = 0; fd >= 0 && at < HELD; at += sizeof(page))
		if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
			return -errno;
	return fd < 0 ? -errno : 0;
}

static int segment(int seconds)
{
	const int id = shmget(IPC_PRIVATE, HELD, 0600);
	void *at = id < 0 ? MAP_FAILED : shmat(id, NULL, 0);
	int err = 0;

	if (at == MAP_FAILED) {
		err = -errno;
	} else {
		memset(at, 1, HELD);
		shmdt(at);
		sleep(seconds);
	}
	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return err;
}

static int registered(void)
{
	struct io_uring_params params = {0};
	struct iovec buffer = {.iov_len = HELD};
	const long fd = syscall(__NR_io_uring_setup, 4, &params);

	if (fd < 0)
		return -errno;
	buffer.iov_base =
		mmap(NULL, HELD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (buffer.iov_base == MAP_FAILED)
		return -errno;
	memset(buffer.iov_base, 1, HELD);
	if (syscall(__NR_io_uring_register, fd, IORING_REGISTER_BUFFERS, &buffer, 1))
		return -errno;
	return munmap(buffer.iov_base, HELD) ? -errno : 0;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	const int seconds = argc > 2 ? atoi(argv[2]) : 0;
	int err;

	signal(SIGTERM, wake);
	signal(SIGINT, wake);
	if (!strcmp(mode, "memfd"))
		err = memfd();
	else if (!strcmp(mode, "segment"))
		return segment(seconds) ? EXIT_SKIP : EXIT_OK;
	else if (!strcmp(mode, "registered"))
		err = registered();
	else
		return EXIT_USAGE;
	if (err)
		return EXIT_SKIP;
	sleep(seconds);
	return EXIT_OK;
}
