/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Plug-in parameters by table. */
#include "lib/base.h"
#include "lib/param.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/suggest.h"

enum { MAX_PARAMS = 32, MAX_WORD = PARAM_TEXT_MAX + 64 };

static void store(const struct param *p, void *dst, uint64_t value)
{
	char *at = (char *)dst + p->offset;

	if (p->kind == PARAM_BOOL)
		*(bool *)at = value != 0;
	else if (p->kind == PARAM_TEXT)
		*at = '\0';
	else
		memcpy(at, &value, sizeof(value));
}

uint64_t param_get(const struct param *p, const void *src)
{
	const char *at = (const char *)src + p->offset;
	uint64_t value;

	if (p->kind == PARAM_BOOL)
		return *(const bool *)at;
	if (p->kind == PARAM_TEXT)
		return 0;
	memcpy(&value, at, sizeof(value));
	return value;
}

void param_defaults(const struct param *table, void *dst)
{
	for (const struct param *p = table; p && p->name; p++)
		store(p, dst, p->def);
}

int param_number(const char *text, bool bytes, uint64_t *out)
{
	static const struct {
		char suffix;
		unsigned int shift;
	} units[] = {{'K', 10}, {'M', 20}, {'G', 30}, {'k', 10}, {'m', 20}, {'g', 30}};
	unsigned long long value;
	unsigned int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end,
			 text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10);
	if (errno)
		return -errno;
	for (size_t i = 0; bytes && *end && i < ARRAY_SIZE(units); i++) {
		if (*end == units[i].suffix) {
			shift = units[i].shift;
			end++;
			break;
		}
	}
	if (*end)
		return -EINVAL;
	if (value > (UINT64_MAX >> shift))
		return -ERANGE;
	*out = (uint64_t)value << shift;
	return 0;
}

static int parse_bool(const char *text, uint64_t *out)
{
	static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "off", "on"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(text, words[i])) {
			*out = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_enum(const struct param *p, const char *text, uint64_t *out)
{
	for (uint64_t i = 0; p->values[i]; i++) {
		if (!strcmp(text, p->values[i])) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

static void say_what_it_takes(const struct param *p, const char *owner, const char *text)
{
	struct strbuf sb = STRBUF_INIT;

	switch (p->kind) {
	case PARAM_ENUM:
		for (size_t i = 0; p->values[i]; i++)
			strbuf_addf(&sb, "%s%s", i ? ", " : "one of ", p->values[i]);
		break;
	case PARAM_BOOL: strbuf_addstr(&sb, "yes or no"); break;
	default:
		strbuf_addf(&sb, "a number%s from %" PRIu64,
			    p->kind == PARAM_BYTES ? " (K, M, G allowed)" : "", p->min);
		if (p->max)
			strbuf_addf(&sb, " to %" PRIu64, p->max);
	}
	log_err("%s: parameter '%s' takes %s, not '%s'", owner, p->name, sb.s, text);
	strbuf_release(&sb);
}

static int parse_text(const struct param *p, const char *owner, const char *text, void *dst)
{
	if (!text || !*text || strlen(text) >= PARAM_TEXT_MAX) {
		log_err("%s: parameter '%s' takes a text of 1 to %d characters, not '%.40s%s'",
			owner, p->name, PARAM_TEXT_MAX - 1, text ? text : "",
			text && strlen(text) > 40 ? "..." : "");
		return -EINVAL;
	}
	strcpy((char *)dst + p->offset, text);
	return 0;
}

static int parse_one(const struct param *p, const char *owner, const char *text, void *dst)
{
	uint64_t value = 0;
	int err;

	if (p->kind == PARAM_TEXT)
		return parse_text(p, owner, text, dst);
	if (!text && p->kind == PARAM_BOOL)
		text = "yes";
	if (!text)
		text = "";
	if (p->kind == PARAM_BOOL)
		err = parse_bool(text, &value);
	else if (p->kind == PARAM_ENUM)
		err = parse_enum(p, text, &value);
	else
		err = param_number(text, p->kind == PARAM_BYTES, &value);
	if (!err && (p->kind == PARAM_U64 || p->kind == PARAM_BYTES) &&
	    (value < p->min || (p->max && value > p->max)))
		err = -ERANGE;
	if (err) {
		say_what_it_takes(p, owner, text);
		return -EINVAL;
	}
	store(p, dst, value);
	return 0;
}

static int unknown(const struct param *table, const char *owner, const char *name)
{
	const char *names[MAX_PARAMS], *near;
	size_t n = 0;

	for (const struct param *p = table; p && p->name && n < MAX_PARAMS; p++)
		names[n++] = p->name;
	near = suggest_nearest(name, names, n);
	if (!n)
		log_err("%s takes no parameters, '%s' was given", owner, name);
	else if (near)
		log_err("%s has no parameter '%s'; did you mean '%s'?", owner, name, near);
	else
		log_err("%s has no parameter '%s'; see 'beebench list'", owner, name);
	return -EINVAL;
}

int param_parse(const struct param *table, const char *owner, const char *spec, void *dst)
{
	while (spec && *spec) {
		size_t len = strcspn(spec, ",");
		char word[MAX_WORD], *value;
		const struct param *p;
		int err;

		if (len >= sizeof(word)) {
			log_err("%s: parameter too long: '%.40s...'", owner, spec);
			return -EINVAL;
		}
		memcpy(word, spec, len);
		word[len] = '\0';
		spec += len + (spec[len] == ',');
		if (!len)
			continue;
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		for (p = table; p && p->name && strcmp(p->name, word); p++)
			;
		if (!p || !p->name)
			return unknown(table, owner, word);
		err = parse_one(p, owner, value, dst);
		if (err)
			return err;
	}
	return 0;
}

void param_format(const struct param *table, const void *src, struct strbuf *out)
{
	const char *comma = "";

	for (const struct param *p = table; p && p->name; p++) {
		uint64_t value = param_get(p, src);

		/* An empty text can only be had by saying nothing. */
		if (p->kind == PARAM_TEXT && !*((const char *)src + p->offset))
			continue;
		strbuf_addf(out, "%s%s=", comma, p->name);
		comma = ",";
		if (p->kind == PARAM_ENUM)
			strbuf_addstr(out, p->values[value]);
		else if (p->kind == PARAM_BOOL)
			strbuf_addstr(out, value ? "yes" : "no");
		else if (p->kind == PARAM_TEXT)
			strbuf_addstr(out, (const char *)src + p->offset);
		else
			strbuf_addf(out, "%" PRIu64, value);
	}
}
