/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables of counters written out by hand. */
#ifndef TESTS_UNIT_TABLE_FIXTURE_H
#define TESTS_UNIT_TABLE_FIXTURE_H

#include "collector/table.h"

/* A struct counter_row of the subject memory, and of cpu. */
struct fix_row {
	uint64_t key;
	uint64_t value[MEM_FIELD_COUNT];
};
struct fix_cpu_row {
	uint64_t key;
	uint64_t value[CPU_FIELD_COUNT];
};

/* A table on @n rows of an array; never to be released. */
#define FIX_TABLE_OF(vocabulary, array, count, has)                                                \
	((struct counter_table){.words = &(vocabulary),                                            \
				.rows = (array),                                                   \
				.n = (count),                                                      \
				.fields = (has),                                                   \
				.row_bytes = sizeof(*(array)),                                     \
				.key_bytes = 4})
#define FIX_TABLE(array, count, has) FIX_TABLE_OF(vocabulary_memory, array, count, has)

#endif
