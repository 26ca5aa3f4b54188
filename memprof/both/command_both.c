/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof both: the kernel's allocations, by the user's stack and the kernel's below it. */
#include "lib/base.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "memprof/both/both.h"
#include "memprof/command.h"
#include "memprof/kernel/choices.h"
#include "memprof/kernel/result.h"
#include "memprof/kernel/watch.h"
#include "memprof/looks/looks.h"

static const struct opt options[] = {
	CHOICES_ROWS(0),
	{0},
};

/* What is done meanwhile. */
struct meanwhile {
	struct both *b;
	struct looks looks;
};

static void take(void *arg)
{
	struct meanwhile *m = arg;
	struct profile *now = NULL;

	both_take(m->b);
	if (!looks_due(&m->looks))
		return;
	both_snapshot(m->b, &now);
	looks_take(&m->looks, now);
}

static void wait_for_end(struct meanwhile *m, struct watch *w, const struct choices *c)
{
	struct watch_also also = {.fd = both_fd(m->b),
				  .pidfd = -1,
				  .tick_ms = looks_tick_ms(&m->looks),
				  .readable = take,
				  .arg = m};

	if (c->pid)
		also.pidfd = (int)syscall(SYS_pidfd_open, (pid_t)c->pid, 0);
	watch_wait(w, c->seconds, &also);
	if (also.pidfd >= 0)
		close(also.pidfd);
}

static int measure(const struct choices *c, char *const *command)
{
	struct tracer_options opts = {0};
	struct watch w = WATCH_INIT;
	struct meanwhile m = {0};
	struct profile *p = NULL;
	int err = choices_fill(c, "both", command, &opts), code = EXIT_USAGE;

	if (err)
		return EXIT_USAGE;
	if (tracer_may(TRACER_TAKES, NULL))
		return EXIT_SKIP;
	if (looks_open(&m.looks, &c->looks, "both", false) || (command && watch_prepare(&w)))
		goto out;
	if (command) {
		opts.cgroup_id = w.cgroup.id;
		opts.cgroup_level = w.cgroup.level;
	}
	err = both_open(&m.b, &opts);
	if (err) {
		code = choices_code(err);
		goto out;
	}
	if (command && watch_start(&w, command))
		goto out;
	wait_for_end(&m, &w, c);
	err = both_finish(m.b, &p);
	/* A command's output is its own. */
	if (!err)
		err = result_give(p, "both", &m.looks, c->format, c->top,
				  command ? stderr : stdout);
	code = err ? EXIT_USAGE : EXIT_OK;
out:
	both_close(m.b);
	err = watch_finish(&w);
	code = looks_exit(&m.looks, code == EXIT_OK ? err : code);
	looks_close(&m.looks);
	return code;
}

extern const struct memprof_command memprof_command_both;

static int run(int argc, char *argv[])
{
	struct choices c = CHOICES_INIT;
	bool dashes;
	int rest, code;

	code = memprof_command_parse(&memprof_command_both, argc, argv, &c, &rest, &dashes);
	if (code >= 0)
		return code;
	if (rest < argc && !dashes) {
		log_err("both: a command comes after --; see 'memprof both --help'");
		return EXIT_USAGE;
	}
	return measure(&c, rest < argc ? argv + rest : NULL);
}

const struct memprof_command memprof_command_both = {
	.name = "both",
	.usage = "[options] [-p PID | -- COMMAND ..]",
	.help = "what in a program makes the kernel allocate: both stacks in one tree",
	.more = "As 'memprof kernel', and above the kernel's functions stand those of the program "
		"that called\nit. With --of pages that includes who touches memory for the first "
		"time.\n",
	.options = options,
	.needs = NEEDS_PROBES,
	.run = run,
};
