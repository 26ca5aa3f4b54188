/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The screens on a machine that does not exist: frames made of the frame's number alone, so that a
 * dump of the screen is the same every time. SIGUSR1 brings the next frame.
 *
 *   screen [cpumon] [mono] [ascii] [losses] [busy] [recorded] [recording] [diskfull] [serving]
 * [alerts] [noevents] [nohup] [procs=N] [frames=N] [top=N] [filter=QUERY] [log=FILE]
 *
 * Exit code 0: quit or SIGINT, 5: the terminal died, 2: the screen could not be opened.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "monitor/ui/ui.h"

#define START_NS   (1767358683ULL * NSEC_PER_SEC) /* 2026-01-02 12:58:03 UTC */
#define MONO_NS	   (5000ULL * NSEC_PER_SEC)
#define INTERVAL_S 3

enum { EVENTS_A_FRAME = 12, EXIT_DEAD = 5, ENDS_AT = 4 };

struct source {
	struct frame frame;
	struct frame_event events[EVENTS_A_FRAME];
	uint32_t sizes[SIZE_BUCKETS];
	double (*figures)[FIELD_COUNT]; /* of the rows */
	size_t procs;
	bool cpumon, losses, busy, recorded, no_events, events_on, times;
	source_keep_fn keep;
	void *keep_arg;
	FILE *log;
};

/* Said where a test can read it. */
static void note(struct source *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct source *s, const char *fmt, ...)
{
	va_list args;

	if (!s->log)
		return;
	va_start(args, fmt);
	vfprintf(s->log, fmt, args);
	va_end(args);
	fflush(s->log);
}

static const struct fixture {
	uint32_t pid, ppid, uid;
	const char *name;
	double rss, grows; /* kB, and by how much with each frame */
	uint8_t flags;
} fixtures[] = {
	{1, 0, 0, "systemd", 11264, 0, 0},
	{2, 0, 0, "kthreadd", 0, 0, ROW_KERNEL},
	{12, 2, 0, "kworker/0:1", 0, 0, ROW_KERNEL},
	{300, 1, 0, "sshd", 6120, 0, 0},
	{310, 300, 0, "sshd", 7340, 0, 0},
	{320, 310, 65534, "bash", 5012, 0, 0},
	{400, 1, 0, "postgres", 151552, 0, 0},
	{401, 400, 0, "postgres", 32768, 8, 0},
	{402, 400, 0, "postgres", 16384, 0, 0},
	{500, 320, 65534, "firefox", 1258291, 0, 0},
	{501, 500, 65534, "Web Content", 524288, 2048, 0},
	{600, 320, 65534, "leaky", 4096, 1024, 0},
	{601, 1, 65534, "日本語名前", 900, 0, 0},
	{602, 1, 65534, "e\xcc\x81tude", 800, 0, 0},
	{603, 1, 65534, "new\nline (x) y", 700, 0, 0},
	{604, 1, 65534,
	 "\xff\xfe"
	 "broken",
	 600, 0, 0},
	{605, 1, 0, "hidden", NAN, 0, ROW_HIDDEN},
	{606, 320, 65534, "short-lived", 500, 0, 0},
};

static void fill_row(struct source *s, struct proc_row *r, const struct fixture *x, uint64_t seq)
{
	double age_s = 100 + (double)seq * INTERVAL_S, calls = x->pid % 50 + seq * (x->pid % 5);

	if (x->pid == 600)
		calls = (double)(seq * 7 + seq * seq % 5 * 4);
	*r = (struct proc_row){.pid = x->pid,
			       .ppid = x->ppid,
			       .uid = x->uid,
			       .flags = x->flags,
			       .state = x->pid == 500 ? 'R' : 'S',
			       .start_ns = x->pid * NSEC_PER_SEC,
			       .v = s->figures[r - s->frame.rows]};
	snprintf(r->name, sizeof(r->name), "%s", x->name);
	for (int i = 0; i < FIELD_COUNT; i++)
		r->v[i] = NAN;
	r->v[FIELD_AGE] = age_s;
	r->v[FIELD_THREADS] = 1 + x->pid % 3;
	if (!(x->flags & ROW_KERNEL) && !isnan(x->rss)) {
		r->v[FIELD_RSS] = x->rss + x->grows * (double)seq;
		r->v[FIELD_VIRT] = x->rss * 4 + 100000;
		r->v[FIELD_PEAK] = r->v[FIELD_RSS] + 512;
	}
	r->v[FIELD_MMAP] = calls;
	r->v[FIELD_MUNMAP] = calls / 2;
	r->v[FIELD_BRK] = x->pid % 7;
	r->v[FIELD_USER_MS] = calls * 10;
	r->v[FIELD_SYSTEM_MS] = calls * 2;
	r->v[FIELD_TOTAL_MS] = calls * 12;
	if (s->events_on && x->pid == 600)
		r->sizes = s->sizes;
	if (x->pid == 606 && seq == ENDS_AT)
		r->flags |= ROW_ENDED | ROW_EXACT;
}

static size_t fill_rows(struct source *s, uint64_t seq)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		if (fixtures[i].pid == 606 && seq > ENDS_AT)
			continue;
		fill_row(s, &s->frame.rows[n++], &fixtures[i], seq);
	}
	for (size_t i = 0; i < s->procs; i++) {
		char name[24];
		struct fixture x = {.pid = 1000 + (uint32_t)i, .ppid = 400, .name = name};

		snprintf(name, sizeof(name), "worker-%u", (unsigned int)i);
		x.rss = 1000 + (double)(x.pid * 2654435761u % 50000);
		fill_row(s, &s->frame.rows[n++], &x, seq);
	}
	return n;
}

static void fill_events(struct source *s, struct frame *f)
{
	static const char *const names[] = {"leaky", "postgres", "日本語名前"};
	static const uint32_t pids[] = {600, 400, 601};

	f->nevents = 0;
	f->events = s->events;
	for (size_t i = 0; s->events_on && i < EVENTS_A_FRAME; i++) {
		struct event *r = &s->events[f->nevents].record;

		*r = (struct event){.timestamp_ns = f->mono_ns - (EVENTS_A_FRAME - i) * 1000000,
				    .value[MEM_EVENT_TYPE] = (uint8_t)(2 + i % 4),
				    .value[MEM_EVENT_SIZE] = i % 4 == 2 ? 0 : 4096ULL << i,
				    .value[MEM_EVENT_ADDRESS] =
					    i % 4 == 2 ? 0x5555000 + i * 4096 : 0,
				    .tgid = pids[i % 3],
				    .pid = pids[i % 3] + (uint32_t)(i % 2)};
		snprintf(r->comm, sizeof(r->comm), "%s", names[i % 3]);
		s->sizes[12 + i] += 1 + (uint32_t)i;
		f->events_seen++;
		f->nevents += !s->keep || s->keep(s->keep_arg, r);
	}
}

void source_keep_events(struct source *s, source_keep_fn keep, void *arg)
{
	note(s, "keep %s\n", keep ? "some" : "all");
	s->keep = keep;
	s->keep_arg = arg;
}

int source_sample(struct source *s, struct frame **out)
{
	struct frame *f = &s->frame;
	uint64_t seq = f->seq + 1;

	f->tool = s->cpumon ? TOOL_CPUMON : TOOL_MEMMON;
	f->seq = seq;
	f->started_ns = START_NS;
	f->time_ns = START_NS + seq * INTERVAL_S * NSEC_PER_SEC;
	f->mono_ns = MONO_NS + seq * INTERVAL_S * NSEC_PER_SEC;
	f->interval_s = seq > 1 ? INTERVAL_S : NAN;
	f->monitor = s->cpumon ? "cpumon" : "memmon_fast";
	f->fields = s->cpumon ? FIELD_BIT(FIELD_USER_MS) | FIELD_BIT(FIELD_SYSTEM_MS) |
					FIELD_BIT(FIELD_TOTAL_MS) | FIELD_BIT(FIELD_THREADS) |
					FIELD_BIT(FIELD_AGE)
			      : FIELD_BIT(FIELD_RSS) | FIELD_BIT(FIELD_VIRT) |
					FIELD_BIT(FIELD_PEAK) | FIELD_BIT(FIELD_MMAP) |
					FIELD_BIT(FIELD_MUNMAP) | FIELD_BIT(FIELD_BRK) |
					FIELD_BIT(FIELD_AGE) | FIELD_BIT(FIELD_THREADS);
	if (s->times)
		f->fields |= FIELD_BIT(FIELD_USER_MS) | FIELD_BIT(FIELD_SYSTEM_MS) |
			     FIELD_BIT(FIELD_TOTAL_MS);
	if (s->cpumon && !s->recorded)
		f->fields |= FIELD_BIT(FIELD_RSS) | FIELD_BIT(FIELD_VIRT) | FIELD_BIT(FIELD_PEAK);
	f->ncpu = 2;
	f->mem_total_kb = 8 << 20;
	f->mem_available_kb = 5 << 20;
	if (s->losses)
		f->losses = (struct frame_losses){
			.ring_full = 34, .map_full = 2, .hidden = 1, .vanished = UINT64_MAX};
	f->own = (struct frame_own){.cpu_pct = 0.3,
				    .rss_kb = 8300,
				    .map_kb = 1229,
				    .events_per_s = 12000,
				    .ns_per_event = s->losses ? NAN : 25,
				    .keys = 103,
				    .keys_max = 10240,
				    .ring_used = s->events_on ? 5120 : 0,
				    .ring_max = 262144,
				    .events_on = s->events_on};
	if (s->busy) {
		f->swap_total_kb = 2 << 20;
		f->swap_free_kb = 1536 << 10;
		f->cached_kb = 3 << 20;
		f->cpu_busy_pct = 87;
		f->wait_cpu_pct = 31;
		f->wait_memory_pct = 4;
		f->wait_io_pct = 0.4;
	}
	f->n = fill_rows(s, seq);
	fill_events(s, f);
	*out = f;
	return 1;
}

void source_refine(struct source *s, struct frame *f, const uint32_t *rows, size_t n)
{
	note(s, "refine %zu\n", n);
	for (size_t i = 0; i < n; i++)
		f->rows[rows[i]].flags |= ROW_EXACT;
}

int source_detail(struct source *s, const struct proc_row *row, struct proc_detail *out)
{
	note(s, "detail %u\n", row->pid);
	if (s->recorded)
		return -ENOTSUP;
	*out = (struct proc_detail){.pss_kb = NAN, .uss_kb = NAN, .swap_kb = NAN};
	snprintf(out->command, sizeof(out->command), "/usr/bin/%s --quiet --name 日本", row->name);
	snprintf(out->executable, sizeof(out->executable), "/usr/bin/%s", row->name);
	snprintf(out->cgroup, sizeof(out->cgroup), "/user.slice/session-1.scope");
	snprintf(out->user, sizeof(out->user), "somebody");
	if (row->pid == 600) {
		out->pss_kb = 3000;
		out->uss_kb = 2900;
		out->swap_kb = 0;
	} else {
		snprintf(out->why_not, sizeof(out->why_not),
			 "no permission (needs CAP_SYS_PTRACE)");
	}
	return 0;
}

int source_events(struct source *s, bool on)
{
	note(s, "events %s\n", on ? "on" : "off");
	if (s->no_events)
		return -ENOTSUP;
	s->events_on = on;
	return 0;
}

/* Shares of what two have, and control groups, of who is asked for. */
void source_read(struct source *s, struct frame *f, const uint32_t *rows, size_t n,
		 unsigned int reads)
{
	static const char *user[TEXT_COUNT] = {[TEXT_CGROUP] = "/user.slice"};
	static const char *system[TEXT_COUNT] = {[TEXT_CGROUP] = "/system.slice"};
	size_t all = rows ? n : f->n;

	if (reads & READ_SHARES)
		note(s, "shares %zu\n", all);
	s->times |= (reads & READ_TIMES) != 0;
	if (reads & READ_SHARES)
		f->fields |= FIELD_BIT(FIELD_PSS) | FIELD_BIT(FIELD_USS);
	for (size_t i = 0; i < all; i++) {
		struct proc_row *r = &f->rows[rows ? rows[i] : i];

		if (reads & 1U << TEXT_CGROUP)
			r->text = r->uid ? user : system;
		if (!(reads & READ_SHARES) || r->flags & ROW_KERNEL)
			continue;
		r->v[FIELD_PSS] = r->v[FIELD_RSS] / 2;
		r->v[FIELD_USS] = r->v[FIELD_RSS] / 4;
		r->flags |= ROW_SHARED_NOW;
	}
}

uint64_t source_begin_ns(const struct source *s UNUSED)
{
	return 0;
}

bool source_recorded(const struct source *s)
{
	return s->recorded;
}

/* What newterm(3) leaves behind when it knows no such terminal. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:new_prescr\n";
}

static volatile sig_atomic_t stopped, wanted;

static void on_signal(int sig)
{
	if (sig == SIGUSR1)
		wanted++;
	else
		stopped = 1;
}

static void catch_signals(sigset_t *waiting, bool nohup)
{
	static const int all[] = {SIGINT, SIGTERM, SIGUSR1};
	struct sigaction sa = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		sigaction(all[i], &sa, NULL);
		sigaddset(&block, all[i]);
	}
	if (nohup)
		signal(SIGHUP, SIG_IGN);
	sigprocmask(SIG_BLOCK, &block, waiting);
}

static int next_frame(struct source *s, struct history *h, struct alerts *a, struct ui *u)
{
	struct frame *f;
	int err;

	source_sample(s, &f);
	err = history_update(h, f);
	if (err)
		return err;
	if (a)
		alerts_check(a, f);
	ui_frame(u, f);
	note(s, "frame %" PRIu64 "\n", f->seq);
	return 0;
}

static int loop(struct source *s, struct history *h, struct alerts *a, struct ui *u,
		const sigset_t *waiting)
{
	int err = 0;

	while (!err && !stopped) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		uint64_t start_ns, input_ns;
		int got;

		err = ui_draw(u);
		if (err)
			break;
		ppoll(&in, 1, NULL, waiting);
		start_ns = clock_ns();
		got = ui_input(u);
		input_ns = clock_ns();
		if (got < 0)
			return got;
		if (got == UI_QUIT)
			break;
		for (; wanted > 0 && !err; wanted--)
			err = next_frame(s, h, a, u);
		if (err || got == UI_NOTHING)
			continue;
		err = ui_draw(u);
		note(s, "action %d interval %g paused %d\n", got, ui_interval(u), ui_paused(u));
		note(s, "took %.3f ms, of it %.3f for drawing\n",
		     (double)(clock_ns() - start_ns) / 1e6, (double)(clock_ns() - input_ns) / 1e6);
	}
	return err;
}

static const char *value_of(int argc, char *argv[], const char *name)
{
	for (int i = 1; i < argc; i++) {
		size_t len = strlen(name);

		if (!strncmp(argv[i], name, len) && argv[i][len] == '=')
			return argv[i] + len + 1;
		if (!strcmp(argv[i], name))
			return "";
	}
	return NULL;
}

static size_t number_of(int argc, char *argv[], const char *name, size_t def)
{
	const char *value = value_of(argc, argv, name);

	return value ? strtoul(value, NULL, 10) : def;
}

int main(int argc, char *argv[])
{
	struct source s = {.procs = number_of(argc, argv, "procs", 0),
			   .cpumon = value_of(argc, argv, "cpumon"),
			   .losses = value_of(argc, argv, "losses"),
			   .busy = value_of(argc, argv, "busy"),
			   .recorded = value_of(argc, argv, "recorded"),
			   .no_events = value_of(argc, argv, "noevents")};
	struct ui_options opts = {.tool = s.cpumon ? TOOL_CPUMON : TOOL_MEMMON,
				  .source = &s,
				  .interval_s = INTERVAL_S,
				  .filter = value_of(argc, argv, "filter"),
				  .top = number_of(argc, argv, "top", 100),
				  .mono = value_of(argc, argv, "mono") || getenv("NO_COLOR"),
				  .ascii = value_of(argc, argv, "ascii")};
	struct ui_recording recording = {.bytes = 1258291};
	const char *log = value_of(argc, argv, "log");
	struct history *h = NULL;
	struct alerts *a = NULL;
	struct ui *u = NULL;
	sigset_t waiting;
	int err;

	setlocale(LC_CTYPE, "");
	log_init("screen", LOG_INFO);
	if (log)
		s.log = fopen(log, "w");
	note(&s, "pid %d\n", (int)getpid());
	s.frame.rows = calloc(ARRAY_SIZE(fixtures) + s.procs, sizeof(*s.frame.rows));
	s.figures = calloc(ARRAY_SIZE(fixtures) + s.procs, sizeof(*s.figures));
	if (!s.frame.rows || !s.figures || history_new(&h, &trend_default))
		return EXIT_USAGE;
	if (value_of(argc, argv, "alerts") &&
	    (alerts_new(&a, NULL) || alerts_add(a, "name = leaky and rss > 6MiB", NULL)))
		return EXIT_USAGE;
	opts.history = h;
	opts.alerts = a;
	if (value_of(argc, argv, "serving"))
		opts.serving = "127.0.0.1:9100";
	if (value_of(argc, argv, "diskfull"))
		recording.err = -ENOSPC;
	if (value_of(argc, argv, "recording"))
		opts.recording = &recording;
	catch_signals(&waiting, value_of(argc, argv, "nohup"));
	err = ui_open(&u, &opts);
	if (err)
		err = EXIT_USAGE;
	for (size_t i = number_of(argc, argv, "frames", 1); u && i && !err; i--)
		err = next_frame(&s, h, a, u);
	if (!err)
		err = loop(&s, h, a, u, &waiting);
	ui_close(u);
	ui_close(u);
	note(&s, "ended %d\n", err);
	alerts_free(a);
	history_free(h);
	free(s.frame.rows);
	free(s.figures);
	if (s.log)
		fclose(s.log);
	return err == -EIO ? EXIT_DEAD : err < 0 ? EXIT_BAD : err;
}
