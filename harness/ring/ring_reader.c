/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a ring in place. Fast because the producer's and the consumer's cache lines are touched as
 * seldom as possible. */
#include "lib/base.h"
#include "harness/ring/ring_reader.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"

int ring_reader_open(struct ring_reader *r, int fd, size_t ring_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *mine, *theirs;
	int err;

	*r = (struct ring_reader){.page = page, .bytes = ring_bytes, .mask = ring_bytes - 1};
	r->step = MAX(ring_bytes / 8, page);
	mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mine == MAP_FAILED) {
		err = -errno;
		log_err_sys(err, "cannot map the ring's consumer page");
		return err;
	}
	theirs = mmap(NULL, page + 2 * ring_bytes, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (theirs == MAP_FAILED) {
		err = -errno;
		log_err_sys(err, "cannot map the ring's %zu bytes of data twice", ring_bytes);
		munmap(mine, page);
		return err;
	}
	r->consumer_pos = mine;
	r->producer_pos = theirs;
	r->data = (const char *)theirs + page;
	return 0;
}

void ring_reader_close(struct ring_reader *r)
{
	if (!r->consumer_pos)
		return;
	munmap(r->consumer_pos, r->page);
	munmap((void *)(uintptr_t)r->producer_pos, r->page + 2 * r->bytes);
	*r = (struct ring_reader)RING_READER_INIT;
}

/* A copy for each usual record size, so that the check of its content is straight code. */
static inline __attribute__((always_inline)) uint64_t
pass(struct ring_reader *r, struct ring_check *check, uint32_t expected)
{
	const uint64_t mask = r->mask, from = *r->consumer_pos;
	const uint64_t to = __atomic_load_n(r->producer_pos, __ATOMIC_ACQUIRE);
	const char *data = r->data;
	uint64_t at = from, tell = from + r->step;
	struct ring_check k = *check; /* in registers: the ring's memory may alias nothing here */

	while (at < to) {
		const char *record = data + (at & mask);
		uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			ring_check_record(&k, record + BPF_RINGBUF_HDR_SZ, header, expected);
		at += ((header & ~BPF_RINGBUF_DISCARD_BIT) + BPF_RINGBUF_HDR_SZ + 7) & ~7ULL;
		if (at >= tell) {
			__atomic_store_n(r->consumer_pos, at, __ATOMIC_RELEASE);
			tell = at + r->step;
		}
	}
	if (at != from)
		__atomic_store_n(r->consumer_pos, at, __ATOMIC_RELEASE);
	*check = k;
	return at - from;
}

uint64_t ring_reader_pass(struct ring_reader *r, struct ring_check *k)
{
	switch (k->record_bytes) {
	case 8: return pass(r, k, 8);
	case 56: return pass(r, k, 56);
	case 64: return pass(r, k, 64);
	case 256: return pass(r, k, 256);
	default: return pass(r, k, k->record_bytes);
	}
}
