/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells a process that has ended from one that got its number afterwards, by when it started. */
#include "lib/base.h"
#include "lib/maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Field 22; the name before it, in brackets, may hold blanks and brackets. */
static int start_of(pid_t pid, uint64_t *start)
{
	struct strbuf text = STRBUF_INIT;
	char path[32];
	const char *at;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	err = strbuf_read_file(&text, path);
	at = err ? NULL : strrchr(text.s, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		*start = strtoull(at, NULL, 10);
	strbuf_release(&text);
	return err ? err : at ? 0 : -EIO;
}

static int own_namespace(uint64_t *inode)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return -errno;
	*inode = st.st_ino;
	return 0;
}

int maker_self(struct maker *m)
{
	int err;

	*m = (struct maker){.pid = getpid()};
	err = start_of(m->pid, &m->start);
	return err ? err : own_namespace(&m->namespace);
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
	uint64_t here, start;
	int err;

	if (own_namespace(&here) || here != m->namespace)
		return false;
	err = start_of(m->pid, &start);
	return err == -ENOENT || err == -ESRCH || (!err && start != m->start);
}
