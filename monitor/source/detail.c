/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A closer look at one process. */
#include "lib/base.h"
#include "monitor/source/live.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "lib/proctask.h"

/* Of a command line so much is kept: the arguments of a Java program may be many thousand. The old
 * hierarchies make a dozen lines of long paths. */
enum { TEXT_BYTES = 64 * 1024, CGROUP_BYTES = 16 * 1024 };

/* Arguments end with NUL each; control bytes would write on the screen. */
static void read_command(int proc_fd, uint32_t pid, char *out, size_t size)
{
	ssize_t n = proctask_read(proc_fd, pid, "cmdline", out, size);

	if (n <= 0)
		n = proctask_read_other(proc_fd, pid, "cmdline", out, size);
	n = MAX(n, (ssize_t)0);
	while (n && !out[n - 1])
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (!out[i])
			out[i] = ' ';
		else if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = '?';
	out[n] = '\0';
}

/* The path in the unified hierarchy; where all are in its root the controllers are of the old one,
 * in which a task that has ended is in the root, wherever it was. */
static void read_cgroup(int proc_fd, uint32_t pid, char state, char *out, size_t size)
{
	char text[CGROUP_BYTES];
	const char *path, *old;
	size_t len = 0, old_len;
	ssize_t n = -ESRCH;

	out[0] = '\0';
	if (state == 'Z')
		n = proctask_read_other(proc_fd, pid, "cgroup", text, sizeof(text));
	if (n > 0)
		state = 'R';
	else
		n = proctask_read(proc_fd, pid, "cgroup", text, sizeof(text));
	if (n < 0)
		return;
	path = proctask_parse_cgroup(text, "", &len);
	old = proctask_parse_cgroup(text, "memory", &old_len);
	if (old && len <= 1) {
		path = state == 'Z' ? NULL : old;
		len = old_len;
	}
	if (path)
		snprintf(out, size, "%.*s", (int)len, path);
}

static void read_user(uint32_t uid, char *out, size_t size)
{
	struct passwd pw, *found = NULL;
	char text[1024];

	if (!getpwuid_r(uid, &pw, text, sizeof(text), &found) && found)
		snprintf(out, size, "%s", found->pw_name);
	else
		snprintf(out, size, "%u", uid);
}

static void read_shares(int proc_fd, uint32_t pid, struct proc_detail *out)
{
	struct proctask_rollup rollup;
	int err = proctask_rollup(proc_fd, pid, &rollup);

	if (!err) {
		out->pss_kb = (double)rollup.pss_kb;
		out->uss_kb = (double)rollup.uss_kb;
		out->swap_kb = (double)rollup.swap_kb;
		out->lazyfree_kb = (double)rollup.lazyfree_kb;
	} else if (err == -EACCES || err == -EPERM) {
		snprintf(out->why_not, sizeof(out->why_not),
			 "no permission (needs CAP_SYS_PTRACE, or the same user)");
	} else if (err == -ESRCH) {
		snprintf(out->why_not, sizeof(out->why_not),
			 "it has ended, and has no memory any more");
	} else if (err == -EPROTO) {
		snprintf(out->why_not, sizeof(out->why_not), "it has no memory of its own");
	} else {
		snprintf(out->why_not, sizeof(out->why_not), "smaps_rollup: %s", strerror(-err));
	}
}

int detail_read(int proc_fd, const struct proc_row *row, uint64_t start_ns, struct proc_detail *out)
{
	struct proctask_stat stat;
	int err;

	*out = (struct proc_detail){
		.pss_kb = NAN, .uss_kb = NAN, .swap_kb = NAN, .lazyfree_kb = NAN};
	err = proctask_stat(proc_fd, row->pid, &stat, NULL);
	if (row->flags & ROW_ENDED || (err == -ESRCH && !(row->flags & ROW_HIDDEN)))
		return -ESRCH;
	read_user(row->uid, out->user, sizeof(out->user));
	if (err) {
		snprintf(out->why_not, sizeof(out->why_not),
			 "/proc hides this process (hidepid); CAP_SYS_PTRACE would show it");
		return 0;
	}
	/* Another process has its number now. */
	if (stat.start_ns + NSEC_PER_SEC < start_ns || stat.start_ns > start_ns + NSEC_PER_SEC)
		return -ESRCH;
	read_command(proc_fd, row->pid, out->command, sizeof(out->command));
	proctask_exe(proc_fd, row->pid, out->executable, sizeof(out->executable));
	read_cgroup(proc_fd, row->pid, stat.state, out->cgroup, sizeof(out->cgroup));
	if (row->flags & ROW_KERNEL)
		snprintf(out->why_not, sizeof(out->why_not),
			 "a kernel thread has no memory of its own");
	else
		read_shares(proc_fd, row->pid, out);
	return 0;
}

char *detail_text(int proc_fd, const struct proc_row *row, enum row_text which)
{
	char text[TEXT_BYTES] = "";

	switch (which) {
	case TEXT_COMMAND: read_command(proc_fd, row->pid, text, sizeof(text)); break;
	case TEXT_EXE: proctask_exe(proc_fd, row->pid, text, sizeof(text)); break;
	case TEXT_CGROUP: read_cgroup(proc_fd, row->pid, row->state, text, sizeof(text)); break;
	default: break;
	}
	return text[0] ? strdup(text) : NULL;
}
