/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A gate's policy: the file that ships is the defaults, and a mistake in one is named with its
 * line. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/compare/policy.h"
#include "lib/log.h"

static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void same_list(const struct gate_list *a, const struct gate_list *b)
{
	size_t i = 0;

	for (; a->v[i] && b->v[i]; i++)
		assert_string_equal(a->v[i], b->v[i]);
	assert_null(a->v[i]);
	assert_null(b->v[i]);
}

static void same_limit(const struct gate_limit *a, const struct gate_limit *b)
{
	assert_int_equal(a->judged, b->judged);
	assert_true(a->absolute == b->absolute);
	assert_true(a->percent == b->percent);
}

/* Other than the defaults in everything. */
static void scramble(struct gate_policy *p)
{
	static const char *const other[] = {"other", NULL};

	policy_defaults(p);
	policy_set_list(&p->monitors, other);
	policy_set_list(&p->kernels, other);
	policy_set_list(&p->paths, other);
	policy_set_list(&p->events, other);
	for (int i = 0; i < GATE_LANES; i++)
		p->on[i] = GATE_OFF;
	for (int m = 0; m < GATE_METRICS; m++)
		p->metric[m] = (struct gate_limit){true, 7, 7};
	p->instructions = (struct gate_limit){true, 7, 7};
	p->calls = 77;
	p->margin_ns = p->margin_percent = p->alpha = p->budget_s = 7;
	p->inconclusive = GATE_PASS;
}

static void the_file_that_ships_is_the_defaults(void **state UNUSED)
{
	struct gate_policy file, want;

	policy_defaults(&want);
	scramble(&file);
	assert_int_equal(policy_read(&file, "harness/gate/gate.json"), 0);
	same_list(&file.monitors, &want.monitors);
	same_list(&file.kernels, &want.kernels);
	same_list(&file.paths, &want.paths);
	same_list(&file.events, &want.events);
	for (int i = 0; i < GATE_LANES; i++)
		assert_int_equal(file.on[i], want.on[i]);
	for (int m = 0; m < GATE_METRICS; m++)
		same_limit(&file.metric[m], &want.metric[m]);
	same_limit(&file.instructions, &want.instructions);
	assert_int_equal(file.calls, want.calls);
	assert_true(file.margin_ns == want.margin_ns);
	assert_true(file.margin_percent == want.margin_percent);
	assert_true(file.alpha == want.alpha);
	assert_true(file.budget_s == want.budget_s);
	assert_int_equal(file.inconclusive, want.inconclusive);
	policy_release(&file);
	policy_release(&want);
}

static void what_a_file_does_not_say_stays(void **state UNUSED)
{
	struct gate_policy p;

	policy_defaults(&p);
	assert_int_equal(policy_parse(&p, "p.json",
				      "{\"schema\": 1, \"time\": {\"on\": false, \"events\": "
				      "[\"brk\"]}, \"static\": {\"limits\": {\"map_bytes\": null, "
				      "\"stack_bytes\": {\"percent\": 12.5}}}}"),
			 0);
	assert_int_equal(p.on[GATE_TIME], GATE_OFF);
	assert_int_equal(p.on[GATE_EXACT], GATE_ON);
	assert_string_equal(p.events.v[0], "brk");
	assert_null(p.events.v[1]);
	assert_false(p.metric[METRIC_MAP_BYTES].judged);
	assert_true(p.metric[METRIC_STACK_BYTES].percent == 12.5);
	assert_true(p.metric[METRIC_STACK_BYTES].absolute == 0);
	assert_true(p.metric[METRIC_INSTRUCTIONS].absolute == 16);
	policy_release(&p);
}

static void a_mistake_is_named(void **state UNUSED)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"{\"schema\": 1,\n\"tme\": {}}",
		 "p.json:2: tme: no such field; did you mean \"time\"?"},
		{"{\"schema\": 1,\n\"noise\": {}}",
		 "p.json:2: noise: no such field; there are schema, monitors, static, exact, time, "
		 "inconclusive; see docs/ci.md"},
		{"{}", "p.json:1: \"schema\": 1 is missing"},
		{"{\"schema\": 2}",
		 "p.json:1: schema: 2 is not known; this beebench reads schema 1"},
		{"[1]", "p.json:1: an object is expected, this is a list"},
		{"{\"schema\": 1,", "p.json:1: not JSON: unexpected end of data"},
		{"{\"schema\": 1,\n\"static\": {\"on\": true},\n \"static\": {}}",
		 "p.json:3: static: stands there twice, first in line 2; keep one of them"},
		{"{\"schema\": 1} x", "p.json:1: not JSON: more text after the end"},
		{"{\"schema\": 1, \"monitors\": []}",
		 "p.json:1: monitors: has 0 members; 1 to 64 are allowed"},
		{"{\"schema\": 1, \"monitors\": [3]}",
		 "p.json:1: monitors: a string is expected, this is a number"},
		{"{\"schema\": 1, \"static\": {\"on\": 1}}",
		 "p.json:1: static.on: true, false or \"auto\" is expected, this is a number"},
		{"{\"schema\": 1, \"static\": {\"on\": \"always\"}}",
		 "p.json:1: static.on: \"always\": true, false or \"auto\" is expected"},
		{"{\"schema\": 1, \"static\": {\n\"limits\": {\n\"instruction\": null}}}",
		 "p.json:3: static.limits.instruction: no such field; did you mean "
		 "\"instructions\"?"},
		{"{\"schema\": 1, \"static\": {\"limits\": {\"map_bytes\": 7}}}",
		 "p.json:1: static.limits.map_bytes: {\"absolute\": N, \"percent\": P} or null is "
		 "expected, this is a number"},
		{"{\"schema\": 1, \"static\": {\"limits\": {\"map_bytes\": {}}}}",
		 "p.json:1: static.limits.map_bytes: is empty; give \"absolute\", \"percent\" or "
		 "both, or null for no limit"},
		{"{\"schema\": 1, \"static\": {\"limits\": {\"map_bytes\": {\"absolute\": -1}}}}",
		 "p.json:1: static.limits.map_bytes.absolute: -1 is out of range: 0 to "
		 "1e+15 is allowed"},
		{"{\"schema\": 1, \"static\": {\"limits\": {\"map_bytes\": {\"absolute\": 1.5}}}}",
		 "p.json:1: static.limits.map_bytes.absolute: 1.5 is no whole number"},
		{"{\"schema\": 1, \"exact\": {\"instructions\": null}}",
		 "p.json:1: exact.instructions: a limit is expected, this is null; \"on\": false "
		 "turns the lane off"},
		{"{\"schema\": 1, \"exact\": {\"calls\": 8}}",
		 "p.json:1: exact.calls: 8 is out of range: 16 to 1024 is allowed"},
		{"{\"schema\": 1, \"exact\": {\"paths\": \"some\"}}",
		 "p.json:1: exact.paths: \"some\": \"all\" or a list of strings is expected"},
		{"{\"schema\": 1, \"time\": {\"events\": [\"mmpa\"]}}",
		 "p.json:1: time.events: no event \"mmpa\"; there are mmap, munmap, brk, other, "
		 "mmap+munmap, munmap-ok, brk-ok, malloc+free, kmalloc+kfree, malloc, free, "
		 "kmalloc, kfree, or a call of "
		 "'beebench list events'"},
		{"{\"schema\": 1, \"time\": {\"alpha\": 0}}",
		 "p.json:1: time.alpha: 0 is out of range: 1e-09 to 0.5 is allowed"},
		{"{\"schema\": 1, \"time\": {\"budget_s\": \"30\"}}",
		 "p.json:1: time.budget_s: a number is expected, this is a string"},
		{"{\"schema\": 1, \"time\": {\"margin_ns\": 0, \"margin_percent\": 0}}",
		 "p.json:1: time: margin_ns and margin_percent are both 0: two equal objects could "
		 "never be told to be equal; one must be above 0"},
		{"{\"schema\": 1, \"inconclusive\": \"ok\"}",
		 "p.json:1: inconclusive: \"ok\": \"inconclusive\", \"pass\" or \"fail\" is "
		 "expected"},
		{"{\"schema\": 1, \"static\": {\"on\": false}, \"exact\": {\"on\": false}, "
		 "\"time\": {\"on\": false}}",
		 "p.json:1: no lane is on; static, exact or time must be"},
	};

	log_capture(keep, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct gate_policy p;

		policy_defaults(&p);
		assert_int_equal(policy_parse(&p, "p.json", cases[i].text), -EINVAL);
		assert_string_equal(said, cases[i].says);
		policy_release(&p);
	}
	log_capture(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_that_ships_is_the_defaults),
		cmocka_unit_test(what_a_file_does_not_say_stays),
		cmocka_unit_test(a_mistake_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
