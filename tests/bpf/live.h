/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For tests on the real kernel: a child in a cgroup of its own that makes known calls when told. */
#ifndef TESTS_BPF_LIVE_H
#define TESTS_BPF_LIVE_H

#include "lib/base.h"
#include "lib/sys_mmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/cgroup.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "collector/collect.h"

/* The calls go by number, so that libc makes none of its own between the gates. */
static inline void *raw_mmap(size_t length)
{
	return (void *)sys_mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0UL);
}

static inline long raw_munmap(void *address, size_t length)
{
	return syscall(SYS_munmap, address, length);
}

static inline long raw_brk(unsigned long address)
{
	return syscall(SYS_brk, address);
}

struct live {
	struct cgroup cgroup;
	struct subproc child;
	struct monitor_target target;
	int go[2], done[2];
	void (*calls)(void);
};

static inline int live_child(void *arg)
{
	struct live *l = arg;
	char c;

	close(l->go[1]);
	close(l->done[0]);
	if (cgroup_enter(&l->cgroup, 0) || write(l->done[1], "r", 1) != 1 ||
	    read(l->go[0], &c, 1) != 1)
		return 1;
	l->calls();
	if (write(l->done[1], "d", 1) != 1 || read(l->go[0], &c, 1) != 1)
		return 2;
	_exit(0); /* not exit(): freeing memory would be calls too */
}

/* Forks the child; it waits in its cgroup, with nothing called yet. */
static inline void live_start(struct live *l, void (*calls)(void))
{
	struct subproc_opts opts = {
		.child = live_child, .arg = l, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
	char c;

	memset(l, 0, sizeof(*l));
	l->child = (struct subproc)SUBPROC_INIT;
	l->calls = calls;
	assert_int_equal(cgroup_create(&l->cgroup, "test"), 0);
	l->target =
		(struct monitor_target){.cgroup_id = l->cgroup.id, .cgroup_path = l->cgroup.path};
	assert_int_equal(pipe(l->go), 0);
	assert_int_equal(pipe(l->done), 0);
	assert_int_equal(subproc_start(&l->child, &opts), 0);
	assert_int_equal(read(l->done[0], &c, 1), 1);
	assert_int_equal(c, 'r');
}

/* Lets it make its calls, and returns when they are made. */
static inline void live_run(struct live *l)
{
	char c = 0;

	assert_int_equal(write(l->go[1], "g", 1), 1);
	assert_int_equal(read(l->done[0], &c, 1), 1);
	assert_int_equal(c, 'd');
}

static inline void live_end(struct live *l)
{
	assert_int_equal(write(l->go[1], "e", 1), 1);
	assert_int_equal(subproc_wait(&l->child, 10000), 0);
	assert_int_equal(l->child.status, 0);
	subproc_release(&l->child);
	cgroup_remove(&l->cgroup);
	for (int i = 0; i < 2; i++) {
		close(l->go[i]);
		close(l->done[i]);
	}
}

/* The build folder, and a file of it. Static memory, good until the next call. */
static inline const char *live_built(const char *file)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", getenv("B") ? getenv("B") : "build", file);
	return path;
}

/* A folder for the files a test writes, made at the first call; live_main() removes it. */
static char live_folder[64];

static inline const char *live_path(const char *file)
{
	static char path[256];

	if (!live_folder[0]) {
		strcpy(live_folder, "/tmp/beebench-live-XXXXXX");
		assert_non_null(mkdtemp(live_folder));
	}
	snprintf(path, sizeof(path), "%s/%s", live_folder, file);
	return path;
}

static inline const char *live_write(const char *file, const void *data, size_t size)
{
	const char *path = live_path(file);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* What was logged since live_listen(), the lines joined with line feeds. */
static char live_said[16384];

static inline void live_hear(void *arg UNUSED, enum log_level level, const char *line)
{
	size_t n = strlen(live_said);

	if (level <= LOG_WARN)
		snprintf(live_said + n, sizeof(live_said) - n, "%s%s", n ? "\n" : "", line);
}

static inline void live_listen(void)
{
	live_said[0] = '\0';
	log_capture(live_hear, NULL);
}

/* monitor_open() fails with @err and says exactly @text; asked for the reason, it returns it and
 * says nothing. */
static inline void live_refuses(const char *name, int err, const char *text)
{
	struct strbuf why = STRBUF_INIT;
	struct monitor *m = NULL;

	live_listen();
	assert_int_equal(monitor_open(&m, name, NULL, NULL), err);
	assert_string_equal(live_said, text);
	assert_null(m);
	live_listen();
	assert_int_equal(monitor_open(&m, name, NULL, &why), err);
	log_capture(NULL, NULL);
	assert_string_equal(live_said, "");
	assert_string_equal(why.s, text);
	assert_null(m);
	strbuf_release(&why);
}

/* Objects are looked for in the build folder, not beside this test. */
static inline int live_main(const struct CMUnitTest *tests, size_t n, const char *name)
{
	char path[512];
	int failed;

	log_init(name, LOG_WARN);
	snprintf(path, sizeof(path), "%s/bpf", getenv("B") ? getenv("B") : "build");
	setenv("BEEBENCH_BPF_DIR", path, 1);
	if (geteuid()) {
		printf("1..0 # SKIP needs root: BPF programs are loaded\n");
		return 0;
	}
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	cgroup_sweep(); /* a test that failed left its own */
	if (live_folder[0]) {
		snprintf(path, sizeof(path), "rm -r %s", live_folder);
		if (system(path))
			failed++;
	}
	return failed;
}

#endif
