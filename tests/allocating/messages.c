/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a message costs that is sent to a queue and taken out again, 80 bytes: one kmalloc and one
 * kfree. messages [MESSAGES]; prints: ns messages.
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "tests/allocating/chunks.h"

enum { LENGTH = 80, CHUNK = 128 };

int main(int argc, char *argv[])
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000, done = 0;
	int queue = msgget(IPC_PRIVATE, 0600);
	struct {
		long type;
		char text[LENGTH];
	} m = {.type = 1};
	struct chunks chunks;

	if (queue < 0)
		return 2;
	chunks_begin(&chunks, n, CHUNK);
	for (; done < n; done++) {
		if (msgsnd(queue, &m, LENGTH, IPC_NOWAIT) ||
		    msgrcv(queue, &m, LENGTH, 0, IPC_NOWAIT) != LENGTH)
			break;
		chunks_step(&chunks, done);
	}
	msgctl(queue, IPC_RMID, NULL);
	if (done != n)
		return 2;
	return printf("%.2f %lu\n", chunks_end(&chunks), n) < 0;
}
