/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the kernel by its name which clock it reads
 * (Linux, kernel/time/clocksource.c, sysfs_show_current_clocksrc). */
#include "lib/base.h"
#include "harness/vm/guest/guest_clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/vm/guest/guest_channel.h"

#define CLOCK "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum { STEP_MS = 50, MOST_STEPS = 100 };

static bool is_early(void)
{
	char name[32] = "";
	int fd = open(CLOCK, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	return strstr(name, "-early") != NULL;
}

void guest_clock_settle(void)
{
	const struct timespec step = {.tv_nsec = STEP_MS * 1000 * 1000};
	int steps = 0;

	for (; steps < MOST_STEPS && is_early(); steps++)
		nanosleep(&step, NULL);
	guest_sendf(VM_NOTE, "the clock stays: waited %d times %d ms%s", steps, STEP_MS,
		    steps == MOST_STEPS ? ", in vain" : "");
}
