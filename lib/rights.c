/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Borrowed rights are laid down while a file of the caller's is opened. */
#include "lib/base.h"
#include "lib/rights.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

bool rights_are_borrowed(void)
{
	return getauxval(AT_SECURE);
}

int rights_open(const char *path, int flags, mode_t mode)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3];
	int fd, err = 0;

	if (!rights_are_borrowed()) {
		fd = open(path, flags, mode);
		return fd < 0 ? -errno : fd;
	}
	if (syscall(SYS_capget, &header, own))
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		none[i] = own[i];
		none[i].effective = 0;
	}
	/* The group first: to change it may take what the user's change takes away. */
	setfsgid(getgid());
	setfsuid(getuid());
	if (syscall(SYS_capset, &header, none))
		return -errno;
	fd = open(path, flags, mode);
	err = fd < 0 ? -errno : 0;
	setfsuid(geteuid());
	setfsgid(getegid());
	if (syscall(SYS_capset, &header, own) && !err) {
		err = -errno;
		close(fd);
	}
	return err ? err : fd;
}
