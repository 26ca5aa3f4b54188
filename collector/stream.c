/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The monitor that is a process printing bpftrace's JSON: a script, or a command of a manifest.
 * Its arguments are made from a template, its output goes into a folder of our own, and it counts
 * from its "attached_probes" line on until SIGINT; its maps are printed when it ends, so that is
 * when there are counters. A command may print a profile instead (collector/profile_json.h), and
 * may have another command print what it wrote; and it may start the workload itself: then others
 * start it, with what monitor_starter() says, and its figures are read when it has ended.
 */
#include "lib/base.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/data.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/why.h"
#include "lib/procfs.h"
#include "lib/subproc.h"
#include "collector/bpftrace.h"
#include "collector/bt_figures.h"
#include "collector/bt_script.h"
#include "collector/fd_misses.h"
#include "collector/profile_json.h"

#define READY_MS 60000 /* compiling a script takes half a second; a busy machine more */
#define STOP_MS	 60000
#define EXIT_MS	 1500

/* Its state. */
struct stream {
	struct subproc proc;
	bool started, parsed;
	bool exits;		 /* a script that may end itself */
	bool gone;		 /* ended by itself, and that was said */
	char dir[256];		 /* a folder of our own */
	char out[512], err[512]; /* in it: what it prints, what it complains about */
	char script[512];   /* in it: the script that looks at one cgroup alone; "": as it is */
	struct strbuf text; /* what it printed */
	char **argv;	    /* ended by NULL, each owned */
	char **report;	    /* likewise; NULL: it prints by itself */
	uint64_t lost;	    /* what a profile says that it lost */
	uint64_t skipped;   /* runs of its programs, as the kernel says; UINT64_MAX: not known */
	uint64_t our_peak_bytes; /* when it was started: its ru_maxrss is not below */
	uint64_t peak_bytes;	 /* its own, when it was asked to stop; 0: not known */
	struct bt_result result;
};

/* The bpftrace in it, also one that a script around it has started; 0: none. */
static pid_t find_bpftrace(const struct stream *s)
{
	const char *base = strrchr(s->argv[0], '/');

	return !strcmp(base ? base + 1 : s->argv[0], "bpftrace") ? s->proc.pid
								 : bpftrace_in_group(s->proc.pid);
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
	/* A script that says exit() is not at fault: there is no whole count of it. */
	bool by_itself = s->exits && !s->proc.status;
	int err = by_itself ? -ECANCELED : -ECHILD;

	if (s->gone)
		return err;
	s->gone = true;
	if (by_itself) {
		log_warn("%s: the script ended itself (exit()) %s; what it counted until then is "
			 "no whole count",
			 m->path, when);
		return err;
	}
	subproc_describe(&s->proc, &how);
	complaints(s, &said);
	log_err("%s: %s ended %s: %s%s%s", m->path, s->argv[0], when, how.s,
		said.len ? "; it said:" : "", said.s);
	strbuf_release(&how);
	strbuf_release(&said);
	return err;
}

/* VmHWM; 0: not known */
static uint64_t peak_of(pid_t pid)
{
	struct proc_memory memory;

	return procfs_memory("/proc", pid, &memory) ? 0 : memory.hwm_bytes;
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
		s->our_peak_bytes = peak_of(getpid());
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

static bool said_ready(const struct monitor *m, const struct stream *s)
{
	const char *words = m->manifest.ready;
	struct strbuf text = STRBUF_INIT;
	struct bt_result r;
	pid_t bpftrace;
	bool ready;

	if (strbuf_read_file(&text, words ? s->err : s->out) || words) {
		ready = words && strstr(text.s, words);
		strbuf_release(&text);
		return ready;
	}
	bt_parse(text.s, text.len, &r);
	ready = r.ready;
	bt_release(&r);
	strbuf_release(&text);
	bpftrace = ready ? find_bpftrace(s) : 0;
	return ready && (!bpftrace || bpftrace_settled(bpftrace));
}

static int stream_attach(struct monitor *m)
{
	struct stream *s = m->impl;
	uint64_t end = clock_ns() + READY_MS * NSEC_PER_MSEC;
	struct strbuf said = STRBUF_INIT;
	int err = m->manifest.starts ? 0 : start(m, s);

	while (!err && !m->manifest.starts) {
		err = subproc_wait(&s->proc, 5);
		if (err == -EINTR)
			break;
		if (!err) {
			err = ended(m, s, "before it was ready");
			break;
		}
		err = 0;
		if (said_ready(m, s))
			return 0;
		if (clock_ns() < end)
			continue;
		complaints(s, &said);
		log_err("%s: %s was not ready within %d s (%s%s%s)%s%s", m->path, s->argv[0],
			READY_MS / 1000, m->manifest.ready ? "it did not say '" : "no ",
			m->manifest.ready ? m->manifest.ready : "attached_probes line",
			m->manifest.ready ? "'" : "", said.len ? "; it said:" : "", said.s);
		strbuf_release(&said);
		err = -ETIMEDOUT;
	}
	/* Who was interrupted has a second for everything. */
	subproc_kill(&s->proc, err == -EINTR ? 300 : 2000);
	return err;
}

/* No records come; but a process that ends meanwhile must be noticed. */
static int stream_poll(struct monitor *m, int timeout_ms, monitor_event_fn fn UNUSED,
		       void *arg UNUSED)
{
	struct stream *s = m->impl;
	int err;

	if (!m->attached || m->manifest.starts) {
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
	/* exit() of a script takes bpftrace a while; what it counted until then is no whole count.
	 */
	int err = subproc_wait(&s->proc, s->exits ? EXIT_MS : 0);
	pid_t bpftrace;

	if (!err)
		return ended(m, s, "while it should count");
	bpftrace = find_bpftrace(s);
	s->peak_bytes = peak_of(bpftrace ? bpftrace : s->proc.pid);
	/* A script around bpftrace is asked as a terminal would: it and what it has started. */
	kill(bpftrace && bpftrace != s->proc.pid ? -s->proc.pid : s->proc.pid, SIGINT);
	while ((err = subproc_wait(&s->proc, 300)) && clock_ns() < end)
		if (err == -ETIMEDOUT && bpftrace)
			bpftrace_remind(bpftrace);
	if (err) {
		log_err("%s: %s did not end within %d s of SIGINT; it was killed, its counters are "
			"lost",
			m->path, s->argv[0], STOP_MS / 1000);
		subproc_kill(&s->proc, 1000);
		return -ETIMEDOUT;
	}
	/* SIGINT itself is a fair end for a command that has no handler of its own. */
	if (s->proc.status && ((s->proc.status & 0x7f) != SIGINT || bpftrace == s->proc.pid))
		return ended(m, s, "badly");
	return 0;
}

static const char *const *stream_starter(const struct monitor *m)
{
	const struct stream *s = m->impl;

	return m->manifest.starts ? (const char *const *)s->argv : NULL;
}

/* What it printed, or what is printed of what it wrote. */
static int take_text(struct monitor *m, struct stream *s)
{
	struct strbuf said = STRBUF_INIT;
	int err;

	if (!s->report) {
		err = strbuf_read_file(&s->text, s->out);
		if (err)
			log_err_sys(err, "%s: cannot read what it printed (%s)", m->path, s->out);
		return err;
	}
	err = subproc_capture((const char *const *)s->report, STOP_MS, &s->text, &said);
	if (err > 0)
		log_err("%s: %s ended with exit code %d: %s", m->path, s->report[0], err, said.s);
	strbuf_release(&said);
	return err > 0 ? -ECHILD : err;
}

static int profile_detach(struct monitor *m, struct stream *s)
{
	int err = m->manifest.starts ? 0 : stop(m, s);

	if (!err)
		err = take_text(m, s);
	s->parsed = !err;
	s->skipped = UINT64_MAX;
	return err;
}

static int stream_detach(struct monitor *m)
{
	struct stream *s = m->impl;
	int err;

	if (m->manifest.profile)
		return profile_detach(m, s);

	/* Its programs are gone with it. */
	if (!s->parsed)
		s->skipped = s->started && !s->proc.reaped && find_bpftrace(s)
				     ? fd_misses(find_bpftrace(s))
				     : UINT64_MAX;
	err = stop(m, s);

	if (!err) {
		err = strbuf_read_file(&s->text, s->out);
		if (err)
			log_err_sys(err, "%s: cannot read what it printed (%s)", m->path, s->out);
	}
	if (!err) {
		bt_parse(s->text.s, s->text.len, &s->result);
		s->parsed = true;
		if (s->result.bad_lines)
			log_warn("%s: %" PRIu64 " lines of its output are not bpftrace's JSON, the "
				 "first is line %" PRIu64,
				 m->path, s->result.bad_lines, s->result.first_bad);
		if (s->result.errors)
			log_warn("%s: it met %" PRIu64 " errors while it ran, the first: %s",
				 m->path, s->result.errors, s->result.first_error);
		if (s->result.truncated) {
			log_err("%s: its output ends in the middle of a line: counters may be "
				"missing",
				m->path);
			err = -EBADMSG;
		}
	}
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
		if (s->script[0])
			unlink(s->script);
		rmdir(s->dir);
	}
	for (size_t i = 0; s->argv && s->argv[i]; i++)
		free(s->argv[i]);
	free(s->argv);
	for (size_t i = 0; s->report && s->report[i]; i++)
		free(s->report[i]);
	free(s->report);
	bt_release(&s->result);
	strbuf_release(&s->text);
	free(s);
	m->impl = NULL;
}

static int read_profile(const struct monitor *m, struct stream *s, struct counter_table *out)
{
	const struct profile_wish wish = {.fields = m->manifest.counters.fields,
					  .stack = m->manifest.stack};
	struct strbuf why = STRBUF_INIT;
	int err = profile_json_read(s->text.s, &wish, out, &s->lost, &s->skipped, &why);

	if (err)
		log_err("%s: what %s prints %s", m->path, (s->report ? s->report : s->argv)[0],
			why.s);
	strbuf_release(&why);
	return err;
}

static int stream_snapshot(struct monitor *m, struct counter_table *out)
{
	struct stream *s = m->impl;

	if (!m->detached) {
		/* Its maps are printed when it ends. */
		log_err("%s: has no counters before it is detached", m->path);
		return -EBUSY;
	}
	if (!s->parsed)
		return -EBADMSG; /* said by stream_detach() */
	if (m->manifest.profile)
		return read_profile(m, s, out);
	for (size_t f = 0; f < out->words->nfields; f++) {
		uint32_t slot = vocabulary_slot(out->words, f);
		const char *name = m->manifest.counters.fields[f];
		const struct bt_map *map = name ? bt_find(&s->result, name) : NULL;

		if (!map)
			continue; /* an empty map is not printed */
		if (map->odd) {
			log_err("%s: map %s: %s", m->path, name, map->odd);
			counter_table_release(out);
			return -EINVAL;
		}
		for (size_t i = 0; i < map->n; i++)
			counter_table_add(out, map->cells[i].key)->value[slot] =
				map->cells[i].value;
	}
	counter_table_finish(out);
	return 0;
}

/* Maps that took no new key any more: each update that failed, where it says so (from 0.23 on with
 * -f json), else the maps that are full or were said to be. */
static uint64_t full_maps(const struct monitor *m, const struct stream *s)
{
	struct strbuf text = STRBUF_INIT;
	uint64_t n = 0;

	if (s->result.map_full)
		return s->result.map_full;
	for (size_t i = 0; i < s->result.nmaps && m->info.kind == MONITOR_BPFTRACE; i++)
		n += s->result.maps[i].n >= BPFTRACE_MAP_KEYS;
	strbuf_read_file(&text, s->err);
	for (const char *p = text.s; (p = strstr(p, "Map full")); p++)
		n++;
	strbuf_release(&text);
	return n;
}

/* "WARNING: Total lost event count: 12": bpftrace from 0.24 on, also of those it printed no line
 * for. */
static uint64_t lost_in_all(const struct stream *s)
{
	static const char mark[] = "lost event count: ";
	struct strbuf text = STRBUF_INIT;
	const char *at;
	uint64_t n = 0;

	strbuf_read_file(&text, s->err);
	at = strstr(text.s, mark);
	if (at)
		n = strtoull(at + strlen(mark), NULL, 10);
	strbuf_release(&text);
	return n;
}

static int stream_losses(struct monitor *m, struct monitor_losses *out)
{
	const struct stream *s = m->impl;

	if (!s->parsed)
		return 0;
	if (m->manifest.profile) {
		out->lost_events = s->lost;
		out->recursion_misses = s->skipped;
		return 0;
	}
	out->lost_events = MAX(s->result.lost_events, lost_in_all(s));
	out->map_full = full_maps(m, s);
	out->bad_records = s->result.bad_lines;
	out->recursion_misses = s->skipped;
	return 0;
}

static int stream_cost(struct monitor *m, struct monitor_cost *out)
{
	const struct stream *s = m->impl;
	struct proc_cpu cpu;

	if (s->proc.reaped) {
		const struct rusage *ru = &s->proc.ru;

		out->cpu_ns =
			(uint64_t)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * NSEC_PER_SEC +
			(uint64_t)(ru->ru_utime.tv_usec + ru->ru_stime.tv_usec) * NSEC_PER_USEC;
		/* exec() keeps the peak of what it replaces: ours. */
		out->rss_bytes = (uint64_t)ru->ru_maxrss * 1024;
		if (out->rss_bytes <= s->our_peak_bytes)
			out->rss_bytes = s->peak_bytes;
	} else if (s->started) {
		if (!procfs_cpu("/proc", s->proc.pid, &cpu))
			out->cpu_ns = cpu.user_ns + cpu.system_ns;
		out->rss_bytes = peak_of(s->proc.pid);
	}
	return 0;
}

static void stream_extras(const struct monitor *m, struct strbuf *out)
{
	const struct stream *s = m->impl;

	for (size_t i = 0; i < s->result.nmaps; i++) {
		bool used = false;

		for (size_t f = 0; f < m->manifest.words->nfields; f++)
			used |= m->manifest.counters.fields[f] &&
				!strcmp(m->manifest.counters.fields[f], s->result.maps[i].name);
		if (!used)
			strbuf_addf(out, "map %s (%zu keys)\n", s->result.maps[i].name,
				    s->result.maps[i].n);
	}
}

static int stream_figures(struct monitor *m, const struct figure_wish *wishes, size_t n,
			  struct figures *out)
{
	const struct stream *s = m->impl;

	return s->parsed ? bt_figures(s->text.s, s->text.len, m->path, wishes, n, out) : -EBADMSG;
}

static const struct monitor_backend stream_backend = {
	.starter = stream_starter,
	.attach = stream_attach,
	.poll = stream_poll,
	.snapshot = stream_snapshot,
	.detach = stream_detach,
	.losses = stream_losses,
	.cost = stream_cost,
	.extras = stream_extras,
	.figures = stream_figures,
	.close = stream_close,
};

/* The words in braces of an argv template. */
enum {
	WORD_SCRIPT,
	WORD_OUT,
	WORD_CGROUP,
	WORD_CGROUP_PATH,
	WORD_PID,
	WORD_PROCESS,
	WORD_BESIDE,
	WORD_COUNT
};
static const char *const words[WORD_COUNT] = {"{script}", "{out}",     "{cgroup}", "{cgroup_path}",
					      "{pid}",	  "{process}", "{beside}"};

/* "{name}" at @p: its length. Other braces are the command's own. */
static size_t word_length(const char *p)
{
	size_t n = *p == '{' ? 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;

	return n > 1 && p[n] == '}' ? n + 1 : 0;
}

/* An unknown word is an error, so that a typing mistake is one. */
static int expand(const struct monitor *m, const char *text, const char *const values[], char **out)
{
	struct strbuf sb = STRBUF_INIT;

	for (const char *p = text; *p;) {
		size_t i = 0;

		if (!word_length(p)) {
			strbuf_addch(&sb, *p++);
			continue;
		}
		while (i < WORD_COUNT && strncmp(p, words[i], strlen(words[i])))
			i++;
		if (i == WORD_COUNT) {
			why_err(m->why,
				"%s: run: '%s': the words in braces are {script}, {out}, {cgroup}, "
				"{cgroup_path}, {pid}, {process} and {beside}",
				m->manifest.file, text);
			strbuf_release(&sb);
			return -EINVAL;
		}
		strbuf_addstr(&sb, values[i]);
		p += strlen(words[i]);
	}
	*out = strbuf_detach(&sb);
	return 0;
}

static int fill_in(const struct monitor *m, const char *const *template, const char *const values[],
		   char ***out)
{
	size_t n = 0;
	int err = 0;

	while (template[n])
		n++;
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; !err && i < n; i++)
		err = expand(m, template[i], values, &(*out)[i]);
	return err;
}

/* What it is told to watch is the trial alone; so is what it starts. */
static bool watches_target(const struct manifest *man)
{
	bool yes = man->starts;

	for (size_t i = 0; man->run && man->run[i]; i++)
		yes |= strstr(man->run[i], "{cgroup") || strstr(man->run[i], "{process}");
	return yes;
}

static int make_argv(struct monitor *m, struct stream *s, const struct monitor_target *target)
{
	const char *const *template =
		m->manifest.run ? (const char *const *)m->manifest.run : bpftrace_run;
	const char *values[WORD_COUNT];
	char cgroup[24], pid[24], process[24], beside[4096] = "";
	int err;

	snprintf(cgroup, sizeof(cgroup), "%" PRIu64, target->cgroup_id);
	snprintf(pid, sizeof(pid), "%d", getpid());
	snprintf(process, sizeof(process), "%d", target->process);
	data_beside("", beside, sizeof(beside));
	values[WORD_SCRIPT] = s->script[0] ? s->script : m->path;
	values[WORD_OUT] = s->out;
	values[WORD_CGROUP] = cgroup;
	values[WORD_CGROUP_PATH] = target->cgroup_path ? target->cgroup_path : "";
	values[WORD_PID] = pid;
	values[WORD_PROCESS] = process;
	values[WORD_BESIDE] = beside;
	err = fill_in(m, template, values, &s->argv);
	if (!err && m->manifest.report)
		err = fill_in(m, (const char *const *)m->manifest.report, values, &s->report);
	if (watches_target(&m->manifest))
		m->info.caps |= MONITOR_CGROUP;
	return err;
}

static int make_folder(const struct monitor *m, struct stream *s)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	leftover_template(&path, "");
	snprintf(s->dir, sizeof(s->dir), "%s", path.s);
	strbuf_release(&path);
	if (!mkdtemp(s->dir)) {
		err = -errno;
		why_err_sys(m->why, err, "cannot make a folder like %s", s->dir);
		s->dir[0] = '\0';
		return err;
	}
	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	snprintf(s->err, sizeof(s->err), "%s/err", s->dir);
	return 0;
}

/* A script that looks at the whole machine is run on the target alone. */
static int write_narrow(struct monitor *m, struct stream *s)
{
	struct strbuf whole = STRBUF_INIT, narrow = STRBUF_INIT;
	int err = strbuf_read_file(&whole, m->path), fd = -1;

	if (!err && bt_script_narrow(whole.s, &narrow)) {
		snprintf(s->script, sizeof(s->script), "%s/script.bt", s->dir);
		fd = open(s->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		err = fd < 0 ? -errno : fd_write_all(fd, narrow.s, narrow.len);
		m->info.caps |= MONITOR_CGROUP;
	}
	if (err)
		why_err_sys(m->why, err, "%s: cannot be copied to %s", m->path, s->dir);
	if (fd >= 0)
		close(fd);
	strbuf_release(&whole);
	strbuf_release(&narrow);
	return err;
}

/* A script and a command have maps by name, one for each field, and no records. */
static int check_manifest(const struct monitor *m)
{
	const struct manifest *man = &m->manifest;

	if (man->events.named && !man->events.none) {
		why_err(m->why, "%s: events: only BPF objects have records; leave it out",
			man->file);
		return -EINVAL;
	}
	if (man->counters.named && !man->counters.none && man->counters.map) {
		why_err(m->why,
			"%s: counters.map: a script has a map for each field: {\"mmap_count\": "
			"\"@..\"}",
			man->file);
		return -EINVAL;
	}
	if (m->info.kind == MONITOR_COMMAND && !man->counters.named && !man->words->declared) {
		why_err(m->why,
			"%s: counters: is missing; say which map is which: {\"mmap_count\": "
			"\"@..\"}",
			man->file);
		return -EINVAL;
	}
	return 0;
}

int stream_open(struct monitor *m, const struct monitor_target *target)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->proc = (struct subproc)SUBPROC_INIT;
	s->text = (struct strbuf)STRBUF_INIT;
	m->impl = s;
	m->ops = &stream_backend;
	err = check_manifest(m);
	if (!err && m->info.kind == MONITOR_BPFTRACE)
		err = bpftrace_check(m, &s->exits);
	if (!err)
		err = make_folder(m, s);
	if (!err && m->info.kind == MONITOR_BPFTRACE && m->info.words->declared &&
	    target->cgroup_id && !(m->info.caps & MONITOR_CGROUP))
		err = write_narrow(m, s);
	if (!err)
		err = make_argv(m, s, target);
	if (!target->cgroup_id)
		m->info.caps &= ~(uint32_t)MONITOR_CGROUP;
	if (!m->manifest.counters.none) {
		m->info.caps |= MONITOR_COUNTERS;
		for (size_t f = 0; f < m->manifest.words->nfields; f++)
			if (m->manifest.counters.fields[f])
				m->info.fields |= 1ULL << f;
	} else {
		m->info.caps |= MONITOR_NULL;
	}
	return err;
}
