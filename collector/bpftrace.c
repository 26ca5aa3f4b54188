/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Checks a bpftrace script before it runs, and knows when it really counts. */
#include "lib/base.h"
#include "collector/bpftrace.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/subproc.h"
#include "collector/registry.h"
#include "collector/tracefs.h"

/* 0.17 knows the first, 0.18 and later the second; each ignores the other. */
const char *const bpftrace_env[] = {"BPFTRACE_MAP_KEYS_MAX=10240", "BPFTRACE_MAX_MAP_KEYS=10240",
				    NULL};
_Static_assert(BPFTRACE_MAP_KEYS == 10240, "the same number stands in the environment");

const char *const bpftrace_run[] = {"bpftrace", "-f",	    "json",	"-o",
				    "{out}",	"{script}", "{cgroup}", NULL};

/* The script without comments and strings, so that only what runs is searched. */
static char *code_only(const char *s)
{
	struct strbuf sb = STRBUF_INIT;

	while (*s) {
		if (!strncmp(s, "/*", 2)) {
			const char *end = strstr(s + 2, "*/");

			s = end ? end + 2 : s + strlen(s);
		} else if (!strncmp(s, "//", 2) || (*s == '#' && s[1] == '!')) {
			s += strcspn(s, "\n");
		} else if (*s == '"') {
			for (s++; *s && *s != '"'; s++)
				s += *s == '\\' && s[1];
			s += *s == '"';
		} else {
			strbuf_addch(&sb, *s++);
		}
	}
	return strbuf_detach(&sb);
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *code, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = code; (p = strstr(p, word)); p++)
		if (!word_char(p[n]) && (p == code || !word_char(p[-1])))
			return true;
	return false;
}

/* Every "@name" of the script once, for the error. */
static void list_maps(const char *code, struct strbuf *out)
{
	for (const char *p = code; (p = strchr(p, '@')); p++) {
		char name[64];
		size_t n = 1;

		while (word_char(p[n]) && n + 1 < sizeof(name))
			n++;
		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		if (!has_word(out->s, name))
			strbuf_addf(out, "%s%s", out->len ? ", " : "", name);
	}
}

static int check_named_maps(const struct monitor *m, const char *code)
{
	for (size_t f = 0; f < m->manifest.words->nfields; f++) {
		const char *map = m->manifest.counters.fields[f];
		struct strbuf there = STRBUF_INIT;

		if (!map || has_word(code, map))
			continue;
		list_maps(code, &there);
		log_err("%s: no map '%s', which %s names for %s (its maps: %s)", m->path, map,
			m->manifest.file, m->manifest.words->fields[f].name,
			there.len ? there.s : "none");
		strbuf_release(&there);
		return -EINVAL;
	}
	return 0;
}

/* Without a manifest a script may call its maps by our names. */
static int find_our_maps(struct monitor *m, const char *code)
{
	char *beside, *names[COUNTER_FIELDS_MAX] = {0};
	struct strbuf there = STRBUF_INIT;
	bool any = false;

	/* Of the first subject that has words for some of them. */
	for (const struct vocabulary *const *v = vocabularies(); *v && !any; v++) {
		for (size_t f = 0; f < (*v)->nfields; f++) {
			struct strbuf name = STRBUF_INIT;

			strbuf_addf(&name, "@%s", (*v)->fields[f].name);
			if (has_word(code, name.s)) {
				names[f] = strbuf_detach(&name);
				any = true;
			}
			strbuf_release(&name);
		}
		if (any && *v != m->manifest.words) {
			manifest_release(&m->manifest);
			manifest_defaults(&m->manifest, *v);
			m->info.words = *v;
		}
	}
	manifest_set_counters(&m->manifest, names);
	if (any)
		return 0;
	list_maps(code, &there);
	beside = registry_manifest_path(m->path);
	log_err("%s: none of its maps (%s) has a name of ours, like @mmap_count; say which is "
		"which in %s "
		"(docs/adding-a-monitor.md)",
		m->path, there.len ? there.s : "none", beside);
	free(beside);
	strbuf_release(&there);
	return -EINVAL;
}

static int check_script(struct monitor *m)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, m->path);
	char *code;

	if (err) {
		log_err_sys(err, "cannot read the script %s", m->path);
		return err;
	}
	code = code_only(text.s);
	strbuf_release(&text);
	err = m->manifest.counters.named ? check_named_maps(m, code) : find_our_maps(m, code);
	if (!err && has_word(code, "cgroup") && strstr(code, "$1"))
		m->info.caps |= MONITOR_CGROUP;
	free(code);
	return err;
}

int bpftrace_check(struct monitor *m)
{
	char path[4096];
	int err = check_script(m);

	if (err)
		return err;
	if (subproc_find_program("bpftrace", path, sizeof(path))) {
		log_err("%s: there is no bpftrace here; install it: sudo apt-get install bpftrace",
			m->path);
		return -ENOTSUP;
	}
	if (geteuid()) {
		log_err("%s: bpftrace runs as root only; use sudo", m->path);
		return -EPERM;
	}
	m->info.map_entries = BPFTRACE_MAP_KEYS;
	return tracefs_ensure();
}

bool bpftrace_settled(pid_t pid)
{
	char path[64], word[32] = "";
	long nr;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	f = fopen(path, "re");
	if (!f)
		return true;
	if (!fgets(word, sizeof(word), f))
		word[0] = '\0';
	fclose(f);
	nr = strtol(word, NULL, 10);
	if (!isdigit((unsigned char)word[0]))
		return false; /* "running" */
#ifdef SYS_epoll_wait
	if (nr == SYS_epoll_wait)
		return true;
#endif
	return nr == SYS_epoll_pwait || nr == SYS_ppoll;
}

void bpftrace_remind(pid_t pid)
{
	if (!bpftrace_settled(pid))
		return;
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
}
