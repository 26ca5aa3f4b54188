/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Consumers through libbpf and through our own reader, which reads a ring in place. It is fast
 * because the producer's and the consumer's cache lines are touched as seldom as possible.
 */
#include "lib/base.h"
#include "harness/ring/ring_consume.h"

#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "lib/clock.h"
#include "lib/log.h"

/* --- our own reader --- */

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
	r->at = *r->consumer_pos;
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

void ring_reader_tell(struct ring_reader *r)
{
	__atomic_store_n(r->consumer_pos, r->at, __ATOMIC_RELEASE);
}

/* A copy for each usual record size, so that the check of its content is straight code. */
static inline __attribute__((always_inline)) uint64_t
pass(struct ring_reader *r, struct ring_check *check, bool keep, uint32_t expected)
{
	const uint64_t mask = r->mask, from = r->at;
	const uint64_t to = __atomic_load_n(r->producer_pos, __ATOMIC_ACQUIRE);
	const char *data = r->data;
	uint64_t at = from, tell = *r->consumer_pos + r->step;
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
	r->at = at;
	if (!keep && at != *r->consumer_pos)
		ring_reader_tell(r);
	*check = k;
	return at - from;
}

uint64_t ring_reader_pass(struct ring_reader *r, struct ring_check *k, bool keep)
{
	switch (k->record_bytes) {
	case 8: return pass(r, k, keep, 8);
	case 56: return pass(r, k, keep, 56);
	case 64: return pass(r, k, keep, 64);
	case 256: return pass(r, k, keep, 256);
	default: return pass(r, k, keep, k->record_bytes);
	}
}

/* --- all kinds --- */

/*
 * The own reader leaves the ring alone for a moment after a pass that found less than a quarter of
 * it: each look at the producer's position takes that cache line away from the producer. A pause
 * takes 20 to 40 ns on x86, and at 40 M records of 8 bytes a second 1000 of them are worth a
 * twentieth of the usual ring.
 */
enum { OWN_FEW_SHARE = 4, OWN_PAUSES = 1000 };

#define ON_RECORD(bytes)                                                                           \
	static int on_record_##bytes(void *check, void *record, size_t length)                     \
	{                                                                                          \
		ring_check_record(check, record, (uint32_t)length, bytes);                         \
		return 0;                                                                          \
	}
ON_RECORD(8)
ON_RECORD(56)
ON_RECORD(64)
ON_RECORD(256)

static int on_record_any(void *arg, void *record, size_t length)
{
	struct ring_check *k = arg;

	ring_check_record(k, record, (uint32_t)length, k->record_bytes);
	return 0;
}

static ring_buffer_sample_fn callback(uint32_t record_bytes)
{
	switch (record_bytes) {
	case 8: return on_record_8;
	case 56: return on_record_56;
	case 64: return on_record_64;
	case 256: return on_record_256;
	default: return on_record_any;
	}
}

static int open_libbpf(struct ring_consumer *c, const struct ring_rig *rig)
{
	int err = 0;

	c->libbpf =
		ring_buffer__new(rig->ring_fd[0], callback(rig->c.record_bytes), &c->check, NULL);
	if (!c->libbpf)
		err = -errno;
	for (uint32_t i = 1; i < rig->nrings && !err; i++)
		err = ring_buffer__add(c->libbpf, rig->ring_fd[i], callback(rig->c.record_bytes),
				       &c->check);
	if (err)
		log_err_sys(err, "libbpf cannot read the ring");
	return err;
}

static int open_epoll(struct ring_consumer *c, const struct ring_rig *rig)
{
	struct epoll_event event = {.events = EPOLLIN};
	int err = 0;

	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll_fd < 0)
		err = -errno;
	for (uint32_t i = 0; i < rig->nrings && !err; i++)
		if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, rig->ring_fd[i], &event))
			err = -errno;
	if (err)
		log_err_sys(err, "cannot wait for the ring");
	return err;
}

int ring_consumer_open(struct ring_consumer *c, const struct ring_rig *rig)
{
	int err = 0;

	*c = (struct ring_consumer){.kind = rig->c.consumer, .epoll_fd = -1};
	ring_check_init(&c->check, rig->c.record_bytes, rig->c.producers);
	if (c->kind != RING_OWN && c->kind != RING_PATIENT)
		return open_libbpf(c, rig);
	for (uint32_t i = 0; i < rig->nrings && !err; i++) {
		err = ring_reader_open(&c->reader[i], rig->ring_fd[i], rig->sizes.ring_bytes);
		if (!err)
			c->nreaders++;
	}
	return err || c->kind != RING_PATIENT ? err : open_epoll(c, rig);
}

void ring_consumer_close(struct ring_consumer *c)
{
	for (uint32_t i = 0; i < c->nreaders; i++)
		ring_reader_close(&c->reader[i]);
	ring_buffer__free(c->libbpf);
	if (c->epoll_fd >= 0)
		close(c->epoll_fd);
	*c = (struct ring_consumer){.epoll_fd = -1};
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#else
	__asm__ volatile("" ::: "memory");
#endif
}

static uint64_t own_pass(struct ring_consumer *c, bool keep)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < c->nreaders; i++)
		bytes += ring_reader_pass(&c->reader[i], &c->check, keep);
	return bytes;
}

/*
 * The kernel wakes a consumer that has caught up, by its position; a fast one has, all the time. So
 * this one says that it has only when there was nothing after a pause, and then sleeps. What came
 * before it said so ends the sleep at once: epoll asks the ring.
 */
static int patient_pass(struct ring_consumer *c, bool wait)
{
	uint64_t bytes = own_pass(c, true);
	struct epoll_event event;

	if (!wait || bytes >= c->reader[0].bytes / OWN_FEW_SHARE)
		return 0;
	if (bytes) {
		clock_sleep_ns(RING_PATIENT_NS);
		return 0;
	}
	for (uint32_t i = 0; i < c->nreaders; i++)
		ring_reader_tell(&c->reader[i]);
	return epoll_wait(c->epoll_fd, &event, 1, 100) < 0 ? -errno : 0;
}

int ring_consumer_pass(struct ring_consumer *c, bool wait)
{
	int n = 0;

	switch (c->kind) {
	case RING_EPOLL: n = ring_buffer__poll(c->libbpf, wait ? 100 : 0); break;
	case RING_TIMED:
		n = ring_buffer__consume(c->libbpf);
		if (wait)
			clock_sleep_ns(RING_TIMED_NS);
		break;
	case RING_BUSY: n = ring_buffer__consume(c->libbpf); break;
	case RING_OWN:
		if (own_pass(c, false) < c->reader[0].bytes / OWN_FEW_SHARE && wait)
			for (int i = 0; i < OWN_PAUSES; i++)
				relax();
		break;
	case RING_PATIENT: n = patient_pass(c, wait); break;
	}
	return n < 0 && n != -EINTR ? n : 0;
}

int ring_consumer_drain(struct ring_consumer *c)
{
	int n;

	if (c->nreaders) {
		own_pass(c, false);
		return 0;
	}
	n = ring_buffer__consume(c->libbpf);
	return n < 0 ? n : 0;
}
