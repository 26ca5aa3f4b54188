/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Forks idle children up to the limits of the machine, and says which limit it was. */
#include "lib/base.h"
#include "tests/bench/crowd.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"

enum { SPARE = 200 }; /* processes that others may want meanwhile */

static uint64_t read_number(const char *path)
{
	unsigned long long v = 0;
	FILE *f = fopen(path, "re");

	if (f) {
		if (fscanf(f, "%llu", &v) != 1)
			v = 0;
		fclose(f);
	}
	return v;
}

/* Threads that exist: "0.10 0.20 0.30 1/123 4567". */
static uint64_t threads_now(void)
{
	unsigned long long n = 0;
	FILE *f = fopen("/proc/loadavg", "re");

	if (f) {
		if (fscanf(f, "%*f %*f %*f %*u/%llu", &n) != 1)
			n = 0;
		fclose(f);
	}
	return n;
}

static int check_limits(size_t more)
{
	static const struct {
		const char *path, *name;
	} limits[] = {{"/proc/sys/kernel/pid_max", "kernel.pid_max"},
		      {"/proc/sys/kernel/threads-max", "kernel.threads-max"}};
	uint64_t want = threads_now() + more + SPARE;
	struct rlimit rl;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		uint64_t max = read_number(limits[i].path);

		if (max && max < want) {
			log_err("%zu more processes do not fit: %s is %llu; as root: sysctl -w "
				"%s=%llu, or ask for fewer (--processes)",
				more, limits[i].name, (unsigned long long)max, limits[i].name,
				(unsigned long long)(want * 2));
			return -EAGAIN;
		}
	}
	if (!getrlimit(RLIMIT_NPROC, &rl) && rl.rlim_cur != RLIM_INFINITY) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NPROC, &rl);
		if (geteuid() && rl.rlim_max != RLIM_INFINITY && rl.rlim_max < want) {
			log_err("%zu more processes do not fit: this user may have %llu (ulimit "
				"-u); run it as root, or ask for fewer (--processes)",
				more, (unsigned long long)rl.rlim_max);
			return -EAGAIN;
		}
	}
	return 0;
}

__attribute__((noreturn)) static void idle(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "idle-peer");
	signal(SIGINT, SIG_IGN); /* of the terminal: the parent ends it */
	if (getppid() != parent)
		_exit(0);
	for (;;)
		pause();
}

int crowd_grow(struct crowd *c, size_t n)
{
	pid_t self = getpid();
	int err;

	if (n <= c->n)
		return 0;
	err = check_limits(n - c->n);
	if (err)
		return err;
	if (n > c->cap) {
		pid_t *pids = reallocarray(c->pids, n, sizeof(*pids));

		if (!pids)
			return -ENOMEM;
		c->pids = pids;
		c->cap = n;
	}
	while (c->n < n) {
		pid_t pid = fork();

		if (!pid)
			idle(self);
		if (pid < 0) {
			err = -errno;
			log_err_sys(err,
				    "fork, after %zu idle processes (look at pids.max of this "
				    "cgroup, ulimit -u and free memory)",
				    c->n);
			return err;
		}
		c->pids[c->n++] = pid;
	}
	return 0;
}

void crowd_end(struct crowd *c)
{
	for (size_t i = 0; i < c->n; i++)
		kill(c->pids[i], SIGKILL);
	for (size_t i = 0; i < c->n; i++)
		waitpid(c->pids[i], NULL, 0);
	free(c->pids);
	*c = (struct crowd){0};
}

size_t crowd_machine(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	while (dir && (d = readdir(dir)))
		n += isdigit((unsigned char)d->d_name[0]) != 0;
	if (dir)
		closedir(dir);
	return n;
}
