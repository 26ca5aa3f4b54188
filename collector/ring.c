/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes a ring for each CPU, and is the consumer of one or of all of them. A ring buffer's mapping
 * is as linux/bpf.h and the kernel's Documentation/bpf/ringbuf.rst describe it: a page whose first
 * word is the consumer's position, a page with the producer's, then the data twice, so that every
 * record is in one piece. Of a mapped ring (bpf/ring/mapped_ring.h) it is one piece of memory; its
 * records look alike, and nobody can sleep by it: its writer wakes by a ring buffer of its own, in
 * which all is discarded.
 *
 * libbpf's reader is not used: it tells the producer after each record how far it is, which takes a
 * cache line from the producer each time, and of several rings it reads the first to its end before
 * the second.
 */
#include "lib/base.h"
#include "collector/ring.h"

#include <bpf/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/ring/mapped_ring.h"
#include "lib/clock.h"

enum { MOST_BYTES = 64 << 20, USUAL_BYTES = 1 << 20, LEAST_BYTES = 64 << 10 };

uint64_t rings_default_bytes(size_t n)
{
	uint64_t bytes = USUAL_BYTES;

	while (bytes * n > MOST_BYTES && bytes > LEAST_BYTES)
		bytes /= 2;
	return bytes;
}

bool rings_size_is_good(uint64_t bytes)
{
	return bytes && !(bytes & (bytes - 1)) && bytes <= UINT32_MAX &&
	       bytes % (uint64_t)sysconf(_SC_PAGESIZE) == 0;
}

int rings_make_one(const char *name, bool mapped, uint64_t bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = mapped ? bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
					 (uint32_t)MAPPED_RING_VALUE(bytes), 1, &opts)
			: bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, (uint32_t)bytes, NULL);

	return fd < 0 ? -errno : fd;
}

int rings_make(int outer_fd, const char *name, bool mapped, uint64_t bytes, int *fds, size_t n)
{
	int err = 0;
	size_t made;

	for (made = 0; made < n; made++) {
		uint32_t cpu = (uint32_t)made;

		err = fds[made] = rings_make_one(name, mapped, bytes);
		if (err < 0)
			break;
		err = 0;
		if (bpf_map_update_elem(outer_fd, &cpu, &fds[made], BPF_ANY)) {
			err = -errno;
			close(fds[made]);
			break;
		}
	}
	while (err && made)
		close(fds[--made]);
	return err;
}

#define HEADER_BYTES BPF_RINGBUF_HDR_SZ

/* One ring. */
struct buffer {
	void *header_map, *data_map; /* what is mapped; of a mapped ring the first is all */
	size_t header_bytes, data_bytes;
	unsigned long *consumer_pos;
	const unsigned long *producer_pos;
	const char *data;
	size_t bytes; /* of the data */
	size_t step;  /* the producer is told after so many bytes */
	/* Of the pass under way. */
	uint64_t at, told, end;
	uint64_t timestamp; /* of the record at @at; 0 when time does not matter */
	uint32_t header;    /* of that record; 0: there is none */
};

struct ring {
	struct event_layout layout;
	uint64_t bad;
	int epoll_fd;
	/* of the call under way */
	monitor_event_fn fn;
	void *arg;
	int seen, delivered;
	struct buffer wake; /* of mapped rings; zeros: there is none */
	size_t n;
	struct buffer buffer[];
};

static uint64_t number(const struct event_layout *l, const char *data, unsigned int f,
		       uint32_t bytes)
{
	uint64_t u64 = 0;
	uint32_t u32 = 0;
	uint16_t u16 = 0;

	if (!(l->fields & (1U << f)))
		return 0;
	data += l->offset[f];
	if (bytes == 8) {
		memcpy(&u64, data, sizeof(u64));
		return u64;
	}
	if (bytes == 4) {
		memcpy(&u32, data, sizeof(u32));
		return u32;
	}
	if (bytes == 2) {
		memcpy(&u16, data, sizeof(u16));
		return u16;
	}
	return (uint8_t)*data;
}

/* A code that the manifest does not name is none of ours: behind all that a byte can hold. */
static uint64_t recode(const struct event_layout *l, uint64_t code)
{
	for (size_t i = 0; i < l->recode->nkinds; i++)
		if (l->kinds >> i & 1 && l->codes[i] == code)
			return l->recode->kinds[i].code;
	return code + 256;
}

/* A pid of 8 bytes that does not fit into 4, as both ids in one, is nobody's. */
static uint32_t pid_of(const struct event_layout *l, const void *data, unsigned int field)
{
	uint64_t pid = number(l, data, field, l->bytes[field] == 8 ? 8 : 4);

	return pid > UINT32_MAX ? UINT32_MAX : (uint32_t)pid;
}

void event_decode(const struct event_layout *l, const void *data, size_t length, struct event *out)
{
	*out = (struct event){
		.timestamp_ns = number(l, data, EVENT_TIMESTAMP, 8),
		.pid = pid_of(l, data, EVENT_PID),
		.tgid = pid_of(l, data, EVENT_TGID),
		.length = (uint32_t)length,
	};
	for (unsigned int i = 0; i < EVENT_VALUES_MAX; i++)
		out->value[i] = number(l, data, EVENT_COMMON + i, l->bytes[EVENT_COMMON + i]);
	if (l->fields & (1U << EVENT_COMM))
		memcpy(out->comm, (const char *)data + l->offset[EVENT_COMM],
		       l->bytes[EVENT_COMM] ? MIN((size_t)l->bytes[EVENT_COMM], sizeof(out->comm))
					    : sizeof(out->comm));
	if (l->recode && l->fields >> (EVENT_COMMON + l->recode->kind_value) & 1)
		out->value[l->recode->kind_value] = recode(l, out->value[l->recode->kind_value]);
	out->comm[sizeof(out->comm) - 1] = '\0';
}

static void deliver(struct ring *r, const char *data, uint32_t length)
{
	struct event record;

	r->seen++;
	if (length < r->layout.length) {
		r->bad++;
		return;
	}
	event_decode(&r->layout, data, length, &record);
	record.record = data;
	if (r->fn)
		r->fn(r->arg, &record);
	r->delivered++;
}

static void tell(struct buffer *l)
{
	if (l->told != l->at)
		__atomic_store_n(l->consumer_pos, l->at, __ATOMIC_RELEASE);
	l->told = l->at;
}

/* Looks at the record at l->at, past those that were given up. */
static void look(const struct ring *r, struct buffer *l)
{
	l->header = 0;
	while (l->at < l->end) {
		const char *record = l->data + (l->at & (l->bytes - 1));
		uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);

		if (header & BPF_RINGBUF_BUSY_BIT)
			return;
		if (!(header & BPF_RINGBUF_DISCARD_BIT)) {
			l->header = header;
			l->timestamp = r->n > 1 && header >= r->layout.length
					       ? number(&r->layout, record + HEADER_BYTES,
							EVENT_TIMESTAMP, 8)
					       : 0;
			return;
		}
		l->at += ((header & ~BPF_RINGBUF_DISCARD_BIT) + HEADER_BYTES + 7) & ~7ULL;
	}
}

static void begin(const struct ring *r, struct buffer *l)
{
	l->at = l->told = __atomic_load_n(l->consumer_pos, __ATOMIC_RELAXED);
	l->end = __atomic_load_n(l->producer_pos, __ATOMIC_ACQUIRE);
	look(r, l);
}

static void step(struct ring *r, struct buffer *l)
{
	deliver(r, l->data + (l->at & (l->bytes - 1)) + HEADER_BYTES, l->header);
	l->at += (l->header + HEADER_BYTES + 7) & ~7ULL;
	if (l->at - l->told >= l->step)
		tell(l);
	look(r, l);
}

/* The ring whose next record is the oldest, and in @next the age of the next one's. */
static struct buffer *oldest(struct ring *r, uint64_t *next)
{
	struct buffer *first = NULL;

	*next = UINT64_MAX;
	for (size_t i = 0; i < r->n; i++) {
		struct buffer *l = &r->buffer[i];

		if (!l->header)
			continue;
		if (!first || l->timestamp < first->timestamp) {
			if (first)
				*next = MIN(*next, first->timestamp);
			first = l;
		} else {
			*next = MIN(*next, l->timestamp);
		}
	}
	return first;
}

/* Not younger than @until, or so much younger that the monitor must stamp by another clock. */
static bool is_due(const struct buffer *l, uint64_t until)
{
	return l->timestamp <= until || l->timestamp - until > NSEC_PER_SEC;
}

/*
 * Delivers the records that are there and were there when the pass began: the clock is read before
 * the rings are looked at. When a thread wrote one record to ring A and then, on another CPU, one
 * to ring B, the second was not begun before the first was complete; so if the second is old enough
 * to be delivered, the first is seen here, too, and comes before it.
 */
static void take(struct ring *r)
{
	uint64_t until = r->n > 1 ? clock_ns() : 0, next;
	struct buffer *l;

	/* First: who wakes us from here on has written what may not be seen below. */
	if (r->wake.data) {
		begin(r, &r->wake);
		tell(&r->wake);
	}
	for (size_t i = 0; i < r->n; i++)
		begin(r, &r->buffer[i]);
	while (r->seen < RING_BATCH && (l = oldest(r, &next)) && is_due(l, until))
		do
			step(r, l);
		while (l->header && l->timestamp <= next && is_due(l, until) &&
		       r->seen < RING_BATCH);
	for (size_t i = 0; i < r->n; i++)
		tell(&r->buffer[i]);
}

int ring_poll(struct ring *r, int timeout_ms, monitor_event_fn fn, void *arg)
{
	struct epoll_event events[8];

	r->fn = fn;
	r->arg = arg;
	r->seen = r->delivered = 0;
	/* Not only after a wake-up: a program may submit with BPF_RB_NO_WAKEUP. */
	take(r);
	if (!r->seen && timeout_ms) {
		if (epoll_wait(r->epoll_fd, events, ARRAY_SIZE(events), timeout_ms) < 0)
			return -errno;
		take(r);
	}
	return r->delivered;
}

uint64_t ring_bad_records(const struct ring *r)
{
	return r->bad;
}

void ring_fill(const struct ring *r, uint64_t *pending, uint64_t *bytes)
{
	*pending = *bytes = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct buffer *l = &r->buffer[i];
		uint64_t read = __atomic_load_n(l->consumer_pos, __ATOMIC_RELAXED);

		*pending += __atomic_load_n(l->producer_pos, __ATOMIC_ACQUIRE) - read;
		*bytes += l->bytes;
	}
}

int ring_event_fd(const struct ring *r)
{
	return r->epoll_fd;
}

static void *map_shared(int fd, size_t bytes, int protection, off_t from, size_t *mapped)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, from);

	*mapped = at == MAP_FAILED ? 0 : bytes;
	return at == MAP_FAILED ? NULL : at;
}

static int open_mapped(struct buffer *l, int fd, size_t value_bytes)
{
	char *all = map_shared(fd, value_bytes, PROT_READ | PROT_WRITE, 0, &l->header_bytes);

	if (!all)
		return -errno;
	l->header_map = all;
	l->consumer_pos = (unsigned long *)(all + MAPPED_RING_CONSUMER);
	l->producer_pos = (unsigned long *)(all + MAPPED_RING_PRODUCER);
	l->data = all + MAPPED_RING_DATA;
	l->bytes = value_bytes - MAPPED_RING_VALUE(0);
	return 0;
}

static int open_kernels(struct ring *r, struct buffer *l, int fd, size_t bytes)
{
	struct epoll_event event = {.events = EPOLLIN};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	l->bytes = bytes;
	l->header_map = map_shared(fd, page, PROT_READ | PROT_WRITE, 0, &l->header_bytes);
	if (!l->header_map)
		return -errno;
	l->data_map = map_shared(fd, page + 2 * bytes, PROT_READ, (off_t)page, &l->data_bytes);
	if (!l->data_map)
		return -errno;
	l->consumer_pos = l->header_map;
	l->producer_pos = l->data_map;
	l->data = (const char *)l->data_map + page;
	return epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_buffer(struct ring *r, struct buffer *l, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int err;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	err = info.type == BPF_MAP_TYPE_ARRAY ? open_mapped(l, fd, info.value_size)
					      : open_kernels(r, l, fd, info.max_entries);
	l->step = MIN(l->bytes / 16, (size_t)sysconf(_SC_PAGESIZE));
	return err;
}

int ring_open(struct ring **out, const int *map_fds, size_t n, int wake_fd,
	      const struct event_layout *layout)
{
	struct ring *r = calloc(1, sizeof(*r) + n * sizeof(r->buffer[0]));
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->layout = *layout;
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = r->epoll_fd < 0 ? -errno : 0;
	if (!err && wake_fd >= 0)
		err = open_buffer(r, &r->wake, wake_fd);
	for (; !err && r->n < n; r->n++)
		err = open_buffer(r, &r->buffer[r->n], map_fds[r->n]);
	if (err)
		ring_close(r);
	else
		*out = r;
	return err;
}

static void close_buffer(struct buffer *l)
{
	if (l->header_map)
		munmap(l->header_map, l->header_bytes);
	if (l->data_map)
		munmap(l->data_map, l->data_bytes);
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	close_buffer(&r->wake);
	for (size_t i = 0; i < r->n; i++)
		close_buffer(&r->buffer[i]);
	if (r->epoll_fd >= 0)
		close(r->epoll_fd);
	free(r);
}
