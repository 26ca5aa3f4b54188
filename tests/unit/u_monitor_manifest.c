/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Manifests: what they say, what they leave alone, and the line of every mistake. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/log.h"
#include "collector/manifest.h"

static char said[1024];
static struct manifest man;

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static int parse(const char *text)
{
	int err;

	manifest_release(&man);
	manifest_defaults(&man, &vocabulary_memory);
	said[0] = '\0';
	log_capture(hear, NULL);
	err = manifest_parse(&man, "dir/x.json", text, NULL);
	log_capture(NULL, NULL);
	return err;
}

static void wrong(const char *text, const char *expected)
{
	assert_int_equal(parse(text), -EINVAL);
	assert_string_equal(said, expected);
}

static int forget(void **state UNUSED)
{
	manifest_release(&man);
	return 0;
}

static void little_is_enough(void **state UNUSED)
{
	assert_int_equal(parse("{\"schema\": 1, \"key\": \"tgid\"}\n"), 0);
	assert_int_equal(man.key, MONITOR_KEY_TGID);
	assert_string_equal(man.counters.map, "mem_stats_map");
	assert_string_equal(man.counters.fields[MEM_MMAP_COUNT], "mmap_count");
	assert_null(man.counters.fields[MEM_BRK_COUNT]);
	assert_string_equal(man.events.map, "mem_events");
	assert_false(man.events.type_required);
	assert_false(man.losses.named);
	assert_false(man.has_programs);
	assert_string_equal(man.file, "dir/x.json");
	assert_string_equal(said, "");
}

static void definitions(void **state UNUSED)
{
	assert_int_equal(parse("{\"schema\": 1}"), 0);
	assert_int_equal(man.definition, MONITOR_ENTERED);
	assert_int_equal(parse("{\"schema\": 1, \"definition\": \"completed\"}"), 0);
	assert_int_equal(man.definition, MONITOR_COMPLETED);
	wrong("{\"schema\": 1,\n \"definition\": \"done\"}",
	      "dir/x.json:2: definition: \"done\": entered (calls count when they enter) or "
	      "completed (calls that ended and worked) is expected");
}

static void everything(void **state UNUSED)
{
	assert_int_equal(parse("{\"schema\": 1, \"name\": \"n\", \"key\": \"tid\", \"object\": "
			       "\"y.bpf.o\",\n"
			       "\"counters\": {\"map\": \"m\", \"fields\": {\"mmap_count\": \"a\", "
			       "\"brk_count\": \"b\"}},\n"
			       "\"events\": {\"map\": \"e\", \"struct\": \"s\", \"fields\": "
			       "{\"size\": \"len\"}},\n"
			       "\"losses\": {\"map\": \"l\", \"fields\": {\"ring_full\": \"r\"}},\n"
			       "\"programs\": {\"mmap\": \"f\", \"munmap\": \"g\"}, \"run\": "
			       "[\"p\", \"{out}\"]}"),
			 0);
	assert_string_equal(man.name, "n");
	assert_string_equal(man.object, "dir/y.bpf.o");
	assert_string_equal(man.counters.map, "m");
	assert_string_equal(man.counters.fields[MEM_BRK_COUNT], "b");
	assert_null(man.counters.fields[MEM_PEAK_USAGE]);
	assert_string_equal(man.events.type, "s");
	assert_string_equal(man.events.fields[EVENT_COMMON + MEM_EVENT_SIZE], "len");
	assert_null(man.events.fields[EVENT_PID]);
	assert_true(man.events.type_required);
	assert_string_equal(man.losses.fields[LOSS_RING_FULL], "r");
	assert_null(man.losses.fields[LOSS_MAP_FULL]);
	assert_int_equal(man.nprograms, 2);
	assert_string_equal(man.programs[1].event, "munmap");
	assert_string_equal(man.programs[1].program, "g");
	assert_string_equal(man.run[1], "{out}");
	assert_null(man.run[2]);
}

static void a_map_for_each_field(void **state UNUSED)
{
	assert_int_equal(
		parse("{\"schema\": 1, \"counters\": {\"mmap_count\": \"@m\"}, \"events\": null,"
		      " \"script\": \"/abs/x.bt\"}"),
		0);
	assert_null(man.counters.map);
	assert_string_equal(man.counters.fields[MEM_MMAP_COUNT], "@m");
	assert_null(man.counters.fields[MEM_MUNMAP_COUNT]);
	assert_true(man.events.none);
	assert_string_equal(man.script, "/abs/x.bt");
	assert_int_equal(parse("{\"schema\": 1, \"counters\": null, \"losses\": null}"), 0);
	assert_true(man.counters.none);
	assert_null(man.losses.map);
}

static void an_iterator(void **state UNUSED)
{
	assert_int_equal(
		parse("{\"schema\": 1, \"counters\": {\"fields\": {\"mmap_count\": \"s.maps\"}, "
		      "\"key\": \"k\", \"struct\": \"row\", \"iterator\": \"walk\", "
		      "\"ended\": \"gone\", \"ended_flag\": \"f\"},\n"
		      "\"events\": {\"switch\": \"on\", \"fields\": {\"down\": \"d\"}}}"),
		0);
	assert_null(man.counters.map);
	assert_string_equal(man.counters.iterator, "walk");
	assert_string_equal(man.counters.row, "row");
	assert_string_equal(man.counters.row_key, "k");
	assert_string_equal(man.counters.ended, "gone");
	assert_string_equal(man.counters.ended_flag, "f");
	assert_string_equal(man.counters.fields[MEM_MMAP_COUNT], "s.maps");
	assert_null(man.counters.fields[MEM_MUNMAP_COUNT]);
	assert_string_equal(man.events.on, "on");
	assert_string_equal(man.events.map, "mem_events");
	assert_string_equal(man.events.fields[EVENT_COMMON + MEM_EVENT_DOWN], "d");
	assert_null(man.events.fields[EVENT_COMM]);
}

static void half_an_iterator(void **state UNUSED)
{
	wrong("{\"schema\": 1,\n\"counters\": {\"iterator\": \"walk\", \"key\": \"k\"}}",
	      "dir/x.json:2: counters: an iterator's rows need a \"struct\" and its \"key\"");
	wrong("{\"schema\": 1, \"counters\": {\"iterator\": \"walk\", \"key\": \"k\", "
	      "\"struct\": \"row\", \"ended\": \"gone\"}}",
	      "dir/x.json:1: counters: \"ended\" and \"ended_flag\" go together: a map, and the "
	      "field that says that the process has ended");
	wrong("{\"schema\": 1, \"counters\": {\"iterator\": \"walk\",\n\"map\": \"m\"}}",
	      "dir/x.json:2: counters.map: no such field; there are iterator, struct, key, ended, "
	      "ended_flag, fields; see docs/adding-a-monitor.md");
	wrong("{\"schema\": 1, \"counters\": {\"iterator\": 3}}",
	      "dir/x.json:1: counters.iterator: a string is expected, this is a number");
}

static void not_json(void **state UNUSED)
{
	wrong("{\"schema\": 1,\n \"key\": tid}\n", "dir/x.json:2: not JSON: boolean expected");
	wrong("{\"schema\": 1\n", "dir/x.json:2: not JSON: unexpected end of data");
	wrong("", "dir/x.json:1: not JSON: unexpected end of data");
	wrong("{\"schema\": 1}\n\n{}", "dir/x.json:3: not JSON: more text after the end");
	wrong("[1]", "dir/x.json:1: an object is expected, this is a list");
}

static void wrong_types(void **state UNUSED)
{
	wrong("{\"key\": \"tid\"}", "dir/x.json:1: \"schema\": 1 is missing");
	wrong("{\"schema\": \"1\"}",
	      "dir/x.json:1: schema: a number is expected, this is a string");
	wrong("{\"schema\": 2}",
	      "dir/x.json:1: schema: 2 is not known; this beebench reads schema 1");
	wrong("{\"schema\": 1,\n\"key\": \"pid\"}",
	      "dir/x.json:2: key: \"pid\": tid (thread) or tgid (process) is expected");
	wrong("{\"schema\": 1,\n\n\"name\": 7}",
	      "dir/x.json:3: name: a string is expected, this is a number");
	wrong("{\"schema\": 1, \"name\": \"\"}", "dir/x.json:1: name: is empty");
	wrong("{\"schema\": 1,\n\"counters\": \"m\"}",
	      "dir/x.json:2: counters: an object or null is expected, this is a string");
	wrong("{\"schema\": 1,\n\"counters\": {\"map\": \"m\",\n  \"fields\": {\n    "
	      "\"mmap_count\": true}}}",
	      "dir/x.json:4: counters.fields.mmap_count: a string is expected, this is true or "
	      "false");
	/* The same key twice: the right one's line. */
	wrong("{\"schema\": 1,\n\"counters\": {\"map\": \"m\"},\n\"events\": {\n\"map\": null}}",
	      "dir/x.json:4: events.map: a string is expected, this is null");
	wrong("{\"schema\": 1,\n\"events\": {\"fields\":\n[]}}",
	      "dir/x.json:2: events.fields: an object of our names and theirs is expected, this is "
	      "a list");
	wrong("{\"schema\": 1,\n\"losses\": 1.5}",
	      "dir/x.json:2: losses: an object or null is expected, this is a number");
	wrong("{\"schema\": 1,\n\"programs\": []}", "dir/x.json:2: programs: an object of events "
						    "and programs is expected, this is a list");
	wrong("{\"schema\": 1,\n\"run\": \"x -y\"}",
	      "dir/x.json:2: run: a list of strings (program and arguments) is expected, this is a "
	      "string");
	wrong("{\"schema\": 1,\n\"run\": [\"x\", 3]}",
	      "dir/x.json:2: run: a list of strings (program and arguments) is expected, this is a "
	      "number");
	wrong("{\"schema\": 1, \"run\": []}", "dir/x.json:1: run: is empty; name a program");
}

static void commands(void **state UNUSED)
{
	assert_int_equal(parse("{\"schema\": 1, \"run\": [\"p\", \"-o\", \"{out}\", \"--\"], "
			       "\"starts\": true,\n"
			       "\"prints\": \"profile\", \"report\": [\"r\", \"{out}\"], "
			       "\"stack\": [\"leaf\", "
			       "\"mid\"]}"),
			 0);
	assert_true(man.starts);
	assert_true(man.profile);
	assert_string_equal(man.report[1], "{out}");
	assert_null(man.report[2]);
	assert_string_equal(man.stack[0], "leaf");
	assert_null(man.stack[2]);
	assert_int_equal(parse("{\"schema\": 1, \"run\": [\"p\"], \"ready\": \"it counts\", "
			       "\"prints\": \"bpftrace\"}"),
			 0);
	assert_false(man.starts);
	assert_false(man.profile);
	assert_string_equal(man.ready, "it counts");
	wrong("{\"schema\": 1,\n\"starts\": true}",
	      "dir/x.json:2: starts: is of a command, and \"run\" is not there");
	wrong("{\"schema\": 1,\n\"ready\": \"x\"}",
	      "dir/x.json:2: ready: is of a command, and \"run\" is not there");
	wrong("{\"schema\": 1, \"run\": [\"p\", \"{out}\"],\n\"starts\": true}",
	      "dir/x.json:2: starts: is of a profile: \"prints\": \"profile\" is expected, too");
	wrong("{\"schema\": 1, \"run\": [\"p\"],\n\"stack\": [\"f\"]}",
	      "dir/x.json:2: stack: is of a profile: \"prints\": \"profile\" is expected, too");
	wrong("{\"schema\": 1,\n\"run\": [\"p\"], \"starts\": true, \"prints\": \"profile\"}",
	      "dir/x.json:2: run: must have {out}: what starts the workload writes its profile to "
	      "that file, as stdout is the workload's");
	wrong("{\"schema\": 1, \"run\": [\"p\", \"{out}\"], \"starts\": true, \"prints\": "
	      "\"profile\",\n"
	      "\"ready\": \"x\"}",
	      "dir/x.json:2: ready: is of a command that comes to the workload; one that starts it "
	      "counts from its start");
	wrong("{\"schema\": 1, \"run\": [\"p\"],\n\"prints\": \"text\"}",
	      "dir/x.json:2: prints: \"text\": bpftrace (its JSON lines) or profile is expected");
	wrong("{\"schema\": 1, \"run\": [\"p\"],\n\"starts\": 1}",
	      "dir/x.json:2: starts: true or false is expected, this is a number");
	wrong("{\"schema\": 1, \"run\": [\"p\"], \"prints\": \"profile\",\n\"stack\": []}",
	      "dir/x.json:2: stack: is empty; name a function");
	wrong("{\"schema\": 1, \"run\": [\"p\"], \"prints\": \"profile\",\n\"report\": \"cat\"}",
	      "dir/x.json:2: report: a list of strings (program and arguments) is expected, this "
	      "is "
	      "a string");
}

static void wrong_names(void **state UNUSED)
{
	wrong("{\"schema\": 1,\n\"conters\": {}}",
	      "dir/x.json:2: conters: no such field; did you mean \"counters\"?");
	wrong("{\"schema\": 1,\n\"counters\": {\"mmap_cuont\": \"@m\"}}",
	      "dir/x.json:2: counters.mmap_cuont: no such field; did you mean \"mmap_count\"?");
	wrong("{\"schema\": 1, \"events\": {\"ring\": \"r\"}}",
	      "dir/x.json:1: events.ring: no such field; there are map, struct, fields, wake, "
	      "switch, types; see docs/adding-a-monitor.md");
	wrong("{\"schema\": 1, \"object\": \"a\", \"script\": \"b\"}",
	      "dir/x.json:1: names an object and a script; one of them");
}

/* Issue 13: json-c takes the last, without a word. */
static void names_that_stand_there_twice(void **state UNUSED)
{
	wrong("{\"schema\": 1, \"name\": \"a\",\n\"object\": \"o\",\n\"n\\u0061me\": \"a\"}",
	      "dir/x.json:3: name: stands there twice, first in line 1; keep one of them");
	wrong("{\"schema\": 1,\n\"counters\": {\"map\": \"m\",\n\"fields\": {\"pid\": "
	      "\"\\\"a\\\":\",\n"
	      "\"comm\": \"c\",\n\"pid\": \"p\"}}}",
	      "dir/x.json:5: counters.fields.pid: stands there twice, first in line 3; keep one "
	      "of them");
	/* Two objects may have members of one name, and a value may read like a member. */
	wrong("{\"schema\": 1, \"counters\": {\"map\": \"map\"}, \"events\": {\"map\": "
	      "\"schema\"},\n"
	      "\"conters\": {}}",
	      "dir/x.json:2: conters: no such field; did you mean \"counters\"?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(little_is_enough),
		cmocka_unit_test(everything),
		cmocka_unit_test(a_map_for_each_field),
		cmocka_unit_test(an_iterator),
		cmocka_unit_test(half_an_iterator),
		cmocka_unit_test(not_json),
		cmocka_unit_test(definitions),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(wrong_names),
		cmocka_unit_test(names_that_stand_there_twice),
		cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
