/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof kernel: who allocates in the kernel. */
#include "lib/base.h"

#include <stdio.h>

#include "lib/log.h"
#include "lib/opt.h"
#include "memprof/command.h"
#include "memprof/kernel/filter.h"
#include "memprof/kernel/lab.h"
#include "memprof/kernel/reading.h"
#include "memprof/kernel/result.h"
#include "memprof/kernel/tracer.h"
#include "memprof/kernel/watch.h"

/* A sample costs some 2.5 us and counting an event 0.07: at 16 KiB, 128 of the usual 128 bytes, a
 * sample adds a third to that. */
#define RATE_BYTES 16384
#define TOP_STACKS 10

struct options {
	const char *of, *cgroup, *format, *out;
	uint64_t pid, every, rate, top, stacks, live;
	double seconds;
	bool counts, lab, kprobe;
};

#define AT(field) offsetof(struct options, field)
static const struct opt options[] = {
	{0, "of", "KINDS", "kmalloc, cache, pages, with commas (default kmalloc,cache)", OPT_STRING,
	 AT(of)},
	{0, "every", "N", "take each N-th allocation with its stack; 1: all of them", OPT_U64,
	 AT(every)},
	{0, "rate", "BYTES", "take an allocation each so many bytes on average (default 16384)",
	 OPT_U64, AT(rate)},
	{0, "counts", NULL, "count only: no stacks, no live blocks", OPT_FLAG, AT(counts)},
	{'p', "pid", "PID", "of this process alone", OPT_U64, AT(pid)},
	{0, "cgroup", "PATH", "of what runs in this cgroup and below it", OPT_STRING, AT(cgroup)},
	{0, "seconds", "S", "end after so long (default: on Ctrl-C, or with the command)",
	 OPT_DOUBLE, AT(seconds)},
	{'f', "format", "FORMAT", "text (default), json, folded, pprof, speedscope, html, csv",
	 OPT_STRING, AT(format)},
	{'o', "output", "OUT", "write the profile to this file, for memprof report", OPT_STRING,
	 AT(out)},
	{0, "top", "N", "show so many of each list (default 20; 0: all)", OPT_U64, AT(top)},
	{0, "stacks", "N", "room for so many different stacks (default 16384)", OPT_U64,
	 AT(stacks)},
	{0, "live-max", "N", "room for so many live blocks (default 524288)", OPT_U64, AT(live)},
	{0, "lab", NULL, "the lab of the document instead: its maps, its steps, its output",
	 OPT_FLAG, AT(lab)},
	{0, "kprobe", NULL, "with --lab: a kprobe on __kmalloc, as the document has it", OPT_FLAG,
	 AT(kprobe)},
	{0},
};

static int usage(const char *what)
{
	log_err("kernel: %s; see 'memprof kernel --help'", what);
	return EXIT_USAGE;
}

static int fill(const struct options *o, bool command, struct tracer_options *t)
{
	if (o->stacks > 1 << 24 || o->live > 1 << 26)
		return usage("--stacks is at most 16777216, --live-max 67108864"), -EINVAL;
	if ((o->every && o->rate) || (o->counts && (o->every || o->rate)))
		return usage("only one of --every, --rate and --counts"), -EINVAL;
	if (command && (o->pid || o->cgroup))
		return usage("either a command, or -p or --cgroup"), -EINVAL;
	t->counts = o->counts;
	t->every = o->every;
	t->rate = o->every ? 0 : o->rate ? o->rate : RATE_BYTES;
	t->stacks_max = (uint32_t)o->stacks;
	t->live_max = (uint32_t)o->live;
	if (!result_format_known(o->format))
		return -EINVAL;
	if (filter_kinds(o->of ? o->of : "kmalloc,cache", t) || filter_process(o->pid, t))
		return -EINVAL;
	return filter_cgroup(o->cgroup, t);
}

static int code_of(int err)
{
	return err == -EPERM || err == -ENOTSUP ? EXIT_SKIP : EXIT_USAGE;
}

static int report(const struct options *o, const struct kernel_tracer *t, uint64_t start_ns,
		  bool command)
{
	struct profile *p = reading_profile(tracer_options(t), "kernel");
	int err;

	p->start_ns = start_ns;
	p->end_ns = result_now_ns();
	if (o->every > 1)
		profile_set_note(p, "each N-th allocation was taken: figures are estimates");
	err = reading_all(t, p);
	if (err) {
		profile_free(p);
		return err;
	}
	/* A command's output is its own. */
	return result_give(p, "kernel", o->out, o->format, o->top, command ? stderr : stdout);
}

static int measure(const struct options *o, char *const *command)
{
	struct tracer_options opts = {0};
	struct watch w = WATCH_INIT;
	struct kernel_tracer *t = NULL;
	uint64_t start_ns;
	int err = fill(o, command, &opts), code = EXIT_USAGE;

	if (err)
		return EXIT_USAGE;
	if (command && watch_prepare(&w))
		goto out;
	if (command) {
		opts.cgroup_id = w.cgroup.id;
		opts.cgroup_level = w.cgroup.level;
	}
	err = tracer_open(&t, &opts, NULL);
	if (err) {
		code = code_of(err);
		goto out;
	}
	start_ns = result_now_ns();
	if (command && watch_start(&w, command))
		goto out;
	if (!command && o->seconds <= 0)
		log_info("counting the kernel's allocations; Ctrl-C ends it and shows them");
	watch_wait(&w, o->seconds, NULL);
	tracer_stop(t);
	code = report(o, t, start_ns, command) ? EXIT_USAGE : EXIT_OK;
out:
	tracer_close(t);
	err = watch_finish(&w);
	return code == EXIT_OK ? err : code;
}

extern const struct memprof_command memprof_command_kernel;

static int run(int argc, char *argv[])
{
	struct options o = {.top = TOP_STACKS};
	bool dashes;
	int rest, code = memprof_command_parse(&memprof_command_kernel, argc, argv, &o, &rest,
					       &dashes);

	if (code >= 0)
		return code;
	if (rest < argc && !dashes)
		return usage("a command comes after --");
	if (o.lab || o.kprobe)
		return lab_run(&(struct lab_options){.seconds = o.seconds, .kprobe = o.kprobe});
	return measure(&o, rest < argc ? argv + rest : NULL);
}

const struct memprof_command memprof_command_kernel = {
	.name = "kernel",
	.usage = "[options] [-- COMMAND ..]",
	.help = "who allocates in the kernel, by stack and process",
	.more = "Counts each kmalloc and kmem_cache_alloc of all processes, of one, of a cgroup or "
		"of a\n"
		"command, looks at some of them with their stacks, and knows which are not "
		"freed.\n",
	.options = options,
	.run = run,
};
