/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libFuzzer's entry to what reads memory that others wrote for memprof run. The first byte of an
 * input chooses, the rest is
 *
 *   u   a module: where its .eh_frame_hdr is (2 bytes) and the address that is asked for (2), then
 *       its bytes; where the first is 0, a head and a search table for all of it are put before
 *   s   patches to a segment: where (4 bytes), how many bytes (1), the bytes; again and again
 *
 * A segment that is read becomes a profile, whose total must be the sum of its stacks.
 */
#include "lib/base.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "memprof/preload/unwind.h"
#include "memprof/run/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void quiet(void *arg UNUSED, enum log_level level UNUSED, const char *line UNUSED)
{
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
	log_capture(quiet, NULL);
	return 0;
}

/* --- modules --------------------------------------------------------------------------------- */

enum { HEAD_BYTES = 20 };

static void make_head(uint8_t *m)
{
	/* The only row of the table is for all addresses: the entry behind the first one. */
	static const uint8_t head[HEAD_BYTES] = {1, 0x1b, 3, 0x3b, 16, 0, 0, 0,
						 1, 0,	  0, 0,	   0,  0, 0, 0x80};
	uint32_t first = 0, entry;

	memcpy(m, head, sizeof(head));
	memcpy(&first, m + HEAD_BYTES, sizeof(first));
	entry = HEAD_BYTES + 4 + first % 4096;
	memcpy(m + 16, &entry, sizeof(entry));
}

static void resolve(const uint8_t *data, size_t size)
{
	uint16_t hdr, pc;
	size_t head;
	uint8_t *m;

	if (size < 8)
		return;
	memcpy(&hdr, data, 2);
	memcpy(&pc, data + 2, 2);
	head = hdr ? 0 : HEAD_BYTES;
	size -= 4;
	m = malloc(head + size);
	if (!m)
		return;
	memcpy(m + head, data + 4, size);
	if (head)
		make_head(m);
	for (int processor = 0; processor < UNWIND_PROCESSORS; processor++)
		eh_frame_rule((enum unwind_processor)processor,
			      &(struct unwind_image){.start = (uint64_t)m,
						     .end = (uint64_t)m + head + size,
						     .eh_frame_hdr = (uint64_t)m + hdr},
			      (uint64_t)m + pc);
	free(m);
}

/* --- segments -------------------------------------------------------------------------------- */

static int whole_segment(void)
{
	struct segment_header h = {
		.magic = SEGMENT_MAGIC,
		.version = SEGMENT_VERSION,
		.header_size = sizeof(h),
		.mode = SEGMENT_SAMPLED,
		.rate = 1000,
		.modules_max = 4,
		.stacks_max = 8,
		.pcs_max = 8 * SEGMENT_PCS_PER_STACK,
		.shards_max = 3,
		.nmodules = 1,
		.nstacks = 2,
		.npcs = 3,
		.nshards = 2,
		.epoch = 1,
		.peak_epoch = 5,
	};
	struct segment_module module = {.start = 1, .end = 9, .from_epoch = 1};
	struct segment_stack stacks[3] = {{0}, {.n = 2, .epoch = 1}, {.pcs_at = 2, .n = 1}};
	struct segment_shard shard = {.owners = 1};
	struct segment_row row = {.allocs = 65536, .bytes = 1, .peak_epoch = 5};
	int fd = memfd_create("fuzz", 0);
	bool good;

	segment_lay_out(&h);
	good = fd >= 0 && !ftruncate(fd, (off_t)h.size) && pwrite(fd, &h, sizeof(h), 0) > 0 &&
	       pwrite(fd, &module, sizeof(module), (off_t)h.modules_at) > 0 &&
	       pwrite(fd, stacks, sizeof(stacks), (off_t)h.stacks_at) > 0;
	for (uint32_t i = 0; i < 3 && good; i++) {
		off_t at = (off_t)(h.shards_at + i * h.shard_size);

		good = pwrite(fd, &shard, sizeof(shard), at) > 0 &&
		       pwrite(fd, &row, sizeof(row), at + (off_t)(h.rows_at + sizeof(row))) > 0;
	}
	if (!good)
		abort();
	return fd;
}

static void read_segment(const uint8_t *data, size_t size)
{
	struct profile_process process = {.pid = 1};
	int fd = whole_segment();
	struct segment s;
	uint32_t at;

	while (size > sizeof(at) + 1) {
		size_t n = data[sizeof(at)];

		memcpy(&at, data, sizeof(at));
		data += sizeof(at) + 1;
		size -= sizeof(at) + 1;
		n = MIN(n, size);
		if (pwrite(fd, data, n, at % (1 << 17)) < 0)
			break;
		data += n;
		size -= n;
	}
	if (!segment_read_file(fd, &s, NULL)) {
		struct profile *p =
			profile_new(s.h.mode == SEGMENT_SAMPLED ? PROFILE_SAMPLED : PROFILE_EXACT,
				    s.h.rate, "run");
		uint64_t bytes = 0;

		segment_to_profile(&s, &process, p);
		for (size_t i = 0; i < p->nstacks; i++)
			bytes += p->stacks[i].values.bytes;
		if (bytes != p->total.bytes)
			abort();
		profile_free(p);
	}
	segment_release(&s);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (*data == 'u')
		resolve(data + 1, size - 1);
	else if (*data == 's')
		read_segment(data + 1, size - 1);
	return 0;
}
