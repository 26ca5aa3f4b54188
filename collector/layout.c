/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds maps, structs and fields by name in an object's BTF, and says exactly what does not fit.
 * First the looking up (search_*), which says what is there instead; then variables, the rows of an
 * iterator, counters, events, losses, and the programs a monitor has to have.
 */
#include "lib/base.h"
#include "collector/layout.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/why.h"
#include "lib/strbuf.h"
#include "collector/registry.h"

/* What every search_() needs for its work and its messages. */
struct search {
	const struct bpf_object *obj;
	const struct btf *btf;
	const struct manifest *man;
	const char *path;
	char *hint; /* file that holds, or would hold, the names */
	struct strbuf *why;
};

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
	why_err(s->why,
		"%s: no map '%s' (its maps: %s); name its map of %s in %s "
		"(docs/adding-a-monitor.md)",
		s->path, name, there.len ? there.s : "none", use, s->hint);
	strbuf_release(&there);
	return -EINVAL;
}

/* The map, or NULL after saying that there is none; @use is what it is needed for ("counters"). */
static struct bpf_map *search_map(const struct search *s, const char *name, const char *use)
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
	why_err(s->why, "%s: struct %s%s has no field '%s' (its fields: %s); name its field in %s",
		s->path, type_name(s, t), of, name, there.len ? there.s : "none", s->hint);
	strbuf_release(&there);
	return -EINVAL;
}

/*
 * The one place where an offset out of a BTF is held against what it indexes: @bytes at @offset of
 * @whole bytes. All that is read later of maps, rows and records was found by this.
 */
static int search_inside(const struct search *s, const struct btf_type *t, const char *of,
			 const char *name, uint64_t offset, uint64_t bytes, uint64_t whole)
{
	if (offset <= whole && bytes <= whole - offset)
		return 0;
	why_err(s->why,
		"%s: struct %s%s: field '%s' is at byte %llu to %llu, and the struct has %llu: its "
		"BTF is damaged; build it again",
		s->path, type_name(s, t), of, name, (unsigned long long)offset,
		(unsigned long long)(offset + bytes), (unsigned long long)whole);
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
			why_err(s->why,
				"%s: struct %s%s: field '%s' is a bit field; %u whole bytes are "
				"expected",
				s->path, type_name(s, t), of, name, size);
			return -EINVAL;
		}
		if (bytes != size) {
			why_err(s->why,
				"%s: struct %s%s: field '%s' has %lld byte%s, %u %s expected",
				s->path, type_name(s, t), of, name, (long long)bytes,
				bytes == 1 ? "" : "s", size, size == 1 ? "is" : "are");
			return -EINVAL;
		}
		*offset = bits / 8;
		return search_inside(s, t, of, name, *offset, size, t->size);
	}
	return missing_field(s, t, of, name);
}

/* Says that the map is not @expected; returns -EINVAL. */
static int search_wrong_type(const struct search *s, const struct bpf_map *map,
			     const char *expected)
{
	const char *name = libbpf_bpf_map_type_str(bpf_map__type(map));

	why_err(s->why, "%s: map '%s' is of type %s; %s is expected", s->path, bpf_map__name(map),
		name ? name : "unknown", expected);
	return -EINVAL;
}

/* The struct that is the map's value, or NULL after saying that it is none. */
static const struct btf_type *search_value(const struct search *s, const struct bpf_map *map)
{
	uint32_t id = bpf_map__btf_value_type_id(map);
	const struct btf_type *t = id ? strip(s->btf, id) : NULL;

	if (!t || !btf_is_struct(t)) {
		why_err(s->why,
			"%s: map '%s': its value is %s; declare it with __type(value, struct ..)",
			s->path, bpf_map__name(map), t ? "no struct" : "not described in its BTF");
		return NULL;
	}
	if (t->size != bpf_map__value_size(map)) {
		why_err(s->why,
			"%s: map '%s': its values have %u bytes, and struct %s has %u: its BTF is "
			"damaged; build it again",
			s->path, bpf_map__name(map), bpf_map__value_size(map), type_name(s, t),
			t->size);
		return NULL;
	}
	return t;
}

/* The struct of that name, or NULL, silently. */
static const struct btf_type *search_struct(const struct search *s, const char *name)
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

/*
 * The offset of a field that must have @size bytes; "stats.count" is field count of the struct that
 * field stats is. @of is "" or " (map NAME)", for the messages. 0 or -EINVAL after saying why.
 */
static int search_field(const struct search *s, const struct btf_type *t, const char *of,
			const char *name, uint32_t size, uint32_t *offset)
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
	err = search_inside(s, t, of, first, at, in->size, t->size);
	if (err)
		return err;
	err = search_field(s, in, of, dot + 1, size, offset);
	*offset += at;
	return err;
}

/* The same for each of @n @names that is not NULL: its offset, and its bit in @fields. @sizes NULL:
 * 8 bytes each. */
static int search_fields(const struct search *s, const struct btf_type *t, const char *of,
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

/* Says that there is no struct of that name, and what would put it there; returns -EINVAL. */
static int search_missing_struct(const struct search *s, const char *name)
{
	why_err(s->why,
		"%s: no struct '%s' in its BTF, which %s names; a global of that type puts it "
		"there (struct %s *const volatile layout = 0;)",
		s->path, name, s->hint, name);
	return -EINVAL;
}

/* Bytes of each field of a row, for search_fields(): as the manifest says, or ours. Returns @sizes,
 * or NULL after saying which width cannot be read. */
static const uint32_t *field_sizes(const struct search *s, struct layout *l,
				   uint32_t sizes[COUNTER_FIELDS_MAX])
{
	const struct vocabulary *words = s->man->words;

	l->narrow = 0;
	for (size_t f = 0; f < words->nfields; f++) {
		uint8_t bytes = s->man->counters.fields[f] ? s->man->counters.bytes[f] : 0;

		sizes[f] = sizeof(uint64_t) * MAX(words->fields[f].slots, 1U);
		if (!bytes || bytes == sizes[f])
			continue;
		if (bytes != sizeof(uint32_t) || words->fields[f].slots) {
			why_err(s->why,
				"%s: counters.fields.%s: %u bytes cannot be read; a counter has 8 "
				"or 4",
				s->hint, words->fields[f].name, bytes);
			return NULL;
		}
		sizes[f] = bytes;
		l->narrow |= 1ULL << f;
	}
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
	if (bits / 8 > UINT16_MAX)
		return false;
	out->offset = (uint16_t)(bits / 8);
	out->bytes = (uint16_t)bytes;
	return true;
}

/* The named parts of a map's key, where it is a struct of plain members. 0 or -EINVAL after saying
 * which lies outside. */
static int search_key(const struct search *s, const struct bpf_map *map, struct layout *l)
{
	uint32_t id = bpf_map__btf_key_type_id(map);
	const struct btf_type *t = id ? strip(s->btf, id) : NULL;
	int err = 0;

	l->nparts = 0;
	for (int i = 0; !err && t && btf_is_struct(t) && i < btf_vlen(t); i++) {
		struct key_part *part = &l->parts[l->nparts];

		if (l->nparts == COUNTER_PARTS_MAX)
			break;
		if (!key_part(s, &btf_members(t)[i], btf_member_bit_offset(t, (uint32_t)i), part))
			continue;
		err = search_inside(s, t, " (key of a map)", part->name, part->offset, part->bytes,
				    bpf_map__key_size(map));
		l->nparts++;
	}
	return err;
}

static struct bpf_map *find_section(const struct bpf_object *obj, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		const char *dot = strchr(bpf_map__name(map), '.');

		if (dot && !strcmp(dot, section))
			return map;
	}
	return NULL;
}

struct variable variable_find(const struct bpf_object *obj, const char *section, const char *name,
			      size_t size)
{
	const struct btf *btf = bpf_object__btf(obj);
	int32_t id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	const struct btf_type *sec = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	for (int i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *at = &btf_var_secinfos(sec)[i];
		const struct btf_type *var = btf__type_by_id(btf, at->type);

		if (at->size == size && !strcmp(btf__name_by_offset(btf, var->name_off), name))
			return (struct variable){find_section(obj, section), at->offset, size};
	}
	return (struct variable){NULL};
}

int variable_init(const struct variable *v, const void *value)
{
	const void *initial;
	size_t size;
	char *image;
	int err;

	initial = bpf_map__initial_value(v->map, &size);
	image = initial ? malloc(size) : NULL;
	if (!image || v->offset + v->size > size) {
		free(image);
		return initial ? -ERANGE : -ENOMEM;
	}
	memcpy(image, initial, size);
	memcpy(image + v->offset, value, v->size);
	err = bpf_map__set_initial_value(v->map, image, size);
	free(image);
	return err;
}

int variable_set_u32(const struct variable *v, uint32_t value)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = (bpf_map__value_size(v->map) + page - 1) / page * page;
	/* Not libbpf's copy, which is the map's memory only in an object loaded from a skeleton;
	 * and not an update of the whole value, which would undo what programs write beside us. */
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(v->map), 0);

	if (memory == MAP_FAILED)
		return -errno;
	if (v->offset % sizeof(value) || v->offset + sizeof(value) > bytes) {
		munmap(memory, bytes);
		return -ERANGE;
	}
	__atomic_store_n((uint32_t *)(memory + v->offset), value, __ATOMIC_RELAXED);
	munmap(memory, bytes);
	return 0;
}

static int find_iterator(const struct search *s, struct row_source *rows)
{
	const char *name = s->man->counters.iterator;

	rows->iterator = bpf_object__find_program_by_name(s->obj, name);
	if (!rows->iterator) {
		why_err(s->why,
			"%s: no program '%s', which %s names as the iterator of its counters",
			s->path, name, s->hint);
		return -EINVAL;
	}
	if (bpf_program__expected_attach_type(rows->iterator) == BPF_TRACE_ITER)
		return 0;
	why_err(s->why, "%s: program '%s' on %s is no iterator (SEC(\"iter/task\"))", s->path, name,
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
		why_err(s->why,
			"%s: map '%s': its value is struct %s; struct %s is expected, as the "
			"iterator's rows",
			s->path, bpf_map__name(rows->ended),
			btf__name_by_offset(s->btf, value->name_off), s->man->counters.row);
		return -EINVAL;
	}
	return search_field(s, row, "", s->man->counters.ended_flag, sizeof(uint32_t), &rows->flag);
}

static int layout_rows(const struct search *s, struct layout *l)
{
	const struct btf_type *row = search_struct(s, s->man->counters.row);
	struct row_source *rows = &l->rows;
	uint32_t sizes[COUNTER_FIELDS_MAX];
	int err = find_iterator(s, rows);

	if (!err && !row)
		err = search_missing_struct(s, s->man->counters.row);
	if (err)
		return err;
	if (!field_sizes(s, l, sizes))
		return -EINVAL;
	rows->size = row->size;
	err = search_field(s, row, "", s->man->counters.row_key, sizeof(uint32_t), &rows->key);
	if (!err)
		err = search_fields(s, row, "", s->man->counters.fields, s->man->words->nfields,
				    sizes, rows->offset, &rows->fields);
	return err ? err : find_ended(s, rows, row);
}

static bool keyed(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return true;
	default: return false;
	}
}

/* All maps of counters have one kind of key: the subject's, or the first one's. */
static int check_key(const struct search *s, struct layout *l, const struct bpf_map *map)
{
	uint32_t bytes = bpf_map__key_size(map), wanted = s->man->words->key_bytes;

	if (!wanted && l->ncounters)
		wanted = l->key_bytes;
	if (wanted && bytes != wanted) {
		why_err(s->why, "%s: map '%s': its key has %u bytes, %u are expected%s", s->path,
			bpf_map__name(map), bytes, wanted,
			s->man->words->key_bytes == sizeof(uint32_t) ? " (a thread or process id)"
			: l->ncounters				     ? ", as in the other maps"
								     : "");
		return -EINVAL;
	}
	if (bytes > COUNTER_KEY_MAX) {
		why_err(s->why, "%s: map '%s': its key has %u bytes; up to %d can be read", s->path,
			bpf_map__name(map), bytes, COUNTER_KEY_MAX);
		return -EINVAL;
	}
	l->key_bytes = bytes;
	return search_key(s, map, l);
}

static struct counter_source *add_source(const struct search *s, struct layout *l, const char *name)
{
	struct bpf_map *map = search_map(s, name, "counters");
	struct counter_source *src;

	if (!map)
		return NULL;
	if (!keyed(map)) {
		search_wrong_type(s, map, "a hash map (per CPU or not)");
		return NULL;
	}
	if (check_key(s, l, map))
		return NULL;
	for (size_t i = 0; i < l->ncounters; i++)
		if (l->counters[i].map == map)
			return &l->counters[i];
	src = &l->counters[l->ncounters++];
	*src = (struct counter_source){.map = map};
	return src;
}

/* One map whose value is a struct. */
static int struct_counters(const struct search *s, struct layout *l)
{
	struct counter_source *src = add_source(s, l, s->man->counters.map);
	const struct btf_type *t = src ? search_value(s, src->map) : NULL;
	uint32_t sizes[COUNTER_FIELDS_MAX];
	struct strbuf of = STRBUF_INIT;
	int err = t && field_sizes(s, l, sizes) ? 0 : -EINVAL;

	strbuf_addf(&of, " (map %s)", s->man->counters.map);
	if (!err)
		err = search_fields(s, t, of.s, s->man->counters.fields, s->man->words->nfields,
				    sizes, src->offset, &src->fields);
	strbuf_release(&of);
	return err;
}

/* A map for each field, its value a number. */
static int single_counters(const struct search *s, struct layout *l)
{
	const struct vocabulary *words = s->man->words;
	uint32_t sizes[COUNTER_FIELDS_MAX];

	if (!field_sizes(s, l, sizes))
		return -EINVAL;
	for (size_t f = 0; f < words->nfields; f++) {
		struct counter_source *src;

		if (!s->man->counters.fields[f])
			continue;
		src = add_source(s, l, s->man->counters.fields[f]);
		if (!src)
			return -EINVAL;
		if (bpf_map__value_size(src->map) != sizes[f]) {
			why_err(s->why, "%s: map '%s': its value has %u bytes, %u are expected",
				s->path, bpf_map__name(src->map), bpf_map__value_size(src->map),
				sizes[f]);
			return -EINVAL;
		}
		src->fields |= 1ULL << f;
	}
	return 0;
}

/* The subject's layout, for an object whose compiler left the struct out of the BTF. */
static void assume_event(struct layout *l)
{
	l->event_assumed = true;
	l->event.length = l->words->assumed_bytes;
	for (const struct event_place *p = l->words->assumed; p->name; p++)
		for (size_t f = 0; f < event_fields(l->words); f++)
			if (!strcmp(event_field_name(l->words, f), p->name)) {
				l->event.fields |= 1U << f;
				l->event.offset[f] = p->offset;
			}
}

static const struct bpf_map *inner_of(struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS ? bpf_map__inner_map(map) : NULL;
}

bool layout_has_mapped_rings(struct bpf_map *map)
{
	const struct bpf_map *inner = inner_of(map);

	return inner && bpf_map__type(inner) == BPF_MAP_TYPE_ARRAY &&
	       bpf_map__map_flags(inner) & BPF_F_MMAPABLE && bpf_map__max_entries(inner) == 1;
}

bool layout_is_ring_array(struct bpf_map *map)
{
	const struct bpf_map *inner = inner_of(map);

	return inner &&
	       (bpf_map__type(inner) == BPF_MAP_TYPE_RINGBUF || layout_has_mapped_rings(map));
}

/* By which the writers of mapped rings end their reader's sleep. */
static int find_wake(const struct search *s, struct layout *l)
{
	if (!s->man->events.wake)
		return 0;
	l->wake = search_map(s, s->man->events.wake, "wake-ups");
	if (!l->wake)
		return -EINVAL;
	return bpf_map__type(l->wake) == BPF_MAP_TYPE_RINGBUF
		       ? 0
		       : search_wrong_type(s, l->wake, "a ringbuf");
}

static int find_switch(const struct search *s, struct layout *l)
{
	static const char *const sections[] = {".data", ".bss"};
	const char *name = s->man->events.on;

	for (size_t i = 0; name && !l->event_switch.map && i < ARRAY_SIZE(sections); i++)
		l->event_switch = variable_find(s->obj, sections[i], name, sizeof(uint32_t));
	if (!name || l->event_switch.map)
		return 0;
	why_err(s->why,
		"%s: no variable '%s' of 4 bytes that can be written, which %s names as the switch "
		"of its events",
		s->path, name, s->hint);
	return -EINVAL;
}

/* The widths that an event's field may have, beside ours. */
static bool fits(size_t f, uint8_t bytes)
{
	if (f == EVENT_COMM)
		return bytes <= COUNTER_KEY_MAX;
	if (f == EVENT_PID || f == EVENT_TGID)
		return bytes == 8;
	return f >= EVENT_COMMON && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
}

static int event_sizes(const struct search *s, struct layout *l, uint32_t sizes[EVENT_FIELDS_MAX])
{
	static const uint32_t common[EVENT_COMMON] = {8, 4, 4, sizeof(((struct event *)0)->comm)};

	for (size_t f = 0; f < event_fields(l->words); f++) {
		uint8_t bytes = s->man->events.fields[f] ? s->man->events.bytes[f] : 0;

		sizes[f] = f < EVENT_COMMON ? common[f] : l->words->values[f - EVENT_COMMON].bytes;
		if (bytes && bytes != sizes[f] && !fits(f, bytes)) {
			why_err(s->why, "%s: events.fields.%s: %u bytes cannot be read; it has %s",
				s->hint, event_field_name(l->words, f), bytes,
				f == EVENT_TIMESTAMP		    ? "8"
				: f == EVENT_PID || f == EVENT_TGID ? "4, or 8"
				: f == EVENT_COMM		    ? "up to 64"
								    : "1, 2, 4 or 8");
			return -EINVAL;
		}
		if (bytes)
			sizes[f] = bytes;
		l->event.bytes[f] = sizes[f];
	}
	return 0;
}

static int events(const struct search *s, struct layout *l)
{
	uint32_t sizes[EVENT_FIELDS_MAX] = {0};
	const struct btf_type *t;
	uint64_t fields = 0;
	int err = event_sizes(s, l, sizes);

	if (err)
		return err;
	if (s->man->events.types_named) {
		l->event.recode = l->words;
		l->event.kinds = s->man->events.kinds;
		memcpy(l->event.codes, s->man->events.codes, sizeof(l->event.codes));
	}
	l->ring = search_map(s, s->man->events.map, "events");
	if (!l->ring)
		return -EINVAL;
	l->ring_per_cpu = layout_is_ring_array(l->ring);
	if (!l->ring_per_cpu && bpf_map__type(l->ring) != BPF_MAP_TYPE_RINGBUF)
		return search_wrong_type(s, l->ring, "a ringbuf, or an array of ringbufs by CPU,");
	err = find_wake(s, l);
	if (!err)
		err = find_switch(s, l);
	if (err)
		return err;
	t = search_struct(s, s->man->events.type);
	if (!t && !s->man->events.type_required && l->words->assumed) {
		assume_event(l);
		return 0;
	}
	if (!t)
		return search_missing_struct(s, s->man->events.type);
	l->event.length = t->size;
	err = search_fields(s, t, "", s->man->events.fields, event_fields(l->words), sizes,
			    l->event.offset, &fields);
	l->event.fields = (uint32_t)fields;
	return err;
}

static int losses(const struct search *s, struct layout *l)
{
	const struct btf_type *t;
	struct strbuf of = STRBUF_INIT;
	uint64_t fields = 0;
	int err;

	if (!s->man->losses.named && !bpf_object__find_map_by_name(s->obj, s->man->losses.map))
		return 0;
	l->losses = search_map(s, s->man->losses.map, "losses");
	t = l->losses ? search_value(s, l->losses) : NULL;
	if (!t)
		return -EINVAL;
	strbuf_addf(&of, " (map %s)", s->man->losses.map);
	err = search_fields(s, t, of.s, s->man->losses.fields, LOSS_FIELD_COUNT, NULL,
			    l->loss_offset, &fields);
	l->loss_fields = (uint32_t)fields;
	strbuf_release(&of);
	return err;
}

/* "sys_enter_mmap" at the end of "tp/syscalls/sys_enter_mmap", and programs that see every syscall.
 */
static bool covers(const char *section, const char *event)
{
	const char *last = strrchr(section, '/');
	const char *syscall;

	last = last ? last + 1 : section;
	if (!strncmp(section, "ksyscall/", 9))
		return !strcmp(last, event);
	if (!strcmp(last, "sys_enter") || !strcmp(last, "sys_exit"))
		return true;
	syscall = strstr(section, "sys_enter_");
	/* mmap of s390x */
	if (syscall && !strcmp(syscall, "sys_enter_old_mmap"))
		return !strcmp(event, "mmap");
	if (syscall)
		return !strcmp(syscall + strlen("sys_enter_"), event);
	syscall = strstr(section, "sys_exit_");
	if (syscall)
		return !strcmp(syscall + strlen("sys_exit_"), event);
	syscall = strstr(last, "sys_");
	return syscall && !strcmp(syscall + strlen("sys_"), event);
}

static int missing_program(const struct search *s, const char *event, const char *named)
{
	struct strbuf there = STRBUF_INIT;
	struct bpf_program *p;

	bpf_object__for_each_program (p, s->obj)
		strbuf_addf(&there, "%s%s on %s", there.len ? ", " : "", bpf_program__name(p),
			    bpf_program__section_name(p));
	if (named)
		why_err(s->why, "%s: no program '%s' for %s, which %s names (its programs: %s)",
			s->path, named, event, s->hint, there.len ? there.s : "none");
	else
		why_err(s->why,
			"%s: no program for %s: none in section tracepoint/syscalls/sys_enter_%s "
			"(its programs: %s); "
			"name it in %s",
			s->path, event, event, there.len ? there.s : "none", s->hint);
	strbuf_release(&there);
	return -EINVAL;
}

/* The events that a monitor has to have programs for, and which. */
static size_t expected_programs(const struct manifest *man)
{
	return man->has_programs ? man->nprograms : man->words->nprograms;
}

static const char *expected_event(const struct manifest *man, size_t i)
{
	return man->has_programs ? man->programs[i].event : man->words->programs[i].event;
}

static const char *expected_program(const struct manifest *man, size_t i)
{
	return man->has_programs ? man->programs[i].program : man->words->programs[i].program;
}

/* The program stands for expectation @i. */
static bool meets(const struct manifest *man, size_t i, const struct bpf_program *p)
{
	const char *section = bpf_program__section_name(p), *named = expected_program(man, i);

	if (!named)
		return covers(section, expected_event(man, i));
	return !strcmp(named, section) || !strcmp(named, bpf_program__name(p));
}

static int programs(const struct search *s)
{
	for (size_t i = 0; i < expected_programs(s->man); i++) {
		struct bpf_program *p;
		bool found = false;

		bpf_object__for_each_program (p, s->obj)
			found |= meets(s->man, i, p);
		if (!found)
			return missing_program(s, expected_event(s->man, i),
					       expected_program(s->man, i));
	}
	return 0;
}

bool layout_expects(const struct manifest *man, const struct bpf_program *p)
{
	if (man->counters.iterator && !strcmp(man->counters.iterator, bpf_program__name(p)))
		return true;
	if (!strcmp(bpf_program__name(p), LAYOUT_BEGIN_PROGRAM))
		return true;
	for (size_t i = 0; i < expected_programs(man); i++)
		if (meets(man, i, p))
			return true;
	return false;
}

int layout_resolve(struct layout *l, const struct bpf_object *obj, const struct manifest *man,
		   const char *path, struct strbuf *why)
{
	struct search s = {obj, bpf_object__btf(obj), man, path, NULL, why};
	int err = 0;

	*l = (struct layout){.words = man->words, .key_bytes = man->words->key_bytes};
	s.hint = man->file ? strdup(man->file) : registry_manifest_path(path);
	if (!s.btf) {
		why_err(why, "%s: its BTF cannot be read; compile it with -g", path);
		err = -EINVAL;
	}
	if (!err && !man->counters.none)
		err = man->counters.iterator ? layout_rows(&s, l)
		      : man->counters.map    ? struct_counters(&s, l)
					     : single_counters(&s, l);
	if (!err && !man->events.none)
		err = events(&s, l);
	if (!err && man->losses.map)
		err = losses(&s, l);
	if (!err)
		err = programs(&s);
	free(s.hint);
	return err;
}

/* What an iterator's rows come from: the storage of tasks, and maps that are named after it. */
static bool feeds_iterator(const struct bpf_program *iterator, const struct bpf_map *map)
{
	const char *name = iterator ? bpf_program__name(iterator) : NULL;

	return name && (bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE ||
			(!strncmp(bpf_map__name(map), name, strlen(name)) &&
			 bpf_map__name(map)[strlen(name)] == '_'));
}

bool layout_uses(const struct layout *l, const struct bpf_map *map)
{
	bool used = map == l->ring || map == l->wake || map == l->losses || map == l->rows.ended;

	if (feeds_iterator(l->rows.iterator, map))
		return true;
	for (size_t i = 0; i < l->ncounters; i++)
		used |= map == l->counters[i].map;
	return used;
}
