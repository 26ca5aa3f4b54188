/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plan: a base case, one axis varied at a time, and the corners where something happens. */
#include "lib/base.h"
#include "harness/ring/ring_case.h"
#include "lib/strbuf.h"

#include <stdlib.h>

const char *const ring_mode_names[] = {"bulk", "syscall", NULL};
const char *const ring_placement_names[] = {"b2b", "pinned", "same-cpu", NULL};
const char *const ring_consumer_names[] = {"epoll", "timed", "busy", "own", "patient", NULL};
const char *const ring_wakeup_names[] = {"each", "none", "pending", "force", NULL};

#define CASE(group, quick, mode, placement, bytes, producers, per_cpu, wakeup, consumer)           \
	{                                                                                          \
		RING_GROUP_##group, quick, RING_##mode, RING_##placement, bytes, producers,        \
			per_cpu, RINGLOAD_WAKE_##wakeup, RING_##consumer                           \
	}

/* clang-format off: a table */
static const struct ring_case plan[] = {
	/* What the ring carries: upstream's two placements (b2b, pinned) by every consumer. A
	 * libbpf epoll consumer that is notified adaptively is upstream's rb-libbpf, "own" is its
	 * rb-custom. */
	CASE(BULK, true, BULK, B2B, 8, 1, false, NONE, OWN),
	CASE(BULK, false, BULK, B2B, 8, 1, false, NONE, BUSY),
	CASE(BULK, true, BULK, B2B, 8, 1, false, EACH, EPOLL),
	CASE(BULK, false, BULK, B2B, 8, 1, false, EACH, PATIENT),
	CASE(BULK, true, BULK, PINNED, 8, 1, false, NONE, OWN),
	CASE(BULK, false, BULK, PINNED, 8, 1, false, NONE, BUSY),
	CASE(BULK, true, BULK, PINNED, 8, 1, false, NONE, TIMED),
	CASE(BULK, true, BULK, PINNED, 8, 1, false, EACH, EPOLL),
	CASE(BULK, true, BULK, PINNED, 8, 1, false, EACH, PATIENT),
	/* A consumer that keeps up and does not sleep is still told of each record: slower than one
	   that sleeps. */
	CASE(BULK, false, BULK, PINNED, 8, 1, false, EACH, BUSY),

	CASE(SIZES, false, BULK, B2B, 56, 1, false, NONE, OWN),
	CASE(SIZES, false, BULK, B2B, 64, 1, false, NONE, OWN),
	CASE(SIZES, false, BULK, B2B, 256, 1, false, NONE, OWN),
	CASE(SIZES, true, BULK, PINNED, 56, 1, false, NONE, OWN),
	CASE(SIZES, false, BULK, PINNED, 64, 1, false, NONE, OWN),
	CASE(SIZES, true, BULK, PINNED, 256, 1, false, NONE, OWN),

	/* Two producers need a consumer that leaves them a CPU now and then. */
	CASE(PRODUCERS, false, BULK, PINNED, 56, 1, false, NONE, TIMED),
	CASE(PRODUCERS, false, BULK, PINNED, 56, 1, true, NONE, TIMED),
	CASE(PRODUCERS, true, BULK, PINNED, 56, 2, false, NONE, TIMED),
	CASE(PRODUCERS, true, BULK, PINNED, 56, 2, true, NONE, TIMED),
	CASE(PRODUCERS, false, BULK, PINNED, 8, 2, false, NONE, TIMED),
	CASE(PRODUCERS, false, BULK, PINNED, 8, 2, true, NONE, TIMED),
	CASE(PRODUCERS, false, BULK, PINNED, 8, 2, false, EACH, EPOLL),
	CASE(PRODUCERS, false, BULK, PINNED, 8, 2, true, EACH, EPOLL),
	CASE(PRODUCERS, false, BULK, PINNED, 8, 2, true, EACH, PATIENT),

	CASE(WAKEUP, false, BULK, B2B, 8, 1, false, FORCE, OWN),
	CASE(WAKEUP, false, BULK, B2B, 8, 1, false, EACH, OWN),
	CASE(WAKEUP, false, BULK, B2B, 8, 1, false, PENDING, OWN),
	CASE(WAKEUP, true, BULK, PINNED, 8, 1, false, PENDING, EPOLL),
	CASE(WAKEUP, false, BULK, PINNED, 8, 1, false, FORCE, EPOLL),

	CASE(SYSCALL, true, SYSCALL, PINNED, 56, 1, false, NONE, TIMED),
	CASE(SYSCALL, true, SYSCALL, PINNED, 56, 1, false, EACH, EPOLL),
	CASE(SYSCALL, true, SYSCALL, PINNED, 56, 1, false, PENDING, EPOLL),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 1, false, FORCE, EPOLL),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 1, false, EACH, TIMED),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 1, false, NONE, OWN),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 1, false, EACH, OWN),
	CASE(SYSCALL, false, SYSCALL, SAME_CPU, 56, 1, false, NONE, TIMED),
	CASE(SYSCALL, false, SYSCALL, SAME_CPU, 56, 1, false, EACH, EPOLL),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 2, false, NONE, TIMED),
	CASE(SYSCALL, false, SYSCALL, PINNED, 56, 2, true, NONE, TIMED),
};
/* clang-format on */

bool ring_case_equal(const struct ring_case *a, const struct ring_case *b)
{
	return a->mode == b->mode && a->placement == b->placement &&
	       a->record_bytes == b->record_bytes && a->producers == b->producers &&
	       a->per_cpu == b->per_cpu && a->wakeup == b->wakeup && a->consumer == b->consumer;
}

static bool planned(const struct ring_case *cases, size_t n, const struct ring_case *c)
{
	for (size_t i = 0; i < n; i++)
		if (ring_case_equal(&cases[i], c))
			return true;
	return false;
}

size_t ring_plan(struct ring_case **out, uint32_t groups, bool quick, uint32_t record_bytes)
{
	struct ring_case *cases = calloc(ARRAY_SIZE(plan), sizeof(*cases));
	size_t n = 0;

	if (!cases)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(plan); i++) {
		struct ring_case c = plan[i];

		if (!(groups & 1U << c.group) || (quick && !c.quick))
			continue;
		if (record_bytes)
			c.record_bytes = record_bytes;
		if (!planned(cases, n, &c))
			cases[n++] = c;
	}
	*out = cases;
	return n;
}

int ring_plan_base(const struct ring_case *cases, size_t n, size_t i)
{
	/* Back to back, producing is timed apart from consuming: any reader will do. */
	const enum ring_consumer_kind readers[] = {cases[i].consumer, RING_TIMED, RING_OWN};
	size_t nreaders = cases[i].placement == RING_B2B ? 3 : 2;
	struct ring_case base = cases[i];

	if (base.wakeup == RINGLOAD_WAKE_NONE)
		return -1;
	base.wakeup = RINGLOAD_WAKE_NONE;
	for (size_t r = 0; r < nreaders; r++) {
		base.consumer = readers[r];
		for (size_t b = 0; b < n; b++)
			if (ring_case_equal(&cases[b], &base))
				return (int)b;
	}
	return -1;
}

void ring_case_format(const struct ring_case *c, struct strbuf *out)
{
	strbuf_addf(out, "%s %s, %u B", ring_mode_names[c->mode],
		    ring_placement_names[c->placement], c->record_bytes);
	if (c->producers > 1)
		strbuf_addf(out, ", %u producers", c->producers);
	if (c->per_cpu)
		strbuf_addstr(out, ", ring per CPU");
	strbuf_addf(out, ", wake %s, %s", ring_wakeup_names[c->wakeup],
		    ring_consumer_names[c->consumer]);
}

int ring_cpus_assign(const struct ring_case *c, const int *allowed, size_t n, struct ring_cpus *out)
{
	*out = (struct ring_cpus){0};
	if (c->placement == RING_PINNED && n < 2)
		return -ENOTSUP;
	for (uint32_t p = 0; p < RINGLOAD_PRODUCERS; p++)
		out->producer[p] = allowed[p % n];
	out->consumer =
		c->placement == RING_PINNED ? allowed[MIN(c->producers, n - 1)] : out->producer[0];
	out->crowded = c->placement == RING_PINNED && c->producers + 1 > n;
	return 0;
}
