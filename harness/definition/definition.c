/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A definition as a whole: made and released, its errors, and what it asks for. */
#include "lib/base.h"
#include "harness/definition/definition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/tree.h"
#include "lib/why.h"

int definition_error(const struct definition *def, struct place at, struct strbuf *why,
		     const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&text, fmt, ap);
	va_end(ap);
	why_err(why, "%s:%u:%u: %s", def->name, at.line, at.column, text.s);
	strbuf_release(&text);
	return -EINVAL;
}

enum definition_release definition_release_of(const char *version)
{
	const char *digits = version + strcspn(version, "0123456789");
	unsigned int major = 0, minor = 0;

	if (sscanf(digits, "%u.%u", &major, &minor) != 2)
		return DEFINITION_TRUE;
	/* What changed between the two that were looked at changed in 0.24. */
	return major == 0 && minor < 24 ? DEFINITION_BT_0_17 : DEFINITION_BT_0_27;
}

int definition_parse(struct definition **out, const char *text, const char *name,
		     const struct definition_words *words, struct strbuf *why)
{
	struct definition *def = calloc(1, sizeof(*def));
	int err;

	*out = NULL;
	if (!def)
		return -ENOMEM;
	if (words)
		def->words = *words;
	snprintf(def->name, sizeof(def->name), "%s", name);
	def->text_bytes = def->words.str_bytes ? MIN(def->words.str_bytes, DEFINITION_STR_MAX)
			  : def->words.release == DEFINITION_BT_0_17 ? 64u
								     : DEFINITION_STR_MAX;
	def->syscalls = arena_new(&def->arena, struct syscalls);
	syscalls_load(def->syscalls, def->words.formats);
	err = parse(def, text, why);
	if (!err)
		err = check(def, why);
	/* What the caller owns was for parsing. */
	def->words.params = NULL;
	def->words.formats = NULL;
	if (err) {
		definition_release(def);
		return err;
	}
	*out = def;
	return 0;
}

void definition_release(struct definition *def)
{
	if (!def)
		return;
	for (struct block *b = def->blocks; b; b = b->next)
		names_release(&b->vars);
	names_release(&def->texts);
	syscalls_release(def->syscalls);
	arena_release(&def->arena);
	free(def);
}

size_t definition_maps(const struct definition *def, const struct definition_map **maps)
{
	*maps = def->all;
	return def->nmaps;
}

const struct definition_map *definition_map(const struct definition *def, const char *name)
{
	for (size_t i = 0; i < def->nmaps; i++)
		if (!strcmp(def->all[i].name, name))
			return &def->all[i];
	return NULL;
}

size_t definition_printfs(const struct definition *def)
{
	return def->nevents;
}

bool definition_wants(const struct definition *def, const char *syscall, bool exit)
{
	for (const struct block *b = def->blocks; b; b = b->next)
		for (const struct probe *p = b->probes; p; p = p->next)
			if (probe_sees(p, syscall, exit))
				return true;
	return false;
}

bool definition_wants_all(const struct definition *def)
{
	for (const struct block *b = def->blocks; b; b = b->next)
		for (const struct probe *p = b->probes; p; p = p->next)
			if ((p->side == PROBE_ENTER || p->side == PROBE_EXIT) &&
			    (p->raw || !strcmp(p->name, "*")))
				return true;
	return false;
}

uint8_t definition_wants_texts(const struct definition *def, const char *syscall)
{
	size_t at = names_find(&def->texts, syscall);
	uint8_t args = at < def->texts.n ? def->text_args[at] : 0;

	/* A pointer that came by way of a map may be of any text. */
	if (def->texts_anywhere && definition_wants(def, syscall, false)) {
		const struct syscall_info *info = syscalls_find(def->syscalls, syscall);

		for (size_t i = 0; info && i < info->nargs; i++)
			args |= (uint8_t)(info->args[i].text << i);
	}
	return args;
}

uint32_t definition_text_bytes(const struct definition *def)
{
	return def->text_most;
}

uint8_t definition_asks(const struct definition *def)
{
	return def->asks;
}
