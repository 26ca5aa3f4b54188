/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The run. Records become their sides, sorted by time; each side is held against the probes of each
 * block, in the order of the text, and the block's tree is walked. Where a condition is in doubt
 * both ways are walked, and all they change is in doubt.
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/store.h"
#include "harness/definition/types.h"
#include "lib/strbuf.h"

struct side {
	uint64_t from_ns;
	uint32_t record;
	bool exit;
};

struct run {
	const struct definition *def;
	struct definition_result *out;
	struct arena arena; /* of the run alone */
	struct store *stores;
	const struct block *block;
	const struct probe *probe;
	const struct syscall_record *record; /* NULL: BEGIN or END */
	bool exit;
	struct moment moment;
	struct value *vars;
	bool returned;
	enum definition_doubt returned_doubt; /* perhaps */
	const char *returned_why;
	size_t events_cap;
};

static struct value evaluate(struct run *r, const struct node *n);
static void execute(struct run *r, const struct statement *s);

/* --- what the probe sees --- */

static const char own[] = "BEGIN and END run in bpftrace's own thread";
static const char unseen[] = "the record of what happened does not have it";

static struct value missing(struct definition_kind kind, const char *why)
{
	return value_unknown(kind, DEFINITION_MISSING, why);
}

static struct value read_clock(const struct run *r, const struct node *n)
{
	struct value v;

	if (r->record->unknown & SYSCALL_NO_TIME) {
		v = missing(n->type, unseen);
	} else {
		v = value_number(n->type, r->moment.from_ns);
		v.hi = r->moment.until_ns;
		if (v.lo != v.hi) {
			v.doubt = DEFINITION_CLOCK;
			v.why = "it depends on the moment at which a probe read its clock";
		}
	}
	v.instant = true;
	return v;
}

static const char *probe_name(struct run *r)
{
	const char *side = r->exit ? "exit" : "enter";

	if (!r->record)
		return r->probe->side == PROBE_BEGIN ? "BEGIN" : "END";
	if (r->probe->raw)
		return r->exit ? "tracepoint:raw_syscalls:sys_exit"
			       : "tracepoint:raw_syscalls:sys_enter";
	return arena_printf(&r->arena, "tracepoint:syscalls:sys_%s_%s", side, r->record->name);
}

static struct value read_comm(struct run *r, const struct node *n)
{
	const char *comm = r->exit ? r->record->comm_exit : r->record->comm_enter;

	return value_text(n->type, arena_strndup(&r->arena, comm, strnlen(comm, 15)));
}

static struct value read_builtin(struct run *r, const struct node *n)
{
	const struct syscall_record *rec = r->record;
	static const uint8_t needs[] = {
		[BUILTIN_UID] = SYSCALL_NO_UID,	  [BUILTIN_GID] = SYSCALL_NO_UID,
		[BUILTIN_CPU] = SYSCALL_NO_CPU,	  [BUILTIN_CGROUP] = SYSCALL_NO_CGROUP,
		[BUILTIN_COMM] = SYSCALL_NO_COMM, [BUILTIN_PROBE] = 0,
	};

	if (n->builtin == BUILTIN_PROBE)
		return value_text(n->type, probe_name(r));
	if (!rec)
		return missing(n->type, own);
	if (rec->unknown & needs[n->builtin])
		return missing(n->type, unseen);
	switch (n->builtin) {
	case BUILTIN_PID: return value_number(n->type, rec->pid);
	case BUILTIN_TID: return value_number(n->type, rec->tid);
	case BUILTIN_UID: return value_number(n->type, rec->uid);
	case BUILTIN_GID: return value_number(n->type, rec->gid);
	case BUILTIN_CPU: return value_number(n->type, r->exit ? rec->cpu_exit : rec->cpu_enter);
	case BUILTIN_CGROUP: return value_number(n->type, rec->cgroup);
	case BUILTIN_NSECS: return read_clock(r, n);
	case BUILTIN_RETVAL: return value_number(n->type, rec->ret);
	default: return read_comm(r, n);
	}
}

/* Which argument of the record's syscall is meant; -1: it has none of that name. */
static int argument_index(const struct run *r, const struct node *n, const struct syscall_arg **arg)
{
	const struct syscalls *all = r->def->syscalls;
	size_t at = names_find(&all->names, r->record->name);
	const struct syscall_info *info = at < all->names.n ? all->info[at] : NULL;

	for (size_t i = 0; info && i < info->nargs; i++)
		if (!strcmp(info->args[i].name, n->text)) {
			*arg = &info->args[i];
			return (int)i;
		}
	return -1;
}

static struct value read_field(struct run *r, const struct node *n)
{
	const struct syscall_record *rec = r->record;
	const struct syscall_arg *arg;
	struct value v;
	int i = n->index;

	if (n->source == FIELD_NR)
		return value_number(n->type, rec->nr);
	if (n->source == FIELD_RET)
		return value_number(n->type, rec->ret);
	if (rec->unknown & SYSCALL_NO_ARGS)
		return missing(n->type, unseen);
	if (n->source == FIELD_ARG) {
		i = argument_index(r, n, &arg);
		if (i < 0)
			return missing(n->type, unseen);
		v = value_number(argument_type(r->def, arg), (wide)rec->args[i]);
		v = value_cast(v, n->type);
	} else {
		v = value_number(n->type, (wide)rec->args[i]);
	}
	v.from = rec;
	v.arg = (uint8_t)i;
	return v;
}

/* The text at a pointer that is an argument of a syscall that has entered. */
static struct value read_text(struct run *r, const struct node *n, const struct value *at)
{
	const struct syscall_record *rec = at->from;
	const struct syscall_text *t = NULL;
	uint16_t most = n->type.bytes - 1;

	if (value_exact(at) && at->lo == 0)
		return value_text(n->type, "");
	for (size_t i = 0; rec && i < rec->ntexts; i++)
		if (rec->texts[i].arg == at->arg)
			t = &rec->texts[i];
	if (!t)
		return missing(n->type, rec ? "the record of what happened has not kept the text"
					    : "no argument of a syscall is known to point there");
	if (t->unread && !r->exit)
		return value_text(n->type, "");
	if (t->unread && t->later)
		return value_text(n->type,
				  arena_strndup(&r->arena, t->later, strnlen(t->later, most)));
	if (t->unread)
		return missing(n->type, "the text could not be read when the syscall entered");
	if (t->cut && t->len < most)
		return missing(n->type, "the record of what happened has kept less of the text");
	return value_text(n->type,
			  arena_strndup(&r->arena, t->bytes, strnlen(t->bytes, MIN(t->len, most))));
}

/* --- expressions --- */

static struct cell *cell_at(struct run *r, const struct node *n)
{
	struct value key[DEFINITION_PARTS_MAX];

	for (size_t i = 0; i < n->nkeys; i++)
		key[i] = evaluate(r, n->keys[i]);
	return store_cell(&r->stores[n->map->place], key, n->nkeys);
}

static struct value read_map(struct run *r, const struct node *n)
{
	struct store *s = &r->stores[n->map->place];
	struct cell *c = cell_at(r, n);

	if (!c)
		return value_unknown(n->map->is.value, s->doubt, s->why);
	return store_read(s, c, &r->moment);
}

static void write_to(struct run *r, const struct node *n, struct value v)
{
	struct cell *c;

	if (n->kind == NODE_VAR) {
		struct value *var = &r->vars[n->index];
		struct definition_kind kind = r->block->var_types[n->index];

		if (kind.type == DEFINITION_NUMBER)
			v = value_cast(v, kind);
		if (r->moment.maybe)
			v = value_either(&v, var, r->moment.maybe, r->moment.why);
		*var = v;
		return;
	}
	if (n->map->is.value.type == DEFINITION_NUMBER)
		v = value_cast(v, n->map->is.value);
	c = cell_at(r, n);
	if (c)
		store_write(&r->stores[n->map->place], c, v, &r->moment);
}

static struct value step(struct run *r, const struct node *n)
{
	struct value old = n->a->kind == NODE_VAR ? r->vars[n->a->index] : read_map(r, n->a), now;
	struct node one = {.kind = NODE_NUMBER, .literal = true, .number = 1, .type = old.kind};
	struct node op = {.kind = NODE_BINARY,
			  .op = n->op == TOKEN_INC ? TOKEN_ADD : TOKEN_SUB,
			  .a = n->a,
			  .b = &one,
			  .type = old.kind};

	now = value_binary(r->def->words.release, &op, old, value_number(old.kind, 1));
	write_to(r, n->a, now);
	return n->index ? now : old;
}

/* && and || evaluate the right side only where the left one does not decide. */
static struct value logic(struct run *r, const struct node *n)
{
	struct value a = evaluate(r, n->a), b, out = {.kind = n->type};
	int decides = n->op == TOKEN_OR, ta = value_truth(&a), tb;

	if (ta == decides)
		return value_number(n->type, decides);
	b = evaluate(r, n->b);
	tb = value_truth(&b);
	if (tb == decides)
		return value_number(n->type, decides);
	if (ta >= 0 && tb >= 0)
		return value_number(n->type, !decides);
	out.hi = 1;
	value_doubt(&out, &a);
	value_doubt(&out, &b);
	return out;
}

static struct value ternary(struct run *r, const struct node *n)
{
	struct value cond = evaluate(r, n->a), b, c;
	int truth = value_truth(&cond);

	if (truth >= 0) {
		b = evaluate(r, truth ? n->b : n->c);
	} else {
		b = evaluate(r, n->b);
		c = evaluate(r, n->c);
		b = value_either(&b, &c, cond.doubt, cond.why);
	}
	if (n->type.type == DEFINITION_NUMBER)
		return value_cast(b, n->type);
	b.kind = n->type;
	return b;
}

static struct value evaluate(struct run *r, const struct node *n)
{
	struct value a;

	switch (n->kind) {
	case NODE_NUMBER:
		if (n->type.is_signed)
			return value_number(n->type, (int64_t)n->number);
		return value_number(n->type, (wide)n->number);
	case NODE_TEXT: return value_text(n->type, n->text);
	case NODE_BUILTIN: return read_builtin(r, n);
	case NODE_FIELD: return read_field(r, n);
	case NODE_VAR: return r->vars[n->index];
	case NODE_MAP: return read_map(r, n);
	case NODE_UNARY: return value_unary(n, evaluate(r, n->a));
	case NODE_BINARY:
		if (n->op == TOKEN_AND || n->op == TOKEN_OR)
			return logic(r, n);
		a = evaluate(r, n->a);
		return value_binary(r->def->words.release, n, a, evaluate(r, n->b));
	case NODE_TERNARY: return ternary(r, n);
	case NODE_CAST: return value_cast(evaluate(r, n->a), n->type);
	case NODE_STR: a = evaluate(r, n->a); return read_text(r, n, &a);
	case NODE_STEP: return step(r, n);
	}
	return (struct value){0};
}

/* --- statements --- */

/* Walks @s as what may or may not have happened. */
static void perhaps(struct run *r, const struct statement *s, const struct value *cond)
{
	struct moment before = r->moment;
	bool returned = r->returned;

	if (cond->doubt > r->moment.maybe) {
		r->moment.maybe = cond->doubt;
		r->moment.why = cond->why;
	}
	execute(r, s);
	if (r->returned && !returned) {
		r->returned = false;
		r->returned_doubt = r->moment.maybe;
		r->returned_why = r->moment.why;
	}
	before.line = r->moment.line;
	r->moment = before;
	if (r->returned_doubt > r->moment.maybe) {
		r->moment.maybe = r->returned_doubt;
		r->moment.why = r->returned_why;
	}
}

static void decide(struct run *r, const struct statement *s)
{
	struct value cond = evaluate(r, s->value);
	int truth = value_truth(&cond);

	if (truth >= 0) {
		execute(r, truth ? s->then : s->otherwise);
		return;
	}
	perhaps(r, s->then, &cond);
	perhaps(r, s->otherwise, &cond);
}

static void count(struct run *r, const struct statement *s)
{
	struct value v = {0};
	struct cell *c;

	if (s->value) {
		v = evaluate(r, s->value);
		v = value_cast(v, (struct definition_kind){.bytes = 8,
							   .is_signed = s->value->type.is_signed});
	}
	c = cell_at(r, s->target);
	if (c)
		store_add(&r->stores[s->target->map->place], c, s, s->value ? &v : NULL,
			  &r->moment);
}

static void all_cells(struct run *r, const struct statement *s)
{
	struct store *st = &r->stores[s->target->map->place];

	for (size_t i = 0; i < st->nslots; i++)
		for (struct cell *c = st->slots[i]; c; c = c->next) {
			if (s->kind == STATEMENT_ZERO)
				store_zero(st, c, &r->moment);
			else if (c->present)
				store_delete(st, c, &r->moment);
		}
}

/* The digits of @v as printf() prints @bytes of them. */
static void add_number(struct strbuf *out, const struct piece *p, uint64_t v)
{
	unsigned int cut = 64 - p->bytes * 8u;
	uint64_t plain = v << cut >> cut;
	char format[24];

	snprintf(format, sizeof(format), "%s%s%c", p->flags, p->conversion == 'c' ? "" : "ll",
		 p->conversion == 'p' ? 'x' : p->conversion);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (p->conversion == 'd')
		strbuf_addf(out, format, (long long)((int64_t)(v << cut) >> cut));
	else if (p->conversion == 'c')
		strbuf_addf(out, format, (int)plain);
	else
		strbuf_addf(out, format, (unsigned long long)plain);
#pragma GCC diagnostic pop
}

static void add_piece(const struct run *r, struct strbuf *out, const struct piece *p,
		      const struct value *v)
{
	if (p->conversion == 'p' && !v->lo && r->def->words.release == DEFINITION_BT_0_17) {
		strbuf_addstr(out, "(nil)");
		return;
	}
	if (p->conversion == 'p' && v->lo)
		strbuf_addstr(out, "0x");
	if (p->conversion != 's') {
		add_number(out, p, (uint64_t)v->lo);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	char format[24];

	snprintf(format, sizeof(format), "%ss", p->flags);
	strbuf_addf(out, format, v->text);
#pragma GCC diagnostic pop
}

static struct definition_event *event_new(struct run *r)
{
	struct definition_result *out = r->out;

	if (out->nevents == r->events_cap) {
		size_t cap = r->events_cap ? r->events_cap * 2 : 64;
		struct definition_event *more =
			arena_array(&out->arena, struct definition_event, cap);

		if (out->nevents)
			memcpy(more, out->events, out->nevents * sizeof(*more));
		out->events = more;
		r->events_cap = cap;
	}
	return &out->events[out->nevents++];
}

static void print(struct run *r, const struct statement *s)
{
	struct definition_event *e = event_new(r);
	struct strbuf line = STRBUF_INIT;
	bool whole = true;

	*e = (struct definition_event){.record = r->moment.record,
				       .exit = r->exit,
				       .maybe = r->moment.maybe,
				       .tid = r->record ? r->record->tid : 0,
				       .printf = s->number};
	e->fields = arena_array(&r->out->arena, struct definition_field, s->npieces);
	for (size_t i = 0; i < s->npieces; i++) {
		const struct piece *p = &s->pieces[i];
		struct definition_field *f = &e->fields[e->nfields];
		struct value v;

		strbuf_addstr(&line, p->before);
		if (!p->value)
			continue;
		v = evaluate(r, p->value);
		*f = (struct definition_field){.name = p->name,
					       .kind = v.kind,
					       .number = {(uint64_t)v.lo, (uint64_t)v.hi},
					       .doubt = v.doubt};
		if (v.text)
			f->text = arena_strdup(&r->out->arena, v.text);
		e->nfields++;
		whole = whole && value_exact(&v);
		if (value_exact(&v))
			add_piece(r, &line, p, &v);
	}
	if (whole)
		e->text = arena_strndup(&r->out->arena, line.s, line.len);
	strbuf_release(&line);
}

static void execute(struct run *r, const struct statement *s)
{
	struct cell *c;

	for (; s && !r->returned; s = s->next) {
		r->moment.line = s->at.line;
		switch (s->kind) {
		case STATEMENT_SET: write_to(r, s->target, evaluate(r, s->value)); break;
		case STATEMENT_COUNT: count(r, s); break;
		case STATEMENT_STEP: step(r, s->value); break;
		case STATEMENT_IF: decide(r, s); break;
		case STATEMENT_DELETE:
			c = cell_at(r, s->target);
			if (c)
				store_delete(&r->stores[s->target->map->place], c, &r->moment);
			break;
		case STATEMENT_CLEAR:
		case STATEMENT_ZERO: all_cells(r, s); break;
		case STATEMENT_PRINTF: print(r, s); break;
		case STATEMENT_RETURN: r->returned = true; break;
		}
	}
}

/* --- probes --- */

static void enter_block(struct run *r)
{
	const struct block *b = r->block;
	struct value cond;
	int truth = 1;

	for (size_t i = 0; i < b->vars.n; i++)
		r->vars[i] = b->var_types[i].type == DEFINITION_TEXT
				     ? value_text(b->var_types[i], "")
				     : value_number(b->var_types[i], 0);
	r->returned = false;
	r->returned_doubt = DEFINITION_EXACT;
	r->moment.maybe = DEFINITION_EXACT;
	r->moment.line = b->at.line;
	if (b->predicate) {
		cond = evaluate(r, b->predicate);
		truth = value_truth(&cond);
	}
	if (!truth)
		return;
	r->out->probes++;
	if (truth < 0)
		perhaps(r, b->body, &cond);
	else
		execute(r, b->body);
}

/* BEGIN or END. */
static void run_alone(struct run *r, enum probe_side side)
{
	r->record = NULL;
	r->exit = false;
	r->moment = (struct moment){.alone = true, .record = UINT32_MAX};
	for (r->block = r->def->blocks; r->block; r->block = r->block->next)
		for (r->probe = r->block->probes; r->probe; r->probe = r->probe->next)
			if (r->probe->side == side)
				enter_block(r);
}

static void run_side(struct run *r, const struct side *s, const struct syscall_record *rec)
{
	uint64_t until = s->exit ? rec->exit_max_ns : rec->enter_max_ns;

	r->record = rec;
	r->exit = s->exit;
	r->moment = (struct moment){.tid = rec->tid,
				    .from_ns = s->from_ns,
				    .until_ns = MAX(s->from_ns, until),
				    .record = s->record};
	for (r->block = r->def->blocks; r->block; r->block = r->block->next)
		for (r->probe = r->block->probes; r->probe; r->probe = r->probe->next)
			if (probe_sees(r->probe, rec->name ? rec->name : "", s->exit) &&
			    (r->probe->raw || (!rec->compat && rec->name)))
				enter_block(r);
}

static int by_time(const void *a, const void *b)
{
	const struct side *x = a, *y = b;

	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return x->exit - y->exit;
}

static struct side *sides_of(const struct syscall_record *records, size_t n, size_t *nsides)
{
	struct side *sides = malloc((2 * n + 1) * sizeof(*sides));

	*nsides = 0;
	for (size_t i = 0; sides && i < n; i++) {
		if (records[i].has_enter)
			sides[(*nsides)++] = (struct side){records[i].enter_ns, (uint32_t)i, false};
		if (records[i].has_exit)
			sides[(*nsides)++] = (struct side){records[i].exit_ns, (uint32_t)i, true};
	}
	if (sides)
		qsort(sides, *nsides, sizeof(*sides), by_time);
	return sides;
}

int definition_run(const struct definition *def, const struct syscall_record *records, size_t n,
		   struct definition_result *result)
{
	struct run r = {.def = def, .out = result};
	size_t nsides, vars = 0;
	struct side *sides = sides_of(records, n, &nsides);

	*result = (struct definition_result){0};
	if (!sides)
		return -ENOMEM;
	for (const struct block *b = def->blocks; b; b = b->next)
		vars = MAX(vars, b->vars.n);
	r.vars = arena_array(&r.arena, struct value, vars + 1);
	r.stores = arena_array(&r.arena, struct store, def->nmaps + 1);
	for (size_t i = 0; i < def->nmaps; i++)
		r.stores[i] =
			(struct store){.def = def, .map = def->by_place[i], .arena = &r.arena};
	run_alone(&r, PROBE_BEGIN);
	for (size_t i = 0; i < nsides; i++)
		run_side(&r, &sides[i], &records[sides[i].record]);
	run_alone(&r, PROBE_END);
	result->nvalues = def->nmaps;
	result->values = arena_array(&result->arena, struct definition_values, def->nmaps + 1);
	for (size_t i = 0; i < def->nmaps; i++)
		store_values(&r.stores[i], &result->values[i], &result->arena);
	free(sides);
	arena_release(&r.arena);
	return 0;
}

void definition_result_release(struct definition_result *result)
{
	arena_release(&result->arena);
	*result = (struct definition_result){0};
}
