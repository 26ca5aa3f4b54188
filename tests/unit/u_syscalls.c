/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of harmless calls: each does here what its row says, leaves nothing behind, and is what
 * the workload's ledger holds. */
#include "lib/base.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/log.h"
#include "workloads/child.h"
#include "workloads/syscall_rig.h"

enum { LONG_MS = 60000 };

static char said[512];

static void keep(void *arg UNUSED, enum log_level level UNUSED, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void rows_make_sense(void **state UNUSED)
{
	size_t here = 0;

	for (size_t i = 0; i < syscall_row_count; i++) {
		const struct syscall_row *row = &syscall_rows[i];

		assert_ptr_equal(syscall_find(row->name), row);
		assert_ptr_equal(syscall_find_traced(syscall_trace_name(row)), row);
		assert_true(row->works || row->fails);
		assert_int_equal(row->fails != NULL, row->err != 0);
		assert_int_equal(row->undo != NULL, row->after[0].call != 0);
		if (!row->call)
			continue;
		here++;
		assert_ptr_equal(syscall_by_number(row->call - 1), row);
	}
	assert_true(here >= 100);
	assert_null(syscall_find("reboot"));
	assert_string_equal(syscall_suggest("opnat"), "openat");
}

static unsigned int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Each row ten times: nothing is left of a call but what the rig had before. */
static void each_does_as_it_says(void **state UNUSED)
{
	char dir[] = "/tmp/u_syscalls-XXXXXX";
	struct syscall_rig *rig = calloc(1, sizeof(*rig));
	struct strbuf why = STRBUF_INIT;
	unsigned int before = open_descriptors(), inside;

	assert_non_null(rig);
	assert_int_equal(syscall_rig_open(rig, dir, &why), 0);
	inside = open_descriptors();
	for (size_t i = 0; i < syscall_row_count; i++) {
		for (int n = 0; n < 10 && syscall_rows[i].call; n++)
			if (syscall_check(rig, &syscall_rows[i], &why))
				fail_msg("%s", why.s);
		if (open_descriptors() != inside)
			fail_msg("%s leaves a descriptor open", syscall_rows[i].name);
		assert_int_not_equal(access(rig->made_path, F_OK), 0);
		assert_int_equal(access(rig->file_path, F_OK), 0);
	}
	syscall_rig_close(rig);
	assert_int_equal(open_descriptors(), before);
	assert_int_not_equal(access(dir, F_OK), 0);
	syscall_rig_close(rig);
	strbuf_release(&why);
	free(rig);
}

static void says_what_it_finds(void **state UNUSED)
{
	char dir[] = "/tmp/u_syscalls-XXXXXX", longer[300];
	struct syscall_rig *rig = calloc(1, sizeof(*rig));
	struct syscall_row row = *syscall_find("read");
	struct strbuf why = STRBUF_INIT;

	assert_non_null(rig);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(syscall_rig_open(rig, longer, &why), -ENAMETOOLONG);
	assert_non_null(strstr(why.s, "File name too long"));
	syscall_rig_close(rig);
	assert_int_equal(syscall_rig_open(rig, dir, &why), 0);
	row.err = EPERM;
	strbuf_reset(&why);
	assert_int_equal(syscall_check(rig, &row, &why), -EPROTO);
	assert_string_equal(why.s,
			    "read, where it should say \"Operation not permitted\", says: Bad "
			    "file descriptor");
	row.call = 0;
	strbuf_reset(&why);
	assert_int_equal(syscall_check(rig, &row, &why), -ENOTSUP);
	assert_string_equal(why.s, "this processor has no system call read");
	syscall_rig_close(rig);
	strbuf_release(&why);
	free(rig);
}

/* Calls of @nr in all lanes: those that worked, those that failed. */
static void count(const struct ledger *l, uint32_t nr, uint64_t out[2])
{
	out[0] = out[1] = 0;
	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);

		for (uint64_t n = 0; n < lane->count; n++, e++) {
			assert_true(e->start_ns <= e->end_ns);
			assert_true(!n || e[-1].end_ns <= e->start_ns);
			out[ledger_failed(e->ret)] += e->nr == nr;
		}
	}
}

static void ledger_holds_them(void **state UNUSED)
{
	struct workload_child c = WORKLOAD_CHILD_INIT;
	struct workload w;
	uint64_t calls[2];

	assert_int_equal(
		workload_parse(&w, "syscalls:name=openat+brk+munmap,calls=101,errors=7,threads=3",
			       1),
		0);
	assert_int_equal(workload_child_start(&c, &w, NULL), 0);
	assert_int_equal(workload_child_release(&c), 0);
	assert_int_equal(workload_child_wait_done(&c, LONG_MS), 0);
	assert_int_equal(workload_child_finish(&c, LONG_MS), 0);
	assert_int_equal(ledger_lane_count(c.ledger), 3);
	count(c.ledger, SYS_openat, calls);
	assert_int_equal(calls[0], 303);
	assert_int_equal(calls[1], 21);
	count(c.ledger, SYS_close, calls);
	assert_int_equal(calls[0], 303);
	/* Of the second name one more, of the third two: which was called can be told. */
	count(c.ledger, SYS_brk, calls);
	assert_int_equal(calls[0], 306);
	assert_int_equal(calls[1], 0);
	count(c.ledger, SYS_munmap, calls);
	assert_int_equal(calls[0], 309);
	assert_int_equal(calls[1], 27);
	assert_true(ledger_knows(c.ledger, SYS_openat));
	assert_true(ledger_knows(c.ledger, SYS_mremap));
	assert_false(ledger_knows(c.ledger, SYS_futex));
	assert_int_equal(ledger_units(c.ledger), 3 * (101 + 102 + 103 + 7 + 9));
	workload_child_destroy(&c);
	workload_release(&w);
}

static void refuses(void **state UNUSED)
{
	static const struct {
		const char *spec, *text;
	} cases[] = {
		{"syscalls:name=opnat",
		 "syscalls: no harmless call 'opnat' is known; did you mean 'openat'?"},
		{"syscalls:name=openat+reboot",
		 "syscalls: no harmless call 'reboot' is known; see 'beebench list syscalls'"},
		{"syscalls:threads=65",
		 "syscalls: parameter 'threads' takes a number from 1 to 64, not '65'"},
	};
	struct workload w;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(workload_parse(&w, cases[i].spec, 1), -EINVAL);
		assert_string_equal(said, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_make_sense),
		cmocka_unit_test(each_does_as_it_says),
		cmocka_unit_test(says_what_it_finds),
		cmocka_unit_test(ledger_holds_them),
		cmocka_unit_test(refuses),
	};

	log_capture(keep, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
