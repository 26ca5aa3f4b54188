/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Byte offsets to lines and columns, and back to the text of a line. */
#include "lib/base.h"
#include "honey/srcmap.h"

#include <ctype.h>
#include <string.h>

#include "honey/diag.h"
#include "honey/honey.h"

/* The file's name as C and the object may show it: no folder, nothing that C or a shell would read
 * otherwise, and its own. */
static const char *shown_name(struct honey *h, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = fmt(h, "%s", slash ? slash + 1 : path);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.' &&
		    (*p != '-' || p == name))
			*p = '_';
	for (uint32_t i = 0; i + 1 < h->n_sources; i++)
		if (!strcmp(h->sources[i].name, name))
			return fmt(h, "%u_%s", h->n_sources, name);
	return name;
}

struct source *srcmap_add(struct honey *h, const char *path, const char *text, size_t len)
{
	struct source *src;
	uint32_t lines = 1;

	arena_push(&h->arena, h->sources, h->n_sources, (struct source){.len = len});
	src = &h->sources[h->n_sources - 1];
	src->path = arena_strdup(&h->arena, path);
	src->name = shown_name(h, path);
	src->text = text;
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	src->line_start = arena_array(&h->arena, uint32_t, lines);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			src->line_start[++src->n_lines] = (uint32_t)i + 1;
	src->n_lines = lines;
	return src;
}

struct place srcmap_place(const struct honey *h, uint32_t file, uint32_t offset)
{
	const struct source *src = &h->sources[file];
	uint32_t low = 0, high = src->n_lines;
	struct place p = {.src = src, .column = 1};

	offset = MIN(offset, (uint32_t)src->len);
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (src->line_start[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	p.line = low + 1;
	for (uint32_t i = src->line_start[low]; i < offset; i++)
		p.column += ((unsigned char)src->text[i] & 0xc0) != 0x80;
	return p;
}

const char *srcmap_line(const struct source *src, uint32_t line, size_t *len)
{
	const char *start = src->text + src->line_start[line - 1];
	const char *end = memchr(start, '\n', src->len - src->line_start[line - 1]);

	*len = end ? (size_t)(end - start) : src->len - src->line_start[line - 1];
	if (*len && start[*len - 1] == '\r')
		(*len)--;
	return start;
}

struct span span_join(struct span a, struct span b)
{
	if (a.file == b.file) {
		a.start = MIN(a.start, b.start);
		a.end = MAX(a.end, b.end);
	}
	return a;
}
