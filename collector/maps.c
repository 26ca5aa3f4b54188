/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Batched and key-by-key reading of BPF maps. */
#include "lib/base.h"
#include "collector/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's own errno for "not supported", which leaks out of older bpf(2). */
#define KERNEL_ENOTSUPP 524

/* Most maps that are read often have little in them. */
enum { FIRST_BATCH = 256, MOST_BATCH = 4096 };

static bool per_cpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

void map_dump_release(struct map_dump *d)
{
	free(d->keys);
	free(d->values);
	d->keys = d->values = NULL;
	d->n = 0;
}

static int reserve(struct map_dump *d, size_t *cap, size_t more)
{
	void *p;

	if (d->n + more <= *cap)
		return 0;
	*cap = MAX(*cap * 2, d->n + more);
	p = reallocarray(d->keys, *cap, d->key_size);
	if (!p)
		return -ENOMEM;
	d->keys = p;
	p = reallocarray(d->values, *cap, d->stride);
	if (!p)
		return -ENOMEM;
	d->values = p;
	return 0;
}

static int read_batches(int fd, struct map_dump *d, uint32_t max_entries)
{
	uint32_t chunk = MIN(max_entries, (uint32_t)FIRST_BATCH), count;
	unsigned char *position = calloc(2, MAX(d->key_size, sizeof(uint64_t)));
	bool first = true;
	size_t cap = 0;
	int err = position ? 0 : -ENOMEM;

	while (!err) {
		err = reserve(d, &cap, chunk);
		if (err)
			break;
		count = chunk;
		err = bpf_map_lookup_batch(fd, first ? NULL : position, position,
					   d->keys + d->n * d->key_size,
					   d->values + d->n * d->stride, &count, NULL);
		err = err ? -errno : 0;
		if (err == -ENOSPC && chunk < 2 * max_entries) {
			chunk *= 2; /* one hash bucket holds more than the buffer */
			err = 0;
			continue;
		}
		if (!err || err == -ENOENT)
			d->n += count;
		first = false;
		if (chunk < MIN(max_entries, (uint32_t)MOST_BATCH))
			chunk *= 2;
	}
	free(position);
	return err == -ENOENT ? 0 : err;
}

static int by_key(const void *a, const void *b, void *arg)
{
	const struct map_dump *d = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = memcmp(d->keys + x * d->key_size, d->keys + y * d->key_size, d->key_size);

	return c ? c : x < y ? -1 : x > y;
}

/* Keeps the latest reading of each key. */
static int drop_doubles(struct map_dump *d)
{
	struct map_dump kept = *d;
	size_t *index = calloc(d->n ? d->n : 1, sizeof(*index)), cap = 0;
	int err = index ? 0 : -ENOMEM;

	kept.keys = kept.values = NULL;
	kept.n = 0;
	for (size_t i = 0; !err && i < d->n; i++)
		index[i] = i;
	if (!err)
		qsort_r(index, d->n, sizeof(*index), by_key, d);
	for (size_t i = 0; !err && i < d->n; i++) {
		const unsigned char *key = d->keys + index[i] * d->key_size;

		if (i + 1 < d->n && !memcmp(key, d->keys + index[i + 1] * d->key_size, d->key_size))
			continue;
		err = reserve(&kept, &cap, 1);
		if (err)
			break;
		memcpy(kept.keys + kept.n * d->key_size, key, d->key_size);
		memcpy(kept.values + kept.n * d->stride, d->values + index[i] * d->stride,
		       d->stride);
		kept.n++;
	}
	free(index);
	if (err) {
		map_dump_release(&kept);
		return err;
	}
	map_dump_release(d);
	*d = kept;
	return 0;
}

static int walk_keys(int fd, struct map_dump *d, uint32_t max_entries)
{
	/* A full walk takes max_entries steps; each delete of the key we stand on starts a new one.
	 */
	uint64_t steps = 16ULL * max_entries + 1024;
	unsigned char *both = malloc(2 * (size_t)d->key_size);
	unsigned char *key = NULL, *next = both;
	size_t cap = 0;
	int err = both ? 0 : -ENOMEM;

	while (!err) {
		if (bpf_map_get_next_key(fd, key, next)) {
			err = -errno;
			break;
		}
		err = steps-- ? reserve(d, &cap, 1) : -EAGAIN;
		if (err)
			break;
		if (!bpf_map_lookup_elem(fd, next, d->values + d->n * d->stride)) {
			memcpy(d->keys + d->n * d->key_size, next, d->key_size);
			d->n++;
		} else if (errno != ENOENT) {
			err = -errno;
		}
		key = next;
		next = key == both ? both + d->key_size : both;
	}
	free(both);
	return err == -ENOENT ? drop_doubles(d) : err;
}

static bool no_batches(int err)
{
	/* EINTR: the generic batch of some types gives up when elements vanish under it. */
	return err == -EINVAL || err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP || err == -EINTR;
}

int map_read(int fd, enum map_way way, struct map_dump *out)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int err, ncpu;

	*out = (struct map_dump){0};
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	ncpu = per_cpu(info.type) ? libbpf_num_possible_cpus() : 1;
	if (ncpu < 0)
		return ncpu;
	out->key_size = info.key_size;
	out->value_size = info.value_size;
	out->ncpu = (uint32_t)ncpu;
	out->stride = (info.value_size + 7) / 8 * 8 * out->ncpu;
	if (!per_cpu(info.type))
		out->stride = info.value_size;
	if (!info.key_size || !info.value_size)
		return -EOPNOTSUPP;
	if (way == MAP_WALK)
		return walk_keys(fd, out, info.max_entries);
	err = read_batches(fd, out, info.max_entries);
	if (!no_batches(err))
		return err;
	if (way == MAP_BATCH)
		return -EOPNOTSUPP;
	map_dump_release(out);
	return walk_keys(fd, out, info.max_entries);
}

static uint64_t word(const struct map_dump *d, size_t i, uint32_t cpu, uint32_t offset)
{
	uint64_t v;

	memcpy(&v, d->values + i * d->stride + (size_t)cpu * (d->stride / d->ncpu) + offset,
	       sizeof(v));
	return v;
}

uint64_t map_dump_sum(const struct map_dump *d, size_t i, uint32_t offset)
{
	uint64_t sum = 0;

	for (uint32_t cpu = 0; cpu < d->ncpu; cpu++)
		sum += word(d, i, cpu, offset);
	return sum;
}

uint64_t map_dump_max(const struct map_dump *d, size_t i, uint32_t offset)
{
	uint64_t max = 0;

	for (uint32_t cpu = 0; cpu < d->ncpu; cpu++)
		max = MAX(max, word(d, i, cpu, offset));
	return max;
}
