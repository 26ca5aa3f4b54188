/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells a process that has ended from one that got its number afterwards, by when it began, and in
 * which namespace of process numbers its number means anything: numbers are given again, and a
 * container has its own. From a container only its own processes are judged; from the machine
 * itself also those of a namespace that no process is in any more.
 */
#include "lib/base.h"
#include "lib/maker.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The namespace of process numbers that the machine began with: include/linux/proc_ns.h. */
#define FIRST_NAMESPACE 0xeffffffcULL

/* Inode of a namespace; 0: cannot be told. */
static uint64_t namespace_at(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* Begin of the process, in ticks since boot, field 22 of its stat; 0: cannot be told. */
static uint64_t began(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t ticks = 0;
	char *at;

	if (!strbuf_read_file(&text, path) && (at = strrchr(text.s, ')'))) {
		for (int field = 2; at && field < 22; field++)
			at = strchr(at + 1, ' ');
		ticks = at ? strtoull(at, NULL, 10) : 0;
	}
	strbuf_release(&text);
	return ticks;
}

/* In a time namespace with a clock of its own, begins are other numbers than outside. */
static bool clock_is_shifted(void)
{
	struct strbuf text = STRBUF_INIT;
	bool shifted = false;
	long long seconds, ns;
	const char *at;

	if (!strbuf_read_file(&text, "/proc/self/timens_offsets") &&
	    (at = strstr(text.s, "boottime")) &&
	    sscanf(at, "boottime %lld %lld", &seconds, &ns) == 2)
		shifted = seconds || ns;
	strbuf_release(&text);
	return shifted;
}

/* True when /proc shows the process numbers that we have. */
static bool proc_is_ours(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

/* Of a process in a namespace below the one of this /proc, which shows its number there as well. */
static bool is_below(const char *pid)
{
	struct strbuf text = STRBUF_INIT;
	char path[64];
	unsigned int first, second;
	const char *at;
	bool below = true;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (!strbuf_read_file(&text, path) && (at = strstr(text.s, "\nNSpid:")))
		below = sscanf(at, "\nNSpid: %u %u", &first, &second) != 1;
	strbuf_release(&text);
	return below;
}

/* True when no process is in that namespace, which is not the one of this /proc; false as well when
 * that cannot be seen. */
static bool namespace_is_empty(uint64_t ns)
{
	DIR *dir = opendir("/proc");
	struct dirent *e;
	bool empty = dir;

	while (dir && empty && (e = readdir(dir))) {
		char path[64];
		uint64_t its;

		if (*e->d_name < '1' || *e->d_name > '9' || !is_below(e->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", e->d_name);
		errno = 0;
		its = namespace_at(path);
		empty = its ? its != ns : errno == ENOENT || errno == ESRCH;
	}
	if (dir)
		closedir(dir);
	return empty;
}

int maker_self(struct maker *m)
{
	/* Begins of another clock tell nothing later: 0 is no begin. */
	*m = (struct maker){.pid = getpid(),
			    .start = clock_is_shifted() ? 0 : began("/proc/self/stat"),
			    .namespace = namespace_at("/proc/self/ns/pid")};
	return m->namespace ? 0 : -ENOENT;
}

void maker_write(const struct maker *m, struct strbuf *out)
{
	strbuf_addf(out, "%d-%" PRIu64 "-%" PRIu64, (int)m->pid, m->start, m->namespace);
}

static bool number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return !errno;
}

bool maker_read(struct maker *m, const char *text, const char **end)
{
	uint64_t pid;

	if (!number(&text, &pid) || !pid || pid > INT32_MAX || *text++ != '-' ||
	    !number(&text, &m->start) || *text++ != '-' || !number(&text, &m->namespace))
		return false;
	m->pid = (pid_t)pid;
	if (end)
		*end = text;
	return true;
}

bool maker_is_gone(const struct maker *m)
{
	uint64_t own = namespace_at("/proc/self/ns/pid"), its;
	char path[64];

	if (!own || !m->namespace || !proc_is_ours())
		return false;
	if (m->namespace != own)
		return own == FIRST_NAMESPACE && namespace_is_empty(m->namespace);
	if (kill(m->pid, 0) && errno == ESRCH)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)m->pid);
	its = began(path);
	return m->start && its && its != m->start && !clock_is_shifted();
}
