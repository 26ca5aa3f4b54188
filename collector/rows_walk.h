/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows by a walk: an object whose iterator program is X may have a program X_walk (SEC("?syscall"),
 * bpf/calls/walk.bpf.h), which writes the same rows into its map X_rows at a fraction of the cost
 * (Linux 6.7 and later). Private to collector/.
 */
#ifndef COLLECTOR_ROWS_WALK_H
#define COLLECTOR_ROWS_WALK_H

#include "lib/base.h"

struct bpf_object;
struct bpf_program;
struct rows_walk;

/* Before loading. True: the walk of @iterator will be loaded. Where it is not @wanted, or this
 * kernel has none, neither it nor its map is there. */
bool rows_walk_choose(struct bpf_object *object, const char *iterator, bool wanted);
/* After loading. 0 or -errno; prints nothing. */
int rows_walk_open(struct rows_walk **out, const struct bpf_object *object, const char *iterator);
/* All rows now; they stay until rows_walk_done(). 0 or -errno (-ENOBUFS: they found no room);
 * prints nothing. */
int rows_walk_run(struct rows_walk *w, const void **rows, size_t *len);
void rows_walk_done(struct rows_walk *w);
/* The walk's program; @w may be NULL. */
bool rows_walk_is(const struct rows_walk *w, const struct bpf_program *p);
void rows_walk_close(struct rows_walk *w); /* accepts NULL */

#endif
