/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names in one ELF file and its debug information, by libdw. */
#ifndef MEMPROF_ELF_NAMES_H
#define MEMPROF_ELF_NAMES_H

#include "memprof/symbols/symbols.h"

struct elf_names;

/* Opens the file of @m, or what its build-id finds below the debug path. -ENOENT: neither is there;
 * -ESTALE: the file has another build-id and nothing else was found; or -errno. Prints nothing. */
int elf_names_open(struct elf_names **out, const struct profile_module *m, const char *debug_path);
void elf_names_close(struct elf_names *e); /* accepts NULL */

/*
 * Appends what is at @address of the file (its own addresses), the innermost first, into an array
 * of @arena that begins as NULL and 0. @lines: with inlined functions, files and lines. False:
 * nothing is known there.
 */
bool elf_names_find(struct elf_names *e, uint64_t address, bool lines, struct arena *arena,
		    struct symbol **at, uint32_t *n);

#endif
