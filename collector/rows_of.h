/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows of some processes: an object whose iterator program is X may have a program X_of
 * (SEC("?syscall"), bpf/calls/walk.bpf.h), which is told in its map X_asked whose rows are wanted
 * (a u32, how many, and their numbers) and writes them into its map X_rows (Linux 6.7 and later).
 * Private to collector/.
 */
#ifndef COLLECTOR_ROWS_OF_H
#define COLLECTOR_ROWS_OF_H

#include "lib/base.h"

struct bpf_object;
struct bpf_program;
struct rows_of;

/* Before loading. True: that of @iterator will be loaded. Where it is not @wanted, or this kernel
 * has no such programs, neither it nor its maps are there. */
bool rows_of_choose(struct bpf_object *object, const char *iterator, bool wanted);
/* After loading. 0 or -errno; prints nothing. */
int rows_of_open(struct rows_of **out, const struct bpf_object *object, const char *iterator);
/* The rows of @n processes now; they stay until rows_of_done(). 0 or -errno (-ENOBUFS: there is no
 * room for so many); prints nothing. */
int rows_of_read(struct rows_of *r, const uint32_t *pids, size_t n, const void **rows, size_t *len);
void rows_of_done(struct rows_of *r);
/* Its program; @r may be NULL. */
bool rows_of_is(const struct rows_of *r, const struct bpf_program *p);
void rows_of_close(struct rows_of *r); /* accepts NULL */

#endif
