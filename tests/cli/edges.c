/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Commands at the edges of what a trial can see: edges CASE [CGROUP | NUMBER]. Each says what it
 * did by its exit code only; tests/cli/n13_processes.t, n14_upper.t, n15_answered.t and
 * n16_cgroups.t compile it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { CALLS = 10, ELSEWHERE = 33, BYTES = 65536 };

static void maps(int n)
{
	for (int i = 0; i < n; i++)
		syscall(SYS_mmap, 0, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void unmaps(int n)
{
	for (int i = 0; i < n; i++)
		syscall(SYS_munmap, 0x10000, 4096);
}

/* What seccomp does with calls @number from now on. */
static int filter(unsigned int number, unsigned int action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context; /* the result stays what the kernel put there: the call's number */
}

static int trap(void)
{
	struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};

	sigaction(SIGSYS, &sa, NULL);
	if (filter(SYS_mmap, SECCOMP_RET_TRAP) || filter(SYS_munmap, SECCOMP_RET_TRAP) ||
	    filter(SYS_brk, SECCOMP_RET_TRAP))
		return 3;
	maps(CALLS);
	unmaps(CALLS);
	for (int i = 0; i < CALLS; i++)
		syscall(SYS_brk, SYS_brk);
	return 0;
}

static int answered(unsigned int number, unsigned int with)
{
	if (filter(number, SECCOMP_RET_ERRNO | with))
		return 3;
	maps(CALLS);
	unmaps(CALLS);
	return 0;
}

static int killed(void)
{
	int status;

	for (int i = 0; i < CALLS; i++) {
		pid_t pid = fork();

		if (!pid) {
			prctl(PR_SET_DUMPABLE, 0);
			filter(SYS_mmap, SECCOMP_RET_KILL_PROCESS);
			maps(1);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (!WIFSIGNALED(status))
			return 3;
	}
	return 0;
}

/* The kernel takes the lower half of a number (x86-64), and passes over what stands above it. */
static int upper(void)
{
	const long above = 0x7ead00000000;
	long at;

	for (int i = 0; i < CALLS; i++) {
		at = syscall(SYS_mmap | above, 0, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
		if (at < 0 || syscall(SYS_munmap | above, at, BYTES / 2) ||
		    syscall(SYS_mremap | above, at + BYTES / 2, BYTES / 2, BYTES / 4, 0) < 0)
			return 3;
	}
	at = syscall(SYS_brk | above, 0);
	return syscall(SYS_brk | above, at + BYTES) == at + BYTES ? 0 : 3;
}

static int enter(const char *cgroup)
{
	char path[4096];
	int fd, err;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY);
	err = fd < 0 || write(fd, "0", 1) != 1;
	close(fd);
	return err;
}

/* A cgroup below the one it is in, as systemd-run and container runtimes make them, twice. */
static int below(const char *mount)
{
	char text[4096] = "", path[8192], *own;
	int fd = open("/proc/self/cgroup", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return 3;
	close(fd);
	own = strstr(text, "0::");
	if (!own)
		return 3;
	own[strcspn(own, "\n")] = '\0';
	snprintf(path, sizeof(path), "%s%s/below", mount, own + 3);
	if (mkdir(path, 0755))
		return 3;
	strcat(path, "/deeper");
	if (mkdir(path, 0755) || enter(path))
		return 3;
	maps(ELSEWHERE);
	return 0;
}

static int child_leaves(const char *cgroup)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (enter(cgroup))
			_exit(3);
		maps(ELSEWHERE);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status ? 3 : 0;
}

static int processes(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			maps(1);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "", *cgroup = argc > 2 ? argv[2] : "";

	if (!strcmp(name, "trap"))
		return trap();
	if (!strcmp(name, "errno"))
		return answered(SYS_munmap, EPERM);
	if (!strcmp(name, "mmap-0"))
		return answered(SYS_mmap, 0);
	if (!strcmp(name, "munmap-0"))
		return answered(SYS_munmap, 0);
	if (!strcmp(name, "upper"))
		return upper();
	if (!strcmp(name, "kill"))
		return killed();
	if (!strcmp(name, "processes"))
		return processes(atoi(cgroup));
	if (!strcmp(name, "below"))
		return below(cgroup);
	if (!strcmp(name, "child-leaves"))
		return child_leaves(cgroup);
	if (!strcmp(name, "leaves")) {
		if (enter(cgroup))
			return 3;
		maps(ELSEWHERE);
		return 0;
	}
	return 2;
}
