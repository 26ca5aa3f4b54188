/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sums that must close. */
#include "lib/base.h"
#include "harness/verify/identity.h"

static void add(struct identities *out, const char *name, uint64_t left, uint64_t right)
{
	struct identity *id = &out->v[out->n++];

	*id = (struct identity){name, left, right, left == right};
	out->broken += !id->holds;
}

uint64_t identity_sum(const struct mem_table *t, enum mem_field f)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < t->n; i++)
		sum += t->rows[i].value[f];
	return sum;
}

static bool offers(const struct identity_input *in, enum mem_field f)
{
	return (in->caps & MONITOR_COUNTERS) && (in->table->fields & (1U << f));
}

/* Of completed calls each counter has its own sum to close. */
static void counters_completed(const struct identity_input *in, struct identities *out)
{
	const struct model_totals *c = in->calls;
	const struct {
		const char *name;
		enum mem_field field;
		uint64_t calls;
	} sums[] = {
		{"mmaps that worked = counted", MEM_MMAP_COUNT, c->worked[LEDGER_MMAP]},
		{"munmaps that worked = counted", MEM_MUNMAP_COUNT, c->worked[LEDGER_MUNMAP]},
		{"mremaps that worked = counted", MEM_MREMAP_COUNT, c->worked[LEDGER_MREMAP]},
		{"brks that worked = counted", MEM_BRK_COUNT, c->worked[LEDGER_BRK]},
		{"calls that failed = counted", MEM_FAILED_COUNT, model_errors(c)},
		{"pages mapped = counted", MEM_MMAP_BYTES, c->worked_mmap_bytes},
		{"pages unmapped = counted", MEM_MUNMAP_BYTES, c->worked_munmap_bytes},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (offers(in, sums[i].field))
			add(out, sums[i].name, sums[i].calls,
			    identity_sum(in->table, sums[i].field));
}

static void counters(const struct identity_input *in, struct identities *out)
{
	const struct model_totals *c = in->calls;
	uint64_t mmaps = c->calls[LEDGER_MMAP], munmaps = c->calls[LEDGER_MUNMAP];
	uint64_t counted_mmaps = identity_sum(in->table, MEM_MMAP_COUNT);
	uint64_t counted_munmaps = identity_sum(in->table, MEM_MUNMAP_COUNT);
	uint64_t map_full = in->losses.map_full == UINT64_MAX ? 0 : in->losses.map_full;
	bool both = offers(in, MEM_MMAP_COUNT) && offers(in, MEM_MUNMAP_COUNT);

	if (both && in->lost_updates)
		add(out, "mmap + munmap calls = filtered + counted + map full + lost in races",
		    mmaps + munmaps,
		    c->mmap_filtered + counted_mmaps + counted_munmaps + map_full +
			    in->lost_updates);
	else if (both && map_full)
		add(out, "mmap + munmap calls = filtered + counted + map full", mmaps + munmaps,
		    c->mmap_filtered + counted_mmaps + counted_munmaps + map_full);
	else if (offers(in, MEM_MMAP_COUNT))
		add(out, "mmap calls = filtered + counted", mmaps,
		    c->mmap_filtered + counted_mmaps);
	if (offers(in, MEM_MUNMAP_COUNT) && !(both && (in->lost_updates || map_full)))
		add(out, "munmap calls = counted", munmaps, counted_munmaps);
	if (offers(in, MEM_MMAP_SEEN))
		add(out, "mmap calls = seen", mmaps, identity_sum(in->table, MEM_MMAP_SEEN));
	if (offers(in, MEM_BRK_COUNT))
		add(out, "brk calls = counted", c->calls[LEDGER_BRK],
		    identity_sum(in->table, MEM_BRK_COUNT));
	if (offers(in, MEM_MMAP_BYTES))
		add(out, "mmap bytes = counted", c->mmap_bytes,
		    identity_sum(in->table, MEM_MMAP_BYTES));
	if (offers(in, MEM_MUNMAP_BYTES))
		add(out, "munmap bytes = counted", c->munmap_bytes,
		    identity_sum(in->table, MEM_MUNMAP_BYTES));
}

uint64_t identity_events(const struct model_totals *c, enum monitor_definition definition)
{
	uint64_t n = 0;

	if (definition == MONITOR_ENTERED)
		return c->calls[LEDGER_MMAP] - c->mmap_filtered + c->calls[LEDGER_MUNMAP] +
		       c->calls[LEDGER_BRK];
	for (int op = 0; op < LEDGER_OP_COUNT; op++)
		n += c->worked[op];
	return n;
}

static void events(const struct identity_input *in, struct identities *out)
{
	uint64_t submitted = identity_events(in->calls, in->definition);
	uint64_t full = in->losses.ring_full == UINT64_MAX ? 0 : in->losses.ring_full;

	/* Without a target filter the losses may be others'. */
	if (!(in->caps & MONITOR_EVENTS) || (full && !(in->caps & MONITOR_CGROUP)))
		return;
	add(out, "calls that make an event = consumed + ring full", submitted, in->consumed + full);
}

void identities_check(const struct identity_input *in, struct identities *out)
{
	*out = (struct identities){0};
	if (in->definition == MONITOR_COMPLETED)
		counters_completed(in, out);
	else
		counters(in, out);
	events(in, out);
	if (in->losses.recursion_misses != UINT64_MAX)
		add(out, "runs skipped by the kernel = none", in->losses.recursion_misses, 0);
}
