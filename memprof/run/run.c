/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * memprof run: starts a command with libmemprof.so preloaded, follows it and what it starts to
 * their ends, and writes the profile.
 *
 * The command has our terminal, process group and streams; Ctrl-C reaches it as it would without
 * us, and the profile is written all the same. Its exit code is ours. Should this program be
 * killed, the command goes on, its counters in memory that nobody reads; there is nothing to clean
 * up.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/data.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/stops.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"
#include "memprof/command.h"
#include "memprof/looks/looks.h"
#include "memprof/run/follow.h"
#include "memprof/run/program.h"
#include "memprof/segment.h"

struct run_options {
	bool exact, counts, trailer, no_follow, no_memo, quiet, by_thread;
	uint64_t rate, live_max, stacks_max, shards;
	struct looks_options looks;
};

static const struct opt options[] = {
	{0, "exact", NULL, "count every allocation and free, each with its stack", OPT_FLAG,
	 offsetof(struct run_options, exact)},
	{0, "rate", "BYTES", "take a sample every so many bytes on average (default 524288)",
	 OPT_U64, offsetof(struct run_options, rate)},
	{0, "counts", NULL, "count allocations, bytes and frees, without stacks", OPT_FLAG,
	 offsetof(struct run_options, counts)},
	{0, "trailer", NULL,
	 "with --exact: keep what is known of a block in the block, 8 bytes longer (glibc's "
	 "malloc)",
	 OPT_FLAG, offsetof(struct run_options, trailer)},
	{0, "by-thread", NULL, "keep the stacks of each thread apart", OPT_FLAG,
	 offsetof(struct run_options, by_thread)},
	{0, "live-max", "N", "lines of the table of live blocks, four blocks each (default 524288)",
	 OPT_U64, offsetof(struct run_options, live_max)},
	{0, "stacks-max", "N", "different stacks that a process may have (default 65536)", OPT_U64,
	 offsetof(struct run_options, stacks_max)},
	{0, "threads-max", "N", "threads with counters of their own, others share (default 255)",
	 OPT_U64, offsetof(struct run_options, shards)},
	LOOKS_ROWS(offsetof(struct run_options, looks)),
	{0, "no-follow", NULL, "leave out the processes that the command starts", OPT_FLAG,
	 offsetof(struct run_options, no_follow)},
	{0, "no-memo", NULL, "walk each stack anew: the same profile, slower (a check)", OPT_FLAG,
	 offsetof(struct run_options, no_memo)},
	OUTPUT_ROWS("write the profile to this file (default memprof.out)",
		    offsetof(struct run_options, looks.out)),
	{'q', "quiet", NULL, "no summary on stderr", OPT_FLAG, offsetof(struct run_options, quiet)},
	{0},
};

static int check_options(const struct run_options *o)
{
	const struct {
		const char *name;
		uint64_t is, least, most;
	} ranges[] = {
		{"rate", o->rate, 1, 1ULL << 40},
		{"live-max", o->live_max, 128, 1ULL << 26},
		{"stacks-max", o->stacks_max, 1, SEGMENT_STACKS_MAX - 1},
		{"threads-max", o->shards, 1, SEGMENT_SHARDS - 1},
	};

	if (o->exact + o->counts + (o->rate != 0) > 1) {
		log_err("--exact, --rate and --counts exclude each other");
		return -EINVAL;
	}
	if (o->trailer && !o->exact) {
		log_err("--trailer goes with --exact");
		return -EINVAL;
	}
	if (o->by_thread && o->counts) {
		log_err("--by-thread keeps stacks apart, and --counts has none");
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (ranges[i].is &&
		    (ranges[i].is < ranges[i].least || ranges[i].is > ranges[i].most)) {
			log_err("--%s must be between %llu and %llu", ranges[i].name,
				(unsigned long long)ranges[i].least,
				(unsigned long long)ranges[i].most);
			return -EINVAL;
		}
	return 0;
}

/* --- the environment ------------------------------------------------------------------------- */

static int find_library(char *path, size_t size)
{
	int err = data_path("libmemprof.so", path, size);

	if (!err && access(path, R_OK))
		err = -errno;
	if (err) {
		log_err_sys(err,
			    "cannot find libmemprof.so beside this program or where it is "
			    "installed (%s)",
			    err == -ENOENT ? path : "?");
		return err;
	}
	if (strpbrk(path, " :")) {
		log_err("the loader takes no library whose path has a blank or a colon: %s", path);
		return -EINVAL;
	}
	return 0;
}

static int set_environment(const struct run_options *o, const char *socket_name)
{
	const char *before = getenv("LD_PRELOAD");
	struct strbuf preload = STRBUF_INIT, words = STRBUF_INIT;
	char path[PATH_MAX];
	int err = find_library(path, sizeof(path));

	if (err)
		goto out;
	strbuf_addf(&preload, "%s%s%s", path, before && *before ? ":" : "", before ? before : "");
	strbuf_addf(&words, "mode=%s,socket=%s",
		    o->exact	? "exact"
		    : o->counts ? "counts"
				: "sampled",
		    socket_name);
	if (o->rate)
		strbuf_addf(&words, ",rate=%llu", (unsigned long long)o->rate);
	if (o->live_max)
		strbuf_addf(&words, ",live=%llu", (unsigned long long)o->live_max);
	if (o->stacks_max)
		strbuf_addf(&words, ",stacks=%llu", (unsigned long long)o->stacks_max);
	/* One more is for the threads beyond. */
	if (o->shards)
		strbuf_addf(&words, ",shards=%llu", (unsigned long long)o->shards + 1);
	strbuf_addf(&words, ",trailer=%d,follow=%d,memo=%d,threads=%d", o->trailer, !o->no_follow,
		    !o->no_memo, o->by_thread);
	if (setenv("LD_PRELOAD", preload.s, 1) || setenv("MEMPROF_RUN", words.s, 1)) {
		err = -errno;
		log_err_sys(err, "cannot set the command's environment");
	}
out:
	strbuf_release(&preload);
	strbuf_release(&words);
	return err;
}

/* --- the command ----------------------------------------------------------------------------- */

/* Starts it in our process group. Returns its pid, or -errno after saying why. */
static pid_t start(const struct run_options *o, const struct follow *f, char *argv[],
		   const sigset_t *mask)
{
	char path[PATH_MAX];
	int err = subproc_find_program(argv[0], path, sizeof(path)), report[2];
	pid_t pid;

	if (err) {
		log_err_sys(err, "cannot run %s", argv[0]);
		return err;
	}
	err = program_check(path);
	if (err) {
		if (err != -ENOTSUP)
			log_err_sys(err, "cannot read %s", path);
		return err;
	}
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		err = set_environment(o, f->name);
		if (!err) {
			execv(path, argv);
			err = -errno;
			log_err_sys(err, "cannot run %s", path);
		}
		err = write(report[1], &err, sizeof(err)) < 0 ? -errno : err;
		_exit(EXIT_USAGE);
	}
	err = pid < 0 ? -errno : 0;
	close(report[1]);
	if (pid > 0 && read(report[0], &err, sizeof(err)) == sizeof(err))
		waitpid(pid, NULL, 0);
	close(report[0]);
	return err ? err : pid;
}

struct command {
	pid_t pid;
	int status; /* as of wait(2), once it has ended */
	bool ended, asked_to_end;
	bool left_some; /* processes of it run on, whether they have reported or not */
};

/* How many we have, whoever started them; where the kernel does not tell: too many. */
static size_t children(void)
{
	struct strbuf text = STRBUF_INIT;
	size_t n = SIZE_MAX;

	if (!strbuf_read_file(&text, "/proc/thread-self/children")) {
		n = 0;
		for (const char *c = text.s; *c; c++)
			n += *c == ' ';
	}
	strbuf_release(&text);
	return n;
}

/* Who has lost its parent is ours (PR_SET_CHILD_SUBREAPER), so none is missed that has not
 * reported yet. */
static void reap(struct command *c, struct looks *looks)
{
	size_t others = profile_alerts_running(looks->alerts);
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == c->pid) {
			c->ended = true;
			c->status = status;
		} else if (profile_alerts_ended(looks->alerts, pid, status)) {
			others--;
		}
	c->left_some = pid == 0 && (!others || children() > others);
}

static void on_signal(struct command *c, int signals, struct looks *looks)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		/* Not the terminal's, which went to the command as well. */
		if (!c->ended &&
		    (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP || info.ssi_code <= 0))
			kill(c->pid, (int)info.ssi_signo);
		if (c->ended)
			c->asked_to_end = true;
	}
	reap(c, looks);
}

static void follow_all(struct follow *f, struct command *c, int signals, struct looks *looks,
		       bool quiet)
{
	bool told = false;

	while ((!c->ended || c->left_some || follow_running(f)) && !c->asked_to_end) {
		struct pollfd *p;
		size_t n = follow_poll(f, &p, 1);

		if (!n)
			break;
		p[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
		if (poll(p, n, looks_wait_ms(looks)) > 0 && p[n - 1].revents)
			on_signal(c, signals, looks);
		free(p);
		if (c->ended)
			follow_status(f, c->status);
		follow_look(f);
		if (looks_due(looks))
			looks_take(looks, follow_snapshot(f));
		if (c->ended && c->left_some && !told && !quiet) {
			told = true;
			log_info("the command has ended; waiting for processes that it left "
				 "(Ctrl-C: write the profile now)");
		}
	}
	follow_finish(f);
}

/* --- the end --------------------------------------------------------------------------------- */

static void say_losses(const struct profile *p)
{
	for (size_t i = 0; i < p->nlosses; i++)
		if (p->losses[i].count)
			log_info("%llu %s: %s", (unsigned long long)p->losses[i].count,
				 p->losses[i].name, p->losses[i].sentence);
}

static int exit_code(const struct command *c)
{
	return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status) : WEXITSTATUS(c->status);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static int finish(const struct run_options *o, struct follow *f, struct profile *p,
		  struct looks *looks, const struct command *c)
{
	p->end_ns = now_ns();
	if (p->mode == PROFILE_COUNTS)
		profile_set_note(p, "Counts: freed and live bytes are the room that blocks had, "
				    "which is not less than what was asked for; frees of a forked "
				    "process may be of blocks from before, so its live ones may "
				    "be too few.");
	else if (p->nprocesses > 1)
		profile_set_note(p, "Several processes: peaks are each one's own, added up.");
	if (!f->seen)
		log_warn("no process reported, and nothing was seen: it loads no library, or a "
			 "limit "
			 "(of descriptors, of address space, of the size of files) leaves the "
			 "library "
			 "no memory to count in");
	if (looks_finish(looks, p))
		return EXIT_USAGE;
	if (!o->quiet) {
		say_losses(p);
		looks_say(looks, p);
	}
	return looks_exit(looks, exit_code(c));
}

/* All signals that are waited for; the rest do as they do. A blocked one would be read though it is
 * ignored. */
static int catch_signals(sigset_t *before)
{
	sigset_t set;

	stops_set(&set);
	sigaddset(&set, SIGCHLD);
	if (!signal_ignored(SIGQUIT))
		sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct run_options *o, char *argv[])
{
	enum profile_mode mode = o->exact    ? PROFILE_EXACT
				 : o->counts ? PROFILE_COUNTS
					     : PROFILE_SAMPLED;
	uint64_t rate = mode == PROFILE_SAMPLED ? (o->rate ? o->rate : 512 << 10) : 0;
	struct profile *p = profile_new(mode, rate, "run");
	struct follow f = FOLLOW_INIT;
	struct looks looks = {0};
	struct command c = {0};
	sigset_t before;
	int signals = catch_signals(&before), code = EXIT_USAGE;

	p->start_ns = now_ns();
	if (signals < 0 || follow_open(&f, p) || looks_open(&looks, &o->looks, "run", o->quiet))
		goto out;
	if (!o->no_follow)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	c.pid = start(o, &f, argv, &before);
	if (c.pid < 0)
		goto out;
	f.command = c.pid;
	follow_all(&f, &c, signals, &looks, o->quiet);
	code = finish(o, &f, p, &looks, &c);
out:
	looks_close(&looks);
	follow_close(&f);
	profile_free(p);
	if (signals >= 0)
		close(signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

extern const struct memprof_command memprof_command_run;

static int command(int argc, char *argv[])
{
	struct run_options o = {.looks = {.out = "memprof.out"}};
	int rest, code = memprof_command_parse(&memprof_command_run, argc, argv, &o, &rest, NULL);

	if (code >= 0)
		return code;
	if (check_options(&o))
		return EXIT_USAGE;
	if (rest >= argc) {
		log_err("memprof run: no command; try 'memprof run -o OUT -- CMD'");
		return EXIT_USAGE;
	}
	return run(&o, argv + rest);
}

const struct memprof_command memprof_command_run = {
	.name = "run",
	.usage = "[options] [-o FILE] -- CMD [ARGUMENTS..]",
	.help = "run a command and see what it allocates, from its start",
	.more = "\nThe command's output and exit code are its own (128 + N when signal N ended "
		"it; 1 in\nplace of 0 when an alert has fired).\n"
		"Sampled unless --exact or --counts is given. What it starts is seen too.\n",
	.options = options,
	.needs = NEEDS_UNWINDER,
	.run = command,
};
