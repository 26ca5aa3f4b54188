/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of which size the huge pages are that mmap(2) maps. */
#ifndef LIB_HUGE_PAGE_H
#define LIB_HUGE_PAGE_H

#include "lib/base.h"

/* Bytes of this machine's default huge page; 0: it has none. Read once. */
uint64_t huge_page_default(void);

/* Bytes of the pages that mmap() with @flags maps; 0: small ones, or those of its file. */
uint64_t huge_page_bytes(uint64_t flags);

#endif
