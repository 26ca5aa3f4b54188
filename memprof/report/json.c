/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * JSON: {"totals", "stacks", ..}, numbers in full. Names of frames are texts, the innermost first,
 * as in the program's stack; "locations" and "modules" beside them say more of the same frames.
 * What is not known is null. Of two profiles each has its own object, and "difference" the totals.
 */
#include "lib/base.h"
#include "memprof/report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/sink/put.h"

static void add_key(struct strbuf *out, const char *key)
{
	if (out->s[out->len - 1] != '{')
		strbuf_addch(out, ',');
	strbuf_addf(out, "\"%s\":", key);
}

static void add_comma(struct strbuf *out)
{
	if (out->s[out->len - 1] != '[')
		strbuf_addch(out, ',');
}

static void add_number(struct strbuf *out, const char *key, bool known, uint64_t v)
{
	add_key(out, key);
	if (known)
		put_u64(out, v);
	else
		strbuf_addstr(out, "null");
}

static void add_text(struct strbuf *out, const char *key, const char *v)
{
	add_key(out, key);
	if (v)
		put_json_text(out, v);
	else
		strbuf_addstr(out, "null");
}

static void add_values(struct strbuf *out, const struct profile *p, const struct profile_values *v)
{
	add_number(out, "allocs", true, v->allocs);
	add_number(out, "bytes", true, v->bytes);
	add_number(out, "frees", p->frees_known, v->frees);
	add_number(out, "freed_bytes", p->frees_known, v->freed_bytes);
	add_number(out, "live_blocks", p->frees_known, v->live_blocks);
	add_number(out, "live_bytes", p->frees_known, v->live_bytes);
	add_number(out, "peak_blocks", p->peak_known, v->peak_blocks);
	add_number(out, "peak_bytes", p->peak_known, v->peak_bytes);
	add_number(out, "temporary", p->temporary_known, v->temporary);
}

/* Half of the 95 % interval of what was sampled. */
static void add_errors(struct strbuf *out, const struct profile *p, const struct profile_values *v)
{
	static const struct {
		const char *key;
		size_t value;
	} errors[] = {{"allocs", VALUE_ALLOCS},
		      {"bytes", VALUE_BYTES},
		      {"live_blocks", VALUE_LIVE_BLOCKS},
		      {"live_bytes", VALUE_LIVE}};

	if (p->mode != PROFILE_SAMPLED)
		return;
	add_key(out, "errors");
	strbuf_addch(out, '{');
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		add_key(out, errors[i].key);
		put_json_number(out, report_error_of(errors[i].value, v));
	}
	strbuf_addch(out, '}');
}

/* Sums of each process's stacks: its peak is its own, whenever that was. */
static struct profile_values *process_totals(const struct profile *p)
{
	struct profile_values *sums = calloc(p->nprocesses + 1, sizeof(*sums));

	if (!sums)
		abort();
	for (size_t i = 0; i < p->nstacks; i++)
		if (p->stacks[i].process != PROFILE_NONE)
			profile_values_add(&sums[p->stacks[i].process], &p->stacks[i].values);
	return sums;
}

static void add_processes(struct strbuf *out, const struct profile *p)
{
	struct profile_values *sums = process_totals(p);

	add_key(out, "processes");
	strbuf_addch(out, '[');
	for (size_t i = 0; i < p->nprocesses; i++) {
		const struct profile_process *q = &p->processes[i];

		add_comma(out);
		strbuf_addch(out, '{');
		add_number(out, "pid", true, q->pid);
		add_number(out, "parent", q->parent, q->parent);
		add_number(out, "generation", true, q->generation);
		add_number(out, "threads", q->threads, q->threads);
		add_number(out, "start_ns", q->start_ns, q->start_ns);
		add_number(out, "end_ns", q->end_ns, q->end_ns);
		add_text(out, "comm", q->comm);
		add_text(out, "command_line", q->command_line);
		add_text(out, "cgroup", *q->cgroup ? q->cgroup : NULL);
		add_text(out, "ended", *q->ended ? q->ended : NULL);
		add_key(out, "totals");
		strbuf_addch(out, '{');
		add_values(out, p, &sums[i]);
		add_errors(out, p, &sums[i]);
		strbuf_addstr(out, "}}");
	}
	strbuf_addch(out, ']');
	free(sums);
}

enum column { NAMES, LOCATIONS, MODULES };

static void add_column(struct strbuf *out, const char *key, const struct report_path *path,
		       enum column column)
{
	struct strbuf place = STRBUF_INIT;

	add_key(out, key);
	strbuf_addch(out, '[');
	for (size_t i = path->n; i-- > 0;) {
		const struct report_step *s = &path->at[i];
		const char *text = NULL;

		strbuf_reset(&place);
		if (column == NAMES)
			text = s->name;
		else if (column == MODULES && s->symbol)
			text = s->symbol->module;
		else if (column == LOCATIONS && s->symbol && s->symbol->file) {
			strbuf_addf(&place, "%s:%u", s->symbol->file, s->symbol->line);
			text = place.s;
		}
		add_comma(out);
		if (text)
			put_json_text(out, text);
		else
			strbuf_addstr(out, "null");
	}
	strbuf_addch(out, ']');
	strbuf_release(&place);
}

static void add_stack(struct strbuf *out, const struct report_side *side,
		      const struct profile_stack *s, struct report_path *path)
{
	report_path_of(path, side, s, SPLIT_NONE);
	strbuf_addch(out, '{');
	add_column(out, "frames", path, NAMES);
	add_values(out, side->p, &s->values);
	add_errors(out, side->p, &s->values);
	add_number(out, "pid", s->process != PROFILE_NONE,
		   s->process != PROFILE_NONE ? side->p->processes[s->process].pid : 0);
	add_number(out, "process", s->process != PROFILE_NONE, s->process);
	add_number(out, "thread", s->thread, s->thread);
	add_key(out, "cut");
	strbuf_addstr(out, s->flags & PROFILE_STACK_CUT ? "true" : "false");
	add_key(out, "other");
	strbuf_addstr(out, s->flags & PROFILE_STACK_OTHER ? "true" : "false");
	add_number(out, "kernel_frames", true, s->user_from);
	add_column(out, "locations", path, LOCATIONS);
	add_column(out, "modules", path, MODULES);
	strbuf_addch(out, '}');
}

static void add_stacks(struct strbuf *out, const struct report_side *side)
{
	struct report_path path = {0};

	add_key(out, "stacks");
	strbuf_addch(out, '[');
	for (size_t i = 0; i < side->p->nstacks; i++) {
		add_comma(out);
		strbuf_addch(out, '\n');
		add_stack(out, side, &side->p->stacks[i], &path);
	}
	strbuf_addch(out, ']');
	report_path_release(&path);
}

static void add_histograms(struct strbuf *out, const struct profile *p)
{
	add_key(out, "sizes");
	strbuf_addch(out, '[');
	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		if (!p->sizes[i].allocs)
			continue;
		add_comma(out);
		strbuf_addf(out, "{\"min\":%llu,\"allocs\":%llu,\"bytes\":%llu}",
			    (unsigned long long)(i ? 1ULL << (i - 1) : 0),
			    (unsigned long long)p->sizes[i].allocs,
			    (unsigned long long)p->sizes[i].bytes);
	}
	strbuf_addch(out, ']');
	add_key(out, "lifetimes");
	if (!p->lifetimes_known) {
		strbuf_addstr(out, "null");
		return;
	}
	strbuf_addch(out, '[');
	for (unsigned int i = 0; i < PROFILE_BUCKETS; i++) {
		if (!p->lifetimes[i])
			continue;
		add_comma(out);
		strbuf_addf(out, "{\"min_ns\":%llu,\"blocks\":%llu}",
			    (unsigned long long)(i ? 1ULL << (i - 1) : 0),
			    (unsigned long long)p->lifetimes[i]);
	}
	strbuf_addch(out, ']');
}

static void add_rest(struct strbuf *out, const struct report_side *side)
{
	const struct profile *p = side->p;

	add_key(out, "losses");
	strbuf_addch(out, '[');
	for (size_t i = 0; i < p->nlosses; i++) {
		add_comma(out);
		strbuf_addch(out, '{');
		add_text(out, "name", p->losses[i].name);
		add_number(out, "count", true, p->losses[i].count);
		add_text(out, "sentence", p->losses[i].sentence);
		strbuf_addch(out, '}');
	}
	strbuf_addch(out, ']');
	add_key(out, "symbols");
	strbuf_addf(out,
		    "{\"frames\":%zu,\"unresolved\":%zu,\"stale_modules\":%zu,"
		    "\"refused_jit_lists\":%zu}",
		    side->s->n, side->s->unresolved, side->s->stale, side->s->refused);
	add_key(out, "points");
	strbuf_addch(out, '[');
	for (size_t i = 0; i < p->npoints; i++) {
		const struct profile_point *t = &p->points[i];

		add_comma(out);
		strbuf_addf(out,
			    "{\"time_ns\":%llu,\"allocs\":%llu,\"bytes\":%llu,\"live_blocks\":%llu,"
			    "\"live_bytes\":%llu}",
			    (unsigned long long)t->time_ns, (unsigned long long)t->allocs,
			    (unsigned long long)t->bytes, (unsigned long long)t->live_blocks,
			    (unsigned long long)t->live_bytes);
	}
	strbuf_addch(out, ']');
}

static void add_profile(struct strbuf *out, const struct report_side *side)
{
	static const char *const modes[PROFILE_MODES] = {"counts", "sampled", "exact"};
	const struct profile *p = side->p;

	strbuf_addstr(out, "{\"schema\":1");
	add_text(out, "memprof", BEEBENCH_VERSION);
	add_text(out, "source", p->source);
	add_text(out, "mode", modes[p->mode]);
	add_number(out, "rate", p->rate, p->rate);
	add_number(out, "start_ns", p->start_ns, p->start_ns);
	add_number(out, "end_ns", p->end_ns, p->end_ns);
	add_number(out, "peak_ns", p->peak_ns, p->peak_ns);
	add_number(out, "peak_slack_bytes", p->peak_known, p->peak_slack);
	add_text(out, "note", p->note);
	add_key(out, "totals");
	strbuf_addch(out, '{');
	add_values(out, p, &p->total);
	add_errors(out, p, &p->total);
	strbuf_addch(out, '}');
	add_processes(out, p);
	add_rest(out, side);
	add_histograms(out, p);
	add_stacks(out, side);
	strbuf_addch(out, '}');
}

/* Signed: B - A. */
static void add_difference(struct strbuf *out, const struct report *r)
{
	strbuf_addstr(out, ",\"difference\":{");
	for (size_t k = 0; k < REPORT_VALUES; k++) {
		uint64_t a = report_value_of(k, &r->side[0].p->total);
		uint64_t b = report_value_of(k, &r->side[1].p->total);

		add_key(out, report_values[k].name);
		if (!report_value_known(k, r->side[0].p) || !report_value_known(k, r->side[1].p)) {
			strbuf_addstr(out, "null");
			continue;
		}
		if (b < a)
			strbuf_addch(out, '-');
		put_u64(out, b < a ? a - b : b - a);
	}
	strbuf_addch(out, '}');
}

int report_json(const struct report *r, struct strbuf *out)
{
	if (!r->side[1].p) {
		add_profile(out, &r->side[0]);
	} else {
		strbuf_addstr(out, "{\"a\":");
		add_profile(out, &r->side[0]);
		strbuf_addstr(out, ",\"b\":");
		add_profile(out, &r->side[1]);
		add_difference(out, r);
		strbuf_addch(out, '}');
	}
	strbuf_addch(out, '\n');
	return 0;
}
