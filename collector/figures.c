/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of figures: added, sorted, found. */
#include "lib/base.h"
#include "collector/figures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collector/backend.h"
#include "collector/figure_map.h"
#include "collector/object.h"

void monitor_figures_release(struct figures *f)
{
	arena_release(&f->arena);
	*f = (struct figures){0};
}

void figure_add_number(struct strbuf *key, uint64_t value, bool is_signed)
{
	if (is_signed)
		strbuf_addf(key, "%" PRId64, (int64_t)value);
	else
		strbuf_addf(key, "%" PRIu64, value);
}

struct figure_row *figure_add_row(struct figures *f, struct figure_map *map, const char *key)
{
	struct figure_row row = {.key = arena_strdup(&f->arena, key)};

	arena_push(&f->arena, map->rows, map->n, row);
	return &map->rows[map->n - 1];
}

static int by_key(const void *a, const void *b)
{
	const struct figure_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

void figure_map_finish(struct figure_map *map)
{
	if (map->n)
		qsort(map->rows, map->n, sizeof(*map->rows), by_key);
}

const struct figure_row *figure_find(const struct figure_map *map, const char *key)
{
	struct figure_row want = {.key = key};

	return map->n ? bsearch(&want, map->rows, map->n, sizeof(want), by_key) : NULL;
}

int monitor_figures_fit(const struct monitor *m, const struct figure_wish *wishes, size_t n,
			struct strbuf *why)
{
	return m->ops->figures_fit ? m->ops->figures_fit(m, wishes, n, why) : 0;
}

bool monitor_figures_lack(const struct monitor *m, const struct figure_wish *wish)
{
	const struct bpf_object *obj = monitor_bpf_object(m);

	return obj && figure_map_lacks(obj, &m->manifest, wish);
}

const struct figure_record_field *monitor_record(const struct monitor *m, size_t *n,
						 const char **at)
{
	*at = m->manifest.events_at;
	*n = 0;
	return m->ops->record ? m->ops->record(m, n) : NULL;
}

void monitor_figures_event(const struct monitor *m, const void *record, size_t bytes,
			   struct figures *out)
{
	if (m->ops->figures_event)
		m->ops->figures_event(m, record, bytes, out);
}

int monitor_figures(struct monitor *m, const struct figure_wish *wishes, size_t n,
		    struct figures *out)
{
	/* Events may be there already. */
	out->n = n;
	out->maps = arena_array(&out->arena, struct figure_map, n + 1);
	for (size_t i = 0; i < n; i++)
		out->maps[i].name = arena_strdup(&out->arena, wishes[i].name);
	return m->ops->figures ? m->ops->figures(m, wishes, n, out) : 0;
}
