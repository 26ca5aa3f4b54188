/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memmon: who is allocating, who is leaking, what is it costing. */
#include "lib/base.h"
#include "monitor/tool/tool.h"

#include "lib/std.h"

int main(int argc, char *argv[])
{
	std_open();
	return std_close(tool_main(TOOL_MEMMON, argc, argv));
}
