/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* By flock(2), which the kernel gives back whatever becomes of the process. */
#include "lib/base.h"
#include "lib/hold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "lib/strbuf.h"

/*
 * The process that holds the lock on the file behind @fd, as /proc/locks has it; 0: not to be seen
 * from here (another machine, another pid namespace).
 */
static pid_t lock_holder(int fd)
{
	struct strbuf locks = STRBUF_INIT, file = STRBUF_INIT;
	struct stat st;
	const char *hit;
	int pid = 0;

	/* "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF" */
	if (!fstat(fd, &st) && !strbuf_read_file(&locks, "/proc/locks")) {
		strbuf_addf(&file, " %02x:%02x:%llu ", major(st.st_dev), minor(st.st_dev),
			    (unsigned long long)st.st_ino);
		hit = strstr(locks.s, file.s);
		while (hit && hit > locks.s && hit[-1] != ' ')
			hit--;
		pid = hit ? atoi(hit) : 0;
	}
	strbuf_release(&locks);
	strbuf_release(&file);
	return pid > 0 ? pid : 0;
}

int hold_file(int fd, char *who)
{
	struct stat st;
	pid_t pid;

	*who = '\0';
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || !flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	pid = lock_holder(fd);
	if (pid)
		snprintf(who, HOLD_WHO_BYTES, "process %d", (int)pid);
	return -EBUSY;
}
