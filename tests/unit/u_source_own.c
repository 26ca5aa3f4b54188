/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tool takes, the file of measured costs, what is said of missing capabilities, and the
 * events between two frames. */
#include "lib/base.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/memmon/memmon.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/strbuf.h"
#include "monitor/source/caps.h"
#include "monitor/source/costs.h"
#include "monitor/source/events.h"
#include "monitor/source/own.h"
#include "monitor/source/tasks.h"

char tasks_state(uint32_t state)
{
	return state ? 'S' : 'R';
}

static char said[512];

static void hear(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void own(void **state)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t start_ns = clock_ns(), burn = clock_thread_cpu_ns();
	struct own o = {0};
	struct frame_own f = {0};

	(void)state;
	assert_true(isnan(own_share(5, 0)));
	assert_float_equal(own_share(5, 1000), 0.5, 1e-9);
	own_measure(&o, proc, start_ns, 100, &f);
	assert_true(isnan(f.cpu_pct)); /* a first frame has no interval */
	assert_true(isnan(f.events_per_s));
	assert_true(f.rss_kb > 0);
	while (clock_thread_cpu_ns() - burn < 20 * NSEC_PER_MSEC)
		;
	/* As if a second had passed. */
	own_measure(&o, proc, start_ns + NSEC_PER_SEC, 350, &f);
	assert_true(f.cpu_pct >= 1);
	assert_float_equal(f.events_per_s, 250, 1e-9);
	own_measure(&o, proc, start_ns + 2 * NSEC_PER_SEC, UINT64_MAX, &f);
	assert_true(isnan(f.events_per_s));
	close(proc);
}

static int read_costs(const char *text, const char *monitor, struct cost_figure *out)
{
	char path[] = "/tmp/u_source_own.XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	said[0] = '\0';
	err = costs_read(path, monitor, out);
	unlink(path);
	return err;
}

static void costs(void **state)
{
	static const char good[] =
		"{\"schema\":1,\"host\":\"h\",\"kernel\":\"6.18.44-cloud\",\"date\":\"2026-11-21\","
		"\"command\":\"beebench overhead -t "
		"20\",\"monitors\":{\"a\":{\"ns_per_event\":23.5,"
		"\"with_events\":97},\"b\":{\"ns_per_event\":11,\"with_events\":null},"
		"\"c\":{\"ns_per_event\":\"x\"},\"d\":{\"ns_per_event\":-1}}}";
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"{\"schema\":1,", "is no JSON object"},
		{"[]", "is no JSON object"},
		{"{\"schema\":2,\"monitors\":{}}", "\"schema\" is not 1"},
		{"{\"schema\":1,\"monitors\":[]}", "has no object \"monitors\""},
	};
	struct cost_figure c;

	(void)state;
	log_capture(hear, NULL);
	assert_int_equal(read_costs(good, "a", &c), 0);
	assert_float_equal(c.ns_per_event, 23.5, 0);
	assert_float_equal(c.with_events, 97, 0);
	assert_string_equal(c.source, "beebench overhead, 2026-11-21, Linux 6.18");
	assert_int_equal(read_costs(good, "b", &c), 0);
	assert_float_equal(c.ns_per_event, 11, 0);
	assert_true(isnan(c.with_events));
	for (const char *name = "cde"; *name; name++) {
		assert_int_equal(read_costs(good, (char[]){*name, 0}, &c), -ENOENT);
		assert_true(isnan(c.ns_per_event));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(read_costs(bad[i].text, "a", &c), -EINVAL);
		assert_non_null(strstr(said, bad[i].says));
		assert_true(isnan(c.ns_per_event));
		assert_string_equal(c.source, "");
	}
	assert_int_equal(costs_read("/nonexistent", "a", &c), -ENOENT);
	log_capture(NULL, NULL);
}

static void capabilities(void **state)
{
	struct strbuf text = STRBUF_INIT;

	(void)state;
	caps_explain(0, "/usr/bin/memmon", &text);
	assert_string_equal(text.s, "");
	caps_explain(1ULL << CAP_PERFMON, "/usr/bin/memmon", &text);
	assert_string_equal(text.s,
			    "not allowed: CAP_PERFMON is missing (to attach them to tracepoints). "
			    "Run it with sudo, or once: sudo setcap cap_bpf,cap_perfmon+ep "
			    "/usr/bin/memmon (without effect on a file system mounted nosuid)");
	strbuf_reset(&text);
	caps_explain(1ULL << CAP_BPF | 1ULL << CAP_DAC_READ_SEARCH, "x", &text);
	assert_non_null(strstr(text.s, "CAP_BPF is missing (to load BPF programs), "
				       "CAP_DAC_READ_SEARCH is missing"));
	assert_non_null(strstr(text.s, "cap_bpf,cap_perfmon,cap_dac_read_search+ep x"));
	strbuf_release(&text);
}

static void add_rows(struct rows *rows, const uint32_t *pids)
{
	rows_begin(rows, 1);
	for (; *pids; pids++) {
		struct task_row row = {.thread = {.pid = *pids, .tgid = *pids, .start_ns = 1}};

		snprintf(row.comm, sizeof(row.comm), "p%u", *pids);
		rows_process(rows, &row);
	}
	assert_int_equal(rows_finish(rows, false), 0);
}

static void event(struct events *e, uint32_t tgid, uint8_t type, uint64_t size, uint64_t time_ns)
{
	const struct event r = {.pid = tgid + 1,
				.tgid = tgid,
				.value[MEM_EVENT_TYPE] = type,
				.value[MEM_EVENT_SIZE] = size,
				.timestamp_ns = time_ns};

	events_add(e, &r);
}

static void leaves(void *arg, const struct proc_row *row)
{
	events_leave(arg, row);
}

static void events(void **state)
{
	struct events *e;
	struct frame f = {0};
	struct rows rows;

	(void)state;
	assert_int_equal(events_bucket(0), 0);
	assert_int_equal(events_bucket(1), 0);
	assert_int_equal(events_bucket(4095), 11);
	assert_int_equal(events_bucket(4096), 12);
	assert_int_equal(events_bucket(UINT64_MAX), SIZE_BUCKETS - 1);
	assert_int_equal(events_new(&e), 0);
	rows_init(&rows, false, false);
	rows.zero = FIELD_BIT(FIELD_BRK);
	rows.leaves = leaves;
	rows.arg = e;
	add_rows(&rows, (uint32_t[]){3, 8, 0});
	event(e, 8, MEM_EVENT_MMAP, 4096, 1);
	event(e, 8, MEM_EVENT_BRK, 0, 2);
	event(e, 5, MEM_EVENT_MMAP, 100, 3); /* of a process that nobody has seen yet */
	events_frame(e, &f, &rows, true);
	assert_int_equal(f.nevents, 3);
	assert_int_equal(f.events_seen, 3);
	assert_string_equal(f.events[0].record.comm, "p8");
	assert_string_equal(f.events[2].record.comm, "");
	assert_int_equal(rows_find(&rows, 8)->sizes[12], 1);
	assert_float_equal(row_value(rows_find(&rows, 8), FIELD_BRK), 1, 0);
	assert_float_equal(row_value(rows_find(&rows, 3), FIELD_BRK), 0, 0);
	assert_null(rows_find(&rows, 3)->sizes);
	add_rows(&rows, (uint32_t[]){3, 5, 8, 0});
	events_frame(e, &f, &rows, true);
	assert_int_equal(f.nevents, 0);
	assert_int_equal(rows_find(&rows, 5)->sizes[6], 1);
	/* More than are kept: the latest, oldest first; all are counted. */
	for (uint64_t i = 1; i <= FRAME_EVENTS_MAX + 10; i++)
		event(e, (uint32_t)(3 + i % 2), MEM_EVENT_MUNMAP, 1, i);
	events_frame(e, &f, &rows, true);
	assert_int_equal(f.nevents, FRAME_EVENTS_MAX);
	assert_int_equal(f.events[0].record.timestamp_ns, 11);
	assert_int_equal(f.events[FRAME_EVENTS_MAX - 1].record.timestamp_ns, FRAME_EVENTS_MAX + 10);
	assert_int_equal(f.events_seen, FRAME_EVENTS_MAX + 13);
	assert_int_equal(rows_find(&rows, 3)->sizes[0], FRAME_EVENTS_MAX / 2 + 5);
	/* The histogram goes with its row; many processes, so that slots are shared. */
	add_rows(&rows, (uint32_t[]){3, 0});
	add_rows(&rows, (uint32_t[]){3, 0});
	for (uint32_t i = 1000; i < 3000; i++)
		event(e, i, MEM_EVENT_MMAP, 1, 1);
	for (int i = 0; i < 3; i++)
		events_frame(e, &f, &rows, true);
	assert_int_equal(rows_find(&rows, 3)->sizes[0], FRAME_EVENTS_MAX / 2 + 5);
	assert_false(events_no_memory(e));
	rows_release(&rows);
	events_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own),
		cmocka_unit_test(costs),
		cmocka_unit_test(capabilities),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
