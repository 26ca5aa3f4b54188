/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Scripts and commands as monitors: the way they should go, and each way they go wrong. */
#include "lib/base.h"
#include "tests/bpf/live.h"

#include <signal.h>
#include <sys/mman.h>

/* A manifest for `sh -c SCRIPT` whose map @n is our mmap_count. Quotes in the script must be single
 * ones. */
static const char *command(const char *script)
{
	static char path[256];
	char text[2048];
	int n = snprintf(
		text, sizeof(text),
		"{\"schema\": 1, \"counters\": {\"mmap_count\": \"@n\"}, \"run\": [\"sh\", \"-c\", "
		"\"%s\", \"sh\", \"{out}\", \"{cgroup}\", \"{pid}\"]}",
		script);

	assert_in_range(n, 1, sizeof(text) - 1);
	snprintf(path, sizeof(path), "%s", live_write("cmd.json", text, (size_t)n));
	return path;
}

/* The whole text that was said, with PATH for the manifest's. */
static void said(const char *path, const char *expected)
{
	struct strbuf sb = STRBUF_INIT;

	log_capture(NULL, NULL);
	for (const char *p = expected; *p; p++) {
		if (strncmp(p, "PATH", 4)) {
			strbuf_addch(&sb, *p);
			continue;
		}
		strbuf_addstr(&sb, path);
		p += 3;
	}
	assert_string_equal(live_said, sb.s);
	strbuf_release(&sb);
}

#define READY "echo '{\\\"type\\\": \\\"ready\\\"}' >$1; "
#define WAIT  "while :; do sleep 0.02; done"
#define OURS  (64 << 20)
#define MAP(table)                                                                                 \
	"echo '{\\\"type\\\": \\\"map\\\", \\\"data\\\": {\\\"@n\\\": " table "}}' >>$1; "

static struct monitor *opened(const char *path, const struct monitor_target *target)
{
	struct monitor *m;

	assert_int_equal(monitor_open(&m, path, target, NULL), 0);
	return m;
}

static void a_command_counts(void **state UNUSED)
{
	const struct monitor_target target = {.cgroup_id = 4711, .cgroup_path = "/nowhere"};
	const char *path =
		command("trap \\\""
			"echo '{\\\\\\\"type\\\\\\\": \\\\\\\"map\\\\\\\", \\\\\\\"data\\\\\\\": "
			"{\\\\\\\"@n\\\\\\\": {\\\\\\\"12\\\\\\\": '$2'}}}' >>$1; exit 0"
			"\\\" INT; " READY WAIT);
	struct monitor *m = opened(path, &target);
	struct monitor_losses losses;
	struct monitor_cost cost;
	struct counter_table t;
	/* What a child's ru_maxrss begins with. */
	void *ours = mmap(NULL, OURS, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	assert_ptr_not_equal(ours, MAP_FAILED);
	assert_int_equal(monitor_info(m)->kind, MONITOR_COMMAND);
	assert_int_equal(monitor_info(m)->caps, MONITOR_COUNTERS | MONITOR_CGROUP);
	assert_string_equal(monitor_info(m)->name, "cmd");
	assert_int_equal(monitor_attach(m), 0);
	live_listen();
	assert_int_equal(monitor_snapshot(m, &t), -EBUSY);
	said(path, "PATH: has no counters before it is detached");
	assert_int_equal(monitor_poll(m, 1, NULL, NULL), 0);
	assert_int_equal(monitor_detach(m), 0);
	assert_int_equal(monitor_snapshot(m, &t), 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(counter_table_row(&t, 0)->key, 12);
	assert_int_equal(counter_table_row(&t, 0)->value[MEM_MMAP_COUNT], 4711);
	counter_table_release(&t);
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.lost_events, 0);
	assert_true(losses.recursion_misses == UINT64_MAX);
	assert_int_equal(monitor_cost(m, &cost), 0);
	assert_in_range(cost.rss_bytes, 1, OURS - 1);
	assert_true(cost.attach_ns > 0);
	munmap(ours, OURS);
	monitor_close(m);
}

static void ends_too_early(void **state UNUSED)
{
	const char *path = command("echo what a pity >&2; exit 3");
	struct monitor *m = opened(path, NULL);

	live_listen();
	assert_int_equal(monitor_attach(m), -ECHILD);
	said(path, "PATH: sh ended before it was ready: exit code 3; it said:\n    what a pity");
	monitor_close(m);
}

static void ends_while_it_should_count(void **state UNUSED)
{
	const char *path = command(READY "sleep 0.3; exit 0");
	struct monitor *m = opened(path, NULL);
	int n = 0;

	assert_int_equal(monitor_attach(m), 0);
	live_listen();
	for (int i = 0; i < 200 && !n; i++)
		n = monitor_poll(m, 50, NULL, NULL);
	assert_int_equal(n, -ECHILD);
	said(path, "PATH: sh ended while it should count: exit code 0");
	live_listen();
	assert_int_equal(monitor_detach(m), -ECHILD);
	monitor_close(m);
	log_capture(NULL, NULL);
}

static void ends_badly(void **state UNUSED)
{
	const char *path = command("trap 'exit 4' INT; " READY WAIT);
	struct monitor *m = opened(path, NULL);
	struct counter_table t;

	assert_int_equal(monitor_attach(m), 0);
	live_listen();
	assert_int_equal(monitor_detach(m), -ECHILD);
	said(path, "PATH: sh ended badly: exit code 4");
	assert_int_equal(monitor_snapshot(m, &t), -EBADMSG);
	monitor_close(m);
}

static void output_is_cut(void **state UNUSED)
{
	const char *path = command(
		READY "printf '{\\\"type\\\": \\\"map\\\", ' >>$1; trap 'exit 0' INT; " WAIT);
	struct monitor *m = opened(path, NULL);

	assert_int_equal(monitor_attach(m), 0);
	live_listen();
	usleep(100000); /* the line is begun after the ready line */
	assert_int_equal(monitor_detach(m), -EBADMSG);
	said(path, "PATH: its output ends in the middle of a line: counters may be missing");
	monitor_close(m);
}

static void output_is_no_table(void **state UNUSED)
{
	const char *path =
		command(MAP("{\\\"sh,12\\\": 1}") "echo nonsense >>$1; echo '{\\\"type\\\": "
						  "\\\"ready\\\"}' >>$1; " WAIT);
	struct monitor *m = opened(path, NULL);
	struct monitor_losses losses;
	struct counter_table t;

	assert_int_equal(monitor_attach(m), 0);
	live_listen();
	assert_int_equal(monitor_detach(m), 0);
	said(path, "PATH: 1 lines of its output are not bpftrace's JSON, the first is line 2");
	live_listen();
	assert_int_equal(monitor_snapshot(m, &t), -EINVAL);
	said(path, "PATH: map @n: its key 'sh,12' is no number");
	assert_int_equal(monitor_losses(m, &losses), 0);
	assert_int_equal(losses.bad_records, 1);
	monitor_close(m);
}

/* @text is refused with PATH and @expected. */
static void bad(const char *text, int err, const char *expected)
{
	const char *path = live_write("bad.json", text, strlen(text));
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s%s", path, expected);
	live_refuses(path, err, sb.s);
	strbuf_release(&sb);
}

static void bad_commands(void **state UNUSED)
{
	bad("{\"schema\": 1, \"run\": [\"true\"]}", -EINVAL,
	    ": counters: is missing; say which map is which: {\"mmap_count\": \"@..\"}");
	bad("{\"schema\": 1, \"counters\": {\"mmap_count\": \"@n\"}, \"run\": [\"x\", "
	    "\"{output}\"]}",
	    -EINVAL,
	    ": run: '{output}': the words in braces are {script}, {out}, {cgroup}, {cgroup_path}, "
	    "{pid}, {process} and {beside}");
	bad("{\"schema\": 1, \"counters\": {\"map\": \"x\", \"fields\": {}}, \"run\": [\"true\"]}",
	    -EINVAL,
	    ": counters.map: a script has a map for each field: {\"mmap_count\": \"@..\"}");
	bad("{\"schema\": 1, \"counters\": null, \"events\": {\"map\": \"e\"}, \"run\": "
	    "[\"true\"]}",
	    -EINVAL, ": events: only BPF objects have records; leave it out");
	bad("{\"schema\": 1}", -EINVAL,
	    ": says no \"object\", \"script\" or \"run\", and there is no such file beside it");
	bad("{\"schema\": 1, \"object\": \"/nowhere/x.bpf.o\"}", -ENOENT,
	    " names /nowhere/x.bpf.o: No such file or directory");
}

static const char *script(const char *text)
{
	return live_write("s.bt", text, strlen(text));
}

/* The script of live_path("s.bt") is refused with PATH and @expected, in which PATH stands for it
 * too. */
static void bad_script(int err, const char *expected)
{
	struct strbuf sb = STRBUF_INIT;
	char path[256];

	snprintf(path, sizeof(path), "%s", live_path("s.bt"));
	strbuf_addstr(&sb, path);
	for (const char *p = expected; *p; p++) {
		if (strncmp(p, "PATH", 4)) {
			strbuf_addch(&sb, *p);
			continue;
		}
		strbuf_addstr(&sb, path);
		p += 3;
	}
	live_refuses(path, err, sb.s);
	strbuf_release(&sb);
}

static void scripts_and_names(void **state UNUSED)
{
	static const char manifest[] = "{\"schema\": 1, \"counters\": {\"mmap_count\": \"@c\"}}";
	char *path = strdup(getenv("PATH"));
	struct monitor *m;

	m = opened(script("tracepoint:syscalls:sys_enter_brk { @brk_count[tid] = count(); /* "
			  "@mmap_count */ }"),
		   NULL);
	assert_int_equal(monitor_info(m)->fields, 1 << MEM_BRK_COUNT);
	assert_string_equal(monitor_info(m)->name, "s.bt");
	monitor_close(m);
	setenv("PATH", "/nowhere", 1);
	bad_script(-ENOTSUP,
		   ": there is no bpftrace here; install it: sudo apt-get install bpftrace");
	setenv("PATH", path, 1);
	free(path);
	script("BEGIN { @a = 1; @b[tid] = 2; @a++; printf(\"@mmap_count\"); // @brk_count\n }");
	bad_script(-EINVAL,
		   ": none of its maps (@a, @b) has a name of ours, like @mmap_count; say which is "
		   "which in PATH.manifest.json (docs/adding-a-monitor.md)");
	live_write("s.bt.manifest.json", manifest, strlen(manifest));
	bad_script(
		-EINVAL,
		": no map '@c', which PATH.manifest.json names for mmap_count (its maps: @a, @b)");
	unlink(live_path("s.bt.manifest.json"));
}

static void scripts_that_do_not_run(void **state UNUSED)
{
	static const struct {
		const char *text, *said;
		int err;
	} scripts[] = {
		{"tracepoint:syscalls:sys_enter_brk { @brk_count[tid] = ; }", "syntax error",
		 -ECHILD},
		{"tracepoint:syscalls:sys_enter_brkk { @brk_count[tid] = count(); }", "not found",
		 -ECHILD},
		{"BEGIN { @brk_count[tid] = count(); exit(); }", "the script ended itself (exit())",
		 -ECANCELED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct monitor *m;
		int err = monitor_open(&m, script(scripts[i].text), NULL, NULL);

		if (err == -ENOTSUP) {
			print_message("# bpftrace is not installed\n");
			skip();
		}
		assert_int_equal(err, 0);
		live_listen();
		/* One that leaves of its own accord may be seen to before or after it was ready. */
		err = monitor_attach(m);
		for (int n = 0; !err && n < 200; n++)
			err = monitor_poll(m, 50, NULL, NULL);
		log_capture(NULL, NULL);
		assert_int_equal(err, scripts[i].err);
		assert_non_null(strstr(live_said, scripts[i].said));
		assert_null(strstr(live_said, "RLIMIT_MEMLOCK"));
		monitor_close(m);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_counts),
		cmocka_unit_test(ends_too_early),
		cmocka_unit_test(ends_while_it_should_count),
		cmocka_unit_test(ends_badly),
		cmocka_unit_test(output_is_cut),
		cmocka_unit_test(output_is_no_table),
		cmocka_unit_test(bad_commands),
		cmocka_unit_test(scripts_and_names),
		cmocka_unit_test(scripts_that_do_not_run),
	};

	return live_main(tests, ARRAY_SIZE(tests), "t_stream");
}
