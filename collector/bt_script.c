/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The text of a bpftrace script. Nothing is understood of it but what may not be taken for code:
 * comments and texts are passed whole, so that a brace or a word inside them counts for nothing.
 */
#include "lib/base.h"
#include "collector/bt_script.h"

#include <ctype.h>
#include <string.h>

#include "lib/strbuf.h"

bool bt_script_is_comment(const char *s)
{
	return !strncmp(s, "/*", 2) || !strncmp(s, "//", 2) || (*s == '#' && s[1] == '!');
}

const char *bt_script_step(const char *s)
{
	const char *end;

	if (!strncmp(s, "/*", 2)) {
		end = strstr(s + 2, "*/");
		return end ? end + 2 : s + strlen(s);
	}
	if (bt_script_is_comment(s))
		return s + strcspn(s, "\n");
	if (*s == '"') {
		for (s++; *s && *s != '"'; s++)
			s += *s == '\\' && s[1];
		return s + (*s == '"');
	}
	return s + 1;
}

const char *bt_script_skip_blank(const char *s)
{
	while (isspace((unsigned char)*s) || bt_script_is_comment(s))
		s = bt_script_step(s);
	return s;
}

const char *bt_script_block_end(const char *s)
{
	int depth = 0;

	while (*s) {
		depth += (*s == '{') - (*s == '}');
		s = bt_script_step(s);
		if (!depth)
			return s;
	}
	return NULL;
}

char *bt_script_code(const char *s)
{
	struct strbuf sb = STRBUF_INIT;

	while (*s) {
		const char *next = bt_script_step(s);

		if (*s != '"' && !bt_script_is_comment(s))
			strbuf_addch(&sb, *s);
		s = next;
	}
	return strbuf_detach(&sb);
}

/* --- a script that looks at one cgroup --- */

/* The names of probes at @s up to a predicate or a block: all are tracepoints (1), BEGIN or END
 * (0), or there is another one (-1). */
static int kind_of(const char *s, const char *end)
{
	int kind = -1;

	while (s < end) {
		size_t n;
		bool point, edge;

		if (isspace((unsigned char)*s) || *s == ',') {
			s++;
			continue;
		}
		n = strcspn(s, ", \t\r\n/{");
		point = !strncmp(s, "tracepoint:", 11) || !strncmp(s, "t:", 2);
		edge = (n == 5 && !strncmp(s, "BEGIN", 5)) || (n == 3 && !strncmp(s, "END", 3));
		if (!point && !edge)
			return -1;
		if (kind >= 0 && kind != point)
			return -1;
		kind = point;
		s += n;
	}
	return kind;
}

/* One probe, from its names to the end of its block. NULL: it cannot be read. */
static const char *narrow_probe(const char *s, struct strbuf *out)
{
	const char *names = s, *end = s + strcspn(s, "/{"), *body = end, *predicate = NULL;
	int kind = kind_of(names, end);

	if (kind < 0 || !*end)
		return NULL;
	if (*end == '/') {
		predicate = end + 1;
		for (body = predicate; *body && *body != '/';)
			body = *body == '"' ? bt_script_step(body) : body + 1;
		if (!*body)
			return NULL;
		end = body++;
		body += strspn(body, " \t\r\n");
	}
	if (*body != '{' || !bt_script_block_end(body))
		return NULL;
	strbuf_add(out, names, (size_t)((predicate ? predicate - 1 : end) - names));
	if (kind && predicate)
		strbuf_addf(out, "/cgroup == $1 && (%.*s)", (int)(end - predicate), predicate);
	else if (kind)
		strbuf_addstr(out, "/cgroup == $1/ ");
	else if (predicate)
		strbuf_addf(out, "/%.*s", (int)(end - predicate), predicate);
	s = predicate ? end : body;
	end = bt_script_block_end(body);
	strbuf_add(out, s, (size_t)(end - s));
	return end;
}

bool bt_script_narrow(const char *s, struct strbuf *out)
{
	strbuf_reset(out);
	while (s && *s) {
		const char *next = s;

		if (isspace((unsigned char)*s))
			next = s + 1;
		else if (bt_script_is_comment(s))
			next = bt_script_step(s);
		else if (*s == '#')
			next = s + strcspn(s, "\n");
		if (next == s) {
			s = narrow_probe(s, out);
			continue;
		}
		strbuf_add(out, s, (size_t)(next - s));
		s = next;
	}
	if (!s)
		strbuf_reset(out);
	return s && out->len;
}
