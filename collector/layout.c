/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds maps, structs and fields by name in an object's BTF, and says exactly what does not fit. */
#include "lib/base.h"
#include "collector/layout.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "collector/layout_search.h"
#include "collector/registry.h"

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
		log_err("%s: map '%s': its key has %u bytes, %u are expected%s", s->path,
			bpf_map__name(map), bytes, wanted,
			s->man->words->key_bytes == sizeof(uint32_t) ? " (a thread or process id)"
			: l->ncounters				     ? ", as in the other maps"
								     : "");
		return -EINVAL;
	}
	if (bytes > COUNTER_KEY_MAX) {
		log_err("%s: map '%s': its key has %u bytes; up to %d can be read", s->path,
			bpf_map__name(map), bytes, COUNTER_KEY_MAX);
		return -EINVAL;
	}
	l->key_bytes = bytes;
	l->nparts = search_key(s, map, l->parts);
	return 0;
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
	int err = t ? 0 : -EINVAL;

	strbuf_addf(&of, " (map %s)", s->man->counters.map);
	if (!err)
		err = search_fields(s, t, of.s, s->man->counters.fields, s->man->words->nfields,
				    field_sizes(s->man->words, sizes), src->offset, &src->fields);
	strbuf_release(&of);
	return err;
}

/* A map for each field, its value a number. */
static int single_counters(const struct search *s, struct layout *l)
{
	const struct vocabulary *words = s->man->words;
	uint32_t sizes[COUNTER_FIELDS_MAX];

	field_sizes(words, sizes);
	for (size_t f = 0; f < words->nfields; f++) {
		struct counter_source *src;

		if (!s->man->counters.fields[f])
			continue;
		src = add_source(s, l, s->man->counters.fields[f]);
		if (!src)
			return -EINVAL;
		if (bpf_map__value_size(src->map) != sizes[f]) {
			log_err("%s: map '%s': its value has %u bytes, %u are expected", s->path,
				bpf_map__name(src->map), bpf_map__value_size(src->map), sizes[f]);
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

bool layout_is_ring_array(struct bpf_map *map)
{
	const struct bpf_map *inner = bpf_map__inner_map(map);

	return bpf_map__type(map) == BPF_MAP_TYPE_ARRAY_OF_MAPS && inner &&
	       bpf_map__type(inner) == BPF_MAP_TYPE_RINGBUF;
}

static int find_switch(const struct search *s, struct layout *l)
{
	static const char *const sections[] = {".data", ".bss"};
	const char *name = s->man->events.on;

	for (size_t i = 0; name && !l->event_switch.map && i < ARRAY_SIZE(sections); i++)
		l->event_switch = variable_find(s->obj, sections[i], name, sizeof(uint32_t));
	if (!name || l->event_switch.map)
		return 0;
	log_err("%s: no variable '%s' of 4 bytes that can be written, which %s names as the switch "
		"of its events",
		s->path, name, s->hint);
	return -EINVAL;
}

static int events(const struct search *s, struct layout *l)
{
	uint32_t sizes[EVENT_FIELDS_MAX] = {8, 4, 4, sizeof(((struct event *)0)->comm)};
	const struct btf_type *t;
	uint64_t fields = 0;
	int err;

	for (size_t i = 0; i < l->words->nvalues; i++)
		l->event.bytes[EVENT_COMMON + i] = sizes[EVENT_COMMON + i] =
			l->words->values[i].bytes;

	l->ring = search_map(s, s->man->events.map, "events");
	if (!l->ring)
		return -EINVAL;
	l->ring_per_cpu = layout_is_ring_array(l->ring);
	if (!l->ring_per_cpu && bpf_map__type(l->ring) != BPF_MAP_TYPE_RINGBUF)
		return search_wrong_type(s, l->ring, "a ringbuf, or an array of ringbufs by CPU,");
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
		log_err("%s: no program '%s' for %s, which %s names (its programs: %s)", s->path,
			named, event, s->hint, there.len ? there.s : "none");
	else
		log_err("%s: no program for %s: none in section tracepoint/syscalls/sys_enter_%s "
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
	for (size_t i = 0; i < expected_programs(man); i++)
		if (meets(man, i, p))
			return true;
	return false;
}

int layout_resolve(struct layout *l, const struct bpf_object *obj, const struct manifest *man,
		   const char *path)
{
	struct search s = {obj, bpf_object__btf(obj), man, path, NULL};
	int err = 0;

	*l = (struct layout){.words = man->words, .key_bytes = man->words->key_bytes};
	s.hint = man->file ? strdup(man->file) : registry_manifest_path(path);
	if (!s.btf) {
		log_err("%s: its BTF cannot be read; compile it with -g", path);
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

bool layout_uses(const struct layout *l, const struct bpf_map *map)
{
	bool used = map == l->ring || map == l->losses || map == l->rows.ended;

	/* What an iterator's rows come from. */
	if (l->rows.iterator && bpf_map__type(map) == BPF_MAP_TYPE_TASK_STORAGE)
		return true;
	for (size_t i = 0; i < l->ncounters; i++)
		used |= map == l->counters[i].map;
	return used;
}
