/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a manifest holds: the names of its subject to begin with, which a file may change
 * (manifest_read.c).
 */
#include "lib/base.h"
#include "collector/manifest.h"

#include <stdlib.h>
#include <string.h>

const char *const loss_field_names[LOSS_FIELD_COUNT] = {"ring_full", "map_full"};

void manifest_forget_names(char **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i]);
		list[i] = NULL;
	}
}

size_t event_fields(const struct vocabulary *words)
{
	return EVENT_COMMON + words->nvalues;
}

const char *event_field_name(const struct vocabulary *words, size_t f)
{
	static const char *const common[EVENT_COMMON] = {"timestamp", "pid", "tgid", "comm"};

	return f < EVENT_COMMON ? common[f] : words->values[f - EVENT_COMMON].name;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

void manifest_defaults(struct manifest *man, const struct vocabulary *words)
{
	*man = (struct manifest){
		.words = words, .key = MONITOR_KEY_TID, .filter = words->filter_bytes};
	man->counters.map = copy(words->counter_map);
	for (size_t f = 0; f < words->nfields; f++)
		if (words->fields[f].standard)
			man->counters.fields[f] = strdup(words->fields[f].name);
	man->events.none = !words->event_map;
	man->events.map = copy(words->event_map);
	man->events.type = copy(words->event_struct);
	for (size_t f = 0; words->event_map && f < event_fields(words); f++)
		if (f < EVENT_COMMON || words->values[f - EVENT_COMMON].standard)
			man->events.fields[f] = strdup(event_field_name(words, f));
	man->losses.map = copy(words->loss_map);
	for (int f = 0; f < LOSS_FIELD_COUNT; f++)
		if (words->losses & (1U << f))
			man->losses.fields[f] = strdup(loss_field_names[f]);
}

void manifest_set_counters(struct manifest *man, char *names[COUNTER_FIELDS_MAX])
{
	free(man->counters.map);
	man->counters.map = NULL;
	manifest_forget_names(man->counters.fields, COUNTER_FIELDS_MAX);
	memcpy(man->counters.fields, names, sizeof(man->counters.fields));
}

static void release_figures(struct manifest *man)
{
	for (size_t i = 0; i < man->nfigures; i++) {
		struct manifest_figure *f = &man->figures[i];

		free(f->name);
		free(f->map);
		manifest_forget_names(f->key, f->nkey);
		free(f->value);
		free(f->count);
		free(f->total);
		free(f->bucket);
	}
	free(man->figures);
	for (size_t i = 0; i < man->nrecord; i++) {
		free(man->record[i].field);
		free(man->record[i].means);
	}
	free(man->record);
	free(man->events_at);
}

void manifest_free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void manifest_release(struct manifest *man)
{
	free(man->file);
	free(man->name);
	free(man->object);
	free(man->script);
	free(man->loads);
	free(man->means);
	release_figures(man);
	manifest_free_list(man->run);
	manifest_free_list(man->report);
	manifest_free_list(man->stack);
	free(man->ready);
	free(man->counters.map);
	manifest_forget_names(man->counters.fields, COUNTER_FIELDS_MAX);
	free(man->counters.iterator);
	free(man->counters.row);
	free(man->counters.row_key);
	free(man->counters.ended);
	free(man->counters.ended_flag);
	free(man->events.on);
	free(man->events.wake);
	free(man->events.map);
	free(man->events.type);
	manifest_forget_names(man->events.fields, EVENT_FIELDS_MAX);
	free(man->losses.map);
	manifest_forget_names(man->losses.fields, LOSS_FIELD_COUNT);
	for (size_t i = 0; i < man->nprograms; i++) {
		free(man->programs[i].event);
		free(man->programs[i].program);
	}
	*man = (struct manifest){0};
}
