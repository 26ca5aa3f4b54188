/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tools, and one look at one of them. */
#include "lib/base.h"
#include "tests/bench/peers.h"

#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/screen.h"
#include "lib/clock.h"
#include "lib/data.h"
#include "lib/log.h"
#include "lib/procfs.h"
#include "lib/stats.h"
#include "lib/subproc.h"

/* Cursor keys as a terminal in application mode sends them, which btop does not ask for. */
#define DOWN "\033OB"
#define UP   "\033OA"

/* Every one at 1 s: top and atop by argument, htop in tenths, btop by its configuration. */
const struct peer peers[] = {
	{"memmon", "memmon", NULL, {"--interval", "1"}, {DOWN, UP}, NULL},
	{"memmon --batch", "memmon", NULL, {"--batch", "--interval", "1"}, {NULL}, NULL},
	{"cpumon", "cpumon", NULL, {"--interval", "1"}, {DOWN, UP}, NULL},
	{"top -d 1", "top", "procps", {"-d", "1"}, {DOWN, UP}, NULL},
	{"htop -d 10", "htop", "htop", {"-d", "10"}, {DOWN, UP}, NULL},
	{"btop, 1 s", "btop", "btop", {"--utf-force"}, {"\033[B", "\033[A"}, NULL},
	{"atop 1", "atop", "atop", {"1"}, {NULL}, NULL},
	{0},
};

enum {
	COLUMNS = 80,
	ROWS = 24,
	QUIET_MS = 60,	     /* a screen is written when nothing more came for so long */
	FIRST_MS = 30000,    /* a tool without a screen by then is given up */
	WARM_MS = 600,	     /* what the first refreshes cost is not what the others cost */
	KEY_LIMIT_MS = 5000, /* an answer later than this is none */
	SCREEN_BYTES = 800,  /* less is no table of processes */
};

bool peer_find(const struct peer *p, char *path, size_t size)
{
	if (!p->package)
		return !data_beside(p->program, path, size) && !access(path, X_OK);
	return !subproc_find_program(p->program, path, size);
}

static bool shows_processes(const struct screen *s)
{
	return s->head.len >= SCREEN_BYTES && strcasestr(s->head.s, "pid");
}

/* A screen from the first byte to the last, with a table of processes in it. */
static int first_screen(struct screen *s, double *ms)
{
	uint64_t limit = s->started_ns + FIRST_MS * NSEC_PER_MSEC;
	int ret;

	do {
		ret = screen_burst(s, QUIET_MS * NSEC_PER_MSEC, limit);
	} while (ret == 1 && !shows_processes(s));
	*ms = (double)(s->last_ns - s->started_ns) / 1e6;
	return ret == 1 ? 0 : ret ? ret : -ETIMEDOUT;
}

/* Whole periods: from the end of one refresh to the end of another. */
static int cpu_window(struct screen *s, double seconds, double *pct)
{
	uint64_t cpu, from, until;
	int ret = screen_burst(s, QUIET_MS * NSEC_PER_MSEC, clock_ns() + 3 * NSEC_PER_SEC);

	if (ret < 0)
		return ret;
	cpu = screen_cpu_ns(s);
	from = clock_ns();
	until = from + (uint64_t)(seconds * 1e9) - NSEC_PER_SEC / 2;
	ret = screen_until(s, until);
	if (!ret)
		ret = screen_burst(s, QUIET_MS * NSEC_PER_MSEC, until + 3 * NSEC_PER_SEC);
	if (ret < 0)
		return ret;
	*pct = 100.0 * (double)(screen_cpu_ns(s) - cpu) / (double)(clock_ns() - from);
	return 0;
}

/* At any moment of its second: a tool that is reading /proc then answers late. */
static int send_keys(struct screen *s, const struct peer *p, struct rng *rng,
		     const volatile int *stop, struct peer_sample *out)
{
	for (size_t i = 0; p->keys[0] && i < PEER_KEYS && !*stop; i++) {
		uint64_t ns, pause = 60 + rng_below(rng, 150);
		int ret = screen_until(s, clock_ns() + pause * NSEC_PER_MSEC);

		if (!ret)
			ret = screen_key(s, p->keys[i % 2], KEY_LIMIT_MS * NSEC_PER_MSEC, &ns);
		if (ret < 0)
			return ret;
		if (ret)
			out->key_ms[out->keys++] = (double)ns / 1e6;
	}
	return 0;
}

static void fill_argv(const struct peer *p, const char *path, const char **argv)
{
	size_t n = 0;

	argv[n++] = path;
	for (size_t i = 0; i < ARRAY_SIZE(p->args) && p->args[i]; i++)
		argv[n++] = p->args[i];
	argv[n] = NULL;
}

static void say_why(const struct peer *p, int err, const struct strbuf *how)
{
	if (err == -ETIMEDOUT)
		log_err("%s: no table of processes within %d s", p->name, FIRST_MS / 1000);
	else
		log_err("%s ended: %s", p->name, how->s);
}

int peer_measure(const struct peer *p, const char *path, const char *home, double seconds,
		 struct rng *rng, const volatile int *stop, struct peer_sample *out)
{
	struct strbuf own_home = STRBUF_INIT, config = STRBUF_INIT, how = STRBUF_INIT;
	const char *argv[ARRAY_SIZE(p->args) + 2];
	struct screen s = SCREEN_INIT;
	struct proc_memory memory;
	int err;

	*out = (struct peer_sample){NAN, NAN, NAN, {0}, 0, 0};
	fill_argv(p, path, argv);
	strbuf_addf(&own_home, "HOME=%s", home);
	strbuf_addf(&config, "XDG_CONFIG_HOME=%s", home);
	err = screen_start(&s, argv,
			   (const char *const[]){"TERM=xterm-256color", "LANG=C.UTF-8",
						 "LC_ALL=C.UTF-8", own_home.s, config.s, NULL},
			   COLUMNS, ROWS);
	if (err)
		goto out;
	err = first_screen(&s, &out->first_ms);
	if (!err)
		err = screen_until(&s, clock_ns() + WARM_MS * NSEC_PER_MSEC);
	if (!err && !*stop)
		err = cpu_window(&s, seconds, &out->cpu_pct);
	if (!err && !procfs_memory("/proc", s.pid, &memory))
		out->rss_mb = (double)memory.rss_bytes / (1 << 20);
	if (!err)
		err = send_keys(&s, p, rng, stop, out);
	screen_end(&s, &how);
	if (err && !*stop)
		say_why(p, err, &how);
out:
	screen_end(&s, NULL);
	strbuf_release(&own_home);
	strbuf_release(&config);
	strbuf_release(&how);
	return *stop ? -EINTR : err;
}

double peer_mean(const struct peer_cell *c, size_t member_offset)
{
	double v[PEER_ROUNDS] = {0};
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		double x = *(const double *)((const char *)&c->s[i] + member_offset);

		if (!isnan(x))
			v[n++] = x;
	}
	return stats_mean(v, n);
}

void peer_keys(const struct peer_cell *c, double *median, double *worst)
{
	double v[PEER_ROUNDS * PEER_KEYS] = {0};
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->s[i].keys; k++)
			v[n++] = c->s[i].key_ms[k];
	*median = stats_median(v, n);
	*worst = n ? stats_quantile(v, n, 1) : NAN;
}
