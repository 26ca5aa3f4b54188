/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof attach: who allocates in a process that runs. */
#include "lib/base.h"

#include <stdio.h>

#include "lib/log.h"
#include "lib/opt.h"
#include "memprof/attach/attach.h"
#include "memprof/attach/process.h"
#include "memprof/command.h"
#include "memprof/kernel/result.h"
#include "memprof/kernel/watch.h"
#include "memprof/looks/looks.h"

#define TOP_STACKS 20

struct options {
	struct attach_choices c;
	const char *format;
	uint64_t top;
	double seconds;
	bool by_thread;
	struct looks_options looks;
};

#define AT(field) offsetof(struct options, field)
static const struct opt options[] = {
	ATTACH_ROWS(AT(c)),
	{0, "every", "N", "take each N-th allocation with its stack (default 1: all of them)",
	 OPT_U64, AT(c.every)},
	{0, "by-thread", NULL, "keep the stacks of each thread apart", OPT_FLAG, AT(by_thread)},
	{0, "way", "WAY", "session, multi or plain uprobes (default: the best that works)",
	 OPT_STRING, AT(c.way)},
	{0, "live-max", "N", "room for so many live blocks (default 1048576)", OPT_U64, AT(c.live)},
	{0, "seconds", "S", "end after so long (default: on Ctrl-C, or when the process ends)",
	 OPT_DOUBLE, AT(seconds)},
	{'f', "format", "FORMAT", "text (default), json, folded, pprof, speedscope, html, csv",
	 OPT_STRING, AT(format)},
	OUTPUT_ROWS("write the profile to this file, for memprof report", AT(looks.out)),
	LOOKS_ROWS(AT(looks)),
	{0, "top", "N", "show so many of each list (default 20; 0: all)", OPT_U64, AT(top)},
	{0},
};

/* What is done meanwhile. */
struct meanwhile {
	struct attachment *a;
	struct looks looks;
};

static void take(void *arg)
{
	struct meanwhile *m = arg;
	struct profile *now = NULL;

	attach_take(m->a);
	if (!looks_due(&m->looks))
		return;
	attach_snapshot(m->a, &now);
	looks_take(&m->looks, now);
}

static int measure(const struct options *o)
{
	struct watch w = WATCH_INIT;
	struct meanwhile m = {0};
	struct watch_also also = {.tick_ms = ATTACH_TICK_MS, .readable = take, .arg = &m};
	struct profile *p = NULL;
	int err = looks_open(&m.looks, &o->looks, "attach", false), code;

	err = err ? err
		  : attach_process(
			    &m.a, &o->c,
			    o->seconds > 0 ? "" : "; Ctrl-C ends it and shows what was allocated");
	code = attach_code(err);
	if (err)
		goto out;
	if (o->by_thread)
		attach_by_thread(m.a);
	also.fd = attach_fd(m.a);
	also.pidfd = attach_pidfd(m.a);
	watch_wait(&w, o->seconds, &also);
	err = attach_finish(m.a, &p);
	if (!err)
		err = result_give(p, "attach", &m.looks, o->format, o->top, stdout);
	code = looks_exit(&m.looks, err ? EXIT_USAGE : EXIT_OK);
out:
	attach_close(m.a);
	looks_close(&m.looks);
	return code;
}

extern const struct memprof_command memprof_command_attach;

static int run(int argc, char *argv[])
{
	struct options o = {.top = TOP_STACKS, .seconds = WATCH_ALWAYS};
	int rest,
		code = memprof_command_parse(&memprof_command_attach, argc, argv, &o, &rest, NULL);

	if (code >= 0)
		return code;
	if (rest < argc) {
		log_err("attach: there is a word too many; give -p PID; see 'memprof attach "
			"--help'");
		return EXIT_USAGE;
	}
	if (attach_check(&o.c, "attach") || !watch_seconds("attach", o.seconds) ||
	    !result_format_known(o.format, o.looks.out))
		return EXIT_USAGE;
	return measure(&o);
}

const struct memprof_command memprof_command_attach = {
	.name = "attach",
	.usage = "-p PID [options]",
	.help = "who allocates in a process that runs, by probes in its allocator",
	.more = "Each call costs the process some microseconds, with a stack some more: a program "
		"that is started\n"
		"anew is watched at a thousandth of that by 'memprof run'. Blocks from before are "
		"not known.\n",
	.options = options,
	.needs = NEEDS_PROBES,
	.run = run,
};
