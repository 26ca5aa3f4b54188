/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls to C. A helper's arguments are written by the letters of its row in helpers.def: keys and
 * values get an address, what was left out its default. Texts of printk get the width of their
 * values, and a body that the kernel calls back becomes a function with a struct of what it shares.
 */
#include "lib/base.h"
#include "honey/emit.h"

#include <ctype.h>
#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"

/* Can the variable itself be pointed at as a key or value of type @t? */
static bool addressable(const struct node *n, const struct type *t)
{
	const struct type *v = n->kind == N_NAME && n->var ? n->var->type : NULL;

	if (!v || (n->var->is_counter && n->var->range_max != UINT64_MAX))
		return false; /* the address of a for's counter would hide its bound */
	if (v->kind == T_OPTION)
		v = v->elem;
	return v->kind == T_INT && t->kind == T_INT && v->bits == t->bits;
}

static const char *address_of(struct emit *e, struct node *n, const struct type *t,
			      const char *base)
{
	const char *name;

	if (n->type->kind == T_POINTER || n->type->kind == T_RECORD)
		return emit_ptr(e, n);
	if (addressable(n, t)) {
		emit_stack(e, 8);
		return fmt(e->h, "&%s", emit_var(e, n->var));
	}
	if (n->type->kind == T_STRUCT) {
		if (n->kind == N_NAME)
			return emit_var_address(e, n->var);
		if (n->kind == N_FIELD)
			return fmt(e->h, "&%s", emit_text(e, n, PREC_PRIMARY));
		name = emit_unique(e, base);
		emit_struct_to(e, n, name, true);
		return fmt(e->h, "&%s", name);
	}
	return fmt(e->h, "&%s", emit_temp(e, t, base, emit_text(e, n, PREC_TERNARY)));
}

static const char *place_of(const struct type *t)
{
	if (t->kind == T_ARRAY || t->kind == T_STRING)
		return "s";
	return (t->kind == T_OPTION ? t->elem : t)->sgn ? "lld" : "llu";
}

/* %d of a 64-bit number prints half of it: widen the text's conversions, as the writer means. */
static const char *widen_format(struct emit *e, const char *s, struct node *args)
{
	struct strbuf sb = STRBUF_INIT;
	uint32_t arg = 1;
	const char *text;

	for (; *s; s++) {
		strbuf_addch(&sb, *s);
		if (*s != '%')
			continue;
		if (s[1] == '%') {
			strbuf_addch(&sb, *++s);
			continue;
		}
		for (s++; *s && !isalpha((unsigned char)*s); s++)
			strbuf_addch(&sb, *s);
		while (*s == 'l' || *s == 'h')
			s++;
		if (*s == 'v' && arg < args->n) { /* of "#{...}": as the value wants it */
			strbuf_addstr(&sb, place_of(args->list[arg++]->type));
			continue;
		}
		if (*s && strchr("duxXi", *s) && arg < args->n)
			strbuf_addstr(&sb, "ll");
		if (!*s)
			break;
		strbuf_addch(&sb, *s);
		arg++;
	}
	text = emit_string(e->h, sb.s);
	strbuf_release(&sb);
	return text;
}

static struct cexpr emit_printk(struct emit *e, struct node *n)
{
	struct node *args = n->n == 1 && n->list[0]->kind == N_LIST ? n->list[0] : n;
	const char *text = fmt(e->h, "bpf_printk(%s", widen_format(e, args->list[0]->str, args));

	for (uint32_t i = 1; i < args->n && i <= printk_places(args->list[0]->str); i++) {
		struct node *a = args->list[i];
		const char *v;

		if (a->type->kind == T_NIL)
			v = "0ULL";
		else if (type_is_number(a->type) || a->type->kind == T_OPTION)
			v = fmt(e->h, "(__u64)%s", emit_wrap(e, emit_operand(e, a), PREC_UNARY));
		else
			v = emit_text(e, a, PREC_UNARY);
		text = fmt(e->h, "%s, %s", text, v);
	}
	return emit_primary(fmt(e->h, "%s)", text));
}

static const char *out_address(struct emit *e, struct node *n)
{
	const char *s = emit_text(e, n, PREC_PRIMARY);

	return n->type->kind == T_ARRAY ? s : fmt(e->h, "&%s", s);
}

static const char *reserve_size(struct emit *e, struct node *n, const struct strct *s)
{
	if (n->value == s->size)
		return fmt(e->h, "sizeof(struct %s)", s->name->s);
	return fmt(e->h, "%llu", (unsigned long long)n->value);
}

static const char *map_address(struct emit *e, const struct node *n)
{
	return fmt(e->h, "&%s", n->map ? n->map->name->s : "?");
}

static const char *helper_arg(struct emit *e, struct node *n, char code, uint32_t i)
{
	struct node *arg = n->list[i];

	switch (code) {
	case 'm': return map_address(e, arg);
	case 'k': return address_of(e, arg, n->map->key, "key");
	case 'v': return address_of(e, arg, n->map->value, "value");
	case 'o': return out_address(e, arg);
	case 'b': return address_of(e, arg, arg->type, "record");
	case 'S': return reserve_size(e, n, n->type->strct);
	case 'r':
	case 't': return emit_ptr(e, arg);
	case 'p': return fmt(e->h, "(const void *)%s", emit_text(e, arg, PREC_UNARY));
	case 'd':
		if (arg->kind == N_NIL)
			return emit_text(e, arg, PREC_TERNARY);
		return address_of(e, arg, n->map->value, "value");
	default: return emit_text(e, arg, PREC_TERNARY);
	}
}

/* What stands for an argument that was left out. */
static const char *default_arg(struct emit *e, struct node *n, char code)
{
	if (code == 'f') {
		e->needs->flags[0] = true;
		return emit_flags[0];
	}
	if (code == 'd') {
		e->needs->null = true;
		return "NULL";
	}
	if (code == 'z')
		return fmt(e->h, "sizeof(struct %s)", n->list[1]->type->strct->name->s);
	return "0";
}

static struct cexpr emit_helper(struct emit *e, struct node *n)
{
	const struct helper *p = n->helper;
	const char *text = fmt(e->h, "%s(", p->name), *code = p->args, *found;
	uint32_t i = 0;
	bool lookup = p->id == HELPER_bpf_map_lookup_elem; /* its default is no argument in C */

	for (; *code; code++) {
		if (*code == '?')
			continue;
		if (lookup && *code == 'd')
			break;
		text = fmt(e->h, "%s%s%s", text, i ? ", " : "",
			   i < n->n ? helper_arg(e, n, *code, i) : default_arg(e, n, *code));
		i++;
	}
	if (p->id == HELPER_bpf_get_current_task_btf || p->id == HELPER_bpf_task_storage_get)
		e->needs->task = true;
	text = fmt(e->h, "%s)", text);
	if (p->id == HELPER_bpf_get_numa_node_id) /* a long in C */
		return (struct cexpr){text, PREC_PRIMARY, {64, true}};
	if (!lookup || n->n < 3)
		return emit_primary(text);
	found = emit_temp(e, type_option(e->h, n->map->value), "found", text);
	return emit_or_default(e, n, found, n->map->value, n->list[2]);
}

/* After the callbacks: numbers they assigned come back. */
static void read_back(struct emit *e, const struct loop *l)
{
	for (const struct var_list *v = l->captured; v; v = v->next)
		if (v->var->assigned_again &&
		    (v->var->type->kind == T_INT || v->var->type->kind == T_BOOL ||
		     v->var->type->kind == T_LITERAL))
			emit_line(e, "%s = %s.%s;", emit_var(e, v->var), l->c_ctx, v->var->c_name);
}

/* bpf_loop and bpf_for_each_map_elem */
static struct cexpr emit_with_callback(struct emit *e, struct node *n)
{
	const char *func, *ctx, *first;

	first = n->helper->id == HELPER_bpf_loop ? emit_text(e, n->list[0], PREC_TERNARY)
						 : map_address(e, n->list[0]);
	emit_callback(e, n, &func, &ctx);
	first = fmt(e->h, "%s(%s, %s, %s, 0)", n->helper->name, first, func, ctx);
	if (!n->want) {
		emit_line(e, "%s;", first);
		read_back(e, n->loop);
		return emit_primary("");
	}
	first = emit_temp(e, type_int(e->h, 64, true), "rounds", first);
	read_back(e, n->loop);
	return emit_primary(first);
}

void emit_each(struct emit *e, struct node *n)
{
	const char *func, *ctx;

	emit_callback(e, n, &func, &ctx);
	emit_line(e, "bpf_for_each_map_elem(&%s, %s, %s, 0);", n->map->name->s, func, ctx);
	read_back(e, n->loop);
}

static struct cexpr emit_local(struct emit *e, struct node *n)
{
	const struct inst *callee = n->callee;
	bool now = callee->takes_now && e->now;
	const char *text = fmt(e->h, "%s(", now ? callee->c_name_now : callee->c_name);
	bool first = true;

	for (uint32_t i = 0; i < n->n; i++) {
		struct node *arg = n->list[i];
		const char *s;

		if (callee->arg_maps[i])
			continue; /* it is part of the instance */
		s = type_is_nilable(arg->type) && arg->type->kind != T_OPTION
			    ? emit_ptr(e, arg)
			    : emit_text(e, arg, PREC_TERNARY);
		for (uint32_t k = i + 1; k < n->n; k++) {
			if (!emit_needs_stmts(n->list[k]) || arg->kind == N_INT ||
			    arg->kind == N_NAME)
				continue;
			s = emit_temp(e, callee->arg_types[i], "arg", s);
			break;
		}
		text = fmt(e->h, "%s%s%s", text, first ? "" : ", ", s);
		first = false;
	}
	if (now)
		text = fmt(e->h, "%s%s%s", text, first ? "" : ", ", e->now);
	e->stack_max = MAX(e->stack_max, e->stack + callee->stack_bytes);
	return emit_primary(fmt(e->h, "%s)", text));
}

static struct cexpr emit_net(struct emit *e, struct node *n)
{
	const char *text = emit_text(e, n->list[0], PREC_TERNARY);
	const struct net **seen = e->needs->nets;

	if (!n->net->c)
		return emit_primary(text);
	while (*seen && *seen != n->net)
		seen++;
	*seen = n->net;
	for (uint32_t i = 1; i < n->n; i++)
		text = fmt(e->h, "%s, %s", text, emit_text(e, n->list[i], PREC_TERNARY));
	return emit_primary(fmt(e->h, "honey_%s(%s)", n->net->name, text));
}

static struct cexpr emit_size(struct emit *e, const struct node *n)
{
	const struct strct *s = resolve_struct(e->h, n->list[0]->name);

	return (struct cexpr){
		fmt(e->h, "sizeof(struct %s)", s->name->s), PREC_PRIMARY, {64, false}};
}

struct cexpr emit_call(struct emit *e, struct node *n)
{
	if (n->callee)
		return emit_local(e, n);
	if (n->net)
		return emit_net(e, n);
	if (!n->helper)
		return emit_size(e, n);
	if (n->loop)
		return emit_with_callback(e, n);
	if (n->use_now && e->now)
		return emit_primary(e->now);
	if (n->helper->id == HELPER_bpf_printk)
		return emit_printk(e, n);
	if (n->in_place)
		return emit_primary(fmt(e->h, "*%s = %s", n->in_place->c_ptr,
					emit_text(e, n->list[2], PREC_TERNARY)));
	return emit_helper(e, n);
}
