/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Global variables of an object. */
#include "lib/base.h"
#include "collector/variable.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
		return -ENOMEM;
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
	__atomic_store_n((uint32_t *)(memory + v->offset), value, __ATOMIC_RELAXED);
	munmap(memory, bytes);
	return 0;
}
