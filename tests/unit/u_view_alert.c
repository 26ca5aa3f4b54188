/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Alerts: when they fire, what a command is given, and that names cannot become commands. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "monitor/view/alert.h"
#include "tests/unit/view_fixture.h"

static char dir[64];
static struct strbuf said = STRBUF_INIT;

static const char *path(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s/%s", dir, name);
	return text;
}

static void write_file(const char *name)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	fclose(f);
}

/* What a command wrote into a file and then moved to this name; it is given ten seconds. */
static const char *written(const char *name)
{
	static struct strbuf text = STRBUF_INIT;

	strbuf_release(&text);
	for (int i = 0; i < 1000 && access(path(name), F_OK); i++)
		clock_sleep_ns(10 * NSEC_PER_MSEC);
	if (strbuf_read_file(&text, path(name)))
		fail_msg("%s was not written", name);
	unlink(path(name));
	return text.s;
}

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	strbuf_addstr(&said, line);
}

static struct alerts *alerts_of(const char *query, const char *command)
{
	struct alerts *a;

	assert_int_equal(alerts_new(&a, NULL), 0);
	assert_int_equal(alerts_add(a, query, command), 0);
	return a;
}

static void once_until_it_matches_no_more(void **state UNUSED)
{
	struct proc_row rows[] = {row_of(5, 1, "five", 0), row_of(6, 1, "six", 0),
				  row_of(7, 1, "seven", 0)};
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows), .time_ns = 42};
	struct alerts *a = alerts_of("rss > 100", NULL);

	assert_int_equal(alerts_check(a, &f), 0);
	assert_null(alerts_latest(a));
	rows[0].v[FIELD_RSS] = rows[2].v[FIELD_RSS] = 200;
	assert_int_equal(alerts_check(a, &f), 2);
	assert_string_equal(alerts_latest(a)->name, "seven");
	assert_string_equal(alerts_latest(a)->query, "rss > 100");
	assert_int_equal(alerts_latest(a)->pid, 7);
	assert_int_equal(alerts_latest(a)->time_ns, 42);
	assert_int_equal(alerts_check(a, &f), 0);
	assert_null(alerts_latest(a));
	rows[1].v[FIELD_RSS] = 200;
	assert_int_equal(alerts_check(a, &f), 1);
	assert_int_equal(alerts_latest(a)->pid, 6);
	rows[0].v[FIELD_RSS] = 0;
	assert_int_equal(alerts_check(a, &f), 0);
	rows[0].v[FIELD_RSS] = 200;
	assert_int_equal(alerts_check(a, &f), 1);
	/* The same pid, another process; and what is not known matches no more. */
	rows[2].start_ns++;
	rows[1].v[FIELD_RSS] = NAN;
	assert_int_equal(alerts_check(a, &f), 1);
	assert_int_equal(alerts_latest(a)->pid, 7);
	assert_int_equal(alerts_fired(a), 5);
	assert_int_equal(alerts_dropped(a), 0);
	alerts_free(a);
	alerts_free(NULL);
}

static void each_query_for_itself(void **state UNUSED)
{
	struct proc_row rows[] = {row_of(5, 1, "five", 500)};
	struct frame f = {.rows = rows, .n = 1};
	struct alerts *a = alerts_of("rss > 100", NULL);

	assert_int_equal(alerts_add(a, "verdict = growing", NULL), 0);
	assert_int_equal(alerts_check(a, &f), 1);
	rows[0].verdict = VERDICT_GROWING;
	assert_int_equal(alerts_check(a, &f), 1);
	assert_string_equal(alerts_latest(a)->query, "verdict = growing");
	assert_int_equal(alerts_check(a, &f), 0);
	alerts_free(a);
}

static void a_bad_query_is_explained(void **state UNUSED)
{
	struct alerts *a;

	assert_int_equal(alerts_new(&a, NULL), 0);
	log_capture(hear, NULL);
	assert_int_equal(alerts_add(a, "rs > 5", "true"), -EINVAL);
	log_capture(NULL, NULL);
	assert_string_equal(said.s, "alert: no column 'rs'; did you mean 'rss'?\n  rs > 5\n  ^^");
	strbuf_release(&said);
	alerts_free(a);
}

static void commands_get_figures(void **state UNUSED)
{
	struct proc_row rows[] = {row_of(5, 3, "five", 2048)};
	struct frame f = {.rows = rows, .n = 1};
	struct alerts *a;

	setenv("BEEBENCH_PEAK_KB", "of an outer alert", 1);
	setenv("BEEBENCH_OTHER", "kept", 1);
	rows[0].uid = 33;
	rows[0].v[FIELD_TOT] = 12.5;
	rows[0].verdict = VERDICT_STEADY;
	a = alerts_of("rss > 1MiB",
		      "echo \"$BEEBENCH_PID $BEEBENCH_PPID $BEEBENCH_UID $BEEBENCH_NAME "
		      "$BEEBENCH_QUERY $BEEBENCH_RSS_KB $BEEBENCH_TOT_PCT ${BEEBENCH_PEAK_KB-none} "
		      "$BEEBENCH_VERDICT $BEEBENCH_OTHER\" >$DIR/new; mv $DIR/new $DIR/figures");
	assert_int_equal(alerts_check(a, &f), 1);
	assert_string_equal(written("figures"), "5 3 33 five rss > 1MiB 2048 12.500 none steady "
						"kept\n");
	alerts_free(a);
}

static void names_are_data(void **state UNUSED)
{
	static const char *const names[] = {"$(>$DIR/bad)",  "`>$DIR/bad`",  "';>$DIR/bad;'",
					    "\";>$DIR/bad;", "x\n>$DIR/bad", "a b\t\xff=c"};
	struct proc_row rows[] = {row_of(5, 1, "", 500)};
	struct frame f = {.rows = rows, .n = 1};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct alerts *a =
			alerts_of("rss > 100",
				  "printf %s \"$BEEBENCH_NAME\" >$DIR/new; mv $DIR/new $DIR/name");

		memset(rows[0].name, 0, sizeof(rows[0].name));
		snprintf(rows[0].name, sizeof(rows[0].name), "%s", names[i]);
		assert_int_equal(alerts_check(a, &f), 1);
		assert_string_equal(written("name"), names[i]);
		assert_int_not_equal(access(path("bad"), F_OK), 0);
		alerts_free(a);
	}
}

/* Waits until the commands under way have been reaped: then a new one of the same process runs. */
static bool runs_again(struct alerts *a, struct frame *f)
{
	for (int i = 0; i < 1000; i++) {
		size_t dropped = alerts_dropped(a);

		f->rows[0].v[FIELD_RSS] = 0;
		alerts_check(a, f);
		f->rows[0].v[FIELD_RSS] = 500;
		assert_int_equal(alerts_check(a, f), 1);
		if (alerts_dropped(a) == dropped)
			return true;
		clock_sleep_ns(10 * NSEC_PER_MSEC);
	}
	return false;
}

static void eight_at_a_time(void **state UNUSED)
{
	struct proc_row rows[20];
	struct frame f = {.rows = rows, .n = ARRAY_SIZE(rows)};
	struct alerts *a = alerts_of("rss > 100", "while [ -e $DIR/hold ]; do sleep 0.02; done");
	pid_t other = fork();
	int status;

	if (!other)
		_exit(7);
	write_file("hold");
	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++)
		rows[i] = row_of(i + 1, 1, "x", 500);
	assert_int_equal(alerts_check(a, &f), 20);
	assert_int_equal(alerts_dropped(a), 12);
	/* One a process: while the first one's runs, it has no second. */
	f.n = 1;
	rows[0].v[FIELD_RSS] = 0;
	assert_int_equal(alerts_check(a, &f), 0);
	rows[0].v[FIELD_RSS] = 500;
	assert_int_equal(alerts_check(a, &f), 1);
	assert_int_equal(alerts_dropped(a), 13);
	unlink(path("hold"));
	assert_true(runs_again(a, &f));
	assert_int_equal(alerts_failed(a), 0);
	/* Other children of this process are not touched. */
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(WEXITSTATUS(status), 7);
	alerts_free(a);
}

static void failures_are_counted(void **state UNUSED)
{
	struct proc_row rows[] = {row_of(5, 1, "five", 500)};
	struct frame f = {.rows = rows, .n = 1};
	struct alerts *a = alerts_of("rss > 100", "exit 3");

	assert_int_equal(alerts_check(a, &f), 1);
	for (int i = 0; i < 1000 && !alerts_failed(a); i++) {
		clock_sleep_ns(10 * NSEC_PER_MSEC);
		alerts_check(a, &f);
	}
	assert_int_equal(alerts_failed(a), 1);
	alerts_free(a);
}

static int make_dir(void **state UNUSED)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/u_view_alert.XXXXXX",
		 tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	return mkdtemp(dir) ? setenv("DIR", dir, 1) : -1;
}

static int remove_dir(void **state UNUSED)
{
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once_until_it_matches_no_more),
		cmocka_unit_test(each_query_for_itself),
		cmocka_unit_test(a_bad_query_is_explained),
		cmocka_unit_test(commands_get_figures),
		cmocka_unit_test(names_are_data),
		cmocka_unit_test(eight_at_a_time),
		cmocka_unit_test(failures_are_counted),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
