/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The guest's only program and its process 1: mounts what programs expect, does what the plan says
 * (harness/vm/protocol.h), tells the exit code, switches the machine off.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/vm/guest/guest_channel.h"
#include "harness/vm/guest/guest_exact.h"
#include "harness/vm/guest/guest_run.h"
#include "harness/vm/guest/guest_worker.h"
#include "lib/strbuf.h"

static const struct {
	const char *type, *path;
	bool needed;
} mounts[] = {
	{"proc", "/proc", true},
	{"sysfs", "/sys", true},
	{"devtmpfs", "/dev", false},
	{"tmpfs", "/dev/shm", false},
	{"tmpfs", "/tmp", false},
	{"tmpfs", "/run", false},
	{"tracefs", "/sys/kernel/tracing", true},
	{"bpf", "/sys/fs/bpf", false},
	{"cgroup2", "/sys/fs/cgroup", false},
};

static int mount_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].path, 0755);
		if (!mount(mounts[i].type, mounts[i].path, mounts[i].type, 0, NULL))
			continue;
		if (mounts[i].needed) {
			guest_sendf(VM_ERROR, "this kernel cannot mount %s: %s", mounts[i].type,
				    strerror(errno));
			return -errno;
		}
		guest_sendf(VM_NOTE, "no %s: %s", mounts[i].type, strerror(errno));
	}
	return 0;
}

/* The words of the plan, ended by NULL; one block that the caller frees, its text in @text. */
static char **read_plan(struct strbuf *text)
{
	char **words;
	size_t n = 0;

	if (strbuf_read_file(text, VM_PLAN) || !text->len)
		return NULL;
	words = calloc(text->len + 1, sizeof(*words));
	for (char *w = text->s; words && w < text->s + text->len; w += strlen(w) + 1)
		words[n++] = w;
	return words;
}

static const struct {
	const char *name;
	int (*fn)(char *const argv[]);
} modes[] = {
	{"exact", guest_exact},
	{"load", guest_load},
	{"run", guest_run},
};

static int work(char **words)
{
	struct utsname u;

	if (!words) {
		guest_sendf(VM_ERROR, "no plan in the initial RAM file system");
		return 127;
	}
	uname(&u);
	guest_sendf(VM_RELEASE, "%s", u.release);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(words[0], modes[i].name))
			return modes[i].fn(words + 1);
	guest_sendf(VM_ERROR, "no mode '%s'", words[0]);
	return 127;
}

int main(int argc, char *argv[])
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct strbuf text = STRBUF_INIT;
	int code = 127;

	if (argc && !strcmp(argv[0], GUEST_WORKER))
		return guest_worker_main(argc, argv);
	/* The kernel made /dev/console our descriptors; a pipe's reader that ends must not end us.
	 */
	if (guest_channel_open())
		reboot(RB_POWER_OFF);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/", 1);
	setrlimit(RLIMIT_MEMLOCK, &all);
	if (!mount_all())
		code = work(read_plan(&text));
	guest_sendf(VM_EXIT, "%d", code);
	guest_channel_drain();
	sync();
	reboot(RB_POWER_OFF);
	return code;
}
