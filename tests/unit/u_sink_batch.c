/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Batch output: a reader of JSON and a reader of CSV get back what was in the frame, with every odd
 * name; what is not known is null or empty; the text is what people were promised. */
#include "lib/base.h"
#include "monitor/sink/batch.h"

#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "lib/log.h"
#include "monitor/sink/put.h"
#include "tests/unit/sink_fixture.h"

enum { ROWS = ARRAY_SIZE(sink_names) };

/* What a reader gets of the names of the fixture: valid UTF-8, no control characters. */
static const char *const read_names[ROWS] = {
	"init",	      "a\"b,c",	     "line?break", "caf\303\251",  "bad??utf", "tab?end\\",
	"(sd-pam) x", "=1+1;'`$(x)", "?[31mred",   "\346\227\245", "",	       "?"};

static struct proc_row rows[ROWS];
static struct view_line lines[ROWS];
static struct view view;
static double sums[ROWS][FIELD_COUNT];
static struct frame frame;
static char said[256];

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static int setup(void **state UNUSED)
{
	sink_frame(&frame, rows);
	/* The view's order is the output's: backwards. */
	for (size_t i = 0; i < ROWS; i++)
		lines[i] = (struct view_line){.row = (uint32_t)(ROWS - 1 - i)};
	view = (struct view){.lines = lines, .n = ROWS, .matched = ROWS, .processes = ROWS};
	return 0;
}

static struct json_object *get(struct json_object *o, const char *path)
{
	struct json_object *found = NULL;
	char at[64];

	snprintf(at, sizeof(at), "/%s", path);
	for (char *s = at; *s; s++)
		if (*s == '.')
			*s = '/';
	if (json_pointer_get(o, at, &found))
		fail_msg("no %s in %s", path, json_object_to_json_string(o));
	return found;
}

static void test_json(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o, *list, *v;

	/* A reader that takes nothing but the letter of the standard, UTF-8 included. */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	batch_frame(BATCH_JSON, &frame, &view, true, &out);
	assert_ptr_equal(strchr(out.s, '\n'), out.s + out.len - 1);
	o = json_tokener_parse_ex(tok, out.s, (int)out.len - 1);
	if (!o)
		o = json_tokener_parse_ex(tok, "", 1);
	if (!o)
		fail_msg("%s: %s", json_tokener_error_desc(json_tokener_get_error(tok)), out.s);
	assert_int_equal(json_object_get_int(get(o, "schema")), 1);
	assert_string_equal(json_object_get_string(get(o, "tool")), "memmon");
	assert_string_equal(json_object_get_string(get(o, "time")), "2026-11-21T13:05:00.123Z");
	assert_string_equal(json_object_get_string(get(o, "started")), "2026-11-21T13:04:57.000Z");
	assert_null(get(o, "interval_s"));
	assert_string_equal(json_object_get_string(get(o, "monitor")), "memmon_fast");
	assert_int_equal(json_object_get_int64(get(o, "machine.mem_total_kb")), 8000000);
	assert_int_equal(json_object_get_int(get(o, "machine.cpus")), 2);
	assert_int_equal(json_object_get_int(get(o, "machine.processes")), ROWS);
	assert_int_equal(json_object_get_int(get(o, "losses.ring_full")), 7);
	assert_int_equal(json_object_get_int(get(o, "losses.map_full")), 0);
	assert_null(get(o, "losses.recursion"));
	assert_true(json_object_get_double(get(o, "own.ns_per_event")) == 24.5);
	assert_null(get(o, "own.events_per_s"));
	assert_true(json_object_get_boolean(get(o, "own.events_on")));
	assert_int_equal(json_object_get_int(get(o, "own.keys_max")), 10240);
	assert_int_equal(json_object_get_int64(get(o, "events_seen")), 12345);
	list = get(o, "processes");
	assert_int_equal(json_object_array_length(list), ROWS);
	for (size_t i = 0; i < ROWS; i++) {
		struct json_object *p = json_object_array_get_idx(list, ROWS - 1 - i);

		assert_int_equal(json_object_get_int(get(p, "pid")), i + 1);
		assert_string_equal(json_object_get_string(get(p, "name")), read_names[i]);
		assert_int_equal(json_object_get_int64(get(p, "mmap")), i);
		assert_int_equal(json_object_get_int64(get(p, "munmap")), 0);
		assert_null(get(p, "brk"));
		assert_null(get(p, "peak_kb"));
		/* Not offered is not there. */
		assert_false(json_object_object_get_ex(p, "failed", &v));
		assert_false(json_object_object_get_ex(p, "tot_pct", &v));
		assert_int_equal(json_object_object_get_ex(p, "ended", &v), i == 3);
		assert_int_equal(json_object_object_get_ex(p, "hidden", &v), i == 4);
		assert_int_equal(json_object_get_boolean(get(p, "exact")), i != 2 && i != 4);
	}
	v = json_object_array_get_idx(list, ROWS - 2);
	assert_null(get(v, "rss_kb"));
	v = json_object_array_get_idx(list, ROWS - 1);
	assert_int_equal(json_object_get_int64(get(v, "rss_kb")), 1000);
	assert_true(json_object_get_double(get(v, "trend_bytes_per_s")) == -0.125);
	assert_string_equal(json_object_get_string(get(v, "verdict")), "shrinking");
	v = json_object_array_get_idx(list, ROWS - 5);
	assert_string_equal(json_object_get_string(get(v, "user")), "4294967294");
	json_object_put(o);
	json_tokener_free(tok);
	strbuf_release(&out);
}

/* Nothing is known: the memory, the maps, any number; no process is there. */
static void test_json_empty(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json_object *o;

	frame.n = view.n = 0;
	frame.mem_total_kb = frame.mem_available_kb = 0;
	frame.own.keys_max = frame.own.ring_max = 0;
	frame.own.ns_source[0] = '\0';
	frame.interval_s = 0.1;
	batch_frame(BATCH_JSON, &frame, &view, false, &out);
	o = json_tokener_parse(out.s);
	assert_non_null(o);
	assert_null(get(o, "machine.mem_total_kb"));
	assert_null(get(o, "machine.mem_available_kb"));
	assert_null(get(o, "own.keys"));
	assert_null(get(o, "own.keys_max"));
	assert_null(get(o, "own.ring_used"));
	assert_null(get(o, "own.ns_source"));
	assert_true(json_object_get_double(get(o, "interval_s")) == 0.1);
	assert_int_equal(json_object_array_length(get(o, "processes")), 0);
	json_object_put(o);
	strbuf_release(&out);
}

/* One cell of RFC 4180 from *@s on, which is left behind it. */
static void read_cell(const char **s, char *cell, size_t size)
{
	size_t n = 0;
	bool quoted = **s == '"';

	if (quoted)
		(*s)++;
	for (;; (*s)++) {
		if (quoted && (*s)[0] == '"' && (*s)[1] == '"')
			(*s)++;
		else if (quoted ? **s == '"' : **s == ',' || **s == '\n')
			break;
		assert_true(**s && n < size - 1);
		cell[n++] = **s;
	}
	cell[n] = '\0';
	if (quoted)
		(*s)++;
	assert_true(**s == ',' || **s == '\n');
}

static void test_csv(void **state UNUSED)
{
	static const char head[] =
		"time,seq,pid,name,ppid,user,state,exact,ended,rss_kb,virt_kb,peak_kb,mmap,munmap,"
		"brk,mmap_per_s,munmap_per_s,brk_per_s,trend_bytes_per_s,trend_low_bytes_per_s,"
		"trend_high_bytes_per_s,trend_window_s,verdict\n";
	struct strbuf out = STRBUF_INIT;
	const char *s;
	char cell[64], want[32];

	batch_frame(BATCH_CSV, &frame, &view, true, &out);
	assert_int_equal(strncmp(out.s, head, strlen(head)), 0);
	s = out.s + strlen(head);
	for (size_t i = ROWS; i-- > 0;) {
		size_t column = 0;

		do {
			s += column > 0;
			read_cell(&s, cell, sizeof(cell));
			snprintf(want, sizeof(want), "%zu", column == 2 ? i + 1 : 1000 * (i + 1));
			if (column == 0)
				assert_string_equal(cell, "2026-11-21T13:05:00.123Z");
			if (column == 2)
				assert_string_equal(cell, want);
			if (column == 3)
				assert_string_equal(cell, read_names[i]);
			if (column == 8)
				assert_string_equal(cell, i == 3 ? "1" : "0");
			if (column == 9)
				assert_string_equal(cell, i == 1 ? "" : want);
			if (column == 11 || column == 14)
				assert_string_equal(cell, "");
			if (column == 13)
				assert_string_equal(cell, "0");
			column++;
		} while (*s == ',');
		assert_int_equal(column, 23);
		s++;
	}
	assert_string_equal(s, "");
	strbuf_reset(&out);
	batch_frame(BATCH_CSV, &frame, &view, false, &out);
	assert_int_equal(strncmp(out.s, "2026", 4), 0);
	strbuf_release(&out);
}

static void test_text(void **state UNUSED)
{
	static const char want[] =
		"memmon  2026-11-21 13:05:00 UTC  monitor memmon_fast counts since 2026-11-21 "
		"13:04:57 UTC  interval 3 s\n"
		"machine: 2 CPUs, 7812 MiB of memory, 4883 MiB available, 12 processes, 12 match, "
		"4 shown\n"
		"own cost: 0.25 % of a CPU, 5.0 MiB, 0.6 MiB of BPF maps, 24.5 ns/event (beebench "
		"overhead, 2026-11-21, Linux 6.18), 12 of 10240 keys, frame made in 1.5 ms\n"
		"not seen: 7 events found no room in the ring, not known how many runs of a "
		"program were skipped by the kernel\n"
		"    PID NAME                  RSS       VIRT      PEAK    MMAP#  MUNMAP#    BRK#"
		"      TREND VERDICT\n"
		"      1 init                ~8000 ~1000000000         -        0        0       -"
		"          0 shrinking\n"
		"      3 `- line?break       ~3000 ~999999998         -        2        0       -"
		"          - too early\n"
		"      4    `- caf\303\251           4000  999999997         -        3        0"
		"       -          - too early\n"
		"     10 \346\227\245                  10000  999999991         -        9        0"
		"       -          - too early\n";
	struct strbuf out = STRBUF_INIT;

	lines[0] = (struct view_line){.row = 0};
	lines[1] = (struct view_line){.row = 2, .depth = 1, .last = true};
	lines[2] = (struct view_line){.row = 3, .depth = 2, .last = true};
	lines[3] = (struct view_line){.row = 9};
	view.n = 4;
	view.sums = sums;
	for (size_t i = 0; i < 4; i++)
		memcpy(sums[i], rows[lines[i].row].v, sizeof(sums[i]));
	sums[0][FIELD_RSS] = 1000 + 3000 + 4000;
	frame.interval_s = 3;
	batch_frame(BATCH_TEXT, &frame, &view, true, &out);
	assert_string_equal(out.s, want);
	strbuf_reset(&out);
	/* A sum of what was read is exact, one with rows that were not is none. */
	lines[1].row = 5;
	sums[0][FIELD_VIRT] = 3e9;
	view.matched = 4;
	batch_frame(BATCH_TEXT, &frame, &view, true, &out);
	assert_non_null(strstr(out.s, "      1 init                 8000 3000000000 "));
	strbuf_reset(&out);
	view.matched = 5;
	batch_frame(BATCH_TEXT, &frame, &view, true, &out);
	assert_non_null(strstr(out.s, "      1 init                ~8000 ~3000000000 "));
	strbuf_reset(&out);
	/* Nothing lost: no line; frames are set apart. */
	frame.losses.ring_full = frame.losses.recursion = 0;
	batch_frame(BATCH_TEXT, &frame, &view, false, &out);
	assert_int_equal(out.s[0], '\n');
	assert_null(strstr(out.s, "not seen"));
	strbuf_release(&out);
}

/* JSON tells a process's own figures and the sums apart. */
static void test_json_tree(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	struct json_object *o;

	lines[0] = (struct view_line){.row = 0, .context = true};
	lines[1] = (struct view_line){.row = 2, .depth = 1, .last = true};
	view.n = 2;
	view.sums = sums;
	sums[0][FIELD_RSS] = 4000;
	sums[1][FIELD_RSS] = 3000;
	sums[0][FIELD_PROCESSES] = sums[1][FIELD_PROCESSES] = 1;
	sums[0][FIELD_BRK] = sums[1][FIELD_BRK] = NAN;
	batch_frame(BATCH_JSON, &frame, &view, false, &out);
	o = json_tokener_parse(out.s);
	assert_non_null(o);
	assert_int_equal(json_object_get_int(get(o, "processes.0.rss_kb")), 1000);
	assert_int_equal(json_object_get_int(get(o, "processes.0.subtree.rss_kb")), 4000);
	assert_null(get(o, "processes.0.subtree.brk"));
	assert_int_equal(json_object_get_int(get(o, "processes.0.depth")), 0);
	assert_true(json_object_get_boolean(get(o, "processes.0.context")));
	assert_int_equal(json_object_get_int(get(o, "processes.1.depth")), 1);
	json_object_put(o);
	strbuf_reset(&out);
	frame.fields = 0;
	batch_frame(BATCH_JSON, &frame, &view, false, &out);
	o = json_tokener_parse(out.s);
	assert_int_equal(json_object_object_length(get(o, "processes.1.subtree")), 1);
	assert_int_equal(json_object_get_int(get(o, "processes.1.subtree.processes")), 1);
	json_object_put(o);
	strbuf_release(&out);
}

static void number(double v, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(put_number(&out, v), *want != '\0');
	assert_string_equal(out.s, want);
	strbuf_release(&out);
}

static void test_numbers(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;

	number(0, "0");
	number(-0.0, "0");
	number(-12, "-12");
	number(9007199254740991.0, "9007199254740991");
	number(1e300, "1e+300");
	number(0.1, "0.1");
	number(-1234.5678, "-1234.5678");
	number(NAN, "");
	number(INFINITY, "");
	put_u64(&out, UINT64_MAX);
	assert_string_equal(out.s, "18446744073709551615");
	strbuf_release(&out);
	/* A comma for a point would be another number, or none. */
	if (setlocale(LC_NUMERIC, "de_DE.UTF-8") || setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		number(0.5, "0.5");
	setlocale(LC_NUMERIC, "C");
}

static void test_write(void **state UNUSED)
{
	struct strbuf out = STRBUF_INIT;
	FILE *f = fopen("/dev/full", "we");
	int ends[2];

	strbuf_addstr(&out, "x\n");
	log_capture(hear, NULL);
	assert_non_null(f);
	assert_int_equal(batch_write(f, &out), -ENOSPC);
	assert_non_null(strstr(said, "cannot write the output: No space left on device"));
	fclose(f);
	said[0] = '\0';
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	f = fdopen(ends[1], "w");
	assert_int_equal(batch_write(f, &out), -EPIPE);
	assert_string_equal(said, "");
	fclose(f);
	signal(SIGPIPE, SIG_DFL);
	log_capture(NULL, NULL);
	strbuf_release(&out);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {T(test_json), T(test_json_empty), T(test_csv),
					   T(test_text), T(test_json_tree),  T(test_numbers),
					   T(test_write)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
