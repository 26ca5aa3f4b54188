/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From options to what is traced. */
#include "lib/base.h"
#include "memprof/kernel/choices.h"

#include "lib/log.h"
#include "memprof/kernel/filter.h"
#include "memprof/kernel/result.h"

/* A sample costs some 2.5 us and counting an event 0.07: at 16 KiB, 128 of the usual 128 bytes, a
 * sample adds a third to that. */
#define RATE_BYTES 16384

/* What does not go together, or NULL. */
static const char *wrong(const struct choices *c, bool command)
{
	if (c->stacks > 1 << 24 || c->live > 1 << 26)
		return "--stacks is at most 16777216, --live-max 67108864";
	if ((c->every && c->rate) || (c->counts && (c->every || c->rate)))
		return "only one of --every, --rate and --counts";
	if (command && (c->pid || c->cgroup))
		return "either a command, or -p or --cgroup";
	return NULL;
}

int choices_fill(const struct choices *c, const char *name, bool command, struct tracer_options *t)
{
	const char *what = wrong(c, command);

	if (what) {
		log_err("%s: %s; see 'memprof %s --help'", name, what, name);
		return -EINVAL;
	}
	if (!watch_seconds(name, c->seconds))
		return -EINVAL;
	t->counts = c->counts;
	t->every = c->every;
	t->rate = c->every ? 0 : c->rate ? c->rate : RATE_BYTES;
	t->stacks_max = (uint32_t)c->stacks;
	t->live_max = (uint32_t)c->live;
	if (!result_format_known(c->format, c->looks.out) ||
	    filter_kinds(c->of ? c->of : "kmalloc,cache", t) || filter_process(c->pid, t) ||
	    filter_cgroup(c->cgroup, t))
		return -EINVAL;
	return 0;
}

int choices_code(int err)
{
	return err == -EPERM || err == -ENOTSUP ? EXIT_SKIP : EXIT_USAGE;
}
