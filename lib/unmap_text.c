/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a segment without PF_W has is in its file, as relocations are written to the others: the
 * kernel may take its pages away at any time, and is told that now is one. */
#include "lib/base.h"
#include "lib/unmap_text.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

static int unmap_object(struct dl_phdr_info *info, size_t size UNUSED, void *arg UNUSED)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = (info->dlpi_addr + p->p_vaddr) / page * page;
		uintptr_t end = info->dlpi_addr + p->p_vaddr + p->p_memsz;

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			madvise((void *)begin, end - begin, MADV_DONTNEED);
	}
	return 0;
}

void unmap_text(void)
{
	dl_iterate_phdr(unmap_object, NULL);
}
