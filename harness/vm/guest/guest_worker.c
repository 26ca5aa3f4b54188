/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Starts a worker for one path and takes its counts, or asks the one that stays; the worker's own
 * main. The one that stays reads requests from a pipe, takes the rings out of process 1, and
 * answers on another pipe: it has no mapping that others have not.
 */
#include "lib/base.h"
#include "harness/vm/guest/guest_tasks.h"
#include "harness/vm/guest/guest_worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RESULT_FD = 3,
	REQUEST_FD = 4,
	FIRST_RING_FD = 4,
	MAX_COUNTS = GUEST_MAX_CALLS * GUEST_MAX_PERCENT / 100
};

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

static int run_new(size_t path, const struct guest_ring_fd *rings, size_t nrings, uint64_t *out,
		   size_t n)
{
	int fd = memfd_create("counts", MFD_CLOEXEC), status, err = 0;
	ssize_t bytes = 0;
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
	else if ((bytes = pread(fd, out, n * sizeof(*out), 0)) <= 0)
		err = -EIO;
out:
	close(fd);
	return err ? err : (int)((size_t)bytes / sizeof(*out));
}

/* --- the worker that stays --------------------------------------------------------------------
 */

struct request {
	uint64_t path, n, nrings;
	struct guest_ring_fd rings[GUEST_MAX_RINGS]; /* as process 1 has them */
};

/* Not from malloc: its calls would come between. */
static uint64_t counts[MAX_COUNTS];

/* Returns how many it counted, or -errno. */
static int run_here(size_t index, const struct guest_ring_fd *fds, size_t nrings, size_t n,
		    bool waiting)
{
	struct guest_rings rings;
	struct guest_path path;
	int err;

	if (n > MAX_COUNTS || !guest_path_get(index, &path))
		return -EINVAL;
	path.waiting = waiting;
	memset(counts, 1, n * sizeof(*counts)); /* no page fault later */
	err = guest_rings_map(&rings, fds, nrings);
	if (err)
		return err;
	guest_rings_drain(&rings);
	return guest_path_run(&path, &rings, counts, n);
}

static int take_rings(const struct request *q, struct guest_ring_fd *fds)
{
	int first = (int)syscall(SYS_pidfd_open, 1, 0), err = first < 0 ? -errno : 0;

	for (size_t i = 0; i < q->nrings && !err; i++) {
		fds[i].bytes = q->rings[i].bytes;
		fds[i].fd = (int)syscall(SYS_pidfd_getfd, first, q->rings[i].fd, 0);
		err = fds[i].fd < 0 ? -errno : 0;
	}
	if (first >= 0)
		close(first);
	return err;
}

static int serve(void)
{
	struct request q;

	while (read(REQUEST_FD, &q, sizeof(q)) == sizeof(q)) {
		struct guest_ring_fd fds[GUEST_MAX_RINGS];
		int64_t said;

		for (size_t i = 0; i < GUEST_MAX_RINGS; i++)
			fds[i].fd = -1;
		said = take_rings(&q, fds);
		if (!said)
			said = run_here(q.path, fds, q.nrings, q.n, true);
		for (size_t i = 0; i < GUEST_MAX_RINGS; i++)
			if (fds[i].fd >= 0)
				close(fds[i].fd);
		if (write(RESULT_FD, &said, sizeof(said)) != sizeof(said) ||
		    (said > 0 && write(RESULT_FD, counts, (size_t)said * sizeof(*counts)) < 0))
			break;
	}
	return errno;
}

static void exec_staying(int requests, int results)
{
	requests = out_of_the_way(requests);
	results = out_of_the_way(results);
	if (dup2(results, RESULT_FD) >= 0 && dup2(requests, REQUEST_FD) >= 0)
		execl("/init", GUEST_WORKER, NULL);
	_exit(ENOENT);
}

/* Ends of the pipes here; started when it is wanted first. Returns 0 or -errno. */
static int staying(int *ask, int *hear)
{
	static int to = -1, from = -1;
	int requests[2] = {-1, -1}, results[2] = {-1, -1}, err = 0;
	pid_t pid;

	if (to < 0) {
		if (pipe2(requests, O_CLOEXEC) || pipe2(results, O_CLOEXEC))
			return -errno;
		pid = vfork();
		if (!pid)
			exec_staying(requests[0], results[1]);
		err = pid < 0 ? -errno : 0;
		close(requests[0]);
		close(results[1]);
		to = requests[1];
		from = results[0];
	}
	*ask = to;
	*hear = from;
	return err;
}

/* All @bytes: a pipe gives what is there. */
static int hear_all(int fd, void *to, size_t bytes)
{
	for (ssize_t got; bytes; bytes -= (size_t)got, to = (char *)to + got) {
		got = read(fd, to, bytes);
		if (got <= 0)
			return got ? -errno : -ECHILD;
	}
	return 0;
}

static int run_staying(size_t path, const struct guest_ring_fd *rings, size_t nrings, uint64_t *out,
		       size_t n)
{
	struct request q = {.path = path, .n = n, .nrings = nrings};
	int ask, hear, err = staying(&ask, &hear);
	int64_t said = 0;

	for (size_t i = 0; i < nrings; i++)
		q.rings[i] = rings[i];
	if (!err && write(ask, &q, sizeof(q)) != sizeof(q))
		err = -EIO;
	if (!err)
		err = hear_all(hear, &said, sizeof(said));
	if (!err && said > 0)
		err = hear_all(hear, out, (size_t)said * sizeof(*out));
	return err ? err : (int)said;
}

int guest_worker_run(size_t path, const struct guest_ring_fd *rings, size_t nrings, bool waiting,
		     uint64_t *out, size_t n)
{
	return waiting && n + GUEST_WARM_UP_TASKS <= guest_tasks_room()
		       ? run_staying(path, rings, nrings, out, n)
		       : run_new(path, rings, nrings, out, n);
}

int guest_worker_main(int argc, char *argv[])
{
	struct guest_ring_fd fds[GUEST_MAX_RINGS];
	size_t n, nrings = 0;
	int counted;

	if (argc == 1)
		return serve();
	if (argc != 3 + GUEST_MAX_RINGS)
		return EINVAL;
	n = strtoul(argv[2], NULL, 10);
	for (size_t i = 0; i < GUEST_MAX_RINGS; i++) {
		fds[i] = (struct guest_ring_fd){FIRST_RING_FD + (int)i,
						strtoull(argv[3 + i], NULL, 10)};
		nrings += fds[i].bytes > 0;
	}
	counted = run_here(strtoul(argv[1], NULL, 10), fds, nrings, n, false);
	if (counted < 0)
		return -counted;
	return write(RESULT_FD, counts, (size_t)counted * sizeof(*counts)) < 0 ? errno : 0;
}
