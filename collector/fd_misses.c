/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads recursion_misses out of a process's descriptors. A program of which it has several counts
 * once. */
#include "lib/base.h"
#include "collector/fd_misses.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>

enum { PROGRAMS_MAX = 512 };

struct seen {
	uint32_t id[PROGRAMS_MAX];
	size_t n;
};

static bool is_new(struct seen *s, uint32_t id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->id[i] == id)
			return false;
	if (s->n < PROGRAMS_MAX)
		s->id[s->n++] = id;
	return true;
}

/* A link's descriptor has a prog_id, too, and no misses. */
static void read_one(const char *path, struct seen *s, uint64_t *sum)
{
	FILE *f = fopen(path, "re");
	uint64_t misses = 0;
	bool counts = false;
	uint32_t id = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "prog_id: %" SCNu32, &id);
		counts |= sscanf(line, "recursion_misses: %" SCNu64, &misses) == 1;
	}
	if (f)
		fclose(f);
	if (!counts || !is_new(s, id))
		return;
	*sum = (*sum == UINT64_MAX ? 0 : *sum) + misses;
}

uint64_t fd_misses(pid_t pid)
{
	struct seen seen = {.n = 0};
	uint64_t sum = UINT64_MAX;
	char path[320];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, e->d_name);
		read_one(path, &seen, &sum);
	}
	if (d)
		closedir(d);
	return sum;
}
