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

static bool lowered; /* CAP_DAC_READ_SEARCH is to be had, and is not in effect */

static int set_read_search(bool effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3];
	const uint32_t bit = CAP_TO_MASK(CAP_DAC_READ_SEARCH);

	if (syscall(SYS_capget, &header, own))
		return -errno;
	own[0].effective =
		effective ? own[0].effective | (own[0].permitted & bit) : own[0].effective & ~bit;
	return syscall(SYS_capset, &header, own) ? -errno : 0;
}

void rights_keep_callers(void)
{
	static const int over_files[] = {CAP_CHOWN,  CAP_DAC_OVERRIDE,	  CAP_FOWNER,
					 CAP_FSETID, CAP_LINUX_IMMUTABLE, CAP_MAC_OVERRIDE,
					 CAP_MKNOD,  CAP_SYS_ADMIN};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3];
	int failed;

	if (!rights_are_borrowed())
		return;
	/* The group first: to change it may take what the user's change takes away. */
	failed = setresgid(getgid(), getgid(), getgid()) ||
		 setresuid(getuid(), getuid(), getuid()) || syscall(SYS_capget, &header, own);
	for (size_t i = 0; i < ARRAY_SIZE(over_files); i++) {
		struct __user_cap_data_struct *set = &own[CAP_TO_INDEX(over_files[i])];

		set->effective &= ~CAP_TO_MASK(over_files[i]);
		set->permitted &= ~CAP_TO_MASK(over_files[i]);
	}
	if (failed || syscall(SYS_capset, &header, own) || set_read_search(false))
		_exit(EXIT_SKIP); /* with rights that are not the caller's nothing is done */
	lowered = own[0].permitted & CAP_TO_MASK(CAP_DAC_READ_SEARCH);
}

void rights_raise(void)
{
	if (lowered)
		set_read_search(true);
}

void rights_lower(void)
{
	int err = errno;

	if (lowered && set_read_search(false))
		_exit(EXIT_SKIP);
	errno = err;
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
