/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Both sides of a workload's child process: the barriers, and what the child does around them. */
#include "lib/base.h"
#include "workloads/child.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/data.h"
#include "lib/log.h"

enum { READY_TIMEOUT_MS = 10000, OUTPUT_SHOWN = 2000 };

/* Where a workload that is another program finds its ledger and its barriers: "SOCKET LEDGER". */
#define SERVE_VARIABLE "BEEBENCH_WORKLOAD"

enum stage { STAGE_FAILED, STAGE_READY, STAGE_DONE };

/* What the child says through the socket, one packet each. */
struct report {
	uint32_t stage; /* enum stage */
	int32_t err;	/* 0 or -errno */
	char text[240]; /* why, when it failed */
};

/* --- in the child ------------------------------------------------------------------------------
 */

struct child_side {
	const struct workload *workload;
	const struct workload_child_opts *opts;
	struct ledger *ledger; /* NULL: exec follows */
	int fd;
	int ledger_fd; /* of a workload that is another program, else -1: exec follows */
	struct report last;
};

static void keep_error(void *arg, enum log_level level, const char *line)
{
	struct report *r = arg;

	if (level == LOG_ERROR)
		snprintf(r->text, sizeof(r->text), "%s", line);
}

static void say(struct child_side *s, enum stage stage, int err)
{
	s->last.stage = stage;
	s->last.err = err;
	/* When nobody listens any more, the next wait ends the child. */
	(void)send(s->fd, &s->last, sizeof(s->last), MSG_NOSIGNAL);
}

/* Returns when the parent opens the barrier; ends the process when the parent has gone. */
static void wait_at_barrier(const struct child_side *s)
{
	char go;
	ssize_t n;

	do
		n = recv(s->fd, &go, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(EXIT_USAGE);
}

static int give_up(struct child_side *s, int err, const char *what)
{
	if (!s->last.text[0])
		snprintf(s->last.text, sizeof(s->last.text), "%s: %s", what, strerror(-err));
	say(s, STAGE_FAILED, err);
	return EXIT_USAGE;
}

static int run_plugin(struct child_side *s)
{
	const struct workload *w = s->workload;
	struct workload_run run = {.params = w->params, .seed = w->seed, .ledger = s->ledger};
	uint64_t entries;
	uint32_t lanes;
	char comm[16];
	int err;

	snprintf(comm, sizeof(comm), "wl-%s", w->ops->name);
	prctl(PR_SET_NAME, comm);
	w->ops->size(w->params, &lanes, &entries);
	ledger_prepare(s->ledger);
	run.lane = ledger_open_lane(s->ledger, entries / lanes);
	if (!run.lane)
		return give_up(s, -EOVERFLOW, "no lane in the ledger");
	err = w->ops->warm_up ? w->ops->warm_up(&run) : 0;
	if (err)
		return give_up(s, err, "cannot warm up");
	clock_ns(); /* the vDSO's pages, and the socket's path below */
	say(s, STAGE_READY, 0);
	wait_at_barrier(s);

	ledger_open_window(s->ledger);
	ledger_cpu_begin(run.lane);
	err = w->ops->run(&run);
	ledger_cpu_end(run.lane);
	ledger_close_window(s->ledger);

	say(s, STAGE_DONE, err);
	wait_at_barrier(s);
	if (w->ops->finish)
		w->ops->finish(&run);
	return EXIT_OK;
}

static void close_between(int above, int below)
{
	if (below - above > 1)
		close_range((unsigned int)above + 1, (unsigned int)below - 1, 0);
}

static int child_main(void *arg)
{
	struct child_side *s = arg;
	int err;

	log_capture(keep_error, &s->last);
	if (s->opts->cgroup) {
		err = cgroup_enter(s->opts->cgroup, 0);
		if (err) {
			give_up(s, err, "cannot enter the cgroup");
			return -EXIT_USAGE;
		}
	}
	if (s->ledger_fd >= 0) {
		close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
		fcntl(s->fd, F_SETFD, 0);
		fcntl(s->ledger_fd, F_SETFD, 0);
		return 0;
	}
	if (s->ledger) {
		/* Descriptors of the caller's monitors would keep them attached after its death. */
		int first = s->opts->numbers_prog, last = s->fd;

		if (first < 0)
			first = last;
		close_between(2, MIN(first, last));
		close_between(MIN(first, last), MAX(first, last));
		close_range((unsigned int)MAX(first, last) + 1, ~0U, 0);
		return run_plugin(s);
	}
	close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	say(s, STAGE_READY, 0);
	wait_at_barrier(s);
	return 0;
}

/* What the program is to do: the ledger's note. */
struct order {
	char name[32];
	uint64_t seed, params_bytes;
	_Alignas(8) unsigned char params[];
};

static const struct workload_ops *find_ops(const char *name)
{
	for (const struct workload_ops *const *w = workload_list; *w; w++)
		if (!strcmp((*w)->name, name))
			return *w;
	return NULL;
}

bool workload_child_serve(int *code)
{
	static struct workload w; /* not on the stack: its address goes into s */
	struct child_side s = {.workload = &w, .ledger_fd = -1};
	const char *where = getenv(SERVE_VARIABLE);
	const struct order *order;
	char *end;

	if (!where)
		return false;
	*code = EXIT_USAGE;
	s.fd = (int)strtol(where, &end, 10);
	if (ledger_open(&s.ledger, (int)strtol(end, NULL, 10)))
		return true;
	unsetenv(SERVE_VARIABLE);
	order = ledger_note(s.ledger);
	w.ops = find_ops(order->name);
	if (!w.ops || w.ops->params_size != order->params_bytes) {
		give_up(&s, -EINVAL, "this wl is of another version than what started it");
		return true;
	}
	w.params = (void *)(uintptr_t)order->params;
	w.seed = order->seed;
	log_capture(keep_error, &s.last);
	*code = run_plugin(&s);
	return true;
}

/* --- in the parent -----------------------------------------------------------------------------
 */

static int fail(struct workload_child *c, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int fail(struct workload_child *c, int err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	strbuf_reset(&c->why);
	strbuf_addstr(&c->why, text);
	log_err("%s: %s", workload_name(c->workload), text);
	return err;
}

/* Waits for the next report. Returns 0, -ETIMEDOUT, -EINTR, -errno, or -ECHILD once the child has
 * ended and was reaped. Prints nothing. */
static int next_report(struct workload_child *c, int timeout_ms, struct report *r)
{
	struct pollfd pfds[2] = {{.fd = c->fd, .events = POLLIN},
				 {.fd = c->proc.pidfd, .events = POLLIN}};
	int n, err;

	if (c->proc.reaped)
		return -ECHILD;
	n = poll(pfds, 2, timeout_ms);
	if (n < 0)
		return -errno;
	if (!n)
		return -ETIMEDOUT;
	/* What a child said before it ended still counts. */
	if (recv(c->fd, r, sizeof(*r), MSG_DONTWAIT) == sizeof(*r))
		return 0;
	err = subproc_wait(&c->proc, pfds[1].revents ? -1 : MAX(timeout_ms, 0));
	return err ? err : -ECHILD;
}

static int say_ended(struct workload_child *c, const char *when)
{
	struct strbuf how = STRBUF_INIT;
	int err = c->proc.exec_err ? -c->proc.exec_err : -ECHILD;

	subproc_describe(&c->proc, &how);
	err = c->opts.starter ? fail(c, err, "%s, by which it is started, %s: %s",
				     c->opts.starter[0], when, how.s)
			      : fail(c, err, "%s: %s", when, how.s);
	strbuf_release(&how);
	return err;
}

static int wait_ready(struct workload_child *c)
{
	int timeout_ms = c->opts.ready_timeout_ms ? c->opts.ready_timeout_ms : READY_TIMEOUT_MS;
	struct report r;
	int err = next_report(c, timeout_ms, &r);

	switch (err) {
	case 0: return r.stage == STAGE_READY ? 0 : fail(c, r.err, "%s", r.text);
	case -ETIMEDOUT: return fail(c, err, "not ready within %d ms", timeout_ms);
	case -ECHILD: return say_ended(c, "ended before it was ready");
	default: return fail(c, err, "waiting for it: %s", strerror(-err));
	}
}

static int make_shared(struct workload_child *c, const struct workload *w, uint32_t lanes,
		       uint64_t entries, int *fd)
{
	_Alignas(8) unsigned char note[LEDGER_NOTE_BYTES] = {0};
	struct order *o = (struct order *)(void *)note;
	size_t bytes = sizeof(*o) + w->ops->params_size;

	if (bytes > sizeof(note))
		return -EOVERFLOW;
	snprintf(o->name, sizeof(o->name), "%s", w->ops->name);
	o->seed = w->seed;
	o->params_bytes = w->ops->params_size;
	memcpy(o->params, w->params, w->ops->params_size);
	return ledger_create_shared(&c->ledger, lanes, entries, note, bytes, fd);
}

static int make_ledger(struct workload_child *c, const struct workload *w, int *fd)
{
	uint64_t entries;
	uint32_t lanes;
	int err;

	*fd = -1;
	w->ops->size(w->params, &lanes, &entries);
	err = c->opts.starter ? make_shared(c, w, lanes, entries, fd)
			      : ledger_create(&c->ledger, lanes, entries);
	if (!err && c->opts.numbers_prog >= 0)
		ledger_note_numbers(c->ledger, c->opts.numbers_prog);
	return err ? fail(c, err, "no ledger for %u lanes, %llu calls", lanes,
			  (unsigned long long)entries)
		   : 0;
}

/* Our own stdout carries results: a command's must not be mixed with them. */
static int start_process(struct workload_child *c, struct subproc_opts *sub)
{
	int pipe_fd = -1, err;

	if (sub->argv && !c->ledger) {
		pipe_fd = output_open(&c->output);
		if (pipe_fd < 0)
			return fail(c, pipe_fd, "no pipe for its output: %s", strerror(-pipe_fd));
		sub->stdin_fd = c->opts.stdin_fd;
		sub->stdout_fd = sub->stderr_fd = pipe_fd;
	}
	err = subproc_start(&c->proc, sub);
	if (pipe_fd >= 0)
		close(pipe_fd);
	if (err == -ENOENT && sub->argv)
		strbuf_addf(&c->why, "no such program: %s", sub->argv[0]);
	else if (err)
		strbuf_addf(&c->why, "cannot start: %s", strerror(-err));
	return err;
}

/* The starter's words, then wl; the ledger's memory and the barriers are inherited. */
static int start_by(struct workload_child *c, struct subproc_opts *sub,
		    const struct child_side *side)
{
	const char *const *starter = c->opts.starter;
	char variable[80], wl[4096];
	const char *env[] = {variable, NULL};
	size_t n = 0;
	int err = data_beside("wl", wl, sizeof(wl));

	if (err || access(wl, X_OK))
		return fail(c, -ENOENT,
			    "the program wl is not there (%s): it is the workload of a "
			    "monitor that starts it",
			    wl);
	while (starter[n])
		n++;
	c->argv = calloc(n + 2, sizeof(*c->argv));
	if (!c->argv)
		return -ENOMEM;
	memcpy(c->argv, starter, n * sizeof(*c->argv));
	c->argv[n] = wl;
	snprintf(variable, sizeof(variable), SERVE_VARIABLE "=%d %d", side->fd, side->ledger_fd);
	sub->argv = (const char *const *)c->argv;
	sub->env = env;
	err = start_process(c, sub);
	c->argv[n] = NULL;
	return err;
}

int workload_child_start(struct workload_child *c, const struct workload *w,
			 const struct workload_child_opts *opts)
{
	struct subproc_opts sub = SUBPROC_OPTS_INIT;
	struct child_side side;
	int fds[2], err, ledger_fd = -1;

	*c = (struct workload_child)WORKLOAD_CHILD_INIT;
	c->workload = w;
	c->opts = opts ? *opts : (struct workload_child_opts)WORKLOAD_CHILD_OPTS_INIT;
	if (w->ops && w->ops->truth == WORKLOAD_LEDGER) {
		err = make_ledger(c, w, &ledger_fd);
		if (err)
			return err;
	} else if (w->ops) {
		c->argv = w->ops->argv(w->params, w->seed);
		if (!c->argv)
			return fail(c, -ENOMEM, "no memory for its command line");
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		err = fail(c, -errno, "cannot make its barriers: %s", strerror(errno));
		if (ledger_fd >= 0)
			close(ledger_fd);
		return err;
	}
	c->fd = fds[0];
	side = (struct child_side){.workload = w,
				   .opts = &c->opts,
				   .ledger = c->ledger,
				   .fd = fds[1],
				   .ledger_fd = ledger_fd};
	sub.child = child_main;
	sub.arg = &side;
	if (!c->ledger)
		sub.argv = (const char *const *)(c->argv ? c->argv : w->command);
	err = ledger_fd >= 0 ? start_by(c, &sub, &side) : start_process(c, &sub);
	close(fds[1]);
	if (ledger_fd >= 0)
		close(ledger_fd);
	if (err)
		return err;
	return wait_ready(c);
}

int workload_child_release(struct workload_child *c)
{
	c->start_ns = clock_ns();
	if (send(c->fd, "g", 1, MSG_NOSIGNAL) != 1)
		return fail(c, -EPIPE, "it ended at the first barrier");
	return 0;
}

static int plugin_done(struct workload_child *c, int timeout_ms)
{
	struct report r;
	int err = next_report(c, timeout_ms, &r);

	if (err == -ECHILD)
		return say_ended(c, "ended in the middle of its calls");
	if (err)
		return err;
	c->done = true;
	c->start_ns = ledger_window_start_ns(c->ledger);
	c->end_ns = ledger_window_end_ns(c->ledger);
	if (r.err)
		c->run_err = fail(c, r.err, "its calls went wrong: %s", strerror(-r.err));
	else if (ledger_overflowed(c->ledger))
		c->run_err = fail(c, -EOVERFLOW, "its ledger was too small for all calls");
	return c->run_err;
}

/* Reads what the command prints until it has ended: 0, -ETIMEDOUT, -EINTR or -errno. */
static int attend(struct workload_child *c, int timeout_ms)
{
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * NSEC_PER_MSEC, now;

	for (;;) {
		struct pollfd pfds[2] = {{.fd = c->proc.pidfd, .events = POLLIN},
					 {.fd = c->output.fd, .events = POLLIN}};
		int n;

		now = clock_ns();
		n = poll(pfds, 2, now < end ? (int)((end - now) / NSEC_PER_MSEC) + 1 : 0);
		if (n < 0)
			return -errno;
		if (pfds[1].revents)
			output_take(&c->output);
		if (pfds[0].revents)
			return 0;
		if (now >= end)
			return -ETIMEDOUT;
	}
}

/* The end of a failed command's output, for whoever has to find out why. */
static void show_output(const struct workload_child *c)
{
	struct strbuf text = STRBUF_INIT;

	output_text(&c->output, OUTPUT_SHOWN, &text);
	for (char *line = text.s, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		log_info("  | %s", line);
	}
	strbuf_release(&text);
}

static int command_done(struct workload_child *c, int timeout_ms)
{
	struct strbuf why = STRBUF_INIT;
	int err = c->proc.reaped ? 0 : attend(c, timeout_ms);

	if (err)
		return err;
	if (c->opts.cgroup)
		c->left = cgroup_count(c->opts.cgroup);
	err = subproc_wait(&c->proc, -1);
	if (err)
		return err;
	c->done = true;
	c->end_ns = clock_ns();
	output_take(&c->output);
	if (c->left)
		log_warn("%s: it ended and left %u process%s running, which %s ended too",
			 workload_name(c->workload), c->left, c->left == 1 ? "" : "es",
			 c->left == 1 ? "is" : "are");
	if (c->proc.exec_err || !WIFEXITED(c->proc.status) || WEXITSTATUS(c->proc.status))
		c->run_err = say_ended(c, "the command ended badly");
	else if (workload_proof(c->workload, c->output.tail.s, &why))
		c->run_err = fail(c, -ENODATA, "%s", why.s);
	if (c->run_err)
		show_output(c);
	strbuf_release(&why);
	return c->run_err;
}

int workload_child_wait_done(struct workload_child *c, int timeout_ms)
{
	if (c->done)
		return c->run_err;
	return c->ledger ? plugin_done(c, timeout_ms) : command_done(c, timeout_ms);
}

int workload_child_finish(struct workload_child *c, int timeout_ms)
{
	uint64_t end = clock_ns() + (uint64_t)timeout_ms * NSEC_PER_MSEC, now;
	int err = 0;

	if (!c->ledger)
		return 0;
	if (!c->proc.reaped)
		(void)send(c->fd, "g", 1, MSG_NOSIGNAL);
	do {
		now = clock_ns();
		err = subproc_wait(&c->proc,
				   now < end ? (int)((end - now) / NSEC_PER_MSEC) + 1 : 0);
	} while (err == -EINTR);
	if (err == -ETIMEDOUT)
		return fail(c, err, "did not end within %d ms after its calls", timeout_ms);
	if (err)
		return fail(c, err, "waiting for its end: %s", strerror(-err));
	if (!WIFEXITED(c->proc.status) || WEXITSTATUS(c->proc.status))
		return say_ended(c, "ended badly after its calls");
	return 0;
}

void workload_child_destroy(struct workload_child *c)
{
	subproc_release(&c->proc);
	if (c->fd >= 0)
		close(c->fd);
	ledger_destroy(c->ledger);
	free(c->argv);
	output_release(&c->output);
	strbuf_release(&c->why);
	*c = (struct workload_child)WORKLOAD_CHILD_INIT;
}
