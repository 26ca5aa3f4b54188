/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory calls: mmap, munmap, brk, mremap, counted by thread or process. Two definitions:
 *
 *  - entered, the reference monitor's (bpf/memmon/memmon.h): counted when a call enters, whether it
 *    works or not; mmap below a length ignored, munmap never; usage reduced only where it stays >=
 *    0; brk an event without size.
 *  - completed (bpf/memmon/memmon_fast.h): counted when a call has ended and worked, in whole
 * pages; failed calls apart; sums alone, so that no order of threads matters. vm_bytes and vm_peak
 * are not predicted: the kernel says them, and the findings hold them against /proc.
 *
 * From top to bottom: what each definition makes of a call, the prediction over a ledger, events in
 * words, sums that must close. Why a counter is off: memory_explain.c; how far a definition is from
 * what happened: memory_accuracy.c.
 */
#include "lib/base.h"
#include "harness/subjects/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bpf/memmon/memmon.h"
#include "bpf/memmon/memmon_fast.h"
#include "harness/verify/identity.h"

static bool is_completed(const struct model_definition *def)
{
	return def->calls == MONITOR_COMPLETED;
}

/* --- entered --- */

static void count_entered(struct model_row *r, const struct model_definition *def,
			  const struct ledger_entry *e, struct model_place at)
{
	switch (e->op) {
	case LEDGER_MMAP:
		model_bump(r, MEM_MMAP_SEEN, 1, at);
		if (e->len < def->min_length)
			return;
		model_bump(r, MEM_MMAP_COUNT, 1, at);
		model_bump(r, MEM_MMAP_BYTES, e->len, at);
		model_bump(r, MEM_CURRENT_USAGE, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] > r->value[MEM_PEAK_USAGE]) {
			r->value[MEM_PEAK_USAGE] = r->value[MEM_CURRENT_USAGE];
			r->last[MEM_PEAK_USAGE] = at;
		}
		return;
	case LEDGER_MUNMAP:
		model_bump(r, MEM_MUNMAP_COUNT, 1, at);
		model_bump(r, MEM_MUNMAP_BYTES, e->len, at);
		if (r->value[MEM_CURRENT_USAGE] >= e->len) {
			r->value[MEM_CURRENT_USAGE] -= e->len;
			r->last[MEM_CURRENT_USAGE] = at;
		}
		return;
	case LEDGER_BRK: model_bump(r, MEM_BRK_COUNT, 1, at); return;
	case LEDGER_MREMAP: model_bump(r, MEM_MREMAP_COUNT, 1, at); return;
	default: return;
	}
}

static bool event_entered(const struct model_definition *def, const struct ledger_entry *e)
{
	return e->op != LEDGER_MREMAP && (e->op != LEDGER_MMAP || e->len >= def->min_length);
}

static void fill_entered(const struct ledger_entry *e, uint64_t *value)
{
	static const uint8_t type[] = {
		[LEDGER_MMAP] = MEM_EVENT_MMAP,
		[LEDGER_MUNMAP] = MEM_EVENT_MUNMAP,
		[LEDGER_BRK] = MEM_EVENT_BRK,
	};

	value[MEM_EVENT_TYPE] = type[e->op];
	value[MEM_EVENT_SIZE] = e->op == LEDGER_BRK ? 0 : e->len;
	value[MEM_EVENT_ADDRESS] = e->op == LEDGER_BRK ? e->addr : 0;
}

static uint64_t largest_counted_mmap(const struct model *m, uint32_t key)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < m->nlanes; i++) {
		const struct ledger_lane *lane = m->lanes[i].lane;

		for (uint64_t k = 0; model_key(&m->def, lane) == key && k < lane->count; k++) {
			const struct ledger_entry *e = &m->lanes[i].entries[k];

			if (e->op == LEDGER_MMAP && e->len >= m->def.min_length)
				largest = MAX(largest, e->len);
		}
	}
	return largest;
}

/*
 * What is certain of usage and peak when lanes interleave in an unknown order: a munmap that would
 * go below zero is skipped, so usage ends at the plain difference or above, and never above all
 * that was mapped.
 */
static void bound_usage(const struct model *m, struct model_row *r)
{
	uint64_t in = r->value[MEM_MMAP_BYTES], out = r->value[MEM_MUNMAP_BYTES];

	if (r->lanes < 2)
		return;
	r->value[MEM_CURRENT_USAGE] = in > out ? in - out : 0;
	r->value[MEM_PEAK_USAGE] =
		MAX(r->value[MEM_CURRENT_USAGE], largest_counted_mmap(m, r->key));
	r->most[MEM_CURRENT_USAGE] = r->most[MEM_PEAK_USAGE] = in;
}

/* --- completed --- */

/* What a call counts into, and the event it makes. A field of 0 is MEM_TOTAL_ALLOCATED, which this
 * definition does not have: none. */
static const struct {
	enum mem_field count, bytes;
	uint8_t type;
} calls[LEDGER_OP_COUNT] = {
	[LEDGER_MMAP] = {MEM_MMAP_COUNT, MEM_MMAP_BYTES, FAST_EVENT_MMAP},
	[LEDGER_MUNMAP] = {MEM_MUNMAP_COUNT, MEM_MUNMAP_BYTES, FAST_EVENT_MUNMAP},
	[LEDGER_BRK] = {MEM_BRK_COUNT, 0, FAST_EVENT_BRK},
	[LEDGER_MREMAP] = {MEM_MREMAP_COUNT, 0, FAST_EVENT_MREMAP},
};

static void count_completed(struct model_row *r, const struct model_definition *def,
			    const struct ledger_entry *e, struct model_place at)
{
	if (model_call_worked(e)) {
		model_bump(r, calls[e->op].count, 1, at);
		if (calls[e->op].bytes)
			model_bump(r, calls[e->op].bytes, model_length(def, e), at);
	} else if (e->op != LEDGER_BRK) {
		model_bump(r, MEM_FAILED_COUNT, 1, at);
	}
}

static void fill_completed(const struct model_definition *def, const struct ledger_entry *e,
			   uint64_t break_before, uint64_t *value)
{
	uint64_t now = (uint64_t)e->ret;

	value[MEM_EVENT_TYPE] = calls[e->op].type;
	value[MEM_EVENT_ADDRESS] = e->op == LEDGER_MUNMAP ? e->addr : now;
	if (e->op != LEDGER_BRK) {
		value[MEM_EVENT_SIZE] = e->op == LEDGER_MREMAP ? model_whole_pages(def, e->len2)
							       : model_length(def, e);
	} else if (break_before) {
		value[MEM_EVENT_DOWN] = now < break_before;
		value[MEM_EVENT_SIZE] =
			now < break_before ? break_before - now : now - break_before;
	}
}

/* The break of a process as its lanes' calls move it, in the order of their times. */
struct brk_walk {
	const struct model *m;
	uint32_t tgid;
	uint64_t *next; /* of each lane: the first entry that was not looked at */
	uint64_t now, when_ns;
};

/* The break ahead of the call @e of lane @own: set by the process's latest call before it. */
static uint64_t break_before(struct brk_walk *w, uint32_t own, const struct ledger_entry *e)
{
	for (size_t i = 0; i < w->m->nlanes; i++) {
		const struct ledger_lane *lane = w->m->lanes[i].lane;

		for (; lane->tgid == w->tgid && i != own && w->next[i] < lane->count;
		     w->next[i]++) {
			const struct ledger_entry *other = &w->m->lanes[i].entries[w->next[i]];

			if (other->when_ns >= e->when_ns)
				break;
			if (other->op == LEDGER_BRK && other->when_ns > w->when_ns) {
				w->now = (uint64_t)other->ret;
				w->when_ns = other->when_ns;
			}
		}
	}
	return w->now;
}

/* --- the prediction --- */

static void predict_call(struct model *m, struct brk_walk *walk, uint32_t index, uint64_t i)
{
	const struct ledger_entry *e = &m->lanes[index].entries[i];
	struct model_row *row = model_row(m, index);
	struct model_place at = {index, i + 1};
	uint64_t before = e->op == LEDGER_BRK ? break_before(walk, index, e) : 0;

	if (e->op >= LEDGER_OP_COUNT)
		return;
	if (is_completed(&m->def)) {
		count_completed(row, &m->def, e, at);
		if (model_call_worked(e))
			fill_completed(&m->def, e, before, model_event(m, index, i + 1)->value);
	} else {
		count_entered(row, &m->def, e, at);
		if (event_entered(&m->def, e))
			fill_entered(e, model_event(m, index, i + 1)->value);
	}
	if (e->op == LEDGER_BRK) {
		walk->now = (uint64_t)e->ret;
		walk->when_ns = e->when_ns;
	}
}

static int predict(struct model *m)
{
	for (uint32_t index = 0; index < m->nlanes; index++) {
		const struct ledger_lane *lane = m->lanes[index].lane;
		struct brk_walk walk = {.m = m,
					.tgid = lane->tgid,
					.next = calloc(m->nlanes, sizeof(uint64_t)),
					.now = lane->start_brk};

		if (!walk.next)
			return -ENOMEM;
		for (uint64_t i = 0; i < lane->count; i++)
			predict_call(m, &walk, index, i);
		free(walk.next);
	}
	for (size_t i = 0; i < m->nrows && !is_completed(&m->def); i++)
		bound_usage(m, &m->rows[i]);
	return 0;
}

static uint64_t determines(const struct model_definition *def)
{
	const uint64_t completed = 1ULL << MEM_MMAP_COUNT | 1ULL << MEM_MMAP_BYTES |
				   1ULL << MEM_MUNMAP_COUNT | 1ULL << MEM_MUNMAP_BYTES |
				   1ULL << MEM_BRK_COUNT | 1ULL << MEM_MREMAP_COUNT |
				   1ULL << MEM_FAILED_COUNT;

	if (is_completed(def))
		return completed;
	return ~(1ULL << MEM_FAILED_COUNT | 1ULL << MEM_VM_BYTES | 1ULL << MEM_VM_PEAK);
}

/* --- what equality does not say --- */

/* What the kernel has mapped is not predicted, but it has a highest value. */
static void check_row(const struct judge_input *in, const struct counter_row *got,
		      struct judge_result *out)
{
	const uint64_t both = 1ULL << MEM_VM_BYTES | 1ULL << MEM_VM_PEAK;
	uint64_t now = got->value[MEM_VM_BYTES], peak = got->value[MEM_VM_PEAK];
	struct judge_mismatch *m;

	if ((in->table->fields & both) != both || peak >= now)
		return;
	m = judge_add(out, JUDGE_COUNTER);
	if (!m)
		return;
	m->key = (uint32_t)got->key;
	m->field = vocabulary_memory.fields[MEM_VM_PEAK].name;
	m->numeric = true;
	m->expected = now;
	m->captured = peak;
	snprintf(m->text, sizeof(m->text),
		 "vm_peak of key %" PRIu64 " is %" PRIu64 ", less than its vm_bytes of %" PRIu64,
		 got->key, peak, now);
}

/* --- events in words --- */

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		[MEM_EVENT_ALLOC] = "alloc", [MEM_EVENT_FREE] = "free",
		[MEM_EVENT_MMAP] = "mmap",   [MEM_EVENT_MUNMAP] = "munmap",
		[MEM_EVENT_BRK] = "brk",     [FAST_EVENT_MREMAP] = "mremap",
	};

	return type < ARRAY_SIZE(names) ? names[type] : "unknown";
}

static void describe(char *out, size_t size, const struct event *r)
{
	uint64_t type = r->value[MEM_EVENT_TYPE], bytes = r->value[MEM_EVENT_SIZE];

	if (type == MEM_EVENT_BRK && (bytes || r->value[MEM_EVENT_DOWN]))
		snprintf(out, size, "brk %s %" PRIu64 " bytes to 0x%" PRIx64,
			 r->value[MEM_EVENT_DOWN] ? "down" : "up", bytes,
			 r->value[MEM_EVENT_ADDRESS]);
	else if (type == MEM_EVENT_BRK)
		snprintf(out, size, "brk to 0x%" PRIx64, r->value[MEM_EVENT_ADDRESS]);
	else if (type > UINT8_MAX) /* collector/ring.c: a code that the manifest does not name */
		snprintf(out, size, "unnamed type %" PRIu64 " of %" PRIu64 " bytes",
			 type - UINT8_MAX - 1, bytes);
	else if (type > FAST_EVENT_MREMAP)
		snprintf(out, size, "type %" PRIu64 " of %" PRIu64 " bytes", type, bytes);
	else
		snprintf(out, size, "%s of %" PRIu64 " bytes", type_name(type), bytes);
}

static const char *differs(const struct event *want, const struct event *got)
{
	static const struct {
		enum mem_event_value value;
		const char *name;
	} order[] = {{MEM_EVENT_TYPE, "type"}, {MEM_EVENT_SIZE, "size"}, {MEM_EVENT_DOWN, "down"}};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (want->value[order[i].value] != got->value[order[i].value])
			return order[i].name;
	return "address";
}

/* Records of completed calls have no name. */
static bool names_threads(const struct model_definition *def)
{
	return !is_completed(def);
}

/* --- what it is timed at --- */

static bool times_working(enum monitor_definition definition)
{
	return definition == MONITOR_COMPLETED;
}

/* --- sums that must close --- */

static uint64_t map_full(const struct identity_input *in)
{
	return in->losses.map_full == UINT64_MAX ? 0 : in->losses.map_full;
}

/* A sum that lacks what found no place in a full map cannot close by itself; it is never more. */
static void add_sum(const struct identity_input *in, struct identities *out, const char *name,
		    const char *at_most, uint64_t made, uint64_t counted)
{
	if (map_full(in))
		identity_add_at_most(out, at_most, counted, made);
	else
		identity_add(out, name, made, counted);
}

static bool offers(const struct identity_input *in, enum mem_field f)
{
	const uint64_t filtered = 1ULL << MEM_MMAP_COUNT | 1ULL << MEM_MMAP_BYTES;

	if (in->narrow >> f & 1 || (in->other_filter && filtered >> f & 1))
		return false;
	return (in->caps & MONITOR_COUNTERS) && (counter_table_has(in->table, f));
}

/* Of completed calls each counter has its own sum to close. */
static void counters_completed(const struct identity_input *in, struct identities *out)
{
	const struct model_totals *c = in->calls;
	const struct {
		const char *name, *at_most;
		enum mem_field field;
		uint64_t calls;
	} sums[] = {
		{"mmaps that worked = counted", "mmaps counted <= worked", MEM_MMAP_COUNT,
		 c->worked[LEDGER_MMAP]},
		{"munmaps that worked = counted", "munmaps counted <= worked", MEM_MUNMAP_COUNT,
		 c->worked[LEDGER_MUNMAP]},
		{"mremaps that worked = counted", "mremaps counted <= worked", MEM_MREMAP_COUNT,
		 c->worked[LEDGER_MREMAP]},
		{"brks that worked = counted", "brks counted <= worked", MEM_BRK_COUNT,
		 c->worked[LEDGER_BRK]},
		{"calls that failed = counted", "failed counted <= failed calls", MEM_FAILED_COUNT,
		 model_errors(c)},
		{"pages mapped = counted", "pages counted <= mapped", MEM_MMAP_BYTES,
		 c->worked_mmap_bytes},
		{"pages unmapped = counted", "pages counted <= unmapped", MEM_MUNMAP_BYTES,
		 c->worked_munmap_bytes},
	};

	uint64_t counted = 0, entered = 0, worked = 0;
	bool whole = true;

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (offers(in, sums[i].field))
			add_sum(in, out, sums[i].name, sums[i].at_most, sums[i].calls,
				identity_sum(in->table, sums[i].field));
	for (int op = 0; op < LEDGER_OP_COUNT; op++) {
		entered += c->calls[op];
		worked += c->worked[op];
		whole &= offers(in, calls[op].count);
		if (offers(in, calls[op].count))
			counted += identity_sum(in->table, calls[op].count);
	}
	if (map_full(in) && whole && offers(in, MEM_FAILED_COUNT)) {
		identity_add(out, "calls that worked or failed = counted + map full",
			     worked + model_errors(c),
			     counted + identity_sum(in->table, MEM_FAILED_COUNT) + map_full(in));
		return;
	}
	identity_add_at_most(out, "calls counted <= entered", counted, entered);
}

static void counters(const struct identity_input *in, struct identities *out)
{
	const struct model_totals *c = in->calls;
	uint64_t mmaps = c->calls[LEDGER_MMAP], munmaps = c->calls[LEDGER_MUNMAP];
	uint64_t counted_mmaps = identity_sum(in->table, MEM_MMAP_COUNT);
	uint64_t counted_munmaps = identity_sum(in->table, MEM_MUNMAP_COUNT);
	uint64_t full = map_full(in);
	bool both = offers(in, MEM_MMAP_COUNT) && offers(in, MEM_MUNMAP_COUNT);

	if (both && in->lost_updates)
		identity_add(out,
			     "mmap + munmap calls = filtered + counted + map full + lost in races",
			     mmaps + munmaps,
			     c->mmap_filtered + counted_mmaps + counted_munmaps + full +
				     in->lost_updates);
	else if (both && full)
		identity_add(out, "mmap + munmap calls = filtered + counted + map full",
			     mmaps + munmaps,
			     c->mmap_filtered + counted_mmaps + counted_munmaps + full);
	else if (offers(in, MEM_MMAP_COUNT))
		identity_add(out, "mmap calls = filtered + counted", mmaps,
			     c->mmap_filtered + counted_mmaps);
	if (offers(in, MEM_MUNMAP_COUNT) && !(both && (in->lost_updates || full)))
		identity_add(out, "munmap calls = counted", munmaps, counted_munmaps);
	if (offers(in, MEM_MMAP_SEEN))
		add_sum(in, out, "mmap calls = seen", "mmap calls seen <= made", mmaps,
			identity_sum(in->table, MEM_MMAP_SEEN));
	if (offers(in, MEM_BRK_COUNT))
		add_sum(in, out, "brk calls = counted", "brk calls counted <= made",
			c->calls[LEDGER_BRK], identity_sum(in->table, MEM_BRK_COUNT));
	if (offers(in, MEM_MMAP_BYTES))
		add_sum(in, out, "mmap bytes = counted", "mmap bytes counted <= asked for",
			c->mmap_bytes, identity_sum(in->table, MEM_MMAP_BYTES));
	if (offers(in, MEM_MUNMAP_BYTES))
		add_sum(in, out, "munmap bytes = counted", "munmap bytes counted <= asked for",
			c->munmap_bytes, identity_sum(in->table, MEM_MUNMAP_BYTES));
}

/* Calls that make an event, of the kinds that the monitor writes. */
static uint64_t events_of(const struct identity_input *in)
{
	/* In the order of vocabulary_memory.kinds. */
	static const enum ledger_op op_of[] = {LEDGER_MMAP, LEDGER_MUNMAP, LEDGER_BRK,
					       LEDGER_MREMAP};
	const struct model_totals *c = in->calls;
	bool entered = in->definition == MONITOR_ENTERED;
	uint64_t n = 0;

	for (size_t kind = 0; kind < ARRAY_SIZE(op_of); kind++) {
		enum ledger_op op = op_of[kind];

		if ((in->kinds && !(in->kinds >> kind & 1)) || (entered && op == LEDGER_MREMAP))
			continue;
		n += entered ? c->calls[op] : c->worked[op];
		n -= entered && op == LEDGER_MMAP ? c->mmap_filtered : 0;
	}
	return n;
}

/* The oracle has no keys and no order: the sums are all there is to compare. */
static void by_totals(const struct identity_input *in, struct judge_result *out)
{
	const struct model_totals *c = in->calls;
	uint64_t should = c->calls[LEDGER_MMAP] - c->mmap_filtered + c->calls[LEDGER_MUNMAP];
	uint64_t is =
		identity_sum(in->table, MEM_MMAP_COUNT) + identity_sum(in->table, MEM_MUNMAP_COUNT);

	/* What found the map full is not lost in races as well. */
	if (in->losses.map_full != UINT64_MAX)
		is += in->losses.map_full;
	out->events_expected = events_of(in);
	if (in->races && !in->other_filter && in->definition == MONITOR_ENTERED &&
	    counter_table_has(in->table, MEM_MMAP_COUNT) &&
	    counter_table_has(in->table, MEM_MUNMAP_COUNT) && is < should)
		out->lost_updates = should - is;
}

static void events(const struct identity_input *in, struct identities *out)
{
	uint64_t submitted = events_of(in);
	uint64_t full = in->losses.ring_full == UINT64_MAX ? 0 : in->losses.ring_full;

	/* Without a target filter the losses may be others'. */
	if (!(in->caps & MONITOR_EVENTS) || in->other_filter ||
	    (full && !(in->caps & MONITOR_CGROUP)))
		return;
	identity_add(out, "calls that make an event = consumed + ring full", submitted,
		     in->consumed + full);
}

static void identities(const struct identity_input *in, struct identities *out)
{
	if (in->definition == MONITOR_COMPLETED)
		counters_completed(in, out);
	else
		counters(in, out);
	events(in, out);
}

const struct subject_ops subject_memory = {
	.words = &vocabulary_memory,
	.help = "mmap, munmap, brk, mremap by thread or process: calls, bytes, usage",
	.workloads = WORKLOAD_MEMORY,
	.predict = predict,
	.determines = determines,
	.check_row = check_row,
	.explain = memory_explain,
	.counts_calls = 1ULL << MEM_MMAP_COUNT | 1ULL << MEM_MUNMAP_COUNT,
	.describe = describe,
	.differs = differs,
	.names_threads = names_threads,
	.times_working = times_working,
	.identities = identities,
	.by_totals = by_totals,
	.assess = memory_assess,
};
