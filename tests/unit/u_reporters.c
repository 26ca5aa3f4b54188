/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Issue 13, number 21: beebench reads and reports whatever it writes. Every type of record, also
 * one that was skipped or is void, goes through the file and through every reporter; so does one
 * whose fields are missing, null or of another kind.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/plugin.h"
#include "harness/record.h"
#include "harness/record_put.h"
#include "harness/report/plot.h"
#include "harness/report/report.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/names.h"
#include "lib/strbuf.h"

static char dir[] = "/tmp/u_reporters.XXXXXX";
static char path[64];
static char said[4096];

static void hear(void *arg UNUSED, enum log_level level, const char *line)
{
	if (level == LOG_ERROR)
		snprintf(said, sizeof(said), "%s", line);
}

static int set_up(void **state UNUSED)
{
	said[0] = '\0';
	log_capture(hear, NULL);
	return 0;
}

/* One record of each type, with figures; made of the fixtures where they have one. */
static struct json_object *samples(void)
{
	static const char *const files[] = {"tests/fixtures/runs/full", "tests/fixtures/runs/gate"};
	static const char *const others[] = {
		"{\"type\":\"equivalence\",\"a\":\"x\",\"b\":\"y\",\"workload\":\"mmap\","
		"\"status\":"
		"\"fail\",\"verdict\":\"different\",\"keys\":1,\"counters\":9,\"events\":3,"
		"\"differences\":1,\"kept\":[{\"what\":\"key\",\"field\":\"\",\"key\":4,\"a\":1,"
		"\"b\":2,\"text\":\"key "
		"4\"}],\"allowed\":[\"clock\"],\"lost_a\":0,\"lost_b\":null}",
		"{\"type\":\"base\",\"revision\":\"v1\",\"commit\":\"1225cd5\",\"why\":\"w\","
		"\"monitors\":[{\"monitor\":\"x\",\"file\":\"o/x.bpf.o\"}]}",
		"{\"type\":\"cell\",\"monitor\":\"x\",\"kernel\":\"6.12/arm64\",\"processor\":"
		"\"arm64\",\"release\":\"6.12.1\",\"status\":\"fail\",\"loads\":true,\"verdict\":"
		"\"mismatch\",\"trials\":5,\"added\":{\"mmap\":600},\"instructions\":{\"mmap\":"
		"null},\"finding\":\"beside mmap: f\",\"key\":\"0\"}",
		"{\"type\":\"agreement\",\"kernel\":\"6.12\",\"monitor\":\"x\",\"path\":\"mmap\","
		"\"status\":\"fail\",\"runs\":2,\"instructions\":602,\"values\":[{"
		"\"instructions\":602,\"runs\":1,\"first_run\":\"a\"},{\"instructions\":603,"
		"\"runs\":1,\"first_run\":\"b\"}]}",
		"{\"type\":\"combined\",\"monitor\":\"x\",\"event\":\"mmap\",\"machines\":2,"
		"\"runs\":3,\"added_ns\":{\"centre\":2,\"low\":1,\"high\":3,\"confidence\":0.95},"
		"\"between_machines_sd_ns\":1.5,\"heterogeneity_pct\":null}",
		"{\"type\":\"suite\",\"suite\":\"s\",\"measure\":\"verify\",\"monitors\":[\"x\"]}",
		"{\"type\":\"calibrate\",\"part\":\"aa\",\"status\":\"ok\",\"whole\":true,"
		"\"seconds\":"
		"3,\"figures\":[{\"figure\":\"f\",\"target\":\"t\",\"measured\":\"m\",\"value\":1,"
		"\"low\":0,\"high\":2,\"unit\":\"ns\",\"n\":3,\"reached\":true}],\"false_alarms\":"
		"{\"centre\":0,\"low\":0,\"high\":0.1,\"confidence\":0.95},\"runs\":[{\"void\":"
		"null,"
		"\"verdict\":\"within\",\"seconds\":1,\"margin_ns\":1,\"aa_ns\":{\"centre\":0,"
		"\"low\":"
		"-1,\"high\":1,\"confidence\":0.95},\"diff_ns\":{\"centre\":0,\"low\":-1,\"high\":"
		"1,"
		"\"confidence\":0.95}}],\"slope\":{\"centre\":3,\"low\":2.9,\"high\":3.1,"
		"\"confidence\":0.95},\"coverage\":{\"centre\":0.95,\"low\":0.9,\"high\":1,"
		"\"confidence\":0.95},\"estimators\":[{\"name\":\"e\",\"ns\":2}]}",
	};
	struct json_object *list = json_object_new_array(), *o;
	struct names seen = {0};

	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		struct run_file *r = NULL;

		assert_int_equal(run_file_read(&r, files[f]), 0);
		record_foreach (r->records, o) {
			size_t before = seen.n;

			names_add(&seen, record_str(o, "type", "?"));
			if (seen.n > before) {
				/* A run's records, and their strings, do not outlive it. */
				struct json_object *copy = record_unpacked(o);

				json_object_array_add(
					list, json_tokener_parse(json_object_to_json_string(copy)));
				json_object_put(copy);
			}
		}
		run_file_release(r);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		o = json_tokener_parse(others[i]);
		assert_non_null(o);
		json_object_array_add(list, o);
	}
	names_release(&seen);
	return list;
}

/* All reporters, the pictures' data, what measures print. */
static void report(const struct run_file *r)
{
	for (const struct reporter_ops *const *rep = reporter_list; *rep; rep++) {
		char *text = NULL;
		size_t size = 0;
		FILE *f = open_memstream(&text, &size);

		assert_non_null(f);
		assert_int_equal((*rep)->render(r, f), 0);
		fclose(f);
		assert_true(size > 0);
		free(text);
	}
	for (const char *const *name = plot_names; *name; name++) {
		struct strbuf data = STRBUF_INIT;

		if (plot_has_data(*name, r))
			assert_true(plot_data(*name, r, &data) >= 0);
		strbuf_release(&data);
	}
	for (const struct measure_ops *const *m = measure_list; *m; m++) {
		char *text = NULL;
		size_t size = 0;
		FILE *f = open_memstream(&text, &size);

		assert_non_null(f);
		if (!report_print((*m)->name, r->records, f) && (*m)->print)
			(*m)->print(r->records, f);
		fclose(f);
		free(text);
	}
}

/* The docs name no type that is not fed here. */
static void every_type_is_there(void **state UNUSED)
{
	struct json_object *all = samples(), *o;
	struct strbuf docs = STRBUF_INIT;
	size_t found = 0;

	assert_int_equal(strbuf_read_file(&docs, "docs/results.md"), 0);
	for (const char *at = docs.s; (at = strstr(at, "\n## `")); at++) {
		const char *name = at + 5;
		size_t len = strcspn(name, "`");
		bool is_there = !strncmp(name, "run`", 4) || !strncmp(name, "end`", 4);

		record_foreach (all, o) {
			const char *type = record_str(o, "type", "");

			is_there |= strlen(type) == len && !strncmp(type, name, len);
		}
		if (!is_there)
			fail_msg("no sample of type %.*s", (int)len, name);
		found++;
	}
	assert_true(found >= 14);
	strbuf_release(&docs);
	json_object_put(all);
}

static void put_through(struct json_object *records)
{
	struct json_object *header = record_new("run"), *o;
	struct run_file *r = NULL;
	struct sink *s = NULL;
	int err;

	record_put_i64(header, "schema", RESULT_SCHEMA);
	assert_int_equal(sink_open(&s, path), 0);
	assert_int_equal(sink_emit(s, header), 0);
	record_foreach (records, o)
		assert_int_equal(sink_emit(s, json_object_get(o)), 0);
	assert_int_equal(sink_close(s), 0);
	err = run_file_read(&r, dir);
	if (err)
		fail_msg("what was written is not read: %s", said);
	report(r);
	run_file_release(r);
}

/* As they are; skipped and void with all figures, and with nothing but who it was. */
static void every_status_is_reported(void **state UNUSED)
{
	static const char *const who[] = {"type", "monitor", "workload", "event", "a", "b", "part"};
	struct json_object *all = samples(), *o;

	put_through(all);
	for (size_t bare = 0; bare < 2; bare++) {
		for (size_t status = 0; status < STATUS_COUNT; status++) {
			struct json_object *list = json_object_new_array();

			if (bare && (status == STATUS_OK || status == STATUS_FAIL)) {
				json_object_put(list);
				continue;
			}
			record_foreach (all, o) {
				struct json_object *copy = NULL, *v;

				if (bare) {
					copy = json_object_new_object();
					for (size_t i = 0; i < ARRAY_SIZE(who); i++)
						if (json_object_object_get_ex(o, who[i], &v))
							record_put(copy, who[i],
								   json_object_get(v));
				} else {
					json_object_deep_copy(o, &copy, NULL);
				}
				record_put_str(copy, "status", status_names[status]);
				record_put_str(copy, "reason", "it could not be");
				json_object_array_add(list, copy);
			}
			put_through(list);
			json_object_put(list);
		}
	}
	json_object_put(all);
}

/* @o alone is a run. */
static void report_one(struct json_object *o)
{
	struct run_file r = {.header = record_new("run"), .records = json_object_new_array()};

	json_object_array_add(r.records, json_object_get(o));
	report(&r);
	json_object_put(r.header);
	json_object_put(r.records);
}

/* Each field of the record in turn, two levels deep: gone, null, of each other kind. */
static void spoil(struct json_object *root, struct json_object *o, unsigned int depth)
{
	static const char *const values[] = {NULL,
					     "null",
					     "7",
					     "-1.5",
					     "\"word\"",
					     "true",
					     "[]",
					     "[1,\"x\",null,{}]",
					     "{}",
					     "{\"centre\":\"x\"}",
					     "18446744073709551615"};
	struct names keys = {0};

	if (!json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreach (o, key, value) {
		(void)value;
		names_add(&keys, key);
	}
	for (size_t k = 0; k < keys.n; k++) {
		struct json_object *was = NULL;

		json_object_object_get_ex(o, keys.v[k], &was);
		was = json_object_get(was);
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			if (values[i])
				record_put(o, keys.v[k], json_tokener_parse(values[i]));
			else
				json_object_object_del(o, keys.v[k]);
			report_one(root);
		}
		record_put(o, keys.v[k], json_object_get(was));
		if (depth)
			spoil(root,
			      json_object_is_type(was, json_type_array)
				      ? json_object_array_get_idx(was, 0)
				      : was,
			      depth - 1);
		json_object_put(was);
	}
	names_release(&keys);
}

static void nothing_is_taken_for_granted(void **state UNUSED)
{
	struct json_object *all = samples(), *o;

	record_foreach (all, o)
		spoil(o, o, 1);
	json_object_put(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_type_is_there, set_up),
		cmocka_unit_test_setup(every_status_is_reported, set_up),
		cmocka_unit_test_setup(nothing_is_taken_for_granted, set_up),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/run.json", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
