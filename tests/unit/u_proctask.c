/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One process's files: names with any bytes, files cut off, processes that go, mounts that hide. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/procfs.h"
#include "lib/proctask.h"

static uint64_t tick(void)
{
	return NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* What follows the name: state, ppid 5, flags @FLAGS, utime 250, stime 30, 4 threads, start 5000,
 * 10 MiB. */
#define REST(flags)                                                                                \
	" S 5 79 79 0 -1 " flags " 100 0 0 0 250 30 0 0 20 0 4 0 5000 10485760 300 1 1 1\n"

static void names(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"79 (plain)" REST("0"), "plain"},
		{"79 (with blanks in)" REST("0"), "with blanks in"},
		{"79 (a) R 1 (b)" REST("0"), "a) R 1 (b"},
		{"79 ())" REST("0"), ")"},
		{"79 (()" REST("0"), "("},
		{"79 (x\n79 (y) R)" REST("0"), "x\n79 (y) R"},
		{"79 ()" REST("0"), ""},
		{"79 (caf\xc3\xa9 \xff)" REST("0"), "caf\xc3\xa9 \xff"},
		{"79 (kworker/u5:0-events_unbound)" REST("0"), "kworker/u5:0-ev"},
	};
	struct proctask_stat s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(proctask_parse_stat(cases[i].text, strlen(cases[i].text), &s), 0);
		assert_string_equal(s.comm, cases[i].name);
		assert_int_equal(s.pid, 79);
		assert_int_equal(s.ppid, 5);
		assert_int_equal(s.state, 'S');
		assert_int_equal(s.utime_ns, 250 * tick());
		assert_int_equal(s.stime_ns, 30 * tick());
		assert_int_equal(s.threads, 4);
		assert_int_equal(s.start_ns, 5000 * tick());
		assert_int_equal(s.vm_bytes, 10 << 20);
		assert_false(s.kernel);
	}
	assert_int_equal(
		proctask_parse_stat("2 (k)" REST("2129984"), strlen("2 (k)" REST("2129984")), &s),
		0);
	assert_true(s.kernel);
}

static void cut_off(void **state)
{
	static const char *const bad[] = {
		"",	 "79", "79 (", "79 (name", "79 (name)", "79 (name) S", "79 (name) S 1 2 3",
		") 79 ("};
	const char whole[] = "79 (a) b)" REST("0");
	struct proctask_stat s;
	struct proctask_memory m;
	struct proctask_rollup r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(proctask_parse_stat(bad[i], strlen(bad[i]), &s), -EPROTO);
	/* The text goes on behind the length given: nothing of that may count. */
	assert_int_equal(proctask_parse_stat(whole, 8, &s), -EPROTO);
	assert_int_equal(proctask_parse_statm("", 4, &m), -EPROTO);
	assert_int_equal(proctask_parse_statm("12", 4, &m), -EPROTO);
	assert_int_equal(proctask_parse_status("Name:\tx\n", &m), -EPROTO);
	assert_int_equal(proctask_parse_rollup("Rss: 12 kB\n", &r), -EPROTO);
}

static void memory(void **state)
{
	struct proctask_memory m;
	struct proctask_rollup r;

	(void)state;
	assert_int_equal(proctask_parse_statm("2560 300 200 10 0 400 0\n", 4, &m), 0);
	assert_int_equal(m.size_kb, 10240);
	assert_int_equal(m.rss_kb, 1200);
	/* The name comes first and may say what it likes. */
	assert_int_equal(proctask_parse_status("Name:\tVmRSS: 5\nPid:\t79\nVmSize:\t 10 kB\n"
					       "VmHWM:\t    9 kB\nVmRSS:\t    8 kB\n",
					       &m),
			 0);
	assert_int_equal(m.size_kb, 10);
	assert_int_equal(m.hwm_kb, 9);
	assert_int_equal(m.rss_kb, 8);
	assert_int_equal(proctask_parse_status("Name:\tk\nPid:\t2\n", &m), 0);
	assert_int_equal(m.rss_kb, 0);
	assert_int_equal(
		proctask_parse_rollup(
			"0-f ---p 0 00:00 0 [rollup]\nRss: 40 kB\n"
			"Pss: 30 kB\nPss_Dirty: 7 kB\nPrivate_Clean: 3 kB\n"
			"Private_Dirty: 20 kB\nLazyFree: 8 kB\nSwap: 5 kB\nSwapPss: 4 kB\n",
			&r),
		0);
	assert_int_equal(r.pss_kb, 30);
	assert_int_equal(r.uss_kb, 23);
	assert_int_equal(r.swap_kb, 5);
	assert_int_equal(r.lazyfree_kb, 8);
}

static void cgroup_is(const char *text, const char *controller, const char *want)
{
	size_t len = 0;
	const char *path = proctask_parse_cgroup(text, controller, &len);

	if (!want) {
		assert_null(path);
		return;
	}
	assert_non_null(path);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(path, want, len);
}

static void cgroups(void **state)
{
	static const char old[] = "9:name=memory:/no\n8:pids,hugetlb_memory:/no\n"
				  "4:cpu,memory,pids:/a:b/c (deleted)\n0::/unified\n";

	(void)state;
	cgroup_is(old, "memory", "/a:b/c (deleted)");
	cgroup_is(old, "cpu", "/a:b/c (deleted)");
	cgroup_is(old, "", "/unified");
	cgroup_is(old, "io", NULL);
	cgroup_is("0::/", "", "/");
	cgroup_is("0::", "", "");
	cgroup_is("0:", "", NULL);
	cgroup_is("\n\n1:memory", "memory", NULL);
	cgroup_is("", "", NULL);
}

static void hiding(void **state)
{
	static const struct {
		const char *options;
		int level;
		uint32_t gid;
	} cases[] = {
		{"rw", 0, 0},
		{"rw,hidepid=1", 1, 0},
		{"rw,gid=27,hidepid=2", 2, 27},
		{"rw,hidepid=invisible,gid=5", 2, 5},
		{"rw,hidepid=noaccess", 1, 0},
		{"rw,hidepid=ptraceable", 4, 0},
		{"rw,hidepid=off", 0, 0},
		{"rw,hidepid=4", 4, 0},
	};
	struct proctask_hiding h;
	char text[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text),
			 "21 20 0:5 / /proc/sys rw - proc proc rw,hidepid=2\n"
			 "22 20 0:5 / /proc rw,relatime shared:5 - proc proc %s\n"
			 "23 20 0:6 / /proc rw - tmpfs proc rw,hidepid=2\n",
			 cases[i].options);
		proctask_parse_hiding(text, "/proc", &h);
		assert_int_equal(h.level, cases[i].level);
		assert_int_equal(h.gid, cases[i].gid);
	}
	proctask_parse_hiding("22 20 0:5 / /proc rw - proc proc rw,hidepid=2\n"
			      "24 22 0:5 / /proc rw - proc proc rw",
			      "/proc", &h);
	assert_int_equal(h.level, 0); /* the later covers the earlier */
	proctask_parse_hiding("", "/proc", &h);
	assert_int_equal(h.level, 0);
}

/* A child with a name that looks like the file that holds it. */
static void real(void **state)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ready[2];
	struct proctask_memory m;
	struct proctask_stat s;
	struct proc_memory want;
	uint32_t uid = 77777;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, ") R 1 2\n(3 4)");
		if (write(ready[1], "r", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(proctask_stat(proc, (uint32_t)pid, &s, &uid), 0);
	assert_string_equal(s.comm, ") R 1 2\n(3 4)");
	assert_int_equal(s.ppid, getpid());
	assert_int_equal(uid, geteuid());
	assert_int_equal(s.threads, 1);
	while (s.state != 'S')
		assert_int_equal(proctask_stat(proc, (uint32_t)pid, &s, NULL), 0);
	assert_int_equal(proctask_exact(proc, (uint32_t)pid, s.start_ns, &m), 0);
	assert_int_equal(procfs_memory("/proc", pid, &want), 0);
	assert_int_equal(m.rss_kb, want.rss_bytes / 1024);
	assert_int_equal(m.hwm_kb, want.hwm_bytes / 1024);
	assert_int_equal(m.size_kb, want.size_bytes / 1024);
	/* The number is another process's now: one that started at another time. */
	assert_int_equal(proctask_exact(proc, (uint32_t)pid, s.start_ns + 2 * tick(), &m), -ESRCH);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(proctask_exact(proc, (uint32_t)pid, s.start_ns, &m), -ESRCH);
	assert_int_equal(proctask_stat(proc, (uint32_t)pid, &s, NULL), -ESRCH);
	assert_int_equal(proctask_statm(proc, (uint32_t)pid, &m), -ESRCH);
	close(ready[0]);
	close(ready[1]);
	close(proc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),  cmocka_unit_test(cut_off), cmocka_unit_test(memory),
		cmocka_unit_test(hiding), cmocka_unit_test(real),    cmocka_unit_test(cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
