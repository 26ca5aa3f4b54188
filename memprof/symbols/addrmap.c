/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of addresses: a text, cut into lines in place, and its ranges in order of addresses. */
#include "lib/base.h"
#include "memprof/symbols/addrmap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/strbuf.h"

struct range {
	uint64_t start, end; /* @end 0: up to the next one */
	size_t order;	     /* of the lines */
	const char *name;    /* in @text */
};

struct addrmap {
	char *text;
	struct range *ranges;
	size_t n;
};

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool is_function(char type)
{
	return strchr("tTwWiV", type) != NULL;
}

/* "ADDRESS TYPE NAME [module]": the module stays a part of the name, after a blank. */
static bool parse_kallsyms(char *line, struct range *r)
{
	char *end, *tab;

	r->start = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ' || !is_function(end[1]))
		return false;
	r->end = 0;
	r->name = end + 3;
	tab = strchr(end + 3, '\t');
	if (tab)
		*tab = ' ';
	return *r->name;
}

/* "START SIZE NAME", all of the rest of the line being the name. */
static bool parse_jit(char *line, struct range *r)
{
	char *end, *name;
	uint64_t size;

	r->start = strtoull(line, &end, 16);
	if (end == line || *end != ' ')
		return false;
	size = strtoull(end, &name, 16);
	if (name == end || *name != ' ' || !size || size > UINT64_MAX - r->start)
		return false;
	r->end = r->start + size;
	r->name = name + 1;
	return *r->name;
}

static void add_range(struct addrmap *m, const struct range *r)
{
	if (!(m->n & (m->n - 1))) {
		m->ranges = realloc(m->ranges, (m->n ? m->n * 2 : 1) * sizeof(*m->ranges));
		if (!m->ranges)
			abort();
	}
	m->ranges[m->n++] = *r;
}

/* @text becomes the map's own. */
static struct addrmap *read_map(struct strbuf *text, bool (*parse)(char *, struct range *))
{
	struct addrmap *m = calloc(1, sizeof(*m));
	struct range r;

	if (!m)
		abort();
	m->text = strbuf_detach(text);
	for (char *line = m->text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		r.order = m->n;
		if (parse(line, &r))
			add_range(m, &r);
	}
	if (m->n)
		qsort(m->ranges, m->n, sizeof(*m->ranges), by_start);
	return m;
}

int addrmap_kallsyms(struct addrmap **out, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, path ? path : "/proc/kallsyms");
	struct addrmap *m = err ? NULL : read_map(&text, parse_kallsyms);

	if (m && !(m->n && m->ranges[m->n - 1].start)) {
		addrmap_free(m);
		m = NULL;
		err = -EACCES;
	}
	strbuf_release(&text);
	*out = m;
	return err;
}

int addrmap_jit(struct addrmap **out, int fd)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_fd(&text, fd);

	*out = err ? NULL : read_map(&text, parse_jit);
	strbuf_release(&text);
	return err;
}

const char *addrmap_find(const struct addrmap *m, uint64_t address)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->ranges[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	/* Code is compiled again at a place that was given back: the line written last counts,
	 * which begins at the same address or, seldom, a little before. */
	for (size_t i = low, back = 0; i-- > 0 && back < 16; back++) {
		const struct range *r = &m->ranges[i];

		if (!r->end || address < r->end)
			return r->name;
	}
	return NULL;
}

size_t addrmap_size(const struct addrmap *m)
{
	return m->n;
}

void addrmap_free(struct addrmap *m)
{
	if (!m)
		return;
	free(m->text);
	free(m->ranges);
	free(m);
}
