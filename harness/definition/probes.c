/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of probes: which there are, and which sides of which syscalls they see. */
#include "lib/base.h"

#include <string.h>

#include "harness/definition/outside.h"
#include "harness/definition/tree.h"

static bool cut(const char **s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(*s, prefix, len))
		return false;
	*s += len;
	return true;
}

struct probe *probe_parse(struct definition *def, struct place at, const char *text,
			  struct strbuf *why)
{
	struct probe *pr = arena_new(&def->arena, struct probe);
	const char *s = text;

	pr->at = at;
	pr->name = "*";
	if (!strcmp(s, "BEGIN") || !strcmp(s, "begin")) {
		pr->side = PROBE_BEGIN;
		return pr;
	}
	if (!strcmp(s, "END") || !strcmp(s, "end")) {
		pr->side = PROBE_END;
		return pr;
	}
	if (!cut(&s, "tracepoint:") && !cut(&s, "t:")) {
		const char *reason = outside_reason(text);

		definition_error(def, at, why, "'%s' is no probe of a definition: %s", text,
				 reason ? reason : outside_probe(text));
		return NULL;
	}
	pr->raw = cut(&s, "raw_syscalls:");
	if (!pr->raw && !cut(&s, "syscalls:")) {
		definition_error(
			def, at, why,
			"'%s' is no probe of a definition: of tracepoints it has syscalls:* and "
			"raw_syscalls:*",
			text);
		return NULL;
	}
	if (pr->raw ? !strcmp(s, "sys_enter") : cut(&s, "sys_enter_")) {
		pr->side = PROBE_ENTER;
	} else if (pr->raw ? !strcmp(s, "sys_exit") : cut(&s, "sys_exit_")) {
		pr->side = PROBE_EXIT;
	} else {
		definition_error(def, at, why,
				 "'%s' is no probe of a definition: a side has its name, %s", text,
				 pr->raw ? "raw_syscalls:sys_enter or raw_syscalls:sys_exit"
					 : "syscalls:sys_enter_NAME or syscalls:sys_exit_NAME");
		return NULL;
	}
	if (!pr->raw)
		pr->name = s;
	return pr;
}

bool probe_sees(const struct probe *p, const char *syscall, bool exit)
{
	const char *pattern = p->name, *star = NULL, *retry = NULL;

	if (p->side != (exit ? PROBE_EXIT : PROBE_ENTER))
		return false;
	if (p->raw)
		return true;
	for (const char *s = syscall; *s;) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = s;
		} else if (*pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
