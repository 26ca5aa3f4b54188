/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* CSV (RFC 4180, lines end in \n): a row for each stack. What is not known is empty. */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <string.h>

#include "memprof/report/folded.h"
#include "monitor/sink/put.h"

static void add_number(struct strbuf *out, bool known, uint64_t v)
{
	strbuf_addch(out, ',');
	if (known)
		put_u64(out, v);
}

int report_csv(const struct report *r, struct strbuf *out)
{
	const struct profile *p = r->side[0].p;
	struct report_path path = {0};
	struct strbuf folded = STRBUF_INIT;

	strbuf_addstr(out, "comm,pid,thread,allocs,bytes,frees,freed_bytes,live_blocks,live_bytes,"
			   "peak_blocks,peak_bytes,temporary,stack\n");
	for (size_t i = 0; i < p->nstacks; i++) {
		const struct profile_stack *s = &p->stacks[i];
		const struct profile_values *v = &s->values;
		bool owned = s->process != PROFILE_NONE;

		put_csv_text(out, owned ? p->processes[s->process].comm : "");
		add_number(out, owned, owned ? p->processes[s->process].pid : 0);
		add_number(out, s->thread, s->thread);
		add_number(out, true, v->allocs);
		add_number(out, true, v->bytes);
		add_number(out, p->frees_known, v->frees);
		add_number(out, p->frees_known, v->freed_bytes);
		add_number(out, p->frees_known, v->live_blocks);
		add_number(out, p->frees_known, v->live_bytes);
		add_number(out, p->peak_known, v->peak_blocks);
		add_number(out, p->peak_known, v->peak_bytes);
		add_number(out, p->temporary_known, v->temporary);
		strbuf_addch(out, ',');
		strbuf_reset(&folded);
		report_path_of(&path, &r->side[0], s, r->split);
		folded_add_path(&folded, &path);
		put_csv_text(out, folded.s);
		strbuf_addch(out, '\n');
	}
	report_path_release(&path);
	strbuf_release(&folded);
	return 0;
}
