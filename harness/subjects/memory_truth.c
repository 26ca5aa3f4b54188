/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the calls of a ledger really did to the address space. */
#include "lib/base.h"
#include "harness/subjects/memory_truth.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "lib/huge_page.h"
#include "harness/subjects/vmset.h"

struct replay {
	struct truth *t;
	struct vmset set;
	uint64_t page, min_length;
	uint64_t brk; /* the break now; 0: not known yet */
	int64_t net, peak;
};

static uint64_t whole_pages(const struct replay *r, uint64_t bytes)
{
	return (bytes + r->page - 1) / r->page * r->page;
}

static int after_mmap(struct replay *r, const struct ledger_entry *e)
{
	uint64_t huge = huge_page_bytes(e->flags);
	uint64_t len = huge ? (e->len + huge - 1) / huge * huge : whole_pages(r, e->len);
	int64_t added;

	if (model_call_failed(e)) {
		if (e->len >= r->min_length)
			r->t->failed_mmap_bytes += e->len;
		return 0;
	}
	added = vmset_add(&r->set, (uint64_t)e->ret, len);
	if (added < 0)
		return (int)added;
	r->net += added;
	r->t->mapped_bytes += len;
	r->t->mapped_asked_bytes += e->len;
	r->t->replaced_bytes += len - (uint64_t)added;
	r->t->replacing_calls += (uint64_t)added < len;
	return 0;
}

static int after_munmap(struct replay *r, const struct ledger_entry *e)
{
	int64_t freed;

	if (e->len < r->min_length) {
		r->t->small_munmaps++;
		r->t->small_munmap_bytes += e->len;
	}
	if (model_call_failed(e)) {
		r->t->failed_munmap_bytes += e->len;
		return 0;
	}
	freed = vmset_remove(&r->set, e->addr, whole_pages(r, e->len));
	if (freed < 0)
		return (int)freed;
	r->net -= freed;
	r->t->freed_bytes += (uint64_t)freed;
	return 0;
}

/* The heap is apart from the set: its start is not known, only how the break moves. */
static int after_brk(struct replay *r, const struct ledger_entry *e)
{
	uint64_t now = (uint64_t)e->ret;

	if (r->brk) {
		int64_t grown = (int64_t)(whole_pages(r, now) - whole_pages(r, r->brk));

		r->net += grown;
		r->t->brk_bytes += grown;
	}
	r->brk = now;
	return 0;
}

static int after_mremap(struct replay *r, const struct ledger_entry *e)
{
	uint64_t old_len = whole_pages(r, e->len), new_len = whole_pages(r, e->len2);
	int64_t gone = 0, come;

	if (model_call_failed(e))
		return 0;
	r->t->mremap_calls++;
	if (!(e->flags & MREMAP_DONTUNMAP))
		gone = vmset_remove(&r->set, e->addr, old_len);
	if (gone < 0)
		return (int)gone;
	come = vmset_add(&r->set, (uint64_t)e->ret, new_len);
	if (come < 0)
		return (int)come;
	r->net += come - gone;
	r->t->mremap_bytes += come - gone;
	return 0;
}

/* The next call of the process in time: the one of lowest time among the lanes' first ones that
 * @next does not lie behind yet. NULL: there is none. */
static const struct ledger_entry *earliest(const struct model_lane *lanes, size_t n, uint32_t tgid,
					   uint64_t *next)
{
	const struct ledger_entry *found = NULL;
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ledger_entry *e = &lanes[i].entries[next[i]];

		if (lanes[i].lane->tgid != tgid || next[i] == lanes[i].lane->count)
			continue;
		if (!found || e->when_ns < found->when_ns) {
			found = e;
			from = i;
		}
	}
	if (found)
		next[from]++;
	return found;
}

int truth_add_process(struct truth *t, const struct model_lane *lanes, size_t n, uint32_t tgid,
		      uint64_t min_length, uint64_t page_bytes)
{
	static int (*const after[])(struct replay *, const struct ledger_entry *) = {
		[LEDGER_MMAP] = after_mmap,
		[LEDGER_MUNMAP] = after_munmap,
		[LEDGER_BRK] = after_brk,
		[LEDGER_MREMAP] = after_mremap,
	};
	struct replay r = {.t = t, .set = VMSET_INIT, .page = page_bytes, .min_length = min_length};
	uint64_t *next = calloc(n + 1, sizeof(*next));
	const struct ledger_entry *e;
	int err = 0;

	if (!next)
		return -ENOMEM;
	for (size_t i = 0; i < n && !r.brk; i++) {
		if (lanes[i].lane->tgid == tgid)
			r.brk = lanes[i].lane->start_brk;
	}
	while (!err && (e = earliest(lanes, n, tgid, next))) {
		if (e->op >= LEDGER_OP_COUNT)
			continue;
		err = after[e->op](&r, e);
		r.peak = MAX(r.peak, r.net);
	}
	t->net_bytes += r.net;
	t->peak_bytes += r.peak;
	vmset_release(&r.set);
	free(next);
	return err;
}
