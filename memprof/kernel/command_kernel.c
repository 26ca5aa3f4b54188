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
#include "memprof/looks/looks.h"

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

/* What is done meanwhile. */
struct meanwhile {
	const struct choices *c;
	const struct kernel_tracer *t;
	struct looks looks;
	uint64_t start_ns;
};

/* All that was counted up to now; NULL after saying why. */
static struct profile *read_now(const struct meanwhile *m)
{
	struct profile *p = reading_profile(tracer_options(m->t), "kernel");

	p->start_ns = m->start_ns;
	p->end_ns = result_now_ns();
	if (m->c->every > 1)
		profile_set_note(p, "each N-th allocation was taken: figures are estimates");
	if (!reading_all(m->t, p))
		return p;
	profile_free(p);
	return NULL;
}

static void look(void *arg)
{
	struct meanwhile *m = arg;

	if (looks_due(&m->looks))
		looks_take(&m->looks, read_now(m));
}

static int report(struct meanwhile *m, bool command)
{
	struct profile *p = read_now(m);

	/* A command's output is its own. */
	return p ? result_give(p, "kernel", &m->looks, m->c->format, m->c->top,
			       command ? stderr : stdout)
		 : -EIO;
}

static int measure(const struct choices *c, char *const *command)
{
	struct tracer_options opts = {0};
	struct watch w = WATCH_INIT;
	struct meanwhile m = {.c = c};
	struct watch_also also = {.fd = -1, .pidfd = -1, .readable = look, .arg = &m};
	struct kernel_tracer *t = NULL;
	int err = choices_fill(c, "kernel", command, &opts), code = EXIT_USAGE;

	if (err)
		return EXIT_USAGE;
	if (tracer_may(TRACER_TAKES, NULL))
		return EXIT_SKIP;
	if (looks_open(&m.looks, &c->looks, "kernel", false) || (command && watch_prepare(&w)))
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
	m.t = t;
	m.start_ns = result_now_ns();
	if (command && watch_start(&w, command))
		goto out;
	if (!command && c->seconds <= 0)
		log_info("counting the kernel's allocations; Ctrl-C ends it and shows them");
	also.tick_ms = looks_tick_ms(&m.looks);
	watch_wait(&w, c->seconds, &also);
	tracer_stop(t);
	code = report(&m, command) ? EXIT_USAGE : EXIT_OK;
out:
	tracer_close(t);
	err = watch_finish(&w);
	code = looks_exit(&m.looks, code == EXIT_OK ? err : code);
	looks_close(&m.looks);
	return code;
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
		return !watch_seconds("kernel", o.c.seconds)
			       ? EXIT_USAGE
			       : lab_run(&(struct lab_options){.seconds = o.c.seconds,
							       .command = rest < argc ? argv + rest
										      : NULL,
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
