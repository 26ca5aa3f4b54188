/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files by flock(2), names by sockets in the abstract namespace (unix(7)), which have no file of
 * their own: the kernel gives back both whatever becomes of the process. */
#include "lib/base.h"
#include "lib/hold.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fnv.h"
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

/* The folder's number and the last part of the name, which all ways to the file have in common. */
static int name_of(const char *path, struct sockaddr_un *out, socklen_t *len)
{
	char real[PATH_MAX], folder[PATH_MAX] = ".";
	bool there;
	struct stat st;
	char *last;

	there = !stat(path, &st);
	if (there && !S_ISREG(st.st_mode))
		return -ENOENT;
	if (!there || !realpath(path, real))
		snprintf(real, sizeof(real), "%s", path);
	last = strrchr(real, '/');
	last = last ? last + 1 : real;
	if (last > real)
		snprintf(folder, sizeof(folder), "%.*s", (int)(last - real), real);
	if (stat(folder, &st))
		return -ENOENT;
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1);
	*len += (socklen_t)snprintf(out->sun_path + 1, sizeof(out->sun_path) - 1,
				    "beebench held %x:%x:%llx:%016llx", major(st.st_dev),
				    minor(st.st_dev), (unsigned long long)st.st_ino,
				    (unsigned long long)fnv_text(last));
	return 0;
}

/* Whether who has the name may write our files; a name of the abstract namespace anybody can take.
 */
static bool is_one_of_us(const struct sockaddr_un *name, socklen_t len, char *who)
{
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	int there = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is = true;

	if (there >= 0 && !connect(there, (const struct sockaddr *)name, len) &&
	    !getsockopt(there, SOL_SOCKET, SO_PEERCRED, &peer, &size)) {
		is = !peer.uid || peer.uid == geteuid();
		if (peer.pid > 0)
			snprintf(who, HOLD_WHO_BYTES, "process %d", (int)peer.pid);
	}
	if (there >= 0)
		close(there);
	return is;
}

int hold_path(const char *path, char *who)
{
	struct sockaddr_un name;
	socklen_t len;
	int err, fd;

	*who = '\0';
	if (name_of(path, &name, &len))
		return -ENOENT;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -ENOENT;
	if (!bind(fd, (const struct sockaddr *)&name, len) && !listen(fd, 8))
		return fd;
	err = errno == EADDRINUSE && is_one_of_us(&name, len, who) ? -EBUSY : -ENOENT;
	close(fd);
	return err;
}
