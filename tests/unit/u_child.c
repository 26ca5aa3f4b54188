/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The child of a trial: both barriers, and every way for it to go wrong. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "workloads/child.h"
#include "tests/unit/process_fixture.h"

enum { LONG_MS = 20000 };

static char said[512];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

static unsigned int fds_at_start;

static int setup(void **state)
{
	(void)state;
	said[0] = '\0';
	fds_at_start = open_fds();
	return 0;
}

static int nothing_open(void **state)
{
	(void)state;
	return open_fds() == fds_at_start ? 0 : -1;
}

/* --- workloads that go wrong on purpose --------------------------------------------------------
 */

static int warm_up_err, finish_code;
static int (*body)(struct workload_run *r);

static void size(const void *params, uint32_t *lanes, uint64_t *entries)
{
	(void)params;
	*lanes = 1;
	*entries = 4;
}

static int warm_up(struct workload_run *r)
{
	(void)r;
	if (warm_up_err)
		log_err("no room at the inn");
	return warm_up_err;
}

static int run(struct workload_run *r)
{
	return body ? body(r) : 0;
}

static void finish(struct workload_run *r)
{
	(void)r;
	if (finish_code < 0)
		pause();
	if (finish_code)
		_exit(finish_code);
}

static const struct workload_ops test_ops = {
	.name = "test",
	.help = "does what a test wants",
	.truth = WORKLOAD_LEDGER,
	.size = size,
	.warm_up = warm_up,
	.run = run,
	.finish = finish,
};

static const struct workload test_workload = {.ops = &test_ops, .seed = 77};

static void prepare(int (*fn)(struct workload_run *r))
{
	warm_up_err = finish_code = 0;
	body = fn;
}

static int four_calls(struct workload_run *r)
{
	for (int i = 0; i < 4; i++)
		wl_brk(r->lane, 0);
	ledger_add_units(r->ledger, r->seed);
	return 0;
}

static int five_calls(struct workload_run *r)
{
	wl_brk(r->lane, 0);
	return four_calls(r);
}

static int crashes(struct workload_run *r)
{
	wl_brk(r->lane, 0);
	raise(SIGKILL); /* as a crash, but without a sanitizer's or core's say in it */
	return 0;
}

static int hangs(struct workload_run *r)
{
	(void)r;
	pause();
	return 0;
}

static int fails(struct workload_run *r)
{
	(void)r;
	return -EPROTO;
}

/* --- plug-ins ----------------------------------------------------------------------------------
 */

static void two_barriers(void **state)
{
	struct workload_child c;
	uint64_t before;

	(void)state;
	prepare(four_calls);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(ledger_lane_count(c.ledger), 1);
	assert_int_equal(ledger_lane(c.ledger, 0)->tid, c.proc.pid);
	/* It waits as long as it takes. */
	assert_int_equal(workload_child_wait_done(&c, 20), -ETIMEDOUT);
	assert_int_equal(ledger_lane(c.ledger, 0)->count, 0);
	assert_int_equal(ledger_window_start_ns(c.ledger), 0);
	before = clock_ns();
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(workload_child_wait_done(&c, 0), 0);
	assert_int_equal(ledger_lane(c.ledger, 0)->count, 4);
	assert_int_equal(ledger_units(c.ledger), 77);
	assert_true(before <= c.start_ns && c.start_ns <= c.end_ns && c.end_ns <= clock_ns());
	/* And stands at the second one. */
	clock_sleep_ns(20 * NSEC_PER_MSEC);
	assert_true(process_is_alive(c.proc.pid));
	assert_int_equal(workload_child_finish(&c, LONG_MS), 0);
	assert_true(c.proc.reaped);
	assert_int_equal(c.why.len, 0);
	assert_string_equal(said, "");
	workload_child_destroy(&c);
	workload_child_destroy(&c);
}

static void crash(void **state)
{
	struct workload_child c;

	(void)state;
	prepare(crashes);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -ECHILD);
	assert_string_equal(said,
			    "test: ended in the middle of its calls: killed by signal 9 (Killed)");
	assert_string_equal(c.why.s,
			    "ended in the middle of its calls: killed by signal 9 (Killed)");
	/* What it had done is still there to be read. */
	assert_int_equal(ledger_lane(c.ledger, 0)->count, 1);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -ECHILD);
	assert_int_equal(workload_child_finish(&c, LONG_MS), -ECHILD);
	workload_child_destroy(&c);
}

static void killed_at_barriers(void **state)
{
	struct workload_child c;

	(void)state;
	prepare(four_calls);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	kill(c.proc.pid, SIGTERM);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -ECHILD);
	assert_int_equal(workload_child_release(&c), -EPIPE);
	assert_string_equal(said, "test: it ended at the first barrier");
	workload_child_destroy(&c);

	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	kill(c.proc.pid, SIGTERM);
	assert_true(process_dies(c.proc.pid));
	assert_int_equal(workload_child_finish(&c, LONG_MS), -ECHILD);
	assert_string_equal(said,
			    "test: ended badly after its calls: killed by signal 15 (Terminated)");
	workload_child_destroy(&c);
}

static void hang(void **state)
{
	struct workload_child c;
	pid_t pid;

	(void)state;
	prepare(hangs);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, 30), -ETIMEDOUT);
	assert_string_equal(said, "");
	pid = c.proc.pid;
	workload_child_destroy(&c);
	assert_false(process_is_alive(pid));

	prepare(NULL);
	finish_code = -1;
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(workload_child_finish(&c, 30), -ETIMEDOUT);
	assert_string_equal(said, "test: did not end within 30 ms after its calls");
	workload_child_destroy(&c);
}

static void errors_come_through(void **state)
{
	struct workload_child c;

	(void)state;
	prepare(NULL);
	warm_up_err = -ENOSPC;
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), -ENOSPC);
	assert_string_equal(said, "test: no room at the inn");
	assert_string_equal(c.why.s, "no room at the inn");
	workload_child_destroy(&c);

	prepare(fails);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -EPROTO);
	assert_string_equal(said, "test: its calls went wrong: Protocol error");
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -EPROTO);
	assert_int_equal(workload_child_finish(&c, LONG_MS), 0);
	workload_child_destroy(&c);

	prepare(five_calls);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -EOVERFLOW);
	assert_string_equal(said, "test: its ledger was too small for all calls");
	workload_child_destroy(&c);

	prepare(NULL);
	finish_code = 9;
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(workload_child_finish(&c, LONG_MS), -ECHILD);
	assert_string_equal(said, "test: ended badly after its calls: exit code 9");
	workload_child_destroy(&c);
}

/* Descriptors of the caller, a monitor's links among them, must not live on in the child. */
static int counts_fds(struct workload_run *r)
{
	for (int fd = 3; fd < 1024; fd++)
		ledger_add_units(r->ledger, fcntl(fd, F_GETFD) >= 0);
	return 0;
}

static void no_foreign_descriptors(void **state)
{
	struct workload_child c;
	int fd = open("/dev/null", O_RDONLY), high = fcntl(fd, F_DUPFD, 500);

	(void)state;
	prepare(counts_fds);
	assert_int_equal(workload_child_start(&c, &test_workload, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(ledger_units(c.ledger), 1); /* its barrier */
	workload_child_destroy(&c);
	close(fd);
	close(high);
}

/* A caller that is killed leaves nothing behind, not even a child at its first barrier. */
static int caller_process(void *arg)
{
	struct workload_child c;

	if (workload_child_start(&c, &test_workload, NULL))
		return 1;
	if (write(*(int *)arg, &c.proc.pid, sizeof(c.proc.pid)) != sizeof(c.proc.pid))
		return 1;
	pause();
	return 0;
}

static void dies_with_its_caller(void **state)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct subproc caller;
	pid_t pid;
	int fds[2];

	(void)state;
	prepare(NULL);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	opts.child = caller_process;
	opts.arg = &fds[1];
	assert_int_equal(subproc_start(&caller, &opts), 0);
	assert_int_equal(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	assert_true(process_is_alive(pid));
	kill(caller.pid, SIGKILL);
	assert_true(process_dies(pid));
	subproc_release(&caller);
	close(fds[0]);
	close(fds[1]);
}

static void enters_its_cgroup(void **state)
{
	struct workload_child_opts opts = WORKLOAD_CHILD_OPTS_INIT;
	struct workload_child c;
	struct strbuf text = STRBUF_INIT;
	struct cgroup cg;
	char path[64];

	(void)state;
	if (getuid() || cgroup_create(&cg, "child")) {
		print_message("%s\n", getuid() ? "needs root" : said);
		skip();
	}
	prepare(four_calls);
	opts.cgroup = &cg;
	assert_int_equal(workload_child_start(&c, &test_workload, &opts), 0);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", (int)c.proc.pid);
	assert_int_equal(strbuf_read_file(&text, path), 0);
	assert_non_null(strstr(text.s, strrchr(cg.path, '/')));
	workload_child_destroy(&c);
	cgroup_remove(&cg);
	strbuf_release(&text);

	snprintf(cg.path, sizeof(cg.path), "/nonexistent");
	assert_int_equal(workload_child_start(&c, &test_workload, &opts), -ENOENT);
	assert_string_equal(said, "test: cannot enter the cgroup: No such file or directory");
	workload_child_destroy(&c);
}

/* --- commands ----------------------------------------------------------------------------------
 */

static int run_command(struct workload_child *c, struct workload *w, const char *script,
		       const struct workload_child_opts *opts)
{
	static char *argv[] = {(char *)"sh", (char *)"-c", NULL, NULL};
	int err;

	argv[2] = (char *)(uintptr_t)script;
	workload_from_command(w, argv);
	err = workload_child_start(c, w, opts);
	if (!err)
		err = workload_child_release(c);
	if (!err)
		err = workload_child_wait_done(c, LONG_MS);
	return err;
}

static void command_waits_for_release(void **state)
{
	char *argv[] = {(char *)"touch", NULL, NULL};
	char path[] = "/tmp/beebench-test.XXXXXX";
	struct workload_child c;
	struct workload w;

	(void)state;
	close(mkstemp(path));
	unlink(path);
	argv[1] = path;
	workload_from_command(&w, argv);
	assert_int_equal(workload_child_start(&c, &w, NULL), 0);
	assert_null(c.ledger);
	assert_int_equal(workload_child_wait_done(&c, 30), -ETIMEDOUT);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_true(c.start_ns > 0 && c.end_ns > c.start_ns);
	assert_int_equal(workload_child_finish(&c, LONG_MS), 0);
	workload_child_destroy(&c);
	unlink(path);
}

static void command_ends_badly(void **state)
{
	struct workload_child c;
	struct workload w;

	(void)state;
	assert_int_equal(run_command(&c, &w, "exit 3", NULL), -ECHILD);
	assert_string_equal(said, "command: the command ended badly: exit code 3");
	workload_child_destroy(&c);
	assert_int_equal(run_command(&c, &w, "kill -SEGV $$", NULL), -ECHILD);
	assert_string_equal(
		said, "command: the command ended badly: killed by signal 11 (Segmentation fault)");
	workload_child_destroy(&c);
}

static void command_not_there(void **state)
{
	char *argv[] = {(char *)"beebench-no-such-program", NULL};
	char path[] = "/tmp/beebench-test.XXXXXX";
	struct workload_child c;
	struct workload w;
	int fd = mkstemp(path);

	(void)state;
	workload_from_command(&w, argv);
	assert_int_equal(workload_child_start(&c, &w, NULL), -ENOENT);
	assert_string_equal(c.why.s, "no such program: beebench-no-such-program");
	workload_child_destroy(&c);

	assert_int_equal(write(fd, "\177ELF no", 7), 7);
	fchmod(fd, 0700);
	close(fd);
	argv[0] = path;
	assert_int_equal(workload_child_start(&c, &w, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), -ENOEXEC);
	assert_string_equal(
		said, "command: the command ended badly: could not be executed: Exec format error");
	workload_child_destroy(&c);
	unlink(path);
}

static void command_output(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct workload_child c;
	struct workload w;

	(void)state;
	assert_int_equal(
		run_command(&c, &w, "echo heard >&2; read -r x || printf 'end\\033\\377'", NULL),
		0);
	assert_int_equal(c.output.bytes, 11);
	output_text(&c.output, 100, &text);
	assert_string_equal(text.s, "heard\nend??");
	strbuf_reset(&text);
	output_text(&c.output, 7, &text); /* from the beginning of a line on */
	assert_string_equal(text.s, "end??");
	strbuf_release(&text);
	workload_child_destroy(&c);
}

static void command_that_never_ends(void **state)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"sleep 100 & echo $!; wait", NULL};
	struct workload_child c;
	struct workload w;
	pid_t pid, other;

	(void)state;
	workload_from_command(&w, argv);
	assert_int_equal(workload_child_start(&c, &w, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	while (!c.output.bytes)
		assert_int_equal(workload_child_wait_done(&c, 20), -ETIMEDOUT);
	pid = c.proc.pid;
	other = atoi(c.output.tail.s);
	workload_child_destroy(&c);
	assert_false(process_is_alive(pid));
	assert_true(process_dies(other));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, nothing_open)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_barriers),
		TEST(crash),
		TEST(killed_at_barriers),
		TEST(hang),
		TEST(errors_come_through),
		TEST(no_foreign_descriptors),
		TEST(dies_with_its_caller),
		TEST(enters_its_cgroup),
		TEST(command_waits_for_release),
		TEST(command_ends_badly),
		TEST(command_not_there),
		TEST(command_output),
		TEST(command_that_never_ends),
	};

	log_capture(keep, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
