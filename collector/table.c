/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of counters by key: growing, sorting, merging, finding. */
#include "lib/base.h"
#include "collector/backend.h"

#include <stdlib.h>
#include <string.h>

const char *const mem_field_names[MEM_FIELD_COUNT] = {
	[MEM_TOTAL_ALLOCATED] = "total_allocated",
	[MEM_TOTAL_FREED] = "total_freed",
	[MEM_CURRENT_USAGE] = "current_usage",
	[MEM_PEAK_USAGE] = "peak_usage",
	[MEM_ALLOC_COUNT] = "alloc_count",
	[MEM_FREE_COUNT] = "free_count",
	[MEM_MMAP_COUNT] = "mmap_count",
	[MEM_MUNMAP_COUNT] = "munmap_count",
	[MEM_LAST_UPDATE] = "last_update",
	[MEM_MMAP_BYTES] = "mmap_bytes",
	[MEM_MUNMAP_BYTES] = "munmap_bytes",
	[MEM_BRK_COUNT] = "brk_count",
	[MEM_MMAP_SEEN] = "mmap_seen",
	[MEM_MREMAP_COUNT] = "mremap_count",
	[MEM_FAILED_COUNT] = "failed_count",
	[MEM_VM_BYTES] = "vm_bytes",
	[MEM_VM_PEAK] = "vm_peak",
	[CPU_USER_TIME] = "user_time",
	[CPU_KERNEL_TIME] = "kernel_time",
	[CPU_START_TIME] = "start_time",
	[CPU_SYSCALL_START] = "syscall_start",
	[CPU_RUN_KERNEL_TIME] = "run_kernel_time",
};

const char *const monitor_definition_names[] = {
	[MONITOR_ENTERED] = "entered",
	[MONITOR_COMPLETED] = "completed",
};

void mem_table_release(struct mem_table *t)
{
	free(t->rows);
	*t = (struct mem_table){0};
}

static int by_key(const void *a, const void *b)
{
	const struct mem_row *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

const struct mem_row *mem_table_find(const struct mem_table *t, uint32_t key)
{
	struct mem_row wanted = {.key = key};

	return t->n ? bsearch(&wanted, t->rows, t->n, sizeof(*t->rows), by_key) : NULL;
}

struct mem_row *mem_table_add(struct mem_table *t, size_t *cap, uint32_t key)
{
	struct mem_row *row;

	if (t->n == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		t->rows = reallocarray(t->rows, *cap, sizeof(*t->rows));
		if (!t->rows)
			abort(); /* as lib/strbuf.h: without memory there is nothing to report */
	}
	row = &t->rows[t->n++];
	*row = (struct mem_row){.key = key};
	return row;
}

void mem_row_merge(struct mem_row *into, const struct mem_row *from)
{
	for (int f = 0; f < MEM_FIELD_COUNT; f++) {
		if (MEM_MAX_FIELDS & (1U << f))
			into->value[f] = MAX(into->value[f], from->value[f]);
		else
			into->value[f] += from->value[f];
	}
}

static bool is_sorted(const struct mem_table *t)
{
	for (size_t i = 1; i < t->n; i++)
		if (t->rows[i - 1].key > t->rows[i].key)
			return false;
	return true;
}

void mem_table_finish(struct mem_table *t)
{
	size_t kept = 0;

	if (!t->n)
		return;
	if (!is_sorted(t)) /* an iterator's rows are, mostly */
		qsort(t->rows, t->n, sizeof(*t->rows), by_key);
	for (size_t i = 1; i < t->n; i++) {
		struct mem_row *into = &t->rows[kept];

		if (t->rows[i].key != into->key) {
			t->rows[++kept] = t->rows[i];
			continue;
		}
		mem_row_merge(into, &t->rows[i]);
	}
	t->n = kept + 1;
}
