/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at objects by what mapping a segment of shared memory costs; another process holds those
 * passed by. */
#include "lib/base.h"
#include "harness/vm/guest/guest_mapping.h"

#ifdef __aarch64__

#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/vm/guest/guest_counter.h"

/* A slab has at most 40 of them: the first LOOKED_AT show every alignment that there is. */
enum { SEGMENT_BYTES = 4096, READINGS = 8, LOOKED_AT = 48, MOST = 192 };

static bool comes_back_at_once(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	return !uname(&u) && sscanf(u.release, "%u.%u", &major, &minor) == 2 &&
	       (major < 6 || (major == 6 && minor < 4));
}

/* Instructions of a mapping: the least, as housekeeping only adds. 0: it cannot be mapped. */
static uint64_t cost(int segment)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		uint64_t ticks;
		long at;

		BRACKET(GUEST_CALL, ticks, at, SYS_shmat, segment, 0, 0, 0, 0, 0);
		if (at < 0 && at >= -4095)
			return 0;
		syscall(SYS_shmdt, at);
		least = MIN(least, ticks);
	}
	return least;
}

/*
 * The process that holds: one more for each byte that it reads. Of a segment of its own: what a
 * mapping costs depends on how many others the segment has.
 */
static void __attribute__((noreturn)) hold(int asked, int said)
{
	int segment = shmget(IPC_PRIVATE, SEGMENT_BYTES, 0600);
	char byte;

	while (read(asked, &byte, 1) == 1) {
		byte = syscall(SYS_shmat, segment, 0, 0) == -1;
		if (write(said, &byte, 1) != 1)
			break;
	}
	shmctl(segment, IPC_RMID, NULL);
	_exit(0);
}

static int hold_one(const struct guest_mapping *m)
{
	char byte = 0;

	if (write(m->ask, &byte, 1) != 1 || read(m->hear, &byte, 1) != 1)
		return -EPIPE;
	return byte ? -ENOMEM : 0;
}

static int start(struct guest_mapping *m)
{
	int to[2], from[2];

	m->segment = shmget(IPC_PRIVATE, SEGMENT_BYTES, 0600);
	if (m->segment < 0)
		return -errno;
	if (pipe(to))
		return -errno;
	if (pipe(from)) {
		close(to[0]);
		close(to[1]);
		return -errno;
	}
	m->pid = fork();
	if (!m->pid) {
		close(to[1]);
		close(from[0]);
		hold(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	m->ask = to[1];
	m->hear = from[0];
	return m->pid < 0 ? -errno : 0;
}

int guest_mapping_choose(struct guest_mapping *m)
{
	uint64_t least = UINT64_MAX, now;
	int err;

	*m = (struct guest_mapping){.ask = -1, .hear = -1, .segment = -1};
	if (!comes_back_at_once())
		return 0;
	err = start(m);
	for (int i = 0; i < MOST && !err; i++) {
		now = cost(m->segment);
		if (!now)
			return -EIO;
		if (i >= LOOKED_AT && now <= least && cost(m->segment) == now)
			return 0;
		least = MIN(least, now);
		err = hold_one(m);
	}
	return err ? err : -EAGAIN;
}

void guest_mapping_end(struct guest_mapping *m)
{
	if (m->ask >= 0)
		close(m->ask);
	if (m->hear >= 0)
		close(m->hear);
	if (m->pid > 0)
		waitpid(m->pid, NULL, 0);
	if (m->segment >= 0)
		shmctl(m->segment, IPC_RMID, NULL);
	*m = (struct guest_mapping){.ask = -1, .hear = -1, .segment = -1};
}

#else

int guest_mapping_choose(struct guest_mapping *m)
{
	*m = (struct guest_mapping){.ask = -1, .hear = -1, .segment = -1};
	return 0;
}

void guest_mapping_end(struct guest_mapping *m UNUSED)
{
}

#endif
