/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps are read whole: the last key, a full map, while somebody changes them, both ways. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>

#include "collector/maps.h"

static const enum map_way ways[] = {MAP_BEST, MAP_BATCH, MAP_WALK};

static int make(enum bpf_map_type type, uint32_t entries)
{
	int fd = bpf_map_create(type, "bb_test", 4, 8, entries, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void put(int fd, uint32_t key, uint64_t value)
{
	assert_int_equal(bpf_map_update_elem(fd, &key, &value, BPF_ANY), 0);
}

static uint32_t key_at(const struct map_dump *d, size_t i)
{
	uint32_t key;

	memcpy(&key, d->keys + i * d->key_size, sizeof(key));
	return key;
}

static void empty_one_and_extremes(void **state UNUSED)
{
	static const uint32_t keys[] = {0, UINT32_MAX, 7};

	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		int fd = make(BPF_MAP_TYPE_HASH, 3);

		for (size_t n = 0; n <= ARRAY_SIZE(keys); n++) {
			struct map_dump d;
			uint64_t sum = 0, expected = 0;

			if (n)
				put(fd, keys[n - 1], 1 + keys[n - 1]);
			for (size_t i = 0; i < n; i++)
				expected += 1 + (uint64_t)(uint32_t)keys[i];
			assert_int_equal(map_read(fd, ways[w], &d), 0);
			assert_int_equal(d.n, n);
			for (size_t i = 0; i < d.n; i++)
				sum += (uint64_t)key_at(&d, i) + 1;
			assert_int_equal(sum, expected);
			map_dump_release(&d);
		}
		close(fd);
	}
}

static void full_map(void **state UNUSED)
{
	enum { ENTRIES = 10240 };
	int fd = make(BPF_MAP_TYPE_HASH, ENTRIES);

	for (uint32_t k = 0; k < ENTRIES; k++)
		put(fd, k * 3, k);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		unsigned char *seen = calloc(ENTRIES, 1);
		struct map_dump d;

		assert_int_equal(map_read(fd, ways[w], &d), 0);
		assert_int_equal(d.n, ENTRIES);
		for (size_t i = 0; i < d.n; i++) {
			uint32_t k = key_at(&d, i) / 3;

			assert_int_equal(map_dump_sum(&d, i, 0), k);
			assert_false(seen[k]);
			seen[k] = 1;
		}
		map_dump_release(&d);
		free(seen);
	}
	close(fd);
}

static void cpus_are_summed(void **state UNUSED)
{
	int ncpu = libbpf_num_possible_cpus(), fd = make(BPF_MAP_TYPE_PERCPU_HASH, 8);
	uint64_t *values = calloc((size_t)ncpu, sizeof(*values)), sum = 0;
	uint32_t key = 5;

	for (int i = 0; i < ncpu; i++)
		sum += values[i] = 100 + (uint64_t)i;
	assert_int_equal(bpf_map_update_elem(fd, &key, values, BPF_ANY), 0);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		struct map_dump d;

		assert_int_equal(map_read(fd, ways[w], &d), 0);
		assert_int_equal(d.n, 1);
		assert_int_equal(map_dump_sum(&d, 0, 0), sum);
		assert_int_equal(map_dump_max(&d, 0, 0), 99 + ncpu);
		map_dump_release(&d);
	}
	free(values);
	close(fd);
}

static void no_elements_to_read(void **state UNUSED)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "bb_test", 0, 0, 4096, NULL);
	struct map_dump d;

	assert_true(fd >= 0);
	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		assert_int_equal(map_read(fd, ways[w], &d), -EOPNOTSUPP);
		map_dump_release(&d);
	}
	close(fd);
}

struct churn {
	int fd;
	uint32_t from, keys;
	volatile bool stop;
	volatile uint64_t rounds;
};

/* Puts and takes its keys, as fast as it can. */
static void *churn(void *arg)
{
	struct churn *c = arg;

	while (!c->stop) {
		for (uint32_t k = 0; k < c->keys; k++) {
			uint32_t key = c->from + k;
			uint64_t value = key;

			bpf_map_update_elem(c->fd, &key, &value, BPF_ANY);
		}
		for (uint32_t k = 0; k < c->keys; k++) {
			uint32_t key = c->from + k;

			bpf_map_delete_elem(c->fd, &key);
		}
		c->rounds++;
	}
	return NULL;
}

static void stable_keys_stay(void **state UNUSED)
{
	enum { STABLE = 500, READS = 60 };

	for (size_t w = 0; w < ARRAY_SIZE(ways); w++) {
		int fd = make(BPF_MAP_TYPE_HASH, 2048);
		struct churn c = {.fd = fd, .from = 1 << 20, .keys = 500};
		pthread_t thread;

		for (uint32_t k = 0; k < STABLE; k++)
			put(fd, k, k);
		assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
		while (!c.rounds)
			usleep(100);
		for (int i = 0; i < READS; i++) {
			unsigned char seen[STABLE] = {0};
			struct map_dump d;
			size_t stable = 0;

			assert_int_equal(map_read(fd, ways[w], &d), 0);
			for (size_t e = 0; e < d.n; e++) {
				uint32_t key = key_at(&d, e);

				if (key >= STABLE)
					continue;
				assert_int_equal(map_dump_sum(&d, e, 0), key);
				assert_false(seen[key]);
				seen[key] = 1;
				stable++;
			}
			assert_int_equal(stable, STABLE);
			map_dump_release(&d);
		}
		c.stop = true;
		pthread_join(thread, NULL);
		close(fd);
	}
}

/* A map that is emptied under the walk's feet: it ends, with what was there or with -EAGAIN. */
static void a_walk_ends(void **state UNUSED)
{
	int fd = make(BPF_MAP_TYPE_HASH, 16);
	struct churn c = {.fd = fd, .keys = 16};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, churn, &c), 0);
	for (int i = 0; i < 200; i++) {
		struct map_dump d;
		int err = map_read(fd, MAP_WALK, &d);

		assert_true(!err || err == -EAGAIN);
		assert_true(err || d.n <= 16);
		map_dump_release(&d);
	}
	c.stop = true;
	pthread_join(thread, NULL);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_one_and_extremes), cmocka_unit_test(full_map),
		cmocka_unit_test(cpus_are_summed),	  cmocka_unit_test(no_elements_to_read),
		cmocka_unit_test(stable_keys_stay),	  cmocka_unit_test(a_walk_ends),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_maps");
}
