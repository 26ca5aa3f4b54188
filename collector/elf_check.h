/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Is this file a BPF object at all? Says what is wrong with it before libbpf has to. Layout:
 * elf(5). */
#ifndef COLLECTOR_ELF_CHECK_H
#define COLLECTOR_ELF_CHECK_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * Looks at an ELF image: complete, 64 bits, for BPF, with BTF and at least one program section.
 * Returns 0, or -EINVAL and the reason with what to do about it in @why.
 */
int elf_check(const void *image, size_t size, struct strbuf *why);

/* elf_check() of a file. 0 or -errno after saying "PATH: .." (lib/why.h). */
int elf_check_file(const char *path, struct strbuf *why);
/* The same of an object for a machine of that byte order, such as a guest; it may be without BTF,
 * as not everybody reads its maps. */
int elf_check_file_of(const char *path, bool big_endian, struct strbuf *why);

/* The byte order of an ELF file. Returns 0, or -EINVAL: it is none, or cannot be read. Prints
 * nothing.
 */
int elf_byte_order(const char *path, bool *big);

/* The symbol table of the file has @name; false too when the file cannot be read. */
bool elf_has_symbol(const char *path, const char *name);

#endif
