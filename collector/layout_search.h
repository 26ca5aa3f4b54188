/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finding maps, types and fields in an object's BTF, with the messages when they are not there.
 * Private to layout*.c. */
#ifndef COLLECTOR_LAYOUT_SEARCH_H
#define COLLECTOR_LAYOUT_SEARCH_H

#include "collector/layout.h"

struct btf;
struct btf_type;

/* What every function here needs for its work and its messages. */
struct search {
	const struct bpf_object *obj;
	const struct btf *btf;
	const struct manifest *man;
	const char *path;
	char *hint; /* file that holds, or would hold, the names */
};

/* The map, or NULL after saying that there is none; @use is what it is needed for ("counters"). */
struct bpf_map *search_map(const struct search *s, const char *name, const char *use);
/* The struct that is the map's value, or NULL after saying that it is none. */
const struct btf_type *search_value(const struct search *s, const struct bpf_map *map);
/* The struct of that name, or NULL, silently. */
const struct btf_type *search_struct(const struct search *s, const char *name);
/*
 * The offset of a field that must have @size bytes; "stats.count" is field count of the struct that
 * field stats is. @of is "" or " (map NAME)", for the messages. 0 or -EINVAL after saying why.
 */
int search_field(const struct search *s, const struct btf_type *t, const char *of, const char *name,
		 uint32_t size, uint32_t *offset);
/* The same for each of @n @names that is not NULL: its offset, and its bit in @fields. @sizes NULL:
 * 8 bytes each. */
int search_fields(const struct search *s, const struct btf_type *t, const char *of,
		  char *const names[], size_t n, const uint32_t *sizes, uint32_t *offset,
		  uint64_t *fields);
/* Bytes of each field of a row, for search_fields(); returns @sizes. */
const uint32_t *field_sizes(const struct vocabulary *words, uint32_t sizes[COUNTER_FIELDS_MAX]);
/* The named parts of a map's key, where it is a struct of plain members. Returns how many. */
size_t search_key(const struct search *s, const struct bpf_map *map,
		  struct key_part parts[COUNTER_PARTS_MAX]);
/* Says that there is no struct of that name, and what would put it there; returns -EINVAL. */
int search_missing_struct(const struct search *s, const char *name);
/* Says that the map is not @expected; returns -EINVAL. */
int search_wrong_type(const struct search *s, const struct bpf_map *map, const char *expected);

/* The part of layout_resolve() that is about an iterator's rows (layout_rows.c). */
int layout_rows(const struct search *s, struct layout *l);

#endif
