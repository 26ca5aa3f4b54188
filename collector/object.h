/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The inside of a monitor that is a BPF object, for measures that need its programs and maps
 * themselves. */
#ifndef COLLECTOR_OBJECT_H
#define COLLECTOR_OBJECT_H

#include "collector/collect.h"

struct bpf_map;
struct bpf_object;

/* A program of the object. All belong to the monitor: the strings and the descriptor live until
 * monitor_close(). */
struct object_program {
	const char *name;    /* of the function */
	const char *section; /* "tracepoint/syscalls/sys_enter_mmap" */
	uint32_t type;	     /* enum bpf_prog_type */
	int fd;
	bool iterator; /* never runs at an event: only when its rows are wanted */
};

/* The programs in the order of the object; how many there are, of which at most @max are written. 0
 * for monitors of other kinds. */
size_t monitor_programs(const struct monitor *m, struct object_program *out, size_t max);

/* The descriptor of a map by its name. -ENOENT: there is none. Not to be closed. */
int monitor_map_fd(const struct monitor *m, const char *name);

/* libbpf's object, or NULL for monitors of other kinds. */
struct bpf_object *monitor_bpf_object(const struct monitor *m);

/* The array of maps that was filled with rings when the object was opened, and those rings. All is
 * the monitor's. */
struct object_rings {
	const struct bpf_map *array; /* NULL: there is none */
	bool mapped;		     /* bpf/ring/mapped_ring.h; else the kernel's ring buffers */
	const int *fds;		     /* @n, one a CPU */
	size_t n;
	uint64_t bytes; /* of each */
};
struct object_rings monitor_rings(const struct monitor *m);

/*
 * A snapshot whose iterator another program runs, in its own walk along all tasks (by a tail call,
 * monitor/source/tasks.c): the program's descriptor, *@row_bytes of each row, which begins with the
 * process's number. -ENOTSUP: @m is read in another way. Prints nothing.
 */
int monitor_rows_program(const struct monitor *m, size_t *row_bytes);
/* Before the other program's reading and after it, with all rows: monitor_snapshot() in two steps.
 * 0 or -errno after saying why; the caller releases @out. */
int monitor_rows_begin(struct monitor *m);
int monitor_rows_end(struct monitor *m, const void *data, size_t len, struct counter_table *out);

/* It can be asked for the rows of some processes (monitor_target.rows_of). */
bool monitor_tells_rows_of(const struct monitor *m);
/* The rows of @n processes, for who knows that the others have not run since they were told; and
 * all, where there are too many to ask for. As monitor_snapshot(). */
int monitor_rows_of(struct monitor *m, const uint32_t *pids, size_t n, struct counter_table *out);

#endif
