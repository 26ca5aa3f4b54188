/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof kernel: who allocates in the kernel. */
#include "lib/base.h"

#include <stdio.h>

#include "lib/log.h"
#include "memprof/command.h"
#include "memprof/kernel/choices.h"
#include "memprof/kernel/lab.h"
#include "memprof/kernel/reading.h"
#include "memprof/kernel/result.h"
#include "memprof/kernel/tracer.h"
#include "memprof/kernel/watch.h"

struct options {
	struct choices c;
	bool lab, kprobe;
};

static const struct opt options[] = {
	CHOICES_ROWS(offsetof(struct options, c)),
	{0, "counts", NULL, "count only: no stacks, no live blocks", OPT_FLAG,
	 offsetof(struct options, c.counts)},
	{0, "lab", NULL, "the lab of the document instead: its maps, its steps, its output",
	 OPT_FLAG, offsetof(struct options, lab)},
	{0, "kprobe", NULL, "with --lab: a kprobe on __kmalloc, as the document has it", OPT_FLAG,
	 offsetof(struct options, kprobe)},
	{0},
};

static int report(const struct choices *c, const struct kernel_tracer *t, uint64_t start_ns,
		  bool command)
{
	struct profile *p = reading_profile(tracer_options(t), "kernel");
	int err;

	p->start_ns = start_ns;
	p->end_ns = result_now_ns();
	if (c->every > 1)
		profile_set_note(p, "each N-th allocation was taken: figures are estimates");
	err = reading_all(t, p);
	if (err) {
		profile_free(p);
		return err;
	}
	/* A command's output is its own. */
	return result_give(p, "kernel", c->out, c->format, c->top, command ? stderr : stdout);
}

static int measure(const struct choices *c, char *const *command)
{
	struct tracer_options opts = {0};
	struct watch w = WATCH_INIT;
	struct kernel_tracer *t = NULL;
	uint64_t start_ns;
	int err = choices_fill(c, "kernel", command, &opts), code = EXIT_USAGE;

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
		code = choices_code(err);
		goto out;
	}
	start_ns = result_now_ns();
	if (command && watch_start(&w, command))
		goto out;
	if (!command && c->seconds <= 0)
		log_info("counting the kernel's allocations; Ctrl-C ends it and shows them");
	watch_wait(&w, c->seconds, NULL);
	tracer_stop(t);
	code = report(c, t, start_ns, command) ? EXIT_USAGE : EXIT_OK;
out:
	tracer_close(t);
	err = watch_finish(&w);
	return code == EXIT_OK ? err : code;
}

extern const struct memprof_command memprof_command_kernel;

static int run(int argc, char *argv[])
{
	struct options o = {.c = CHOICES_INIT};
	bool dashes;
	int rest, code;

	code = memprof_command_parse(&memprof_command_kernel, argc, argv, &o, &rest, &dashes);
	if (code >= 0)
		return code;
	if (rest < argc && !dashes) {
		log_err("kernel: a command comes after --; see 'memprof kernel --help'");
		return EXIT_USAGE;
	}
	if (o.lab || o.kprobe)
		return lab_run(&(struct lab_options){.seconds = o.c.seconds,
						     .command = rest < argc ? argv + rest : NULL,
						     .kprobe = o.kprobe});
	return measure(&o.c, rest < argc ? argv + rest : NULL);
}

const struct memprof_command memprof_command_kernel = {
	.name = "kernel",
	.usage = "[options] [-- COMMAND ..]",
	.help = "who allocates in the kernel, by stack and process",
	.more = "Counts each kmalloc and kmem_cache_alloc of all processes, of one, of a cgroup or "
		"of a\ncommand, looks at some of them with their stacks, and knows which are not "
		"freed.\n",
	.options = options,
	.run = run,
};
