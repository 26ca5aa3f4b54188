/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Pages of programs and libraries that only the beginning needed. */
#ifndef LIB_LET_GO_H
#define LIB_LET_GO_H

#include "lib/base.h"

/*
 * Takes pages of files that are mapped, and were never written here, out of this process: what is
 * needed again comes back by itself, out of the page cache, with fewer pages around it. A page in
 * which a tracer has put a breakpoint is this process's own and stays. Returns how many bytes were
 * resident and went; 0 also where the kernel does not tell (/proc/self/pagemap); prints nothing.
 */
uint64_t let_go_of_file_pages(void);

#endif
