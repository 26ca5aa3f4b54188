/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signals only end the waiting: what was counted up to then is read and shown. */
#include "lib/base.h"
#include "memprof/kernel/watch.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/stops.h"

enum { GRACE_MS = 2000 };

static volatile sig_atomic_t stopped;

static void on_stop(int sig UNUSED)
{
	stopped = 1;
}

int watch_prepare(struct watch *w)
{
	stops_catch(on_stop);
	return cgroup_create(&w->cgroup, "memprof");
}

static int enter(void *arg)
{
	const struct watch *w = arg;

	return w->cgroup.path[0] && cgroup_enter(&w->cgroup, 0) ? -126 : 0;
}

int watch_start(struct watch *w, char *const argv[])
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	int err;

	opts.child = enter;
	opts.arg = w;
	opts.argv = (const char *const *)argv;
	opts.stdin_fd = STDIN_FILENO;
	err = subproc_start(&w->child, &opts);
	w->started = !err;
	return err;
}

static int left_ms(uint64_t until_ns)
{
	uint64_t now = clock_ns();

	if (!until_ns)
		return -1;
	return now >= until_ns ? 0 : (int)MIN((until_ns - now) / NSEC_PER_MSEC + 1, 1000000ULL);
}

bool watch_seconds(const char *name, double seconds)
{
	if (seconds)
		return true;
	log_err("%s: --seconds 0 would watch for no time at all; without it the end is Ctrl-C, or "
		"that "
		"of what is watched",
		name);
	return false;
}

void watch_wait(struct watch *w, double seconds, const struct watch_also *also)
{
	const uint64_t until_ns =
		seconds > 0 ? clock_ns() + (uint64_t)(seconds * (double)NSEC_PER_SEC) : 0;
	struct pollfd p[3] = {
		{.fd = also ? also->fd : -1, .events = POLLIN},
		{.fd = also ? also->pidfd : -1, .events = POLLIN},
		{.fd = w->started ? w->child.pidfd : -1, .events = POLLIN},
	};

	stops_catch(on_stop);
	while (!stopped) {
		const int left = left_ms(until_ns), tick = also ? also->tick_ms : 0;
		const int ms = tick && (left < 0 || left > tick) ? tick : left;

		if (!left || (poll(p, ARRAY_SIZE(p), ms) < 0 && errno != EINTR))
			break;
		if (p[0].revents || tick)
			also->readable(also->arg);
		if (p[1].revents || p[2].revents)
			break;
	}
}

int watch_finish(struct watch *w)
{
	int code = 0;

	if (w->started) {
		if (subproc_wait(&w->child, 0))
			subproc_kill(&w->child, GRACE_MS);
		code = WIFSIGNALED(w->child.status) ? 128 + WTERMSIG(w->child.status)
						    : WEXITSTATUS(w->child.status);
		if (w->child.exec_err) {
			log_err_sys(w->child.exec_err, "the command cannot be run");
			code = 127;
		}
		subproc_release(&w->child);
	}
	if (w->cgroup.path[0])
		cgroup_remove(&w->cgroup);
	return code;
}
