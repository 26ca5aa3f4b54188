/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fields of tracepoint records from the kernel's BTF: struct trace_event_raw_EVENT. A reader of
 * just that, for honeyc needs no libbpf. The format is Documentation/bpf/btf.rst of the kernel.
 */
#include "lib/base.h"
#include "honey/ctx.h"

#include <linux/btf.h>
#include <string.h>

#include "honey/diag.h"
#include "honey/honey.h"
#include "lib/strbuf.h"

enum { MAX_TYPES = 1 << 20, KIND_ENUM64 = 19, KIND_TYPE_TAG = 18, KIND_DECL_TAG = 17 };

struct btf_view {
	const char *types, *strings;
	uint32_t types_len, strings_len;
	uint32_t *offset; /* of type i + 1 */
	uint32_t n;
};

static uint32_t kind_of(const struct btf_type *t)
{
	return t->info >> 24 & 0x1f;
}

static uint32_t vlen_of(const struct btf_type *t)
{
	return t->info & 0xffff;
}

/* Bytes that follow a struct btf_type, by kind; -1: no such kind. */
static int64_t tail_bytes(uint32_t kind, uint32_t vlen)
{
	static const struct {
		int8_t fixed, each;
	} tails[] = {
		[BTF_KIND_INT] = {4, 0},     [BTF_KIND_ARRAY] = {12, 0},
		[BTF_KIND_STRUCT] = {0, 12}, [BTF_KIND_UNION] = {0, 12},
		[BTF_KIND_ENUM] = {0, 8},    [BTF_KIND_FUNC_PROTO] = {0, 8},
		[BTF_KIND_VAR] = {4, 0},     [BTF_KIND_DATASEC] = {0, 12},
		[KIND_DECL_TAG] = {4, 0},    [KIND_TYPE_TAG] = {0, 0},
		[KIND_ENUM64] = {0, 12},
	};

	if (!kind || kind >= ARRAY_SIZE(tails))
		return -1;
	return tails[kind].fixed + (int64_t)tails[kind].each * vlen;
}

static const struct btf_type *type_at(const struct btf_view *v, uint32_t id)
{
	return id && id <= v->n ? (const struct btf_type *)(v->types + v->offset[id - 1]) : NULL;
}

static const char *string_at(const struct btf_view *v, uint32_t at)
{
	return at < v->strings_len ? v->strings + at : "";
}

static int open_view(struct honey *h, const char *data, size_t len, struct btf_view *v)
{
	struct btf_header hdr;
	uint64_t types, strings;

	if (len < sizeof(hdr))
		return -EINVAL;
	memcpy(&hdr, data, sizeof(hdr));
	types = (uint64_t)hdr.hdr_len + hdr.type_off;
	strings = (uint64_t)hdr.hdr_len + hdr.str_off;
	if (hdr.magic != BTF_MAGIC || types % 4 || types + hdr.type_len > len ||
	    strings + hdr.str_len > len || !hdr.str_len || data[strings + hdr.str_len - 1])
		return -EINVAL;
	*v = (struct btf_view){.types = data + types,
			       .types_len = hdr.type_len,
			       .strings = data + strings,
			       .strings_len = hdr.str_len};
	v->offset =
		arena_array(&h->arena, uint32_t, MIN(hdr.type_len / 12 + 1, (uint32_t)MAX_TYPES));
	for (uint32_t at = 0; at + sizeof(struct btf_type) <= v->types_len && v->n < MAX_TYPES;) {
		struct btf_type t;
		int64_t tail;

		memcpy(&t, v->types + at, sizeof(t));
		tail = tail_bytes(kind_of(&t), vlen_of(&t));
		if (tail < 0 || at + sizeof(t) + (uint64_t)tail > v->types_len)
			break;
		v->offset[v->n++] = at;
		at += (uint32_t)(sizeof(t) + (uint64_t)tail);
	}
	return 0;
}

static const struct btf_type *skip_names(const struct btf_view *v, uint32_t id)
{
	const struct btf_type *t = type_at(v, id);

	for (int i = 0; t && i < 32; i++) {
		uint32_t kind = kind_of(t);

		if (kind != BTF_KIND_TYPEDEF && kind != BTF_KIND_CONST &&
		    kind != BTF_KIND_VOLATILE && kind != BTF_KIND_RESTRICT && kind != KIND_TYPE_TAG)
			return t;
		t = type_at(v, t->type);
	}
	return NULL;
}

/* The Honey type of a member, NULL for what Honey cannot read. */
static struct type *member_type(struct honey *h, const struct btf_view *v, uint32_t id)
{
	const struct btf_type *t = skip_names(v, id);
	const struct btf_array *a;
	struct type *elem;
	uint32_t encoding;

	if (!t)
		return NULL;
	switch (kind_of(t)) {
	case BTF_KIND_INT:
		encoding = *(const uint32_t *)(t + 1);
		if (t->size > 8 || !t->size)
			return NULL;
		return type_int(h, t->size * 8, BTF_INT_ENCODING(encoding) & BTF_INT_SIGNED);
	case BTF_KIND_ENUM:
	case KIND_ENUM64: return type_int(h, t->size > 4 ? 64 : 32, false);
	case BTF_KIND_PTR: return type_int(h, 64, false);
	case BTF_KIND_ARRAY:
		a = (const struct btf_array *)(t + 1);
		t = skip_names(v, a->type);
		if (!t || kind_of(t) != BTF_KIND_INT || !a->nelems || a->nelems > 4096)
			return NULL;
		elem = member_type(h, v, a->type);
		return elem ? type_array(h, elem, a->nelems, elem->bits == 8) : NULL;
	default: return NULL;
	}
}

static int struct_fields(struct honey *h, const struct btf_view *v, const struct btf_type *t,
			 struct ctx_field **out)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);
	bool bitfields = t->info >> 31;
	int n = 0;

	*out = arena_array(&h->arena, struct ctx_field, vlen_of(t));
	for (uint32_t i = 0; i < vlen_of(t); i++) {
		uint32_t bit = bitfields ? m[i].offset & 0xffffff : m[i].offset;
		struct type *type = member_type(h, v, m[i].type);
		const char *name = string_at(v, m[i].name_off);

		if (!type || !*name || bit % 8 || (bitfields && m[i].offset >> 24))
			continue;
		(*out)[n++] = (struct ctx_field){arena_strdup(&h->arena, name), type, bit / 8,
						 type_size(type)};
	}
	return n;
}

int btf_parse_event(struct honey *h, const void *data, size_t len, const char *event,
		    struct ctx_field **out)
{
	const char *name = fmt(h, "trace_event_raw_%s", event);
	struct btf_view v;
	int err = open_view(h, data, len, &v);

	for (uint32_t id = 1; !err && id <= v.n; id++) {
		const struct btf_type *t = type_at(&v, id);

		if (kind_of(t) == BTF_KIND_STRUCT && !strcmp(string_at(&v, t->name_off), name))
			return struct_fields(h, &v, t, out);
	}
	return err ? err : -ENOENT;
}

int btf_event_fields(struct honey *h, const char *path, const char *event, struct ctx_field **out)
{
	struct strbuf sb = STRBUF_INIT;
	int n = strbuf_read_file(&sb, path);

	if (!n)
		n = btf_parse_event(h, sb.s, sb.len, event, out);
	strbuf_release(&sb);
	return n;
}
