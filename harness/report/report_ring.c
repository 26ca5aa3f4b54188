/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sections of a report about rings: throughput, wake-ups, the loss curve. */
#include "lib/base.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"
#include "lib/format.h"
#include "lib/strbuf.h"
#include "harness/record.h"

#include <math.h>
#include <string.h>

static void share_cell(struct doc *d, struct json_object *o)
{
	double produced = record_num(o, "produced"), dropped = record_num(o, "dropped");
	struct strbuf sb = STRBUF_INIT;

	if (dropped == 0)
		strbuf_addch(&sb, '0');
	else
		format_number(&sb, round(1e4 * dropped / produced) / 100);
	doc_cell(d, dropped > 0 ? TONE_WARN : TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

static void accounted_cell(struct doc *d, struct json_object *o)
{
	if (!record_get(o, "accounted"))
		doc_cell(d, TONE_DIM, "-");
	else if (record_true(o, "accounted"))
		doc_cell(d, TONE_GOOD, "yes");
	else
		doc_cell(d, TONE_BAD, "NO");
}

static void totals(struct doc *d, const struct run_file *run, const char *type)
{
	uint64_t produced = 0, consumed = 0, dropped = 0, bad = 0, unaccounted = 0;
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;

	record_foreach_type (run->records, o, type) {
		produced += record_u64(o, "produced", 0);
		consumed += record_u64(o, "consumed", 0);
		dropped += record_u64(o, "dropped", 0);
		bad += record_u64(o, "bad", 0);
		unaccounted += record_get(o, "accounted") && !record_true(o, "accounted");
	}
	strbuf_addstr(&sb, "Of ");
	format_count(&sb, produced);
	strbuf_addstr(&sb, " records ");
	format_count(&sb, consumed);
	strbuf_addstr(&sb, " arrived with the right content and ");
	format_count(&sb, dropped);
	strbuf_addf(&sb, " were dropped and counted as such; %llu arrived damaged; ",
		    (unsigned long long)bad);
	if (unaccounted)
		strbuf_addf(&sb, "in %llu cases RECORDS ARE UNACCOUNTED FOR.",
			    (unsigned long long)unaccounted);
	else
		strbuf_addstr(&sb, "none is unaccounted for.");
	doc_text(d, unaccounted || bad ? TONE_BAD : TONE_PLAIN, "%s", sb.s);
	strbuf_release(&sb);
}

/* "9/12": rounds that nobody disturbed, of all. */
static void calm_cell(struct doc *d, struct json_object *o)
{
	uint64_t disturbed = record_u64(o, "disturbed_rounds", 0);
	uint64_t all = record_u64(o, "rounds", 0) + record_u64(o, "left_out.rounds", 0);

	if (all)
		doc_cell(d, disturbed ? TONE_WARN : TONE_PLAIN, "%llu/%llu",
			 (unsigned long long)(all - MIN(all, disturbed)), (unsigned long long)all);
	else
		doc_cell(d, TONE_DIM, "-");
}

/* What somebody else's work on this machine did to the rounds. */
static void disturbed_text(struct doc *d, const struct run_file *run, const char *type)
{
	uint64_t disturbed = 0, left = 0, kept = 0, dropped = 0;
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;

	record_foreach_type (run->records, o, type) {
		uint64_t n = record_u64(o, "disturbed_rounds", 0);

		disturbed += n;
		if (record_get(o, "left_out")) {
			left += record_u64(o, "left_out.rounds", 0);
			dropped += record_u64(o, "left_out.dropped", 0);
		} else {
			kept += n;
		}
	}
	if (!disturbed)
		return;
	strbuf_addf(&sb, "In %llu rounds a thread waited for its CPU because somebody else ran: ",
		    (unsigned long long)disturbed);
	if (left) {
		strbuf_addf(&sb, "%llu are left out of the figures (", (unsigned long long)left);
		format_count(&sb, dropped);
		strbuf_addstr(&sb, " records were dropped in them)");
	}
	if (kept)
		strbuf_addf(&sb, "%s%llu are in the figures, as too few calm ones remain",
			    left ? ", " : "", (unsigned long long)kept);
	doc_text(d, kept ? TONE_WARN : TONE_PLAIN, "%s.", sb.s);
	strbuf_release(&sb);
}

/* Cases that failed, with the reason the measure gave. */
static void failed_items(struct doc *d, const struct run_file *run, const char *type)
{
	struct json_object *o;

	record_foreach_type (run->records, o, type) {
		struct strbuf label = STRBUF_INIT;

		ring_label(o, &label);
		if (!strcmp(record_str(o, "status", ""), "fail"))
			doc_item(d, "%s %s: %s", record_str(o, "mode", type), label.s,
				 record_str(o, "reason", "records are unaccounted for"));
		strbuf_release(&label);
	}
}

void report_ringbuf(struct doc *d, const struct run_file *run)
{
	static const char *const titles[] = {"mode",	   "placement",	  "record",
					     "producers",  "rings",	  "wake-up",
					     "consumer",   "M records/s", "wake-up, ns a record",
					     "dropped, %", "calm rounds", "accounted"};
	struct json_object *o;
	bool first = true;

	record_foreach_type (run->records, o, "ringbuf") {
		if (first) {
			doc_heading(d, 2, "Ring buffer");
			totals(d, run, "ringbuf");
			disturbed_text(d, run, "ringbuf");
			report_picture(d, run, "ringbuf", "Records per second by case");
			report_picture(d, run, "wakeup", "What waking the consumer costs");
			doc_table(d);
			for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
				doc_column(d, i == 2 || i == 3 || (i >= 7 && i <= 10), "%s",
					   titles[i]);
			first = false;
		}
		if (!strcmp(record_str(o, "status", ""), "skip"))
			continue;
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "mode", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "placement", "?"));
		doc_cell(d, TONE_PLAIN, "%llu B",
			 (unsigned long long)record_u64(o, "record_bytes", 0));
		cell_number(d, record_num(o, "producers"), "");
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "rings", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "wakeup", "?"));
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "consumer", "?"));
		cell_interval(d, o, "rate_per_s", 1e-6);
		cell_interval(d, o, "wakeup_cost_ns", 1);
		share_cell(d, o);
		calm_cell(d, o);
		accounted_cell(d, o);
	}
	failed_items(d, run, "ringbuf");
}

void report_losscurve(struct doc *d, const struct run_file *run)
{
	static const char *const titles[] = {"consumer",  "record",	"ring",	       "offered",
					     "delivered", "dropped, %", "calm rounds", "accounted"};
	struct json_object *o;
	bool first = true;

	record_foreach_type (run->records, o, "losscurve") {
		struct strbuf ring = STRBUF_INIT, offered = STRBUF_INIT, got = STRBUF_INIT;

		if (!strcmp(record_str(o, "status", ""), "skip"))
			continue;
		if (first) {
			doc_heading(d, 2, "Loss curve");
			totals(d, run, "losscurve");
			disturbed_text(d, run, "losscurve");
			report_picture(d, run, "losscurve",
				       "Records delivered against records offered");
			doc_table(d);
			for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
				doc_column(d, i >= 1 && i <= 6, "%s", titles[i]);
			first = false;
		}
		format_bytes(&ring, record_num(o, "ring_bytes"));
		format_si(&offered, record_num(o, "offered_per_s"), "/s");
		format_si(&got, record_num(o, "delivered_per_s"), "/s");
		doc_cell(d, TONE_PLAIN, "%s", record_str(o, "consumer", "?"));
		doc_cell(d, TONE_PLAIN, "%llu B",
			 (unsigned long long)record_u64(o, "record_bytes", 0));
		doc_cell(d, TONE_PLAIN, "%s", ring.s);
		doc_cell(d, TONE_PLAIN, "%s", offered.s);
		doc_cell(d, TONE_PLAIN, "%s", got.s);
		share_cell(d, o);
		calm_cell(d, o);
		accounted_cell(d, o);
		strbuf_release(&ring);
		strbuf_release(&offered);
		strbuf_release(&got);
	}
	failed_items(d, run, "losscurve");
}
