/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon and cpumon are one program with two tables: options, and the loop that feeds screen and
 * sinks. */
#ifndef MONITOR_TOOL_H
#define MONITOR_TOOL_H

#include "monitor/frame.h"

/* The whole program; returns the exit code. */
int tool_main(enum tool tool, int argc, char *argv[]);

#endif
