/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells a process that has ended from one that got its number afterwards, by when it started. A
 * number means something in its namespace only: from a container its own processes are judged, from
 * the machine itself also those of a namespace that nobody is in any more.
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

/* Field 22; the name before it, in brackets, may hold blanks and brackets. */
static int start_at(const char *path, uint64_t *start)
{
	struct strbuf text = STRBUF_INIT;
	const char *at;
	int err = strbuf_read_file(&text, path);

	at = err ? NULL : strrchr(text.s, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*start = strtoull(at, NULL, 10);
	strbuf_release(&text);
	return err ? err : at ? 0 : -EIO;
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

bool maker_is_shown(void)
{
	char self[32] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

bool maker_is_contained(void)
{
	return namespace_at("/proc/self/ns/pid") != FIRST_NAMESPACE;
}

int maker_self(struct maker *m)
{
	int err;

	*m = (struct maker){.pid = getpid(), .namespace = namespace_at("/proc/self/ns/pid")};
	err = start_at("/proc/self/stat", &m->start);
	if (clock_is_shifted())
		m->start = 0;
	return err ? err : m->namespace ? 0 : -ENOENT;
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

/* It has ended, all threads of it, and nobody has asked how: fields 3 and 20. */
static bool is_zombie(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	const char *at = strbuf_read_file(&text, path) ? NULL : strrchr(text.s, ')');
	bool zombie = at && (!strncmp(at, ") Z", 3) || !strncmp(at, ") X", 3));

	for (int field = 2; at && field < 20; field++)
		at = strchr(at + 1, ' ');
	zombie = zombie && at && strtoul(at, NULL, 10) <= 1;
	strbuf_release(&text);
	return zombie;
}

bool maker_is_gone(const struct maker *m)
{
	uint64_t here = namespace_at("/proc/self/ns/pid"), start = 0;
	char path[64];

	if (!here || !m->namespace || !maker_is_shown())
		return false;
	if (m->namespace != here)
		return here == FIRST_NAMESPACE && namespace_is_empty(m->namespace);
	if (kill(m->pid, 0) && errno == ESRCH)
		return true;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)m->pid);
	if (is_zombie(path))
		return true;
	return !start_at(path, &start) && m->start && start != m->start && !clock_is_shifted();
}
