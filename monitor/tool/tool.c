/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the first frame to the last: signals, descriptors, the clock, and who is given what. */
#include "lib/base.h"
#include "monitor/tool/tool.h"

#include <locale.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <termios.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/let_go.h"
#include "lib/log.h"
#include "lib/stops.h"
#include "monitor/source/source.h"
#include "monitor/tool/options.h"
#include "monitor/tool/sinks.h"
#include "monitor/ui/ui.h"
#include "monitor/view/history.h"

enum { SOURCE_FDS = 4, FDS = 1 + SOURCE_FDS + SERVE_FDS };
/* Rates need two frames: the second comes soon, then the interval counts. */
#define FIRST_INTERVAL_S 0.5
/* With a screen: the longest sleep, so that its notes go in time. */
#define UI_WAIT_NS	 (1000 * NSEC_PER_MSEC)

struct run {
	struct tool_options o;
	struct source *source;
	struct history *history;
	struct sinks sinks;
	struct ui *ui;	   /* NULL: batch */
	uint64_t next_ns;  /* when the next frame is due */
	uint64_t probe_ns; /* when to look between two frames; 0: there is nothing to see */
	uint64_t frames;
	uint64_t time_ns;   /* CLOCK_REALTIME of the latest frame */
	size_t growing;	    /* processes that grew in the latest frame */
	bool ended;	    /* of a recording */
	int damage;	    /* of the recording, -errno: what came before stays on the screen */
	struct strbuf told; /* the latest error: it leaves the screen, and the terminal keeps it */
};

/* A stop signal ends what waits (a write to a full pipe, the opening of a pipe), and then the loop.
 * What hangs beyond all that (a terminal that takes nothing, a user database that does not answer)
 * is left so much time. */
#define STOP_US 900000

static volatile sig_atomic_t stopped, end_code = 128 + SIGTERM;
static struct termios terminal; /* as it was, where there is one */
static bool has_terminal;

static void on_stop(int sig UNUSED)
{
	static const struct itimerval soon = {.it_value = {.tv_usec = STOP_US}};

	if (!stopped)
		setitimer(ITIMER_REAL, &soon, NULL);
	stopped = 1;
}

static void on_too_late(int sig UNUSED)
{
	if (has_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	_exit(end_code);
}

static void catch_signals(void)
{
	struct sigaction late = {.sa_handler = on_too_late};

	has_terminal = !tcgetattr(STDIN_FILENO, &terminal);
	stops_catch(on_stop);
	sigaction(SIGALRM, &late, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write past a limit is an error like a full disk */
}

/* What is said while the screen is up goes to its last line. */
static void say_on_screen(void *arg, enum log_level level, const char *line)
{
	struct run *r = arg;

	if (level == LOG_ERROR) {
		strbuf_reset(&r->told);
		strbuf_addstr(&r->told, line);
	}
	ui_note(r->ui, line);
}

static int open_screen(struct run *r)
{
	const struct ui_options opts = {.tool = r->o.tool,
					.source = r->source,
					.history = r->history,
					.recording = r->sinks.recorder ? &r->sinks.recording : NULL,
					.alerts = r->sinks.alerts,
					.interval_s = r->o.interval_s,
					.sort = r->o.sort,
					.descending = r->o.descending,
					.filter = r->o.filter,
					.top = r->o.top,
					.tree = r->o.tree,
					.group = r->o.group,
					.kernel_threads = r->o.kernel_threads,
					.plain = r->o.config.plain,
					.columns = r->o.config.columns,
					.other_sort = r->o.other.sort,
					.other_descending = r->o.other.descending,
					.other_columns = r->o.other.columns,
					.mono = r->o.no_color,
					.ascii = r->o.ascii,
					.serving = server_address(r->sinks.server)};
	int err;

	if (r->o.batch)
		return 0;
	err = ui_open(&r->ui, &opts);
	if (err)
		return err;
	log_capture(say_on_screen, r);
	if (r->o.config_wrong.len)
		ui_note(r->ui, r->o.config_wrong.s);
	return 0;
}

/* Only what has changed since the screen @began is kept: options that were given for once are not.
 * A file with lines that are not understood is its writer's: nothing of it goes. */
static void keep_choice(const struct config *began, struct config *now)
{
	struct strbuf wrong = STRBUF_INIT;
	struct config kept;

	config_read(&kept, began->tool, &wrong);
	if (now->sort == began->sort && now->descending == began->descending) {
		now->sort = kept.sort;
		now->descending = kept.descending;
	}
	if (now->plain == began->plain)
		now->plain = kept.plain;
	if (!memcmp(now->columns, began->columns, sizeof(now->columns)))
		memcpy(now->columns, kept.columns, sizeof(now->columns));
	if (now->sort != kept.sort || now->descending != kept.descending ||
	    now->plain != kept.plain || memcmp(now->columns, kept.columns, sizeof(kept.columns))) {
		if (wrong.len)
			log_warn("what was chosen on the screen is not kept before this is right: "
				 "%.*s",
				 (int)strcspn(wrong.s, "\n"), wrong.s);
		else
			config_write(now);
	}
	strbuf_release(&wrong);
}

static void close_screen(struct run *r)
{
	enum tool other = r->o.tool == TOOL_MEMMON ? TOOL_CPUMON : TOOL_MEMMON;
	struct config began = r->o.config, now = {.tool = began.tool}, now_other = r->o.other;

	if (!r->ui)
		return;
	log_capture(NULL, NULL);
	began.sort = r->o.sort;
	began.descending = r->o.descending;
	now.plain = ui_plain(r->ui);
	ui_choice(r->ui, r->o.tool, &now.sort, &now.descending, now.columns);
	ui_choice(r->ui, other, &now_other.sort, &now_other.descending, now_other.columns);
	ui_close(r->ui);
	keep_choice(&began, &now);
	keep_choice(&r->o.other, &now_other);
	r->ui = NULL;
	if (r->told.len)
		log_err("%s", r->told.s);
}

static int open_all(struct run *r)
{
	const struct source_options opts = {.tool = r->o.tool,
					    .object = r->o.object,
					    .ring_bytes = r->o.ring_size,
					    .events = r->o.events};
	int err = history_new(&r->history, &trend_default);

	if (!err && r->o.replay)
		err = source_replay(&r->source, r->o.replay, r->o.tool, &r->o.window);
	else if (!err)
		err = source_live(&r->source, &opts);
	err = err ? err : sinks_open(&r->sinks, &r->o, r->source);
	err = err ? err : source_confine(r->source);
	return err ? err : open_screen(r);
}

/* When the frame after this one is due. A recording in batch mode does not wait. */
static void plan_next(struct run *r, const struct frame *f)
{
	double s = r->ui ? ui_interval(r->ui) : r->o.interval_s;

	if (source_recorded(r->source))
		s = !r->ui		? 0
		    : f->interval_s > 0 ? MIN(f->interval_s, r->o.interval_s)
					: FIRST_INTERVAL_S;
	else if (r->frames == 1 && (r->ui || r->o.tool == TOOL_CPUMON))
		s = MIN(s, FIRST_INTERVAL_S);
	r->next_ns = clock_ns() + (uint64_t)(s * (double)NSEC_PER_SEC);
}

/* Some time within the interval, another one each time: a fixed one could be in step with what it
 * looks at as well. */
static void plan_probe(struct run *r)
{
	struct history_probe any;
	uint64_t now_ns = clock_ns();
	double turns = (double)r->frames * 0.6180339887498949, part = turns - floor(turns);

	r->probe_ns = 0;
	if (source_recorded(r->source) || r->next_ns <= now_ns ||
	    !history_probes(r->history, &any, 1))
		return;
	r->probe_ns = now_ns + (uint64_t)((0.15 + 0.7 * part) * (double)(r->next_ns - now_ns));
}

static void probe(struct run *r)
{
	struct history_probe all[HISTORY_PROBES];
	size_t n = history_probes(r->history, all, HISTORY_PROBES);

	r->probe_ns = 0;
	for (size_t i = 0; i < n; i++)
		if (!source_probe(r->source, all[i].pid, all[i].start_ns, &all[i].rss_kb))
			history_probed(r->history, &all[i], clock_ns());
}

/* Takes a frame and gives it away. Returns 0, 1 when it was the last, or -errno. */
static int step(struct run *r)
{
	/* What cpumon prints is shares of an interval, and the first frame has none. */
	bool silent = r->o.tool == TOOL_CPUMON && !r->frames && !source_recorded(r->source);
	struct frame *f;
	int err = source_sample(r->source, &f);

	if (!err) {
		r->ended = true;
		if (r->ui)
			ui_note(r->ui, "the recording ends here; q: quit");
		return r->ui ? 0 : 1;
	}
	if (err < 0 && r->ui && r->frames && source_recorded(r->source)) {
		r->ended = true;
		r->damage = err;
		return 0;
	}
	if (err > 0)
		err = history_update(r->history, f);
	if (err < 0)
		return err;
	r->frames++;
	r->time_ns = f->time_ns;
	r->growing = history_growing(r->history);
	if (r->ui)
		ui_frame(r->ui, f);
	err = sinks_frame(&r->sinks, f, !r->ui && !silent);
	plan_next(r, f);
	plan_probe(r);
	/* What only opening, and the first frame, needed. */
	if (r->frames == 2 && !source_recorded(r->source))
		let_go_of_file_pages();
	if (err)
		return err;
	return !r->ui && r->o.count && r->sinks.printed >= r->o.count;
}

/* On in a recording without stopping: to its end, or to where something begins. */
static int skip(struct run *r, bool to_end)
{
	int err = 0;

	while (!err && !r->ended && !stopped) {
		size_t grew = r->growing;

		err = step(r);
		if (!to_end &&
		    (r->growing > grew || (r->sinks.alerts && alerts_latest(r->sinks.alerts))))
			break;
	}
	return err;
}

/* To the first frame of a recording that is not before @goal_ns. */
static int go_to(struct run *r, uint64_t goal_ns)
{
	int err = 0;

	if (goal_ns < r->time_ns) {
		err = source_rewind(r->source);
		r->ended = false;
		err = err ? err : step(r);
	}
	while (!err && !r->ended && !stopped && r->time_ns < goal_ns)
		err = step(r);
	return err;
}

static int fill_fds(struct run *r, struct pollfd *fds)
{
	int source_fd[SOURCE_FDS], n = 0;
	size_t nsource = source_fds(r->source, source_fd, SOURCE_FDS);

	fds[n++] = (struct pollfd){.fd = r->ui ? STDIN_FILENO : -1, .events = POLLIN};
	for (size_t i = 0; i < nsource; i++)
		fds[n++] = (struct pollfd){.fd = source_fd[i], .events = POLLIN};
	if (r->sinks.server)
		n += server_fds(r->sinks.server, fds + n);
	return n;
}

static uint64_t wait_until_ns(const struct run *r, uint64_t now_ns)
{
	uint64_t until_ns = now_ns + UI_WAIT_NS;

	if (source_wants_pump(r->source))
		until_ns = now_ns + SOURCE_PUMP_MS * NSEC_PER_MSEC;
	if (!r->ended && (!r->ui || !ui_paused(r->ui) || !source_recorded(r->source)))
		until_ns = MIN(until_ns, r->next_ns);
	if (r->probe_ns)
		until_ns = MIN(until_ns, r->probe_ns);
	return until_ns;
}

static int wait_for_work(struct run *r)
{
	uint64_t now_ns = clock_ns(), until_ns = wait_until_ns(r, now_ns);
	uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	struct timespec ts = {(time_t)(left_ns / NSEC_PER_SEC), (long)(left_ns % NSEC_PER_SEC)};
	struct pollfd fds[FDS];
	sigset_t block, waiting;
	int err = 0;

	/* Between the look and the wait none comes. */
	stops_set(&block);
	sigprocmask(SIG_BLOCK, &block, &waiting);
	if (!stopped && ppoll(fds, (nfds_t)fill_fds(r, fds), &ts, &waiting) < 0 && errno != EINTR)
		err = -errno;
	sigprocmask(SIG_SETMASK, &waiting, NULL);
	if (err)
		log_err_sys(err, "cannot wait for input");
	return err;
}

static int due(const struct run *r)
{
	return !r->ended && clock_ns() >= r->next_ns &&
	       !(r->ui && ui_paused(r->ui) && source_recorded(r->source));
}

static int loop(struct run *r)
{
	int err = step(r);

	while (!err && !stopped) {
		enum ui_action action = UI_NOTHING;
		int got;

		err = r->ui ? ui_draw(r->ui) : 0;
		err = err ? err : wait_for_work(r);
		err = err ? err : source_pump(r->source);
		if (err || stopped)
			break;
		if (r->sinks.server)
			server_work(r->sinks.server);
		if (r->ui) {
			got = ui_input(r->ui);
			if (got < 0)
				return got;
			action = (enum ui_action)got;
		}
		if (action == UI_QUIT)
			break;
		if (action == UI_BACK && source_recorded(r->source)) {
			err = source_back(r->source);
			r->ended = false;
			err = err ? err : step(r);
			continue;
		}
		if (action == UI_TO_TIME) {
			err = go_to(r, ui_goal_ns(r->ui));
			continue;
		}
		if (action == UI_TO_END || action == UI_TO_NEXT) {
			err = skip(r, action == UI_TO_END);
			continue;
		}
		if (r->probe_ns && clock_ns() >= r->probe_ns)
			probe(r);
		if (due(r) || (action == UI_SAMPLE && !r->ended))
			err = step(r);
	}
	/* Not an error but what the user wished. */
	return stopped && (err == -EINTR || err == -EAGAIN) ? 0 : err;
}

static int exit_code(const struct run *r, int err)
{
	/* Only what is needed to watch this machine is the machine's; a file or a port is not. */
	if (!r->source && !r->o.replay && (err == -EPERM || err == -EACCES || err == -ENOTSUP))
		return EXIT_SKIP;
	if (err < 0 && err != -EPIPE)
		return EXIT_USAGE;
	if (r->sinks.alerts && alerts_fired(r->sinks.alerts))
		return EXIT_BAD;
	/* What was left out has been told; it is lost all the same. */
	return r->sinks.costly_told || r->sinks.costly_alert_told ? EXIT_USAGE : EXIT_OK;
}

/* What went wrong with the commands of alerts, which nobody else would see in the end. */
static void tell_alerts(const struct alerts *a)
{
	if (!a)
		return;
	if (alerts_failed(a))
		log_warn("%zu commands of alerts could not be run or failed", alerts_failed(a));
	if (alerts_dropped(a))
		log_warn("%zu commands of alerts were not run: %d were running already",
			 alerts_dropped(a), ALERT_COMMANDS);
}

int tool_main(enum tool tool, int argc, char *argv[])
{
	struct run r = {.sinks = {.text = STRBUF_INIT}, .told = STRBUF_INIT};
	int err, code;

	setlocale(LC_CTYPE, "");
	log_init(tool == TOOL_MEMMON ? "memmon" : "cpumon", LOG_INFO);
	code = tool_options_parse(&r.o, tool, argc, argv);
	if (code >= 0)
		return code;
	catch_signals();
	err = open_all(&r);
	if (!err)
		err = loop(&r);
	close_screen(&r);
	if (err == -EIO)
		log_err("the terminal is gone");
	else if (err == -EINTR && stopped)
		err = 0; /* while something was being opened */
	code = exit_code(&r, err ? err : r.damage);
	tell_alerts(r.sinks.alerts);
	if (sinks_release(&r.sinks) && code == EXIT_OK)
		code = EXIT_USAGE;
	end_code = code;
	history_free(r.history);
	source_close(r.source);
	tool_options_release(&r.o);
	strbuf_release(&r.told);
	return code;
}
