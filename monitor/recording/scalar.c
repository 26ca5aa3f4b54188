/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and places of a frame's numbers. */
#include "lib/base.h"
#include "monitor/recording/scalar.h"

#include <string.h>

#define U64(key, member)                                                                           \
	{                                                                                          \
		key, SCALAR_U64, offsetof(struct frame, member)                                    \
	}
#define U32(key, member)                                                                           \
	{                                                                                          \
		key, SCALAR_U32, offsetof(struct frame, member)                                    \
	}
#define DOUBLE(key, member)                                                                        \
	{                                                                                          \
		key, SCALAR_DOUBLE, offsetof(struct frame, member)                                 \
	}
#define BOOL(key, member)                                                                          \
	{                                                                                          \
		key, SCALAR_BOOL, offsetof(struct frame, member)                                   \
	}

const struct scalar frame_scalars[] = {
	U64("seq", seq),
	U64("time_ns", time_ns),
	U64("mono_ns", mono_ns),
	U64("started_ns", started_ns),
	DOUBLE("interval_s", interval_s),
	U32("cpus", ncpu),
	U64("mem_total_kb", mem_total_kb),
	U64("mem_available_kb", mem_available_kb),
	U64("events_seen", events_seen),
	U64("swap_total_kb", swap_total_kb),
	U64("swap_free_kb", swap_free_kb),
	U64("cached_kb", cached_kb),
	U64("page_faults", page_faults),
	DOUBLE("cpu_busy_pct", cpu_busy_pct),
	DOUBLE("wait_cpu_pct", wait_cpu_pct),
	DOUBLE("wait_memory_pct", wait_memory_pct),
	DOUBLE("wait_io_pct", wait_io_pct),
	{NULL},
};

const struct scalar losses_scalars[] = {
	U64("ring_full", losses.ring_full),
	U64("map_full", losses.map_full),
	U64("recursion", losses.recursion),
	U64("bad_records", losses.bad_records),
	U64("unattributed", losses.unattributed),
	U64("hidden", losses.hidden),
	U64("vanished", losses.vanished),
	U64("history_full", losses.history_full),
	{NULL},
};

const struct scalar own_scalars[] = {
	DOUBLE("cpu_pct", own.cpu_pct),
	U64("rss_kb", own.rss_kb),
	U64("map_kb", own.map_kb),
	DOUBLE("events_per_s", own.events_per_s),
	U64("calls", own.calls),
	DOUBLE("ns_per_event", own.ns_per_event),
	U64("keys", own.keys),
	U64("keys_max", own.keys_max),
	U64("ring_used", own.ring_used),
	U64("ring_max", own.ring_max),
	BOOL("events_on", own.events_on),
	DOUBLE("sample_ms", own.sample_ms),
	{NULL},
};

/* A new loss or cost that has no row above would be missing from every sink. */
_Static_assert(sizeof(struct frame_losses) == (ARRAY_SIZE(losses_scalars) - 1) * sizeof(uint64_t),
	       "each loss has its row");

uint64_t scalar_u64(const struct scalar *s, const struct frame *f)
{
	const char *at = (const char *)f + s->offset;
	uint64_t v64;
	uint32_t v32;

	switch (s->kind) {
	case SCALAR_U64: memcpy(&v64, at, sizeof(v64)); return v64;
	case SCALAR_U32: memcpy(&v32, at, sizeof(v32)); return v32;
	case SCALAR_BOOL: return *(const bool *)at;
	default: return 0;
	}
}

double scalar_double(const struct scalar *s, const struct frame *f)
{
	double v;

	memcpy(&v, (const char *)f + s->offset, sizeof(v));
	return v;
}

void scalar_set_u64(const struct scalar *s, struct frame *f, uint64_t v)
{
	char *at = (char *)f + s->offset;
	uint32_t v32 = (uint32_t)v;

	switch (s->kind) {
	case SCALAR_U64: memcpy(at, &v, sizeof(v)); break;
	case SCALAR_U32: memcpy(at, &v32, sizeof(v32)); break;
	case SCALAR_BOOL: *(bool *)at = v != 0; break;
	default: break;
	}
}

void scalar_set_double(const struct scalar *s, struct frame *f, double v)
{
	memcpy((char *)f + s->offset, &v, sizeof(v));
}
