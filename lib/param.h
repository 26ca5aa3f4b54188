/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Named parameters of a plug-in, written by a user as "count=1009,size=64K". One table row is
 * parser, help text, default and the echo in the results.
 */
#ifndef LIB_PARAM_H
#define LIB_PARAM_H

#include "lib/base.h"
#include "lib/strbuf.h"

enum param_kind {
	PARAM_U64,   /* uint64_t; plain decimal or 0x.. */
	PARAM_BYTES, /* uint64_t; takes the suffixes K, M and G (powers of 1024) */
	PARAM_BOOL,  /* bool; yes/no, true/false, 1/0, or the bare name for yes */
	PARAM_ENUM,  /* uint64_t index into @values */
	PARAM_TEXT,  /* char[PARAM_TEXT_MAX]; any text without a comma, by default empty */
};

enum { PARAM_TEXT_MAX = 256 };

struct param {
	const char *name; /* NULL ends a table */
	const char *help; /* one line, lower case, no full stop */
	enum param_kind kind;
	size_t offset;		   /* of the field in the plug-in's parameter struct */
	uint64_t def;		   /* default value */
	uint64_t min, max;	   /* accepted range; max 0 means no upper limit */
	const char *const *values; /* PARAM_ENUM: names, ended by NULL */
};

/* Rows of a table; the parameter has the name of its field in `struct @owner`. */
#define PARAM_ROW(owner, field, kind, help, def, min, max)                                         \
	{                                                                                          \
#field, help, PARAM_##kind, offsetof(struct owner, field), def, min, max, NULL     \
	}
#define PARAM_ROW_BOOL(owner, field, help, def) PARAM_ROW(owner, field, BOOL, help, def, 0, 0)
#define PARAM_ROW_ENUM(owner, field, help, def, values)                                            \
	{                                                                                          \
#field, help, PARAM_ENUM, offsetof(struct owner, field), def, 0, 0, values         \
	}
#define PARAM_ROW_TEXT(owner, field, help) PARAM_ROW(owner, field, TEXT, help, 0, 0, 0)
#define PARAM_END                                                                                  \
	{                                                                                          \
		NULL, NULL, PARAM_U64, 0, 0, 0, 0, NULL                                            \
	}

/* Writes the defaults of @table into @dst (a struct of the plug-in). A NULL table is an empty one.
 */
void param_defaults(const struct param *table, void *dst);

/*
 * Parses @spec ("a=1,b=2"; NULL or "" is nothing) into @dst, over what is there. Returns 0, or
 * -EINVAL after log_err() said which parameter of @owner is wrong, what it takes, and the nearest
 * name.
 */
int param_parse(const struct param *table, const char *owner, const char *spec, void *dst);

/* The value of row @p in @src, as a number (a bool is 0 or 1; a text is none, and 0). */
uint64_t param_get(const struct param *p, const void *src);

/* Appends every parameter as "a=1,b=2", for messages and for repeating a run; but a text that is
 * empty. */
void param_format(const struct param *table, const void *src, struct strbuf *out);

/* Parses one number with an optional K/M/G suffix. Returns 0 or -EINVAL / -ERANGE; prints nothing.
 */
int param_number(const char *text, bool bytes, uint64_t *out);

#endif
