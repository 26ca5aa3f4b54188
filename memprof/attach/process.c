/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* process.h: finds the allocator's functions, or the program's own probes, and leaves out what
 * would be dear. */
#include "lib/base.h"
#include "memprof/attach/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/log.h"
#include "memprof/attach/places.h"
#include "memprof/kernel/tracer.h"

static int usage(const char *name, const char *what)
{
	log_err("%s: %s; see 'memprof %s --help'", name, what, name);
	return -EINVAL;
}

static bool find_way(const char *name, enum probes_way *way)
{
	*way = PROBES_BEST;
	for (int w = PROBES_BEST; name && w <= PROBES_PLAIN; w++)
		if (!strcmp(name, probes_way_names[w])) {
			*way = (enum probes_way)w;
			return true;
		}
	return !name;
}

int attach_check(const struct attach_choices *c, const char *name)
{
	enum probes_way way;
	char path[64];
	struct stat st;

	if (!c->pid)
		return usage(name, "which process? give -p PID");
	snprintf(path, sizeof(path), "/proc/%" PRIu64, c->pid);
	if (c->pid > INT32_MAX || stat(path, &st)) {
		log_err("-p: there is no process %" PRIu64, c->pid);
		return -ESRCH;
	}
	if (c->every && c->rate)
		return usage(name, "only one of --every and --rate");
	if (c->live > 1 << 26)
		return usage(name, "--live-max is at most 67108864");
	return find_way(c->way, &way) ? 0 : usage(name, "--way is session, multi or plain");
}

static int find_places(const struct attach_choices *c, struct places *at)
{
	int err;

	if (!c->usdt)
		return places_find(at, (pid_t)c->pid, NULL);
	err = places_find_usdt(at, (pid_t)c->pid, NULL);
	if (err == -ENOENT)
		log_err("--usdt: no file of process %" PRIu64 " offers the probes "
			"otel_memory:alloc and otel_memory:free",
			c->pid);
	return err;
}

#if defined(__x86_64__)
static const char slow_costs[] = "a call costs ten times as much then (some 14 us instead of 1.2)";
#else
static const char slow_costs[] = "a call costs a second trap then, which is dear";
#endif

/* A place that the kernel single-steps is left out, or taken by wish; malloc and free must be. */
static int drop_slow(const struct attach_choices *c, struct places *at)
{
	size_t n = 0;

	for (size_t i = 0; i < at->n; i++) {
		struct place *p = &at->v[i];

		if (p->slow && !c->slow) {
			bool needed = p->function == USER_MALLOC || p->function == USER_FREE ||
				      p->function == USER_CALLOC || p->function == USER_REALLOC;

			if (needed) {
				log_err("%s of %s begins with instructions that the kernel would "
					"single-step: %s; give --slow to do it all the same",
					p->name, at->shown, slow_costs);
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

int attach_process(struct attachment **out, const struct attach_choices *c, const char *more)
{
	static struct places at;
	struct probes_options opts = {.pid = (pid_t)c->pid,
				      .every = c->rate	  ? 0
					       : c->every ? c->every
							  : 1,
				      .rate = c->rate,
				      .live_max = (uint32_t)c->live};
	int err = tracer_may(PROBES_TAKE, NULL);

	*out = NULL;
	err = err ? err : find_places(c, &at);
	find_way(c->way, &opts.way);
	err = err ? err : drop_slow(c, &at);
	err = err ? err : attach_open(out, &opts, &at);
	if (!err)
		log_info("watching process %" PRIu64 ": %s, %zu places by %s uprobes%s", c->pid,
			 at.shown, at.n, probes_way_names[attach_way(*out)], more);
	return err;
}

int attach_code(int err)
{
	return err == -EPERM || err == -ENOTSUP ? EXIT_SKIP : err ? EXIT_USAGE : EXIT_OK;
}
