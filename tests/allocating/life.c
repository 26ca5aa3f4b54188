/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What happens to processes and threads, with a known number of blocks: life WHAT [N]. Each block
 * has 100 bytes, but where something else is said. No stdio, so nothing else is allocated. WAIT=1
 * begins when its input ends.
 */
#include "lib/base.h"

#include <dlfcn.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/allocating/chunks.h"

#define NOINLINE static __attribute__((noinline))

extern char **environ;
static void *block[100000];

NOINLINE void allocate(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		block[i] = malloc(100);
}

NOINLINE void release(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		free(block[i]);
		block[i] = NULL;
	}
}

static int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}

/* 100 blocks, 60 freed; the child frees all 100 of its copy and allocates 50. */
static int do_fork(unsigned int n)
{
	pid_t pid;

	(void)n;
	allocate(100);
	pid = fork();
	if (!pid) {
		release(100);
		allocate(50);
		_exit(0);
	}
	release(60);
	return wait_for(pid);
}

/* @n generations of forks, each of which frees what it inherits and allocates 10. */
static int do_generations(unsigned int n)
{
	allocate(10);
	for (unsigned int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid)
			return wait_for(pid);
		release(10);
		allocate(10);
	}
	return 0;
}

/* 7 blocks, then another image of the same process. */
static int do_exec(unsigned int n)
{
	char *words[] = {"life", "live", "9", NULL};

	(void)n;
	allocate(7);
	execv("/proc/self/exe", words);
	return 2;
}

/* Another program by posix_spawn(), which begins in our memory. */
static int do_spawn(unsigned int n)
{
	char *words[] = {"life", "live", "9", NULL};
	pid_t pid;

	(void)n;
	allocate(7);
	if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, words, environ))
		return 2;
	return wait_for(pid);
}

static int do_vfork(unsigned int n)
{
	pid_t pid;

	(void)n;
	allocate(7);
	pid = vfork();
	if (!pid)
		_exit(3);
	return wait_for(pid) == 3 ? 0 : 2;
}

/* @n blocks and no end of it but by a signal. */
static int do_kill(unsigned int n)
{
	allocate(n);
	kill(getpid(), SIGKILL);
	return 2;
}

static int do_live(unsigned int n)
{
	allocate(n);
	return 0;
}

static int do_released(unsigned int n)
{
	allocate(n);
	release(n);
	return 0;
}

/* Closes whatever can be closed, then allocates. */
static int do_close(unsigned int n)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	allocate(n);
	return 0;
}

/* @n blocks, and as many of a child's. */
static int with_child(unsigned int n)
{
	pid_t pid;

	allocate(n);
	pid = fork();
	if (!pid) {
		allocate(n);
		_exit(0);
	}
	return wait_for(pid);
}

/* Has no descriptor to give from now on. */
static int do_limited(unsigned int n)
{
	struct rlimit none = {0, 0};

	return setrlimit(RLIMIT_NOFILE, &none) ? 2 : with_child(n);
}

/* Is ended by the system calls by which a profiler might get memory to share. */
static int do_filtered(unsigned int n)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {ARRAY_SIZE(code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return 3;
	return with_child(n);
}

/* Has no system calls from now on but read(), write() and exit(). */
static int do_strict(unsigned int n)
{
	allocate(n);
	release(n);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 3;
	allocate(n);
	syscall(SYS_exit, 0);
	return 2;
}

/* Its first allocation is glibc's own, under a lock of the thread. */
static void *attr_thread(void *arg UNUSED)
{
	pthread_attr_t attr;
	void *p;

	if (pthread_getattr_np(pthread_self(), &attr) || pthread_attr_destroy(&attr))
		_exit(2);
	p = malloc(100);
	__asm__ volatile("" ::"r"(p) : "memory");
	return NULL;
}

static int do_getattr(unsigned int n)
{
	pthread_t t;

	while (n--)
		if (pthread_create(&t, NULL, attr_thread, NULL) || pthread_join(t, NULL))
			return 2;
	return 0;
}

static pthread_barrier_t all;

static void *thread_main(void *arg)
{
	void *p[10];

	/* Each has its counters before the first leaves. */
	p[0] = malloc(100);
	pthread_barrier_wait(&all);
	for (unsigned int i = 1; i < 10; i++)
		p[i] = malloc(100);
	for (unsigned int i = 0; i < 5; i++)
		free(p[i]);
	return arg;
}

/* @n threads at once, 10 blocks each, 5 freed; libc has one for each thread. */
static int do_threads(unsigned int n)
{
	pthread_t *thread = malloc(n * sizeof(*thread));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&all, NULL, n);
	for (unsigned int i = 0; i < n; i++)
		if (pthread_create(&thread[i], &attr, thread_main, NULL))
			return 2;
	for (unsigned int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

/* Each step goes one of two ways: 2^depth stacks. */
NOINLINE void left(unsigned int n, unsigned int depth);
NOINLINE void right(unsigned int n, unsigned int depth);

NOINLINE void step(unsigned int n, unsigned int depth)
{
	if (!depth)
		allocate(1);
	else if (n & 1)
		left(n >> 1, depth - 1);
	else
		right(n >> 1, depth - 1);
	__asm__ volatile("");
}

NOINLINE void left(unsigned int n, unsigned int depth)
{
	step(n, depth);
	__asm__ volatile("" ::: "memory");
}

NOINLINE void right(unsigned int n, unsigned int depth)
{
	step(n, depth);
	__asm__ volatile("" ::: "memory");
}

/* @n stacks, a block each. */
static int do_stacks(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		step(i, 10);
	return 0;
}

/* Up to @n blocks of 1,000 bytes live, then none, then half as many. */
NOINLINE void peak_of(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		block[i] = malloc(1000);
	release(n);
}

static int do_peak(unsigned int n)
{
	peak_of(n);
	allocate(n);
	return 0;
}

/* What the two functions below have live, and had when both together had most. */
static uint64_t large, small, most, most_large, most_small;

static void *weighed(void *p)
{
	if (large + small > most) {
		most = large + small;
		most_large = large;
		most_small = small;
	}
	return p;
}

NOINLINE void *large_one(size_t size)
{
	void *p = malloc(size);

	large += size;
	return weighed(p);
}

NOINLINE void *small_one(size_t size)
{
	void *p = malloc(size);

	small += size;
	return weighed(p);
}

static void *frees_even(void *arg)
{
	unsigned int n = *(unsigned int *)arg;

	for (unsigned int i = 0; i < n; i += 2) {
		free(block[i]);
		block[i] = NULL;
	}
	return NULL;
}

/*
 * Up and down from peak to peak, each higher than the one before: blocks of changing sizes from two
 * functions, of which some are freed before others come. Prints what each had at the last peak.
 * With an odd @n a second thread begins then and frees half.
 */
static int do_peaks(unsigned int n)
{
	unsigned int size[1000] = {0};
	uint32_t x = 12345 + n;
	pthread_t thread;
	char line[64];
	int len;

	for (unsigned int i = 0; i < 40 * n; i++) {
		unsigned int k;

		x = x * 1664525 + 1013904223;
		k = (x >> 8) % MIN(n, 1000U);
		/* Later rounds keep more. */
		if (block[k] && (x >> 20) % 40 >= i / n) {
			free(block[k]);
			*(k & 1 ? &large : &small) -= size[k];
			block[k] = NULL;
		} else if (!block[k]) {
			size[k] = k & 1 ? 1000 + (x >> 24) : (x >> 24) % 64;
			block[k] = k & 1 ? large_one(size[k]) : small_one(size[k]);
		}
	}
	/* The last peak, whatever was before. */
	if (n > 10)
		block[1000] = large_one(4 << 20);
	if (n & 1)
		if (pthread_create(&thread, NULL, frees_even, &n) || pthread_join(thread, NULL))
			return 2;
	len = snprintf(line, sizeof(line), "%lu %lu\n", most_large, most_small);
	return write(STDOUT_FILENO, line, (size_t)len) != len;
}

/* @n blocks that are freed before the next is allocated, and as many that are not. */
static int do_temporary(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		block[0] = malloc(100);
		release(1);
	}
	allocate(n);
	for (unsigned int i = 0; i < n; i++)
		free(block[n - 1 - i]);
	return 0;
}

/* C23's functions that free. What libc does not have before 2.43 a profiler may: then it is asked.
 */
void free_sized(void *p, size_t size) __attribute__((weak));
void free_aligned_sized(void *p, size_t align, size_t size) __attribute__((weak));

static int do_sized(unsigned int n)
{
	if (!free_sized || !free_aligned_sized)
		return 3;
	for (unsigned int i = 0; i < n; i++) {
		free_sized(malloc(70), 70);
		free_aligned_sized(aligned_alloc(64, 640), 64, 640);
	}
	return 0;
}

static uint64_t base_of(void *handle)
{
	struct link_map *map = NULL;

	return dlinfo(handle, RTLD_DI_LINKMAP, &map) ? 0 : map->l_addr;
}

/* Calls allocate_here() of each library, closing it before the next is loaded; prints where it was.
 */
static int do_libraries(unsigned int n)
{
	const char *paths = getenv("LIFE_LIBRARIES");
	char path[4096];

	for (unsigned int i = 0; i < n; i++) {
		const char *p = paths;

		while (p && *p) {
			size_t len = strcspn(p, ":");
			void (*call)(void);
			void *handle;

			snprintf(path, sizeof(path), "%.*s", (int)len, p);
			p += len + (p[len] == ':');
			handle = dlopen(path, RTLD_NOW);
			if (!handle)
				return 2;
			call = (void (*)(void))dlsym(handle, "allocate_here");
			len = (size_t)snprintf(path, sizeof(path), "%lx\n", base_of(handle));
			if (write(STDOUT_FILENO, path, len) != (ssize_t)len)
				return 2;
			call();
			dlclose(handle);
		}
	}
	return 0;
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(unsigned int n);
	} table[] = {
		{"fork", do_fork},	     {"generations", do_generations},
		{"exec", do_exec},	     {"spawn", do_spawn},
		{"vfork", do_vfork},	     {"kill", do_kill},
		{"live", do_live},	     {"close", do_close},
		{"threads", do_threads},     {"stacks", do_stacks},
		{"peak", do_peak},	     {"temporary", do_temporary},
		{"libraries", do_libraries}, {"peaks", do_peaks},
		{"sized", do_sized},	     {"limited", do_limited},
		{"filtered", do_filtered},   {"strict", do_strict},
		{"released", do_released},   {"getattr", do_getattr},
	};
	unsigned int n = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 1;

	chunks_wait();
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(table); i++)
		if (!strcmp(argv[1], table[i].name))
			return table[i].run(n);
	return 2;
}
