/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between the processors that a program is compiled for. */
#ifndef HONEY_PROCESSOR_H
#define HONEY_PROCESSOR_H

#include "lib/base.h"

struct honey_processor {
	const char *name;   /* "s390x": --processor */
	const char *target; /* clang's -target */
	/*
	 * mmap is a system call whose one argument is the address of its six, and its tracepoint is
	 * called old_mmap (arch/s390/kernel/syscalls).
	 */
	bool mmap_block;
};

/* NULL: this machine's. Returns NULL where there is none of that name. */
const struct honey_processor *honey_processor_named(const char *name);

#endif
