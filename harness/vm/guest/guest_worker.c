/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Starts a worker for one path and takes its counts; the worker's own main. */
#include "lib/base.h"
#include "harness/vm/guest/guest_worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RESULT_FD = 3, FIRST_RING_FD = 4, MAX_COUNTS = GUEST_MAX_CALLS * GUEST_MAX_PERCENT / 100 };

/* Descriptors that are in nobody's way while they are put in order. */
static int out_of_the_way(int fd)
{
	return fcntl(fd, F_DUPFD, FIRST_RING_FD + GUEST_MAX_RINGS);
}

static void exec_worker(size_t path, const struct guest_ring_fd *rings, size_t nrings, int result,
			size_t n)
{
	char words[3 + GUEST_MAX_RINGS][24], *argv[4 + GUEST_MAX_RINGS] = {NULL};
	int high[GUEST_MAX_RINGS];

	snprintf(words[0], sizeof(words[0]), GUEST_WORKER);
	snprintf(words[1], sizeof(words[1]), "%4zu", path); /* one width: one layout of the stack */
	snprintf(words[2], sizeof(words[2]), "%8zu", n);
	for (size_t i = 0; i < GUEST_MAX_RINGS; i++)
		snprintf(words[3 + i], sizeof(words[0]), "%20llu",
			 (unsigned long long)(i < nrings ? rings[i].bytes : 0));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		argv[i] = words[i];
	result = out_of_the_way(result);
	for (size_t i = 0; i < nrings; i++)
		high[i] = out_of_the_way(rings[i].fd);
	if (dup2(result, RESULT_FD) < 0)
		_exit(EBADF);
	for (size_t i = 0; i < nrings; i++)
		if (dup2(high[i], FIRST_RING_FD + (int)i) < 0)
			_exit(EBADF);
	execv("/init", argv);
	_exit(ENOENT);
}

/* Its process id or -errno. Not fork(): a copy of our page tables for each path is dear here. */
static pid_t start_worker(size_t path, const struct guest_ring_fd *rings, size_t nrings, int result,
			  size_t n)
{
	pid_t pid = vfork();

	if (!pid)
		exec_worker(path, rings, nrings, result, n);
	return pid < 0 ? -errno : pid;
}

int guest_worker_run(size_t path, const struct guest_ring_fd *rings, size_t nrings, uint64_t *out,
		     size_t n)
{
	int fd = memfd_create("counts", MFD_CLOEXEC), status, err = 0;
	ssize_t bytes = (ssize_t)(n * sizeof(*out));
	pid_t pid;

	if (fd < 0)
		return -errno;
	pid = start_worker(path, rings, nrings, fd, n);
	if (pid < 0) {
		err = pid;
		goto out;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		err = -ECHILD;
	else if (WEXITSTATUS(status))
		err = -WEXITSTATUS(status);
	else if (pread(fd, out, (size_t)bytes, 0) != bytes)
		err = -EIO;
out:
	close(fd);
	return err;
}

int guest_worker_main(int argc, char *argv[])
{
	/* Not from malloc: its calls would come between. */
	static uint64_t counts[MAX_COUNTS];
	struct guest_ring_fd fds[GUEST_MAX_RINGS];
	struct guest_rings rings;
	struct guest_path path;
	size_t index, n, nrings = 0;
	int err;

	if (argc != 3 + GUEST_MAX_RINGS)
		return EINVAL;
	index = strtoul(argv[1], NULL, 10);
	n = strtoul(argv[2], NULL, 10);
	if (n > MAX_COUNTS || !guest_path_get(index, &path))
		return EINVAL;
	for (size_t i = 0; i < GUEST_MAX_RINGS; i++) {
		fds[i] = (struct guest_ring_fd){FIRST_RING_FD + (int)i,
						strtoull(argv[3 + i], NULL, 10)};
		nrings += fds[i].bytes > 0;
	}
	err = guest_rings_map(&rings, fds, nrings);
	if (err)
		return -err;
	memset(counts, 1, sizeof(counts)); /* no page fault later */
	guest_rings_drain(&rings);
	err = guest_path_run(&path, &rings, counts, n);
	if (err)
		return -err;
	return write(RESULT_FD, counts, n * sizeof(*counts)) < 0 ? errno : 0;
}
