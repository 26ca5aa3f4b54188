/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a module declares: settings, parameters, structs, maps, functions. parse_decl.c makes them,
 * resolve.c gives them types, sizes and offsets. */
#ifndef HONEY_MODULE_H
#define HONEY_MODULE_H

#include "lib/base.h"
#include "honey/srcmap.h"

struct honey;
struct inst;
struct name;
struct node;
struct section;
struct type;

/* @name value: a constant of the module. */
struct attr {
	struct name *name;
	struct span span;
	struct node *value;
};

/* defparam: a number that the loader may set before the program is loaded. */
struct param {
	struct name *name;
	struct span span;
	struct node *type_node, *value_node;
	struct type *type;
	uint64_t value;
};

/* field in a defstruct */
struct field {
	struct name *name;
	struct span span;
	struct type *type;
	struct node *type_node, *size_node;
	uint32_t offset, size, index;
};

/* defstruct */
struct strct {
	struct name *name;
	struct span span;
	struct field *fields;
	uint32_t n_fields;
	uint32_t size, align;
	uint32_t end; /* bytes used, without the padding at the end */
	bool laid_out, visiting, in_map, as_record;
	struct type *value, *pointer, *record; /* the three ways to hold one */
};

/* defmap */
struct map {
	struct name *name;
	struct span span;
	const struct map_kind *kind;
	struct node **options; /* KEYVALUE */
	uint32_t n_options;
	struct type *key, *value; /* NULL where the kind has none */
	uint64_t max_entries;
	bool sized;   /* its key was given by key_size */
	bool untyped; /* declared without types: absent keys give 0 where nothing asks for nil */
	bool broken;  /* reported; do not complain about its uses */
};

/* One head of a function, with its body. sugar.c makes one body of all. */
struct clause {
	struct node **params; /* names, or patterns: numbers, nil, true, false */
	struct node **defaults;
	uint32_t n_params, n_defaults; /* the defaults are those of the last parameters */
	struct node *guard, *body;
	struct span span;
};

/* def or defp: a handler when it has a section. */
struct func {
	struct name *name;
	struct span span; /* the head */
	bool is_private;
	struct node **params; /* NAME nodes */
	uint32_t n_params;
	struct node *body; /* BLOCK */
	struct clause *clauses;
	uint32_t n_clauses;
	const char *sec; /* NULL: a helper */
	struct span sec_span;
	const struct section *section;
	struct func *other_arity; /* same name */
	struct inst *instances;
	struct inst *handler;
	bool called;   /* or at least tried to */
	bool asks_nil; /* nil stands in its body */
};

/* All of it, over all files given. */
struct module {
	struct name *name; /* first defmodule, or NULL */
	const char *license;
	struct span license_span;
	struct map **maps;
	struct strct **structs;
	struct func **funcs;
	struct attr **attrs; /* every setting, in order */
	struct param **params;
	uint32_t n_maps, n_structs, n_funcs, n_attrs, n_params;
};

/* A row of the table of map kinds; the flags say what a map of it has and takes. */
struct map_kind {
	const char *name; /* :bpf_hash */
	const char *c;	  /* BPF_MAP_TYPE_HASH */
	unsigned int number;
	bool key, value;
	bool ring, stack, task, per_cpu, array;
	const char *kernel;
};

struct strct *resolve_struct(struct honey *h, const struct name *name); /* also x_struct for x */
struct type *resolve_type_name(struct honey *h, const struct name *name);
/* The constant's value, of any size. Returns false when @n is none. */
bool const_exact(struct honey *h, const struct node *n, __int128 *value);
/* As above, cut to 64 bits. */
bool const_eval(struct honey *h, const struct node *n, uint64_t *value);

#endif
