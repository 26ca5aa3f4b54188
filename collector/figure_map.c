/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keys and values of a map are taken apart into members, those of structs in structs with a dot;
 * the manifest says which is which, and where it does not, their order does. Then each element
 * becomes a row: the key's parts as text, the value joined over the CPUs.
 */
#include "lib/base.h"
#include "collector/figure_map.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/maps.h"
#include "collector/registry.h"
#include "lib/log.h"
#include "lib/why.h"

enum { MEMBERS_MAX = 48, POWERS = 64 };

/* A number, or an array of numbers or characters, in a key or a value. */
struct member {
	char name[64];
	uint32_t offset, bytes; /* of the whole */
	uint32_t each;		/* bytes of an element; of a plain number: @bytes */
	bool array, text, is_signed;
};

struct members {
	struct member m[MEMBERS_MAX];
	size_t n;
	bool plain; /* the type itself is the number */
};

/* Where the figures of a wish are. */
struct place {
	const struct bpf_map *map;
	struct members key, value;
	const struct member *part[FIGURE_PARTS_MAX];
	const struct member *number;	  /* or the buckets */
	const struct member *count, *sum; /* of averages and stats */
	const struct member *bucket;	  /* of the key: the value is that bucket's */
	bool alone;			  /* the map has one value without a key */
	const char *variable;		  /* it is no map's, but this variable */
};

struct finder {
	const struct bpf_object *obj;
	const struct manifest *man;
	const char *path;
	struct strbuf *why;
};

static void add_members(const struct btf *btf, uint32_t id, const char *name, uint32_t offset,
			struct members *out);

static void add_member(struct members *out, const struct member *m)
{
	if (out->n < MEMBERS_MAX)
		out->m[out->n++] = *m;
}

static bool is_signed(const struct btf_type *t)
{
	return btf_is_int(t) ? btf_int_encoding(t) & BTF_INT_SIGNED
			     : btf_is_any_enum(t) && btf_kflag(t);
}

static void add_array(const struct btf *btf, const struct btf_type *t, const char *name,
		      uint32_t offset, struct members *out)
{
	const struct btf_array *array = btf_array(t);
	const struct btf_type *of =
		btf__type_by_id(btf, (uint32_t)btf__resolve_type(btf, array->type));
	struct member m = {.offset = offset, .array = true};

	if (!of || !(btf_is_int(of) || btf_is_any_enum(of)) || !of->size)
		return;
	snprintf(m.name, sizeof(m.name), "%s", name);
	m.each = of->size;
	m.bytes = of->size * array->nelems;
	m.text = of->size == 1;
	m.is_signed = is_signed(of);
	add_member(out, &m);
}

static void add_struct(const struct btf *btf, const struct btf_type *t, const char *name,
		       uint32_t offset, struct members *out)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *member = &btf_members(t)[i];
		uint32_t bits = btf_member_bit_offset(t, (uint32_t)i);
		const char *is = btf__name_by_offset(btf, member->name_off);
		char whole[64];

		if (bits % 8 || btf_member_bitfield_size(t, (uint32_t)i))
			continue;
		snprintf(whole, sizeof(whole), "%s%s%s", name, *name && is && *is ? "." : "",
			 is ? is : "");
		add_members(btf, member->type, whole, offset + bits / 8, out);
	}
}

/* Variables of .bss or .data: the map of such a section has one value, which is all of them. */
static void add_variables(const struct btf *btf, const struct btf_type *t, struct members *out)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *at = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(btf, at->type);

		add_members(btf, var->type, btf__name_by_offset(btf, var->name_off), at->offset,
			    out);
	}
}

static void add_members(const struct btf *btf, uint32_t id, const char *name, uint32_t offset,
			struct members *out)
{
	int32_t real = btf__resolve_type(btf, id);
	const struct btf_type *t = real < 0 ? NULL : btf__type_by_id(btf, (uint32_t)real);
	struct member m = {.offset = offset};

	if (!t)
		return;
	if (btf_is_struct(t)) {
		add_struct(btf, t, name, offset, out);
	} else if (btf_is_datasec(t)) {
		add_variables(btf, t, out);
	} else if (btf_is_array(t)) {
		add_array(btf, t, name, offset, out);
	} else if (btf_is_int(t) || btf_is_any_enum(t)) {
		snprintf(m.name, sizeof(m.name), "%s", name);
		m.bytes = m.each = t->size;
		m.is_signed = is_signed(t);
		add_member(out, &m);
	}
}

/* The members of a type, or one of @bytes where its BTF does not say. Those that lie outside of it
 * are none: then the BTF is damaged. */
static void find_members(const struct btf *btf, uint32_t id, const char *name, uint32_t bytes,
			 struct members *out)
{
	const struct member whole = {.bytes = bytes, .each = bytes};
	size_t kept = 0;

	*out = (struct members){0};
	if (id)
		add_members(btf, id, "", 0, out);
	else
		add_member(out, &whole);
	for (size_t i = 0; i < out->n; i++)
		if (out->m[i].bytes && out->m[i].offset <= bytes &&
		    out->m[i].bytes <= bytes - out->m[i].offset)
			out->m[kept++] = out->m[i];
	out->n = kept;
	out->plain = kept == 1 && !*out->m[0].name;
	if (out->plain)
		snprintf(out->m[0].name, sizeof(out->m[0].name), "%s", name);
}

static const struct member *find_member(const struct members *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->m[i].name, name))
			return &list->m[i];
	return NULL;
}

/* "u32 pid, text comm (16 bytes)" */
static void list_members(const struct members *list, struct strbuf *out)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct member *m = &list->m[i];

		strbuf_addstr(out, i ? ", " : "");
		if (m->text)
			strbuf_addf(out, "%s[%u]", m->name, m->bytes);
		else if (m->array)
			strbuf_addf(out, "%s[%u] of %u bytes", m->name, m->bytes / m->each,
				    m->each);
		else
			strbuf_addf(out, "%s of %u bytes", m->name, m->bytes);
	}
	if (!list->n)
		strbuf_addstr(out, "nothing that can be read");
}

static char *hint(const struct finder *f)
{
	return f->man->file ? strdup(f->man->file) : registry_manifest_path(f->path);
}

static int bad(const struct finder *f, const struct figure_wish *w, const char *what,
	       const struct members *there, const char *cure)
{
	struct strbuf list = STRBUF_INIT;
	char *where = hint(f);

	if (there)
		list_members(there, &list);
	why_err(f->why, "%s: %s: %s%s%s%s; %s in %s", f->path, w->name, what,
		there ? " (it has " : "", list.s, there ? ")" : "", cure, where);
	free(where);
	strbuf_release(&list);
	return -EINVAL;
}

static const struct manifest_figure *source_of(const struct manifest *man,
					       const struct figure_wish *w)
{
	for (size_t i = 0; i < man->nfigures; i++)
		if (!strcmp(man->figures[i].name, w->name))
			return &man->figures[i];
	return NULL;
}

static const char *map_name(const struct manifest_figure *src, const struct figure_wish *w)
{
	return src && src->map ? src->map : w->name + 1;
}

static const char *const sections[] = {".bss", ".data"};

/* The map of a section, and its variables. */
static const struct bpf_map *section_of(const struct bpf_object *obj, const char *name,
					struct members *out)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct bpf_map *map = btf ? bpf_object__find_map_by_name(obj, name) : NULL;

	if (map)
		find_members(btf, bpf_map__btf_value_type_id(map), "", bpf_map__value_size(map),
			     out);
	return map;
}

/* A variable that is called as the figure, or its map, where no map is: the whole of a section. */
static const struct bpf_map *find_variable(const struct bpf_object *obj, const char *name)
{
	struct members all;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct bpf_map *map = section_of(obj, sections[i], &all);

		if (map && find_member(&all, name))
			return map;
	}
	return NULL;
}

/* "; its variables: a of 8 bytes" */
static void list_variables(const struct bpf_object *obj, struct strbuf *out)
{
	struct members all, section;

	all.n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (section_of(obj, sections[i], &section))
			for (size_t k = 0; k < section.n; k++)
				add_member(&all, &section.m[k]);
	if (all.n) {
		strbuf_addstr(out, "; its variables: ");
		list_members(&all, out);
	}
}

static int find_map(const struct finder *f, const struct figure_wish *w,
		    const struct manifest_figure *src, struct place *p)
{
	const char *name = map_name(src, w);
	const struct bpf_map *map;
	struct strbuf what = STRBUF_INIT, there = STRBUF_INIT;
	char cure[128];
	int err;

	p->map = bpf_object__find_map_by_name(f->obj, name);
	if (!p->map) {
		p->map = find_variable(f->obj, name);
		p->variable = name;
	}
	if (p->map)
		return 0;
	bpf_object__for_each_map (map, f->obj)
		if (!strchr(bpf_map__name(map), '.'))
			strbuf_addf(&there, "%s%s", there.len ? ", " : "", bpf_map__name(map));
	if (!there.len)
		strbuf_addstr(&there, "none");
	list_variables(f->obj, &there);
	strbuf_addf(&what, "the object has no map '%s' (its maps: %s)", name, there.s);
	snprintf(cure, sizeof(cure), "say which it is by \"counters\": {\"%.48s\": \"MAP\"}",
		 w->name);
	err = bad(f, w, what.s, NULL, cure);
	strbuf_release(&there);
	strbuf_release(&what);
	return err;
}

static bool is_array(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY ||
	       bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool is_readable(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY: return true;
	default: return false;
	}
}

/* Each element of the map is a bucket of its own. */
static bool has_bucket_keys(const struct figure_wish *w, const struct place *p)
{
	return w->form == FIGURE_BUCKETS && p->value.n && !p->number->array;
}

static int wrong_key(const struct finder *f, const struct figure_wish *w, const struct place *p)
{
	struct strbuf what = STRBUF_INIT;
	int err;

	strbuf_addf(&what, "its key has %zu part%s, ", w->nparts, w->nparts == 1 ? "" : "s");
	for (size_t i = 0; i < w->nparts; i++)
		strbuf_addf(&what, "%s%s%s", i ? ", " : "(", w->parts[i].name,
			    i + 1 == w->nparts ? "), " : "");
	strbuf_addf(&what, "and that of map '%s' %zu", bpf_map__name(p->map), p->key.n);
	err = bad(f, w, what.s, &p->key, "name its parts in order by \"key\": [..]");
	strbuf_release(&what);
	return err;
}

/* The parts that the manifest names, or all in order; the bucket, where it is one of them, is that
 * of its name or what is left. */
static int find_key(const struct finder *f, const struct figure_wish *w,
		    const struct manifest_figure *src, struct place *p)
{
	bool buckets = has_bucket_keys(w, p);
	size_t named = src ? src->nkey : 0, n = 0;

	if (src && src->bucket) {
		p->bucket = find_member(&p->key, src->bucket);
		if (!p->bucket)
			return bad(f, w, "no part of its key is the bucket", &p->key,
				   "name it by \"bucket\"");
	}
	for (size_t i = 0; i < named; i++) {
		p->part[n] = find_member(&p->key, src->key[i]);
		if (!p->part[n++])
			return bad(f, w, "no part of its key has that name", &p->key,
				   "name its parts by \"key\": [..]");
	}
	for (size_t i = 0; !named && i < p->key.n && n < FIGURE_PARTS_MAX; i++)
		if (&p->key.m[i] != p->bucket && n < w->nparts + (buckets && !p->bucket))
			p->part[n++] = &p->key.m[i];
	if (w->nparts && p->variable)
		return bad(f, w, "it has a key, and a variable has none", NULL,
			   "name a map by \"counters\"");
	if (!w->nparts && is_array(p->map) && bpf_map__max_entries(p->map) == 1 && !buckets) {
		p->alone = true;
		return 0;
	}
	if (buckets && !p->bucket && n == w->nparts + 1)
		p->bucket = p->part[--n];
	if (n != w->nparts || (!named && p->key.n != n + (p->bucket != NULL)) ||
	    (buckets && !p->bucket))
		return wrong_key(f, w, p);
	for (size_t i = 0; i < n; i++)
		if (p->part[i]->text != w->parts[i].text ||
		    (p->part[i]->array && !p->part[i]->text))
			return bad(f, w,
				   w->parts[i].text ? "a part of its key is a text, and that of "
						      "the map is none"
						    : "a part of its key is a number, and that of "
						      "the map is none",
				   &p->key, "name its parts in order by \"key\": [..]");
	return 0;
}

static int find_value(const struct finder *f, const struct figure_wish *w,
		      const struct manifest_figure *src, struct place *p)
{
	const char *named = src && src->value ? src->value : p->variable;

	if (w->form == FIGURE_STATS || (w->form == FIGURE_AVERAGE && !named)) {
		p->count = find_member(&p->value, src && src->count ? src->count : "count");
		p->sum = find_member(&p->value, src && src->total ? src->total : "total");
		if (!p->count || !p->sum || p->count->array || p->sum->array)
			return bad(f, w, "its value has no count and total", &p->value,
				   "name them by \"value\": {\"count\": .., \"total\": ..}");
		return 0;
	}
	p->number = named ? find_member(&p->value, named) : p->value.n == 1 ? &p->value.m[0] : NULL;
	if (!p->number)
		return bad(f, w, "which field of its value it is, nobody says", &p->value,
			   "name it by \"value\"");
	if (w->form == FIGURE_TEXT && !p->number->text)
		return bad(f, w, "it is a text, and its value is none", &p->value,
			   "name it by \"value\"");
	if (w->form != FIGURE_TEXT && w->form != FIGURE_BUCKETS && p->number->array)
		return bad(f, w, "it is a number, and its value is none", &p->value,
			   "name it by \"value\"");
	return 0;
}

static int find_place(const struct finder *f, const struct figure_wish *w, struct place *p)
{
	const struct manifest_figure *src = source_of(f->man, w);
	const struct btf *btf = bpf_object__btf(f->obj);
	int err;

	*p = (struct place){0};
	err = find_map(f, w, src, p);
	if (err)
		return err;
	if (!is_readable(p->map) || !btf)
		return bad(f, w,
			   btf ? "its map is no hash and no array" : "the object has no BTF (-g)",
			   NULL, "name another map by \"counters\"");
	find_members(btf, bpf_map__btf_key_type_id(p->map), "key", bpf_map__key_size(p->map),
		     &p->key);
	find_members(btf, bpf_map__btf_value_type_id(p->map), "value", bpf_map__value_size(p->map),
		     &p->value);
	err = find_value(f, w, src, p);
	return err ? err : find_key(f, w, src, p);
}

/* --- reading --- */

static uint64_t number(const unsigned char *at, uint32_t bytes, bool is_signed)
{
	uint64_t v = 0;

	memcpy(&v, at, MIN(bytes, (uint32_t)sizeof(v)));
	if (is_signed && bytes < sizeof(v) && v >> (8 * bytes - 1) & 1)
		v |= ~0ULL << 8 * bytes;
	return v;
}

/* An element of a dump, and how its copies come together. */
struct element {
	const struct map_dump *d;
	size_t i;
};

static const unsigned char *copy_of(const struct element *e, uint32_t cpu)
{
	return e->d->values + e->i * e->d->stride + (size_t)cpu * (e->d->stride / e->d->ncpu);
}

static bool less(uint64_t a, uint64_t b, bool is_signed)
{
	return is_signed ? (int64_t)a < (int64_t)b : a < b;
}

/* The number @index of a member. A CPU that saw nothing of the key has 0, which is no minimum. */
static uint64_t joined(const struct element *e, const struct member *m, uint32_t index,
		       enum figure_join join)
{
	uint64_t all = 0;
	bool any = false;

	for (uint32_t cpu = 0; cpu < e->d->ncpu; cpu++) {
		uint64_t v = number(copy_of(e, cpu) + m->offset + index * m->each, m->each,
				    m->is_signed);

		if (join == FIGURE_SUM)
			all += v;
		else if ((v || e->d->ncpu == 1) &&
			 (!any || less(v, all, m->is_signed) == (join == FIGURE_MIN))) {
			all = v;
			any = true;
		}
	}
	/* The sum wraps as its addends do. */
	return join == FIGURE_SUM && m->each < sizeof(all)
		       ? number((const unsigned char *)&all, m->each, m->is_signed)
		       : all;
}

static void add_text(struct strbuf *out, const unsigned char *at, uint32_t bytes)
{
	strbuf_add(out, (const char *)at, strnlen((const char *)at, bytes));
}

static void key_text(const struct place *p, size_t nparts, const unsigned char *key,
		     struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; !p->alone && i < nparts; i++) {
		const struct member *m = p->part[i];

		strbuf_addstr(out, i ? "," : "");
		if (m->text)
			add_text(out, key + m->offset, m->bytes);
		else
			figure_add_number(out, number(key + m->offset, m->bytes, m->is_signed),
					  m->is_signed);
	}
}

/* The bucket that slot @slot of @slots is. Powers of two: slot n holds 2^n up to 2^(n+1), the
 * first 0 as well. Steps: as bpftrace has them, with one below and one above; of fewer, the one
 * above or both are not there. */
static struct figure_bucket bucket_of(const struct figure_wish *w, uint64_t slot, uint64_t slots)
{
	uint64_t steps = w->step ? (uint64_t)((w->high - w->low) / w->step) : 0;
	bool below = slots >= steps + 2;
	struct figure_bucket b = {0};

	if (!w->step) {
		b.from = slot && slot < POWERS - 1 ? 1LL << slot : slot ? INT64_MAX : 0;
		return b;
	}
	b.open_low = below && !slot;
	b.from = w->low + (int64_t)(slot - below) * w->step;
	if (b.open_low)
		b.from = INT64_MIN;
	return b;
}

static void add_bucket(struct figures *out, struct figure_row *row, struct figure_bucket b,
		       uint64_t count)
{
	struct figure_bucket *list = (struct figure_bucket *)(uintptr_t)row->buckets;

	b.count = count;
	if (count)
		arena_push(&out->arena, list, row->nbuckets, b);
	row->buckets = list;
}

static int by_from(const void *a, const void *b)
{
	const struct figure_bucket *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void fill_row(const struct figure_wish *w, const struct place *p, const struct element *e,
		     struct figures *out, struct figure_row *row)
{
	const struct member *m = p->number;
	struct strbuf text = STRBUF_INIT;

	if (p->count) {
		row->has_count = true;
		row->count = joined(e, p->count, 0, FIGURE_SUM);
		row->sum = joined(e, p->sum, 0, FIGURE_SUM);
		row->value = row->count ? (uint64_t)((int64_t)row->sum / (int64_t)row->count) : 0;
	} else if (w->form == FIGURE_TEXT) {
		add_text(&text, copy_of(e, 0) + m->offset, m->bytes);
		row->text = arena_strdup(&out->arena, text.s);
	} else if (w->form == FIGURE_BUCKETS && m->array) {
		for (uint32_t i = 0; i < m->bytes / m->each; i++)
			add_bucket(out, row, bucket_of(w, i, m->bytes / m->each),
				   joined(e, m, i, FIGURE_SUM));
	} else if (w->form == FIGURE_BUCKETS) {
		uint64_t slot = number(e->d->keys + e->i * e->d->key_size + p->bucket->offset,
				       p->bucket->bytes, p->bucket->is_signed);
		uint64_t slots = is_array(p->map) ? bpf_map__max_entries(p->map) : UINT64_MAX;

		add_bucket(out, row, bucket_of(w, slot, slots), joined(e, m, 0, FIGURE_SUM));
	} else {
		row->value = joined(e, m, 0, w->join);
	}
	strbuf_release(&text);
}

/* Of the elements of an array those that nobody touched are no rows. */
static bool is_untouched(const struct place *p, const struct element *e)
{
	for (uint32_t i = 0; i < e->d->stride; i++)
		if (e->d->values[e->i * e->d->stride + i])
			return false;
	return is_array(p->map);
}

/* The row of that key so far, of a map whose elements are buckets. */
static struct figure_row *row_so_far(struct figures *out, struct figure_map *map,
				     const struct place *p, const char *key)
{
	for (size_t i = 0; p->bucket && i < map->n; i++)
		if (!strcmp(map->rows[i].key, key))
			return &map->rows[i];
	return figure_add_row(out, map, key);
}

static void describe(const struct figure_wish *w, const struct place *p, struct figures *out,
		     struct figure_map *map)
{
	map->map = arena_strdup(&out->arena, bpf_map__name(p->map));
	map->room = is_array(p->map) ? 0 : bpf_map__max_entries(p->map);
	map->low_joined = w->form == FIGURE_BUCKETS && !w->step;
	map->nparts = p->alone ? 0 : w->nparts;
	for (size_t i = 0; i < map->nparts; i++) {
		const struct member *m = p->part[i];

		map->parts[i] = (struct figure_part){.text = m->text,
						     .is_signed = m->is_signed,
						     .bytes = m->bytes,
						     .offset = m->offset};
		snprintf(map->parts[i].name, sizeof(map->parts[i].name), "%s", m->name);
	}
	if (p->number && !p->number->text) {
		map->value_bytes = p->number->each;
		map->value_signed = p->number->is_signed;
	}
}

static int read_map(const struct finder *f, const struct figure_wish *w, const struct place *p,
		    struct figures *out, struct figure_map *map)
{
	struct strbuf key = STRBUF_INIT;
	struct map_dump d;
	int err = map_read(bpf_map__fd(p->map), MAP_BEST, &d);

	if (err)
		log_err_sys(err, "%s: map '%s' cannot be read", f->path, bpf_map__name(p->map));
	describe(w, p, out, map);
	for (size_t i = 0; !err && i < d.n; i++) {
		struct element e = {&d, i};

		if (is_untouched(p, &e))
			continue;
		key_text(p, w->nparts, d.keys + i * d.key_size, &key);
		fill_row(w, p, &e, out, row_so_far(out, map, p, key.s));
	}
	for (size_t i = 0; i < map->n; i++)
		if (map->rows[i].nbuckets)
			qsort((void *)(uintptr_t)map->rows[i].buckets, map->rows[i].nbuckets,
			      sizeof(struct figure_bucket), by_from);
	figure_map_finish(map);
	map_dump_release(&d);
	strbuf_release(&key);
	return err;
}

/* A name of the manifest that no map of the definition has is a mistake. */
static int check_names(const struct finder *f, const struct figure_wish *wishes, size_t n)
{
	for (size_t i = 0; i < f->man->nfigures; i++) {
		struct strbuf there = STRBUF_INIT;
		size_t k = 0;

		while (k < n && strcmp(wishes[k].name, f->man->figures[i].name))
			k++;
		if (k < n)
			continue;
		for (k = 0; k < n; k++)
			strbuf_addf(&there, "%s%s", k ? ", " : "", wishes[k].name);
		why_err(f->why, "%s: counters.%s: the definition has no such map (its maps: %s)",
			f->man->file, f->man->figures[i].name, there.len ? there.s : "none");
		strbuf_release(&there);
		return -EINVAL;
	}
	return 0;
}

int figure_map_fit(const struct bpf_object *obj, const struct manifest *man, const char *path,
		   const struct figure_wish *wishes, size_t n, struct strbuf *why)
{
	const struct finder f = {obj, man, path, why};
	struct place place;
	int err = check_names(&f, wishes, n);

	for (size_t i = 0; !err && i < n; i++)
		err = find_place(&f, &wishes[i], &place);
	return err;
}

int figure_map_read(const struct bpf_object *obj, const struct manifest *man, const char *path,
		    const struct figure_wish *wishes, size_t n, struct figures *out)
{
	const struct finder f = {obj, man, path, NULL};
	struct place place;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		err = find_place(&f, &wishes[i], &place);
		if (!err)
			err = read_map(&f, &wishes[i], &place, out, &out->maps[i]);
	}
	return err;
}

bool figure_map_lacks(const struct bpf_object *obj, const struct manifest *man,
		      const struct figure_wish *w)
{
	const struct manifest_figure *src = source_of(man, w);

	return !src && !bpf_object__find_map_by_name(obj, w->name + 1) &&
	       !find_variable(obj, w->name + 1);
}

bool figure_map_uses(const struct manifest *man, const char *map)
{
	for (size_t i = 0; i < man->nfigures; i++)
		if (!strcmp(map_name(&man->figures[i],
				     &(struct figure_wish){.name = man->figures[i].name}),
			    map))
			return true;
	return false;
}

/* --- records --- */

int figure_record_find(const struct bpf_object *obj, const struct manifest *man, const char *path,
		       struct figure_record *out, struct strbuf *why)
{
	const struct btf *btf = bpf_object__btf(obj);
	int32_t id = man->nrecord && btf
			     ? btf__find_by_name_kind(btf, man->events.type, BTF_KIND_STRUCT)
			     : -ENOENT;
	struct members members;

	*out = (struct figure_record){0};
	if (id < 0)
		return 0; /* of a struct that is not there layout.c has told */
	find_members(btf, (uint32_t)id, "", btf__type_by_id(btf, (uint32_t)id)->size, &members);
	out->part = calloc(man->nrecord, sizeof(*out->part));
	out->field = calloc(man->nrecord, sizeof(*out->field));
	if (!out->part || !out->field)
		abort(); /* as lib/strbuf.h */
	for (size_t i = 0; i < man->nrecord; i++) {
		const struct member *m = find_member(&members, man->record[i].field);
		struct strbuf list = STRBUF_INIT;

		if (m && (!m->array || m->text)) {
			out->part[i] = (struct figure_part){.text = m->text,
							    .is_signed = m->is_signed,
							    .bytes = m->bytes,
							    .offset = m->offset};
			out->field[i] = (struct figure_record_field){man->record[i].field,
								     man->record[i].means, m->text};
			out->n++;
			continue;
		}
		list_members(&members, &list);
		why_err(why,
			"%s: events: struct %s has no field '%s' that is a number or a text (it "
			"has %s); name its fields in %s",
			path, man->events.type, man->record[i].field, list.s, man->file);
		strbuf_release(&list);
		return -EINVAL;
	}
	return 0;
}

void figure_record_release(struct figure_record *r)
{
	free(r->part);
	free(r->field);
	*r = (struct figure_record){0};
}

void figure_record_read(const struct figure_record *r, const void *record, size_t bytes,
			struct figures *out)
{
	struct figure_event e = {arena_array(&out->arena, const char *, r->n + 1)};

	for (size_t i = 0; i < r->n; i++) {
		const struct figure_part *p = &r->part[i];
		const unsigned char *at = (const unsigned char *)record + p->offset;
		struct strbuf text = STRBUF_INIT;

		if (p->offset + p->bytes > bytes)
			strbuf_addstr(&text, "(cut off)");
		else if (p->text)
			add_text(&text, at, p->bytes);
		else
			figure_add_number(&text, number(at, p->bytes, p->is_signed), p->is_signed);
		e.field[i] = arena_strdup(&out->arena, text.s);
		strbuf_release(&text);
	}
	arena_push(&out->arena, out->events, out->nevents, e);
}
