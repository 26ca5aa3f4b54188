/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A definition with one thing changed, as somebody might have got it wrong: text in, texts out.
 * Nothing is understood of it but where probes, predicates and blocks are; a change that makes no
 * sense does not parse later, and is dropped then.
 */
#include "lib/base.h"
#include "harness/subjects/declared.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "collector/bt_script.h"
#include "lib/strbuf.h"

/* A stretch of the text. */
struct span {
	const char *from, *to;
};

/* One probe: its names, its predicate (empty: none; else without its slashes) and its block. */
struct part {
	struct span names, predicate, body;
	bool filtered;
};

enum { PARTS_MAX = 64 };

struct shape {
	struct part part[PARTS_MAX];
	size_t n;
};

struct making {
	struct arena *a;
	const char *text;
	struct declared_variant *list;
	size_t n;
};

/* False: this is no script. */
static bool find_shape(const char *s, struct shape *out)
{
	out->n = 0;
	for (s = bt_script_skip_blank(s); *s; s = bt_script_skip_blank(s)) {
		struct part *p = &out->part[out->n];
		const char *end;

		if (out->n == PARTS_MAX)
			return false;
		*p = (struct part){.names = {s, s + strcspn(s, "/{")}};
		s = p->names.to;
		if (*s == '/') {
			p->filtered = true;
			p->predicate.from = ++s;
			while (*s && *s != '/')
				s = *s == '"' ? bt_script_step(s) : s + 1;
			p->predicate.to = s;
			s = bt_script_skip_blank(s + (*s == '/'));
		}
		if (*s != '{')
			return false;
		end = bt_script_block_end(s);
		if (!end)
			return false;
		p->body = (struct span){s, end};
		s = end;
		out->n++;
	}
	return out->n > 0;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Where @word stands by itself in the span; NULL: nowhere. */
static const char *find_word(struct span s, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = s.from; p + n <= s.to; p = bt_script_step(p))
		if (!strncmp(p, word, n) && !word_char(p[n]) && (p == s.from || !word_char(p[-1])))
			return p;
	return NULL;
}

/* The text with the span replaced. */
static void add(struct making *m, struct span what, const char *by, const char *words)
{
	struct declared_variant v = {.text = arena_printf(m->a, "%.*s%s%s",
							  (int)(what.from - m->text), m->text, by,
							  what.to)};

	snprintf(v.words, sizeof(v.words), "%s", words);
	arena_push(m->a, m->list, m->n, v);
}

/* --- predicates --- */

/* What the predicate leaves out, of those that ask for a result: -1 failed calls, 1 those that
 * worked, 0 neither. */
static int leaves_out(struct span p)
{
	const char *ret = find_word(p, "ret");

	if (!ret)
		ret = find_word(p, "retval");
	if (!ret)
		return 0;
	ret += strcspn(ret, "<>=!");
	if (ret >= p.to)
		return 0;
	return *ret == '<' ? 1 : *ret == '>' || (*ret == '=' && ret[1] == '=') ? -1 : 0;
}

static void without_filter(struct making *m, const struct part *p)
{
	int out = leaves_out(p->predicate);
	char words[160];

	if (out < 0)
		snprintf(words, sizeof(words), "as if failed calls counted too");
	else if (out > 0)
		snprintf(words, sizeof(words), "as if calls that worked counted too");
	else
		snprintf(words, sizeof(words), "as if the filter /%.*s/ were not there",
			 (int)MIN(p->predicate.to - p->predicate.from, (ptrdiff_t)100),
			 p->predicate.from);
	add(m, (struct span){p->predicate.from - 1, p->predicate.to + 1}, " ", words);
}

/* Each comparison with the equal case in or out. */
static void off_by_one(struct making *m, const struct part *p)
{
	static const struct {
		const char *is, *by;
	} swaps[] = {{">=", ">"}, {"<=", "<"}, {">", ">="}, {"<", "<="}};

	for (const char *s = p->predicate.from; s < p->predicate.to; s = bt_script_step(s)) {
		size_t i = 0;
		char words[160];

		if (s > p->predicate.from && strchr("<>-", s[-1]) && s[-1])
			continue;
		while (i < ARRAY_SIZE(swaps) && strncmp(s, swaps[i].is, strlen(swaps[i].is)))
			i++;
		if (i == ARRAY_SIZE(swaps) || s[1] == '<' || s[1] == '>')
			continue;
		snprintf(words, sizeof(words), "as if the filter were /%.*s%s%.*s/",
			 (int)MIN(s - p->predicate.from, (ptrdiff_t)60), p->predicate.from,
			 swaps[i].by,
			 (int)MIN(p->predicate.to - s - (ptrdiff_t)strlen(swaps[i].is),
				  (ptrdiff_t)60),
			 s + strlen(swaps[i].is));
		add(m, (struct span){s, s + strlen(swaps[i].is)}, swaps[i].by, words);
	}
}

/* --- sides --- */

/* The probe at the other side of its calls; its filter, which may ask for the result, goes when
 * @unfiltered. */
static void other_side(struct making *m, const struct part *p, bool unfiltered)
{
	static const char enter[] = "sys_enter", leave[] = "sys_exit";
	struct strbuf names = STRBUF_INIT;
	bool is_exit;

	strbuf_add(&names, p->names.from, (size_t)(p->names.to - p->names.from));
	is_exit = strstr(names.s, leave) != NULL;
	if (!is_exit && !strstr(names.s, enter)) {
		strbuf_release(&names);
		return;
	}
	strbuf_replace(&names, is_exit ? leave : enter, is_exit ? enter : leave);
	add(m, (struct span){p->names.from, unfiltered ? p->body.from : p->names.to}, names.s,
	    is_exit ? "as if it counted at enter instead of exit"
		    : "as if it counted at exit instead of enter");
	strbuf_release(&names);
}

/* --- keys --- */

/* The next key of the map in the text from @s on; false: there is none. */
static bool next_key(const char *s, const char *map, struct span *out)
{
	size_t n = strlen(map);

	for (; *s; s = bt_script_step(s)) {
		if (strncmp(s, map, n) || word_char(s[n]) || s[n] != '[')
			continue;
		out->from = s + n + 1;
		out->to = out->from + strcspn(out->from, "]");
		return *out->to;
	}
	return false;
}

/* @is by @by in all keys of the map. */
static void other_key(struct making *m, const char *map, const char *is, const char *by,
		      const char *words)
{
	struct strbuf out = STRBUF_INIT;
	const char *s = m->text, *at;
	struct span key;
	bool any = false;

	while (next_key(s, map, &key)) {
		at = find_word(key, is);
		strbuf_add(&out, s, (size_t)((at ? at : key.to) - s));
		s = key.to;
		if (!at)
			continue;
		strbuf_addstr(&out, by);
		s = at + strlen(is);
		any = true;
	}
	strbuf_addstr(&out, s);
	if (any) {
		struct declared_variant v = {.text = arena_strdup(m->a, out.s)};

		snprintf(v.words, sizeof(v.words), "%s", words);
		arena_push(m->a, m->list, m->n, v);
	}
	strbuf_release(&out);
}

static void other_keys(struct making *m, const char *map)
{
	static const struct {
		const char *is, *by, *words;
	} swaps[] = {
		{"pid", "tid", "as if keyed by thread instead of process"},
		{"tid", "pid", "as if keyed by process instead of thread"},
		{"uid", "gid", "as if keyed by group instead of user"},
		{"gid", "uid", "as if keyed by user instead of group"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(swaps); i++)
		other_key(m, map, swaps[i].is, swaps[i].by, swaps[i].words);
}

size_t declared_variants(struct arena *a, const char *text, const char *map,
			 const struct declared_variant **out)
{
	struct making m = {.a = a, .text = text};
	struct shape shape;

	*out = NULL;
	if (!find_shape(text, &shape))
		return 0;
	other_keys(&m, map);
	for (size_t i = 0; i < shape.n; i++) {
		const struct part *p = &shape.part[i];

		if (p->filtered) {
			without_filter(&m, p);
			off_by_one(&m, p);
		}
		if (!strstr(p->body.from, map) || strstr(p->body.from, map) >= p->body.to)
			continue;
		other_side(&m, p, false);
		if (p->filtered)
			other_side(&m, p, true);
	}
	*out = m.list;
	return m.n;
}
