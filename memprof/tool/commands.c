/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sub-commands that the build found. */
#include "lib/base.h"
#include "memprof/command.h"

#define PLUGIN(name) extern const struct memprof_command name;
#include "memprof_commands.inc"
#undef PLUGIN

const struct memprof_command *const memprof_commands[] = {
#define PLUGIN(name) &name,
#include "memprof_commands.inc"
#undef PLUGIN
	NULL,
};
