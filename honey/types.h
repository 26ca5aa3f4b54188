/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a value is: kinds of types, their widths, their names in messages and in C. */
#ifndef HONEY_TYPES_H
#define HONEY_TYPES_H

#include "lib/base.h"

struct honey;
struct strct;
struct section;

enum type_kind {
	T_ERROR, /* reported already; goes with everything */
	T_VOID,
	T_NIL,
	T_BOOL,
	T_INT,	   /* @bits, @sgn */
	T_LITERAL, /* number without a width yet: @bits 32 or 64, @sgn when negative */
	T_STRUCT,  /* by value, on the stack */
	T_POINTER, /* to a struct in a map: nil until checked */
	T_RECORD,  /* reserved in a ring buffer: nil until checked, must be given back */
	T_OPTION,  /* a number in a map: nil until checked, then its value */
	T_ARRAY,   /* @count of @elem, in memory; a string is an array of char */
	T_STRING,  /* a literal */
	T_ATOM,
	T_MAP,
	T_CTX,
	T_ARGS, /* ctx.args */
	T_TASK,
	T_FN,
};

struct type {
	enum type_kind kind;
	uint8_t bits;
	bool sgn;
	bool is_char;		       /* T_ARRAY of a string */
	struct strct *strct;	       /* STRUCT, POINTER, RECORD */
	struct type *elem;	       /* OPTION, ARRAY */
	uint32_t count;		       /* ARRAY */
	struct type *option;	       /* INT: the T_OPTION of it */
	const struct section *section; /* CTX */
};

struct types {
	struct type error, void_, nil, bool_, string, atom, map, args, task, fn;
	struct type ints[2][4]; /* [signed][log2(bytes)] */
	struct type options[2][4];
	struct type lit32, lit64, litneg;
};

void types_init(struct honey *h);
struct type *type_int(struct honey *h, unsigned int bits, bool sgn);
struct type *type_option(struct honey *h, struct type *of);
struct type *type_array(struct honey *h, struct type *elem, uint32_t count, bool is_char);
bool type_is_number(const struct type *t); /* INT or LITERAL */
bool type_is_nilable(const struct type *t);
uint32_t type_size(const struct type *t);
uint32_t type_align(const struct type *t);
const char *type_text(struct honey *h, const struct type *t); /* for messages */
const char *type_c(struct honey *h, const struct type *t);    /* the C of it */
struct type *type_join(struct honey *h, struct type *a, struct type *b, bool *ok);

#endif
