/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks names up in an object's BTF, and says what is there instead. */
#include "lib/base.h"
#include "collector/layout_search.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"

static bool internal(const struct bpf_map *map)
{
	return strchr(bpf_map__name(map), '.') != NULL; /* .rodata, .bss, .kconfig */
}

static int missing_map(const struct search *s, const char *name, const char *use)
{
	struct strbuf there = STRBUF_INIT;
	const struct bpf_map *map;

	bpf_object__for_each_map (map, s->obj)
		if (!internal(map))
			strbuf_addf(&there, "%s%s", there.len ? ", " : "", bpf_map__name(map));
	log_err("%s: no map '%s' (its maps: %s); name its map of %s in %s "
		"(docs/adding-a-monitor.md)",
		s->path, name, there.len ? there.s : "none", use, s->hint);
	strbuf_release(&there);
	return -EINVAL;
}

struct bpf_map *search_map(const struct search *s, const char *name, const char *use)
{
	struct bpf_map *map = bpf_object__find_map_by_name(s->obj, name);

	if (!map)
		missing_map(s, name, use);
	return map;
}

static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_typedef(t) || btf_is_mod(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static const char *type_name(const struct search *s, const struct btf_type *t)
{
	const char *name = btf__name_by_offset(s->btf, t->name_off);

	return name && *name ? name : "(no name)";
}

static int missing_field(const struct search *s, const struct btf_type *t, const char *of,
			 const char *name)
{
	struct strbuf there = STRBUF_INIT;

	for (int i = 0; i < btf_vlen(t); i++)
		strbuf_addf(&there, "%s%s", there.len ? ", " : "",
			    btf__name_by_offset(s->btf, btf_members(t)[i].name_off));
	log_err("%s: struct %s%s has no field '%s' (its fields: %s); name its field in %s", s->path,
		type_name(s, t), of, name, there.len ? there.s : "none", s->hint);
	strbuf_release(&there);
	return -EINVAL;
}

static int find_field(const struct search *s, const struct btf_type *t, const char *of,
		      const char *name, uint32_t size, uint32_t *offset)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *member = &btf_members(t)[i];
		const char *is = btf__name_by_offset(s->btf, member->name_off);
		uint32_t bits = btf_member_bit_offset(t, (uint32_t)i);
		int64_t bytes = btf__resolve_size(s->btf, member->type);

		if (!is || strcmp(is, name))
			continue;
		if (btf_member_bitfield_size(t, (uint32_t)i) || bits % 8) {
			log_err("%s: struct %s%s: field '%s' is a bit field; %u whole bytes are "
				"expected",
				s->path, type_name(s, t), of, name, size);
			return -EINVAL;
		}
		if (bytes != size) {
			log_err("%s: struct %s%s: field '%s' has %lld byte%s, %u %s expected",
				s->path, type_name(s, t), of, name, (long long)bytes,
				bytes == 1 ? "" : "s", size, size == 1 ? "is" : "are");
			return -EINVAL;
		}
		*offset = bits / 8;
		return 0;
	}
	return missing_field(s, t, of, name);
}

int search_wrong_type(const struct search *s, const struct bpf_map *map, const char *expected)
{
	const char *name = libbpf_bpf_map_type_str(bpf_map__type(map));

	log_err("%s: map '%s' is of type %s; %s is expected", s->path, bpf_map__name(map),
		name ? name : "unknown", expected);
	return -EINVAL;
}

const struct btf_type *search_value(const struct search *s, const struct bpf_map *map)
{
	uint32_t id = bpf_map__btf_value_type_id(map);
	const struct btf_type *t = id ? strip(s->btf, id) : NULL;

	if (!t || !btf_is_struct(t)) {
		log_err("%s: map '%s': its value is %s; declare it with __type(value, struct ..)",
			s->path, bpf_map__name(map), t ? "no struct" : "not described in its BTF");
		return NULL;
	}
	return t;
}

const struct btf_type *search_struct(const struct search *s, const char *name)
{
	int32_t id = btf__find_by_name_kind(s->btf, name, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(s->btf, (uint32_t)id);
}

/* The struct that field @name of @t is, and where in @t it is; NULL: none. */
static const struct btf_type *inner(const struct search *s, const struct btf_type *t,
				    const char *name, uint32_t *offset)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *member = &btf_members(t)[i];
		const struct btf_type *type = strip(s->btf, member->type);
		const char *is = btf__name_by_offset(s->btf, member->name_off);

		if (!is || strcmp(is, name) || !type || !btf_is_struct(type))
			continue;
		*offset = btf_member_bit_offset(t, (uint32_t)i) / 8;
		return type;
	}
	return NULL;
}

int search_field(const struct search *s, const struct btf_type *t, const char *of, const char *name,
		 uint32_t size, uint32_t *offset)
{
	const char *dot = strchr(name, '.');
	const struct btf_type *in;
	char first[128];
	uint32_t at;
	int err;

	if (!dot)
		return find_field(s, t, of, name, size, offset);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - name), name);
	in = inner(s, t, first, &at);
	if (!in)
		return missing_field(s, t, of, first);
	err = search_field(s, in, of, dot + 1, size, offset);
	*offset += at;
	return err;
}

int search_fields(const struct search *s, const struct btf_type *t, const char *of,
		  char *const names[], size_t n, const uint32_t *sizes, uint32_t *offset,
		  uint64_t *fields)
{
	for (size_t i = 0; i < n; i++) {
		int err;

		if (!names[i])
			continue;
		err = search_field(s, t, of, names[i], sizes ? sizes[i] : sizeof(uint64_t),
				   &offset[i]);
		if (err)
			return err;
		*fields |= 1ULL << i;
	}
	return 0;
}

int search_missing_struct(const struct search *s, const char *name)
{
	log_err("%s: no struct '%s' in its BTF, which %s names; a global of that type puts it "
		"there (struct %s *const volatile layout = 0;)",
		s->path, name, s->hint, name);
	return -EINVAL;
}

const uint32_t *field_sizes(const struct vocabulary *words, uint32_t sizes[COUNTER_FIELDS_MAX])
{
	for (size_t f = 0; f < words->nfields; f++)
		sizes[f] = sizeof(uint64_t) * MAX(words->fields[f].slots, 1U);
	return sizes;
}

/* A member as a part of a key: a number, or characters. */
static bool key_part(const struct search *s, const struct btf_member *m, uint32_t bits,
		     struct key_part *out)
{
	const struct btf_type *t = strip(s->btf, m->type);
	int64_t bytes = btf__resolve_size(s->btf, m->type);

	if (!t || bytes <= 0 || bytes > COUNTER_KEY_MAX || bits % 8)
		return false;
	out->text = btf_is_array(t);
	if (!out->text && !btf_is_int(t) && !btf_is_any_enum(t))
		return false;
	snprintf(out->name, sizeof(out->name), "%s", btf__name_by_offset(s->btf, m->name_off));
	out->offset = (uint16_t)(bits / 8);
	out->bytes = (uint16_t)bytes;
	return true;
}

size_t search_key(const struct search *s, const struct bpf_map *map,
		  struct key_part parts[COUNTER_PARTS_MAX])
{
	uint32_t id = bpf_map__btf_key_type_id(map);
	const struct btf_type *t = id ? strip(s->btf, id) : NULL;
	size_t n = 0;

	for (int i = 0; t && btf_is_struct(t) && i < btf_vlen(t) && n < COUNTER_PARTS_MAX; i++)
		n += key_part(s, &btf_members(t)[i], btf_member_bit_offset(t, (uint32_t)i),
			      &parts[n]);
	return n;
}
