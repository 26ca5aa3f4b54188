/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Recordings: what is replayed is what was recorded; damaged at any byte they say where; a full
 * disk ends the recording and nothing else. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/rng.h"
#include "monitor/sink/record.h"
#include "monitor/source/replay.h"
#include "monitor/recording/format.h"
#include "tests/unit/sink_fixture.h"

enum { ROWS = ARRAY_SIZE(sink_names), FRAMES = 9 };

static char dir[64], path[96], said[1024];

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static int setup(void **state UNUSED)
{
	snprintf(dir, sizeof(dir), "%s/record.XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r", dir);
	said[0] = '\0';
	log_capture(hear, NULL);
	return 0;
}

static int teardown(void **state UNUSED)
{
	log_capture(NULL, NULL);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static void heard(const char *part)
{
	if (!strstr(said, part))
		fail_msg("not said: %s\nbut: %s", part, said);
}

static void same_frame(const struct frame *a, const struct frame *b)
{
	const struct scalar *s;

	for (size_t i = 0; (s = record_scalar(i)); i++) {
		if (s->kind == SCALAR_DOUBLE)
			assert_true(scalar_double(s, a) == scalar_double(s, b) ||
				    (isnan(scalar_double(s, a)) && isnan(scalar_double(s, b))));
		else
			assert_true(scalar_u64(s, a) == scalar_u64(s, b));
	}
	assert_string_equal(a->monitor, b->monitor);
	assert_string_equal(a->own.ns_source, b->own.ns_source);
	assert_true(a->fields == b->fields && a->tool == b->tool);
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++) {
		struct proc_row x = a->rows[i], y = b->rows[i];

		assert_int_equal(x.sizes != NULL, y.sizes != NULL);
		if (x.sizes)
			assert_memory_equal(x.sizes, y.sizes, SIZE_BUCKETS * sizeof(*x.sizes));
		for (size_t j = 0; j < FIELD_COUNT; j++)
			if (!(isnan(x.v[j]) && isnan(y.v[j])))
				assert_memory_equal(&x.v[j], &y.v[j], sizeof(double));
		assert_true(x.pid == y.pid && x.ppid == y.ppid && x.uid == y.uid &&
			    x.flags == y.flags && x.verdict == y.verdict && x.state == y.state &&
			    x.start_ns == y.start_ns);
		assert_memory_equal(x.name, y.name, sizeof(x.name));
	}
	assert_int_equal(a->nevents, b->nevents);
	for (size_t i = 0; i < a->nevents; i++) {
		const struct event *x = &a->events[i].record, *y = &b->events[i].record;

		assert_true(x->timestamp_ns == y->timestamp_ns &&
			    x->value[MEM_EVENT_SIZE] == y->value[MEM_EVENT_SIZE] &&
			    x->value[MEM_EVENT_ADDRESS] == y->value[MEM_EVENT_ADDRESS] &&
			    x->pid == y->pid && x->tgid == y->tgid && x->length == y->length &&
			    x->value[MEM_EVENT_TYPE] == y->value[MEM_EVENT_TYPE]);
		assert_string_equal(x->comm, y->comm);
	}
}

/* The @i-th frame of a story: processes come, change, rename, end, and come again as others. */
static void story(size_t i, struct frame *f, struct proc_row *rows, uint32_t (*sizes)[SIZE_BUCKETS],
		  struct frame_event *events)
{
	static const double odd[] = {0.1, -0.0, 1e300, INFINITY, -7, 9007199254740992.0, 0, 1};

	sink_frame(f, rows);
	f->seq = i + 1;
	f->fields = i % 2 ? f->fields : (1ull << FIELD_COUNT) - 1;
	f->mono_ns += i * 3000000000ull;
	f->interval_s = i ? 3.0 + 1e-9 * (double)i : NAN;
	f->n = ROWS - i % 3;
	for (size_t j = 0; j < f->n; j++) {
		rows[j].v[FIELD_MMAP] += (double)(i * j);
		rows[j].v[FIELD_RSS] -= (double)(i * 17 % 5);
		rows[j].v[FIELD_AGE] = odd[(i + j) % ARRAY_SIZE(odd)];
		if ((i + j) % 4 == 1)
			rows[j].v[FIELD_BRK] = NAN;
		if (j % 5 == 2 && i % 4) {
			memset(sizes[j], 0, sizeof(*sizes));
			sizes[j][12] = (uint32_t)(i + 5);
			sizes[j][SIZE_BUCKETS - 1] = i % 2 ? UINT32_MAX : 1;
			rows[j].sizes = sizes[j];
		}
	}
	if (i == 2)
		strcpy(rows[1].name, "renamed");
	if (i == 3)
		rows[1].start_ns++;
	if (i == 4)
		rows[2].pid = 2; /* two of one number */
	f->nevents = i % FRAMES * 2;
	f->events = events;
	for (size_t j = 0; j < f->nevents; j++)
		events[j].record = (struct event){.timestamp_ns = 5000 - 700 * j,
						  .value[MEM_EVENT_SIZE] = j << 40,
						  .value[MEM_EVENT_ADDRESS] = UINT64_MAX - j,
						  .pid = 3,
						  .tgid = UINT32_MAX,
						  .length = 56,
						  .value[MEM_EVENT_TYPE] = (uint8_t)j,
						  .comm = "x\"y"};
}

static struct proc_row rows[ROWS];
static uint32_t sizes[ROWS][SIZE_BUCKETS];
static struct frame_event events[2 * FRAMES];

static void record_story(size_t n)
{
	struct recorder *r;
	struct frame f;
	struct stat st;

	assert_int_equal(recorder_open(&r, path, TOOL_MEMMON, true), 0);
	for (size_t i = 0; i < n; i++) {
		story(i, &f, rows, sizes, events);
		assert_int_equal(recorder_add(r, &f), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, recorder_bytes(r));
	}
	assert_int_equal(recorder_close(r), 0);
}

/* How many frames of the story come; @end is what ends them. */
static size_t replay_story(int *end)
{
	struct replayer *p;
	struct frame f, *got;
	size_t n = 0;

	*end = replayer_open(&p, path, TOOL_MEMMON);
	if (*end)
		return 0;
	while ((*end = replayer_next(p, &got)) == 1) {
		story(n++, &f, rows, sizes, events);
		same_frame(&f, got);
	}
	/* Once more is the same. */
	assert_int_equal(replayer_next(p, &got), *end);
	assert_null(got);
	replayer_close(p);
	return n;
}

static void test_round_trip(void **state UNUSED)
{
	int end;

	record_story(FRAMES);
	assert_int_equal(replay_story(&end), FRAMES);
	assert_int_equal(end, 0);
	assert_string_equal(said, "");
	record_story(0);
	assert_int_equal(replay_story(&end), 0);
	assert_int_equal(end, 0);
}

/* What is written between two frames can be replayed. */
static void test_still_recording(void **state UNUSED)
{
	struct recorder *r;
	struct frame f;
	int end;

	assert_int_equal(recorder_open(&r, path, TOOL_MEMMON, false), 0);
	for (size_t i = 0; i < 3; i++) {
		story(i, &f, rows, sizes, events);
		assert_int_equal(recorder_add(r, &f), 0);
		assert_int_equal(replay_story(&end), i + 1);
		assert_int_equal(end, 0);
	}
	assert_int_equal(recorder_close(r), 0);
	assert_int_equal(recorder_close(NULL), 0);
	replayer_close(NULL);
}

/* "Everything", as a source may put it, is what has a name. */
static void test_all_fields(void **state UNUSED)
{
	struct recorder *r;
	struct replayer *p;
	struct frame f, *got;

	story(0, &f, rows, sizes, events);
	f.fields = UINT64_MAX;
	assert_int_equal(recorder_open(&r, path, TOOL_MEMMON, true), 0);
	assert_int_equal(recorder_add(r, &f), 0);
	assert_int_equal(recorder_close(r), 0);
	assert_int_equal(replayer_open(&p, path, TOOL_MEMMON), 0);
	assert_int_equal(replayer_next(p, &got), 1);
	assert_int_equal(got->fields, (1ull << FIELD_COUNT) - 1);
	replayer_close(p);
}

static void write_file(const void *data, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Ends of the blocks of a recording; the number of blocks. */
static size_t block_ends(const struct strbuf *file, size_t *ends, size_t max)
{
	size_t at = RECORD_START_BYTES, n = 0;

	while (at < file->len) {
		uint32_t packed;

		assert_true(n < max && at + RECORD_HEAD_BYTES <= file->len);
		memcpy(&packed, file->s + at + 8, sizeof(packed));
		at += RECORD_HEAD_BYTES + packed;
		ends[n++] = at;
	}
	assert_int_equal(at, file->len);
	return n;
}

static void test_truncated(void **state UNUSED)
{
	struct strbuf whole = STRBUF_INIT;
	size_t ends[8], blocks;
	char want[160];

	record_story(3);
	assert_int_equal(strbuf_read_file(&whole, path), 0);
	blocks = block_ends(&whole, ends, ARRAY_SIZE(ends));
	assert_int_equal(blocks, 4);
	for (size_t len = 0; len < whole.len; len++) {
		size_t good = 0, want_frames;
		int end;

		while (good < blocks && ends[good] <= len)
			good++;
		want_frames = good ? good - 1 : 0;
		write_file(whole.s, len);
		said[0] = '\0';
		assert_int_equal(replay_story(&end), want_frames);
		if (good && len == ends[good - 1]) {
			assert_int_equal(end, 0);
			assert_string_equal(said, "");
			continue;
		}
		assert_int_equal(end, -EINVAL);
		snprintf(want, sizeof(want), "%s: offset %zu: ", path,
			 good	   ? ends[good - 1]
			 : len < 8 ? 0
				   : (size_t)RECORD_START_BYTES);
		heard(want);
		if (good) {
			snprintf(want, sizeof(want),
				 "cut off in the middle of a frame (after frame %zu)", want_frames);
			heard(want);
		}
		if (want_frames)
			heard("; what came before was shown");
	}
	strbuf_release(&whole);
}

static void test_corrupted(void **state UNUSED)
{
	static const unsigned char flips[] = {0x01, 0x80, 0xff};
	struct strbuf whole = STRBUF_INIT;
	size_t ends[8], blocks;
	char want[160];

	record_story(2);
	assert_int_equal(strbuf_read_file(&whole, path), 0);
	blocks = block_ends(&whole, ends, ARRAY_SIZE(ends));
	for (size_t at = 0; at < whole.len; at++)
		for (size_t k = 0; k < ARRAY_SIZE(flips); k++) {
			size_t good = 0;
			int end;

			while (good < blocks && ends[good] <= at)
				good++;
			whole.s[at] = (char)(whole.s[at] ^ flips[k]);
			write_file(whole.s, whole.len);
			whole.s[at] = (char)(whole.s[at] ^ flips[k]);
			said[0] = '\0';
			assert_int_equal(replay_story(&end), good ? good - 1 : 0);
			assert_int_equal(end, -EINVAL);
			snprintf(want, sizeof(want), "offset %zu: ",
				 good	  ? ends[good - 1]
				 : at < 8 ? 0
					  : (size_t)RECORD_START_BYTES);
			heard(want);
		}
	strbuf_release(&whole);
}

static void add_block(struct strbuf *out, uint32_t kind, const void *data, size_t len)
{
	unsigned char packed[65536];
	uLongf n = sizeof(packed);
	uint32_t head[5];

	assert_int_equal(compress2(packed, &n, data, len, 1), Z_OK);
	head[0] = RECORD_MAGIC;
	head[1] = kind;
	head[2] = (uint32_t)n;
	head[3] = (uint32_t)len;
	head[4] = (uint32_t)crc32(crc32(0, NULL, 0), packed, (uInt)n);
	strbuf_add(out, head, sizeof(head));
	strbuf_add(out, packed, n);
}

/* Replays what may be nonsense to its end: whatever comes must be a frame that can be walked. */
static int walk(void)
{
	struct replayer *p;
	struct frame *f;
	int end = replayer_open(&p, path, TOOL_MEMMON);

	if (end)
		return end;
	while ((end = replayer_next(p, &f)) == 1) {
		uint64_t sum = f->events_seen;

		for (size_t i = 0; i < f->n; i++) {
			assert_true(memchr(f->rows[i].name, 0, sizeof(f->rows[i].name)));
			assert_true(f->rows[i].verdict < VERDICT_COUNT);
			for (size_t j = 0; f->rows[i].sizes && j < SIZE_BUCKETS; j++)
				sum += f->rows[i].sizes[j];
		}
		for (size_t i = 0; i < f->nevents; i++)
			sum += f->events[i].record.value[MEM_EVENT_SIZE];
		assert_true(sum || !sum);
	}
	replayer_close(p);
	return end;
}

/* The checksum is right and the content is not: by somebody who means it. */
static void test_crafted(void **state UNUSED)
{
	struct strbuf whole = STRBUF_INIT, forged = STRBUF_INIT;
	unsigned char plain[3][16384];
	size_t ends[4], plain_len[3], begin = RECORD_START_BYTES, refused = 0;
	struct rng rng = {20261121};

	record_story(2);
	assert_int_equal(strbuf_read_file(&whole, path), 0);
	assert_int_equal(block_ends(&whole, ends, ARRAY_SIZE(ends)), 3);
	for (size_t b = 0; b < 3; b++) {
		uLongf n = sizeof(plain[b]);

		assert_int_equal(uncompress(plain[b], &n,
					    (Bytef *)whole.s + begin + RECORD_HEAD_BYTES,
					    ends[b] - begin - RECORD_HEAD_BYTES),
				 Z_OK);
		plain_len[b] = n;
		begin = ends[b];
	}
	for (size_t victim = 0; victim < 3; victim++)
		for (size_t at = 0; at < plain_len[victim]; at++) {
			unsigned char old = plain[victim][at];
			size_t cut = rng_next(&rng) % 8 ? plain_len[victim] : at;

			plain[victim][at] = (unsigned char)(old ^ (1 + rng_next(&rng) % 255));
			strbuf_reset(&forged);
			strbuf_add(&forged, RECORD_START, RECORD_START_BYTES);
			for (size_t b = 0; b < 3; b++)
				add_block(&forged, b ? RECORD_FRAME : RECORD_DESCRIPTION, plain[b],
					  b == victim ? cut : plain_len[b]);
			write_file(forged.s, forged.len);
			refused += walk() != 0;
			plain[victim][at] = old;
		}
	assert_true(refused > 50);
	strbuf_release(&whole);
	strbuf_release(&forged);
}

/* A few bytes that ask for gigabytes. */
static void test_greedy(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT, payload = STRBUF_INIT;
	uint32_t head[5] = {RECORD_MAGIC, RECORD_DESCRIPTION, 10, RECORD_UNPACKED_MAX, 0};

	strbuf_add(&out, RECORD_START, RECORD_START_BYTES);
	strbuf_add(&out, head, sizeof(head));
	write_file(out.s, out.len);
	assert_int_equal(walk(), -EINVAL);
	heard("offset 8: a block of an impossible size");
	head[2] = RECORD_PACKED_MAX;
	memcpy(out.s + RECORD_START_BYTES, head, sizeof(head));
	write_file(out.s, out.len);
	assert_int_equal(walk(), -EINVAL);
	heard("offset 8: cut off");
	/* A description that promises more names than it has bytes. */
	out.len = RECORD_START_BYTES;
	pack_text(&payload, "memmon", 31);
	pack_text(&payload, "1", 31);
	pack_varint(&payload, UINT64_MAX);
	add_block(&out, RECORD_DESCRIPTION, payload.s, payload.len);
	write_file(out.s, out.len);
	assert_int_equal(walk(), -EINVAL);
	strbuf_release(&out);
	strbuf_release(&payload);
}

static void test_refused(void **state UNUSED)
{
	static const struct {
		const char *content, *want;
	} files[] = {
		{"", "offset 0: not a recording of memmon or cpumon: the file is empty"},
		{"{\"schema\":1}", "offset 0: not a recording of memmon or cpumon"},
		{"BEEMON1", "offset 0: not a recording of memmon or cpumon"},
		{"BEEMON2\nxxxx", "offset 0: a recording in version 2 of the format, and this "
				  "program reads version 1"},
		{"BEEMON1\n", "offset 8: nothing was recorded: the file ends here"},
	};
	struct replayer *p;
	struct recorder *r;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		write_file(files[i].content, strlen(files[i].content));
		assert_int_equal(replayer_open(&p, path, TOOL_MEMMON), -EINVAL);
		assert_null(p);
		heard(files[i].want);
		heard(path);
	}
	record_story(1);
	assert_int_equal(replayer_open(&p, path, TOOL_CPUMON), -EINVAL);
	heard("offset 8: this was recorded by memmon, not by cpumon; run: memmon --replay");
	/* What is there is not overwritten unasked. */
	assert_int_equal(recorder_open(&r, path, TOOL_MEMMON, false), -EEXIST);
	assert_null(r);
	heard("--force");
	unlink(path);
	assert_int_equal(replayer_open(&p, path, TOOL_MEMMON), -ENOENT);
	heard("cannot open the recording");
	assert_int_equal(replayer_open(&p, dir, TOOL_MEMMON), -EISDIR);
	assert_int_equal(recorder_open(&r, "/nonexistent/x", TOOL_MEMMON, false), -ENOENT);
	heard("/nonexistent/x: No such file");
}

/* A newer program's field and number are told and passed over; what is known comes through. */
static void test_newer_names(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT, p = STRBUF_INIT;
	struct replayer *r;
	struct frame *f;

	pack_text(&p, "memmon", 31);
	pack_text(&p, "9.9", 31);
	pack_varint(&p, 3);
	pack_text(&p, "seq", 63);
	pack_varint(&p, SCALAR_U64);
	pack_text(&p, "heat", 63);
	pack_varint(&p, SCALAR_DOUBLE);
	pack_text(&p, "ring_full", 63);
	pack_varint(&p, SCALAR_U64);
	pack_varint(&p, 2);
	pack_text(&p, "luck_kb", 63);
	pack_text(&p, "rss_kb", 63);
	pack_varint(&p, SIZE_BUCKETS);
	strbuf_add(&out, RECORD_START, RECORD_START_BYTES);
	add_block(&out, RECORD_DESCRIPTION, p.s, p.len);
	strbuf_reset(&p);
	pack_varint(&p, 41);
	pack_double(&p, 36.6);
	pack_varint(&p, 5);
	pack_text(&p, "m\033x", 63);
	pack_text(&p, "", 63);
	pack_varint(&p, 3);
	pack_varint(&p, 1);
	pack_varint(&p, 0);
	pack_varint(&p, 10);
	pack_varint(&p, ROW_IDENTITY);
	for (size_t i = 0; i < 3; i++)
		pack_varint(&p, 1);
	pack_text(&p, "n", 15);
	pack_varint(&p, 0);
	pack_varint(&p, 0);
	strbuf_addch(&p, 'R');
	pack_varint(&p, 3);
	pack_varint(&p, 2);
	pack_double(&p, 1.5);
	pack_signed(&p, 77);
	pack_varint(&p, 0);
	add_block(&out, RECORD_FRAME, p.s, p.len);
	write_file(out.s, out.len);
	assert_int_equal(replayer_open(&r, path, TOOL_MEMMON), 0);
	heard("memmon 9.9, whose heat, luck_kb this program does not know");
	assert_int_equal(replayer_next(r, &f), 1);
	assert_true(f->seq == 41 && f->losses.ring_full == 5 && f->n == 1);
	assert_true(f->losses.map_full == UINT64_MAX && isnan(f->own.cpu_pct));
	assert_true(f->fields == FIELD_BIT(FIELD_RSS));
	assert_string_equal(f->monitor, "m?x");
	assert_true(f->rows[0].v[FIELD_RSS] == 77 && isnan(f->rows[0].v[FIELD_VIRT]));
	assert_int_equal(replayer_next(r, &f), 0);
	replayer_close(r);
	strbuf_release(&out);
	strbuf_release(&p);
}

/* Records until it fails: what is there then is whole, it was said once, and stays so. */
static void fill(int want)
{
	struct recorder *r;
	struct frame f;
	struct stat st;
	size_t n = 0;
	int err = 0, end;

	assert_int_equal(recorder_open(&r, path, TOOL_MEMMON, true), 0);
	while (!err && n < 1000) {
		assert_int_equal(recorder_error(r), 0);
		story(n, &f, rows, sizes, events);
		err = recorder_add(r, &f);
		n += !err;
	}
	assert_int_equal(err, want);
	heard("has ended with");
	heard(strerror(-want));
	said[0] = '\0';
	assert_int_equal(recorder_add(r, &f), want);
	assert_int_equal(recorder_error(r), want);
	assert_string_equal(said, "");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, recorder_bytes(r));
	assert_int_equal(recorder_close(r), want);
	assert_string_equal(said, "");
	assert_true(n > 2);
	{
		struct replayer *p;
		struct frame *got;
		size_t m = 0;

		assert_int_equal(replayer_open(&p, path, TOOL_MEMMON), 0);
		while ((end = replayer_next(p, &got)) == 1)
			m++;
		assert_int_equal(end, 0);
		assert_int_equal(m, n);
		replayer_close(p);
	}
}

static void test_size_limit(void **state UNUSED)
{
	struct rlimit old, small = {.rlim_cur = 20000};

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	/* The recorder itself must see to the signal. */
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	fill(-EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
}

static void test_full_disk(void **state UNUSED)
{
	struct recorder *r;

	assert_int_equal(recorder_open(&r, "/dev/full", TOOL_MEMMON, true), -ENOSPC);
	assert_null(r);
	heard("/dev/full: No space left on device");
	if (mount("record-test", dir, "tmpfs", 0, "size=16k")) {
		print_message("no tmpfs here (%s): only /dev/full was tried\n", strerror(errno));
		return;
	}
	fill(-ENOSPC);
	unlink(path);
	assert_int_equal(umount(dir), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round_trip),  T(test_all_fields), T(test_still_recording), T(test_truncated),
		T(test_corrupted),   T(test_crafted),	 T(test_greedy),	  T(test_refused),
		T(test_newer_names), T(test_size_limit), T(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
