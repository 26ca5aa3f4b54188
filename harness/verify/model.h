/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a monitor's maps and rings must hold after the calls of a ledger: rows by key, and for each
 * thread its events in order. The subject's predict() fills them (harness/subject.h), by these
 * functions; nothing here knows what a field means.
 *
 * A field that several threads count into in an order nobody knows lies between value[] and most[].
 */
#ifndef HARNESS_MODEL_H
#define HARNESS_MODEL_H

#include "collector/collect.h"
#include "harness/subject.h"
#include "lib/base.h"
#include "workloads/ledger.h"

/* What a monitor's definition may vary in. */
struct model_definition {
	const struct subject_ops *subject;
	uint64_t min_length;  /* bytes: shorter mmaps are ignored; ENTERED only */
	enum monitor_key key; /* what a row of the table is for */
	enum monitor_definition calls;
	uint64_t page_bytes; /* of whole pages; 0: lengths stay as they are */
};

/* A lane of a ledger with its entries. The model keeps the pointers: the ledger must outlive it. */
struct model_lane {
	const struct ledger_lane *lane;
	const struct ledger_entry *entries;
};

/* A place in the ledger: "lane 0 line 17". */
struct model_place {
	uint32_t lane;
	uint64_t line; /* from 1; 0: no place */
};

/* The arrays have a value for each slot of the subject's words (collector/vocabulary.h). */
struct model_row {
	uint32_t key;
	uint32_t lanes; /* that count into it; with more than one the order of calls is not known */
	uint64_t *value, *most;
	struct model_place *last; /* the last call that changed the value */
};

/* An event of a thread: its values, and the line of its call. */
struct model_event {
	uint64_t value[EVENT_VALUES_MAX];
	uint64_t line; /* in its lane, from 1 */
};

/* The events of one lane, in order. */
struct model_stream {
	uint32_t lane, tid, tgid;
	char comm[16];
	struct model_event *events;
	size_t n;
};

/* Calls of the whole ledger, or of an independent count: the left side of the identities. */
struct model_totals {
	uint64_t calls[LEDGER_OP_COUNT];
	uint64_t mmap_filtered; /* mmaps below min_length */
	uint64_t failed[LEDGER_OP_COUNT];
	uint64_t mmap_filtered_failed;
	uint64_t mmap_bytes, munmap_bytes; /* lengths asked for by the calls that count */
	/* What counts where calls count once they have worked: see model_call_worked(). */
	uint64_t worked[LEDGER_OP_COUNT];
	uint64_t worked_mmap_bytes, worked_munmap_bytes; /* whole pages */
};

struct model {
	struct model_definition def;
	const struct model_lane *lanes; /* of the caller */
	size_t nlanes;
	struct model_row *rows; /* sorted by key; one for each key that the lanes have */
	size_t nrows;
	struct model_stream *streams; /* one per lane, in the order of the lanes */
	size_t nevents;		      /* of all streams */
	struct model_totals totals;
	void *block; /* of the rows' arrays */
};

/* Predicts. @lanes is kept by reference. Returns 0 or -ENOMEM; release @m in any case. */
int model_build(struct model *m, const struct model_definition *def, const struct model_lane *lanes,
		size_t nlanes);
/*
 * What the monitor does not offer is not asked of it: events of other kinds go, values that it has
 * not are 0, narrower ones are cut as it cuts them.
 */
void model_offer(struct model *m, const struct monitor_info *info);
void model_release(struct model *m);
/* The key of the row that the calls of @lane count into. */
uint32_t model_key(const struct model_definition *def, const struct ledger_lane *lane);
const struct model_row *model_find(const struct model *m, uint64_t key);

/* The fields that the definition determines: bit (1 << field). */
uint64_t model_fields(const struct model_definition *def);

/* --- for predict() --- */

/* The row that the calls of lane @index count into. */
struct model_row *model_row(const struct model *m, uint32_t index);
/* Adds to the value in a slot. */
void model_bump(struct model_row *r, uint32_t slot, uint64_t by, struct model_place at);
/* The next event of lane @index, made by the call on @line: its values are to be filled in. Each
 * lane has room for one event a call. */
struct model_event *model_event(struct model *m, uint32_t index, uint64_t line);

/* --- calls --- */

/*
 * True when the call did nothing: a negative errno, or a break other than the one asked for (brk
 * never returns an error: brk(2), "C library/kernel differences").
 */
bool model_call_failed(const struct ledger_entry *e);

/* True when a completed call counts: no error; of a brk, the break is where it was asked to be (a
 * brk(0) asks for nothing). */
bool model_call_worked(const struct ledger_entry *e);

/* mmap, munmap and mremap that returned an error: a refused brk returns none. */
uint64_t model_errors(const struct model_totals *t);

uint64_t model_whole_pages(const struct model_definition *def, uint64_t bytes);

/* The length of a mmap or munmap in whole pages: in huge ones, of a mmap that maps such. */
uint64_t model_length(const struct model_definition *def, const struct ledger_entry *e);

/* Adds one to a counter of @t for the call @e. */
void model_count_call(struct model_totals *t, const struct model_definition *def,
		      const struct ledger_entry *e);

#endif
