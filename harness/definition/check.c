/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Types. Maps and variables get theirs from what is assigned to them, which may stand behind their
 * first use, and expressions from their parts: so the tree is walked until nothing changes, and
 * once more to find what has no type then or one that does not fit. What the operators make of
 * types is in types.c, release by release.
 */
#include "lib/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/definition/tree.h"
#include "harness/definition/types.h"
#include "lib/suggest.h"

struct checker {
	struct definition *def;
	struct strbuf *why;
	struct block *block;
	bool changed;
	bool last; /* the walk that finds what is wrong */
};

#define FAIL(c, at, ...) definition_error((c)->def, (at), (c)->why, __VA_ARGS__)

static int infer(struct checker *c, struct node *n);

static bool known(const struct node *n)
{
	return n->type.bytes;
}

static const char *kind_text(struct checker *c, struct definition_kind k)
{
	if (k.type == DEFINITION_TEXT)
		return "a text";
	return arena_printf(&c->def->arena, "a number (%sint%d)", k.is_signed ? "" : "u",
			    k.bytes * 8);
}

/* After the last walk a value without a type is an error of what it is made of, told there. */
static int need_number(struct checker *c, const struct node *n, const char *who)
{
	if (known(n) && n->type.type != DEFINITION_NUMBER)
		return FAIL(c, n->at, "%s takes a number, and this is a text", who);
	return 0;
}

/* --- what a block's probes see --- */

static int check_probe(struct checker *c, const struct probe *p)
{
	struct names *all = &c->def->syscalls->names;
	bool exit = p->side == PROBE_EXIT;
	const char *side = exit ? "exit" : "enter", *near;

	if (p->side == PROBE_BEGIN || p->side == PROBE_END || p->raw)
		return 0;
	for (size_t i = 0; i < all->n; i++)
		if (probe_sees(p, all->v[i], exit))
			return 0;
	if (strchr(p->name, '*'))
		return FAIL(c, p->at, "no syscall's tracepoint matches 'sys_%s_%s'", side, p->name);
	near = suggest_nearest(p->name, (const char *const *)all->v, all->n);
	if (near)
		return FAIL(c, p->at, "there is no tracepoint 'sys_%s_%s'; is 'sys_%s_%s' meant?",
			    side, p->name, side, near);
	return FAIL(c, p->at,
		    "there is no tracepoint 'sys_%s_%s'; the folders sys_%s_* in "
		    "/sys/kernel/tracing/events/syscalls name them",
		    side, p->name, side);
}

/* --- fields --- */

struct definition_kind argument_type(const struct definition *def, const struct syscall_arg *arg)
{
	if (def->words.release == DEFINITION_BT_0_17)
		return (struct definition_kind){.bytes = arg->bytes, .is_signed = arg->is_signed};
	return (struct definition_kind){.bytes = 8, .is_signed = arg->sign_said};
}

/* The argument of one syscall. */
static int argument(struct checker *c, struct node *n, const char *syscall)
{
	const struct syscall_info *info = syscalls_find(c->def->syscalls, syscall);
	struct strbuf names = STRBUF_INIT;
	int err;

	for (size_t i = 0; i < info->nargs; i++) {
		struct definition_kind k = argument_type(c->def, &info->args[i]);

		if (strcmp(info->args[i].name, n->text))
			continue;
		if (known(n) && n->type.is_signed != k.is_signed)
			return FAIL(c, n->at,
				    "'%s' of sys_enter_%s has another sign than that of another "
				    "probe here; write a block for each",
				    n->text, syscall);
		if (!known(n) || n->type.bytes < k.bytes)
			n->type = k;
		return 0;
	}
	for (size_t i = 0; i < info->nargs; i++)
		strbuf_addf(&names, "%s%s", i ? ", " : "", info->args[i].name);
	err = FAIL(c, n->at, "sys_enter_%s has no argument '%s'; it has %s", syscall, n->text,
		   info->nargs ? names.s : "none");
	strbuf_release(&names);
	return err;
}

static int field_of(struct checker *c, struct node *n, const struct probe *p)
{
	static const struct definition_kind ret = {.bytes = 8, .is_signed = true},
					    nr = {.bytes = 4, .is_signed = true},
					    raw = {.bytes = 8};
	struct names *all = &c->def->syscalls->names;

	if (p->side == PROBE_BEGIN || p->side == PROBE_END)
		return FAIL(c, n->at, "BEGIN and END have no arguments");
	if (!strcmp(n->text, p->raw ? "id" : "__syscall_nr") && n->index < 0) {
		n->source = FIELD_NR;
		n->type = p->raw ? ret : nr;
		return 0;
	}
	if (p->side == PROBE_EXIT) {
		if (strcmp(n->text, "ret") || n->index >= 0)
			return FAIL(
				c, n->at,
				"an exit has no field '%s'; it has ret%s. Keep an argument from "
				"the enter in a map: @a[tid] = args.%s",
				n->text, p->raw ? " and id" : "", n->text);
		n->source = FIELD_RET;
		n->type = ret;
		return 0;
	}
	if (p->raw) {
		if (strcmp(n->text, "args") || n->index < 0)
			return FAIL(c, n->at,
				    "raw_syscalls:sys_enter has no field '%s'; it has id, and "
				    "args[0] to args[5]",
				    n->text);
		n->source = FIELD_RAW_ARG;
		n->type = raw;
		return 0;
	}
	if (n->index >= 0)
		return FAIL(c, n->at, "'%s' is no array", n->text);
	n->source = FIELD_ARG;
	for (size_t i = 0; i < all->n; i++)
		if (probe_sees(p, all->v[i], false) && argument(c, n, all->v[i]))
			return -EINVAL;
	return 0;
}

static int infer_field(struct checker *c, struct node *n)
{
	struct definition_kind before = n->type;
	enum field_source source = n->source;

	if (known(n))
		return 0;
	for (const struct probe *p = c->block->probes; p; p = p->next) {
		if (field_of(c, n, p))
			return -EINVAL;
		if (p != c->block->probes && n->source != source)
			return FAIL(c, n->at, "'%s' is not the same in each probe here", n->text);
		source = n->source;
	}
	c->changed |= before.bytes != n->type.bytes;
	return 0;
}

/* --- maps and variables --- */

static void widen(struct checker *c, struct definition_kind *to, struct definition_kind from)
{
	if (to->type == from.type && to->bytes >= from.bytes)
		return;
	*to = from;
	c->changed = true;
}

static int check_keys(struct checker *c, struct node *n)
{
	struct definition_map *m = &n->map->is;

	if (!n->map->keyed) {
		n->map->keyed = true;
		m->nparts = n->nkeys;
		c->changed = true;
	}
	if (m->nparts != n->nkeys)
		return FAIL(c, n->at,
			    "the key of %s has %zu parts here and %zu elsewhere; it is "
			    "the same everywhere",
			    m->name, n->nkeys, m->nparts);
	for (size_t i = 0; i < n->nkeys; i++) {
		struct node *key = n->keys[i];
		struct definition_part *part = &m->parts[i];
		struct definition_kind k;

		if (infer(c, key))
			return -EINVAL;
		k = key->type;
		if (!k.bytes)
			continue;
		if (k.type == DEFINITION_NUMBER) {
			k.bytes = 8;
			/* Printed as signed by 0.17, whatever they are. */
			k.is_signed |= c->def->words.release == DEFINITION_BT_0_17;
			k.is_signed &= !(key->literal && !key->index) ||
				       c->def->words.release == DEFINITION_BT_0_17;
		}
		if (part->kind.bytes && part->kind.type != k.type)
			return FAIL(c, key->at,
				    "part %zu of the key of %s is %s here and %s "
				    "elsewhere",
				    i + 1, m->name, kind_text(c, k), kind_text(c, part->kind));
		if (!part->name[0] && *node_name(key))
			snprintf(part->name, sizeof(part->name), "%s", node_name(key));
		if (k.type == DEFINITION_NUMBER && part->kind.bytes && k.is_signed &&
		    !part->kind.is_signed) {
			part->kind.is_signed = true;
			c->changed = true;
		}
		widen(c, &part->kind, k);
	}
	return 0;
}

static int infer_map(struct checker *c, struct node *n)
{
	const struct definition_map *m = &n->map->is;

	if (check_keys(c, n))
		return -EINVAL;
	if (c->last && !n->map->typed)
		return FAIL(c, n->at, "nothing is ever assigned to %s", m->name);
	if (m->function)
		return FAIL(
			c, n->at,
			"%s is a %s, which is read at the end only: each CPU has its own part of "
			"it until then",
			m->name, function_name(m->function));
	if (n->map->typed)
		n->type = m->value;
	return 0;
}

static int infer_var(struct checker *c, struct node *n)
{
	n->type = c->block->var_types[n->index];
	if (c->last && !known(n))
		return FAIL(c, n->at, "nothing is assigned to %s in this block", n->text);
	return 0;
}

static int set_var(struct checker *c, struct node *n, struct definition_kind k)
{
	struct definition_kind *t = &c->block->var_types[n->index];
	bool old = c->def->words.release == DEFINITION_BT_0_17;

	if (!k.bytes)
		return 0;
	if (!t->bytes) {
		*t = k;
		c->changed = true;
	}
	if (t->type != k.type)
		return FAIL(c, n->at, "%s is %s here and %s elsewhere", n->text, kind_text(c, k),
			    kind_text(c, *t));
	if (k.type == DEFINITION_NUMBER && old && t->bytes != k.bytes)
		return FAIL(
			c, n->at,
			"%s has %d bits here and %d elsewhere, of which bpftrace 0.17 makes two "
			"variables; cast it",
			n->text, k.bytes * 8, t->bytes * 8);
	if (k.type == DEFINITION_NUMBER && !old && k.is_signed && !t->is_signed) {
		t->is_signed = true;
		c->changed = true;
	}
	widen(c, t, (struct definition_kind){k.type, k.bytes, t->is_signed});
	n->type = *t;
	return 0;
}

/* A plain value is written to a map. */
static int set_map(struct checker *c, struct node *n, struct node *value, bool compound)
{
	struct map *m = n->map;
	struct definition_kind k = value->type;
	bool old = c->def->words.release == DEFINITION_BT_0_17;

	if (check_keys(c, n))
		return -EINVAL;
	if (m->typed && m->is.function)
		return FAIL(c, n->at, "%s is a %s elsewhere; it cannot have a plain value, too",
			    m->is.name, function_name(m->is.function));
	/* @x += args.ret of a map that nothing else writes. */
	if (compound && !old && !m->typed)
		k = (struct definition_kind){.bytes = 8, .is_signed = true};
	if (!k.bytes)
		return 0;
	if (m->typed && m->is.value.type != k.type)
		return FAIL(c, n->at, "%s is %s here and %s elsewhere", m->is.name, kind_text(c, k),
			    kind_text(c, m->is.value));
	if (k.type == DEFINITION_NUMBER) {
		if (type_left_open(c->def->words.release, value))
			m->doubt = "bpftrace 0.27 leaves the upper bits of a narrow value as they "
				   "were; cast it to 64 bits";
		k.bytes = 8;
		if (!old && compound && !m->said)
			k.is_signed = true;
	}
	if (!old && !compound && !m->said) {
		m->said = true;
		m->is.value.is_signed = false;
		c->changed = true;
	}
	if (!m->typed) {
		m->typed = c->changed = true;
		m->is.value = k;
	}
	if (k.type == DEFINITION_NUMBER && !old && k.is_signed && !m->is.value.is_signed) {
		m->is.value.is_signed = true;
		c->changed = true;
	}
	widen(c, &m->is.value, k);
	return 0;
}

/* --- expressions --- */

static int infer_builtin(struct checker *c, struct node *n)
{
	static const uint8_t asks[] = {
		[BUILTIN_UID] = SYSCALL_NO_UID,
		[BUILTIN_GID] = SYSCALL_NO_UID,
		[BUILTIN_CPU] = SYSCALL_NO_CPU,
		[BUILTIN_CGROUP] = SYSCALL_NO_CGROUP,
		[BUILTIN_NSECS] = SYSCALL_NO_TIME,
		[BUILTIN_COMM] = SYSCALL_NO_COMM,
		[BUILTIN_PROBE] = 0,
	};

	c->def->asks |= asks[n->builtin];
	if (n->builtin == BUILTIN_COMM || n->builtin == BUILTIN_PROBE) {
		n->type = (struct definition_kind){DEFINITION_TEXT,
						   n->builtin == BUILTIN_COMM ? 16 : 64, false};
		return 0;
	}
	n->type = (struct definition_kind){.bytes = 8};
	if (n->builtin != BUILTIN_RETVAL)
		return 0;
	n->type.is_signed = true;
	for (const struct probe *p = c->block->probes; p; p = p->next)
		if (p->side != PROBE_EXIT)
			return FAIL(c, n->at, "'retval' is of sys_exit_* alone");
	if (c->def->words.release != DEFINITION_TRUE)
		return FAIL(c, n->at, "bpftrace has no 'retval' at tracepoints; write args.ret");
	return 0;
}

/* str(args.x): which text must be kept. */
static int keep_text(struct checker *c, const struct node *field)
{
	struct names *all = &c->def->syscalls->names;
	bool text = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct syscall_info *info = NULL;
		size_t known_texts = c->def->texts.n, at;

		for (const struct probe *p = c->block->probes; p && !info; p = p->next)
			if (probe_sees(p, all->v[i], false))
				info = syscalls_find(c->def->syscalls, all->v[i]);
		for (size_t a = 0; info && a < info->nargs; a++) {
			if (strcmp(info->args[a].name, field->text))
				continue;
			at = names_add(&c->def->texts, info->name);
			if (c->def->texts.n > known_texts)
				arena_push(&c->def->arena, c->def->text_args, known_texts, 0);
			c->def->text_args[at] |= (uint8_t)(1u << a);
			text |= info->args[a].pointer;
		}
	}
	if (!text)
		return FAIL(c, field->at,
			    "str() takes what points at a text, and '%s' is no pointer",
			    field->text);
	return 0;
}

static int infer_str(struct checker *c, struct node *n)
{
	bool old = c->def->words.release == DEFINITION_BT_0_17;
	uint32_t bytes = c->def->text_bytes;

	if (infer(c, n->a))
		return -EINVAL;
	if (known(n->a) && n->a->type.type == DEFINITION_TEXT)
		return FAIL(c, n->at,
			    "str() takes what points at a text: str(args.filename); this "
			    "is one already");
	/* 0.17 counts characters, later releases the terminator, too. */
	if (n->b)
		bytes = (uint32_t)MIN(n->b->number + old, bytes);
	n->type = (struct definition_kind){DEFINITION_TEXT, (uint16_t)bytes, false};
	c->def->text_most = MAX(c->def->text_most, bytes);
	if (n->a->kind == NODE_FIELD && n->a->source == FIELD_ARG)
		return c->last ? keep_text(c, n->a) : 0;
	if (n->a->kind == NODE_FIELD && n->a->source != FIELD_RAW_ARG)
		return FAIL(c, n->at, "str() takes what points at a text, and '%s' is no pointer",
			    n->a->text);
	c->def->texts_anywhere = true;
	return 0;
}

static int infer_unary(struct checker *c, struct node *n)
{
	if (infer(c, n->a) || need_number(c, n->a, token_text(n->op)))
		return -EINVAL;
	n->type = type_unary(c->def->words.release, n->op, n->a);
	return 0;
}

static int infer_binary(struct checker *c, struct node *n)
{
	bool equals = n->op == TOKEN_EQ || n->op == TOKEN_NE;

	if (infer(c, n->a) || infer(c, n->b))
		return -EINVAL;
	if (known(n->a) && known(n->b) && n->a->type.type != n->b->type.type)
		return FAIL(c, n->at, "'%s' is between a text and a number", token_text(n->op));
	if (known(n->a) && n->a->type.type == DEFINITION_TEXT) {
		if (!equals)
			return FAIL(c, n->at, "texts are compared by == and != only, not by '%s'",
				    token_text(n->op));
		n->type = (struct definition_kind){
			.bytes = 8, .truth = c->def->words.release == DEFINITION_BT_0_27};
		return 0;
	}
	n->type = type_binary(c->def->words.release, n->op, n->a, n->b);
	return 0;
}

static int infer_ternary(struct checker *c, struct node *n)
{
	if (infer(c, n->a) || need_number(c, n->a, "?") || infer(c, n->b) || infer(c, n->c))
		return -EINVAL;
	if (!known(n->b) || !known(n->c))
		return 0;
	if (n->b->type.type != n->c->type.type)
		return FAIL(c, n->at, "'?' chooses between a text and a number");
	n->type = type_either(c->def->words.release, n->b, n->c);
	return 0;
}

static int infer_step(struct checker *c, struct node *n)
{
	static const struct definition_kind number = {.bytes = 8, .is_signed = true};
	struct node as = {.type = number};

	n->type = number;
	if (n->a->kind == NODE_VAR) {
		if (infer_var(c, n->a) || need_number(c, n->a, token_text(n->op)))
			return -EINVAL;
		n->type = n->a->type;
		return 0;
	}
	if (n->a->map->typed && !n->a->map->is.function) {
		if (check_keys(c, n->a))
			return -EINVAL;
		n->a->type = n->a->map->is.value;
		n->type = n->a->type;
		return need_number(c, n->a, token_text(n->op));
	}
	return set_map(c, n->a, &as, true);
}

static int infer(struct checker *c, struct node *n)
{
	switch (n->kind) {
	case NODE_NUMBER: n->type = type_literal(c->def->words.release, n); return 0;
	case NODE_TEXT:
		n->type = (struct definition_kind){DEFINITION_TEXT, (uint16_t)(n->len + 1), false};
		if (n->len >= DEFINITION_STR_MAX)
			return FAIL(c, n->at, "a text has at most %d bytes",
				    DEFINITION_STR_MAX - 1);
		return 0;
	case NODE_BUILTIN: return infer_builtin(c, n);
	case NODE_FIELD: return infer_field(c, n);
	case NODE_VAR: return infer_var(c, n);
	case NODE_MAP: return infer_map(c, n);
	case NODE_UNARY: return infer_unary(c, n);
	case NODE_BINARY: return infer_binary(c, n);
	case NODE_TERNARY: return infer_ternary(c, n);
	case NODE_CAST: return infer(c, n->a) || need_number(c, n->a, "a cast") ? -EINVAL : 0;
	case NODE_STR: return infer_str(c, n);
	case NODE_STEP: return infer_step(c, n);
	}
	return 0;
}

/* --- statements --- */

static int check_function(struct checker *c, struct statement *s)
{
	struct map *m = s->target->map;
	struct definition_map *is = &m->is;
	bool old = c->def->words.release == DEFINITION_BT_0_17;
	struct definition_kind k = {.bytes = 8};

	if (check_keys(c, s->target))
		return -EINVAL;
	if (m->typed && is->function != s->function)
		return FAIL(c, s->at, "%s is a %s here and %s elsewhere; a map is one of them",
			    is->name, function_name(s->function),
			    is->function ? function_name(is->function) : "has a plain value");
	if (s->value) {
		if (infer(c, s->value) || need_number(c, s->value, function_name(s->function)))
			return -EINVAL;
		if (!known(s->value))
			return 0;
		k.is_signed = s->value->type.is_signed;
	}
	if (s->function == DEFINITION_LHIST) {
		if (m->typed && (is->lhist_min != s->lhist[0] || is->lhist_max != s->lhist[1] ||
				 is->lhist_step != s->lhist[2]))
			return FAIL(c, s->at,
				    "%s has other bounds elsewhere; a histogram has one "
				    "set of buckets",
				    is->name);
		is->lhist_min = s->lhist[0];
		is->lhist_max = s->lhist[1];
		is->lhist_step = s->lhist[2];
		if (c->def->words.release != DEFINITION_TRUE && s->lhist[1] > INT32_MAX)
			m->doubt =
				"bpftrace keeps bounds of lhist() in 32 bits; use a smaller unit";
	}
	if (s->function == DEFINITION_HIST) {
		if (m->typed && is->hist_bits != s->bits)
			return FAIL(c, s->at,
				    "%s has other bits elsewhere; a histogram has one set "
				    "of buckets",
				    is->name);
		is->hist_bits = s->bits;
	}
	if (c->def->words.release == DEFINITION_BT_0_27 && s->value &&
	    type_left_open(DEFINITION_BT_0_27, s->value))
		m->doubt = "bpftrace 0.27 leaves the upper bits of a narrow value as they were; "
			   "cast it to 64 bits";
	/* 0.17 prints these as signed whatever they are. */
	if (old && s->function != DEFINITION_SUM && s->function != DEFINITION_COUNT)
		k.is_signed = true;
	if (!m->typed) {
		m->typed = c->changed = true;
		is->function = s->function;
		is->value = k;
	}
	if (!old && k.is_signed && !is->value.is_signed) {
		is->value.is_signed = true;
		c->changed = true;
	}
	return 0;
}

static int check_printf(struct checker *c, struct statement *s)
{
	for (size_t i = 0; i < s->npieces; i++) {
		struct piece *p = &s->pieces[i];

		if (!p->conversion)
			continue;
		if (infer(c, p->value))
			return -EINVAL;
		if (!known(p->value))
			continue;
		if ((p->conversion == 's') != (p->value->type.type == DEFINITION_TEXT))
			return FAIL(c, p->value->at, "%%%c prints %s, and this is %s",
				    p->conversion, p->conversion == 's' ? "a text" : "a number",
				    kind_text(c, p->value->type));
	}
	return 0;
}

/* bpftrace keeps a histogram's buckets, and 0.17 the parts of an average, below keys of their own,
 * which delete() does not find. */
static void doubt_delete(struct checker *c, struct map *m)
{
	enum definition_function f = m->is.function;
	bool old = c->def->words.release == DEFINITION_BT_0_17;

	if (c->def->words.release == DEFINITION_TRUE)
		return;
	if (f == DEFINITION_HIST || f == DEFINITION_LHIST ||
	    (old && (f == DEFINITION_AVG || f == DEFINITION_STATS)))
		m->doubt = "bpftrace deletes a part of it, or nothing; clear() empties it";
}

/* These are done by bpftrace's process, when it comes to it. */
static void doubt_clear(struct checker *c, struct map *m)
{
	for (const struct probe *p = c->block->probes; p; p = p->next)
		if (p->side == PROBE_ENTER || p->side == PROBE_EXIT)
			m->doubt = "clear() and zero() are done by bpftrace's process some time "
				   "later; delete() is done at once";
}

static int check_statements(struct checker *c, struct statement *s)
{
	int err = 0;

	for (; s && !err; s = s->next) {
		switch (s->kind) {
		case STATEMENT_SET:
			err = infer(c, s->value);
			if (!err && s->target->kind == NODE_MAP)
				err = set_map(c, s->target, s->value, s->compound);
			else if (!err)
				err = set_var(c, s->target, s->value->type);
			break;
		case STATEMENT_COUNT: err = check_function(c, s); break;
		case STATEMENT_STEP: err = infer(c, s->value); break;
		case STATEMENT_IF:
			err = infer(c, s->value) || need_number(c, s->value, "if")
				      ? -EINVAL
				      : check_statements(c, s->then);
			if (!err)
				err = check_statements(c, s->otherwise);
			break;
		case STATEMENT_DELETE:
			err = check_keys(c, s->target);
			doubt_delete(c, s->target->map);
			break;
		case STATEMENT_CLEAR:
		case STATEMENT_ZERO: doubt_clear(c, s->target->map); break;
		case STATEMENT_PRINTF: err = check_printf(c, s); break;
		case STATEMENT_RETURN: break;
		}
		if (!err && c->last && s->target && s->target->kind == NODE_MAP &&
		    !s->target->map->typed)
			err = FAIL(c, s->target->at, "nothing is ever assigned to %s",
				   s->target->map->is.name);
	}
	return err;
}

static int walk(struct checker *c)
{
	for (c->block = c->def->blocks; c->block; c->block = c->block->next) {
		if (c->block->predicate && (infer(c, c->block->predicate) ||
					    need_number(c, c->block->predicate, "a predicate")))
			return -EINVAL;
		if (check_statements(c, c->block->body))
			return -EINVAL;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct map *const *)a)->is.name, (*(struct map *const *)b)->is.name);
}

static void list_maps(struct definition *def)
{
	size_t n = 0;

	def->by_place = arena_array(&def->arena, struct map *, def->nmaps + 1);
	def->all = arena_array(&def->arena, struct definition_map, def->nmaps + 1);
	for (struct map *m = def->maps; m; m = m->next)
		def->by_place[n++] = m;
	qsort(def->by_place, n, sizeof(struct map *), by_name);
	for (size_t i = 0; i < n; i++) {
		struct definition_map *m = &def->by_place[i]->is;

		for (size_t k = 0; k < m->nparts; k++)
			if (!m->parts[k].name[0])
				snprintf(m->parts[k].name, sizeof(m->parts[k].name), "key%zu",
					 k + 1);
		m->release = def->words.release;
		def->all[i] = *m;
		def->by_place[i]->place = i;
	}
}

static size_t count_events(const struct statement *s)
{
	size_t n = 0;

	for (; s; s = s->next)
		n += (s->kind == STATEMENT_PRINTF) + count_events(s->then) +
		     count_events(s->otherwise);
	return n;
}

int check(struct definition *def, struct strbuf *why)
{
	struct checker c = {.def = def, .why = why};
	int err;

	for (struct block *b = def->blocks; b; b = b->next)
		for (struct probe *p = b->probes; p; p = p->next) {
			err = check_probe(&c, p);
			if (err)
				return err;
			if (p->side == PROBE_ENTER || p->side == PROBE_EXIT)
				def->nevents += p == b->probes ? count_events(b->body) : 0;
		}
	for (int i = 0; i < 16; i++) {
		c.changed = false;
		err = walk(&c);
		if (err)
			return err;
		if (!c.changed)
			break;
	}
	c.last = true;
	err = walk(&c);
	if (!err)
		list_maps(def);
	return err;
}
