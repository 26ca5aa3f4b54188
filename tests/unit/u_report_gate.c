/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is said of a comparison: verdicts, both monitors side by side, exchanged programs,
 * annotations, and the data of the picture. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/plugin.h"
#include "harness/report/plot.h"
#include "harness/report/record_pair.h"
#include "harness/report/report.h"
#include "harness/result.h"

extern const struct reporter_ops reporter_github, reporter_junit, reporter_markdown;

#define GATE(lane, subject, status, verdict, figures, reason)                                      \
	"{\"type\":\"gate\",\"a\":\"old\",\"b\":\"new\",\"lane\":\"" lane                          \
	"\",\"subject\":" subject ",\"status\":\"" status "\",\"verdict\":\"" verdict              \
	"\"," figures "\"reason\":\"" reason "\"}"
#define FIGURES(value, low, high, limit, unit)                                                     \
	"\"value\":" value ",\"low\":" low ",\"high\":" high ",\"limit\":" limit                   \
	",\"base\":30,\"unit\":\"" unit "\","

#define PASS                                                                                       \
	GATE("exact", "\"brk\"", "ok", "pass", FIGURES("0", "0", "0", "0", "instructions"),        \
	     "the same")                                                                           \
	"," GATE("exact", "null", "ok", "pass", "", "all paths are the same") "," GATE(            \
		"all", "null", "ok", "pass", "", "B is not dearer")
#define REGRESSION                                                                                 \
	GATE("time", "\"brk\"", "fail", "regression", FIGURES("5", "4", "6", "1", "ns"),           \
	     "50 % more:\\nsee docs")                                                              \
	"," GATE("time", "null", "fail", "regression", "",                                         \
		 "brk is dearer") "," GATE("all", "null", "fail", "regression", "", "B is dearer")
#define INCONCLUSIVE                                                                               \
	GATE("time", "\"brk\"", "ok", "inconclusive", FIGURES("1", "0", "2", "1", "ns"),           \
	     "not decided")                                                                        \
	"," GATE("all", "null", "ok", "inconclusive", "", "not decided within the budget")
#define ENVIRONMENT                                                                                \
	GATE("exact", "null", "void", "environment", "", "no QEMU")                                \
	"," GATE("all", "null", "void", "environment", "", "the exact lane could not be run")

/* A run of the records in @json, without the brackets, that came to its end. */
static struct run_file *make_run(const char *json)
{
	struct run_file *r = calloc(1, sizeof(*r));
	struct strbuf array = STRBUF_INIT;

	assert_non_null(r);
	strbuf_addf(&array, "[%s]", json);
	r->header = json_tokener_parse("{\"type\":\"run\",\"schema\":1,\"id\":\"the-id\"}");
	r->records = json_tokener_parse(array.s);
	r->end = json_tokener_parse("{\"type\":\"end\",\"status\":\"ok\"}");
	r->dir = strdup("/nonexistent");
	assert_non_null(r->records);
	strbuf_release(&array);
	return r;
}

static const struct doc_block *find_text(const struct doc *d, const char *part)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct doc_block *b = &d->blocks[i];

		if (b->text && strstr(b->text, part))
			return b;
		for (size_t c = 0; c < b->ncells; c++)
			if (strstr(doc_cell_at(b, c).text, part))
				return b;
	}
	return NULL;
}

/* What @reporter makes of @json; the caller frees it. */
static char *rendered(const struct reporter_ops *reporter, const char *json)
{
	struct run_file *r = make_run(json);
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(reporter->render(r, f), 0);
	assert_int_equal(fclose(f), 0);
	run_file_release(r);
	return text;
}

#define EXPECT_GITHUB(want, json)                                                                  \
	do {                                                                                       \
		char *text = rendered(&reporter_github, json);                                     \
		assert_string_equal(text, want);                                                   \
		free(text);                                                                        \
	} while (0)

static void test_github(void **state UNUSED)
{
	EXPECT_GITHUB("::notice title=beebench%3A pass (new against old)::B is not dearer\n", PASS);
	EXPECT_GITHUB("::error title=regression%3A time%2C brk::50 %25 more:%0Asee docs\n"
		      "::notice title=beebench%3A regression (new against old)::B is dearer\n",
		      REGRESSION);
	EXPECT_GITHUB("::warning title=inconclusive%3A time%2C brk::not decided\n"
		      "::notice title=beebench%3A inconclusive (new against old)::not decided "
		      "within the budget\n",
		      INCONCLUSIVE);
	/* A lane that could not be run at all has nothing but its own record. */
	EXPECT_GITHUB("::warning title=environment%3A the exact lane::no QEMU\n"
		      "::notice title=beebench%3A environment (new against old)::the exact lane "
		      "could not be run\n",
		      ENVIRONMENT);
	/* Errors before warnings; what is wrong is named where there is no reason. */
	EXPECT_GITHUB(
		"::error title=fail%3A equivalence of a and b beside w::brk_count differs\n"
		"::error title=fail%3A bulk 8 B%2C own::records are unaccounted for\n"
		"::warning title=void%3A sharp of a at brk::two loads differ\n",
		"{\"type\":\"sharp\",\"status\":\"void\",\"monitor\":\"a\",\"event\":\"brk\","
		"\"reason\":\"two loads differ\"},"
		"{\"type\":\"equivalence\",\"status\":\"fail\",\"a\":\"a\",\"b\":\"b\","
		"\"workload\":"
		"\"w\",\"kept\":[{\"text\":\"brk_count differs\"},{\"text\":\"second\"}]},"
		"{\"type\":\"ringbuf\",\"mode\":\"bulk\",\"record_bytes\":8,\"consumer\":\"own\","
		"\"accounted\":false}");
	EXPECT_GITHUB("", "{\"type\":\"overhead\",\"status\":\"skip\",\"reason\":\"no bpftrace\"}");
}

/* The testcase in @text with that name, up to the next; empty when there is none. */
static const char *testcase(const char *text, const char *name)
{
	static char found[512];
	const char *at = strstr(text, name), *next;

	found[0] = '\0';
	if (!at)
		return found;
	at += strlen(name);
	next = strstr(at, "<testcase");
	snprintf(found, sizeof(found), "%.*s", next ? (int)(next - at) : 400, at);
	return found;
}

static void test_junit(void **state UNUSED)
{
	char *text = rendered(&reporter_junit, REGRESSION);

	assert_string_equal(testcase(text, "<testcase classname=\"gate.time\" name=\"time, brk\""),
			    " time=\"0.000\">\n"
			    "      <failure message=\"50 % more: see docs\">"
			    "B less A: 5 [4, 6] ns, at most 1; A: 30\n</failure>\n"
			    "    </testcase>\n    ");
	assert_non_null(strstr(text, "name=\"gate\" timestamp=\"\" tests=\"3\" failures=\"3\" "
				     "errors=\"0\" skipped=\"0\""));
	free(text);
	text = rendered(&reporter_junit, INCONCLUSIVE);
	assert_string_equal(testcase(text, "classname=\"gate.time\" name=\"time, brk\""),
			    " time=\"0.000\">\n      <skipped message=\"not decided\"/>\n"
			    "    </testcase>\n    ");
	assert_non_null(strstr(text, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"2\""));
	free(text);
	text = rendered(&reporter_junit, ENVIRONMENT);
	assert_string_equal(testcase(text, "name=\"the exact lane\""),
			    " time=\"0.000\">\n      <error message=\"no QEMU\"/>\n"
			    "    </testcase>\n    ");
	free(text);
	text = rendered(&reporter_junit, PASS);
	assert_string_equal(testcase(text, "name=\"exact, brk\""), " time=\"0.000\"/>\n    ");
	free(text);
}

/* The verdict stands in the heading; what a pull request need not show at once is folded. */
static void test_markdown(void **state UNUSED)
{
	static const char top[] =
		"# beebench: pass (new against old)\n\nB is not dearer\n\n"
		"| lane | verdict | why |\n| --- | --- | --- |\n"
		"| exact | pass | all paths are the same |\n\n"
		"Nothing that was counted or timed differs.\n\n"
		"<details><summary>1 more, equal in A and B or without a figure</summary>\n\n"
		"| lane | of | A | B less A | at most | unit | verdict |\n"
		"| --- | --- | ---: | ---: | ---: | --- | --- |\n"
		"| exact | brk | 30 | 0 | 0 | instructions | pass |\n\n</details>\n\n"
		"<details><summary>All figures of this run</summary>\n\n";
	char *text = rendered(&reporter_markdown, PASS);

	assert_int_equal(strncmp(text, top, sizeof(top) - 1), 0);
	assert_non_null(strstr(text, "\n</details>\n"));
	free(text);
	text = rendered(&reporter_markdown, REGRESSION);
	assert_non_null(strstr(text, "# beebench: regression (new against old)\n\n"
				     "**B is dearer**\n\n"));
	assert_non_null(strstr(text, "| time | brk | 30 | +5.0 \\[4.0, 6.0\\] | 1 | ns | "
				     "**regression** |\n"));
	assert_non_null(strstr(text, "<details><summary>Reasons</summary>\n\n"
				     "- time, brk: 50 % more: see docs\n\n</details>\n"));
	free(text);
}

/* `gate` records are not checks of their own, and without them the heading is the run's name. */
static void test_titles(void **state UNUSED)
{
	static const struct {
		const char *json, *title, *next;
	} cases[] = {
		{"", "beebench: the-id", "Nothing was judged in this run."},
		{REGRESSION, "beebench: regression (new against old)", "B is dearer"},
		{"{\"type\":\"gate\",\"lane\":\"all\",\"a\":\"x/m.o\",\"b\":\"y/n.o\",\"verdict\":"
		 "\"pass\"}",
		 "beebench: pass (n.o against m.o)", "no reason given"},
		{"{\"type\":\"gate\",\"lane\":\"all\",\"a\":\"x/m.o\",\"b\":\"y/m.o\",\"verdict\":"
		 "\"pass\"}",
		 "beebench: pass (y/m.o against x/m.o)", "no reason given"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_file *r = make_run(cases[i].json);
		struct doc d = {0};

		report_build(&d, r);
		assert_string_equal(d.blocks[0].text, cases[i].title);
		assert_string_equal(d.blocks[1].text, cases[i].next);
		assert_null(find_text(&d, "FAILED"));
		doc_release(&d);
		run_file_release(r);
	}
}

/* Two comparisons in a run: each has its part, and what is said tells which is meant. */
static void test_two(void **state UNUSED)
{
	static const char json[] =
		PASS ",{\"type\":\"gate\",\"a\":\"v1/c\",\"b\":\"v2/c\",\"lane\":\"time\","
		     "\"subject\":\"brk\",\"verdict\":\"inconclusive\",\"reason\":\"why\"},"
		     "{\"type\":\"gate\",\"a\":\"v1/c\",\"b\":\"v2/c\",\"lane\":\"all\","
		     "\"verdict\":\"inconclusive\",\"reason\":\"late\"}";
	struct run_file *r = make_run(json);
	struct pairs pairs;
	struct doc d = {0};

	pairs_find(&pairs, r->records);
	assert_int_equal(pairs.n, 2);
	assert_string_equal(pairs.v[1].name[1], "v2/c");
	pairs_release(&pairs);
	report_build(&d, r);
	assert_string_equal(d.blocks[0].text, "beebench: inconclusive (2 comparisons)");
	assert_string_equal(d.blocks[1].text, "new against old: pass");
	assert_non_null(find_text(&d, "v2/c against v1/c: inconclusive"));
	assert_non_null(find_text(&d, "c: time, brk: why"));
	doc_release(&d);
	run_file_release(r);
	EXPECT_GITHUB("::warning title=inconclusive%3A c%3A time%2C brk::why\n"
		      "::notice title=beebench%3A pass (new against old)::B is not dearer\n"
		      "::notice title=beebench%3A inconclusive (v2/c against v1/c)::late\n",
		      json);
}

#define INTERVAL(centre, low, high)                                                                \
	"{\"centre\":" centre ",\"low\":" low ",\"high\":" high ",\"one_load_low\":-3,"            \
	"\"one_load_high\":13,\"cut_ns\":3900,\"cycles\":{\"centre\":15,\"low\":14,\"high\":16}}"
#define SHARP(event, status, more)                                                                 \
	"{\"type\":\"sharp\",\"event\":\"" event "\",\"status\":\"" status                         \
	"\",\"monitor\":\"old\","                                                                  \
	"\"a_ns\":" INTERVAL("30", "29", "31") ",\"aa_ns\":" INTERVAL("0", "-0.5", "0.5") more "}"
#define PAIR(event, status, more)                                                                  \
	SHARP(event, status,                                                                       \
	      ",\"other\":\"new\",\"b_ns\":" INTERVAL("35", "34", "36") ",\"diff_ns\":" INTERVAL(  \
		      "5", "4",                                                                    \
		      "6") ",\"ratio\":{\"centre\":1.17,\"low\":1.13,\"high\":1.2},"               \
			   "\"margin_ns\":1,\"alpha\":0.001,\"verdict\":\"beyond\"" more)

static void test_exchange(void **state UNUSED)
{
	struct run_file *r = make_run(SHARP("mmap", "ok", "") "," PAIR(
		"brk", "ok",
		",\"shift_diff_ns\":{\"p50\":-0.04,\"p90\":5.5,\"p99\":7,\"p99_9\":null},"
		"\"arms\":[{\"cut_tight\":1,\"cut_loose\":0,\"records\":0},{\"cut_tight\":"
		"2000,\"cut_loose\":1,\"records\":7}]") "," PAIR("mmap", "void",
								 ",\"reason\":\"A again differs\","
								 "\"warnings\":[\"few loads\"]"));
	const struct doc_block *t;
	struct doc d = {0};

	report_build(&d, r);
	assert_string_equal(find_text(&d, "against old (A)")->text, "new (B) against old (A)");
	/* Eight columns of a pair: event, A, B, B less A, B over A, margin, A/A, verdict. */
	t = find_text(&d, "+5.0 [4.0, 6.0]");
	assert_int_equal(t->ncolumns, 8);
	assert_string_equal(doc_cell_at(t, 8).text, "brk");
	assert_string_equal(doc_cell_at(t, 9).text, "30.0 [29.0, 31.0]");
	assert_string_equal(doc_cell_at(t, 12).text, "1.170 [1.130, 1.200]");
	assert_string_equal(doc_cell_at(t, 14).text, "0.0 [-0.5, 0.5]");
	assert_string_equal(doc_cell_at(t, 15).text, "beyond");
	assert_int_equal(doc_cell_at(t, 15).tone, TONE_BAD);
	/* What is void has no verdict on the margin. */
	assert_string_equal(doc_cell_at(t, 23).text, "void");
	assert_string_equal(find_text(&d, "is void:")->text, "mmap is void: A again differs");
	assert_non_null(find_text(&d, "mmap: few loads"));
	assert_null(find_text(&d, "-0.0"));
	assert_non_null(find_text(&d, "[-3, 13]"));
	assert_non_null(find_text(&d, "15.0 [14.0, 16.0]"));
	assert_non_null(find_text(&d, "empty 1/0, A 2,000/1"));
	t = find_text(&d, "B against A");
	assert_int_equal(t->ncolumns, 6);
	assert_string_equal(doc_cell_at(t, t->ncolumns + 3).text, "+5.5");
	assert_string_equal(doc_cell_at(t, t->ncolumns + 5).text, "-");
	doc_release(&d);
	run_file_release(r);
}

#define EXACT(monitor, path, added)                                                                \
	"{\"type\":\"exact\",\"kernel\":\"6.12.1-x\",\"monitor\":\"" monitor "\",\"path\":\"" path \
	"\",\"status\":\"ok\",\"added\":" added "}"

/* Both lanes in one table, by path; of two monitors of one name the first record is A's. */
static void test_lanes(void **state UNUSED)
{
	struct run_file *r = make_run(
		PASS "," EXACT("old", "brk", "700") "," EXACT("new", "brk", "715") "," EXACT(
			"old", "other", "96") "," EXACT("new", "other", "null") "," PAIR("brk",
											 "ok", ""));
	const struct doc_block *t;
	struct strbuf sb = STRBUF_INIT;
	struct doc d = {0};
	struct pairs pairs;

	report_build(&d, r);
	t = find_text(&d, "instructions (6.12): A");
	assert_int_equal(t->ncolumns, 7);
	assert_int_equal(t->ncells, 21);
	assert_string_equal(doc_cell_at(t, 7).text, "brk");
	assert_string_equal(doc_cell_at(t, 8).text, "700");
	assert_string_equal(doc_cell_at(t, 10).text, "+15");
	assert_string_equal(doc_cell_at(t, 13).text, "+5.0 [4.0, 6.0]");
	assert_string_equal(doc_cell_at(t, 17).text, "-");
	assert_string_equal(doc_cell_at(t, 20).text, "-");
	/* The picture: the event, then the path that both have a figure for. */
	assert_true(plot_has_data("lanes", r));
	assert_int_equal(plot_data("lanes", r, &sb), 3);
	assert_non_null(strstr(sb.s, "\"time\" B-A low high A/A low high margin event\n"
				     "0 5 4 6 0 -0.5 0.5 1 \"brk\"\n\n\n\"old\" added path\n"
				     "0 700 \"brk\"\n\n\n\"new\" added path\n0 715 \"brk\"\n"));
	strbuf_release(&sb);
	doc_release(&d);
	run_file_release(r);

	r = make_run("{\"type\":\"equivalence\",\"a\":\"m\",\"b\":\"m\"}," EXACT(
		"m", "brk", "1") "," EXACT("m", "brk", "2"));
	pairs_find(&pairs, r->records);
	assert_int_equal(pairs.n, 1);
	assert_true(pair_added(&pairs.v[0], 0, "6.12.1-x", "brk") == 1);
	assert_true(pair_added(&pairs.v[0], 1, "6.12.1-x", "brk") == 2);
	pairs_release(&pairs);
	run_file_release(r);
	r = make_run("");
	assert_false(plot_has_data("lanes", r));
	run_file_release(r);
}

/* Records with nothing but their type, and with words where numbers should be. */
static void test_bare(void **state UNUSED)
{
	static const char *const json[] = {
		"{\"type\":\"gate\"},{\"type\":\"sharp\"},{\"type\":\"static\"}",
		"{\"type\":\"gate\",\"lane\":\"all\"},{\"type\":\"sharp\",\"other\":\"b\"},"
		"{\"type\":\"exact\"},{\"type\":\"equivalence\"}",
		"{\"type\":\"gate\",\"lane\":7,\"subject\":\"x\",\"value\":\"y\",\"low\":[]},"
		"{\"type\":\"sharp\",\"other\":\"b\",\"arms\":[{},{},{},{},{}],\"diff_ns\":7}",
	};
	static const struct reporter_ops *const reporters[] = {&reporter_github, &reporter_junit,
							       &reporter_markdown};

	for (size_t i = 0; i < ARRAY_SIZE(json); i++) {
		struct run_file *r = make_run(json[i]);
		struct strbuf sb = STRBUF_INIT;
		struct doc d = {0};

		for (size_t k = 0; k < ARRAY_SIZE(reporters); k++)
			free(rendered(reporters[k], json[i]));
		report_build(&d, r);
		for (size_t b = 0; b < d.n; b++)
			if (d.blocks[b].kind == DOC_TABLE)
				assert_int_equal(d.blocks[b].ncells % d.blocks[b].ncolumns, 0);
		plot_data("lanes", r, &sb);
		strbuf_release(&sb);
		doc_release(&d);
		run_file_release(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_github),	 cmocka_unit_test(test_junit),
		cmocka_unit_test(test_markdown), cmocka_unit_test(test_titles),
		cmocka_unit_test(test_exchange), cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_bare),	 cmocka_unit_test(test_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
