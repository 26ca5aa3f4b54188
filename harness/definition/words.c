/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keys, values and kinds of maps in words. */
#include "lib/base.h"

#include <inttypes.h>

#include "harness/definition/definition.h"
#include "harness/definition/types.h"
#include "lib/strbuf.h"

static void add_number(struct strbuf *out, uint64_t v, bool is_signed)
{
	if (is_signed)
		strbuf_addf(out, "%" PRId64, (int64_t)v);
	else
		strbuf_addf(out, "%" PRIu64, v);
}

/* A text in a key, as the release prints it. */
static void add_text(struct strbuf *out, enum definition_release release, const char *text)
{
	if (release != DEFINITION_BT_0_27) {
		strbuf_addstr(out, text);
		return;
	}
	for (; *text; text++)
		if (*text != ' ')
			strbuf_addch(out, *text);
}

static void add_bound(struct strbuf *out, struct definition_bound b, bool is_signed)
{
	if (b.lo != b.hi)
		strbuf_addstr(out, "between ");
	add_number(out, b.lo, is_signed);
	if (b.lo == b.hi)
		return;
	strbuf_addstr(out, " and ");
	add_number(out, b.hi, is_signed);
}

void definition_add_key(struct strbuf *out, const struct definition_map *map,
			const struct definition_cell *cell)
{
	for (size_t i = 0; i < map->nparts; i++) {
		if (i)
			strbuf_addch(out, ',');
		if (map->parts[i].kind.type == DEFINITION_TEXT)
			add_text(out, map->release, cell->key[i].text);
		else if (map->parts[i].kind.truth)
			strbuf_addstr(out, cell->key[i].number ? "true" : "false");
		else
			add_number(out, cell->key[i].number, map->parts[i].kind.is_signed);
	}
}

static void add_buckets(struct strbuf *out, const struct definition_cell *cell)
{
	for (size_t i = 0; i < cell->nbuckets; i++) {
		const struct definition_bucket *b = &cell->buckets[i];

		strbuf_addstr(out, i ? ", " : "");
		if (b->open_low)
			strbuf_addf(out, "below %" PRId64 ": ", b->until);
		else if (b->open_high)
			strbuf_addf(out, "from %" PRId64 ": ", b->from);
		else
			strbuf_addf(out, "%" PRId64 " to %" PRId64 ": ", b->from,
				    b->until - (b->until < INT64_MAX));
		add_bound(out, b->count, false);
	}
	if (!cell->nbuckets)
		strbuf_addstr(out, "nothing");
}

void definition_add_value(struct strbuf *out, const struct definition_map *map,
			  const struct definition_cell *cell)
{
	static const char *const doubts[] = {
		[DEFINITION_CLOCK] = "clock",
		[DEFINITION_RACE] = "race",
		[DEFINITION_MISSING] = "not recorded",
		[DEFINITION_FULL] = "map full",
	};

	if (map->function == DEFINITION_HIST || map->function == DEFINITION_LHIST) {
		add_buckets(out, cell);
	} else if (map->value.type == DEFINITION_TEXT) {
		strbuf_addstr(out, cell->text ? cell->text : "-");
	} else if (cell->doubt >= DEFINITION_RACE) {
		strbuf_addch(out, '-');
	} else if (map->function == DEFINITION_PLAIN && map->value.truth && !cell->doubt) {
		strbuf_addstr(out, cell->value.lo ? "true" : "false");
	} else if (map->function == DEFINITION_STATS) {
		strbuf_addstr(out, "count ");
		add_bound(out, cell->count, false);
		strbuf_addstr(out, ", average ");
		add_bound(out, cell->average, map->value.is_signed);
		strbuf_addstr(out, ", total ");
		add_bound(out, cell->value, map->value.is_signed);
	} else {
		add_bound(out, map->function == DEFINITION_AVG ? cell->average : cell->value,
			  map->value.is_signed && map->function != DEFINITION_COUNT);
	}
	if (cell->doubt)
		strbuf_addf(out, " (%s)", doubts[cell->doubt]);
}

static void add_type(struct strbuf *out, struct definition_kind k)
{
	if (k.type == DEFINITION_TEXT)
		strbuf_addf(out, "string of %u", k.bytes);
	else
		strbuf_addf(out, "%sint%u", k.is_signed ? "" : "u", k.bytes * 8u);
}

void definition_add_kind(struct strbuf *out, const struct definition_map *map)
{
	strbuf_addstr(out, map->name);
	for (size_t i = 0; i < map->nparts; i++) {
		strbuf_addf(out, "%s%s ", i ? ", " : "[", map->parts[i].name);
		add_type(out, map->parts[i].kind);
	}
	strbuf_addstr(out, map->nparts ? "] = " : " = ");
	if (map->function == DEFINITION_PLAIN)
		add_type(out, map->value);
	else
		strbuf_addstr(out, function_name(map->function));
}
