/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stacks by name; what is null is not known and adds nothing. */
#include "lib/base.h"
#include "collector/profile_json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/why.h"

/* Of the profiler's losses: what makes figures less than the truth. Others are remarks. */
static const char *const lost_names[] = {"untracked",	 "stacks_full",	 "groups_full",
					 "unwind_fails", "samples_lost", "reentrant"};

static struct json_object *member(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, &v)
		       ? v
		       : NULL;
}

static size_t list_length(struct json_object *o)
{
	return json_object_is_type(o, json_type_array) ? json_object_array_length(o) : 0;
}

/* Has the stack the functions, one behind the other? */
static bool meant(struct json_object *frames, char *const *stack)
{
	size_t n = list_length(frames), wanted = 0;

	if (!stack)
		return true;
	while (stack[wanted])
		wanted++;
	for (size_t from = 0; from <= PROFILE_OWN_FRAMES && from + wanted <= n; from++) {
		size_t i = 0;

		while (i < wanted) {
			struct json_object *f = json_object_array_get_idx(frames, from + i);
			const char *name = json_object_get_string(f);

			if (!name || strcmp(name, stack[i]) != 0)
				break;
			i++;
		}
		if (i == wanted)
			return true;
	}
	return false;
}

/* The row of its process, made where there is none. */
static struct counter_row *row_of(struct counter_table *t, uint64_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (counter_table_row(t, i)->key == pid)
			return counter_table_row(t, i);
	return counter_table_add(t, pid);
}

/* "errors.bytes" is a member of a member. Half intervals of 95 % of independent stacks add up by
 * their squares, and are kept so until all are there. */
static void add_value(struct json_object *stack, const char *name, uint64_t *value)
{
	static const char errors[] = "errors.";
	bool is_error = !strncmp(name, errors, strlen(errors));
	struct json_object *of = is_error ? member(stack, "errors") : stack;
	struct json_object *v = member(of, is_error ? name + strlen(errors) : name);
	double d = json_object_get_double(v);

	if (!v)
		return;
	if (is_error)
		*value += (uint64_t)ceil(d * d);
	else
		*value += json_object_get_uint64(v);
}

static void add_stack(struct json_object *stack, uint64_t pid, const struct profile_wish *wish,
		      struct counter_table *out)
{
	const struct vocabulary *words = out->words;
	struct counter_row *row = row_of(out, pid);

	for (size_t f = 0; f < words->nfields; f++)
		if (wish->fields[f] && !words->fields[f].slots)
			add_value(stack, wish->fields[f], &row->value[vocabulary_slot(words, f)]);
}

/* "profile.rate" is of the whole profile, and so of each process. */
static void add_whole(struct json_object *doc, const struct profile_wish *wish,
		      struct counter_table *out)
{
	static const char whole[] = "profile.";

	for (size_t f = 0; f < out->words->nfields; f++) {
		if (!wish->fields[f] || strncmp(wish->fields[f], whole, strlen(whole)) != 0)
			continue;
		for (size_t i = 0; i < out->n; i++)
			counter_table_row(out, i)->value[vocabulary_slot(out->words, f)] =
				json_object_get_uint64(
					member(doc, wish->fields[f] + strlen(whole)));
	}
}

static void add_sizes(struct json_object *sizes, const struct profile_wish *wish,
		      struct counter_table *out)
{
	const struct vocabulary *words = out->words;

	for (size_t f = 0; f < words->nfields && out->n == 1; f++) {
		if (!wish->fields[f] || !words->fields[f].slots)
			continue;
		for (size_t i = 0; i < list_length(sizes); i++) {
			struct json_object *s = json_object_array_get_idx(sizes, i);
			uint64_t min = json_object_get_uint64(member(s, "min"));
			uint32_t slot = min ? 64 - (uint32_t)__builtin_clzll(min) : 0;

			if (slot < words->fields[f].slots)
				counter_table_row(out, 0)
					->value[vocabulary_slot(words, f) + slot] +=
					json_object_get_uint64(member(s, "allocs"));
		}
	}
}

static void end_errors(const struct profile_wish *wish, struct counter_table *out)
{
	for (size_t f = 0; f < out->words->nfields; f++) {
		uint32_t slot = vocabulary_slot(out->words, f);

		if (!wish->fields[f] || strncmp(wish->fields[f], "errors.", 7) != 0)
			continue;
		for (size_t i = 0; i < out->n; i++) {
			uint64_t *v = &counter_table_row(out, i)->value[slot];

			*v = (uint64_t)ceil(sqrt((double)*v));
		}
	}
}

static void add_losses(struct json_object *losses, uint64_t *lost, uint64_t *skipped)
{
	for (size_t i = 0; i < list_length(losses); i++) {
		struct json_object *l = json_object_array_get_idx(losses, i);
		const char *name = json_object_get_string(member(l, "name"));
		uint64_t n = json_object_get_uint64(member(l, "count"));

		for (size_t k = 0; name && k < ARRAY_SIZE(lost_names); k++)
			*lost += strcmp(name, lost_names[k]) ? 0 : n;
		if (name && !strcmp(name, "recursion_misses"))
			*skipped += n;
	}
}

int profile_json_read(const char *text, const struct profile_wish *wish, struct counter_table *out,
		      uint64_t *lost, uint64_t *skipped, struct strbuf *why)
{
	struct json_object *doc = json_tokener_parse(text), *stacks = member(doc, "stacks");
	struct json_object *processes = member(doc, "processes");
	uint64_t only = 0;

	*lost = *skipped = 0;
	if (!stacks) {
		why_err(why, "is no profile: a JSON object with \"stacks\" is expected");
		json_object_put(doc);
		return -EBADMSG;
	}
	/* What has no stack kept may have no process either: then it is that of the only one. */
	if (list_length(processes) == 1)
		only = json_object_get_uint64(
			member(json_object_array_get_idx(processes, 0), "pid"));
	for (size_t i = 0; i < list_length(stacks); i++) {
		struct json_object *s = json_object_array_get_idx(stacks, i);
		struct json_object *pid = member(s, "pid");

		if (meant(member(s, "frames"), wish->stack))
			add_stack(s, pid ? json_object_get_uint64(pid) : only, wish, out);
	}
	end_errors(wish, out);
	add_sizes(member(doc, "sizes"), wish, out);
	add_whole(doc, wish, out);
	counter_table_finish(out);
	add_losses(member(doc, "losses"), lost, skipped);
	json_object_put(doc);
	return 0;
}
