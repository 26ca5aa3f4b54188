/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every workload for real: its ledger explains what became of its address space, seeds repeat, and
 * each does what it is there for. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/subjects/memory_truth.h"
#include "lib/log.h"
#include "lib/procfs.h"
#include "workloads/child.h"

enum { LONG_MS = 60000 };

static char said[256];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

/* --- names and parameters ----------------------------------------------------------------------
 */

static void list_is_sorted(void **state)
{
	size_t n = 0;

	(void)state;
	for (; workload_list[n]; n++) {
		const struct workload_ops *o = workload_list[n];

		assert_non_null(o->help);
		if (n)
			assert_true(strcmp(workload_list[n - 1]->name, o->name) < 0);
		if (o->truth == WORKLOAD_LEDGER) {
			assert_non_null(o->size);
			assert_non_null(o->run);
		} else {
			assert_non_null(o->argv);
		}
	}
	assert_true(n >= 11);
}

static void parses(void **state)
{
	char *argv[] = {(char *)"true", NULL};
	struct strbuf sb = STRBUF_INIT;
	struct workload w;

	(void)state;
	assert_int_equal(workload_parse(&w, "mmap", 7), 0);
	assert_string_equal(workload_name(&w), "mmap");
	assert_int_equal(w.seed, 7);
	param_format(w.ops->params, w.params, &sb);
	assert_string_equal(sb.s,
			    "count=1009,sizes=fixed,size=65536,min=512,max=1048576,order=fifo,"
			    "window=23,keep=0,touch=no,huge=no");
	workload_release(&w);
	strbuf_reset(&sb);
	assert_int_equal(workload_parse(&w, "mmap:count=5,size=64K,order=random,touch", 1), 0);
	param_format(w.ops->params, w.params, &sb);
	assert_string_equal(sb.s, "count=5,sizes=fixed,size=65536,min=512,max=1048576,order=random,"
				  "window=23,keep=0,touch=yes,huge=no");
	workload_release(&w);
	workload_from_command(&w, argv);
	assert_string_equal(workload_name(&w), "command");
	workload_release(&w);
	strbuf_release(&sb);
}

static void refuses(void **state)
{
	static const struct {
		const char *spec, *text;
	} cases[] = {
		{"mmpa", "no workload 'mmpa'; did you mean 'mmap'?"},
		{"thread:count=2", "no workload 'thread'; did you mean 'threads'?"},
		{"quicksort",
		 "no workload 'quicksort'; see 'beebench list workloads', or give a command after "
		 "'--'"},
		{"", "no workload ''; see 'beebench list workloads', or give a command after '--'"},
		{"mmap:cuont=3", "mmap has no parameter 'cuont'; did you mean 'count'?"},
		{"mmap:count=0",
		 "mmap: parameter 'count' takes a number from 1 to 5000000, not '0'"},
		{"mmap:order=up",
		 "mmap: parameter 'order' takes one of fifo, lifo, random, not 'up'"},
	};
	struct workload w;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		said[0] = '\0';
		assert_int_equal(workload_parse(&w, cases[i].spec, 1), -EINVAL);
		assert_string_equal(said, cases[i].text);
		assert_null(w.params);
	}
}

/* --- real runs ---------------------------------------------------------------------------------
 */

struct result {
	struct workload w;
	struct workload_child c;
	int64_t grown_bytes; /* VmSize of the first process, second barrier minus first */
};

static void run(struct result *r, const char *spec, uint64_t seed)
{
	struct proc_memory before, after;

	assert_int_equal(workload_parse(&r->w, spec, seed), 0);
	assert_int_equal(workload_child_start(&r->c, &r->w, NULL), 0);
	assert_int_equal(procfs_memory("/proc", r->c.proc.pid, &before), 0);
	assert_int_equal(workload_child_release(&r->c), 0);
	assert_int_equal(workload_child_wait_done(&r->c, LONG_MS), 0);
	assert_int_equal(procfs_memory("/proc", r->c.proc.pid, &after), 0);
	assert_int_equal(workload_child_finish(&r->c, LONG_MS), 0);
	r->grown_bytes = (int64_t)(after.size_bytes - before.size_bytes);
}

static void end(struct result *r)
{
	workload_child_destroy(&r->c);
	workload_release(&r->w);
}

/* What the ledger says became of the first process's address space. */
static int64_t explained(const struct ledger *l)
{
	struct model_lane lanes[64];
	struct truth t = {0};

	assert_true(ledger_lane_count(l) <= ARRAY_SIZE(lanes));
	for (uint32_t i = 0; i < ledger_lane_count(l); i++)
		lanes[i] = (struct model_lane){ledger_lane(l, i),
					       ledger_entries(l, ledger_lane(l, i))};
	assert_int_equal(truth_add_process(&t, lanes, ledger_lane_count(l), ledger_lane(l, 0)->tgid,
					   0, (uint64_t)sysconf(_SC_PAGESIZE)),
			 0);
	return t.net_bytes;
}

static const struct {
	const char *spec;
	int64_t rest_bytes; /* VmSize afterwards, over before */
} specs[] = {
	{"idle:ms=3", 0},
	{"mmap", 0},
	{"mmap:sizes=log,order=lifo,touch", 0},
	{"mmap:sizes=log,order=random,window=101,count=509", 0},
	{"mmap:size=8K,count=11,keep=5", 5 * 8192},
	{"mmap:size=8K,count=11,keep=50,window=7", 7 * 8192},
	{"mmap:count=1,window=1", 0},
	{"filter", 0},
	{"filter:threshold=65536,rounds=2", 0},
	{"brk", 0},
	{"brk:count=2,keep=64K", 65536},
	{"brk:keep=1M,touch", 1 << 20},
	{"crowd:count=101", 0},
	{"crowd:threads=7,count=1009", 0},
	{"fail", 0},
	{"partial", 0},
	{"partial:pages=3,steps=0", 0},
	{"remap", 0},
	{"remap:touch,pages=2", 0},
	{"threads", 0},
	{"threads:threads=1,count=3", 0},
	{"threads:threads=7,count=101", 0},
	{"threads:threads=4,count=1009,handover", 0},
	{"threads:threads=5,count=101,end", 0},
	{"forks", 0},
	{"forks:parallel=no,depth=3,fanout=2,leave=3", 0},
	{"forks:depth=0", 0},
	{"flood:count=1009", 0},
	{"flood:count=1009,ops=munmap", 0},
	{"flood:count=1009,ops=brk", 0},
	{"flood:count=1009,ops=mixed,rate=100000", 0},
	{"pingpong:count=11", 0},
	{"sleep:count=3,us=100", 0},
	{"spin:rounds=1,threads=2", 0},
	{"reads:count=101,threads=2", 0},
	{"syscalls:calls=3,errors=2,threads=2", 0},
	{"syscalls:name=mmap+munmap+mremap+brk,threads=3", 0},
};

static void ledger_explains_address_space(void **state)
{
	struct result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		int64_t by_ledger;

		run(&r, specs[i].spec, 42 + i);
		by_ledger = explained(r.c.ledger);
		if (by_ledger != r.grown_bytes || by_ledger != specs[i].rest_bytes)
			fail_msg("%s: VmSize grew by %lld, by the ledger %lld, expected %lld",
				 specs[i].spec, (long long)r.grown_bytes, (long long)by_ledger,
				 (long long)specs[i].rest_bytes);
		end(&r);
	}
}

/* Calls without addresses: those are the kernel's choice. */
static void digest(const struct ledger *l, struct strbuf *out)
{
	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);

		for (uint64_t n = 0; n < lane->count; n++, e++)
			strbuf_addf(out, "%s %llu %llu %x\n", ledger_op_names[e->op],
				    (unsigned long long)e->len, (unsigned long long)e->len2,
				    e->flags);
	}
}

static void seeds_repeat(void **state)
{
	static const char *const random[] = {"mmap:sizes=log", "filter",
					     "partial",	       "remap",
					     "fail",	       "flood:ops=mixed,count=1009"};
	struct strbuf text[3] = {STRBUF_INIT, STRBUF_INIT, STRBUF_INIT};
	static const uint64_t seeds[3] = {5, 5, 6};
	struct result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(random); i++) {
		for (int n = 0; n < 3; n++) {
			run(&r, random[i], seeds[n]);
			strbuf_reset(&text[n]);
			digest(r.c.ledger, &text[n]);
			end(&r);
		}
		assert_string_equal(text[0].s, text[1].s);
		assert_string_not_equal(text[0].s, text[2].s);
	}
	for (int n = 0; n < 3; n++)
		strbuf_release(&text[n]);
}

/* --- what each is there for --------------------------------------------------------------------
 */

struct sums {
	uint64_t calls[LEDGER_OP_COUNT], failed[LEDGER_OP_COUNT];
	uint64_t mapped_bytes, unmapped_bytes; /* of calls that succeeded */
};

static struct sums sum(const struct ledger *l)
{
	struct sums s = {0};

	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);

		for (uint64_t n = 0; n < lane->count; n++, e++) {
			s.calls[e->op]++;
			if (ledger_failed(e->ret))
				s.failed[e->op]++;
			else if (e->op == LEDGER_MMAP)
				s.mapped_bytes += e->len;
			else if (e->op == LEDGER_MUNMAP)
				s.unmapped_bytes += e->len;
		}
	}
	return s;
}

static void mmap_counts(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "mmap", 1);
	s = sum(r.c.ledger);
	assert_int_equal(s.calls[LEDGER_MMAP], 1009);
	assert_int_equal(s.calls[LEDGER_MUNMAP], 1009);
	assert_int_equal(s.calls[LEDGER_BRK] + s.calls[LEDGER_MREMAP], 0);
	assert_int_equal(s.mapped_bytes, 1009 * 65536);
	assert_int_equal(s.unmapped_bytes, s.mapped_bytes);
	assert_int_equal(ledger_units(r.c.ledger), 1009);
	assert_string_equal(ledger_lane(r.c.ledger, 0)->comm, "wl-mmap");
	assert_int_equal(ledger_lane(r.c.ledger, 0)->tid, r.c.proc.pid);
	end(&r);
}

/* The age, counted in younger mappings that live, of each mapping as it goes. */
static void ages(const char *spec, uint64_t *youngest, uint64_t *oldest, uint64_t *between)
{
	const struct ledger_entry *e;
	uint64_t live[32], n = 0, age;
	struct result r;

	*youngest = *oldest = *between = 0;
	run(&r, spec, 1);
	e = ledger_entries(r.c.ledger, ledger_lane(r.c.ledger, 0));
	for (uint64_t i = 0; i < ledger_lane(r.c.ledger, 0)->count; i++, e++) {
		if (e->op == LEDGER_MMAP) {
			assert_true(n < ARRAY_SIZE(live));
			live[n++] = (uint64_t)e->ret;
			continue;
		}
		for (age = 0; age < n && live[n - 1 - age] != e->addr; age++)
			;
		assert_true(age < n);
		*youngest += n > 2 && age == 0;
		*oldest += n > 2 && age == n - 1;
		*between += n > 2 && age > 0 && age < n - 1;
		memmove(&live[n - 1 - age], &live[n - age], age * sizeof(live[0]));
		n--;
	}
	assert_int_equal(n, 0);
	end(&r);
}

static void mmap_orders(void **state)
{
	uint64_t youngest, oldest, between;

	(void)state;
	ages("mmap:order=fifo,window=7,count=101", &youngest, &oldest, &between);
	assert_int_equal(oldest, 99);
	assert_int_equal(youngest + between, 0);
	ages("mmap:order=lifo,window=7,count=101", &youngest, &oldest, &between);
	assert_int_equal(youngest, 99);
	assert_int_equal(oldest + between, 0);
	ages("mmap:order=random,window=7,count=101", &youngest, &oldest, &between);
	assert_true(youngest > 3 && oldest > 3 && between > 30);
}

static void log_sizes(void **state)
{
	const struct ledger_entry *e;
	uint64_t per_octave[11] = {0}; /* 512 to 1M */
	struct result r;

	(void)state;
	run(&r, "mmap:sizes=log,count=5003", 3);
	e = ledger_entries(r.c.ledger, ledger_lane(r.c.ledger, 0));
	for (uint64_t n = 0; n < ledger_lane(r.c.ledger, 0)->count; n++) {
		if (e[n].op != LEDGER_MMAP)
			continue;
		assert_in_range(e[n].len, 512, 1 << 20);
		per_octave[MIN(63 - __builtin_clzll(e[n].len) - 9, 10)]++;
	}
	/* 455 expected in each, standard deviation 20. */
	for (size_t i = 0; i < ARRAY_SIZE(per_octave); i++)
		assert_in_range(per_octave[i], 340, 570);
	end(&r);
}

static void filter_sizes(void **state)
{
	static const uint64_t sizes[] = {1, 1023, 1024, 1025, 4095, 4096};
	const struct ledger_entry *e;
	struct result r;

	(void)state;
	run(&r, "filter", 1);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t maps = 0, unmaps = 0;

		e = ledger_entries(r.c.ledger, ledger_lane(r.c.ledger, 0));
		for (uint64_t n = 0; n < ledger_lane(r.c.ledger, 0)->count; n++, e++) {
			maps += e->op == LEDGER_MMAP && e->len == sizes[i];
			unmaps += e->op == LEDGER_MUNMAP && e->len == sizes[i];
		}
		assert_int_equal(maps, 23);
		assert_int_equal(unmaps, 23);
	}
	end(&r);
}

static void brk_moves(void **state)
{
	const struct ledger_entry *e;
	uint64_t up = 0, down = 0, asked = 0, count;
	struct result r;
	int64_t was;

	(void)state;
	run(&r, "brk", 1);
	count = ledger_lane(r.c.ledger, 0)->count;
	assert_int_equal(count, 1009);
	e = ledger_entries(r.c.ledger, ledger_lane(r.c.ledger, 0));
	was = (int64_t)ledger_lane(r.c.ledger, 0)->start_brk;
	assert_int_equal(e[0].ret, was);
	for (uint64_t n = 0; n < count; n++) {
		asked += e[n].addr == 0;
		up += e[n].ret > was;
		down += e[n].ret < was;
		was = e[n].ret;
	}
	assert_true(asked > 50 && up > 200 && down > 200);
	assert_int_equal(was, ledger_lane(r.c.ledger, 0)->start_brk);
	end(&r);
}

static void all_fail(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "fail", 1);
	s = sum(r.c.ledger);
	for (int op = 0; op < LEDGER_OP_COUNT; op++) {
		assert_true(s.calls[op] >= 23);
		assert_int_equal(s.failed[op], op == LEDGER_BRK ? 0 : s.calls[op]);
	}
	assert_int_equal(s.calls[LEDGER_BRK], 24);
	end(&r);
}

static void partial_sums_lie(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "partial", 1);
	s = sum(r.c.ledger);
	assert_int_equal(s.failed[LEDGER_MMAP] + s.failed[LEDGER_MUNMAP], 0);
	assert_true(s.unmapped_bytes > s.mapped_bytes + 23 * 31 * 4096);
	assert_int_equal(r.grown_bytes, 0);
	end(&r);
}

static void remap_moves(void **state)
{
	const struct ledger_entry *e;
	uint64_t moved = 0, shrunk = 0, grown = 0, over = 0;
	struct result r;

	(void)state;
	run(&r, "remap", 1);
	e = ledger_entries(r.c.ledger, ledger_lane(r.c.ledger, 0));
	for (uint64_t n = 0; n < ledger_lane(r.c.ledger, 0)->count; n++, e++) {
		if (e->op == LEDGER_MREMAP) {
			moved += (e->flags & MREMAP_FIXED) && e->ret != (int64_t)e->addr;
			shrunk += e->len2 < e->len;
			grown += e->len2 > e->len;
		}
		over += e->op == LEDGER_MMAP && (e->flags & MAP_FIXED);
	}
	assert_int_equal(moved, 23);
	assert_int_equal(shrunk, 23);
	assert_int_equal(grown, 23);
	assert_int_equal(over, 23);
	end(&r);
}

static void threads_of_one_process(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "threads", 1);
	assert_int_equal(ledger_lane_count(r.c.ledger), 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct ledger_lane *lane = ledger_lane(r.c.ledger, i);

		assert_int_equal(lane->tgid, r.c.proc.pid);
		assert_int_equal(lane->count, 2 * 1009);
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(lane->tid, ledger_lane(r.c.ledger, k)->tid);
	}
	end(&r);

	run(&r, "threads:handover,threads=3,count=2003", 1);
	s = sum(r.c.ledger);
	assert_int_equal(s.mapped_bytes, s.unmapped_bytes);
	assert_int_equal(s.calls[LEDGER_MUNMAP], 3 * 2003);
	assert_int_equal(r.grown_bytes, 0);
	end(&r);
}

static void tree_of_processes(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "forks", 1);
	assert_int_equal(ledger_lane_count(r.c.ledger), 1 + 3 + 9);
	s = sum(r.c.ledger);
	assert_int_equal(s.calls[LEDGER_MMAP], 13 * 23 + 12);
	assert_int_equal(s.calls[LEDGER_MUNMAP], 13 * 23);
	assert_int_equal(s.calls[LEDGER_BRK], 1 + 13 * 2);
	for (uint32_t i = 0; i < 13; i++) {
		const struct ledger_lane *lane = ledger_lane(r.c.ledger, i);

		assert_int_equal(lane->tid, lane->tgid);
		assert_string_equal(lane->comm, !i		       ? "wl-forks"
						: lane->comm[8] == '1' ? "wl-fork-1"
								       : "wl-fork-2");
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(lane->tid, ledger_lane(r.c.ledger, k)->tid);
	}
	end(&r);
}

static void flood_keeps_its_rate(void **state)
{
	struct result r;
	struct sums s;

	(void)state;
	run(&r, "flood:count=501,rate=5000", 1);
	s = sum(r.c.ledger);
	assert_int_equal(s.calls[LEDGER_MMAP] + s.calls[LEDGER_MUNMAP], 502);
	/* The last call is due 100 ms after the first; never before. */
	assert_true(r.c.end_ns - r.c.start_ns >= 100 * NSEC_PER_MSEC);
	end(&r);
}

static void stress_ng_command(void **state)
{
	struct strbuf line = STRBUF_INIT;
	struct workload w;
	char **argv;

	(void)state;
	assert_int_equal(workload_parse(&w, "stress-ng:stressor=vm,ops=7,bytes=2M,seconds=5", 11),
			 0);
	assert_int_equal(w.ops->truth, WORKLOAD_ORACLE);
	argv = w.ops->argv(w.params, w.seed);
	assert_non_null(argv);
	assert_non_null(strstr(argv[0], "stress-ng"));
	for (char **a = argv + 1; *a; a++)
		strbuf_addf(&line, " %s", *a);
	assert_string_equal(line.s, " --quiet --metrics-brief --yaml /dev/stdout --seed 11 "
				    "--timeout 5 --vm 1 --vm-ops 7 --vm-bytes 2097152");
	free(argv);
	strbuf_reset(&line);
	assert_int_equal(workload_proof(&w, "x\nmetrics:\n    - stressor: vm\n", &line), 0);
	assert_int_equal(workload_proof(&w, "x\nmetrics:\n    - stressor: vm-rw\n", &line),
			 -ENODATA);
	assert_int_equal(workload_proof(&w, "- stressor: vm\n", &line), -ENODATA);
	workload_release(&w);
	strbuf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_sorted),
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses),
		cmocka_unit_test(ledger_explains_address_space),
		cmocka_unit_test(seeds_repeat),
		cmocka_unit_test(mmap_counts),
		cmocka_unit_test(mmap_orders),
		cmocka_unit_test(log_sizes),
		cmocka_unit_test(filter_sizes),
		cmocka_unit_test(brk_moves),
		cmocka_unit_test(all_fail),
		cmocka_unit_test(partial_sums_lie),
		cmocka_unit_test(remap_moves),
		cmocka_unit_test(threads_of_one_process),
		cmocka_unit_test(tree_of_processes),
		cmocka_unit_test(flood_keeps_its_rate),
		cmocka_unit_test(stress_ng_command),
	};

	log_capture(keep, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
