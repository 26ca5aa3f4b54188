/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every form of one profile has the same totals; a profile differs from itself in nothing. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/log.h"
#include "lib/pack.h"
#include "memprof/report/report.h"
#include "memprof/report/tree.h"
#include "tests/unit/memprof_fixture.h"

static struct report report_of(struct profile *p, size_t value)
{
	struct report r = {.value = value};

	report_side_set(&r.side[0], "a.prof", p, NULL);
	return r;
}

static void release(struct report *r)
{
	report_side_release(&r->side[0]);
	report_side_release(&r->side[1]);
}

/* --- sums of each form --------------------------------------------------------------------------
 */

static uint64_t folded_sum(const char *text)
{
	uint64_t sum = 0;

	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		const char *end = strchr(at, '\n'), *blank = end;

		while (*blank != ' ')
			blank--;
		sum += strtoull(blank + 1, NULL, 10);
	}
	return sum;
}

static uint64_t csv_sum(const char *text)
{
	uint64_t sum = 0;

	/* comm,pid,thread,allocs,bytes: no comm of these has a comma. */
	for (const char *at = strchr(text, '\n') + 1; *at; at = strchr(at, '\n') + 1) {
		const char *cell = at;

		for (int i = 0; i < 4; i++)
			cell = strchr(cell, ',') + 1;
		sum += strtoull(cell, NULL, 10);
	}
	return sum;
}

static uint64_t u64(struct json_object *o, const char *key)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(o, key, &v));
	return json_object_get_uint64(v);
}

static struct json_object *part(struct json_object *o, const char *key)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(o, key, &v));
	return v;
}

static uint64_t json_sum(const char *text, const char *key)
{
	struct json_object *o = json_tokener_parse(text), *stacks = part(o, "stacks");
	uint64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(stacks); i++)
		sum += u64(json_object_array_get_idx(stacks, i), key);
	assert_true(sum == u64(part(o, "totals"), key));
	json_object_put(o);
	return sum;
}

static uint64_t speedscope_sum(const char *text)
{
	struct json_object *o = json_tokener_parse(text);
	struct json_object *first = json_object_array_get_idx(part(o, "profiles"), 0);
	struct json_object *weights = part(first, "weights"), *samples = part(first, "samples");
	size_t frames = json_object_array_length(part(part(o, "shared"), "frames"));
	uint64_t sum = 0;

	assert_int_equal(json_object_array_length(weights), json_object_array_length(samples));
	for (size_t i = 0; i < json_object_array_length(weights); i++) {
		struct json_object *s = json_object_array_get_idx(samples, i);

		sum += json_object_get_uint64(json_object_array_get_idx(weights, i));
		for (size_t k = 0; k < json_object_array_length(s); k++)
			assert_true(json_object_get_uint64(json_object_array_get_idx(s, k)) <
				    frames);
	}
	assert_true(sum == u64(first, "endValue"));
	json_object_put(o);
	return sum;
}

/* Of the figure that the page opens with. */
static uint64_t html_sum(const char *text)
{
	const char *from = strstr(text, "type=\"application/json\">"), *to;
	uint64_t sum = 0, figure;
	struct json_object *o, *nodes;
	char *data;

	assert_non_null(from);
	from = strchr(from, '>') + 1;
	to = strstr(from, "</script>");
	data = strndup(from, (size_t)(to - from));
	assert_null(strchr(data, '<'));
	o = json_tokener_parse(data);
	assert_non_null(o);
	nodes = part(o, "nodes");
	figure = u64(o, "figure");
	for (size_t i = 0; i < json_object_array_length(nodes); i++)
		sum += json_object_get_uint64(
			json_object_array_get_idx(json_object_array_get_idx(nodes, i), 3 + figure));
	json_object_put(o);
	free(data);
	return sum;
}

static void gunzip(const struct strbuf *in, unsigned char *out, size_t *len)
{
	z_stream z = {.next_in = (Bytef *)in->s, .avail_in = (uInt)in->len};

	z.next_out = out;
	z.avail_out = (uInt)*len;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	*len -= z.avail_out;
	inflateEnd(&z);
}

struct pprof {
	uint64_t values[4]; /* sums */
	size_t types, samples, locations, functions, strings;
	uint64_t max_location;
};

static void read_sample(struct pprof *p, struct unpack u)
{
	while (u.at < u.end) {
		uint64_t tag = unpack_varint(&u), len = unpack_varint(&u);
		struct unpack inner = {u.at, u.at + len, false};

		assert_int_equal(tag & 7, 2);
		for (size_t i = 0; inner.at < inner.end && tag >> 3 < 3; i++) {
			uint64_t v = unpack_varint(&inner);

			if (tag >> 3 == 2 && i < 4)
				p->values[i] += v;
			else if (tag >> 3 == 1)
				p->max_location = MAX(p->max_location, v);
		}
		u.at += len;
	}
	assert_false(u.bad);
}

static struct pprof read_pprof(const struct strbuf *gz)
{
	static unsigned char data[1 << 20];
	size_t len = sizeof(data);
	struct pprof p = {0};
	struct unpack u;

	gunzip(gz, data, &len);
	u = (struct unpack){data, data + len, false};
	while (u.at < u.end) {
		uint64_t tag = unpack_varint(&u), v = unpack_varint(&u);

		if ((tag & 7) == 0)
			continue;
		assert_int_equal(tag & 7, 2);
		assert_true(v <= (uint64_t)(u.end - u.at));
		switch (tag >> 3) {
		case 1: p.types++; break;
		case 2:
			p.samples++;
			read_sample(&p, (struct unpack){u.at, u.at + v, false});
			break;
		case 4: p.locations++; break;
		case 5: p.functions++; break;
		case 6:
			assert_true(p.strings || !v);
			p.strings++;
			break;
		default: break;
		}
		u.at += v;
	}
	assert_false(u.bad);
	assert_true(p.max_location == p.locations);
	return p;
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void same_totals(void **state UNUSED)
{
	struct report r = report_of(fixture_profile(), VALUE_BYTES);
	uint64_t (*const sums[])(const char *) = {folded_sum, csv_sum, speedscope_sum, html_sum};
	int (*const renders[])(const struct report *, struct strbuf *) = {
		report_folded, report_csv, report_speedscope, report_html};
	struct strbuf text = STRBUF_INIT;
	struct pprof pprof;

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		strbuf_reset(&text);
		assert_int_equal(renders[i](&r, &text), 0);
		assert_int_equal(sums[i](text.s), FIXTURE_BYTES);
	}
	strbuf_reset(&text);
	assert_int_equal(report_json(&r, &text), 0);
	assert_int_equal(json_sum(text.s, "bytes"), FIXTURE_BYTES);
	assert_int_equal(json_sum(text.s, "allocs"), 119);
	assert_int_equal(json_sum(text.s, "live_bytes"), 1240);
	strbuf_reset(&text);
	assert_int_equal(report_pprof(&r, &text), 0);
	pprof = read_pprof(&text);
	assert_int_equal(pprof.values[0], 119);
	assert_int_equal(pprof.values[1], FIXTURE_BYTES);
	assert_int_equal(pprof.values[2], 20);
	assert_int_equal(pprof.values[3], 1240);
	assert_int_equal(pprof.types, 4);
	strbuf_release(&text);
	release(&r);
}

static void every_figure(void **state UNUSED)
{
	for (size_t value = 0; value < REPORT_VALUES; value++) {
		struct report r = report_of(fixture_profile(), value);
		uint64_t want = report_value_of(value, &r.side[0].p->total);
		struct strbuf text = STRBUF_INIT;

		report_folded(&r, &text);
		assert_int_equal(folded_sum(text.s), want);
		strbuf_reset(&text);
		report_speedscope(&r, &text);
		assert_int_equal(speedscope_sum(text.s), want);
		strbuf_reset(&text);
		report_html(&r, &text);
		assert_int_equal(html_sum(text.s), want);
		strbuf_release(&text);
		release(&r);
	}
}

static void split_changes_no_total(void **state UNUSED)
{
	for (int split = SPLIT_NONE; split <= SPLIT_THREAD; split++) {
		struct report r = report_of(fixture_profile(), VALUE_BYTES);
		struct strbuf text = STRBUF_INIT;

		r.split = (enum report_split)split;
		report_folded(&r, &text);
		assert_int_equal(folded_sum(text.s), FIXTURE_BYTES);
		if (split == SPLIT_THREAD)
			assert_non_null(strstr(text.s, "server (4711);thread loader (4712);"));
		strbuf_release(&text);
		release(&r);
	}
}

static void tree_adds_up(void **state UNUSED)
{
	struct report r = report_of(fixture_profile(), VALUE_BYTES);
	struct tree_function *functions;
	uint64_t self = 0;
	struct tree t;

	tree_of(&t, &r);
	assert_int_equal(t.nodes[0].all[0][VALUE_BYTES], FIXTURE_BYTES);
	functions = tree_functions(&t);
	for (size_t i = 0; i < t.names.n; i++) {
		self += functions[i].self[0][VALUE_BYTES];
		if (!strcmp(t.names.v[i], "work"))
			assert_int_equal(functions[i].all[0][VALUE_BYTES], 6640);
	}
	assert_int_equal(self, FIXTURE_BYTES);
	free(functions);
	tree_release(&t);
	release(&r);
}

/* f calls itself: what it has, with what it calls, counts once. */
static void recursion_counts_once(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	uint32_t frames[3];
	struct tree_function *functions;
	struct report r;
	struct tree t;

	for (uint32_t i = 0; i < 3; i++)
		frames[i] = profile_frame_at(p, PROFILE_NONE, 0x1000 + i, 0, "f");
	profile_add_stack(p, &(struct profile_stack){.process = PROFILE_NONE,
						     .frames = frames,
						     .nframes = 3,
						     .values = {.allocs = 1, .bytes = 10}});
	r = report_of(p, VALUE_BYTES);
	tree_of(&t, &r);
	functions = tree_functions(&t);
	assert_int_equal(t.names.n, 1);
	assert_int_equal(functions[0].all[0][VALUE_BYTES], 10);
	free(functions);
	tree_release(&t);
	release(&r);
}

static void nothing_differs_from_itself(void **state UNUSED)
{
	struct report r = report_of(fixture_profile(), VALUE_BYTES);
	struct strbuf text = STRBUF_INIT;
	const char *at = NULL;
	int n = 0;

	report_side_set(&r.side[1], "b.prof", fixture_profile(), NULL);
	r.views = "all";
	assert_int_equal(report_text(&r, &text), 0);
	for (at = text.s; (at = strstr(at, "no difference\n")); at++)
		n++;
	assert_int_equal(n, 3);
	strbuf_release(&text);
	release(&r);
}

static void difference_is_signed(void **state UNUSED)
{
	struct profile *more = fixture_profile();
	struct report r = report_of(fixture_profile(), VALUE_BYTES);
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;

	profile_add_values(more, 0, &(struct profile_values){.bytes = 2048, .allocs = 2});
	report_side_set(&r.side[1], "b.prof", more, NULL);
	report_json(&r, &text);
	o = json_tokener_parse(text.s);
	assert_int_equal(u64(part(o, "difference"), "bytes"), 2048);
	json_object_put(o);
	strbuf_reset(&text);
	report_text(&r, &text);
	assert_non_null(strstr(text.s, "+2 KiB (5.86 KiB to 7.86 KiB)"));
	release(&r);
	/* And the other way round. */
	more = fixture_profile();
	profile_add_values(more, 0, &(struct profile_values){.bytes = 2048, .allocs = 2});
	r = report_of(more, VALUE_BYTES);
	report_side_set(&r.side[1], "b.prof", fixture_profile(), NULL);
	strbuf_reset(&text);
	report_text(&r, &text);
	assert_non_null(strstr(text.s, "-2 KiB (7.86 KiB to 5.86 KiB)"));
	strbuf_release(&text);
	release(&r);
}

static void unknown_is_no_zero(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_COUNTS, 0, "test");
	struct strbuf text = STRBUF_INIT;
	struct report r;

	profile_add_stack(p, &(struct profile_stack){.process = PROFILE_NONE,
						     .flags = PROFILE_STACK_OTHER,
						     .values = {.allocs = 7, .bytes = 700}});
	r = report_of(p, VALUE_BYTES);
	report_json(&r, &text);
	assert_non_null(strstr(text.s, "\"live_bytes\":null"));
	assert_non_null(strstr(text.s, "\"temporary\":null"));
	strbuf_reset(&text);
	report_pprof(&r, &text);
	assert_int_equal(read_pprof(&text).types, 2);
	strbuf_reset(&text);
	report_csv(&r, &text);
	assert_non_null(strstr(text.s, ",,,7,700,,,,,,,,[no stack kept]\n"));
	strbuf_release(&text);
	release(&r);
}

/* Of no allocations pprof's reader wants a sample all the same. */
static void empty_profile(void **state UNUSED)
{
	struct report r = report_of(profile_new(PROFILE_EXACT, 0, "test"), VALUE_BYTES);
	struct strbuf text = STRBUF_INIT;

	report_pprof(&r, &text);
	assert_int_equal(read_pprof(&text).samples, 1);
	for (const struct report_format *f = report_formats; f->name; f++) {
		strbuf_reset(&text);
		assert_int_equal(f->render(&r, &text), 0);
	}
	strbuf_release(&text);
	release(&r);
}

/* 100 samples of 64 KiB at 512 KiB: p = 1 - e^-1/8; the error by hand. */
static void errors_from_theory(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_SAMPLED, 524288, "run");
	double taken = 1 - exp(-0.125), error;
	struct profile_stack s = {.process = PROFILE_NONE, .flags = PROFILE_STACK_OTHER};
	struct profile_weights w = {0};
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;
	struct report r;

	for (int i = 0; i < 100; i++)
		profile_weigh(&w, 65536, p->rate);
	profile_weights_allocs(&w, &s.values);
	profile_add_stack(p, &s);
	r = report_of(p, VALUE_BYTES);
	report_json(&r, &text);
	o = json_tokener_parse(text.s);
	error = json_object_get_double(part(part(part(o, "totals"), "errors"), "bytes"));
	assert_true(fabs(error / (1.96 * 65536 * sqrt(100 * (1 - taken)) / taken) - 1) < 1e-9);
	assert_int_equal(u64(part(o, "totals"), "bytes"), (uint64_t)(100 * 65536 / taken + 0.5));
	json_object_put(o);
	strbuf_release(&text);
	release(&r);
}

static void hostile_names(void **state UNUSED)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	uint32_t f = profile_frame_at(p, PROFILE_NONE, 1, 0,
				      "</script>\x1b[2J;a\nb\xff \xe2\x80\xae<!--");
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;
	struct report r;

	profile_add_stack(p, &(struct profile_stack){.process = PROFILE_NONE,
						     .frames = &f,
						     .nframes = 1,
						     .values = {.allocs = 1, .bytes = 10}});
	r = report_of(p, VALUE_BYTES);
	report_folded(&r, &text);
	assert_int_equal(folded_sum(text.s), 10);
	assert_null(strchr(text.s, '\x1b'));
	assert_null(strchr(text.s, ';'));
	strbuf_reset(&text);
	report_html(&r, &text);
	assert_int_equal(html_sum(text.s), 10);
	strbuf_reset(&text);
	report_json(&r, &text);
	o = json_tokener_parse(text.s);
	assert_non_null(o);
	json_object_put(o);
	strbuf_reset(&text);
	report_text(&r, &text);
	assert_null(strchr(text.s, '\x1b'));
	assert_null(strstr(text.s, "\xe2\x80\xae"));
	strbuf_release(&text);
	release(&r);
}

/* Names that somebody else could have written are not used, and that is said. */
static void names_that_are_not_believed(void **state UNUSED)
{
	char folder[] = "/tmp/u_memprof_report.XXXXXX", path[64], said[200];
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	struct strbuf text = STRBUF_INIT;
	struct json_object *o;
	struct report r = {.value = VALUE_BYTES};

	assert_non_null(mkdtemp(folder));
	for (uint32_t pid = 7; pid < 9; pid++) {
		uint32_t process = profile_add_process(p, &(struct profile_process){.pid = pid});

		profile_frame_at(p, process, 0x1000, 0, NULL);
		snprintf(path, sizeof(path), "%s/perf-%u.map", folder, pid);
		assert_int_equal(symlink("elsewhere", path), 0);
	}
	report_side_set(&r.side[0], "a.prof", p, &(struct symbols_options){.jit_folder = folder});
	report_text(&r, &text);
	snprintf(said, sizeof(said),
		 "\n  2 lists of JIT compilers' names are not believed; the first: "
		 "%s/perf-7.map: it is a link\n",
		 folder);
	assert_non_null(strstr(text.s, said));
	strbuf_reset(&text);
	report_json(&r, &text);
	o = json_tokener_parse(text.s);
	assert_int_equal(u64(part(o, "symbols"), "refused_jit_lists"), 2);
	json_object_put(o);
	strbuf_release(&text);
	release(&r);
	for (uint32_t pid = 7; pid < 9; pid++) {
		snprintf(path, sizeof(path), "%s/perf-%u.map", folder, pid);
		unlink(path);
	}
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_totals),
		cmocka_unit_test(every_figure),
		cmocka_unit_test(split_changes_no_total),
		cmocka_unit_test(tree_adds_up),
		cmocka_unit_test(recursion_counts_once),
		cmocka_unit_test(nothing_differs_from_itself),
		cmocka_unit_test(difference_is_signed),
		cmocka_unit_test(unknown_is_no_zero),
		cmocka_unit_test(empty_profile),
		cmocka_unit_test(errors_from_theory),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(names_that_are_not_believed),
	};

	log_init("u_memprof_report", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
