/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cpumon: who is on the CPUs, in user mode and in the kernel. */
#include "lib/base.h"
#include "monitor/tool/tool.h"

#include "lib/std.h"

int main(int argc, char *argv[])
{
	std_open();
	return std_close(tool_main(TOOL_CPUMON, argc, argv));
}
