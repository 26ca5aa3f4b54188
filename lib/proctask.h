/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Readers of one process's files in /proc, without malloc or stdio: for scans of all processes and
 * for a screenful of them. */
#ifndef LIB_PROCTASK_H
#define LIB_PROCTASK_H

#include "lib/base.h"

/* /proc/PID/stat, what is needed of it. */
struct proctask_stat {
	uint32_t pid, ppid, threads;
	char state;
	bool kernel;		     /* a kernel thread */
	uint64_t utime_ns, stime_ns; /* in ticks there */
	uint64_t start_ns;	     /* CLOCK_BOOTTIME, in ticks there */
	uint64_t vm_bytes;
	uint64_t faults; /* page faults of all its threads, ended ones too */
	char comm[16];	 /* any bytes: blanks, brackets and line feeds too */
};

/* What /proc shows of a process's memory, kB. A kernel thread and a zombie have none: all 0. */
struct proctask_memory {
	uint64_t size_kb; /* VmSize */
	uint64_t rss_kb;  /* VmRSS */
	uint64_t hwm_kb;  /* VmHWM */
};

struct proctask_rollup {
	uint64_t pss_kb, uss_kb, swap_kb; /* uss: private, clean and dirty */
	uint64_t lazyfree_kb;		  /* given back by MADV_FREE, and not taken yet */
};

/* The text of a stat file of @len bytes. 0 or -EPROTO. */
int proctask_parse_stat(const char *text, size_t len, struct proctask_stat *out);
/* The text of a status file, terminated. 0 or -EPROTO (no Pid line: cut off). */
int proctask_parse_status(const char *text, struct proctask_memory *out);
/* The text of statm, in pages of @page_kb. 0 or -EPROTO. */
int proctask_parse_statm(const char *text, uint64_t page_kb, struct proctask_memory *out);
/* The text of smaps_rollup. 0 or -EPROTO. */
int proctask_parse_rollup(const char *text, struct proctask_rollup *out);
/* In the text of a cgroup file (cgroups(7)): where it is in the hierarchy that has @controller, ""
 * being the unified one. Not terminated, @len bytes; NULL: there is no such line. */
const char *proctask_parse_cgroup(const char *text, const char *controller, size_t *len);

/*
 * The same of process @pid, below @proc_fd (a directory). -ESRCH: it has ended, or is hidden from
 * us; -EACCES and -EPERM: not allowed; other -errno. None prints.
 */
int proctask_stat(int proc_fd, uint32_t pid, struct proctask_stat *out, uint32_t *uid);
int proctask_statm(int proc_fd, uint32_t pid, struct proctask_memory *out);
/* Only of the process that started at @start_ns (cut to ticks), else -ESRCH. */
int proctask_exact(int proc_fd, uint32_t pid, uint64_t start_ns, struct proctask_memory *out);
int proctask_rollup(int proc_fd, uint32_t pid, struct proctask_rollup *out);

/* A small file below @proc_fd into @text, terminated, cut at @size - 1. Returns its length or
 * -errno, as above. */
ssize_t proctask_read(int proc_fd, uint32_t pid, const char *name, char *text, size_t size);

/* The same of a thread that is not the main one: when that has ended, those know what the process
 * has. -ESRCH: there is none. */
ssize_t proctask_read_other(int proc_fd, uint32_t pid, const char *name, char *text, size_t size);

/* What the link "exe" of process @pid leads to, of another thread where the main one has ended.
 * Terminated and cut; its length or -errno, as above. */
ssize_t proctask_exe(int proc_fd, uint32_t pid, char *text, size_t size);

/* By how much the clocks of our time namespace are ahead of the kernel's, which BPF programs read.
 */
struct proctask_clocks {
	int64_t boot_ns, mono_ns;
};

/* The text of /proc/self/timens_offsets. */
void proctask_parse_clocks(const char *text, struct proctask_clocks *out);

/* How a /proc is mounted. */
struct proctask_hiding {
	int level;    /* hidepid: 0 nothing is hidden, 1 the files, 2 the folders, 4 what we may not
			 trace */
	uint32_t gid; /* members of this group see all, but with level 4 */
};

/* @mountinfo: the text of /proc/self/mountinfo; @root: where the /proc is mounted. */
void proctask_parse_hiding(const char *mountinfo, const char *root, struct proctask_hiding *out);

#endif
