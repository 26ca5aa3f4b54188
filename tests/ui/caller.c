/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process of which it is known what it asks the kernel for: with every SIGUSR1 it maps 100 blocks
 * of 8 KiB, unmaps 60 of them, asks where its break is and moves it 6 times, by raw system calls
 * and nothing besides. Says "ready", and "done" after each round; ends when its stdin does.
 */
#include "lib/base.h"
#include "lib/sys_mmap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAPS = 100, UNMAPS = 60, MOVES = 6, BLOCK = 8192 };

static volatile sig_atomic_t wanted;

static void on_signal(int sig UNUSED)
{
	wanted++;
}

static void call(void)
{
	long at[MAPS], top = syscall(SYS_brk, 0);

	for (int i = 0; i < MAPS; i++)
		at[i] = sys_mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				 -1, 0);
	for (int i = 0; i < UNMAPS; i++)
		syscall(SYS_munmap, at[i], BLOCK);
	for (int i = 1; i <= MOVES; i++)
		syscall(SYS_brk, top + (long)BLOCK * i);
}

static void say(const char *text, size_t len)
{
	if (write(STDOUT_FILENO, text, len) != (ssize_t)len)
		_exit(EXIT_BAD);
}

int main(void)
{
	const struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block, waiting;

	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &waiting);
	sigaction(SIGUSR1, &sa, NULL);
	say("ready\n", 6);
	for (;;) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

		if (ppoll(&in, 1, NULL, &waiting) > 0)
			return EXIT_OK;
		for (; wanted > 0; wanted--) {
			call();
			say("done\n", 5);
		}
	}
}
