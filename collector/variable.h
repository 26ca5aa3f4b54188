/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Global variables of an object, found by name through its BTF. */
#ifndef COLLECTOR_VARIABLE_H
#define COLLECTOR_VARIABLE_H

#include "lib/base.h"

struct bpf_map;
struct bpf_object;

/* Where a variable is. */
struct variable {
	struct bpf_map *map; /* .rodata, .data or .bss; NULL: there is no such variable */
	size_t offset;	     /* in the map's only value */
	size_t size;
};

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
