/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The processors that honeyc compiles for. */
#include "lib/base.h"
#include "honey/processor.h"

#include <string.h>

static const struct honey_processor all[] = {
	{"x86-64", "bpfel", false},
	{"arm64", "bpfel", false},
	{"s390x", "bpfeb", true},
};

#ifdef __s390x__
static const struct honey_processor own = {"", "bpf", true};
#else
static const struct honey_processor own = {"", "bpf", false};
#endif

const struct honey_processor *honey_processor_named(const char *name)
{
	if (!name)
		return &own;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].name, name))
			return &all[i];
	return NULL;
}
