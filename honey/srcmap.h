/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where text is: sources, spans of bytes in them, lines and columns. */
#ifndef HONEY_SRCMAP_H
#define HONEY_SRCMAP_H

#include "lib/base.h"

struct honey;

struct source {
	const char *path; /* as given on the command line, for messages */
	const char *name; /* without folders, for #line and the object */
	const char *text; /* terminated */
	size_t len;
	uint32_t *line_start; /* offsets of the lines' first bytes */
	uint32_t n_lines;
};

struct span {
	uint32_t file, start, end; /* index into sources, byte offsets; end is one past the last */
};

struct place {
	const struct source *src;
	uint32_t line, column; /* both from 1; columns count characters, not bytes */
};

struct source *srcmap_add(struct honey *h, const char *path, const char *text, size_t len);
struct place srcmap_place(const struct honey *h, uint32_t file, uint32_t offset);
/* The text of a line without its newline; sets @len. */
const char *srcmap_line(const struct source *src, uint32_t line, size_t *len);
struct span span_join(struct span a, struct span b);

#endif
