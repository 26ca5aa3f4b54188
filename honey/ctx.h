/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections, and the fields of the contexts that the kernel hands to their programs. */
#ifndef HONEY_CTX_H
#define HONEY_CTX_H

#include "lib/base.h"
#include "honey/srcmap.h"

struct honey;
struct type;

enum ctx_kind { CTX_OPAQUE, CTX_TRACEPOINT, CTX_ARGS_STRUCT, CTX_ARGS_ARRAY };

struct ctx_field {
	const char *name;
	struct type *type;
	uint32_t offset, size;
};

struct section {
	const char *text; /* the whole of SEC() */
	const char *sec;  /* as the object has it; @text but where the processor calls it another */
	bool mmap_block;  /* its arguments are in a block: honey/processor.h */
	const char *kind; /* tracepoint */
	enum ctx_kind ctx;
	unsigned int progs;
	const char *c_struct; /* of the context, or NULL for void */
	bool core;	      /* offsets are fixed up at load time */
	struct ctx_field *fields;
	uint32_t n_fields;
	uint32_t n_args; /* ctx.args, 0: none */
	bool no_fields_known;
	bool *used; /* by field: emitted */
	bool args_used;
	bool touched; /* a field is read: an opaque context gets its struct */
	bool emitted;
};

/* The section of a handler, or NULL after reporting. */
const struct section *ctx_section(struct honey *h, const char *sec, struct span span);
const struct ctx_field *ctx_find(const struct section *s, const char *name);

void ctx_use(const struct section *s, const char *name); /* the C needs this field */

/* Fields of a struct in the BTF file @path. Returns their number or -errno. */
int btf_struct_fields(struct honey *h, const char *path, const char *name, struct ctx_field **out);
/* The arguments of a function of the kernel, each read as 64 bits. */
int btf_func_args(struct honey *h, const char *path, const char *func, struct ctx_field **out);
/* Fields of struct trace_event_raw_@event from BTF in memory (the fuzzer feeds it). */
int btf_parse_event(struct honey *h, const void *data, size_t len, const char *event,
		    struct ctx_field **out);
/* Fields of a tracefs format text. Returns their number or -errno. */
int tracefs_parse_format(struct honey *h, const char *text, struct ctx_field **out);

#endif
