/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which map, struct and field of an object is which of ours: by name, through the object's BTF. */
#ifndef COLLECTOR_LAYOUT_H
#define COLLECTOR_LAYOUT_H

#include "collector/manifest.h"
#include "collector/ring.h"

struct bpf_map;
struct bpf_object;
struct bpf_program;

/* Where a variable is. */
struct variable {
	struct bpf_map *map; /* .rodata, .data or .bss; NULL: there is no such variable */
	size_t offset;	     /* in the map's only value */
	size_t size;
};

/* A map of counters: a key, and a value with some of the subject's fields. */
struct counter_source {
	struct bpf_map *map;
	uint64_t fields; /* bit (1 << field) */
	uint32_t offset[COUNTER_FIELDS_MAX];
};

/*
 * Rows that an iterator program writes, several of one key at will, and the map of rows of
 * processes that have ended, which has the same struct.
 */
struct row_source {
	struct bpf_program *iterator; /* NULL: none */
	uint32_t size, key;	      /* bytes of the struct; offset of the u32 */
	uint64_t fields;	      /* bit (1 << field) */
	uint32_t offset[COUNTER_FIELDS_MAX];
	struct bpf_map *ended; /* NULL: none */
	uint32_t flag;	       /* offset of the u32 that is 1 when the process has ended */
};

struct layout {
	const struct vocabulary *words;
	struct counter_source counters[COUNTER_FIELDS_MAX];
	size_t ncounters;
	uint64_t narrow;    /* fields that have 4 bytes, of maps and rows */
	uint32_t key_bytes; /* of all of them */
	struct key_part parts[COUNTER_PARTS_MAX];
	size_t nparts; /* 0: the key is a number */
	struct row_source rows;
	struct bpf_map *ring; /* NULL: no events; an array of maps: a ring for each CPU */
	bool ring_per_cpu;
	struct bpf_map *wake; /* a ring buffer by which the writers of mapped rings wake; or NULL */
	struct variable event_switch; /* map NULL: there is none */
	struct event_layout event;
	bool event_assumed; /* the struct is not in the BTF; the subject's layout is taken */
	struct bpf_map *losses;
	uint32_t loss_fields; /* bit (1 << enum loss_field) */
	uint32_t loss_offset[LOSS_FIELD_COUNT];
};

/*
 * Resolves the names of @man in an object that is open (it need not be loaded). Returns 0, or
 * -EINVAL after saying (lib/why.h) which map, struct, field or program is missing or wrong, and
 * what there is. @path is for the messages.
 */
int layout_resolve(struct layout *l, const struct bpf_object *obj, const struct manifest *man,
		   const char *path, struct strbuf *why);

/* The map is an array of rings, which user space fills: one for each CPU. */
bool layout_is_ring_array(struct bpf_map *map);
/* And they are mapped ones (bpf/ring/mapped_ring.h), not the kernel's ring buffers. */
bool layout_has_mapped_rings(struct bpf_map *map);
/* The layout reads this map. */
bool layout_uses(const struct layout *l, const struct bpf_map *map);
/* The program is one that a monitor of this manifest has to have; others are extras. */
#define LAYOUT_BEGIN_PROGRAM "beebench_begin" /* an iterator that is run once (object.c) */
bool layout_expects(const struct manifest *man, const struct bpf_program *p);

/* Global variables of an object, found by name through its BTF. */

/* Finds @name among the variables of @size bytes in @section (".rodata", ".data", ".bss"). */
struct variable variable_find(const struct bpf_object *obj, const char *section, const char *name,
			      size_t size);
/* Sets it before the object is loaded; read-only ones, too. 0 or -errno; prints nothing. */
int variable_init(const struct variable *v, const void *value);
/* Sets one of 4 bytes that can be written, in an object that is loaded. 0 or -errno; prints
 * nothing.
 */
int variable_set_u32(const struct variable *v, uint32_t value);

#endif
