/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A report from beginning to end, and the files a run leaves for a person.
 *
 * report_build() makes the report as a list of blocks without any form (report_doc.h): verdict
 * first, then facts, then the sections, each of which adds nothing when the run has no records for
 * it. report_write_all() draws the pictures and has the reporters write what shows them.
 */
#include "lib/base.h"
#include "harness/report/report.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/plugin.h"
#include "harness/record.h"
#include "harness/report/plot.h"
#include "harness/report/record_pair.h"
#include "harness/report/report_doc.h"
#include "harness/report/report_sections.h"
#include "harness/result.h"
#include "lib/format.h"
#include "lib/log.h"
#include "lib/stops.h"
#include "lib/outfile.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

struct tally {
	uint64_t fail, skip, unclean, judged, exact, racy, skipped, rings, unaccounted, targets,
		reached, cells, right;
};

static void count(struct tally *t, struct json_object *o)
{
	const char *status = record_str(o, "status", "");
	uint64_t n = record_times(o);

	/* The verdicts of a comparison have a section of their own. */
	if (record_is(o, "gate"))
		return;
	t->fail += strcmp(status, "fail") ? 0 : n;
	t->skip += strcmp(status, "skip") ? 0 : n;
	t->unclean += strcmp(status, "void") ? 0 : n;
	if (record_is(o, "trial")) {
		const char *verdict = record_str(o, "conformance.verdict", "none");

		t->judged += strcmp(verdict, "none") && strcmp(verdict, "bounded") ? n : 0;
		t->exact += strcmp(verdict, "exact") ? 0 : n;
		t->racy += strcmp(verdict, "racy") ? 0 : n;
		t->skipped += strcmp(verdict, "skipped") ? 0 : n;
	}
	if (record_is(o, "cell")) {
		const char *verdict = record_str(o, "verdict", "");

		t->cells += n;
		t->right += !strcmp(verdict, "exact") || !strcmp(verdict, "bounded") ? n : 0;
	}
	if (record_get(o, "accounted")) {
		t->rings += n;
		t->unaccounted += record_true(o, "accounted") ? 0 : n;
	}
}

/* Of a calibration: targets that were put to the proof, and those reached. */
static void count_targets(struct tally *t, struct json_object *o)
{
	struct json_object *f;

	if (!record_is(o, "calibrate") || !record_true(o, "whole"))
		return;
	record_foreach (record_get(o, "figures"), f) {
		t->targets += record_get(f, "reached") != NULL;
		t->reached += record_true(f, "reached");
	}
}

static void plural(struct strbuf *out, uint64_t n, const char *one, const char *many)
{
	format_count(out, n);
	strbuf_addf(out, " %s", n == 1 ? one : many);
}

/* The first sentence: is everything right? */
static void verdict(struct doc *d, const struct run_file *run)
{
	struct tally t = {0};
	struct strbuf sb = STRBUF_INIT;
	struct json_object *o;
	bool bad;

	record_foreach (run->records, o) {
		count(&t, o);
		count_targets(&t, o);
	}
	bad = t.fail || t.exact + t.racy + t.skipped < t.judged || t.unaccounted;
	if (bad) {
		plural(&sb,
		       t.fail ? t.fail : t.judged - t.exact - t.racy - t.skipped + t.unaccounted,
		       "check", "checks");
		strbuf_addstr(&sb, " FAILED: see below. ");
	}
	if (t.judged) {
		plural(&sb, t.exact, "trial", "trials");
		strbuf_addf(&sb, " of %llu judged %s exact", (unsigned long long)t.judged,
			    t.exact == 1 ? "is" : "are");
		if (t.racy)
			strbuf_addf(&sb, ", %llu lost updates as declared",
				    (unsigned long long)t.racy);
		if (t.skipped)
			strbuf_addf(&sb, ", in %llu the kernel skipped runs",
				    (unsigned long long)t.skipped);
		strbuf_addstr(&sb, ". ");
	}
	if (t.rings && !t.unaccounted) {
		strbuf_addstr(&sb, "No record is unaccounted for in ");
		plural(&sb, t.rings, "ring case. ", "ring cases. ");
	}
	if (t.unaccounted) {
		strbuf_addstr(&sb, "Records are unaccounted for in ");
		plural(&sb, t.unaccounted, "ring case. ", "ring cases. ");
	}
	if (t.cells) {
		plural(&sb, t.right, "monitor", "monitors");
		strbuf_addf(&sb, " of %llu on their kernels %s right. ",
			    (unsigned long long)t.cells, t.right == 1 ? "is" : "are");
	}
	if (t.targets)
		strbuf_addf(&sb, "%llu of %llu targets of the calibration are reached. ",
			    (unsigned long long)t.reached, (unsigned long long)t.targets);
	if (t.skip || t.unclean)
		strbuf_addf(&sb, "Not judged: %llu skipped, %llu void (reasons below). ",
			    (unsigned long long)t.skip, (unsigned long long)t.unclean);
	if (!sb.len && record_has_gate(run->records))
		return;
	if (!sb.len)
		strbuf_addstr(&sb, "Nothing was judged in this run.");
	while (sb.s[sb.len - 1] == ' ')
		sb.s[--sb.len] = '\0';
	doc_text(d, bad ? TONE_BAD : TONE_STRONG, "%s", sb.s);
	strbuf_release(&sb);
}

static void cut_short(struct doc *d, const struct run_file *run)
{
	const char *status = record_str(run->end, "status", "");

	if (!run->end)
		doc_text(d, TONE_BAD,
			 "This run was cut short: its results have no end. What is here was "
			 "measured; what is missing was not.");
	else if (!strcmp(status, "interrupted"))
		doc_text(d, TONE_BAD,
			 "This run was interrupted. What is here was measured; what is missing "
			 "was not.");
}

/* As a shell takes it for one word; bash's $'..' where there is what no terminal should get. */
static void add_word(struct strbuf *out, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=:,./%@";
	struct strbuf clean = STRBUF_INIT;
	bool shown;

	printable_add_line(&clean, text);
	shown = !strcmp(clean.s, text);
	strbuf_release(&clean);
	if (*text && strspn(text, plain) == strlen(text)) {
		strbuf_addstr(out, text);
		return;
	}
	strbuf_addstr(out, shown ? "'" : "$'");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (*text == '\'')
			strbuf_addstr(out, shown ? "'\\''" : "\\'");
		else if (shown)
			strbuf_addch(out, *text);
		else if (*text == '\\')
			strbuf_addstr(out, "\\\\");
		else if (c < ' ' || c >= 0x7f)
			strbuf_addf(out, "\\x%02x", (unsigned int)c);
		else
			strbuf_addch(out, *text);
	}
	strbuf_addch(out, '\'');
}

static void add_command(struct json_object *header, struct strbuf *out)
{
	struct json_object *word;

	record_foreach (record_get(header, "command"), word) {
		strbuf_addch(out, ' ');
		add_word(out, record_text(word));
	}
}

static void fact(struct doc *d, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	doc_cell(d, TONE_DIM, "%s", name);
	doc_cell(d, TONE_PLAIN, "%s", value);
}

static void machine_facts(struct doc *d, struct json_object *h)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s (%s)", record_str(h, "host.kernel", "?"),
		    record_str(h, "host.machine", "?"));
	fact(d, "kernel", sb.s);
	strbuf_reset(&sb);
	strbuf_addf(&sb, "%s, %llu CPUs, ", record_str(h, "host.cpu", "unknown CPU"),
		    (unsigned long long)record_u64(h, "host.cpus", 0));
	format_bytes(&sb, record_num(h, "host.memory_bytes"));
	strbuf_addstr(&sb, " of memory");
	fact(d, "machine", sb.s);
	fact(d, "virtualisation", record_str(h, "host.virtualisation", NULL));
	strbuf_reset(&sb);
	strbuf_addf(&sb, "JIT %s, run statistics %s, ",
		    record_u64(h, "host.bpf_jit", 0) ? "on" : "off",
		    record_u64(h, "host.bpf_stats", 0) ? "ON: times are too high" : "off");
	if (record_get(h, "host.foreign_bpf_programs"))
		format_count(&sb, record_u64(h, "host.foreign_bpf_programs", 0));
	else
		strbuf_addstr(&sb, "unknown");
	strbuf_addstr(&sb, " other programs loaded; load ");
	format_number(&sb, record_num(h, "host.load_1min"));
	fact(d, "BPF", sb.s);
	strbuf_release(&sb);
}

static void facts(struct doc *d, const struct run_file *run)
{
	struct json_object *h = run->header, *tools = record_get(h, "tools");
	struct strbuf sb = STRBUF_INIT;

	doc_table(d);
	doc_column(d, false, "run");
	doc_column(d, false, "%s", record_str(h, "id", "?"));
	strbuf_addstr(&sb, record_str(h, "started", "?"));
	if (record_get(run->end, "elapsed_ns")) {
		strbuf_addstr(&sb, ", took ");
		format_duration(&sb, record_num(run->end, "elapsed_ns"));
	}
	fact(d, "started", sb.s);
	if (!record_get(h, "merged"))
		machine_facts(d, h);
	strbuf_reset(&sb);
	strbuf_addstr(&sb, record_str(h, "tool", "beebench"));
	if (json_object_is_type(tools, json_type_object)) {
		json_object_object_foreach (tools, name, version) {
			if (version)
				strbuf_addf(&sb, ", %s %s", name, record_text(version));
		}
	}
	fact(d, "tools", sb.s);
	strbuf_release(&sb);
}

void report_picture(struct doc *d, const struct run_file *run, const char *name, const char *alt)
{
	struct strbuf path = STRBUF_INIT;

	if (!run->dir)
		return; /* not a run on disk */
	strbuf_addf(&path, "%s/plots/%s.svg", run->dir, name);
	if (!access(path.s, R_OK))
		doc_picture(d, name, "%s", alt);
	else if (plot_has_data(name, run))
		doc_text(
			d, TONE_WARN,
			"(The picture plots/%s.svg is missing. 'apt-get install gnuplot-nox', then "
			"'beebench report RUN --write', draws it.)",
			name);
	strbuf_release(&path);
}

static void reproduce(struct doc *d, const struct run_file *run)
{
	struct strbuf sb = STRBUF_INIT;

	add_command(run->header, &sb);
	doc_heading(d, 2, "How to repeat it");
	doc_code(d, "sudo build/beebench%s\nbuild/beebench report %s --format markdown", sb.s,
		 run->dir ? run->dir : "RUN");
	doc_text(d, TONE_DIM,
		 "Every figure above comes from run.json beside this report: one JSON object a "
		 "line, with the raw samples (docs/results.md).");
	strbuf_release(&sb);
}

static void equivalent(struct doc *d, const struct run_file *run)
{
	struct strbuf words = STRBUF_INIT;

	if (equivalence_words(run->records, &words))
		doc_text(d, TONE_PLAIN, "Equivalence: %s", words.s);
	strbuf_release(&words);
}

static void sections(struct doc *d, const struct run_file *run)
{
	struct trial_grid g;

	trial_grid_build(&g, run);
	report_headline(d, run);
	facts(d, run);
	report_merged(d, run, &g);
	report_lanes(d, run);
	report_picture(d, run, "lanes", "B less A by event, and the instructions each adds");
	report_equivalence(d, run);
	report_conformance(d, run, &g);
	report_accuracy(d, run, &g);
	report_losses(d, run, &g);
	report_calibrate(d, run);
	report_exchange(d, run);
	report_overhead(d, run);
	report_exact(d, run);
	report_slowdown(d, run);
	report_collector(d, run);
	report_programs(d, run);
	report_static(d, run);
	report_ringbuf(d, run);
	report_losscurve(d, run);
	report_matrix(d, run);
	report_skips(d, run, &g);
	reproduce(d, run);
	trial_grid_release(&g);
}

void report_build(struct doc *d, const struct run_file *run)
{
	bool compared = record_has_gate(run->records);

	report_title(d, run);
	if (compared)
		report_gate(d, run);
	equivalent(d, run);
	verdict(d, run);
	cut_short(d, run);
	if (!compared)
		report_summary(d, run);
	/* What a pull request shows is the verdict; who wants to know more unfolds it. */
	if (compared)
		doc_fold(d, 1, "All figures of this run");
	sections(d, run);
	if (compared)
		doc_fold_end(d);
}

/* Table monitor x workload, then mismatches, then accuracy findings. */
static void print_verify(struct json_object *records, FILE *out)
{
	struct run_file run = {.records = records};
	struct trial_grid g;
	struct doc d = {0};

	trial_grid_build(&g, &run);
	report_conformance(&d, &run, &g);
	report_accuracy(&d, &run, &g);
	report_losses(&d, &run, &g);
	report_skips(&d, &run, &g);
	doc_print(&d, out);
	doc_release(&d);
	trial_grid_release(&g);
}

static void print_matrix(struct json_object *records, FILE *out)
{
	struct run_file run = {.records = records};
	struct doc d = {0};

	report_matrix(&d, &run);
	doc_print(&d, out);
	doc_release(&d);
}

bool report_print(const char *name, struct json_object *records, FILE *out)
{
	static const struct {
		const char *measure;
		void (*print)(struct json_object *records, FILE *out);
	} printers[] = {{"verify", print_verify},
			{"compare", report_print_compare},
			{"matrix", print_matrix}};

	for (size_t i = 0; i < ARRAY_SIZE(printers); i++)
		if (!strcmp(printers[i].measure, name)) {
			printers[i].print(records, out);
			return true;
		}
	return false;
}

static const struct {
	const char *reporter, *file;
} written[] = {
	{"markdown", "report.md"},
	{"html", "report.html"},
};

static const struct reporter_ops *find(const char *name)
{
	for (const struct reporter_ops *const *r = reporter_list; *r; r++)
		if (!strcmp((*r)->name, name))
			return *r;
	return NULL;
}

static void on_signal(int sig UNUSED)
{
	_exit(EXIT_INCONCLUSIVE);
}

void report_end_on_signals(void)
{
	/* SIGPIPE stays ignored: lost output is said. */
	stops_catch(on_signal);
}

/* Aside first: half a report would pass for a whole one, and so would two at once. */
static int write_report(const struct run_file *run, const char *name, const char *file)
{
	const struct reporter_ops *reporter = find(name);
	struct outfile out = OUTFILE_INIT;
	struct strbuf path = STRBUF_INIT;
	FILE *f = NULL;
	int err;

	if (!reporter) {
		log_err("this beebench was built without the reporter '%s'", name);
		return -ENOTSUP;
	}
	strbuf_addf(&path, "%s/%s", run->dir, file);
	err = outfile_begin(&out, path.s, 0666);
	if (!err && !(f = fdopen(dup(out.fd), "w")))
		err = -errno;
	if (!err)
		err = reporter->render(run, f);
	if (!err && (fflush(f) || ferror(f)))
		err = errno ? -errno : -EIO;
	if (f && fclose(f) && !err)
		err = -errno;
	err = err ? err : outfile_place(&out);
	outfile_end(&out);
	if (err)
		log_err_sys(err, "cannot write %s (make room, then 'beebench report --write %s')",
			    path.s, run->dir);
	strbuf_release(&path);
	return err;
}

int report_write_all(const char *run_dir)
{
	struct run_file *run = NULL;
	int err, pictures;

	err = run_file_read(&run, run_dir);
	if (err)
		return err;
	pictures = plot_write_all(run, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(written) && !err; i++)
		err = write_report(run, written[i].reporter, written[i].file);
	run_file_release(run);
	return err ? err : pictures;
}
