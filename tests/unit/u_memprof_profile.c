/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A profile in memory and in its file: totals, the same place for the same thing, strict reading.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "memprof/looks/recording.h"
#include "memprof/profile_file.h"
#include "tests/unit/memprof_fixture.h"

static void same_frame_same_place(void **state UNUSED)
{
	struct profile *p = fixture_profile();
	size_t frames = p->nframes, stacks = p->nstacks;
	uint64_t bytes = p->total.bytes;
	uint32_t f = profile_frame_at(p, 0, FIXTURE_MAIN, 0, NULL);
	struct profile_stack again = p->stacks[1];

	assert_int_equal(p->nframes, frames);
	assert_int_equal(p->frames[f].module, 0);
	assert_int_equal(p->frames[f].offset, FIXTURE_MAIN - FIXTURE_BIAS);
	again.values = (struct profile_values){.allocs = 2, .bytes = 5};
	assert_int_equal(profile_add_stack(p, &again), 1);
	assert_int_equal(p->nstacks, stacks);
	assert_int_equal(p->total.bytes, bytes + 5);
	profile_free(p);
}

static void frame_of_no_module(void **state UNUSED)
{
	struct profile *p = fixture_profile();
	/* The first address behind the program is where a call that is its last instruction
	 * returns to; as an instruction it is outside. */
	uint32_t back = profile_frame_at(p, 0, FIXTURE_END, 0, NULL);
	uint32_t there = profile_frame_at(p, 0, FIXTURE_END, PROFILE_FRAME_EXACT, NULL);
	uint32_t kernel = profile_frame_at(p, PROFILE_NONE, FIXTURE_MAIN, 0, NULL);

	assert_int_equal(p->frames[back].module, 0);
	assert_int_equal(p->frames[there].module, PROFILE_NONE);
	assert_int_equal(p->frames[kernel].module, PROFILE_NONE);
	profile_free(p);
}

static void many_stacks_are_found_again(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			uint32_t f = profile_frame_at(p, PROFILE_NONE, 0x1000 + i, 0, NULL);
			struct profile_stack s = {.process = PROFILE_NONE,
						  .frames = &f,
						  .nframes = 1,
						  .values = {.allocs = 1, .bytes = i}};

			assert_int_equal(profile_add_stack(p, &s), i);
		}
	assert_int_equal(p->nstacks, 5000);
	assert_int_equal(p->total.allocs, 10000);
	assert_int_equal(p->total.bytes, 4999 * 5000);
	profile_free(p);
}

static void deep_stack_is_cut(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	uint32_t frames[PROFILE_FRAMES_MAX + 7] = {0};
	struct profile_stack s = {
		.process = PROFILE_NONE, .frames = frames, .nframes = ARRAY_SIZE(frames)};

	profile_frame_at(p, PROFILE_NONE, 0x1000, 0, NULL);
	profile_add_stack(p, &s);
	assert_int_equal(p->stacks[0].nframes, PROFILE_FRAMES_MAX);
	assert_int_equal(p->stacks[0].flags, PROFILE_STACK_CUT);
	profile_free(p);
}

static void buckets(void **state UNUSED)
{
	assert_int_equal(profile_bucket(0), 0);
	assert_int_equal(profile_bucket(1), 1);
	assert_int_equal(profile_bucket(15), 4);
	assert_int_equal(profile_bucket(16), 5);
	assert_int_equal(profile_bucket(UINT64_MAX), 64);
}

/* 4,000 runs of the sampler on known blocks: the mean is the truth, the variance as estimated. */
static void weights_are_unbiased(void **state UNUSED)
{
	enum { RUNS = 4000, BLOCKS = 64, RATE = 4096 };
	double sum = 0, squares = 0, told = 0, truth = 0, mean, var;
	struct rng rng = {11};

	for (int b = 0; b < BLOCKS; b++)
		truth += 16 + b * 97;
	for (int run = 0; run < RUNS; run++) {
		struct profile_weights w = {0};

		for (int b = 0; b < BLOCKS; b++) {
			uint64_t size = 16 + (uint64_t)b * 97;

			if ((double)rng_next(&rng) * 0x1p-64 < -expm1(-(double)size / RATE))
				profile_weigh(&w, size, RATE);
		}
		sum += w.bytes;
		squares += w.bytes * w.bytes;
		told += w.bytes_var;
	}
	mean = sum / RUNS;
	var = squares / RUNS - mean * mean;
	assert_true(fabs(mean - truth) < 4 * sqrt(var / RUNS));
	assert_true(fabs(told / RUNS / var - 1) < 0.15);
}

/* --- the file -----------------------------------------------------------------------------------
 */

static void pack(struct strbuf *data)
{
	struct profile *p = fixture_profile();

	profile_pack_start(data);
	assert_int_equal(profile_pack(data, p, NULL), 0);
	profile_free(p);
}

static void written_is_read(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT, again = STRBUF_INIT;
	struct profile *p, *none;
	size_t offset = 0;

	pack(&data);
	assert_int_equal(profile_unpack(&p, "x", data.s, data.len, &offset, NULL), 0);
	assert_int_equal(offset, data.len);
	assert_int_equal(profile_unpack(&none, "x", data.s, data.len, &offset, NULL), -ENODATA);
	profile_pack_start(&again);
	assert_int_equal(profile_pack(&again, p, NULL), 0);
	assert_int_equal(again.len, data.len);
	assert_memory_equal(again.s, data.s, data.len);
	assert_string_equal(p->processes[0].comm, "server");
	profile_free(p);
	strbuf_release(&data);
	strbuf_release(&again);
}

static void refuses(const void *data, size_t len, const char *what)
{
	struct strbuf why = STRBUF_INIT;
	size_t offset = 0;
	struct profile *p;

	assert_int_equal(profile_unpack(&p, "a.prof", data, len, &offset, &why), -EINVAL);
	assert_null(p);
	if (!strstr(why.s, what))
		fail_msg("'%s' is not in: %s", what, why.s);
	assert_non_null(strstr(why.s, "a.prof: "));
	strbuf_release(&why);
}

static void foreign_file(void **state UNUSED)
{
	refuses("", 0, "the file is empty");
	refuses("heaptrack", 9, "no profile of memprof");
}

static void cut_file(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;

	pack(&data);
	for (size_t len = PROFILE_FILE_START_BYTES + 1; len < data.len; len++)
		refuses(data.s, len, "offset 8: the profile is cut off");
	strbuf_release(&data);
}

static void flipped_byte(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;

	pack(&data);
	for (size_t i = 0; i < data.len; i++) {
		struct strbuf why = STRBUF_INIT;
		size_t offset = 0;
		struct profile *p;

		data.s[i] ^= 0x40;
		assert_int_equal(profile_unpack(&p, "x", data.s, data.len, &offset, &why), -EINVAL);
		assert_true(why.len > 0);
		data.s[i] ^= 0x40;
		strbuf_release(&why);
	}
	strbuf_release(&data);
}

static void other_version(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;

	pack(&data);
	data.s[PROFILE_FILE_START_BYTES + 4] = 9;
	refuses(data.s, data.len, "a profile of format 9, and this memprof");
	strbuf_release(&data);
}

/* What passes the checksum and is wrong all the same: each byte of the payload is changed in turn,
 * and the reader says no or gives a profile that is sound. */
static void changed_payload(void **state UNUSED)
{
	struct strbuf data = STRBUF_INIT;
	unsigned char payload[65536], packed[65536];
	uint32_t head[5];
	uLongf len = sizeof(payload), plen;

	pack(&data);
	memcpy(head, data.s + 8, sizeof(head));
	assert_int_equal(uncompress(payload, &len, (Bytef *)data.s + 28, head[2]), Z_OK);
	for (size_t i = 0; i < len; i++) {
		struct strbuf why = STRBUF_INIT, file = STRBUF_INIT;
		uint64_t bytes = 0;
		size_t offset = 0;
		struct profile *p;

		payload[i] ^= 0x21;
		plen = sizeof(packed);
		assert_int_equal(compress(packed, &plen, payload, len), Z_OK);
		head[2] = (uint32_t)plen;
		head[4] = (uint32_t)crc32(crc32(0, NULL, 0), packed, (uInt)plen);
		profile_pack_start(&file);
		strbuf_add(&file, head, sizeof(head));
		strbuf_add(&file, packed, plen);
		if (!profile_unpack(&p, "x", file.s, file.len, &offset, &why)) {
			for (size_t k = 0; k < p->nstacks; k++)
				bytes += p->stacks[k].values.bytes;
			assert_int_equal(bytes, p->total.bytes);
			profile_free(p);
		} else
			assert_true(why.len > 0);
		payload[i] ^= 0x21;
		strbuf_release(&why);
		strbuf_release(&file);
	}
	strbuf_release(&data);
}

static void last_of_several(void **state UNUSED)
{
	char path[] = "/tmp/u_memprof.XXXXXX";
	struct strbuf data = STRBUF_INIT;
	struct profile *p = fixture_profile();
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	pack(&data);
	profile_add_values(p, 0, &(struct profile_values){.allocs = 1, .bytes = 77});
	assert_int_equal(profile_pack(&data, p, NULL), 0);
	assert_int_equal(fd_write_all(fd, data.s, data.len), 0);
	close(fd);
	profile_free(p);
	assert_int_equal(profile_read(&p, path), 0);
	assert_int_equal(p->total.bytes, FIXTURE_BYTES + 77);
	assert_int_equal(profile_write(p, path), 0);
	profile_free(p);
	assert_int_equal(profile_read(&p, path), 0);
	assert_int_equal(p->total.bytes, FIXTURE_BYTES + 77);
	profile_free(p);
	unlink(path);
	strbuf_release(&data);
}

static void a_recording(void **state UNUSED)
{
	char path[] = "/tmp/u_memprof.XXXXXX";
	struct profile *p = fixture_profile(), *copy = profile_copy(p);
	struct recording *r;
	uint64_t each_ns = 1;

	close(mkstemp(path));
	assert_int_equal(recording_open(&r, path, 1 << 20), 0);
	assert_int_equal(recording_add(r, p, &each_ns), 0);
	profile_add_values(p, 0, &(struct profile_values){.bytes = 100});
	assert_int_equal(recording_add(r, p, &each_ns), 0);
	recording_close(r);
	assert_int_equal(each_ns, 1);
	assert_int_equal(copy->total.bytes, FIXTURE_BYTES);
	profile_free(p);
	profile_free(copy);
	for (uint64_t i = 1; i <= 2; i++) {
		assert_int_equal(profile_read_at(&p, path, i), 0);
		assert_int_equal(p->total.bytes, FIXTURE_BYTES + 100 * (i - 1));
		profile_free(p);
	}
	log_init("u_memprof_profile", LOG_QUIET);
	assert_int_equal(profile_read_at(&p, path, 3), -EINVAL);
	assert_int_equal(truncate(path, 200), 0);
	assert_int_equal(profile_read(&p, path), -EINVAL);
	assert_null(p);
	log_init("u_memprof_profile", LOG_ERROR);
	unlink(path);
}

/* What stays are the latest, as far apart as they must be. */
static void a_recording_keeps_its_bound(void **state UNUSED)
{
	char path[] = "/tmp/u_memprof.XXXXXX";
	struct profile *p = fixture_profile();
	uint64_t each_ns = 1, bytes[2] = {0}, most;
	struct recording *r;
	struct stat st;

	close(mkstemp(path));
	profile_write(p, path);
	assert_int_equal(stat(path, &st), 0);
	most = 5 * (uint64_t)st.st_size;
	assert_int_equal(recording_open(&r, path, most), 0);
	for (int i = 0; i < 100; i++) {
		uint64_t before = each_ns;

		profile_add_values(p, 0, &(struct profile_values){.bytes = 1});
		assert_int_equal(recording_add(r, p, &each_ns), 0);
		assert_in_range(each_ns, before, 2 * before);
		assert_int_equal(stat(path, &st), 0);
		assert_in_range(st.st_size, 1, most);
	}
	recording_close(r);
	assert_true(each_ns > 1);
	profile_free(p);
	for (uint64_t i = 1; i <= 2; i++) {
		assert_int_equal(profile_read_at(&p, path, i), 0);
		bytes[i - 1] = p->total.bytes;
		profile_free(p);
	}
	assert_true(bytes[0] < bytes[1]);
	assert_int_equal(profile_read(&p, path), 0);
	assert_int_equal(p->total.bytes, FIXTURE_BYTES + 100);
	profile_free(p);
	/* One that is larger than all may be is there alone. */
	p = fixture_profile();
	assert_int_equal(recording_open(&r, path, 1), 0);
	assert_int_equal(recording_add(r, p, &each_ns), 0);
	assert_int_equal(recording_add(r, p, &each_ns), 0);
	recording_close(r);
	profile_free(p);
	assert_int_equal(profile_read_at(&p, path, 1), 0);
	profile_free(p);
	log_init("u_memprof_profile", LOG_QUIET);
	assert_int_equal(profile_read_at(&p, path, 2), -EINVAL);
	log_init("u_memprof_profile", LOG_ERROR);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_frame_same_place),
		cmocka_unit_test(frame_of_no_module),
		cmocka_unit_test(many_stacks_are_found_again),
		cmocka_unit_test(deep_stack_is_cut),
		cmocka_unit_test(buckets),
		cmocka_unit_test(weights_are_unbiased),
		cmocka_unit_test(written_is_read),
		cmocka_unit_test(foreign_file),
		cmocka_unit_test(cut_file),
		cmocka_unit_test(flipped_byte),
		cmocka_unit_test(changed_payload),
		cmocka_unit_test(other_version),
		cmocka_unit_test(last_of_several),
		cmocka_unit_test(a_recording),
		cmocka_unit_test(a_recording_keeps_its_bound),
	};

	log_init("u_memprof_profile", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
