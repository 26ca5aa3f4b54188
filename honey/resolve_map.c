/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps: the table of their kinds, and the options of defmap. */
#include "lib/base.h"
#include "honey/resolve.h"

#include <string.h>

#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/honey.h"
#include "lib/suggest.h"

static const struct map_kind map_kinds[] = {
	{"bpf_hash", "BPF_MAP_TYPE_HASH", 1, .key = true, .value = true, .kernel = "3.19"},
	{"bpf_array", "BPF_MAP_TYPE_ARRAY", 2, .key = true, .value = true, .array = true,
	 .kernel = "3.19"},
	{"bpf_percpu_hash", "BPF_MAP_TYPE_PERCPU_HASH", 5, .key = true, .value = true,
	 .per_cpu = true, .kernel = "4.6"},
	{"bpf_percpu_array", "BPF_MAP_TYPE_PERCPU_ARRAY", 6, .key = true, .value = true,
	 .per_cpu = true, .array = true, .kernel = "4.6"},
	{"bpf_stack_trace", "BPF_MAP_TYPE_STACK_TRACE", 7, .stack = true, .kernel = "4.6"},
	{"bpf_lru_hash", "BPF_MAP_TYPE_LRU_HASH", 9, .key = true, .value = true, .kernel = "4.10"},
	{"bpf_lru_percpu_hash", "BPF_MAP_TYPE_LRU_PERCPU_HASH", 10, .key = true, .value = true,
	 .per_cpu = true, .kernel = "4.10"},
	{"bpf_ringbuf", "BPF_MAP_TYPE_RINGBUF", 27, .ring = true, .kernel = "5.8"},
	{"bpf_task_storage", "BPF_MAP_TYPE_TASK_STORAGE", 29, .value = true, .task = true,
	 .kernel = "5.11"},
};

/* :bpf_hash, also as :hash, :BPF_HASH and :BPF_MAP_TYPE_HASH */
static const struct map_kind *find_kind(const char *word)
{
	if (!strncasecmp(word, "bpf_map_type_", 13))
		word += 13;
	else if (!strncasecmp(word, "bpf_", 4))
		word += 4;
	for (size_t i = 0; i < ARRAY_SIZE(map_kinds); i++)
		if (!strcasecmp(map_kinds[i].name + 4, word))
			return &map_kinds[i];
	return NULL;
}

static void unknown_kind(struct honey *h, const struct node *kind)
{
	const char *names[ARRAY_SIZE(map_kinds)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(map_kinds); i++)
		names[i] = map_kinds[i].name;
	near = suggest_nearest(kind->name->s, names, ARRAY_SIZE(names));
	diag_at(h, H019, kind->span,
		near ? fmt(h, "did you mean :%s?", near)
		     : "kinds are :bpf_hash, :bpf_array, :bpf_percpu_hash, :bpf_percpu_array, "
		       ":bpf_lru_hash, :bpf_lru_percpu_hash, :bpf_ringbuf, :bpf_stack_trace, "
		       ":bpf_task_storage",
		"no kind of map is called :%s", kind->name->s);
}

static struct type *option_type(struct honey *h, const struct node *o)
{
	struct type *t;

	if (o->a->kind != N_ATOM) {
		diag_at(h, H019, o->a->span, fmt(h, "%s: :u64", o->name->s),
			"%s takes a type such as :u32", o->name->s);
		return &h->types.error;
	}
	t = resolve_type_name(h, o->a->name);
	if (!t)
		resolve_unknown_type(h, o->a->span, o->a->name);
	return t ? t : &h->types.error;
}

static void map_option(struct honey *h, struct map *m, const struct node *o)
{
	static const char *const names[] = {"max_entries", "key_type", "value_type"};
	static const char *const front_end[] = {"print", "print_elem"};
	const char *near;

	if (o->kind != N_KEYVALUE || !o->a) {
		diag_at(h, H019, o->span, "max_entries: 1024", "map options are name: value pairs");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(front_end); i++)
		if (!strcmp(o->name->s, front_end[i]))
			return;
	if (!strcmp(o->name->s, "max_entries")) {
		if (!const_eval(h, o->a, &m->max_entries) || !m->max_entries ||
		    m->max_entries > 0xffffffff)
			diag_at(h, H019, o->a->span, "max_entries: 10240",
				"max_entries must be a number from 1 to 4294967295 known at "
				"compile "
				"time");
	} else if (!strcmp(o->name->s, "key_type")) {
		m->key = option_type(h, o);
	} else if (!strcmp(o->name->s, "value_type")) {
		m->value = option_type(h, o);
	} else {
		near = suggest_nearest(o->name->s, names, ARRAY_SIZE(names));
		diag_at(h, H019, o->span,
			near ? fmt(h, "did you mean %s:?", near)
			     : "options are max_entries, key_type and value_type",
			"maps have no option '%s'", o->name->s);
	}
}

static void check_map(struct honey *h, struct map *m)
{
	const struct map_kind *k = m->kind;

	if (k->key && !m->key) {
		if (k->array)
			m->key = type_int(h, 32, false);
		else
			diag_at(h, H019, m->span, "add key_type: :u32", "map %s needs a key_type",
				m->name->s);
	}
	if (k->array && m->key && m->key->kind != T_ERROR && type_size(m->key) != 4)
		diag_at(h, H019, m->span, "write key_type: :u32, or leave it out",
			"the key of an array is a u32 index");
	if (k->value && !m->value)
		diag_at(h, H019, m->span, "add value_type: :u64, or the name of a struct",
			"map %s needs a value_type", m->name->s);
	if (!k->value && !k->ring && m->value)
		diag_at(h, H019, m->span, "leave value_type out", "a :%s has no value_type",
			k->name);
	if (!m->max_entries && !k->task) {
		diag_at(h, H019, m->span,
			k->ring ? "add max_entries: 262144 (bytes)" : "add max_entries: 10240",
			"map %s needs max_entries", m->name->s);
		m->max_entries = 4096;
	}
	if (k->ring && ((m->max_entries & (m->max_entries - 1)) || m->max_entries < 4096))
		diag_at(h, H019, m->span, "write max_entries: 262144",
			"a ring buffer's max_entries are bytes: a power of two, at least 4096");
	m->key = m->key ? m->key : &h->types.error;
	m->value = m->value ? m->value : &h->types.error;
	if (m->value->kind == T_STRUCT)
		m->value->strct->in_map = true;
}

void resolve_map(struct honey *h, struct map *m)
{
	struct node *kind = m->options[--m->n_options];

	m->kind = find_kind(kind->name->s);
	for (uint32_t i = 0; i < m->n_options; i++)
		map_option(h, m, m->options[i]);
	if (!m->kind) {
		unknown_kind(h, kind);
		m->broken = true;
		m->kind = &map_kinds[0];
		m->key = m->key ? m->key : &h->types.error;
		m->value = m->value ? m->value : &h->types.error;
		return;
	}
	if (h->opt.kernel) {
		unsigned int major = 0, minor = 0;

		sscanf(m->kind->kernel, "%u.%u", &major, &minor);
		if (major * 100 + minor > h->opt.kernel)
			diag_at(h, H026, kind->span, NULL, ":%s needs Linux %s", kind->name->s,
				m->kind->kernel);
	}
	check_map(h, m);
}
