/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fields of contexts and arguments of functions from the kernel's BTF, by libbpf's reader. */
#include "lib/base.h"
#include "honey/ctx.h"

#include <bpf/btf.h>
#include <string.h>

#include "honey/diag.h"
#include "honey/honey.h"
#include "lib/strbuf.h"

enum { MOST_ELEMENTS = 4096 };

/* What stands behind names and qualifiers, or NULL. */
static const struct btf_type *resolved(const struct btf *btf, uint32_t id)
{
	int real = btf__resolve_type(btf, id);

	return real > 0 ? btf__type_by_id(btf, (uint32_t)real) : NULL;
}

/* The Honey type of a member, NULL for what Honey cannot read. */
static struct type *member_type(struct honey *h, const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = resolved(btf, id);
	const struct btf_array *a;
	struct type *elem;

	if (!t)
		return NULL;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		if (t->size > 8 || !t->size)
			return NULL;
		return type_int(h, t->size * 8, btf_int_encoding(t) & BTF_INT_SIGNED);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64: return type_int(h, t->size > 4 ? 64 : 32, false);
	case BTF_KIND_PTR: return type_int(h, 64, false);
	case BTF_KIND_ARRAY:
		a = btf_array(t);
		t = resolved(btf, a->type);
		if (!t || !btf_is_int(t) || !a->nelems || a->nelems > MOST_ELEMENTS)
			return NULL;
		elem = member_type(h, btf, a->type);
		return elem ? type_array(h, elem, a->nelems, elem->bits == 8) : NULL;
	default: return NULL;
	}
}

static int struct_fields(struct honey *h, const struct btf *btf, const struct btf_type *t,
			 struct ctx_field **out)
{
	const struct btf_member *m = btf_members(t);
	int n = 0;

	*out = NULL;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t bit = btf_member_bit_offset(t, i);
		struct type *type = member_type(h, btf, m[i].type);
		const char *name = btf__name_by_offset(btf, m[i].name_off);
		struct ctx_field f;

		if (!type || !name || !*name || bit % 8 || btf_member_bitfield_size(t, i))
			continue;
		f = (struct ctx_field){arena_strdup(&h->arena, name), type, bit / 8,
				       type_size(type)};
		arena_push(&h->arena, *out, n, f);
	}
	return n;
}

static int func_args(struct honey *h, const struct btf *btf, const struct btf_type *func,
		     struct ctx_field **out)
{
	const struct btf_type *proto = btf__type_by_id(btf, func->type);
	const struct btf_param *p;
	int n = 0;

	*out = NULL;
	if (!proto || !btf_is_func_proto(proto))
		return -EINVAL;
	p = btf_params(proto);
	for (uint32_t i = 0; i < btf_vlen(proto); i++) {
		const char *name = btf__name_by_offset(btf, p[i].name_off);
		struct ctx_field f = {arena_strdup(&h->arena, name ? name : ""), NULL, i, 8};

		arena_push(&h->arena, *out, n, f);
	}
	return n;
}

static int parse(struct honey *h, const void *data, size_t len, const char *name, uint32_t kind,
		 struct ctx_field **out)
{
	struct btf *btf = len <= UINT32_MAX ? btf__new(data, (uint32_t)len) : NULL;
	const struct btf_type *t;
	int id, n = -ENOENT;

	if (!btf)
		return -EINVAL;
	id = btf__find_by_name_kind(btf, name, kind);
	t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	if (t)
		n = kind == BTF_KIND_FUNC ? func_args(h, btf, t, out)
					  : struct_fields(h, btf, t, out);
	btf__free(btf);
	return n;
}

int btf_parse_event(struct honey *h, const void *data, size_t len, const char *event,
		    struct ctx_field **out)
{
	return parse(h, data, len, fmt(h, "trace_event_raw_%s", event), BTF_KIND_STRUCT, out);
}

static int parse_file(struct honey *h, const char *path, const char *name, uint32_t kind,
		      struct ctx_field **out)
{
	struct strbuf sb = STRBUF_INIT;
	int n = strbuf_read_file(&sb, path);

	if (!n)
		n = parse(h, sb.s, sb.len, name, kind, out);
	strbuf_release(&sb);
	return n;
}

int btf_struct_fields(struct honey *h, const char *path, const char *name, struct ctx_field **out)
{
	return parse_file(h, path, name, BTF_KIND_STRUCT, out);
}

int btf_func_args(struct honey *h, const char *path, const char *func, struct ctx_field **out)
{
	return parse_file(h, path, func, BTF_KIND_FUNC, out);
}
