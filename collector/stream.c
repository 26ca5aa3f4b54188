/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The monitor that is a process printing bpftrace's JSON: start, wait until it counts, stop. */
#include "lib/base.h"
#include "collector/stream_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "collector/bpftrace.h"
#include "collector/fd_misses.h"

#define READY_MS 60000 /* compiling a script takes half a second; a busy machine more */
#define STOP_MS	 60000

static bool is_bpftrace(const struct stream *s)
{
	const char *base = strrchr(s->argv[0], '/');

	return !strcmp(base ? base + 1 : s->argv[0], "bpftrace");
}

/* What it said on stderr, on one line each, for an error. bpftrace's remark about RLIMIT_MEMLOCK is
 * noise (users of 5.11 and later). */
static void complaints(const struct stream *s, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	unsigned int lines = 0;

	strbuf_read_file(&text, s->err);
	for (char *p = text.s, *line; (line = strsep(&p, "\n"));) {
		if (!*line || strstr(line, "RLIMIT_MEMLOCK") || lines == 8)
			continue;
		strbuf_addf(out, "\n    %s", line);
		lines++;
	}
	strbuf_release(&text);
}

/* The process is gone, before we asked it to go. */
static int ended(const struct monitor *m, struct stream *s, const char *when)
{
	struct strbuf how = STRBUF_INIT, said = STRBUF_INIT;

	if (s->gone)
		return -ECHILD;
	s->gone = true;
	subproc_describe(&s->proc, &how);
	complaints(s, &said);
	log_err("%s: %s ended %s: %s%s%s", m->path, s->argv[0], when, how.s,
		said.len ? "; it said:" : "", said.s);
	strbuf_release(&how);
	strbuf_release(&said);
	return -ECHILD;
}

static int start(struct monitor *m, struct stream *s)
{
	int out = open(s->out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), err = 0;
	int complaint = open(s->err, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool to_file = false;
	struct subproc_opts opts = {
		.argv = (const char *const *)s->argv,
		.env = bpftrace_env,
		.stdin_fd = -1,
		.stderr_fd = complaint,
	};

	for (size_t i = 0; s->argv[i]; i++)
		to_file |= strstr(s->argv[i], s->out) != NULL;
	/* With a file of its own, what a child of the script prints on stdout cannot pass for a
	 * counter. */
	opts.stdout_fd = to_file ? null : out;
	if (out < 0 || complaint < 0 || null < 0) {
		err = -errno;
		log_err_sys(err, "cannot write in %s", s->dir);
	} else {
		err = subproc_start(&s->proc, &opts);
	}
	if (err == -ENOENT && m->info.kind == MONITOR_COMMAND)
		log_err("%s: run: names that program", m->manifest.file);
	s->started = !err;
	if (out >= 0)
		close(out);
	if (complaint >= 0)
		close(complaint);
	if (null >= 0)
		close(null);
	return err;
}

static bool said_ready(const struct stream *s)
{
	struct strbuf text = STRBUF_INIT;
	struct bt_result r;
	bool ready;

	if (strbuf_read_file(&text, s->out)) {
		strbuf_release(&text);
		return false;
	}
	bt_parse(text.s, text.len, &r);
	ready = r.ready;
	bt_release(&r);
	strbuf_release(&text);
	return ready && (!is_bpftrace(s) || bpftrace_settled(s->proc.pid));
}

static int stream_attach(struct monitor *m)
{
	struct stream *s = m->impl;
	uint64_t end = clock_ns() + READY_MS * NSEC_PER_MSEC;
	struct strbuf said = STRBUF_INIT;
	int err = start(m, s);

	while (!err) {
		err = subproc_wait(&s->proc, 5);
		if (err == -EINTR)
			break;
		if (!err) {
			err = ended(m, s, "before it was ready");
			break;
		}
		err = 0;
		if (said_ready(s))
			return 0;
		if (clock_ns() < end)
			continue;
		complaints(s, &said);
		log_err("%s: %s was not ready within %d s (no attached_probes line)%s%s", m->path,
			s->argv[0], READY_MS / 1000, said.len ? "; it said:" : "", said.s);
		strbuf_release(&said);
		err = -ETIMEDOUT;
	}
	subproc_kill(&s->proc, 2000);
	return err;
}

/* No records come; but a process that ends meanwhile must be noticed. */
static int stream_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn UNUSED,
		       void *arg UNUSED)
{
	struct stream *s = m->impl;
	int err;

	if (!m->attached) {
		if (timeout_ms > 0)
			clock_sleep_ns((uint64_t)timeout_ms * NSEC_PER_MSEC);
		return 0;
	}
	err = subproc_wait(&s->proc, timeout_ms);
	if (!err)
		return ended(m, s, "while it should count");
	return err == -ETIMEDOUT ? 0 : err;
}

static int stop(struct monitor *m, struct stream *s)
{
	uint64_t end = clock_ns() + STOP_MS * NSEC_PER_MSEC;
	int err = subproc_wait(&s->proc, 0);

	if (!err)
		return ended(m, s, "while it should count");
	kill(s->proc.pid, SIGINT);
	while ((err = subproc_wait(&s->proc, 300)) && clock_ns() < end)
		if (err == -ETIMEDOUT && is_bpftrace(s))
			bpftrace_remind(s->proc.pid);
	if (err) {
		log_err("%s: %s did not end within %d s of SIGINT; it was killed, its counters are "
			"lost",
			m->path, s->argv[0], STOP_MS / 1000);
		subproc_kill(&s->proc, 1000);
		return -ETIMEDOUT;
	}
	/* SIGINT itself is a fair end for a command that has no handler of its own. */
	if (s->proc.status && ((s->proc.status & 0x7f) != SIGINT || is_bpftrace(s)))
		return ended(m, s, "badly");
	return 0;
}

static int stream_detach(struct monitor *m)
{
	struct stream *s = m->impl;
	struct strbuf text = STRBUF_INIT;
	int err;

	/* Its programs are gone with it. */
	if (!s->parsed)
		s->skipped = s->started && !s->proc.reaped ? fd_misses(s->proc.pid) : UINT64_MAX;
	err = stop(m, s);

	if (!err) {
		err = strbuf_read_file(&text, s->out);
		if (err)
			log_err_sys(err, "%s: cannot read what it printed (%s)", m->path, s->out);
	}
	if (!err) {
		bt_parse(text.s, text.len, &s->result);
		s->parsed = true;
		if (s->result.bad_lines)
			log_warn("%s: %" PRIu64 " lines of its output are not bpftrace's JSON, the "
				 "first is line %" PRIu64,
				 m->path, s->result.bad_lines, s->result.first_bad);
		if (s->result.truncated) {
			log_err("%s: its output ends in the middle of a line: counters may be "
				"missing",
				m->path);
			err = -EBADMSG;
		}
	}
	strbuf_release(&text);
	return err;
}

static void stream_close(struct monitor *m)
{
	struct stream *s = m->impl;

	if (!s)
		return;
	subproc_release(&s->proc);
	if (s->dir[0]) {
		unlink(s->out);
		unlink(s->err);
		rmdir(s->dir);
	}
	for (size_t i = 0; s->argv && s->argv[i]; i++)
		free(s->argv[i]);
	free(s->argv);
	bt_release(&s->result);
	free(s);
	m->impl = NULL;
}

const struct monitor_backend stream_backend = {
	.attach = stream_attach,
	.poll = stream_poll,
	.snapshot = stream_snapshot,
	.detach = stream_detach,
	.losses = stream_losses,
	.cost = stream_cost,
	.extras = stream_extras,
	.close = stream_close,
};
