/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The collector on a poorer machine: tracefs not mounted, capabilities missing. Each in a child of
 * its own. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "collector/features.h"

static char heard[1024];

static void hear(void *arg UNUSED, enum log_level level, const char *line)
{
	if (level <= LOG_INFO)
		snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s\n", line);
}

/* Runs @fn in a child; its failed assertions are in its exit code, what it heard comes back. */
static int in_child(void (*fn)(void))
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		heard[0] = '\0';
		log_capture(hear, NULL);
		fn();
		_exit(write(fds[1], heard, strlen(heard)) < 0);
	}
	close(fds[1]);
	n = read(fds[0], heard, sizeof(heard) - 1);
	heard[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* A mount namespace of our own without tracefs and debugfs. Skips (exit code 77) where that is
 * forbidden. */
static void hide_tracefs(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		_exit(77);
	while (!umount2("/sys/kernel/tracing", MNT_DETACH))
		;
	while (!umount2("/sys/kernel/debug", MNT_DETACH))
		;
	if (!access("/sys/kernel/tracing/events", F_OK))
		_exit(77);
}

static void attach_without_tracefs(void)
{
	struct monitor *m;

	hide_tracefs();
	if (monitor_open(&m, "memmon", NULL, NULL) || monitor_attach(m))
		_exit(1);
	monitor_close(m);
	if (tracefs_ensure(NULL)) /* again: it is there, and nothing is said */
		_exit(2);
}

static void tracefs_is_mounted(void **state UNUSED)
{
	int code = in_child(attach_without_tracefs);

	if (code == 77) {
		print_message("# this process may not have mounts of its own\n");
		skip();
	}
	assert_string_equal(heard, "mounted tracefs at /sys/kernel/tracing: without it no "
				   "tracepoint can be attached\n");
	assert_int_equal(code, 0);
}

/* Keeps user 0, and so the right to read the object, but drops what bpf(2) asks for. */
static void drop(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(3);
	for (int i = 0; i < 2; i++) {
		data[i].effective &= (uint32_t) ~(capabilities >> (32 * i));
		data[i].permitted &= (uint32_t) ~(capabilities >> (32 * i));
	}
	if (syscall(SYS_capset, &header, data))
		_exit(3);
}

static void open_without_rights(void)
{
	struct monitor *m;

	drop(1ULL << CAP_SYS_ADMIN | 1ULL << CAP_BPF | 1ULL << CAP_PERFMON);
	if (monitor_open(&m, "memmon", NULL, NULL) != -EPERM || m)
		_exit(1);
}

static void open_without_perfmon(void)
{
	struct monitor *m;

	drop(1ULL << CAP_SYS_ADMIN | 1ULL << CAP_PERFMON);
	if (monitor_open(&m, "memmon", NULL, NULL) != -EPERM || m)
		_exit(1);
}

static void missing_capabilities(void **state UNUSED)
{
	char expected[1024];

	assert_int_equal(in_child(open_without_rights), 0);
	snprintf(expected, sizeof(expected),
		 "%s: cannot be loaded: CAP_BPF and CAP_PERFMON missing; run it as root (sudo)\n",
		 live_built("bpf/memmon/memmon.bpf.o"));
	assert_string_equal(heard, expected);
	assert_int_equal(in_child(open_without_perfmon), 0);
	snprintf(expected, sizeof(expected),
		 "%s: cannot be loaded: CAP_PERFMON missing; run it as root (sudo)\n",
		 live_built("bpf/memmon/memmon.bpf.o"));
	assert_string_equal(heard, expected);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tracefs_is_mounted),
		cmocka_unit_test(missing_capabilities),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_machine");
}
