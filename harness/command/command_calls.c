/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench calls: makes the calls of a timed event and ends, for timers of whole commands. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <stdio.h>
#include <string.h>

#include "harness/command/cli.h"
#include "harness/timing/loop.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/param.h"

enum { CHUNK = 512 };

int command_calls(int argc, char *argv[])
{
	const char *events[] = {argc > 1 ? argv[1] : NULL, NULL};
	uint64_t stamps[CHUNK + 1], n = 0, wrong = 0;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		puts("usage: beebench calls EVENT N\nMakes N calls of EVENT (see 'beebench list "
		     "events') and ends, for timers of whole commands.\n");
		return EXIT_OK;
	}
	if (argc != 3 || param_number(argv[2], false, &n) || !n) {
		log_err("usage: beebench calls EVENT N");
		return EXIT_USAGE;
	}
	if (cli_check_events(events))
		return EXIT_USAGE;
	for (uint64_t i = 0; i < n; i += CHUNK)
		wrong += loop_stamp(timed_event_find(events[0]), stamps,
				    (unsigned int)MIN(n - i, (uint64_t)CHUNK));
	if (wrong)
		log_err("%llu of the calls did not end as they should", (unsigned long long)wrong);
	return wrong ? EXIT_BAD : EXIT_OK;
}
