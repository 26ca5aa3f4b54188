/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a policy (docs/ci.md). It is strict: an unknown key, a wrong type, a number out of range
 * are errors that name file, line, key and what is allowed.
 *
 * First stand the kinds of value that a policy has (a number, a whole number, a limit, a list, on
 * or off), then the members of the document, each with who reads it into the struct. A reader
 * returns 0, or -EINVAL after saying what is wrong; its result is then as it was before, but for a
 * list, which holds what was read so far.
 */
#include "lib/base.h"
#include "harness/compare/policy.h"

#include <stdlib.h>
#include <string.h>

#include "collector/json_at.h"
#include "harness/timing/timed_event.h"
#include "lib/log.h"
#include "lib/strbuf.h"

/* Empties @list and frees what is its own. */
static void policy_list_reset(struct gate_list *list)
{
	for (size_t i = 0; i < ARRAY_SIZE(list->own); i++)
		free(list->own[i]);
	*list = (struct gate_list){0};
}

static int policy_number(const struct json_at *at, struct json_object *o, double low, double high,
			 double *out)
{
	double v = json_object_get_double(o);

	if (!json_object_is_type(o, json_type_int) && !json_object_is_type(o, json_type_double))
		return json_at_wrong_type(at, "a number", o);
	if (!(v >= low && v <= high))
		return json_at_bad(at, "%s is out of range: %.12g to %.12g is allowed",
				   json_object_get_string(o), low, high);
	*out = v;
	return 0;
}

static int policy_whole(const struct json_at *at, struct json_object *o, double low, double high,
			double *out)
{
	if (json_object_is_type(o, json_type_double))
		return json_at_bad(at, "%s is no whole number", json_object_get_string(o));
	return policy_number(at, o, low, high, out);
}

/* {"absolute": N, "percent": P}, one of them or both; null: there is no limit. */
static int policy_limit(const struct json_at *at, struct json_object *o, struct gate_limit *out)
{
	static const char *const names[] = {"absolute", "percent"};
	struct gate_limit limit = {.judged = true};
	int err = 0;

	if (json_object_is_type(o, json_type_null)) {
		*out = (struct gate_limit){0};
		return 0;
	}
	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "{\"absolute\": N, \"percent\": P} or null", o);
	if (!json_object_object_length(o))
		return json_at_bad(at, "is empty; give \"absolute\", \"percent\" or both, or null "
				       "for no limit");
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};

		if (!strcmp(key, "absolute"))
			err = policy_whole(&here, val, 0, 1e15, &limit.absolute);
		else if (!strcmp(key, "percent"))
			err = policy_number(&here, val, 0, 10000, &limit.percent);
		else
			err = json_at_unknown(&here, names, ARRAY_SIZE(names), "docs/ci.md");
		if (err)
			return err;
	}
	*out = limit;
	return 0;
}

/* Strings, 1 to POLICY_LIST_MAX of them. */
static int policy_list(const struct json_at *at, struct json_object *o, struct gate_list *out)
{
	size_t n;
	int err = 0;

	if (!json_object_is_type(o, json_type_array))
		return json_at_wrong_type(at, "a list of strings", o);
	n = json_object_array_length(o);
	if (!n || n > POLICY_LIST_MAX)
		return json_at_bad(at, "has %zu members; 1 to %d are allowed", n, POLICY_LIST_MAX);
	policy_list_reset(out);
	for (size_t i = 0; i < n && !err; i++) {
		err = json_at_string(at, json_object_array_get_idx(o, i), &out->own[i]);
		out->v[i] = out->own[i];
	}
	return err;
}

/* A list, or the word "all", which is an empty one. */
static int policy_list_or_all(const struct json_at *at, struct json_object *o,
			      struct gate_list *out)
{
	if (json_object_is_type(o, json_type_array))
		return policy_list(at, o, out);
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "\"all\" or a list of strings", o);
	if (strcmp(json_object_get_string(o), "all") != 0)
		return json_at_bad(at, "\"%s\": \"all\" or a list of strings is expected",
				   json_object_get_string(o));
	policy_list_reset(out);
	return 0;
}

/* true, false or "auto" */
static int policy_on(const struct json_at *at, struct json_object *o, enum gate_when *out)
{
	if (json_object_is_type(o, json_type_boolean)) {
		*out = json_object_get_boolean(o) ? GATE_ON : GATE_OFF;
		return 0;
	}
	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "true, false or \"auto\"", o);
	if (strcmp(json_object_get_string(o), "auto") != 0)
		return json_at_bad(at, "\"%s\": true, false or \"auto\" is expected",
				   json_object_get_string(o));
	*out = GATE_AUTO;
	return 0;
}

const char *const gate_metric_names[GATE_METRICS] = {"instructions",   "jited_bytes",
						     "verifier_insns", "verifier_states",
						     "stack_bytes",    "map_bytes"};

void policy_set_list(struct gate_list *list, const char *const *v)
{
	policy_list_reset(list);
	for (size_t i = 0; i < POLICY_LIST_MAX && v[i]; i++)
		list->v[i] = v[i];
}

void policy_defaults(struct gate_policy *p)
{
	*p = (struct gate_policy){
		.monitors = {.v = {"memmon", "memmon_fast", "cpumon", "memmon-honey-O",
				   "cpumon-honey-O"}},
		.on = {GATE_ON, GATE_ON, GATE_AUTO},
		.metric = {{true, 16, 5},
			   {true, 128, 5},
			   {true, 100, 10},
			   {false, 0, 0},
			   {true, 32, 0},
			   {true, 4096, 1}},
		.kernels = {.v = {"6.12"}},
		.instructions = {true, 0, 0},
		.calls = 400,
		.margin_ns = 1,
		.margin_percent = 3,
		.alpha = 0.001,
		.budget_s = 30,
		.inconclusive = GATE_INCONCLUSIVE,
	};
}

void policy_release(struct gate_policy *p)
{
	policy_list_reset(&p->monitors);
	policy_list_reset(&p->kernels);
	policy_list_reset(&p->paths);
	policy_list_reset(&p->events);
}

static int read_schema(void *p UNUSED, const struct json_at *at, struct json_object *o)
{
	if (!json_object_is_type(o, json_type_int))
		return json_at_wrong_type(at, "a number", o);
	if (json_object_get_int64(o) != POLICY_SCHEMA)
		return json_at_bad(at, "%lld is not known; this beebench reads schema %d",
				   (long long)json_object_get_int64(o), POLICY_SCHEMA);
	return 0;
}

static int read_monitors(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_list(at, o, &p->monitors);
}

static int read_inconclusive(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	static const struct {
		const char *word;
		enum gate_verdict verdict;
	} words[] = {{"inconclusive", GATE_INCONCLUSIVE},
		     {"pass", GATE_PASS},
		     {"fail", GATE_REGRESSION}};

	if (!json_object_is_type(o, json_type_string))
		return json_at_wrong_type(at, "a string", o);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, json_object_get_string(o))) {
			p->inconclusive = words[i].verdict;
			return 0;
		}
	return json_at_bad(at, "\"%s\": \"inconclusive\", \"pass\" or \"fail\" is expected",
			   json_object_get_string(o));
}

static int read_static_on(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_on(at, o, &p->on[GATE_STATIC]);
}

static int read_limits(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	if (!json_object_is_type(o, json_type_object))
		return json_at_wrong_type(at, "an object", o);
	json_object_object_foreach (o, key, val) {
		struct json_at here = {at->file, at->text, at, key};
		size_t i = 0;
		int err;

		while (i < GATE_METRICS && strcmp(gate_metric_names[i], key) != 0)
			i++;
		if (i == GATE_METRICS)
			return json_at_unknown(&here, gate_metric_names, GATE_METRICS,
					       "docs/ci.md");
		err = policy_limit(&here, val, &p->metric[i]);
		if (err)
			return err;
	}
	return 0;
}

static int read_static(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	static const struct json_member members[] = {{"on", read_static_on},
						     {"limits", read_limits}};

	return json_at_members(at, o, members, ARRAY_SIZE(members), p, "docs/ci.md");
}

static int read_exact_on(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_on(at, o, &p->on[GATE_EXACT]);
}

static int read_kernels(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_list(at, o, &p->kernels);
}

static int read_paths(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_list_or_all(at, o, &p->paths);
}

static int read_instructions(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	if (json_object_is_type(o, json_type_null))
		return json_at_bad(at, "a limit is expected, this is null; \"on\": false turns the "
				       "lane off");
	return policy_limit(at, o, &p->instructions);
}

static int read_calls(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	double calls = 0;
	int err = policy_whole(at, o, 16, 1024, &calls);

	if (!err)
		p->calls = (uint64_t)calls;
	return err;
}

static int read_exact(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	static const struct json_member members[] = {{"on", read_exact_on},
						     {"kernels", read_kernels},
						     {"paths", read_paths},
						     {"instructions", read_instructions},
						     {"calls", read_calls}};

	return json_at_members(at, o, members, ARRAY_SIZE(members), p, "docs/ci.md");
}

static int read_time_on(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_on(at, o, &p->on[GATE_TIME]);
}

static int read_events(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	int err = policy_list_or_all(at, o, &p->events);

	for (const char *const *e = p->events.v; !err && *e; e++)
		if (timed_event_find(*e) < 0)
			err = json_at_bad(at, "no event \"%s\"; there are " TIMED_EVENT_NAMES, *e);
	return err;
}

static int read_margin_ns(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_number(at, o, 0, 1e9, &p->margin_ns);
}

static int read_margin_percent(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_number(at, o, 0, 10000, &p->margin_percent);
}

static int read_alpha(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_number(at, o, 1e-9, 0.5, &p->alpha);
}

static int read_budget(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;

	return policy_number(at, o, 1, 3600, &p->budget_s);
}

static int read_time(void *arg, const struct json_at *at, struct json_object *o)
{
	struct gate_policy *p = arg;
	static const struct json_member members[] = {
		{"on", read_time_on},	       {"events", read_events},
		{"margin_ns", read_margin_ns}, {"margin_percent", read_margin_percent},
		{"alpha", read_alpha},	       {"budget_s", read_budget}};
	int err = json_at_members(at, o, members, ARRAY_SIZE(members), p, "docs/ci.md");

	if (!err && !(p->margin_ns > 0) && !(p->margin_percent > 0))
		err = json_at_bad(at, "margin_ns and margin_percent are both 0: two equal objects "
				      "could never be told to be equal; one must be above 0");
	return err;
}

int policy_read_object(struct gate_policy *p, const struct json_at *top, struct json_object *doc)
{
	static const struct json_member members[] = {
		{"schema", read_schema}, {"monitors", read_monitors},
		{"static", read_static}, {"exact", read_exact},
		{"time", read_time},	 {"inconclusive", read_inconclusive}};
	int err;

	err = json_at_members(top, doc, members, ARRAY_SIZE(members), p, "docs/ci.md");
	if (!err && !p->on[GATE_STATIC] && !p->on[GATE_EXACT] && !p->on[GATE_TIME])
		err = json_at_bad(top, "no lane is on; static, exact or time must be");
	return err;
}

int policy_parse(struct gate_policy *p, const char *file, const char *text)
{
	struct json_at top = {.file = file, .text = text};
	struct json_object *doc = NULL, *schema;
	int err = json_at_parse(file, text, &doc, NULL);

	if (!err && json_object_is_type(doc, json_type_object) &&
	    !json_object_object_get_ex(doc, "schema", &schema))
		err = json_at_bad(&top, "\"schema\": %d is missing", POLICY_SCHEMA);
	if (!err)
		err = policy_read_object(p, &top, doc);
	json_object_put(doc);
	return err;
}

int policy_read(struct gate_policy *p, const char *file)
{
	struct strbuf text = STRBUF_INIT;
	int err = strbuf_read_file(&text, file);

	if (err)
		log_err_sys(err, "cannot read the policy %s", file);
	else
		err = policy_parse(p, file, text.s);
	strbuf_release(&text);
	return err;
}
