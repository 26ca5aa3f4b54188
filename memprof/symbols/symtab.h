/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The functions of an ELF file's symbol tables in order of their addresses, so that a look-up is a
 * binary search: dwfl_module_addrinfo() walks the whole table each time, which takes milliseconds
 * in a compiler's 30,000 symbols.
 */
#ifndef MEMPROF_SYMTAB_H
#define MEMPROF_SYMTAB_H

#include <elfutils/libdwfl.h>

#include "lib/base.h"

struct symtab;

/* Of a module that is open in libdwfl, whose strings it borrows. Never fails: it may be empty. */
struct symtab *symtab_new(Dwfl_Module *module);
/* The name of the function that @address, as libdwfl has placed it, is in; or NULL. */
const char *symtab_find(const struct symtab *t, GElf_Addr address);
void symtab_free(struct symtab *t); /* accepts NULL */

#endif
