/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A frame as CSV (RFC 4180, lines ended by LF): a line a process, what is not known left empty. */
#include "lib/base.h"
#include "monitor/sink/batch_form.h"

#include "monitor/sink/put.h"
#include "monitor/view/trend.h"

static void put_header(const struct frame *f, struct strbuf *out)
{
	strbuf_addstr(out, "time,seq,pid,name,ppid,user,state,exact,ended");
	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (put_offers(f, (enum field)i))
			strbuf_addf(out, ",%s", field_names[i]);
	strbuf_addstr(out, put_offers(f, FIELD_TREND) ? ",verdict\n" : "\n");
}

static void put_process(const struct frame *f, const struct proc_row *row, struct strbuf *out)
{
	const char state[2] = {row->state, '\0'};

	put_u64(out, row->pid);
	strbuf_addch(out, ',');
	put_csv_text(out, row->name);
	strbuf_addch(out, ',');
	put_u64(out, row->ppid);
	strbuf_addch(out, ',');
	put_csv_text(out, column_user(row->uid));
	strbuf_addch(out, ',');
	put_csv_text(out, state);
	strbuf_addstr(out, row->flags & ROW_EXACT ? ",1" : ",0");
	strbuf_addstr(out, row->flags & ROW_ENDED ? ",1" : ",0");
	for (unsigned int i = 0; i < FIELD_COUNT; i++)
		if (put_offers(f, (enum field)i)) {
			strbuf_addch(out, ',');
			put_number(out, row->v[i]);
		}
	if (put_offers(f, FIELD_TREND)) {
		strbuf_addch(out, ',');
		put_csv_text(out, verdict_name(row));
	}
	strbuf_addch(out, '\n');
}

void batch_csv(const struct frame *f, const struct view *v, bool first, struct strbuf *out)
{
	struct strbuf moment = STRBUF_INIT;

	if (first)
		put_header(f, out);
	put_time(&moment, f->time_ns, false);
	strbuf_addch(&moment, ',');
	put_u64(&moment, f->seq);
	strbuf_addch(&moment, ',');
	for (size_t i = 0; i < v->n; i++) {
		strbuf_add(out, moment.s, moment.len);
		put_process(f, &f->rows[v->lines[i].row], out);
	}
	strbuf_release(&moment);
}
