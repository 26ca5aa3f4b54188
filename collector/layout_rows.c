/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The layout of what an iterator program writes. */
#include "lib/base.h"
#include "collector/layout_search.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"

static int find_iterator(const struct search *s, struct row_source *rows)
{
	const char *name = s->man->counters.iterator;

	rows->iterator = bpf_object__find_program_by_name(s->obj, name);
	if (!rows->iterator) {
		log_err("%s: no program '%s', which %s names as the iterator of its counters",
			s->path, name, s->hint);
		return -EINVAL;
	}
	if (bpf_program__expected_attach_type(rows->iterator) == BPF_TRACE_ITER)
		return 0;
	log_err("%s: program '%s' on %s is no iterator (SEC(\"iter/task\"))", s->path, name,
		bpf_program__section_name(rows->iterator));
	return -EINVAL;
}

/* Rows of ended processes are to be had by the same offsets. */
static int find_ended(const struct search *s, struct row_source *rows, const struct btf_type *row)
{
	const struct btf_type *value;

	if (!s->man->counters.ended)
		return 0;
	rows->ended = search_map(s, s->man->counters.ended, "ended processes");
	if (!rows->ended)
		return -EINVAL;
	if (bpf_map__type(rows->ended) != BPF_MAP_TYPE_HASH ||
	    bpf_map__key_size(rows->ended) != sizeof(uint32_t))
		return search_wrong_type(s, rows->ended, "a hash with a key of 4 bytes");
	value = search_value(s, rows->ended);
	if (!value)
		return -EINVAL;
	if (value != row) {
		log_err("%s: map '%s': its value is struct %s; struct %s is expected, as the "
			"iterator's rows",
			s->path, bpf_map__name(rows->ended),
			btf__name_by_offset(s->btf, value->name_off), s->man->counters.row);
		return -EINVAL;
	}
	return search_field(s, row, "", s->man->counters.ended_flag, sizeof(uint32_t), &rows->flag);
}

int layout_rows(const struct search *s, struct layout *l)
{
	const struct btf_type *row = search_struct(s, s->man->counters.row);
	struct row_source *rows = &l->rows;
	uint32_t sizes[COUNTER_FIELDS_MAX];
	int err = find_iterator(s, rows);

	if (!err && !row)
		err = search_missing_struct(s, s->man->counters.row);
	if (err)
		return err;
	rows->size = row->size;
	err = search_field(s, row, "", s->man->counters.row_key, sizeof(uint32_t), &rows->key);
	if (!err)
		err = search_fields(s, row, "", s->man->counters.fields, s->man->words->nfields,
				    field_sizes(s->man->words, sizes), rows->offset, &rows->fields);
	return err ? err : find_ended(s, rows, row);
}
