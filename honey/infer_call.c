/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls. infer_call() tries in this order: the module's own functions, sizeof, Elixir's built-in
 * functions (which become operators), the kernel's helpers; what is none of them is suggested for.
 * A helper's arguments and its result are checked by the letters of its row in helpers.def.
 */
#include "lib/base.h"
#include "honey/infer.h"

#include <string.h>

#include "honey/ctx.h"
#include "honey/helpers.h"
#include "lib/suggest.h"

static void infer_wrong_count(struct infer *in, const struct node *n, const char *help,
			      const char *name, uint32_t least, uint32_t most)
{
	infer_error(in, H013, n->span, help,
		    least == most ? "%s takes %u argument%s, here %s %u"
				  : "%s takes at least %u argument%s, here %s %u",
		    name, least, least == 1 ? "" : "s", n->n == 1 ? "is" : "are", n->n);
}

static void infer_args(struct infer *in, struct node *n)
{
	for (uint32_t i = 0; i < n->n; i++)
		if (n->list[i]->kind != N_KEYVALUE && n->list[i]->kind != N_FN)
			infer_expr(in, n->list[i], true);
}

/* --- the kernel's helpers --- */

static bool suits(const struct helper *p, const struct map *m)
{
	switch (p->id) {
	case HELPER_bpf_ringbuf_reserve:
	case HELPER_bpf_ringbuf_output:
	case HELPER_bpf_ringbuf_query: return m->kind->ring;
	case HELPER_bpf_task_storage_get:
	case HELPER_bpf_task_storage_delete: return m->kind->task;
	case HELPER_bpf_get_stackid: return m->kind->stack;
	case HELPER_bpf_map_delete_elem:
	case HELPER_bpf_map_get_next_key:
		return m->kind->key && (!m->kind->array || p->id == HELPER_bpf_map_get_next_key);
	case HELPER_bpf_map_lookup_percpu_elem: return m->kind->per_cpu;
	default: return m->kind->key && m->kind->value;
	}
}

const char *infer_why_not(const struct map *m)
{
	if (m->kind->ring)
		return "a ring buffer has reserve, submit, discard, output and query";
	if (m->kind->task)
		return "task storage has bpf_task_storage_get and bpf_task_storage_delete";
	if (m->kind->stack)
		return "a stack trace map has bpf_get_stackid";
	if (m->kind->array)
		return "elements of an array always exist: store 0 instead";
	return NULL;
}

/* A key or value: a number, or the struct the map is declared with. */
static void check_item(struct infer *in, struct type *want, struct node *arg, const char *what)
{
	struct type *t = arg->type;

	if (want->kind == T_ERROR || t->kind == T_ERROR)
		return;
	if (want->kind == T_INT &&
	    (type_is_number(t) || t->kind == T_OPTION || t->kind == T_BOOL)) {
		infer_store(in, want, arg);
		return;
	}
	if (want->kind == T_STRUCT && t->strct == want->strct)
		return;
	infer_error(in, t->kind == T_VOID ? H023 : H020, arg->span,
		    want->kind == T_STRUCT ? fmt(in->h, "make one: %%%s{...}", want->strct->name->s)
					   : infer_instead_of(t),
		    "the %s of this map is %s, this is %s", what, type_text(in->h, want),
		    type_text(in->h, t));
}

/* Memory a helper fills: a string or array field, or a field that is a number. */
static void check_out(struct infer *in, struct node *arg)
{
	struct type *t = infer_expr(in, arg, true);

	if (t->kind == T_ERROR ||
	    ((t->kind == T_ARRAY || t->kind == T_INT) && arg->kind == N_FIELD && !arg->ctx_field))
		return;
	infer_error(in, H021, arg->span, "give a field, such as event.comm",
		    "the helper needs memory to fill, this is %s", type_text(in->h, t));
}

static void check_size(struct infer *in, struct node *out, struct node *size)
{
	uint64_t k = 0;
	uint32_t room = type_size(out->type);

	infer_value(in, size);
	if (!const_eval(in->h, size, &k)) {
		infer_error(in, H024, size->span, fmt(in->h, "write %u", room),
			    "the size must be known at compile time");
		return;
	}
	/* What is no field has been refused already. */
	if (out->type->kind == T_ERROR || out->kind != N_FIELD || k == room)
		return;
	if (k > room)
		infer_error(in, H028, size->span,
			    fmt(in->h, "write %u, or make the field larger", room),
			    "%llu bytes would be written, %s has %u", (unsigned long long)k,
			    out->name->s, room);
	else if (!k)
		infer_error(in, H028, size->span, fmt(in->h, "write %u", room),
			    "no byte would be written");
}

/* bpf_ringbuf_reserve(:map, 64 | :struct | sizeof(:struct)): n->value is the size in bytes. */
static struct type *infer_reserve(struct infer *in, struct node *n, const struct map *m)
{
	struct node *size = n->list[1];
	struct strct *s = NULL;
	uint64_t bytes = 0;

	if (size->kind == N_ATOM)
		s = resolve_struct(in->h, size->name);
	else if (size->kind == N_CALL && !strcmp(size->name->s, "sizeof") && size->n == 1 &&
		 size->list[0]->kind == N_ATOM)
		s = resolve_struct(in->h, size->list[0]->name);
	else if (m && m->value && m->value->kind == T_STRUCT)
		s = m->value->strct;
	if (!const_eval(in->h, size, &bytes) && s)
		bytes = s->size;
	if (!bytes) {
		infer_error(in, size->kind == N_ATOM ? H015 : H024, size->span,
			    "write the struct's name, as in bpf_ringbuf_reserve(:events, :event)",
			    "the size of a record must be known at compile time");
		return &in->h->types.error;
	}
	n->value = bytes;
	size->type = &in->h->types.lit32;
	if (s && s->size > bytes)
		infer_error(in, H027, size->span, fmt(in->h, "write sizeof(:%s)", s->name->s),
			    "struct %s has %u bytes, only %llu are reserved", s->name->s, s->size,
			    (unsigned long long)bytes);
	if (!s && n->type && n->type->kind == T_RECORD && n->type->strct)
		s = n->type->strct; /* chosen in an earlier round */
	if (s && s->size < bytes)
		infer_error(
			in, W003, size->span,
			fmt(in->h, "write sizeof(:%s); as it is, the rest is zeroed", s->name->s),
			"%llu bytes are reserved for struct %s, which has %u",
			(unsigned long long)bytes, s->name->s, s->size);
	if (!s) {
		if (!n->type || n->type->kind != T_RECORD) {
			n->type = arena_new(&in->h->arena, struct type);
			n->type->kind = T_RECORD;
		}
		return n->type;
	}
	s->as_record = true;
	return s->record;
}

static struct type *check_kind(struct infer *in, struct node *arg, enum type_kind kind,
			       const char *help, const char *what)
{
	struct type *t = infer_expr(in, arg, true);

	if (t->kind != kind && t->kind != T_ERROR)
		infer_wants(in, H021, arg, help, what);
	return t;
}

/* --- packets --- */

/* "XDP" of Honey.XDP */
static const char *net_module(const struct node *n)
{
	return n->module && !strncmp(n->module, "Honey.", 6) ? n->module + 6 : n->module;
}

bool infer_is_net(const struct node *n)
{
	const char *m = net_module(n);

	return m && (!strcmp(m, "XDP") || !strcmp(m, "Ethhdr"));
}

/* Honey.XDP.pass() and the like are numbers, also as Honey.Ethhdr.pass(); functions of Honey.Ethhdr
 * stay calls. */
static bool net_call(struct node *n)
{
	static const char *const actions[] = {"aborted", "drop", "pass", "tx", "redirect"};
	const char *m = net_module(n);

	if (n->net || !m)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(actions) && infer_is_net(n); i++) {
		if (strcmp(actions[i], n->name->s) || n->n)
			continue;
		n->kind = N_INT;
		n->value = i;
		return true;
	}
	if (strcmp(m, "Ethhdr"))
		return false;
	if (!strcmp(n->name->s, "const_udp") || !strcmp(n->name->s, "const_tcp")) {
		n->kind = N_INT;
		n->value = n->name->s[6] == 'u' ? 17 : 6;
		n->n = 0;
		return true;
	}
	n->net = net_find(n->name->s);
	return n->net != NULL;
}

/* Upstream's functions are not given the packet: it is the handler's context. */
static void give_packet(struct infer *in, struct node *n)
{
	struct node *all;

	if (n->n + 1 != n->net->args || !in->inst->is_handler || in->inst->func->n_params != 1)
		return;
	all = node_new(in->h, N_LIST, n->span);
	node_add(in->h, all, node_clone(in->h, in->inst->func->params[0]));
	for (uint32_t i = 0; i < n->n; i++)
		node_add(in->h, all, n->list[i]);
	n->list = all->list;
	n->n = all->n;
}

static struct type *infer_net(struct infer *in, struct node *n)
{
	struct type *t;

	give_packet(in, n);
	if (n->n != n->net->args) {
		infer_wrong_count(in, n, n->net->text, n->net->name, n->net->args, n->net->args);
		return &in->h->types.error;
	}
	t = check_kind(in, n->list[0], T_CTX, "pass ctx, or what Ethhdr.init(ctx) gave",
		       "the packet");
	for (uint32_t i = 1; i < n->n; i++)
		infer_value(in, n->list[i]);
	if (t->kind == T_CTX && (!t->section || strcmp(t->section->text, "xdp")))
		infer_error(in, H026, n->name_span, "@sec \"xdp\"",
			    "packets are looked into by programs of xdp only");
	if (t->kind == T_CTX && t->section)
		ctx_use(t->section, "data");
	if (t->kind == T_CTX && t->section)
		ctx_use(t->section, "data_end");
	return n->net->bits ? type_int(in->h, n->net->bits, false) : t;
}

/* "a #{x}": the text and its values become arguments. */
static void take_values(struct infer *in, struct node *args)
{
	struct node *text = args->list[0], *all;

	if (!text->n)
		return;
	all = node_new(in->h, N_LIST, args->span);
	node_add(in->h, all, text);
	for (uint32_t i = 0; i < text->n; i++)
		node_add(in->h, all, text->list[i]);
	for (uint32_t i = 1; i < args->n; i++)
		node_add(in->h, all, args->list[i]);
	text->n = 0;
	args->list = all->list;
	args->n = all->n;
}

/* bpf_printk("text", a, b) or bpf_printk(["text", a, b]) */
static struct type *infer_printk(struct infer *in, struct node *n)
{
	struct node *args = n->n == 1 && n->list[0]->kind == N_LIST ? n->list[0] : n;
	uint32_t wanted;

	args->type = &in->h->types.void_;
	if (!args->n || args->list[0]->kind != N_STRING) {
		infer_error(in, H021, n->span, "bpf_printk(\"size %d\", size)",
			    "bpf_printk begins with a text");
		return &in->h->types.void_;
	}
	take_values(in, args);
	wanted = printk_places(args->list[0]->str);
	for (uint32_t i = 1; i < args->n; i++) {
		struct type *t = infer_expr(in, args->list[i], true);

		if ((t->kind == T_ARRAY && t->is_char) || t->kind == T_STRING || t->kind == T_NIL)
			continue;
		infer_value(in, args->list[i]);
	}
	if (wanted > args->n - 1)
		infer_error(in, H013, n->span, "one %d, %u, %x or %s for each",
			    "the text has places for %u, given are %u", wanted, args->n - 1);
	for (uint32_t i = wanted + 1; i < args->n; i++)
		infer_error(in, W013, args->list[i]->span, "one %d, %u, %x or %s for each",
			    "the text has no place for this value, so it is not printed");
	if (wanted > 12)
		infer_error(in, H013, n->span, NULL, "bpf_printk takes at most 12 values");
	args->list[0]->type = &in->h->types.string;
	return type_int(in->h, 64, true);
}

/* Logger.info("..") is bpf_printk("[INFO] .."). */
static bool become_printk(struct infer *in, struct node *n)
{
	static const char *const levels[][2] = {{"debug", "DEBUG"},   {"info", "INFO"},
						{"notice", "NOTICE"}, {"warning", "WARNING"},
						{"warn", "WARNING"},  {"error", "ERROR"}};

	if (!n->module || strcmp(n->module, "Logger") || n->n != 1 || n->list[0]->kind != N_STRING)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strcmp(levels[i][0], n->name->s))
			continue;
		n->list[0]->str = fmt(in->h, "[%s] %s", levels[i][1], n->list[0]->str);
		n->name = name_intern(in->h, "bpf_printk", 10);
		n->module = NULL;
		return true;
	}
	return false;
}

static void check_available(struct infer *in, struct node *n, const struct helper *p)
{
	static const char *const free_licences[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};
	const struct section *s = in->inst->section;
	bool gpl = false;

	if (s && !(s->progs & p->progs))
		infer_error(in, H026, n->name_span, NULL, "%s is not available to programs of %s",
			    p->name, s->text);
	if (in->h->opt.kernel && p->kernel > in->h->opt.kernel)
		infer_error(in, H026, n->name_span, "raise --kernel, or do without",
			    "%s needs Linux %u.%u", p->name, p->kernel / 100, p->kernel % 100);
	for (size_t i = 0; i < ARRAY_SIZE(free_licences); i++)
		gpl |= !strcmp(free_licences[i], in->h->module.license);
	if (p->gpl && !gpl)
		infer_error(in, H039, n->name_span, "use Honey, license: \"Dual BSD/GPL\"",
			    "%s is for programs under the GPL, this one says \"%s\"", p->name,
			    in->h->module.license);
}

static void check_record(struct infer *in, struct node *arg)
{
	struct type *t = check_kind(in, arg, T_RECORD, "give what bpf_ringbuf_reserve returned",
				    "a reserved ring record");

	if ((t->kind == T_RECORD || t->kind == T_ERROR) && arg->kind != N_NAME)
		infer_error(in, H021, arg->span, "keep it in a variable first",
			    "a ring record needs a name to be checked for nil");
}

static void helper_arg(struct infer *in, struct node *n, const struct helper *p, char code,
		       uint32_t i)
{
	struct node *arg = n->list[i];
	struct type *t;

	switch (code) {
	case 'm':
		n->map = infer_map_arg(in, arg);
		if (n->map && !n->map->broken && !suits(p, n->map)) {
			infer_error(in, H025, arg->span, infer_why_not(n->map),
				    "%s does not work on a :%s", p->name, n->map->kind->name);
			n->map = NULL;
		}
		return;
	case 'k':
		infer_expr(in, arg, true);
		check_item(in, n->map ? n->map->key : &in->h->types.error, arg, "key");
		return;
	case 'v':
		infer_expr(in, arg, true);
		check_item(in, n->map ? n->map->value : &in->h->types.error, arg, "value");
		return;
	case 'o': check_out(in, arg); return;
	case 'z':
		if (n->list[i - 1]->type->kind == T_STRUCT ||
		    n->list[i - 1]->type->kind == T_POINTER)
			infer_value(in, arg);
		else
			check_size(in, n->list[i - 1], arg);
		return;
	case 'r': check_record(in, arg); return;
	case 't': check_kind(in, arg, T_TASK, "write bpf_get_current_task_btf()", "a task"); return;
	case 'c': check_kind(in, arg, T_CTX, "pass ctx", "the context"); return;
	case 'b':
		t = infer_expr(in, arg, true);
		if (t->strct)
			t->strct->as_record = true;
		if (t->kind != T_STRUCT && t->kind != T_POINTER && t->kind != T_ERROR)
			infer_wants(in, H021, arg, "make a struct: %name{...}", "a struct");
		return;
	case 'F': infer_callback(in, n, p->id == HELPER_bpf_loop ? NULL : n->map, arg); return;
	case 'S':
	case 'n': return;
	case 'd':
		if (infer_expr(in, arg, true)->kind != T_NIL)
			infer_value(in, arg);
		return;
	default: infer_value(in, arg); return;
	}
}

/* What a lookup in @m gives. */
static struct type *lookup_type(struct infer *in, const struct map *m)
{
	if (!m || !m->value || m->value->kind == T_ERROR)
		return &in->h->types.error;
	return m->value->kind == T_STRUCT ? m->value->strct->pointer : type_option(in->h, m->value);
}

/* Of a lookup with a default: what holds the map's value and that. */
static struct type *default_type(struct infer *in, struct node *n)
{
	struct type *t = n->list[2]->type;
	bool ok;

	if (!n->map || n->map->value->kind != T_INT)
		return &in->h->types.error;
	if (t->kind == T_OPTION)
		t = t->elem;
	return type_is_number(t) ? type_join(in->h, n->map->value, t, &ok) : n->map->value;
}

static struct type *helper_result(struct infer *in, struct node *n, const struct helper *p)
{
	struct types *t = &in->h->types;

	switch (p->result) {
	case 'u':
		return type_int(in->h,
				p->id == HELPER_bpf_get_smp_processor_id ||
						p->id == HELPER_bpf_get_numa_node_id ||
						p->id == HELPER_bpf_get_prandom_u32
					? 32
					: 64,
				false);
	case 's': return type_int(in->h, 64, true);
	case 'L':
		if (n->lenient)
			infer_error(
				in, W014, n->span,
				"bpf_map_lookup_elem(:map, key, 0) says so; or compare it with nil",
				"a key that is absent gives 0 here, for the map has no types");
		if (n->n == 3 && p->id == HELPER_bpf_map_lookup_elem) {
			if (n->map && n->map->value->kind == T_STRUCT)
				infer_error(in, H021, n->list[2]->span, "check the result for nil",
					    "a struct has no default");
			return default_type(in, n);
		}
		return lookup_type(in, n->map);
	case 'P': return lookup_type(in, n->map);
	case 'R': return infer_reserve(in, n, n->map);
	case 'T': return &t->task;
	default: return &t->void_;
	}
}

static void count_args(const char *args, uint32_t *least, uint32_t *most)
{
	bool optional = false;

	*least = *most = 0;
	for (; *args; args++) {
		if (*args == '?') {
			optional = true;
			continue;
		}
		++*most;
		*least += !optional;
	}
}

/* A lookup in a map without types gives 0 where the key is absent, unless the function asks for
 * nil.
 */
static void default_of_untyped(struct infer *in, struct node *n)
{
	struct node *zero;

	if (n->n != 2 || !n->map || !n->map->untyped || in->inst->func->asks_nil)
		return;
	zero = node_new(in->h, N_INT, n->span);
	node_add(in->h, n, zero);
	n->lenient = true;
}

static struct type *infer_helper(struct infer *in, struct node *n, const struct helper *p)
{
	const char *code = p->args;
	uint32_t least, most;

	n->helper = p;
	check_available(in, n, p);
	if (p->id == HELPER_bpf_printk)
		return infer_printk(in, n);
	count_args(p->args, &least, &most);
	if (n->n < least || n->n > most) {
		infer_wrong_count(in, n, p->text, p->name, least, most);
		infer_args(in, n);
		return p->result == 'v' ? &in->h->types.void_ : &in->h->types.error;
	}
	for (uint32_t i = 0; i < n->n; i++, code++) {
		if (*code == '?')
			code++;
		helper_arg(in, n, p, *code, i);
		if (p->id == HELPER_bpf_map_lookup_elem && i == 1)
			default_of_untyped(in, n);
	}
	return helper_result(in, n, p);
}

/* --- all calls --- */

struct map *infer_map_arg(struct infer *in, struct node *arg)
{
	const char *names[128], *near;
	size_t count = 0;

	infer_expr(in, arg, true);
	if (arg->map && arg->kind != N_CALL) /* a call has the map that it works on */
		return arg->map;
	if (arg->type->kind == T_ERROR)
		return NULL;
	if (arg->kind != N_ATOM) {
		infer_error(
			in, H024, arg->span,
			"write the map's name as :name, or pass it to the helper as an argument",
			"the map must be known at compile time, this is %s",
			type_text(in->h, arg->type));
		return NULL;
	}
	for (; count < in->h->module.n_maps && count < ARRAY_SIZE(names); count++)
		names[count] = in->h->module.maps[count]->name->s;
	near = suggest_nearest(arg->name->s, names, count);
	infer_error(in, H014, arg->span,
		    near ? fmt(in->h, "did you mean :%s?", near)
			 : fmt(in->h,
			       "declare it: defmap(:%s, :bpf_hash, max_entries: 1024, key_type: "
			       ":u32, value_type: :u64)",
			       arg->name->s),
		    "no map is called :%s", arg->name->s);
	return NULL;
}

/* Functions that are operators in other clothes. */
static const struct builtin {
	const char *name;
	enum op op;
	uint8_t args;
} builtins[] = {
	{"div", OP_DIV, 2},   {"rem", OP_REM, 2},   {"min", OP_MIN, 2},	  {"max", OP_MAX, 2},
	{"band", OP_BAND, 2}, {"bor", OP_BOR, 2},   {"bxor", OP_BXOR, 2}, {"bsl", OP_SHL, 2},
	{"bsr", OP_SHR, 2},   {"bnot", OP_BNOT, 1}, {"is_nil", OP_EQ, 1}, {"u8", OP_TYPE, 1},
	{"u16", OP_TYPE, 1},  {"u32", OP_TYPE, 1},  {"u64", OP_TYPE, 1},  {"s8", OP_TYPE, 1},
	{"s16", OP_TYPE, 1},  {"s32", OP_TYPE, 1},  {"s64", OP_TYPE, 1},
};

static const struct builtin *find_builtin(const struct node *n)
{
	if (n->module && strcmp(n->module, "Bitwise") && strcmp(n->module, "Kernel"))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (!strcmp(builtins[i].name, n->name->s) && builtins[i].args == n->n)
			return &builtins[i];
	return NULL;
}

bool infer_is_builtin(const struct node *n)
{
	return find_builtin(n) != NULL;
}

/* The node becomes the operator. */
static void become_operator(struct infer *in, struct node *n, const struct builtin *row)
{
	n->kind = row->args == 2 || row->op == OP_EQ ? N_BINARY : N_UNARY;
	n->op = row->op;
	n->a = n->list[0];
	n->b = row->args == 2	  ? n->list[1]
	       : row->op == OP_EQ ? node_new(in->h, N_NIL, n->span)
				  : NULL;
	n->n = 0;
	n->parens = true;
}

static bool is_helper_module(const char *m)
{
	static const char *const names[] = {"Honey.BpfHelpers",	     "BpfHelpers",
					    "Honey.Bpf_helpers",     "Bpf_helpers",
					    "Honey.Bpf.Bpf_helpers", "Honey"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], m))
			return true;
	return false;
}

/* Modules of Elixir that people reach for; of some there is a part. */
static const struct {
	const char *module;
	bool some;
	const char *help;
} foreign[] = {
	{"Logger", false, "print with bpf_printk(\"text %d\", value)"},
	{"IO", false, "print with bpf_printk(\"text %d\", value)"},
	{"Enum", true,
	 "of Enum there are each, map, filter, reduce, sum, count, any? and all?, over ranges, "
	 "lists "
	 "and maps (:name)"},
	{"Stream", true, "Enum.each(0..9, fn i -> ... end), or bpf_loop(n, fn i -> ... end)"},
	{"String", true,
	 "of String there is length, of a text in the source; a field is compared byte "
	 "by byte: event.comm[0] == ?a"},
	{"Integer", true,
	 "of Integer there is pow; div, rem, min and max are functions of their own"},
	{"Map", true,
	 "declare one with defmap, and use bpf_map_lookup_elem and bpf_map_update_elem"},
	{"List", true, "a list is known when compiled; what grows is a map: defmap"},
	{"Tuple", true, "take it apart with a match: {a, b} = {1, 2}"},
	{"Process", true, "a program has no processes; what lives on is kept in a map: defmap"},
	{"Agent", true, "what lives on is kept in a map: defmap"},
	{"GenServer", true, "what lives on is kept in a map: defmap"},
	{"System", true, "the time is bpf_ktime_get_ns()"},
	{"File", true, "a program has no files; send records through a ring: bpf_ringbuf_reserve"},
	{"Kernel", true, "of Kernel there are the operators, div, rem, min, max and is_nil"},
	{"Bitwise", true, "of Bitwise there are band, bor, bxor, bnot, bsl and bsr"},
};

static void unknown_function(struct infer *in, struct node *n)
{
	const char *near = helper_suggest(n->name->s), *names[128];
	size_t count = 0;

	for (size_t i = 0; n->module && i < ARRAY_SIZE(foreign); i++) {
		if (strcmp(n->module, foreign[i].module))
			continue;
		if (foreign[i].some)
			infer_error(in, H012, n->span, foreign[i].help,
				    "%s.%s is not there in a BPF program", n->module, n->name->s);
		else
			infer_error(in, H012, n->span, foreign[i].help,
				    "%s is not there in a BPF program", n->module);
		return;
	}
	infer_args(in, n);
	if (n->module && near && !strcmp(near, n->name->s)) {
		infer_error(in, H012, n->span,
			    fmt(in->h, "write Honey.BpfHelpers.%s, or %s alone", near, near),
			    "no module is called %s", n->module);
		return;
	}
	for (uint32_t i = 0; !near && i < in->h->module.n_funcs && count < ARRAY_SIZE(names); i++)
		names[count++] = in->h->module.funcs[i]->name->s;
	near = near ? near : suggest_nearest(n->name->s, names, count);
	infer_error(in, H012, n->name_span,
		    near ? fmt(in->h, "did you mean %s?", near)
			 : "helpers are listed in docs/honey.md; your own are written with defp",
		    n->module ? "no helper is called %s" : "no function is called %s", n->name->s);
}

struct func *infer_func(const struct name *name, uint32_t n_params)
{
	struct func *f = name->func;

	while (f && f->n_params != n_params)
		f = f->other_arity;
	return f;
}

static void wrong_arity(struct infer *in, const struct node *n, const struct func *f)
{
	struct diag d = {
		.code = H013, .span = n->span, .note = "defined here", .note_span = f->span};

	d.text = fmt(in->h, "%s takes %u argument%s, here %s %u", f->name->s, f->n_params,
		     f->n_params == 1 ? "" : "s", n->n == 1 ? "is" : "are", n->n);
	if (in->report)
		diag_report(in->h, &d);
}

enum { MOST_FUEL = 40 };

/* fuel(n, f(x)): f may call itself, n calls deep. Each depth is an instance of its own. */
static bool take_fuel(struct infer *in, struct node *n)
{
	struct node *call = n->n == 2 ? n->list[1] : NULL;
	__int128 k;

	if (n->module || strcmp(n->name->s, "fuel") || n->name->func)
		return false;
	if (!call || call->kind != N_CALL || !call->name->func ||
	    !const_exact(in->h, n->list[0], &k) || k < 1 || k > MOST_FUEL) {
		infer_error(
			in, H034, n->span, "fuel(10, name(x))",
			"fuel takes a number from 1 to %d and a call of a function of this module",
			MOST_FUEL);
		return false;
	}
	*n = *call;
	n->fuel = (uint8_t)k;
	return true;
}

/* The call that would be one too many gives 0. */
static struct type *burnt_out(struct infer *in, struct node *n)
{
	n->kind = N_INT;
	n->value = 0;
	n->n = 0;
	return &in->h->types.lit32;
}

static struct type *infer_local(struct infer *in, struct node *n, bool want)
{
	struct func *f = n->name->func;

	for (uint32_t i = 0; i < n->n; i++) {
		struct type *t = infer_expr(in, n->list[i], true);

		if (t->kind == T_OPTION)
			infer_use_value(n->list[i]);
	}
	for (; f; f = f->other_arity)
		f->called = true;
	f = infer_func(n->name, n->n);
	if (!f) {
		wrong_arity(in, n, n->name->func);
		return &in->h->types.error;
	}
	if (f == in->inst->func && in->inst->fuel) {
		if (in->inst->fuel == 1)
			return burnt_out(in, n);
		n->fuel = in->inst->fuel - 1;
	}
	n->callee = infer_instance(in, f, n, want);
	return n->callee ? n->callee->result : &in->h->types.error;
}

struct type *infer_call(struct infer *in, struct node *n, bool want)
{
	const struct helper *p;
	uint64_t k;

	if (n->kind == N_EACH)
		return infer_each(in, n);
	if (n->name->func &&
	    (!n->module || (in->h->module.name && !strcmp(n->module, in->h->module.name->s))))
		return infer_local(in, n, want);
	if (!n->module && !strcmp(n->name->s, "sizeof")) {
		if (const_eval(in->h, n, &k))
			return &in->h->types.lit32;
		infer_error(in, H015, n->span, "sizeof(:name) of a defstruct", "the size of what?");
		return &in->h->types.error;
	}
	if (become_printk(in, n) || take_fuel(in, n) || net_call(n))
		return infer_expr(in, n, want);
	if (n->net)
		return infer_net(in, n);
	if (infer_is_builtin(n)) {
		become_operator(in, n, find_builtin(n));
		return infer_expr(in, n, want);
	}
	p = !n->module || is_helper_module(n->module) ? helper_find(n->name) : NULL;
	if (p)
		return infer_helper(in, n, p);
	unknown_function(in, n);
	return &in->h->types.error;
}
