/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Readers of /proc: memory and CPU time of a process, mounts. */
#include "lib/base.h"
#include "lib/procfs.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/strbuf.h"

static int read_process_file(const char *root, pid_t pid, const char *name, struct strbuf *text)
{
	char path[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s/%d/%s", root, (int)pid, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = strbuf_read_file(text, path);
	return err == -ENOENT ? -ESRCH : err;
}

/* The value of "NAME:   123 kB" in bytes; 0 when there is no such line. */
static uint64_t status_bytes(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!strncmp(line, name, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, 10) * 1024;
	}
	return 0;
}

int procfs_memory(const char *root, pid_t pid, struct proc_memory *out)
{
	struct strbuf text = STRBUF_INIT;
	int err;

	err = read_process_file(root, pid, "status", &text);
	if (!err)
		*out = (struct proc_memory){
			.size_bytes = status_bytes(text.s, "VmSize"),
			.peak_bytes = status_bytes(text.s, "VmPeak"),
			.rss_bytes = status_bytes(text.s, "VmRSS"),
			.hwm_bytes = status_bytes(text.s, "VmHWM"),
		};
	strbuf_release(&text);
	return err;
}

int procfs_cpu(const char *root, pid_t pid, struct proc_cpu *out)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t utime, stime, tick_ns = NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
	const char *rest;
	int err;

	err = read_process_file(root, pid, "stat", &text);
	if (err)
		goto out;
	/* The name stands in brackets and may hold spaces and brackets of its own: fields count
	 * from the last one. proc(5): state is field 3, utime 14, stime 15. */
	rest = strrchr(text.s, ')');
	if (!rest ||
	    sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		   &utime, &stime) != 2) {
		err = -EPROTO;
		goto out;
	}
	out->user_ns = utime * tick_ns;
	out->system_ns = stime * tick_ns;
out:
	strbuf_release(&text);
	return err;
}

int procfs_steal(const char *root, uint64_t *ns)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	uint64_t steal = 0;
	int err;

	strbuf_addf(&path, "%s/stat", root);
	err = strbuf_read_file(&text, path.s);
	/* proc(5): user nice system idle iowait irq softirq steal. */
	if (!err && sscanf(text.s, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, &steal) != 1)
		err = -EPROTO;
	*ns = steal * (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
	strbuf_release(&path);
	strbuf_release(&text);
	return err;
}

/* Undoes mountinfo's \040 for space, \011, \012 and \134, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	}
	*to = '\0';
}

/* proc(5), mountinfo: "36 35 98:0 /root /mount/point options optional.. - type source options". */
static char *mount_point_if(char *line, const char *type)
{
	char *dash = strstr(line, " - "), *save = NULL, *word = NULL;
	size_t len = strlen(type);

	if (!dash || strncmp(dash + 3, type, len) || dash[3 + len] != ' ')
		return NULL;
	for (int field = 1; field <= 5; field++) {
		word = strtok_r(field == 1 ? line : NULL, " ", &save);
		if (!word)
			return NULL;
	}
	unescape(word);
	return word;
}

uint64_t procfs_map_bytes(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

int procfs_find_mount(const char *root, const char *type, char *path, size_t size)
{
	struct strbuf text = STRBUF_INIT;
	char file[PATH_MAX], *save = NULL, *found = NULL;
	int err;

	if (snprintf(file, sizeof(file), "%s/self/mountinfo", root) >= (int)sizeof(file))
		return -ENAMETOOLONG;
	err = strbuf_read_file(&text, file);
	if (err)
		goto out;
	for (char *line = strtok_r(text.s, "\n", &save); line && !found;
	     line = strtok_r(NULL, "\n", &save))
		found = mount_point_if(line, type);
	if (!found)
		err = -ENOENT;
	else if (snprintf(path, size, "%s", found) >= (int)size)
		err = -ENAMETOOLONG;
out:
	strbuf_release(&text);
	return err;
}
