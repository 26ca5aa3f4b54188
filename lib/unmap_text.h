/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* For a program that runs for long: most of its code, and of its libraries', is for its beginning.
 */
#ifndef LIB_UNMAP_TEXT_H
#define LIB_UNMAP_TEXT_H

/* Lets go of the pages of all that is mapped from the program's files and cannot be written. What
 * is used again comes back from the page cache by a fault, 16 pages at a time. Never fails: where
 * the kernel will not, they stay. */
void unmap_text(void);

#endif
