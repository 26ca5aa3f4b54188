/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads libbpf's messages and the verifier's log for the lines that matter. */
#include "lib/base.h"
#include "collector/object_error.h"

#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/why.h"

static __thread struct strbuf heard = STRBUF_INIT; /* warnings only */

static int on_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, args);

	if (n < 0)
		return 0;
	if (level == LIBBPF_WARN)
		strbuf_add(&heard, text, (size_t)n);
	if (log_level() >= LOG_DEBUG) {
		while (n && text[n - 1] == '\n')
			text[--n] = '\0';
		log_dbg("%s", text);
	}
	free(text);
	return 0;
}

void object_listen(void)
{
	strbuf_release(&heard);
	libbpf_set_print(on_print);
}

/* A line of the log, without its line feed. */
struct line {
	const char *s;
	size_t n;
};

static bool next_line(const char **at, struct line *l)
{
	if (!**at)
		return false;
	l->s = *at;
	l->n = strcspn(*at, "\n");
	*at += l->n + (l->s[l->n] == '\n');
	return true;
}

static bool starts(const struct line *l, const char *with)
{
	return l->n >= strlen(with) && !strncmp(l->s, with, strlen(with));
}

/* "12: (61) r0 = *(u32 *)(r0 +0)" */
static bool is_instruction(const struct line *l)
{
	size_t digits = strspn(l->s, "0123456789");

	return digits && digits + 3 < l->n && !strncmp(l->s + digits, ": (", 3);
}

/* Statistics, register states, progress: never the reason. */
static bool is_noise(const struct line *l)
{
	static const char *const noise[] = {"processed ",   "verification time",
					    "stack depth",  "from ",
					    "func#",	    "last_idx ",
					    "regs=",	    "parent ",
					    "mark_precise", "--",
					    "libbpf: ",	    "propagating "};
	size_t digits = strspn(l->s, "0123456789");

	if (!l->n)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (starts(l, noise[i]))
			return true;
	/* "0: R1=ctx() R10=fp0", "; R0_w=0": the state of the registers */
	return digits && l->s[digits] == ':' && !is_instruction(l);
}

static void add_line(struct strbuf *out, const struct line *l)
{
	/* The state behind an instruction ("; R0_w=...") is long and says little to most. */
	const char *state = is_instruction(l) ? strstr(l->s, "; R") : NULL;
	size_t n = state && state < l->s + l->n ? (size_t)(state - l->s) : l->n;

	while (n && strchr(" \t\r", l->s[n - 1]))
		n--;
	strbuf_addf(out, "%s    %.*s", out->len ? "\n" : "", (int)n, l->s);
}

void verifier_shorten(const char *log, struct strbuf *out)
{
	struct line l, source = {0}, instruction = {0}, complaint[3];
	size_t n = 0;

	while (next_line(&log, &l)) {
		if (l.n > 1 && l.s[0] == ';') {
			source = l;
			n = 0;
		} else if (is_instruction(&l)) {
			instruction = l;
			n = 0;
		} else if (!is_noise(&l) && n < ARRAY_SIZE(complaint)) {
			complaint[n++] = l;
		}
	}
	if (source.n)
		add_line(out, &source);
	if (instruction.n)
		add_line(out, &instruction);
	for (size_t i = 0; i < n; i++)
		add_line(out, &complaint[i]);
}

const char *object_missing_capabilities(void)
{
	unsigned long long effective = 0;
	char line[256];
	bool bpf, perfmon;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	if (!f)
		return "";
	fclose(f);
	if (effective & (1ULL << CAP_SYS_ADMIN))
		return "";
	bpf = effective & (1ULL << CAP_BPF);
	perfmon = effective & (1ULL << CAP_PERFMON);
	return bpf && perfmon ? ""
	       : bpf	      ? "CAP_PERFMON"
	       : perfmon      ? "CAP_BPF"
			      : "CAP_BPF and CAP_PERFMON";
}

/* The last warning, without "libbpf: ". */
static const char *last_warning(void)
{
	size_t n = heard.len;
	char *s;

	while (n && heard.s[n - 1] == '\n')
		heard.s[--n] = '\0';
	heard.len = n;
	s = n ? memrchr(heard.s, '\n', n) : NULL;
	s = s ? s + 1 : heard.s;
	return !strncmp(s, "libbpf: ", 8) ? s + 8 : s;
}

/* The program the verifier refused and the log between libbpf's marks: copies, or NULL. */
static char *refused_program(void)
{
	const char *at = strstr(heard.s, "prog '");
	const char *end = at ? strchr(at + 6, '\'') : NULL;

	return end ? strndup(at + 6, (size_t)(end - at - 6)) : NULL;
}

static char *refused_log(void)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	const char *at = strstr(heard.s, begin);
	const char *end = at ? strstr(at, "-- END PROG LOAD LOG --") : NULL;

	return end ? strndup(at + sizeof(begin) - 1, (size_t)(end - at) - sizeof(begin) + 1) : NULL;
}

static void not_permitted(const char *path, const char *what, struct strbuf *why)
{
	const char *missing = object_missing_capabilities();

	if (*missing)
		why_err(why, "%s: cannot be %s: %s missing; run it as root (sudo)", path, what,
			missing);
	else
		why_err(why,
			"%s: cannot be %s although this process has the capabilities: the kernel "
			"is locked down, or a container's "
			"seccomp filter forbids bpf(2)",
			path, what);
}

int object_explain_load(const char *path, int err, struct strbuf *why)
{
	char *program = refused_program(), *log = refused_log();
	struct strbuf lines = STRBUF_INIT;
	int ret = -EINVAL;

	if (log)
		verifier_shorten(log, &lines);
	if (lines.len && err != -EPERM) {
		why_err(why,
			"%s: the verifier refused program '%s':\n%s\n    (whole log: run with "
			"--verbose)",
			path, program ? program : "?", lines.s);
		ret = -EACCES;
	} else if (err == -EPERM) {
		not_permitted(path, "loaded", why);
		ret = -EPERM;
	} else if (program && (err == -EACCES || err == -EINVAL)) {
		why_err(why, "%s: the verifier refused program '%s' without a word (%s)", path,
			program, last_warning());
		ret = -EACCES;
	} else {
		why_err_sys(why, err, "%s: cannot be loaded: %s", path, last_warning());
		ret = err;
	}
	free(program);
	free(log);
	strbuf_release(&lines);
	return ret;
}

int object_explain_attach(const char *path, const char *name, const char *section, int err)
{
	if (err == -EPERM || err == -EACCES)
		not_permitted(path, "attached", NULL);
	else if (err == -ENOENT)
		log_err("%s: program '%s': this kernel has no %s, or tracefs is not mounted (mount "
			"-t tracefs tracefs "
			"/sys/kernel/tracing)",
			path, name, section);
	else
		log_err_sys(err, "%s: program '%s' cannot be attached to %s", path, name, section);
	return err;
}
