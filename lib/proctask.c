/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Readers of one process's files in /proc, without malloc or stdio. */
#include "lib/base.h"
#include "lib/proctask.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PF_KTHREAD 0x00200000

enum { PATH_BYTES = 64, STAT_BYTES = 2048, STATUS_BYTES = 8192 };

static uint64_t tick_ns(void)
{
	static uint64_t ns;

	if (!ns)
		ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	return ns;
}

/* Numbers of a stat file from field 4 (ppid) on: proc(5). */
enum stat_field {
	STAT_PPID = 4,
	STAT_FLAGS = 9,
	STAT_MINFLT = 10,
	STAT_MAJFLT = 12,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_THREADS = 20,
	STAT_START = 22,
	STAT_VSIZE = 23,
};

static bool parse_numbers(const char *s, uint64_t *v)
{
	for (int field = STAT_PPID; field <= STAT_VSIZE; field++) {
		char *end;

		v[field] = (uint64_t)strtoll(s, &end, 10);
		if (end == s)
			return false;
		s = end;
	}
	return true;
}

int proctask_parse_stat(const char *text, size_t len, struct proctask_stat *out)
{
	/* The name stands in brackets and may hold any byte: the last bracket is its end. */
	const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);
	uint64_t v[STAT_VSIZE + 1];
	size_t n;

	if (!open || !close || close < open || close + 4 > text + len ||
	    !parse_numbers(close + 3, v))
		return -EPROTO;
	n = MIN((size_t)(close - open - 1), sizeof(out->comm) - 1);
	*out = (struct proctask_stat){
		.pid = (uint32_t)strtoul(text, NULL, 10),
		.ppid = (uint32_t)v[STAT_PPID],
		.threads = (uint32_t)v[STAT_THREADS],
		.state = close[2],
		.kernel = v[STAT_FLAGS] & PF_KTHREAD,
		.utime_ns = v[STAT_UTIME] * tick_ns(),
		.stime_ns = v[STAT_STIME] * tick_ns(),
		.start_ns = v[STAT_START] * tick_ns(),
		.vm_bytes = v[STAT_VSIZE],
		.faults = v[STAT_MINFLT] + v[STAT_MAJFLT],
	};
	memcpy(out->comm, open + 1, n);
	return 0;
}

/* The number after "NAME:" at the start of a line; false when there is no such line. */
static bool line_value(const char *text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':') {
			*value = strtoull(line + len + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

int proctask_parse_status(const char *text, struct proctask_memory *out)
{
	uint64_t pid;

	*out = (struct proctask_memory){0};
	if (!line_value(text, "Pid", &pid))
		return -EPROTO;
	line_value(text, "VmSize", &out->size_kb);
	line_value(text, "VmHWM", &out->hwm_kb);
	line_value(text, "VmRSS", &out->rss_kb);
	return 0;
}

int proctask_parse_statm(const char *text, uint64_t page_kb, struct proctask_memory *out)
{
	char *end, *rest;

	*out = (struct proctask_memory){0};
	out->size_kb = strtoull(text, &end, 10) * page_kb;
	if (end == text)
		return -EPROTO;
	out->rss_kb = strtoull(end, &rest, 10) * page_kb;
	return rest == end ? -EPROTO : 0;
}

int proctask_parse_rollup(const char *text, struct proctask_rollup *out)
{
	uint64_t clean = 0, dirty = 0;

	*out = (struct proctask_rollup){0};
	if (!line_value(text, "Pss", &out->pss_kb) || !line_value(text, "Private_Clean", &clean) ||
	    !line_value(text, "Private_Dirty", &dirty))
		return -EPROTO;
	line_value(text, "Swap", &out->swap_kb);
	line_value(text, "LazyFree", &out->lazyfree_kb);
	out->uss_kb = clean + dirty;
	return 0;
}

static bool has_word(const char *list, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (const char *end = list + len; list <= end; list++) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t part = (size_t)((comma ? comma : end) - list);

		if (part == n && !memcmp(list, word, n))
			return true;
		list += part;
	}
	return false;
}

/* "0::/a", "4:memory:/a", "4:cpu,cpuacct:/a" */
const char *proctask_parse_cgroup(const char *text, const char *controller, size_t *len)
{
	for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
		const char *list = strchr(line, ':'), *path;

		end = strchrnul(line, '\n');
		path = list ? strchr(list + 1, ':') : NULL;
		if (!path || path > end ||
		    !has_word(list + 1, (size_t)(path - list - 1), controller))
			continue;
		*len = (size_t)(end - path - 1);
		return path + 1;
	}
	return NULL;
}

/* @once: one function of the kernel's writes all of it, which one read hands out. */
static ssize_t read_at(int dir, const char *path, char *text, size_t size, bool once)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n = 0;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (have < size - 1) {
		n = read(fd, text + have, size - 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		if (once)
			break;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	text[have] = '\0';
	return n < 0 ? n : (ssize_t)have;
}

ssize_t proctask_read(int proc_fd, uint32_t pid, const char *name, char *text, size_t size)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%u/%s", pid, name);
	return read_at(proc_fd, path, text, size, false);
}

/*
 * A process lives on when its main thread has ended, and then only the files of another thread say
 * what it has. The folder of one, "PID/task/TID"; false: there is none.
 */
static bool other_thread(int proc_fd, uint32_t pid, char *path, size_t size)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	snprintf(path, size, "%u/task", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && strtoul(d->d_name, NULL, 10) != pid)
			break;
	if (d)
		snprintf(path, size, "%u/task/%.20s", pid, d->d_name);
	closedir(dir);
	return d;
}

ssize_t proctask_read_other(int proc_fd, uint32_t pid, const char *name, char *text, size_t size)
{
	char folder[PATH_BYTES], path[2 * PATH_BYTES];

	if (!other_thread(proc_fd, pid, folder, sizeof(folder)))
		return -ESRCH;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return read_at(proc_fd, path, text, size, false);
}

ssize_t proctask_exe(int proc_fd, uint32_t pid, char *text, size_t size)
{
	char folder[PATH_BYTES], path[2 * PATH_BYTES];
	ssize_t n;

	snprintf(path, sizeof(path), "%u/exe", pid);
	n = readlinkat(proc_fd, path, text, size - 1);
	if (n < 0 && errno == ENOENT && other_thread(proc_fd, pid, folder, sizeof(folder))) {
		snprintf(path, sizeof(path), "%s/exe", folder);
		n = readlinkat(proc_fd, path, text, size - 1);
	}
	text[MAX(n, (ssize_t)0)] = '\0';
	return n >= 0 ? n : errno == ENOENT ? -ESRCH : -errno;
}

int proctask_stat(int proc_fd, uint32_t pid, struct proctask_stat *out, uint32_t *uid)
{
	char path[PATH_BYTES], text[STAT_BYTES];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "%u/stat", pid);
	n = read_at(proc_fd, path, text, sizeof(text), true);
	if (n < 0)
		return (int)n;
	if (uid) {
		snprintf(path, sizeof(path), "%u", pid);
		if (fstatat(proc_fd, path, &st, 0))
			return errno == ENOENT ? -ESRCH : -errno;
		*uid = st.st_uid;
	}
	return proctask_parse_stat(text, (size_t)n, out);
}

int proctask_statm(int proc_fd, uint32_t pid, struct proctask_memory *out)
{
	const uint64_t page_kb = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	char path[PATH_BYTES], text[128];
	ssize_t n;
	int err;

	snprintf(path, sizeof(path), "%u/statm", pid);
	n = read_at(proc_fd, path, text, sizeof(text), true);
	err = n < 0 ? (int)n : proctask_parse_statm(text, page_kb, out);

	if (!err && !out->size_kb &&
	    proctask_read_other(proc_fd, pid, "statm", text, sizeof(text)) > 0)
		err = proctask_parse_statm(text, page_kb, out);
	return err;
}

int proctask_exact(int proc_fd, uint32_t pid, uint64_t start_ns, struct proctask_memory *out)
{
	char path[PATH_BYTES], text[STATUS_BYTES];
	struct proctask_stat stat;
	ssize_t n;
	int dir, err = 0;

	/* A descriptor of the folder stays with the process: nobody slips in between. */
	snprintf(path, sizeof(path), "%u", pid);
	dir = openat(proc_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read_at(dir, "stat", text, sizeof(text), true);
	if (n >= 0)
		err = proctask_parse_stat(text, (size_t)n, &stat);
	if (n >= 0 && !err && stat.start_ns / tick_ns() != start_ns / tick_ns())
		err = -ESRCH;
	if (n >= 0 && !err)
		n = read_at(dir, "status", text, sizeof(text), true);
	close(dir);
	if (n < 0)
		return (int)n;
	err = err ? err : proctask_parse_status(text, out);
	if (!err && !out->size_kb &&
	    proctask_read_other(proc_fd, pid, "status", text, sizeof(text)) > 0)
		err = proctask_parse_status(text, out);
	return err;
}

int proctask_rollup(int proc_fd, uint32_t pid, struct proctask_rollup *out)
{
	char text[STAT_BYTES];
	ssize_t n = proctask_read(proc_fd, pid, "smaps_rollup", text, sizeof(text));

	if (n == 0 || n == -ESRCH)
		n = proctask_read_other(proc_fd, pid, "smaps_rollup", text, sizeof(text));
	if (n < 0)
		return (int)n;
	return proctask_parse_rollup(text, out);
}

void proctask_parse_clocks(const char *text, struct proctask_clocks *out)
{
	long long s, ns;
	char name[16];
	int n;

	*out = (struct proctask_clocks){0};
	for (; sscanf(text, " %15s %lld %lld%n", name, &s, &ns, &n) == 3; text += n) {
		int64_t ahead = s * (int64_t)NSEC_PER_SEC + ns;

		if (!strcmp(name, "boottime"))
			out->boot_ns = ahead;
		else if (!strcmp(name, "monotonic"))
			out->mono_ns = ahead;
	}
}

static int hiding_level(const char *value)
{
	static const struct {
		const char *name;
		int level;
	} names[] = {{"off", 0}, {"noaccess", 1}, {"invisible", 2}, {"ptraceable", 4}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(value, names[i].name, strlen(names[i].name)))
			return names[i].level;
	return atoi(value);
}

/* proc(5), mountinfo: "36 35 98:0 /root /mount/point options optional.. - type source options". */
void proctask_parse_hiding(const char *mountinfo, const char *root, struct proctask_hiding *out)
{
	size_t len = strlen(root);

	*out = (struct proctask_hiding){0};
	for (const char *line = mountinfo; line && *line; line = strchr(line, '\n')) {
		const char *end, *dash, *at = line + (*line == '\n');

		line = at;
		end = strchrnul(line, '\n');
		for (int field = 1; field < 5 && at; field++) {
			at = strchr(at, ' ');
			at = at ? at + 1 : NULL;
		}
		dash = strstr(line, " - proc ");
		if (!at || at > end || !dash || dash > end || strncmp(at, root, len) ||
		    at[len] != ' ')
			continue;
		/* A later mount at the same place covers this one. */
		*out = (struct proctask_hiding){0};
		at = strstr(dash, "hidepid=");
		if (at && at < end)
			out->level = hiding_level(at + strlen("hidepid="));
		at = strstr(dash, "gid=");
		if (at && at < end)
			out->gid = (uint32_t)strtoul(at + strlen("gid="), NULL, 10);
	}
}
