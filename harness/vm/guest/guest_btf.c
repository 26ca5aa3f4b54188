/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types, read once. libbpf reads and parses them for each object that it loads, and
 * drops them afterwards: of the instructions of loading a small object four fifths. The linker
 * leads its two calls here (-Wl,--wrap in the Makefile), and the guest's program keeps what the
 * first one brought: nothing is changed in it, and there is one kernel.
 */
#include "lib/base.h"

#include <bpf/btf.h>

static struct btf *kept;

/* Names are the linker's. */
struct btf *__real_btf__load_vmlinux_btf(void);
struct btf *__wrap_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);
void __wrap_btf__free(struct btf *btf);

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	if (!kept)
		kept = __real_btf__load_vmlinux_btf();
	return kept;
}

void __wrap_btf__free(struct btf *btf)
{
	if (!btf || btf != kept)
		__real_btf__free(btf);
}
