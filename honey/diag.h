/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said to the writer of a .ex file: errors, warnings, remarks (errors.def, explain.def). */
#ifndef HONEY_DIAG_H
#define HONEY_DIAG_H

#include <stdio.h>

#include "lib/arena.h"
#include "lib/base.h"
#include "honey/srcmap.h"

struct honey;

enum severity { SEV_ERROR, SEV_WARNING, SEV_REMARK };

enum diag_code {
#define DIAG(code, severity, title) code,
#include "honey/errors.def"
#undef DIAG
	DIAG_COUNT
};

struct diag {
	enum diag_code code;
	struct span span;
	const char *text; /* what is wrong */
	const char *help; /* what to write instead, or NULL */
	struct span note_span;
	const char *note; /* a second place that matters, or NULL */
};

enum severity diag_severity(enum diag_code code);
const char *diag_name(enum diag_code code); /* "H012" */
/* The one function all passes report through. Repeats (same code, same place) are dropped. */
void diag_report(struct honey *h, const struct diag *d);
/* Shorthand: text by printf, and a help that may be NULL. */
void diag_at(struct honey *h, enum diag_code code, struct span span, const char *help,
	     const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Prints what was collected in the order of the text, and the closing count, to @out. */
void diag_flush(struct honey *h, FILE *out);
/* Prints the long text of a code such as H012. Returns 0, or -ENOENT (nothing printed). */
int diag_explain(const char *code, FILE *out);
/* @format by printf, in the arena. */
#define fmt(h, ...) arena_printf(&(h)->arena, __VA_ARGS__)

#endif
