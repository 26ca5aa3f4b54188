/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Alerts on profiles: memmon's queries about a process's heap, once each, and its growth. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/strbuf.h"
#include "memprof/looks/alert.h"
#include "tests/unit/memprof_fixture.h"

static struct strbuf said = STRBUF_INIT;

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	strbuf_addf(&said, "%s\n", line);
}

static const char *heard(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s", said.s ? said.s : "");
	strbuf_reset(&said);
	return text;
}

static struct profile_alerts *alerts_of(const char *first, const char *second)
{
	struct opt_list queries = {.item = {first, second}, .n = second ? 2 : 1};
	struct profile_alerts *a;

	assert_int_equal(profile_alerts_open(&a, &queries), 0);
	return a;
}

static void once_and_said(void **state UNUSED)
{
	struct profile *p = fixture_profile();
	struct profile_alerts *a = alerts_of("live > 1KiB and name = server", "peak > 1GiB");

	p->processes[0].ended = "running";
	log_capture(hear, NULL);
	assert_int_equal(profile_alerts_check(a, p, false), 1);
	assert_string_equal(heard(), "alert: 4711 server: live > 1KiB and name = server\n");
	assert_int_equal(profile_alerts_check(a, p, false), 0);
	assert_string_equal(heard(), "");
	/* Another image of the same process is another program. */
	p->processes[0].generation++;
	assert_int_equal(profile_alerts_check(a, p, true), 1);
	assert_string_equal(heard(), "");
	log_capture(NULL, NULL);
	assert_string_equal(profile_alerts_latest(a),
			    "alert: 4711 server: live > 1KiB and name = server");
	assert_int_equal(profile_alerts_fired(a), 2);
	assert_int_equal(profile_alerts_exit(a, EXIT_OK), EXIT_BAD);
	assert_int_equal(profile_alerts_exit(a, 7), 7);
	profile_alerts_close(a);
	profile_free(p);
}

static void each_figure_has_its_name(void **state UNUSED)
{
	static const char *const true_of_it[] = {
		"live = 1240",	"blocks = 20",
		"allocs = 119", "bytes = 7669",
		"frees = 99",	"freed = 6429",
		"peak = 1840",	"pid = 4711",
		"ppid = ?",	"growth = ?",
		"window = ?",	"command ~ -p",
		"cgroup = ?",	"verdict = \"too early\" or live > 0",
		"server",
	};
	struct profile *p = fixture_profile();

	p->processes[0].ended = "running";
	for (size_t i = 0; i < ARRAY_SIZE(true_of_it); i++) {
		struct profile_alerts *a = alerts_of(true_of_it[i], NULL);

		if (profile_alerts_check(a, p, true) != 1)
			fail_msg("not true: %s", true_of_it[i]);
		profile_alerts_close(a);
	}
	/* What was not watched is not 0. */
	p->frees_known = p->peak_known = false;
	for (size_t i = 0; i < 2; i++) {
		struct profile_alerts *a =
			alerts_of(i ? "live < 1" : "live = ? and peak = ?", NULL);

		assert_int_equal(profile_alerts_check(a, p, true), !i);
		profile_alerts_close(a);
	}
	profile_free(p);
}

/* 16 MiB a minute, looked at each 3 seconds: memmon knows of growth after 20 seconds. */
static void growth(void **state UNUSED)
{
	struct profile_alerts *a = alerts_of("growth > 1MiB/min and verdict = growing", NULL);
	struct profile *p = fixture_profile();
	size_t fired = 0, at = 0;

	p->processes[0].ended = "running";
	for (size_t i = 1; i <= 20; i++) {
		p->end_ns += 3 * NSEC_PER_SEC;
		profile_add_values(
			p, 0,
			&(struct profile_values){.live_bytes = (16 << 20) / 20, .live_blocks = 1});
		fired += profile_alerts_check(a, p, true);
		at = at || !fired ? at : i;
	}
	assert_int_equal(fired, 1);
	assert_in_range(at, 7, 10);
	profile_alerts_close(a);
	/* What has ended grows no more. */
	a = alerts_of("growth > 0", NULL);
	p->processes[0].ended = "exit 0";
	for (size_t i = 1; i <= 20; i++) {
		p->end_ns += 3 * NSEC_PER_SEC;
		profile_add_values(p, 0, &(struct profile_values){.live_bytes = 1 << 20});
		assert_int_equal(profile_alerts_check(a, p, true), 0);
	}
	profile_alerts_close(a);
	profile_free(p);
}

static void a_bad_query(void **state UNUSED)
{
	static const struct {
		const char *query, *said;
	} bad[] = {
		{"liv > 1KiB",
		 "alert: no column 'liv'; did you mean 'live'?\n  liv > 1KiB\n  ^^^\n"},
		{"live >", "alert: a value is missing after >\n  live >\n        ^\n"},
		{"live > 1KiB and",
		 "alert: a term is missing here, such as live > 1GiB or a name\n  live > 1KiB "
		 "and\n                 ^\n"},
		{"rss > 1KiB", "alert: no column 'rss'\n  rss > 1KiB\n  ^^^\n"},
	};
	struct profile_alerts *a;

	log_capture(hear, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct opt_list queries = {.item = {bad[i].query}, .n = 1};

		assert_int_equal(profile_alerts_open(&a, &queries), -EINVAL);
		assert_null(a);
		assert_string_equal(heard(), bad[i].said);
	}
	log_capture(NULL, NULL);
}

static void none(void **state UNUSED)
{
	struct opt_list queries = {0};
	struct profile *p = fixture_profile();
	struct profile_alerts *a;

	assert_int_equal(profile_alerts_open(&a, &queries), 0);
	assert_null(a);
	assert_int_equal(profile_alerts_check(a, p, false), 0);
	assert_null(profile_alerts_latest(a));
	assert_int_equal(profile_alerts_exit(a, EXIT_OK), EXIT_OK);
	profile_alerts_close(a);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_and_said), cmocka_unit_test(each_figure_has_its_name),
		cmocka_unit_test(growth),	 cmocka_unit_test(a_bad_query),
		cmocka_unit_test(none),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	strbuf_release(&said);
	return failed;
}
