/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A flood of events for a monitor's ring: a pinned child that makes numbered munmap calls at a
 * pace. munmap(1, ..) fails before it changes anything (the address is not a page's), after the
 * tracepoint, whatever the length: so the length carries the number. For monitors of completed
 * calls the munmap has to work: of a page where nothing is, whose address carries the number.
 */
#ifndef HARNESS_RING_FLOOD_H
#define HARNESS_RING_FLOOD_H

#include "lib/base.h"
#include "lib/cgroup.h"

/* Length of call number n of a burst: no real munmap has such a one. */
#define FLOOD_MARK 0x5eedULL
#define FLOOD_BITS 44
static inline uint64_t flood_length(uint64_t n)
{
	return FLOOD_MARK << FLOOD_BITS | n;
}
static inline bool flood_is_ours(uint64_t length)
{
	return length >> FLOOD_BITS == FLOOD_MARK;
}
static inline uint64_t flood_number(uint64_t length)
{
	return length & ((1ULL << FLOOD_BITS) - 1);
}

/* Where the pages are that calls which work unmap: below everything the kernel maps by itself. */
#define FLOOD_PAGES 0x100000000000ULL
#define FLOOD_PAGE  4096ULL
static inline bool flood_is_our_page(uint64_t address, uint64_t length)
{
	return length == FLOOD_PAGE && address >= FLOOD_PAGES && address < 2 * FLOOD_PAGES;
}
static inline uint64_t flood_page_number(uint64_t address)
{
	return (address - FLOOD_PAGES) / FLOOD_PAGE;
}

/* What a burst was. */
struct flood_burst {
	uint64_t calls;
	uint64_t wrong; /* calls that did not end as they have to: should be 0 */
	uint64_t elapsed_ns;
	uint64_t waited_ns; /* that the child was kept from its CPU */
};

struct flood;

/* Starts the child on @cpu, where it is @alone or not, inside @cg when that is not NULL. Returns 0
 * or -errno after saying why.
 */
int flood_start(struct flood **out, int cpu, bool alone, const struct cgroup *cg);
/* Ends it. Accepts NULL. */
void flood_stop(struct flood *f);

/* The calls shall work (or, as from the start, fail). Between bursts. */
void flood_set_working(struct flood *f, bool working);
/* A burst of @slice_ns begins, at @per_s calls a second (0: as fast as it can). */
void flood_begin(struct flood *f, uint64_t slice_ns, uint64_t per_s);
/* True when it is over; cheap. */
bool flood_done(const struct flood *f);
/* What it was, once over; or, after waiting for it, -ECHILD when the child died, -ETIMEDOUT when it
 * does not end: both were said. */
int flood_end(struct flood *f, struct flood_burst *out);

#endif
