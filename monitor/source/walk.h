/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What walk_tasks() (bpf/procs/tasks.bpf.c) has written: records where the kernel put them, in the
 * order of their numbers. Private to tasks.c.
 */
#ifndef MONITOR_SOURCE_WALK_H
#define MONITOR_SOURCE_WALK_H

#include "lib/base.h"

struct walk;

/* For two maps: of records, @bytes, and of @places numbers; both stay the caller's. 0 or -errno;
 * prints nothing. */
int walk_open(struct walk **out, int records_fd, size_t bytes, int same_fd, size_t places);
void walk_close(struct walk *w); /* accepts NULL */

/* After the program has run and returned @used. 0 or -errno (-ENOBUFS: it found no room for all;
 * -EPROTO: those are no records); prints nothing. */
int walk_begin(struct walk *w, size_t used);
/* The next task and its record; *@record NULL: it is as it was told. False: that were all. Ask
 * again only after 0 of walk_begin(). */
bool walk_next(struct walk *w, uint32_t *pid, char **record);

/* What walk_next() gave is gone. */
void walk_end(struct walk *w);

/* Bytes that the records may take. */
size_t walk_room(const struct walk *w);

/* How long the record of a thread or a process at @data is, of at most @left bytes; 0: it is none.
 */
size_t walk_record_bytes(const void *data, size_t left);

#endif
