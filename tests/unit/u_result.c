/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Results on disk and back: nothing lost, nothing believed that is broken. */
#include "lib/base.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/record.h"
#include "harness/result.h"
#include "lib/log.h"
#include "lib/strbuf.h"

#define RUN "{\"type\":\"run\",\"schema\":1}\n"
#define END "{\"type\":\"end\",\"status\":\"ok\"}\n"

static char said[4096];
static char dir[] = "/tmp/u_result.XXXXXX";
static char path[64];

static void hear(void *arg UNUSED, enum log_level level, const char *line)
{
	if (level != LOG_DEBUG)
		snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", line);
}

static int set_up(void **state UNUSED)
{
	said[0] = '\0';
	log_capture(hear, NULL);
	return 0;
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int read_text(const char *text, struct run_file **r)
{
	write_text(path, text);
	return run_file_read(r, path);
}

static struct json_object *record(const char *type)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "type", json_object_new_string(type));
	return o;
}

static void is_json(struct json_object *o, const char *text)
{
	struct json_object *plain = record_unpacked(o);

	assert_string_equal(json_object_to_json_string_ext(plain, JSON_C_TO_STRING_PLAIN), text);
	json_object_put(plain);
}

static void test_round_trip(void **state UNUSED)
{
	static const double doubles[] = {0.1, 1.0 / 3, 1e300, -2.5, 12, 0};
	struct json_object *o = record("run"), *v;
	struct run_file *r = NULL;
	struct sink *s = NULL;

	assert_int_equal(sink_open(&s, path), 0);
	json_object_object_add(o, "schema", json_object_new_int(RESULT_SCHEMA));
	assert_int_equal(sink_emit(s, o), 0);
	o = record("overhead");
	json_object_object_add(o, "event", json_object_new_string("mmap"));
	json_object_object_add(o, "monitor", json_object_new_string("a\"b\n\xc3\xa9/"));
	json_object_object_add(o, "most", json_object_new_uint64(UINT64_MAX));
	json_object_object_add(o, "time_ns", json_object_new_int64(1491926160718000127LL));
	json_object_object_add(o, "samples", result_doubles(doubles, ARRAY_SIZE(doubles)));
	json_object_object_add(o, "added_ns", result_interval(NAN, -INFINITY, INFINITY, 0.95));
	assert_int_equal(sink_emit(s, o), 0);
	assert_int_equal(sink_emit(s, result_end(sink_records(s), "ok", 0, 5)), 0);
	assert_int_equal(json_object_array_length(sink_records(s)), 3);
	assert_int_equal(sink_close(s), 0);

	assert_int_equal(run_file_read(&r, dir), 0);
	assert_string_equal(r->dir, dir);
	assert_non_null(r->end);
	assert_int_equal(json_object_array_length(r->records), 1);
	o = json_object_array_get_idx(r->records, 0);
	assert_true((v = record_get(o, "most")));
	assert_true(json_object_get_uint64(v) == UINT64_MAX);
	assert_true((v = record_get(o, "time_ns")));
	assert_true(json_object_get_int64(v) == 1491926160718000127LL);
	assert_true((v = record_get(o, "monitor")));
	assert_string_equal(json_object_get_string(v), "a\"b\n\xc3\xa9/");
	v = record_unpacked(record_get(o, "samples"));
	assert_int_equal(json_object_array_length(v), ARRAY_SIZE(doubles));
	for (size_t i = 0; i < ARRAY_SIZE(doubles); i++)
		assert_true(json_object_get_double(json_object_array_get_idx(v, i)) == doubles[i]);
	json_object_put(v);
	is_json(record_get(o, "added_ns"),
		"{\"centre\":null,\"low\":null,\"high\":null,\"confidence\":0.95}");
	run_file_release(r);
}

/* What was emitted is on disk before the next record, without a close. */
static void test_line_by_line(void **state UNUSED)
{
	struct strbuf text = STRBUF_INIT;
	struct sink *s = NULL;

	assert_int_equal(sink_open(&s, path), 0);
	assert_int_equal(sink_emit(s, record("trial")), 0);
	assert_int_equal(strbuf_read_file(&text, path), 0);
	assert_string_equal(text.s, "{\"type\":\"trial\"}\n");
	strbuf_release(&text);
	assert_int_equal(sink_close(s), 0);
}

/* Issue 13, number 2: two runs into one file. */
static void test_taken(void **state UNUSED)
{
	struct sink *first = NULL, *second = NULL;
	struct strbuf text = STRBUF_INIT;
	char own[32];

	assert_int_equal(sink_open(&first, path), 0);
	assert_int_equal(sink_emit(first, record("trial")), 0);
	assert_int_equal(sink_open(&second, path), -EBUSY);
	assert_null(second);
	snprintf(own, sizeof(own), "by process %d:", (int)getpid());
	assert_non_null(strstr(said, own));
	assert_int_equal(strbuf_read_file(&text, path), 0);
	assert_string_equal(text.s, "{\"type\":\"trial\"}\n");
	strbuf_release(&text);
	/* Reading it meanwhile does not give it away. */
	assert_int_equal(sink_emit(first, record("trial")), 0);
	assert_int_equal(sink_open(&second, path), -EBUSY);
	assert_int_equal(sink_close(first), 0);
	assert_int_equal(sink_open(&second, path), 0);
	assert_int_equal(sink_close(second), 0);
	assert_int_equal(strbuf_read_file(&text, path), 0);
	assert_int_equal(text.len, 0);
	strbuf_release(&text);
}

static void test_disk_full(void **state UNUSED)
{
	struct sink *s = NULL;

	assert_int_equal(sink_open(&s, "/dev/full"), 0);
	assert_int_equal(sink_emit(s, record("run")), -ENOSPC);
	assert_non_null(strstr(said, "cannot write results to /dev/full"));
	assert_non_null(strstr(said, "No space left"));
	assert_int_equal(json_object_array_length(sink_records(s)), 1);
	sink_close(s);
}

/* A file that may not grow: the line that did not fit is cut away, those before it stay. */
static void test_partial_write(void **state UNUSED)
{
	struct rlimit old, tight;
	struct strbuf text = STRBUF_INIT;
	struct json_object *o = record("trial");
	struct sink *s = NULL;
	char filler[200];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	json_object_object_add(o, "filler", json_object_new_string(filler));
	assert_int_equal(sink_open(&s, path), 0);
	assert_int_equal(sink_emit(s, record("trial")), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	assert_int_equal(sink_emit(s, o), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(strbuf_read_file(&text, path), 0);
	assert_string_equal(text.s, "{\"type\":\"trial\"}\n");
	strbuf_release(&text);
	assert_int_equal(sink_close(s), 0);
}

static void test_refused(void **state UNUSED)
{
	struct sink *s = NULL;

	assert_int_equal(sink_open(&s, "/nonexistent/run.json"), -ENOENT);
	assert_non_null(strstr(said, "/nonexistent/run.json"));
	assert_int_equal(sink_open(&s, NULL), 0);
	assert_int_equal(sink_emit(s, json_object_new_object()), -EINVAL);
	assert_non_null(strstr(said, "without a \"type\""));
	assert_int_equal(json_object_array_length(sink_records(s)), 0);
	assert_int_equal(sink_close(s), 0);
	assert_int_equal(sink_close(NULL), 0);
}

static const struct {
	const char *text, *says;
	int err;
} broken[] = {
	{"", ": empty", -EINVAL},
	{RUN "{\"type\":\"trial\",\"monitor\":\n" END, ":2: not valid JSON: the line ends",
	 -EINVAL},
	{RUN "nonsense\n", ":2: not valid JSON", -EINVAL},
	{RUN "{\"type\":\"x\"} {}\n", ":2: not valid JSON", -EINVAL},
	{RUN "[1]\n", ":2: not valid JSON: not an object", -EINVAL},
	{RUN "{\"monitor\":\"m\"}\n", ":2: the record has no \"type\"", -EINVAL},
	{RUN "{\"type\":7}\n", ":2: the record has no \"type\"", -EINVAL},
	{RUN "{\"type\":\"trial\",\"monitor\":5,\"workload\":\"w\",\"status\":\"ok\"}\n",
	 ":2: a record of type \"trial\" needs \"monitor\", a string", -EINVAL},
	{RUN "{\"type\":\"losscurve\",\"offered_per_s\":\"1\"}\n",
	 ":2: a record of type \"losscurve\" needs \"offered_per_s\", a number", -EINVAL},
	{END, ":1: the first record is of type \"end\", not \"run\"", -EINVAL},
	{"{\"type\":\"run\"}\n", ":1: the run has no \"schema\"", -EINVAL},
	{"{\"type\":\"run\",\"schema\":2}\n", ":1: schema 2, this beebench reads 1 to 1", -EPROTO},
	{RUN END RUN, ":3: a record after the end", -EINVAL},
	/* Cut off in the first line: no run at all. */
	{"{\"type\":\"run\",\"sch", ":1: not valid JSON", -EINVAL},
};

static void test_broken(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct run_file *r = NULL;

		said[0] = '\0';
		assert_int_equal(read_text(broken[i].text, &r), broken[i].err);
		assert_null(r);
		if (!strstr(said, broken[i].says) || !strstr(said, path))
			fail_msg("case %zu: said \"%s\", not \"%s\"", i, said, broken[i].says);
	}
}

/* Issue 13, 21: what is written for a figure that was not measured is read. */
static void test_n21_null_figure(void **state UNUSED)
{
	static const char *const status[] = {"ok", "void", "skip"};

	for (size_t i = 0; i < ARRAY_SIZE(status); i++) {
		struct run_file *r = NULL;
		char text[512];

		snprintf(text, sizeof(text),
			 RUN
			 "{\"type\":\"losscurve\",\"offered_per_s\":null,\"status\":\"%s\"}\n" END,
			 status[i]);
		assert_int_equal(read_text(text, &r), 0);
		assert_int_equal(json_object_array_length(r->records), 1);
		run_file_release(r);
	}
}

static void test_cut_off(void **state UNUSED)
{
	struct run_file *r = NULL;

	assert_int_equal(read_text(RUN "{\"type\":\"x\"}\n\n{\"type\":\"tri", &r), 0);
	assert_non_null(strstr(said, ":4: the last record was cut off"));
	assert_int_equal(json_object_array_length(r->records), 1);
	assert_null(r->end);
	run_file_release(r);
}

static struct json_object *member(struct run_file *r, size_t record, const char *key)
{
	return record_get(json_object_array_get_idx(r->records, record), key);
}

/* Issue 13, number 28: what is alike is there once, and reads as it was written. */
static void n28_alike_is_shared(void **state UNUSED)
{
	static const char *const lines[] = {
		"{\"type\":\"x\",\"o\":{\"a\":1.50,\"b\":[{\"c\":null}]},\"n\":[1.0,1.00]}",
		"{\"type\":\"x\",\"o\":{\"a\":1.50,\"b\":[{\"c\":null}]},\"n\":[1.0,1.00]}",
		"{\"type\":\"x\",\"o\":{\"b\":[{\"c\":null}],\"a\":1.5},\"n\":[]}",
		"{\"type\":\"x\",\"o\":-1,\"n\":18446744073709551615}",
		"{\"type\":\"x\",\"o\":null,\"n\":\"null\"}",
		"{\"type\":\"x\",\"o\":[1,2.50],\"n\":\"[1,2.50]\"}",
		"{\"type\":\"x\",\"samples\":[1,2.50],\"o\":{\"samples\":[1,2.50]}}",
		"{\"type\":\"x\",\"samples\":[1,2.50],\"o\":{\"samples\":\"[1,2.50]\"}}",
		"{\"type\":\"y\",\"samples\":\"[1,2.50]\",\"o\":[1,2.50]}",
		"{\"type\":\"y\",\"samples\":[1,2.50],\"o\":[1,2.50]}",
		"{\"type\":\"y\",\"a\\nb\":1,\"a\":2}",
		"{\"type\":\"y\",\"a\\nb\":1,\"a\":3}",
		"{\"type\":\"x\",\"o\":{\"a\":1.50,\"b\":[{\"c\":null}]},\"n\":[1.0,1.00]}",
	};
	const size_t last = ARRAY_SIZE(lines) - 1;
	struct strbuf text = STRBUF_INIT;
	struct run_file *r = NULL;

	strbuf_addstr(&text, RUN);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		strbuf_addf(&text, "%s\n", lines[i]);
	assert_int_equal(read_text(text.s, &r), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		is_json(json_object_array_get_idx(r->records, i), lines[i]);
	/* The first of a shape is read by itself. */
	assert_ptr_equal(member(r, 1, "o"), member(r, last, "o"));
	assert_ptr_not_equal(member(r, 0, "o"), member(r, 2, "o"));
	assert_int_equal(record_length(member(r, 0, "o")), 0);
	assert_int_equal(record_length(member(r, 5, "o")), 2);
	run_file_release(r);
	strbuf_release(&text);
}

#define MERGED                                                                                     \
	"{\"type\":\"run\",\"schema\":1,\"merged\":["                                              \
	"{\"header\":{\"id\":\"A\",\"host\":{\"id\":\"1\",\"name\":\"one\"}},\"records\":2},"      \
	"{\"header\":{\"id\":\"B\",\"host\":{\"id\":\"2\",\"name\":\"two\"}},\"records\":2}]}\n"
#define TRIAL(verdict, keys, run)                                                                  \
	"{\"type\":\"trial\",\"monitor\":\"m\",\"workload\":\"w\",\"status\":\"ok\","              \
	"\"conformance\":{"                                                                        \
	"\"verdict\":\"" verdict "\",\"keys\":" keys                                               \
	"},\"losses\":{\"map_full\":null},\"run\":\"" run "\",\"no\":0}\n"

/* Issue 16: of a merged run each thing once for each way in which it came out. */
static void n28_merged_once(void **state UNUSED)
{
	static const char *const no_run[] = {
		MERGED TRIAL("exact", "1", "A") "{\"type\":\"trial\",\"monitor\":\"m\n",
		MERGED TRIAL("exact", "1", "A") "{\"type\":\"trial\"]\n",
		MERGED TRIAL("exact", "1", "A") "{\"type\":\"trial\"\n" END,
		MERGED END TRIAL("exact", "1", "A"),
		MERGED "\"\n" END,
	};
	struct run_file *r = NULL;

	assert_int_equal(
		read_text(MERGED TRIAL("exact", "3", "A") TRIAL("exact", "4", "A") TRIAL(
				  "exact", "5", "B") TRIAL("racy", "6", "B")
				  TRIAL("exact", "7", "nobody") "{\"type\":\"new\",\"run\":\"A\"}\n"
								"{\"type\":\"new\",\"run\":\"A\"}\n"
								"{\"a\":1,\"type\":\"new\"}\n" END,
			  &r),
		0);
	assert_int_equal(json_object_array_length(r->records), 5);
	is_json(member(r, 0, "met"),
		"{\"records\":4,\"outcomes\":2,\"runs\":3,\"of_runs\":3,\"machines\":2,"
		"\"of_machines\":2,\"on\":[\"one\",\"two\"]}");
	is_json(member(r, 0, "conformance"), "{\"verdict\":\"exact\",\"keys\":19}");
	is_json(member(r, 1, "conformance"), "{\"verdict\":\"racy\",\"keys\":6}");
	assert_null(json_object_object_get(member(r, 0, "losses"), "map_full"));
	assert_null(member(r, 2, "met"));
	run_file_release(r);
	for (size_t i = 0; i < ARRAY_SIZE(no_run); i++) {
		r = NULL;
		assert_int_equal(read_text(no_run[i], &r), -EINVAL);
		assert_null(r);
	}
}

static void test_no_file(void **state UNUSED)
{
	struct run_file *r = NULL;

	assert_int_equal(run_file_read(&r, "/nonexistent"), -ENOENT);
	assert_non_null(strstr(said, "no run at /nonexistent"));
	said[0] = '\0';
	assert_int_equal(run_file_read(&r, "/proc"), -ENOENT);
	assert_non_null(strstr(said, "cannot read /proc/run.json"));
}

static void test_end_counts(void **state UNUSED)
{
	static const char *const words[] = {"ok", "ok", "fail", "void", "skip", "ok"};
	struct json_object *all = json_object_new_array(), *end, *counts;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct json_object *o = record("trial");

		json_object_object_add(o, "status", json_object_new_string(words[i]));
		json_object_array_add(all, o);
	}
	json_object_array_add(all, record("ringbuf"));
	end = result_end(all, "failed", 1, 77);
	assert_true(json_object_object_get_ex(end, "counts", &counts));
	assert_string_equal(json_object_to_json_string_ext(counts, JSON_C_TO_STRING_PLAIN),
			    "{\"ok\":3,\"fail\":1,\"skip\":1,\"void\":1}");
	json_object_put(end);
	json_object_put(all);
}

static void put_below(const char *name, const char *text)
{
	char full[256], *slash;

	snprintf(full, sizeof(full), "%s/root/%s", dir, name);
	for (slash = full + strlen(dir) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	write_text(full, text);
}

static void expect_fact(struct json_object *h, const char *key, const char *json)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(h, key, &v));
	assert_string_equal(json_object_to_json_string(v), json);
}

static void test_host_facts(void **state UNUSED)
{
	struct json_object *h;
	char root[64];

	snprintf(root, sizeof(root), "%s/root", dir);
	put_below("proc/cpuinfo", "processor\t: 0\nmodel name\t: A CPU @ 1GHz\n"
				  "flags\t\t: fpu hypervisor lm\n\nprocessor\t: 1\n");
	put_below("proc/meminfo", "MemTotal:        8039128 kB\nMemFree: 1 kB\n");
	put_below("proc/loadavg", "0.25 0.1 0.1 1/100 42\n");
	put_below("proc/sys/net/core/bpf_jit_enable", "1\n");
	put_below("sys/class/dmi/id/sys_vendor", "QEMU\n");
	put_below("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	h = result_host_facts(root);
	expect_fact(h, "id", "\"f874a7a580fb4505\"");
	expect_fact(h, "cpu", "\"A CPU @ 1GHz\"");
	expect_fact(h, "memory_bytes", "8232067072");
	expect_fact(h, "virtualisation", "\"QEMU\"");
	expect_fact(h, "bpf_jit", "1");
	expect_fact(h, "bpf_stats", "null");
	expect_fact(h, "load_1min", "0.25");
	json_object_put(h);

	put_below("proc/cpuinfo", "model name\t: A CPU\nflags\t\t: fpu lm\n");
	h = result_host_facts(root);
	expect_fact(h, "virtualisation", "\"none\"");
	json_object_put(h);
}

/* The id of another process, which began in the same second. */
static char other_id[64];

static int ask_another(void **state)
{
	int ends[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		const char *id = result_run_id();

		_exit(write(ends[1], id, strlen(id)) < 1);
	}
	assert_true(read(ends[0], other_id, sizeof(other_id) - 1) > 16);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ends[0]);
	close(ends[1]);
	return status ? status : set_up(state);
}

static void test_out_name(void **state UNUSED)
{
	struct strbuf name = STRBUF_INIT;

	setenv("SLURMD_NODENAME", "n7", 1);
	setenv("SLURM_ARRAY_TASK_ID", "12", 1);
	assert_int_equal(result_out_name("d/%h-%t-100%%", &name), 0);
	assert_string_equal(name.s, "d/n7-12-100%");
	strbuf_reset(&name);
	assert_int_equal(result_out_name("%i", &name), 0);
	assert_string_equal(name.s, result_run_id());
	assert_int_equal(result_out_name("50%", &name), -EINVAL);
	assert_int_equal(result_out_name("%x", &name), -EINVAL);
	strbuf_release(&name);
	unsetenv("SLURMD_NODENAME");
	unsetenv("SLURM_ARRAY_TASK_ID");
}

static void test_header(void **state UNUSED)
{
	char *argv[] = {"run", "--quick", NULL};
	struct json_object *a = result_run_header(2, argv, true, 7), *b, *v, *w;

	expect_fact(a, "type", "\"run\"");
	expect_fact(a, "schema", "1");
	expect_fact(a, "command", "[ \"run\", \"--quick\" ]");
	expect_fact(a, "quick", "true");
	expect_fact(a, "seed", "7");
	assert_true(json_object_object_get_ex(a, "tools", &v));
	assert_true(json_object_is_type(v, json_type_object));
	assert_true(json_object_object_get_ex(v, "gnuplot", &w));
	/* A process is one run. */
	b = result_run_header(2, argv, true, 7);
	assert_true(json_object_object_get_ex(a, "id", &v));
	assert_true(json_object_object_get_ex(b, "id", &w));
	assert_string_equal(json_object_get_string(v), json_object_get_string(w));
	/* Two runs of one second have different names. */
	assert_string_not_equal(json_object_get_string(v), other_id);
	/* Issue 13, number 2: of a thousand that begin in one second as well: 64 random bits. */
	assert_int_equal(strspn(strchr(json_object_get_string(v), '-') + 1, "0123456789abcdef"),
			 16);
	json_object_put(a);
	json_object_put(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_round_trip, set_up),
		cmocka_unit_test_setup(test_line_by_line, set_up),
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test_setup(test_disk_full, set_up),
		cmocka_unit_test_setup(test_partial_write, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_broken, set_up),
		cmocka_unit_test_setup(test_cut_off, set_up),
		cmocka_unit_test_setup(test_n21_null_figure, set_up),
		cmocka_unit_test_setup(n28_alike_is_shared, set_up),
		cmocka_unit_test_setup(n28_merged_once, set_up),
		cmocka_unit_test_setup(test_no_file, set_up),
		cmocka_unit_test_setup(test_end_counts, set_up),
		cmocka_unit_test_setup(test_host_facts, set_up),
		cmocka_unit_test_setup(test_header, ask_another),
		cmocka_unit_test_setup(test_out_name, set_up),
	};
	char clean[96];
	int rc;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/run.json", dir);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	return system(clean) ? 1 : rc;
}
