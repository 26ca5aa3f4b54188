/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ring buffer's consumer, on libbpf's reader. */
#include "lib/base.h"
#include "monitor/ring.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

/* Records a call delivers at most: more than a ring of common size can hold at once. */
#define RING_BATCH 65536

struct ring {
	struct ring_buffer *rb;
	struct event_layout layout;
	uint64_t bad;
	/* of the call under way */
	monitor_event_fn fn;
	void *arg;
	int seen, delivered;
};

static uint64_t number(const struct event_layout *l, const char *data, enum event_field f)
{
	static const uint8_t bytes[EVENT_FIELD_COUNT] = {8, 4, 4, 8, 8, 1, 0};
	uint64_t u64 = 0;
	uint32_t u32 = 0;

	if (!(l->fields & (1U << f)))
		return 0;
	data += l->offset[f];
	if (bytes[f] == 8) {
		memcpy(&u64, data, sizeof(u64));
		return u64;
	}
	if (bytes[f] == 4) {
		memcpy(&u32, data, sizeof(u32));
		return u32;
	}
	return (uint8_t)*data;
}

void event_decode(const struct event_layout *l, const void *data, size_t length,
		  struct mem_record *out)
{
	*out = (struct mem_record){
		.timestamp_ns = number(l, data, EVENT_TIMESTAMP),
		.size = number(l, data, EVENT_SIZE),
		.address = number(l, data, EVENT_ADDRESS),
		.pid = (uint32_t)number(l, data, EVENT_PID),
		.tgid = (uint32_t)number(l, data, EVENT_TGID),
		.length = (uint32_t)length,
		.type = (uint8_t)number(l, data, EVENT_TYPE),
	};
	if (l->fields & (1U << EVENT_COMM))
		memcpy(out->comm, (const char *)data + l->offset[EVENT_COMM], sizeof(out->comm));
	out->comm[sizeof(out->comm) - 1] = '\0';
}

static int on_record(void *ctx, void *data, size_t length)
{
	struct ring *r = ctx;
	struct mem_record record;

	if (length < r->layout.length) {
		r->bad++;
	} else {
		event_decode(&r->layout, data, length, &record);
		if (r->fn)
			r->fn(r->arg, &record);
		r->delivered++;
	}
	return ++r->seen < RING_BATCH ? 0 : -ECANCELED;
}

int ring_open(struct ring **out, int map_fd, const struct event_layout *layout)
{
	struct ring *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->layout = *layout;
	r->rb = ring_buffer__new(map_fd, on_record, r, NULL);
	if (!r->rb) {
		err = -errno;
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

int ring_poll(struct ring *r, int timeout_ms, monitor_event_fn fn, void *arg)
{
	int err;

	r->fn = fn;
	r->arg = arg;
	r->seen = r->delivered = 0;
	/* Not only after a wake-up: a program may submit with BPF_RB_NO_WAKEUP. */
	err = ring_buffer__consume(r->rb);
	if (!r->seen && timeout_ms) {
		err = ring_buffer__poll(r->rb, timeout_ms);
		if (!r->seen && err >= 0)
			err = ring_buffer__consume(r->rb);
	}
	if (err < 0 && err != -ECANCELED && !r->delivered)
		return err;
	return r->delivered;
}

uint64_t ring_bad_records(const struct ring *r)
{
	return r->bad;
}

void ring_close(struct ring *r)
{
	if (!r)
		return;
	ring_buffer__free(r->rb);
	free(r);
}
