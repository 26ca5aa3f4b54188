/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memprof serve: a profile over HTTP, for what fetches profiles (/debug/pprof/heap and allocs, as
 * Go programs have them), for Prometheus (/metrics) and for a browser (/). It reads the file again
 * when it has changed, and what it cannot read leaves the pages as they were. --push sends it
 * somewhere instead of, or besides, waiting to be asked.
 */
#include "lib/base.h"
#include "memprof/command.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/stops.h"
#include "memprof/looks/alert.h"
#include "memprof/profile_file.h"
#include "memprof/report/report.h"
#include "memprof/serve/figures.h"
#include "memprof/serve/push.h"
#include "monitor/sink/serve.h"

struct serve_options {
	const char *listen, *push, *name;
	double every_s;
	bool once;
	struct opt_list alerts;
};

#define OPTION(field) offsetof(struct serve_options, field)

static const struct opt options[] = {
	{'l', "listen", "ADDR:PORT", "where (default 127.0.0.1:9436; port 0: a free one)",
	 OPT_STRING, OPTION(listen)},
	{'i', "every", "S", "look at the file each so many seconds (default 5)", OPT_DOUBLE,
	 OPTION(every_s)},
	{'p', "push", "URL",
	 "send it to URL/ingest too, as Pyroscope takes it, when it has changed", OPT_STRING,
	 OPTION(push)},
	{0, "name", "NAME", "the application's name in what is pushed (default memprof)",
	 OPT_STRING, OPTION(name)},
	{'a', "alert", "QUERY[=>CMD]",
	 "exit 1 in the end when a process has matched; run CMD when one does", OPT_LIST,
	 OPTION(alerts)},
	{0, "once", NULL, "push once, serve nothing, end", OPT_FLAG, OPTION(once)},
	{0},
};

static volatile sig_atomic_t ended;

static void on_end(int sig UNUSED)
{
	ended = 1;
}

struct serve {
	const char *file;
	struct stat seen;
	struct report r;
	struct server *server; /* NULL: none */
	struct push *push;     /* NULL: none */
	struct profile_alerts *alerts;
	bool unpushed; /* there is something new that was not taken yet */
};

static void put_report(const struct serve *s, const char *path, const char *type, size_t value,
		       int (*render)(const struct report *r, struct strbuf *out))
{
	struct report r = s->r;
	struct strbuf text = STRBUF_INIT;

	r.value = value;
	if (!render(&r, &text) && server_put(s->server, path, type, text.s, text.len))
		log_err("cannot serve %s", path);
	strbuf_release(&text);
}

static void publish(const struct serve *s)
{
	struct strbuf older = STRBUF_INIT, openmetrics = STRBUF_INIT;
	bool frees = report_value_known(VALUE_LIVE, s->r.side[0].p);

	figures_render(&s->r, false, &older);
	figures_render(&s->r, true, &openmetrics);
	server_put_metrics(s->server, &older, &openmetrics);
	put_report(s, "/debug/pprof/heap", "application/octet-stream",
		   frees ? VALUE_LIVE : VALUE_BYTES, report_pprof);
	put_report(s, "/debug/pprof/allocs", "application/octet-stream", VALUE_BYTES, report_pprof);
	put_report(s, "/", "text/html; charset=utf-8", VALUE_BYTES, report_html);
	strbuf_release(&older);
	strbuf_release(&openmetrics);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* 0, or -errno after saying why: what was read before is still there. */
static int look(struct serve *s)
{
	struct profile *p;
	struct stat st = {0};
	int err;

	if (!stat(s->file, &st) && same_file(&st, &s->seen))
		return 0;
	/* What is wrong with one file is said once. */
	s->seen = st;
	err = profile_read(&p, s->file);
	if (err)
		return err;
	report_side_release(&s->r.side[0]);
	report_side_set(&s->r.side[0], s->file, p, NULL);
	profile_alerts_check(s->alerts, p, false);
	s->unpushed = true;
	if (s->server)
		publish(s);
	return 0;
}

static int push(struct serve *s)
{
	int err = 0;

	if (s->push && s->unpushed) {
		err = push_send(s->push, &s->r);
		s->unpushed = err != 0;
	}
	return err;
}

static void loop(struct serve *s, double every_s)
{
	uint64_t every_ns = (uint64_t)(every_s * NSEC_PER_SEC), next = clock_ns() + every_ns;

	while (!ended) {
		struct pollfd fds[SERVE_FDS];
		int n = server_fds(s->server, fds);
		uint64_t now = clock_ns();

		if (now >= next) {
			look(s);
			push(s);
			next = clock_ns() + every_ns;
			continue;
		}
		poll(fds, (nfds_t)n, (int)MIN((next - now) / NSEC_PER_MSEC + 1, (uint64_t)1000));
		server_work(s->server);
	}
}

static int check(const struct serve_options *o, int files)
{
	if (files != 1) {
		log_err("serve: %s", files ? "one FILE"
					   : "which profile? give the FILE of 'memprof run "
					     "--interval 1 -o FILE -- CMD'");
		return -EINVAL;
	}
	if (o->once && !o->push) {
		log_err("serve: --once is for --push URL");
		return -EINVAL;
	}
	if (o->every_s < 0.01) {
		log_err("serve: --every takes 0.01 seconds or more");
		return -EINVAL;
	}
	return 0;
}

/* Returns the exit code. */
static int serve(const struct serve_options *o, const char *file)
{
	struct serve s = {.file = file};
	int err;

	stops_catch(on_end);
	err = profile_alerts_open(&s.alerts, &o->alerts);
	if (!err && o->push)
		err = push_open(&s.push, o->push, o->name);
	if (!err)
		err = look(&s);
	if (!err && !o->once) {
		err = server_open(&s.server, o->listen, METRICS_BY_PID);
		if (!err)
			publish(&s);
	}
	if (!err) {
		int pushed = push(&s);

		/* A server that is not there yet may come; who pushes once wants to know. */
		err = o->once ? pushed : 0;
	}
	if (!err && !o->once)
		loop(&s, o->every_s);
	server_close(s.server);
	push_close(s.push);
	report_side_release(&s.r.side[0]);
	err = profile_alerts_exit(s.alerts, err ? EXIT_USAGE : EXIT_OK);
	profile_alerts_close(s.alerts);
	return err;
}

static int run(int argc, char *argv[]);

const struct memprof_command memprof_command_serve = {
	.name = "serve",
	.usage = "[options] FILE",
	.help = "a profile over HTTP: /debug/pprof/heap, /debug/pprof/allocs, /metrics, a flame "
		"graph",
	.more = "FILE may be written again meanwhile ('memprof run --interval 5 -o FILE -- CMD'). "
		"Ctrl-C ends it.\n",
	.options = options,
	.run = run,
};

static int run(int argc, char *argv[])
{
	struct serve_options o = {.listen = "127.0.0.1:9436", .every_s = 5, .name = "memprof"};
	int n, code = memprof_command_parse_files(&memprof_command_serve, argc, argv, &o, &n);

	if (code >= 0)
		return code;
	if (check(&o, n))
		return EXIT_USAGE;
	return serve(&o, argv[0]);
}
