/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Prepares a script or command: what its manifest may say, its folder, its arguments. */
#include "lib/base.h"
#include "collector/stream_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/leftover.h"
#include "lib/log.h"
#include "collector/bpftrace.h"

/* The words in braces of an argv template. */
enum { WORD_SCRIPT, WORD_OUT, WORD_CGROUP, WORD_CGROUP_PATH, WORD_PID, WORD_COUNT };
static const char *const words[WORD_COUNT] = {"{script}", "{out}", "{cgroup}", "{cgroup_path}",
					      "{pid}"};

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
			log_err("%s: run: '%s': the words in braces are {script}, {out}, {cgroup}, "
				"{cgroup_path} and {pid}",
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

static int make_argv(struct monitor *m, struct stream *s, const struct monitor_target *target)
{
	const char *const *template =
		m->manifest.run ? (const char *const *)m->manifest.run : bpftrace_run;
	const char *values[WORD_COUNT];
	char cgroup[24], pid[24];
	size_t n = 0;
	int err = 0;

	snprintf(cgroup, sizeof(cgroup), "%" PRIu64, target->cgroup_id);
	snprintf(pid, sizeof(pid), "%d", getpid());
	values[WORD_SCRIPT] = m->path;
	values[WORD_OUT] = s->out;
	values[WORD_CGROUP] = cgroup;
	values[WORD_CGROUP_PATH] = target->cgroup_path ? target->cgroup_path : "";
	values[WORD_PID] = pid;
	while (template[n])
		n++;
	s->argv = calloc(n + 1, sizeof(*s->argv));
	if (!s->argv)
		return -ENOMEM;
	for (size_t i = 0; !err && i < n; i++) {
		err = expand(m, template[i], values, &s -> argv[i]);
		if (m->manifest.run && strstr(template[i], "{cgroup"))
			m->info.caps |= MONITOR_CGROUP;
	}
	return err;
}

static int make_folder(struct stream *s)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	leftover_template(&path, "");
	snprintf(s->dir, sizeof(s->dir), "%s", path.s);
	strbuf_release(&path);
	if (!mkdtemp(s->dir)) {
		err = -errno;
		log_err_sys(err, "cannot make a folder like %s", s->dir);
		s->dir[0] = '\0';
		return err;
	}
	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	snprintf(s->err, sizeof(s->err), "%s/err", s->dir);
	return 0;
}

/* A script and a command have maps by name, one for each field, and no records. */
static int check_manifest(const struct monitor *m)
{
	const struct manifest *man = &m->manifest;

	if (man->events.named && !man->events.none) {
		log_err("%s: events: only BPF objects have records; leave it out", man->file);
		return -EINVAL;
	}
	if (man->counters.named && man->counters.map) {
		log_err("%s: counters.map: a script has a map for each field: {\"mmap_count\": "
			"\"@..\"}",
			man->file);
		return -EINVAL;
	}
	if (m->info.kind == MONITOR_COMMAND && !man->counters.named) {
		log_err("%s: counters: is missing; say which map is which: {\"mmap_count\": "
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
	m->impl = s;
	m->ops = &stream_backend;
	err = check_manifest(m);
	if (!err && m->info.kind == MONITOR_BPFTRACE)
		err = bpftrace_check(m);
	if (!err)
		err = make_folder(s);
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
