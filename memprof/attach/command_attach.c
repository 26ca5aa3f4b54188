/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* memprof attach: who allocates in a process that runs. */
#include "lib/base.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/opt.h"
#include "memprof/attach/attach.h"
#include "memprof/command.h"
#include "memprof/kernel/result.h"
#include "memprof/kernel/watch.h"

#define TOP_STACKS 20

struct options {
	const char *out, *format, *way;
	uint64_t pid, every, rate, top, live;
	double seconds;
	bool slow, usdt;
};

#define AT(field) offsetof(struct options, field)
static const struct opt options[] = {
	{'p', "pid", "PID", "the process", OPT_U64, AT(pid)},
	{0, "every", "N", "take each N-th allocation with its stack (default 1: all of them)",
	 OPT_U64, AT(every)},
	{0, "rate", "BYTES", "take an allocation each so many bytes on average", OPT_U64, AT(rate)},
	{0, "usdt", NULL, "read the probes otel_memory:alloc and :free that the program offers",
	 OPT_FLAG, AT(usdt)},
	{0, "slow", NULL, "also at places where the kernel single-steps: ten times as dear",
	 OPT_FLAG, AT(slow)},
	{0, "way", "WAY", "session, multi or plain uprobes (default: the best that works)",
	 OPT_STRING, AT(way)},
	{0, "live-max", "N", "room for so many live blocks (default 1048576)", OPT_U64, AT(live)},
	{0, "seconds", "S", "end after so long (default: on Ctrl-C, or when the process ends)",
	 OPT_DOUBLE, AT(seconds)},
	{'f', "format", "FORMAT", "text (default), json, folded, pprof, speedscope, html, csv",
	 OPT_STRING, AT(format)},
	{'o', "output", "OUT", "write the profile to this file, for memprof report", OPT_STRING,
	 AT(out)},
	{0, "top", "N", "show so many of each list (default 20; 0: all)", OPT_U64, AT(top)},
	{0},
};

static int usage(const char *what)
{
	log_err("attach: %s; see 'memprof attach --help'", what);
	return -EINVAL;
}

static int find_way(const char *name, enum probes_way *way)
{
	*way = PROBES_BEST;
	for (int w = PROBES_BEST; name && w <= PROBES_PLAIN; w++)
		if (!strcmp(name, probes_way_names[w])) {
			*way = (enum probes_way)w;
			return 0;
		}
	return name ? usage("--way is session, multi or plain") : 0;
}

static int check(const struct options *o)
{
	char path[64];
	struct stat st;

	if (!o->pid)
		return usage("which process? give -p PID");
	snprintf(path, sizeof(path), "/proc/%" PRIu64, o->pid);
	if (o->pid > INT32_MAX || stat(path, &st)) {
		log_err("-p: there is no process %" PRIu64, o->pid);
		return -ESRCH;
	}
	if (o->every && o->rate)
		return usage("only one of --every and --rate");
	if (o->live > 1 << 26)
		return usage("--live-max is at most 67108864");
	return result_format_known(o->format) ? 0 : -EINVAL;
}

static int find_places(const struct options *o, struct places *at)
{
	int err;

	if (!o->usdt)
		return places_find(at, (pid_t)o->pid, NULL);
	err = places_find_usdt(at, (pid_t)o->pid, NULL);
	if (err == -ENOENT)
		log_err("--usdt: no file of process %" PRIu64 " offers the probes "
			"otel_memory:alloc and otel_memory:free",
			o->pid);
	return err;
}

/* A place that the kernel single-steps is left out, or taken by wish; malloc and free must be. */
static int drop_slow(const struct options *o, struct places *at)
{
	size_t n = 0;

	for (size_t i = 0; i < at->n; i++) {
		struct place *p = &at->v[i];

		if (p->slow && !o->slow) {
			bool needed = p->function == USER_MALLOC || p->function == USER_FREE ||
				      p->function == USER_CALLOC || p->function == USER_REALLOC;

			if (needed) {
				log_err("%s of %s begins with instructions that the kernel would "
					"single-step: a call costs ten times as much then (some "
					"14 us instead of 1.2); give --slow to do it all the same",
					p->name, at->shown);
				return -ENOTSUP;
			}
			log_warn("%s of %s is not watched: the kernel would single-step it "
				 "(--slow)",
				 p->name, at->shown);
			continue;
		}
		at->v[n++] = *p;
	}
	at->n = n;
	return 0;
}

static int code_of(int err)
{
	return err == -EPERM || err == -ENOTSUP ? EXIT_SKIP : EXIT_USAGE;
}

static int measure(const struct options *o)
{
	static struct places at;
	struct probes_options opts = {.pid = (pid_t)o->pid,
				      .every = o->rate	  ? 0
					       : o->every ? o->every
							  : 1,
				      .rate = o->rate,
				      .live_max = (uint32_t)o->live};
	struct watch w = WATCH_INIT;
	struct watch_also also = {.readable = attach_take};
	struct attachment *a = NULL;
	struct profile *p = NULL;
	int err = find_way(o->way, &opts.way);

	err = err ? err : find_places(o, &at);
	err = err ? err : drop_slow(o, &at);
	err = err ? err : attach_open(&a, &opts, &at);
	if (err)
		return code_of(err);
	log_info("watching process %" PRIu64 ": %s, %zu places by %s uprobes%s", o->pid, at.shown,
		 at.n, probes_way_names[attach_way(a)],
		 o->seconds > 0 ? "" : "; Ctrl-C ends it and shows what was allocated");
	also.arg = a;
	also.fd = attach_fd(a);
	also.pidfd = (int)syscall(SYS_pidfd_open, (pid_t)o->pid, 0);
	watch_wait(&w, o->seconds, &also);
	err = attach_finish(a, &p);
	if (!err)
		err = result_give(p, "attach", o->out, o->format, o->top, stdout);
	if (also.pidfd >= 0)
		close(also.pidfd);
	attach_close(a);
	return err ? EXIT_USAGE : EXIT_OK;
}

extern const struct memprof_command memprof_command_attach;

static int run(int argc, char *argv[])
{
	struct options o = {.top = TOP_STACKS};
	int rest,
		code = memprof_command_parse(&memprof_command_attach, argc, argv, &o, &rest, NULL);

	if (code >= 0)
		return code;
	if (rest < argc) {
		usage("there is a word too many; give -p PID");
		return EXIT_USAGE;
	}
	return check(&o) ? EXIT_USAGE : measure(&o);
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
	.run = run,
};
