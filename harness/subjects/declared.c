/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Monitors that say themselves what their figures mean, in bpftrace's words. The definition is run
 * over the record of all raw syscalls that the trial's cgroup made (harness/verify/calls.h), and
 * gives what the monitor's maps must hold: to the digit, or within bounds where it depends on
 * clocks. Here are the record, the wishes and the verdict; comparing is declared_compare.c.
 */
#include "lib/base.h"
#include "harness/subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/syscalls.h"
#include "harness/subjects/declared.h"
#include "lib/subproc.h"
#include "lib/why.h"

static const struct vocabulary words = {.name = "declared", .declared = true};

/* --- the definition --- */

/* Whose words those of a script are: the bpftrace's that runs it. Asked once. */
static enum definition_release release_here(void)
{
	static const char *const argv[] = {"bpftrace", "--version", NULL};
	static enum definition_release release;
	static bool asked;
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

	if (!asked && !subproc_capture(argv, 10000, &out, &err))
		release = definition_release_of(out.s);
	asked = true;
	strbuf_release(&out);
	strbuf_release(&err);
	return release;
}

int declared_parse_text(const struct monitor *m, const char *text, const char *name,
			uint64_t cgroup_id, struct definition **def, struct strbuf *why)
{
	const struct monitor_info *info = monitor_info(m);
	char cgroup[24];
	const char *const params[] = {cgroup};
	/* How many keys a map has room for is no part of what it means: what is lost is told. */
	struct definition_words words_here = {
		.params = params, .nparams = 1, .map_keys = UINT32_MAX};

	snprintf(cgroup, sizeof(cgroup), "%" PRIu64, cgroup_id);
	if (info->kind == MONITOR_BPFTRACE)
		words_here.release = release_here();
	return definition_parse(def, text, name, &words_here, why);
}

/* Where the manifest says of each field of a record what it is, that is a printf() of its own. */
static void add_record_probe(const struct monitor *m, struct strbuf *text)
{
	const struct figure_record_field *field;
	const char *at;
	size_t n;

	field = monitor_record(m, &n, &at);
	if (!n || !at)
		return;
	strbuf_addf(text, "\n%s { printf(\"", at);
	for (size_t i = 0; i < n; i++)
		strbuf_addf(text, "%s%s=%%%c", i ? " " : "", field[i].field,
			    field[i].text ? 's' : 'd');
	strbuf_addstr(text, "\\n\"");
	for (size_t i = 0; i < n; i++)
		strbuf_addf(text, ", %s", field[i].means);
	strbuf_addstr(text, "); }\n");
}

int declared_parse(const struct monitor *m, uint64_t cgroup_id, struct definition **def,
		   struct strbuf *why)
{
	const struct monitor_info *info = monitor_info(m);
	struct strbuf text = STRBUF_INIT;
	int err;

	strbuf_addstr(&text, info->means);
	add_record_probe(m, &text);
	err = declared_parse_text(m, text.s, info->means_name, cgroup_id, def, why);
	strbuf_release(&text);
	return err;
}

/* The tracepoint's name of a syscall; NULL: it has none. Found once: there is a call a line. */
static const char *name_of(int64_t nr)
{
	static const char *names[CALL_NUMBERS];
	static bool known;

	for (int i = 0; !known && i < CALL_NUMBERS; i++)
		names[i] = syscall_by_nr(i);
	known = true;
	return nr >= 0 && nr < CALL_NUMBERS ? names[nr] : syscall_by_nr((long)nr);
}

static enum figure_form form_of(const struct definition_map *map)
{
	switch (map->function) {
	case DEFINITION_AVG: return FIGURE_AVERAGE;
	case DEFINITION_STATS: return FIGURE_STATS;
	case DEFINITION_HIST:
	case DEFINITION_LHIST: return FIGURE_BUCKETS;
	default:
		return map->function == DEFINITION_PLAIN && map->value.type == DEFINITION_TEXT
			       ? FIGURE_TEXT
			       : FIGURE_NUMBER;
	}
}

static void make_wish(const struct definition_map *map, struct figure_wish *w)
{
	*w = (struct figure_wish){
		.name = map->name,
		.nparts = map->nparts,
		.form = form_of(map),
		.join = map->function == DEFINITION_MIN	  ? FIGURE_MIN
			: map->function == DEFINITION_MAX ? FIGURE_MAX
							  : FIGURE_SUM,
		.is_signed = map->value.is_signed,
		.low = map->lhist_min,
		.high = map->lhist_max,
		.step = map->function == DEFINITION_LHIST ? map->lhist_step : 0,
	};
	for (size_t i = 0; i < map->nparts; i++) {
		snprintf(w->parts[i].name, sizeof(w->parts[i].name), "%s", map->parts[i].name);
		w->parts[i].text = map->parts[i].kind.type == DEFINITION_TEXT;
		w->parts[i].bytes = map->parts[i].kind.bytes;
		w->parts[i].is_signed = map->parts[i].kind.is_signed;
	}
}

/*
 * The maps that the monitor must have: all of a script. An object need not have those that only
 * carry something from one probe to the next (plain values): they are left out when it has none of
 * that name, as long as another is left.
 */
static size_t make_wishes(const struct monitor *m, const struct definition *def,
			  struct figure_wish *out)
{
	const struct definition_map *maps;
	size_t n = definition_maps(def, &maps), kept = 0, left = 0;

	for (size_t i = 0; i < n; i++)
		left += maps[i].function != DEFINITION_PLAIN;
	for (size_t i = 0; i < n; i++) {
		make_wish(&maps[i], &out[kept]);
		if (maps[i].function != DEFINITION_PLAIN || !left ||
		    !monitor_figures_lack(m, &out[kept]))
			kept++;
	}
	return kept;
}

static struct figure_wish *new_wishes(const struct definition *def)
{
	const struct definition_map *maps;
	struct figure_wish *w = calloc(definition_maps(def, &maps) + 1, sizeof(*w));

	if (!w)
		abort(); /* as lib/strbuf.h */
	return w;
}

static void want_calls(const struct definition *def, struct calls_wanted *out)
{
	bool all = definition_wants_all(def);

	for (int nr = 0; nr < CALL_NUMBERS; nr++) {
		const char *name = name_of(nr);

		/* Both sides: the texts of a call are those of its entry, and who counts at the
		 * wrong side is told so. */
		if (all || (name && (definition_wants(def, name, false) ||
				     definition_wants(def, name, true))))
			out->enter[nr] = out->exit[nr] = true;
		if (name)
			out->text[nr] |= definition_wants_texts(def, name);
	}
	out->times |= definition_asks(def) & SYSCALL_NO_TIME;
}

static int wants(const struct monitor *m, struct calls_wanted *out, struct strbuf *why)
{
	struct figure_wish *wishes;
	struct definition *def;
	int err = declared_parse(m, 0, &def, why);
	size_t n;

	if (err && monitor_info(m)->own_means)
		why_err(why, "a script of other probes is judged by what its maps mean, said in "
			     "syscalls: --means 'PROBE { @x = .. }', or \"means\" in its manifest "
			     "(docs/definitions.md)");
	if (err)
		return err;
	wishes = new_wishes(def);
	n = make_wishes(m, def, wishes);
	err = monitor_figures_fit(m, wishes, n, why);
	if (!err && !n && !definition_printfs(def)) {
		why_err(why, "%s: it has no map, so that it says of no figure what it means",
			monitor_info(m)->means_name);
		err = -EINVAL;
	}
	if (!err)
		want_calls(def, out);
	free(wishes);
	definition_release(def);
	return err;
}

static int read_figures(struct monitor *m, struct figures *out)
{
	struct figure_wish *wishes;
	struct definition *def;
	int err = declared_parse(m, 0, &def, NULL);

	if (err)
		return err;
	wishes = new_wishes(def);
	err = monitor_figures(m, wishes, make_wishes(m, def, wishes), out);
	free(wishes);
	definition_release(def);
	return err;
}

/* --- the record --- */

/*
 * What a monitor's program may be off the record's at the same tracepoint: where somebody else had
 * perf events there before us, those of the monitor run ahead of the record; and who probes the
 * function reads its clock behind the stamp of the entry, and ahead of the record of the exit.
 */
enum { SLACK_NS = 2000 };

/* When a monitor may have read its clock. */
static uint64_t earliest(const struct call *c)
{
	return c->late_ns == c->ns ? c->ns : MAX(c->ns, (uint64_t)SLACK_NS) - SLACK_NS;
}

static uint64_t latest(const struct call *c)
{
	return c->late_ns == c->ns ? c->ns : c->late_ns + SLACK_NS;
}

/* Sides of one thread stand together, in their order. */
static int by_thread(const void *a, const void *b)
{
	const struct call *x = *(const struct call *const *)a, *y = *(const struct call *const *)b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* What stood behind an argument at that side; NULL: not known. */
static const char *text_at(const struct call *c, uint8_t arg)
{
	for (int i = 0; i < CALL_TEXTS; i++)
		if (c->text[i] && c->text_arg[i] == arg)
			return c->text[i];
	return NULL;
}

static void add_texts(struct arena *a, const struct definition *def, const struct call *c,
		      struct syscall_record *r)
{
	uint8_t mask = r->name ? definition_wants_texts(def, r->name) : 0;
	struct syscall_text *list;

	if (!mask)
		return;
	list = arena_array(a, struct syscall_text, CALL_ARGS);
	for (uint8_t arg = 0; arg < CALL_ARGS; arg++) {
		struct syscall_text *t = &list[r->ntexts];

		if (!(mask >> arg & 1))
			continue;
		*t = (struct syscall_text){.arg = arg, .unread = true, .bytes = ""};
		r->ntexts++;
		if (!text_at(c, arg))
			continue;
		t->unread = false;
		t->bytes = text_at(c, arg);
		t->len = (uint16_t)strlen(t->bytes);
		t->cut = t->len + 1 >= DEFINITION_STR_MAX;
	}
	r->texts = list;
}

/* What could not be read as the call entered, and could as it returned. */
static void add_later(const struct call *c, struct syscall_record *r)
{
	struct syscall_text *list = (struct syscall_text *)(uintptr_t)r->texts;

	for (size_t i = 0; i < r->ntexts; i++)
		if (list[i].unread)
			list[i].later = text_at(c, list[i].arg);
}

static void begin(struct arena *a, const struct definition *def, const struct call *c,
		  struct syscall_record *r)
{
	*r = (struct syscall_record){
		.nr = (long)c->number,
		.name = c->compat ? NULL : name_of(c->number),
		.compat = c->compat,
		.pid = c->tgid,
		.tid = c->tid,
		.uid = c->uid,
		.gid = c->gid,
		.cgroup = c->cgroup,
	};
	memcpy(r->args, c->args, sizeof(r->args));
	if (c->exit)
		return;
	r->has_enter = true;
	r->enter_ns = earliest(c);
	r->enter_max_ns = latest(c);
	r->cpu_enter = c->cpu;
	memcpy(r->comm_enter, c->comm, sizeof(r->comm_enter));
	add_texts(a, def, c, r);
}

static void end(const struct call *c, struct syscall_record *r)
{
	r->has_exit = true;
	r->exit_ns = earliest(c);
	r->exit_max_ns = latest(c);
	r->cpu_exit = c->cpu;
	r->ret = c->ret;
	memcpy(r->comm_exit, c->comm, sizeof(r->comm_exit));
	add_later(c, r);
}

struct syscall_record *declared_records(struct arena *a, const struct definition *def,
					const struct call *calls, size_t ncalls, size_t *n)
{
	const struct call **sorted = arena_array(a, const struct call *, ncalls + 1);
	struct syscall_record *list = arena_array(a, struct syscall_record, ncalls + 1);
	struct syscall_record *open = NULL; /* entered, by the thread at hand */

	*n = 0;
	for (size_t i = 0; i < ncalls; i++)
		sorted[i] = &calls[i];
	qsort(sorted, ncalls, sizeof(*sorted), by_thread);
	for (size_t i = 0; i < ncalls; i++) {
		const struct call *c = sorted[i];

		if (open && (open->tid != c->tid || !c->exit || open->nr != c->number))
			open = NULL;
		if (c->exit && open) {
			end(c, open);
			/* A call may change who makes it: the exit has the last word. */
			open->uid = c->uid;
			open->gid = c->gid;
			open = NULL;
			continue;
		}
		begin(a, def, c, &list[*n]);
		open = c->exit ? NULL : &list[*n];
		if (c->exit)
			end(c, &list[*n]);
		++*n;
	}
	return list;
}

/* --- the verdict --- */

static const struct definition_values *values_of(const struct definition_result *r,
						 const char *name)
{
	for (size_t i = 0; i < r->nvalues; i++)
		if (!strcmp(r->values[i].map->name, name))
			return &r->values[i];
	return NULL;
}

/* "[pid 12, comm 'cat']" */
static void name_key(const struct definition_map *map, const struct declared_pair *p,
		     struct strbuf *out)
{
	if (!map->nparts)
		return;
	if (!p->cell) {
		strbuf_addf(out, "[%s]", p->key);
		return;
	}
	for (size_t i = 0; i < map->nparts; i++) {
		const struct definition_key *k = &p->cell->key[i];

		strbuf_addf(out, "%s%s ", i ? ", " : "[", map->parts[i].name);
		if (map->parts[i].kind.type == DEFINITION_TEXT)
			strbuf_addf(out, "'%s'", k->text);
		else
			figure_add_number(out, k->number, map->parts[i].kind.is_signed);
	}
	strbuf_addch(out, ']');
}

/* What a row holds. */
static void name_row(const struct definition_map *map, const struct declared_pair *p,
		     struct strbuf *out)
{
	const struct figure_row *row = p->row;

	switch (map->function) {
	case DEFINITION_STATS:
		strbuf_addf(out, "count %" PRIu64 ", total ", row->count);
		figure_add_number(out, row->sum, true);
		break;
	case DEFINITION_AVG:
		figure_add_number(out, row->value, true);
		strbuf_addstr(out, " on average");
		break;
	case DEFINITION_HIST:
	case DEFINITION_LHIST: figure_add_number(out, p->got ? p->got->count : 0, false); break;
	default:
		if (row->text)
			strbuf_addstr(out, row->text);
		else
			figure_add_number(out, row->value, map->value.is_signed);
	}
}

static void name_bound(const struct definition_bound *b, bool is_signed, struct strbuf *out)
{
	figure_add_number(out, b->lo, is_signed);
	if (b->lo == b->hi)
		return;
	strbuf_addstr(out, " to ");
	figure_add_number(out, b->hi, is_signed);
}

static void name_cell(const struct definition_map *map, const struct declared_pair *p,
		      struct strbuf *out)
{
	static const struct definition_bound nothing;
	const struct definition_cell *c = p->cell;

	switch (map->function) {
	case DEFINITION_STATS:
		strbuf_addstr(out, "count ");
		name_bound(&c->count, false, out);
		strbuf_addstr(out, ", total ");
		name_bound(&c->value, true, out);
		break;
	case DEFINITION_AVG:
		name_bound(&c->average, true, out);
		strbuf_addstr(out, " on average");
		break;
	case DEFINITION_HIST:
	case DEFINITION_LHIST:
		name_bound(p->bucket ? &p->bucket->count
			   : p->row  ? &nothing
				     : &c->count,
			   false, out);
		break;
	case DEFINITION_COUNT: name_bound(&c->count, false, out); break;
	default:
		if (c->text)
			strbuf_addstr(out, c->text);
		else
			name_bound(&c->value, map->value.is_signed, out);
	}
}

/* " bucket [1024, 2048)", or nothing. */
static void name_bucket(const struct declared_pair *p, struct strbuf *out)
{
	if (p->bucket && p->bucket->open_low)
		strbuf_addf(out, " bucket (.., %" PRId64 ")", p->bucket->until);
	else if (p->bucket && p->bucket->open_high)
		strbuf_addf(out, " bucket [%" PRId64 ", ..)", p->bucket->from);
	else if (p->bucket)
		strbuf_addf(out, " bucket [%" PRId64 ", %" PRId64 ")", p->bucket->from,
			    p->bucket->until);
	else if (p->got && p->got->open_low)
		strbuf_addstr(out, " bucket of the lowest values");
	else if (p->got)
		strbuf_addf(out, " bucket from %" PRId64, p->got->from);
}

struct telling {
	const struct definition_values *want;
	const struct figure_map *got;
	struct judge_result *out;
	const char *why; /* ": as if ..", or "" */
};

/* One mismatch as a sentence: map, key in words, what is there, what should be, and why. */
static void tell(void *arg, const struct declared_pair *p)
{
	const struct telling *t = arg;
	const struct definition_map *map = t->want->map;
	struct judge_mismatch *m = judge_add(t->out, p->cell && p->row ? JUDGE_COUNTER : JUDGE_KEY);
	struct strbuf key = STRBUF_INIT, want = STRBUF_INIT, got = STRBUF_INIT, at = STRBUF_INIT;

	if (!m)
		return;
	name_key(map, p, &key);
	name_bucket(p, &at);
	if (p->cell)
		name_cell(map, p, &want);
	if (p->row)
		name_row(map, p, &got);
	m->field = t->got->name;
	snprintf(m->key_text, sizeof(m->key_text), "%s", key.s);
	snprintf(m->expected_text, sizeof(m->expected_text), "%s", p->cell ? want.s : "none");
	snprintf(m->captured_text, sizeof(m->captured_text), "%s", p->row ? got.s : "none");
	if (p->cell && p->row)
		snprintf(m->text, sizeof(m->text), "%s%s%s is %s, the calls make it %s%s", m->field,
			 key.s, at.s, got.s, want.s, t->why);
	else if (p->cell)
		snprintf(m->text, sizeof(m->text), "%s%s is missing, the calls make it %s%s",
			 m->field, key.s, want.s, t->why);
	else
		snprintf(m->text, sizeof(m->text), "%s%s is %s, and no call counts there%s",
			 m->field, key.s, got.s, t->why);
	strbuf_release(&key);
	strbuf_release(&want);
	strbuf_release(&got);
	strbuf_release(&at);
}

static void doubt(struct judge_result *out, const char *map, const char *why)
{
	if (!out->doubt[0])
		snprintf(out->doubt, sizeof(out->doubt), "%s cannot be determined: %s", map,
			 why ? why : "it depends on what nobody knows");
}

/* Of a map in doubt: the first cell's reason. */
static const char *reason(const struct definition_values *want)
{
	for (size_t i = 0; !want->why && i < want->n; i++)
		if (want->cells[i].why && want->cells[i].doubt != DEFINITION_CLOCK)
			return want->cells[i].why;
	return want->why;
}

static void judge_map(const struct declared_case *c, bool *bounded, struct judge_result *out)
{
	struct telling t = {c->want, c->got, out, ""};
	struct strbuf why = STRBUF_INIT;
	enum declared_match match;
	size_t compared = 0;

	if (c->want->doubt != DEFINITION_EXACT) {
		doubt(out, c->got->name, c->want->why);
		return;
	}
	match = declared_compare(c->want, c->got, NULL, NULL, &compared);
	out->keys += compared;
	out->counters += compared;
	*bounded |= match == DECLARED_WITHIN;
	if (match == DECLARED_NOT_SAID)
		doubt(out, c->got->name, reason(c->want));
	if (match != DECLARED_WRONG)
		return;
	declared_explain(c, &why);
	t.why = why.s;
	declared_compare(c->want, c->got, tell, &t, NULL);
	strbuf_release(&why);
}

static void judge_figures(const struct judge_input *in, const struct definition *def,
			  struct judge_result *out)
{
	struct arena a = ARENA_INIT;
	struct definition_result result = {0};
	struct declared_case c = {.in = in, .def = def};
	bool bounded = false;

	c.records = declared_records(&a, def, in->calls, in->ncalls, &c.nrecords);
	if (definition_run(def, c.records, c.nrecords, &result))
		abort();
	for (size_t i = 0; i < in->figures->n; i++) {
		c.got = &in->figures->maps[i];
		c.want = values_of(&result, c.got->name);
		if (c.want)
			judge_map(&c, &bounded, out);
	}
	declared_judge_events(in, def, &result, out);
	out->verdict = out->mismatches ? JUDGE_MISMATCH : bounded ? JUDGE_BOUNDED : JUDGE_EXACT;
	if (out->mismatches)
		out->doubt[0] = '\0';
	else if (out->doubt[0])
		out->verdict = JUDGE_NONE;
	definition_result_release(&result);
	arena_release(&a);
}

static void judge_declared(const struct judge_input *in, struct judge_result *out)
{
	struct definition *def;

	*out = (struct judge_result){.verdict = JUDGE_NONE};
	if (declared_parse(in->monitor, in->cgroup_id, &def, NULL))
		return;
	judge_figures(in, def, out);
	definition_release(def);
}

static uint64_t determines(const struct model_definition *def UNUSED)
{
	return 0;
}

const struct subject_ops subject_declared = {
	.words = &words,
	.help = "anything: what its maps mean is said in bpftrace's words (\"means\")",
	.workloads = WORKLOAD_CALLS,
	.determines = determines,
	.judge = judge_declared,
	.wants = wants,
	.read = read_figures,
};
