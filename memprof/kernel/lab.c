/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The document's lab, step by step. As there, step 6 puts made-up figures into the maps, unless a
 * time is given: then the program is attached and counts. What is printed is read back from the
 * maps, so the totals are those of the data; the ones printed in the document are not (848.0KB and
 * 289B for data that come to 1,145,600 bytes and 381 a piece, and two bars of the histogram are one
 * short).
 */
#include "lib/base.h"
#include "memprof/kernel/lab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/memprof/lab.h"
#include "collector/maps.h"
#include "collector/object_error.h"
#include "lib/rights.h"
#include "lib/format.h"
#include "lib/log.h"
#include "memprof/kernel/tracer.h"
#include "memprof/kernel/watch.h"
#include "memprof/symbols/addrmap.h"

#define DOUBLE_LINE "═══════════════════════════════════════════════════════"
#define SINGLE_LINE "───────────────────────────────────────"

enum { TOP = 5, BAR_WIDTH = 40 };

struct lab {
	const struct lab_options *opts;
	struct bpf_object *bpf;
	struct bpf_program *prog;
	struct bpf_link *link;
};

/* The document's step 6. */
static const struct {
	uint32_t stack;
	uint64_t count, size;
} made_up[] = {{1, 1500, 64}, {2, 800, 256}, {3, 400, 1024}, {4, 200, 128}, {5, 100, 4096}};
static const uint64_t made_up_histogram[LAB_BUCKETS_USED] = {500, 1500, 200, 800, 0, 100};

static const char *const bucket_names[LAB_BUCKETS_USED] = {"<32B",     "32-64B",   "64-128B",
							   "128-256B", "256-512B", "≥512B"};

static const struct {
	const char *map, *said;
} maps[] = {
	{"stack_traces", "Stack traces"},     {"alloc_infos", "Allocation info"},
	{"stack_counts", "Stack counts"},     {"stack_bytes", "Stack bytes"},
	{"size_histogram", "Size histogram"},
};

/* It counts, and does not make up. */
static bool is_live(const struct lab_options *opts)
{
	return opts->seconds > 0 || opts->command;
}

static int map_fd(const struct lab *l, const char *name)
{
	return bpf_object__find_map_fd_by_name(l->bpf, name);
}

/* As the document's format-size. */
static const char *size_text(uint64_t bytes, char *out, size_t room)
{
	static const char *const units[] = {"KB", "MB", "GB"};
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes < 1024) {
		snprintf(out, room, "%lluB", (unsigned long long)bytes);
		return out;
	}
	for (; v >= 1024 && u + 1 < ARRAY_SIZE(units); u++)
		v /= 1024;
	snprintf(out, room, "%.1f%s", v, units[u]);
	return out;
}

static void print_count(const char *before, uint64_t v, const char *after)
{
	struct strbuf text = STRBUF_INIT;

	format_count(&text, v);
	printf("%s%s%s", before, text.s, after);
	strbuf_release(&text);
}

/* --- steps 1 to 5 ---------------------------------------------------------------------------- */

static int open_object(struct lab *l)
{
	const char *wanted = l->opts->kprobe ? "track_kprobe" : "track_tracepoint";
	struct bpf_program *prog;
	char path[4096];
	int err = tracer_object("lab", path, sizeof(path));

	if (err)
		return err;
	object_listen();
	l->bpf = bpf_object__open_file(path, NULL);
	if (!l->bpf)
		return object_explain_load(path, NULL, -errno, NULL);
	bpf_object__for_each_program (prog, l->bpf) {
		bool is = !strcmp(bpf_program__name(prog), wanted);

		bpf_program__set_autoload(prog, is);
		l->prog = is ? prog : l->prog;
	}
	err = bpf_object__load(l->bpf);
	return err ? object_explain_load(path, l->bpf, err, NULL) : 0;
}

static int tell_loading(struct lab *l)
{
	int err;

	puts("=== Lab 4.3: Memory Allocation Profiler ===\n");
	puts("Step 1: Initializing...\n\nStep 2: Creating maps...");
	fflush(stdout);
	err = open_object(l);
	if (err)
		return err;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		printf("✓ %s map created (FD: %d)\n", maps[i].said, map_fd(l, maps[i].map));
	puts("\nStep 3: Creating memory profiler...");
	printf("✓ Profiler assembled (%zu instructions)\n", bpf_program__insn_cnt(l->prog));
	puts("\nStep 4: Loading profiler...");
	printf("✓ Profiler loaded (FD: %d)\n", bpf_program__fd(l->prog));
	return 0;
}

/* Since Linux 6.10 the function has another name where allocations can be profiled. */
static int attach_kprobe(struct lab *l)
{
	static const char *const names[] = {"__kmalloc", "__kmalloc_noprof"};
	int err = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		l->link = bpf_program__attach_kprobe(l->prog, false, names[i]);
		if (l->link) {
			printf("✓ Attached to: kprobe %s\n", names[i]);
			return 0;
		}
		err = -errno;
	}
	log_err_sys(err, "no kprobe can be had on __kmalloc (CONFIG_KPROBES); without --kprobe the "
			 "tracepoint kmem:kmalloc is used");
	return -ENOTSUP;
}

static int attach(struct lab *l)
{
	int err;

	puts("\nStep 5: Kprobe attachment...");
	if (!is_live(l->opts)) {
		puts("ℹ Kprobe attachment requires Chapter 5\nℹ Would attach to: __kmalloc");
		return 0;
	}
	if (l->opts->kprobe)
		return attach_kprobe(l);
	l->link = RIGHTS_RAISED(bpf_program__attach(l->prog));
	if (!l->link) {
		err = -errno;
		log_err_sys(err, "cannot attach to the tracepoint kmem:kmalloc");
		return err;
	}
	puts("✓ Attached to: tracepoint kmem:kmalloc");
	return 0;
}

/* --- step 6 ---------------------------------------------------------------------------------- */

static int make_up(struct lab *l)
{
	puts("\nStep 6: Simulating allocation data...");
	for (size_t i = 0; i < ARRAY_SIZE(made_up); i++) {
		uint64_t bytes = made_up[i].count * made_up[i].size;

		if (bpf_map_update_elem(map_fd(l, "stack_counts"), &made_up[i].stack,
					&made_up[i].count, BPF_ANY) ||
		    bpf_map_update_elem(map_fd(l, "stack_bytes"), &made_up[i].stack, &bytes,
					BPF_ANY))
			return -errno;
	}
	for (uint32_t b = 0; b < LAB_BUCKETS_USED; b++)
		if (bpf_map_update_elem(map_fd(l, "size_histogram"), &b, &made_up_histogram[b],
					BPF_ANY))
			return -errno;
	puts("✓ Added simulated allocation data");
	return 0;
}

static int collect(struct lab *l)
{
	struct watch w = WATCH_INIT;

	if (!is_live(l->opts))
		return make_up(l);
	puts("\nStep 6: Collecting allocation data...");
	fflush(stdout);
	if (l->opts->command) {
		int err = watch_start(&w, l->opts->command);

		if (err)
			return err;
	}
	watch_wait(&w, l->opts->seconds, NULL);
	watch_finish(&w);
	bpf_link__destroy(l->link);
	l->link = NULL;
	puts("✓ Detached");
	return 0;
}

/* --- step 7 ---------------------------------------------------------------------------------- */

struct row {
	uint32_t stack;
	uint64_t count, bytes;
};

/* By bytes; of those with as many the one of larger blocks first, as the document prints them. */
static int by_bytes(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	return x->stack < y->stack ? -1 : x->stack > y->stack;
}

static int read_rows(struct lab *l, struct row **rows, size_t *n)
{
	struct map_dump d = {0};
	int err = map_read(map_fd(l, "stack_counts"), MAP_BEST, &d);

	*n = 0;
	*rows = calloc(d.n + 1, sizeof(**rows));
	if (!err && !*rows)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < d.n; i++) {
		struct row *r = &(*rows)[(*n)++];

		memcpy(&r->stack, d.keys + i * sizeof(r->stack), sizeof(r->stack));
		r->count = map_dump_sum(&d, i, 0);
		if (bpf_map_lookup_elem(map_fd(l, "stack_bytes"), &r->stack, &r->bytes))
			r->bytes = 0;
	}
	map_dump_release(&d);
	if (*rows)
		qsort(*rows, *n, sizeof(**rows), by_bytes);
	return err;
}

static void print_statistics(const struct row *rows, size_t n)
{
	uint64_t count = 0, bytes = 0;
	char text[32];

	for (size_t i = 0; i < n; i++) {
		count += rows[i].count;
		bytes += rows[i].bytes;
	}
	puts("\nAllocation Statistics:\n" SINGLE_LINE);
	print_count("Total allocations  : ", count, "\n");
	printf("Total bytes        : %s", size_text(bytes, text, sizeof(text)));
	print_count(" (", bytes, " bytes)\n");
	printf("Average size       : %s\n",
	       size_text(count ? bytes / count : 0, text, sizeof(text)));
	printf("Unique call stacks : %zu\n", n);
}

static int print_histogram(struct lab *l)
{
	uint64_t v[LAB_BUCKETS_USED], total = 0, most = 1;

	for (uint32_t b = 0; b < LAB_BUCKETS_USED; b++) {
		if (bpf_map_lookup_elem(map_fd(l, "size_histogram"), &b, &v[b]))
			return -errno;
		total += v[b];
		most = MAX(most, v[b]);
	}
	printf("\nAllocation Size Distribution:\n" DOUBLE_LINE "\nTotal allocations: %llu\n\n",
	       (unsigned long long)total);
	for (uint32_t b = 0; b < LAB_BUCKETS_USED; b++) {
		/* The bars' letters have three bytes, so that the width of printf() is of no use.
		 */
		int pad = 10 - (int)strlen(bucket_names[b]) + (b == LAB_BUCKETS_USED - 1 ? 2 : 0);

		if (!v[b])
			continue;
		printf("%s%*s │ ", bucket_names[b], pad, "");
		for (uint64_t i = 0; i < BAR_WIDTH * v[b] / most; i++)
			fputs("█", stdout);
		print_count(" ", v[b], "");
		printf(" (%.1f%%)\n", 100.0 * (double)v[b] / (double)total);
	}
	return 0;
}

static void print_stack(struct lab *l, const struct addrmap *names, uint32_t stack)
{
	uint64_t pc[LAB_STACK_DEPTH] = {0};
	bool any = false;

	if (!bpf_map_lookup_elem(map_fd(l, "stack_traces"), &stack, pc))
		for (size_t i = 0; i < LAB_STACK_DEPTH && pc[i]; i++) {
			const char *name = names ? addrmap_find(names, pc[i]) : NULL;

			printf("  0x%016llx%s%s\n", (unsigned long long)pc[i], name ? " " : "",
			       name ? name : "");
			any = true;
		}
	if (!any)
		puts("  (stack trace unavailable)");
}

static void print_top(struct lab *l, const struct row *rows, size_t n)
{
	struct addrmap *names = NULL;
	char text[32];

	addrmap_kallsyms(&names, NULL);
	printf("\nTop %d Allocation Stack Traces:\n" DOUBLE_LINE "\n", TOP);
	for (size_t i = 0; i < n && i < TOP; i++) {
		printf("\nStack ID %u: ", rows[i].stack);
		print_count("", rows[i].count, " allocations, ");
		printf("%s total\n", size_text(rows[i].bytes, text, sizeof(text)));
		print_stack(l, names, rows[i].stack);
	}
	addrmap_free(names);
}

static int analyse(struct lab *l)
{
	struct row *rows = NULL;
	size_t n;
	int err;

	puts("\nStep 7: Analyzing allocation patterns...");
	err = read_rows(l, &rows, &n);
	if (!err) {
		print_statistics(rows, n);
		err = print_histogram(l);
	}
	if (!err)
		print_top(l, rows, n);
	free(rows);
	return err;
}

/* --- step 8 ---------------------------------------------------------------------------------- */

/* What a reader who compares it with the document wonders at. */
static void tell_differences(struct lab *l)
{
	uint32_t zero = 0;
	uint64_t lost = 0;
	int fd = map_fd(l, ".bss");

	if (!is_live(l->opts)) {
		log_info(
			"the figures of step 6 are the document's. What it prints for them is not "
			"their sum: 848.0KB and 289B are 1,145,600 bytes and 381B, and its bars of "
			"12 and 20 are 13 and 21 long. Its histogram is made up apart from its "
			"stacks: it holds 3,100 allocations, they hold 3,000");
		return;
	}
	if (fd >= 0 && !bpf_map_lookup_elem(fd, &zero, &lost) && lost)
		log_info("%llu allocations have no stack number: bpf_get_stackid() gave their "
			 "bucket to another stack. They are in none of these figures; memprof "
			 "kernel "
			 "without --lab loses none so",
			 (unsigned long long)lost);
}

int lab_run(const struct lab_options *opts)
{
	struct lab l = {.opts = opts};
	int err = tracer_may("the lab's maps and its program take", NULL);

	if (err)
		return EXIT_SKIP;
	err = tell_loading(&l);
	err = err ? err : attach(&l);
	err = err ? err : collect(&l);
	err = err ? err : analyse(&l);
	if (!err) {
		tell_differences(&l);
		puts("\nStep 8: Cleanup...\n✓ Program closed\n✓ Maps closed\n\n"
		     "=== Lab 4.3 Complete! ===");
	}
	bpf_link__destroy(l.link);
	bpf_object__close(l.bpf);
	return !err ? EXIT_OK : err == -EPERM || err == -ENOTSUP ? EXIT_SKIP : EXIT_USAGE;
}
