/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* wl: runs one workload alone and prints its ledger, to see what a workload does. */
#include "lib/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/opt.h"
#include "lib/std.h"
#include "workloads/child.h"
#include "workloads/heap.h"
#include "workloads/syscall_table.h"

enum { LOOK_MS = 1000, END_MS = 10000 };

struct wl_options {
	uint64_t seed;
	uint64_t seconds;
	bool summary;
};

static const struct opt options[] = {
	{'s', "seed", "N", "seed of the random numbers (default 1)", OPT_U64,
	 offsetof(struct wl_options, seed)},
	{'t', "timeout", "SECONDS", "longest run (default 60)", OPT_U64,
	 offsetof(struct wl_options, seconds)},
	{0, "summary", NULL, "one line per thread instead of the calls", OPT_FLAG,
	 offsetof(struct wl_options, summary)},
	{0},
};

static void print_help(void)
{
	puts("usage: wl [options] WORKLOAD[:PARAM=VALUE,..] | -- COMMAND\n"
	     "Runs a workload without any monitor and prints every call of its ledger, tab "
	     "separated.\n");
	opt_print(options, stdout);
	puts("\nworkloads:");
	for (const struct workload_ops *const *w = workload_list; *w; w++) {
		printf("  %-12s %s\n", (*w)->name, (*w)->help);
		for (const struct param *p = (*w)->params; p && p->name; p++) {
			struct strbuf def = STRBUF_INIT;

			if (p->kind == PARAM_ENUM)
				strbuf_addstr(&def, p->values[p->def]);
			else if (p->kind == PARAM_BOOL)
				strbuf_addstr(&def, p->def ? "yes" : "no");
			else
				strbuf_addf(&def, "%" PRIu64, p->def);
			printf("    %-10s %s (default %s)\n", p->name, p->help, def.s);
			strbuf_release(&def);
		}
	}
}

static const char *call_name(const struct ledger_entry *e)
{
	const struct syscall_row *row = syscall_by_number(e->nr);

	if (e->op == LEDGER_HEAP)
		return heap_names[e->nr];
	return row ? row->name : "other";
}

static bool has_third(const struct ledger_entry *e)
{
	return e->op == LEDGER_MREMAP || e->op >= LEDGER_OTHER;
}

/* Of calls that are none of memory, addr, len and len2 are the first three arguments. */
static void print_calls(const struct ledger *l)
{
	puts("lane\ttid\tcomm\tcall\taddr\tlen\tlen2\tflags\tret");
	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);

		for (uint64_t n = 0; n < lane->count; n++, e++) {
			printf("%u\t%u\t%s\t%s\t0x%" PRIx64 "\t%" PRIu64 "\t%" PRIu64 "\t0x%x\t", i,
			       lane->tid, lane->comm, call_name(e), e->addr, e->len,
			       has_third(e) ? e->len2 : 0, e->flags);
			if (ledger_failed(e->ret))
				printf("%" PRId64 "\n", e->ret);
			else
				printf("0x%" PRIx64 "\n", (uint64_t)e->ret);
		}
	}
}

static void print_summary(const struct ledger *l)
{
	puts("lane\ttgid\ttid\tcomm\tmmap\tmunmap\tbrk\tmremap\tother\theap\tfailed\tcpu_us\tuser_"
	     "us\tsystem_"
	     "us");
	for (uint32_t i = 0; i < ledger_lane_count(l); i++) {
		const struct ledger_lane *lane = ledger_lane(l, i);
		const struct ledger_entry *e = ledger_entries(l, lane);
		uint64_t calls[LEDGER_OP_END] = {0}, failed = 0;

		for (uint64_t n = 0; n < lane->count; n++, e++) {
			calls[e->op]++;
			failed += ledger_failed(e->ret);
		}
		printf("%u\t%u\t%u\t%s", i, lane->tgid, lane->tid, lane->comm);
		for (int op = 0; op < LEDGER_OP_END; op++)
			printf("\t%" PRIu64, calls[op]);
		printf("\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", failed,
		       lane->cpu_ns / 1000, lane->user_ns / 1000, lane->system_ns / 1000);
	}
	printf("# %" PRIu64 " units in %" PRIu64 " ns\n", ledger_units(l),
	       ledger_window_end_ns(l) - ledger_window_start_ns(l));
}

static int run_one(const struct workload *w, const struct wl_options *o)
{
	struct workload_child c = WORKLOAD_CHILD_INIT;
	uint64_t waited_ms = 0;
	int err;

	err = workload_child_start(&c, w, NULL);
	if (!err)
		err = workload_child_release(&c);
	while (!err) {
		err = workload_child_wait_done(&c, LOOK_MS);
		if (err != -ETIMEDOUT)
			break;
		waited_ms += LOOK_MS;
		if (waited_ms >= o->seconds * 1000) {
			log_err("%s: not done within %" PRIu64 " s", workload_name(w), o->seconds);
			break;
		}
		err = 0;
	}
	if (!err && c.ledger) {
		if (o->summary)
			print_summary(c.ledger);
		else
			print_calls(c.ledger);
	}
	if (!err)
		err = workload_child_finish(&c, END_MS);
	workload_child_destroy(&c);
	return err;
}

static int run(int argc, char **argv)
{
	struct wl_options o = {.seed = 1, .seconds = 60};
	struct workload w = {0};
	struct strbuf why = STRBUF_INIT;
	bool dashes;
	int rest, code = EXIT_USAGE, err;

	std_open();
	log_init("wl", LOG_INFO);
	err = opt_parse(options, "wl", argc, argv, &o, &rest, &dashes);
	if (err == OPT_HELP) {
		print_help();
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest >= argc || (!dashes && rest + 1 != argc)) {
		log_err("give one workload, or a command after '--'; see 'wl --help'");
		return EXIT_USAGE;
	}
	if (dashes)
		workload_from_command(&w, argv + rest);
	else if (workload_parse(&w, argv[rest], o.seed))
		goto out;
	if (w.ops && w.ops->supported && w.ops->supported(&why)) {
		log_err("%s: %s", w.ops->name, why.s);
		code = EXIT_SKIP;
		goto out;
	}
	code = run_one(&w, &o) ? EXIT_BAD : EXIT_OK;
out:
	strbuf_release(&why);
	workload_release(&w);
	return code;
}

int main(int argc, char **argv)
{
	int served;

	/* Started as another program's workload: before anything here could allocate. */
	if (workload_child_serve(&served))
		return served;
	std_open();
	return std_close(run(argc, argv));
}
