/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tests of started processes ask /proc: what is left open here, and who is left there. */
#ifndef TESTS_PROCESS_FIXTURE_H
#define TESTS_PROCESS_FIXTURE_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "lib/base.h"
#include "lib/clock.h"

/* Descriptors of this process, and the one that counts them. */
static inline unsigned int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* False too: it has ended and nobody has waited for it. */
static inline bool process_is_alive(pid_t pid)
{
	char path[64], text[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	return text[0] && !strstr(text, ") Z ");
}

/* Within 20 s. */
static inline bool process_dies(pid_t pid)
{
	for (int i = 0; i < 20000 && process_is_alive(pid); i++)
		clock_sleep_ns(NSEC_PER_MSEC);
	return !process_is_alive(pid);
}

#endif
