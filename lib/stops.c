/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/base.h"
#include "lib/stops.h"

static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

bool signal_ignored(int sig)
{
	struct sigaction is = {0};

	return !sigaction(sig, NULL, &is) && is.sa_handler == SIG_IGN;
}

void stops_catch(void (*handler)(int sig))
{
	/* Without SA_RESTART. */
	const struct sigaction sa = {.sa_handler = handler};

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (!signal_ignored(stops[i]))
			sigaction(stops[i], &sa, NULL);
}

void stops_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (!signal_ignored(stops[i]))
			sigaddset(set, stops[i]);
}
