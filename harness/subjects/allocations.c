/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Allocations: blocks that a process, or the kernel in its name, was given and gave back, and the
 * bytes that were asked for. What counts (docs/memprof.md): a call that gave a block, whatever it
 * is called; a realloc that works is an allocation of the new size and, where it had a block, a
 * free of the old one; a call that failed is none, and so is free(NULL).
 *
 * By "definition" a monitor tells of `malloc`, the calls of an allocator (workloads/heap.h), or of
 * `kmalloc`: then the calls are the messages of a System V queue. One that is sent is a kmalloc of
 * its length and 48 bytes; what a page does not hold is in further blocks of 8 bytes more. A
 * message that is refused has been copied before, and is freed at once; of a queue below 0 or a
 * length beyond the limit the kernel knows before it copies. One that is received is freed.
 *
 * Figures of a sampled profile are held to what chance explains (allocations_sampled.c). Pure.
 */
#include "lib/base.h"
#include "harness/subjects/allocations.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "harness/verify/judge.h"
#include "harness/verify/model.h"
#include "workloads/heap.h"

/* Bucket 0: of no bytes; b: from 2^(b - 1) up to 2^b. */
enum { BUCKETS = 65 };

static const struct counter_field fields[FIELDS] = {
	[ALLOCS] = {"allocs", "blocks", .standard = true},
	[BYTES] = {"bytes", "bytes", .standard = true},
	[FREES] = {"frees", "blocks", .standard = true},
	[FREED_BYTES] = {"freed_bytes", "bytes", .standard = true},
	[LIVE_BLOCKS] = {"live_blocks", "blocks", .standard = true},
	[LIVE_BYTES] = {"live_bytes", "bytes", .standard = true},
	[SIZES] = {"sizes", "blocks", .slots = BUCKETS, .standard = true},
	/* Half of the 95 % interval that a sampled profile prints. */
	[ALLOCS_ERROR] = {"allocs_error", "blocks"},
	[BYTES_ERROR] = {"bytes_error", "bytes"},
	[LIVE_BLOCKS_ERROR] = {"live_blocks_error", "blocks"},
	[LIVE_BYTES_ERROR] = {"live_bytes_error", "bytes"},
	/* Bytes from one sample to the next, on average. */
	[RATE] = {"rate", "bytes"},
};

static const char *const definitions[] = {"malloc", "kmalloc", NULL};

static const struct vocabulary words = {
	.name = "allocations",
	.fields = fields,
	.nfields = FIELDS,
	.everyday = true,
	.key_bytes = 4, /* a process */
	.definitions = definitions,
	.definition_help = "malloc (calls of an allocator) or kmalloc (the kernel's)",
	.mark = "alloc_stats_map",
	.counter_map = "alloc_stats_map",
};

/* --- what a call comes to ----------------------------------------------------------------------
 */

static struct amounts of_heap(const struct ledger_entry *e)
{
	struct amounts a = {0};

	if (heap_allocated(e)) {
		a.allocs = 1;
		a.bytes = e->len2;
	}
	if (heap_freed(e)) {
		a.frees = 1;
		a.freed = e->len;
	}
	return a;
}

/* struct msg_msg and struct msg_msgseg of ipc/msgutil.c, on 64 bits. */
enum { MESSAGE_HEAD = 48, SEGMENT_HEAD = 8 };

/* The blocks of a message, one after the other: the first has another head. 0: there is none. */
static uint64_t block_of(uint64_t length, uint64_t page, uint64_t i)
{
	uint64_t first = page - MESSAGE_HEAD, other = page - SEGMENT_HEAD, before;

	if (!i)
		return MESSAGE_HEAD + MIN(length, first);
	before = first + (i - 1) * other;
	return length > before ? SEGMENT_HEAD + MIN(length - before, other) : 0;
}

static struct amounts of_message(uint64_t length, uint64_t page, bool comes, bool goes)
{
	struct amounts a = {0};

	for (uint64_t i = 0, bytes; (bytes = block_of(length, page, i)); i++) {
		a.allocs += comes;
		a.bytes += comes ? bytes : 0;
		a.frees += goes;
		a.freed += goes ? bytes : 0;
	}
	return a;
}

static bool is_copied(const struct ledger_entry *e)
{
	return e->nr == SYS_msgsnd && (int)e->args[0] >= 0 && e->ret != -E2BIG && e->ret != -EFAULT;
}

struct amounts allocations_of(const struct model_definition *def, const struct ledger_entry *e)
{
	if ((int)def->calls == OF_MALLOC)
		return e->op == LEDGER_HEAP ? of_heap(e) : (struct amounts){0};
	if (e->op != LEDGER_OTHER)
		return (struct amounts){0};
	if (is_copied(e))
		return of_message(e->args[2], def->page_bytes, true, ledger_failed(e->ret));
	if (e->nr == SYS_msgrcv && !ledger_failed(e->ret))
		return of_message((uint64_t)e->ret, def->page_bytes, false, true);
	return (struct amounts){0};
}

static uint32_t bucket(uint64_t bytes)
{
	return bytes ? 64 - (uint32_t)__builtin_clzll(bytes) : 0;
}

/* --- model -------------------------------------------------------------------------------------
 */

static void count_sizes(const struct model *m, uint32_t lane, const struct ledger_entry *e,
			struct model_place at)
{
	const uint32_t sizes = vocabulary_slot(&words, SIZES);

	if ((int)m->def.calls == OF_MALLOC) {
		if (e->op == LEDGER_HEAP && heap_allocated(e))
			model_bump(model_row(m, lane), sizes + bucket(e->len2), 1, at);
		return;
	}
	if (e->op != LEDGER_OTHER || !is_copied(e))
		return;
	for (uint64_t i = 0, bytes; (bytes = block_of(e->args[2], m->def.page_bytes, i)); i++)
		model_bump(model_row(m, lane), sizes + bucket(bytes), 1, at);
}

/* Blocks may be freed by another thread than allocated them, but not before: sums need no order. */
static int predict(struct model *m)
{
	for (uint32_t i = 0; i < m->nlanes; i++) {
		const struct model_lane *lane = &m->lanes[i];
		struct model_row *r = model_row(m, i);

		for (uint64_t k = 0; k < lane->lane->count; k++) {
			const struct ledger_entry *e = &lane->entries[k];
			struct amounts a = allocations_of(&m->def, e);
			struct model_place at = {i, k + 1};

			if (!a.allocs && !a.frees)
				continue;
			model_bump(r, ALLOCS, a.allocs, at);
			model_bump(r, BYTES, a.bytes, at);
			model_bump(r, FREES, a.frees, at);
			model_bump(r, FREED_BYTES, a.freed, at);
			model_bump(r, LIVE_BLOCKS, a.allocs - a.frees, at);
			model_bump(r, LIVE_BYTES, a.bytes - a.freed, at);
			count_sizes(m, i, e, at);
		}
	}
	return 0;
}

static uint64_t determines(const struct model_definition *def UNUSED)
{
	return (1ULL << (SIZES + 1)) - 1;
}

/* --- why a figure is off -----------------------------------------------------------------------
 */

/* Kinds of calls: the allocator's functions, what fails, and the three fates of a message. */
enum {
	CALLS_FAILED = HEAP_FUNCTIONS,
	CALLS_FREE_NULL,
	CALLS_SENT,
	CALLS_REFUSED,
	CALLS_RECEIVED,
	CALLS_KINDS,
	CALLS_NONE = CALLS_KINDS,
};

static const char *kind_name(unsigned int kind)
{
	static const char *const others[CALLS_KINDS - HEAP_FUNCTIONS] = {
		[CALLS_FAILED - HEAP_FUNCTIONS] = "a call that fails",
		[CALLS_FREE_NULL - HEAP_FUNCTIONS] = "free(NULL)",
		[CALLS_SENT - HEAP_FUNCTIONS] = "a message that is sent",
		[CALLS_REFUSED - HEAP_FUNCTIONS] = "a message that is refused",
		[CALLS_RECEIVED - HEAP_FUNCTIONS] = "a message that is received",
	};

	return kind < HEAP_FUNCTIONS ? heap_names[kind] : others[kind - HEAP_FUNCTIONS];
}

static unsigned int kind_of(const struct model_definition *def, const struct ledger_entry *e)
{
	if ((int)def->calls == OF_MALLOC) {
		if (e->op != LEDGER_HEAP)
			return CALLS_NONE;
		if (e->nr == HEAP_FREE)
			return e->addr ? (unsigned int)HEAP_FREE : (unsigned int)CALLS_FREE_NULL;
		return e->ret ? e->nr : (unsigned int)CALLS_FAILED;
	}
	if (e->op != LEDGER_OTHER)
		return CALLS_NONE;
	if (is_copied(e))
		return ledger_failed(e->ret) ? CALLS_REFUSED : CALLS_SENT;
	return e->nr == SYS_msgrcv && !ledger_failed(e->ret) ? CALLS_RECEIVED : CALLS_NONE;
}

/* What calls that come to nothing would come to if they were counted. */
static struct amounts as_if(const struct ledger_entry *e, unsigned int kind)
{
	if (kind == CALLS_FAILED)
		return (struct amounts){.allocs = 1, .bytes = e->len2};
	return (struct amounts){.frees = 1};
}

/* The part of field @f; what is live is a difference, and wraps as it is added. */
static uint64_t part(const struct amounts *a, size_t f)
{
	switch (f) {
	case ALLOCS: return a->allocs;
	case BYTES: return a->bytes;
	case FREES: return a->frees;
	case FREED_BYTES: return a->freed;
	case LIVE_BLOCKS: return a->allocs - a->frees;
	case LIVE_BYTES: return a->bytes - a->freed;
	default: return 0;
	}
}

static void sum_kinds(const struct model *model, uint64_t key, size_t f,
		      uint64_t sums[static CALLS_KINDS])
{
	for (size_t i = 0; i < model->nlanes; i++) {
		const struct model_lane *lane = &model->lanes[i];

		for (uint64_t k = 0;
		     model_key(&model->def, lane->lane) == key && k < lane->lane->count; k++) {
			const struct ledger_entry *e = &lane->entries[k];
			unsigned int kind = kind_of(&model->def, e);
			struct amounts a;

			if (kind == CALLS_NONE)
				continue;
			a = kind == CALLS_FAILED || kind == CALLS_FREE_NULL
				    ? as_if(e, kind)
				    : allocations_of(&model->def, e);
			sums[kind] += part(&a, f);
		}
	}
}

static void guess(struct judge_mismatch *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void guess(struct judge_mismatch *m, const char *fmt, ...)
{
	size_t used = strlen(m->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->text + used, sizeof(m->text) - used, fmt, ap);
	va_end(ap);
}

static bool is_nothing(unsigned int kind)
{
	return kind == CALLS_FAILED || kind == CALLS_FREE_NULL;
}

/* One that is missing in N, where that is what the numbers say. */
static uint64_t one_in(uint64_t expected, uint64_t captured)
{
	uint64_t missing = expected - captured, n;

	if (captured >= expected || !captured)
		return 0;
	n = expected / missing;
	return n >= 2 && n <= 1000 && expected / n == missing ? n : 0;
}

/* Kinds that come to @off: several may. */
static bool name_kinds(const uint64_t sums[static CALLS_KINDS], struct judge_mismatch *m,
		       uint64_t off, bool missing)
{
	bool nothing = false;
	size_t n = 0;

	for (unsigned int k = 0; k < CALLS_KINDS; k++) {
		if (!sums[k] || sums[k] != off || (is_nothing(k) && missing) ||
		    (n && is_nothing(k) != nothing))
			continue;
		guess(m, "%s%s", n++ ? " or " : ": as if ", kind_name(k));
		nothing = is_nothing(k);
	}
	if (n)
		guess(m, " were %s",
		      nothing	? "counted"
		      : missing ? "not counted"
				: "counted twice");
	return n;
}

static bool is_unfreed(const struct model_row *row, size_t f, uint64_t captured)
{
	switch (f) {
	case FREES:
	case FREED_BYTES: return !captured;
	case LIVE_BLOCKS: return captured == row->value[ALLOCS];
	case LIVE_BYTES: return captured == row->value[BYTES];
	default: return false;
	}
}

/* Halves of odd sizes are cut, at most one byte a block. */
static bool is_halved(const struct model_row *row, size_t f, const struct judge_mismatch *m)
{
	bool bytes = f == BYTES || f == FREED_BYTES || f == LIVE_BYTES;

	return bytes && m->captured && m->captured <= m->expected / 2 &&
	       m->expected - 2 * m->captured <= row->value[ALLOCS];
}

static void explain(const struct judge_input *in, const struct model_row *row, size_t f,
		    struct judge_mismatch *m)
{
	uint64_t sums[CALLS_KINDS] = {0}, n;

	if (f >= EXACT_FIELDS)
		return;
	if (is_unfreed(row, f, m->captured)) {
		guess(m, ": as if nothing were freed");
		return;
	}
	if (is_halved(row, f, m)) {
		guess(m, ": as if each block had half its bytes");
		return;
	}
	sum_kinds(in->model, row->key, f, sums);
	if (name_kinds(sums, m, m->captured - m->expected, false) ||
	    name_kinds(sums, m, m->expected - m->captured, true))
		return;
	n = f == ALLOCS || f == FREES ? one_in(m->expected, m->captured) : 0;
	if (n)
		guess(m, ": as if one in %" PRIu64 " were not counted", n);
}

/* --- judging -----------------------------------------------------------------------------------
 */

/* Whose figures are of the whole process has what threads take to be made among them. */
static bool has_more(const struct judge_input *in)
{
	return (int)in->model->def.calls == OF_MALLOC && in->model->nlanes > 1 &&
	       counter_table_has(in->table, SIZES);
}

static void judge_allocations(const struct judge_input *in, struct judge_result *out)
{
	if (counter_table_has(in->table, BYTES_ERROR)) {
		allocations_judge_sampled(in, out);
		return;
	}
	judge(in, out);
	if (out->mismatches && has_more(in))
		snprintf(out->doubt, sizeof(out->doubt),
			 "its figures are of the whole process, in which threads were made: what "
			 "pthread_create() allocates for each is in no ledger");
}

static enum workload_subject workloads_by(enum monitor_definition definition)
{
	return (int)definition == OF_MALLOC ? WORKLOAD_MALLOC : WORKLOAD_KMALLOC;
}

const struct subject_ops subject_allocations = {
	.words = &words,
	.help = "blocks by process, allocated, freed and live: of malloc, or of kmalloc",
	.workloads = WORKLOAD_MALLOC,
	.workloads_by = workloads_by,
	.predict = predict,
	.determines = determines,
	.judge = judge_allocations,
	.explain = explain,
	.assess = allocations_assess,
	.counts_calls = 1ULL << ALLOCS | 1ULL << FREES,
};
