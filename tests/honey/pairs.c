/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes programs that compute every pair of operators over every width and sign, and what Elixir
 * computes of them:
 *
 *   pairs DIR TRIPLES    DIR/N.ex, each with "# args:" and "# out:" as tests/honey/run has them;
 *                        TRIPLES of operands for each pair, shape and place (at most 100)
 *
 * A value is (x OP y) OP z or x OP (y OP z), where the inner operation stands inline, in a
 * variable, in a branch, or as a helper's argument. The model works in 128 bits, so it knows what
 * Elixir gives; what Elixir cannot have in 64 bits follows the rules of docs/honey.md, section
 * Types, and is marked in its line: "# wraps" where no 64 bits hold the true value, "# unsigned"
 * where another sign would.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { PER_FILE = 20 };

/* What the programs are given; the operands are casts of these, so that every width meets every
 * sign. */
static const uint64_t args[] = {7, 3, 200, (uint64_t)-20, (1ULL << 40) + 1, 0xfffffff0};

struct type {
	int bits; /* 0: a constant */
	bool sgn;
	bool loose; /* one of several constants: 64 bits, but it takes the sign of what it meets */
};

/* A number: its text, its value here, what Elixir has for it, and its type by the rules. */
struct value {
	char text[512];
	__int128 here, elixir;
	struct type type;
	bool wraps; /* Elixir's value, or one on the way to it, needs more than 64 bits */
};

static const struct operand {
	const char *text; /* %d: the argument's name */
	struct type type;
	int arg;
	int64_t constant;
} operands[] = {
#define NARROW(text, bits, sgn, arg)                                                               \
	{                                                                                          \
		text, {bits, sgn, false}, arg, 0                                                   \
	}
#define CONSTANT(text, value)                                                                      \
	{                                                                                          \
		text, {0, (value##LL) < 0, false}, 0, value                                        \
	}
	NARROW("e.u8", 8, false, 2),
	NARROW("e.s16", 16, true, 3),
	NARROW("u32", 32, false, 5),
	NARROW("u64", 64, false, 4),
	NARROW("s32", 32, true, 3),
	NARROW("s64", 64, true, 3),
	CONSTANT("5", 5),
	CONSTANT("-9", -9),
	NARROW("e.s8", 8, true, 2),
	NARROW("e.u16", 16, false, 5),
	NARROW("s32(c)", 32, true, 2),
	NARROW("u64(b)", 64, false, 1),
	CONSTANT("0xffffffff", 0xffffffff),
	NARROW("s64(a)", 64, true, 0),
};

enum op {
	ADD,
	SUB,
	MUL,
	DIV,
	REM,
	MINIMUM,
	MAXIMUM,
	BAND,
	BOR,
	BXOR,
	SHL,
	SHR, /* numbers */
	LT,
	LE,
	EQ,
	NE,
	GT,
	GE,
	OPS,
	FIRST_COMPARISON = LT
};

static const char *const op_texts[OPS] = {"+",	 "-",	"*",   "div",  "rem", "min",
					  "max", "&&&", "|||", "bxor", "<<<", ">>>",
					  "<",	 "<=",	"==",  "!=",   ">",   ">="};

static __int128 cut(__int128 v, struct type t)
{
	int bits = t.bits ? t.bits : 64;
	unsigned __int128 mask = ((unsigned __int128)1 << bits) - 1;
	unsigned __int128 low = (unsigned __int128)v & mask;

	return t.sgn && (low >> (bits - 1)) ? (__int128)low - ((__int128)1 << bits) : (__int128)low;
}

static bool is_u64(struct type t)
{
	return t.bits == 64 && !t.sgn && !t.loose;
}

static bool small_unsigned(struct type t, __int128 v)
{
	return t.bits && !t.loose ? t.bits <= 32 && !t.sgn : v >= 0 && v <= UINT32_MAX;
}

/* The type of a OP b, by the rules. */
static struct type result_type(enum op op, const struct value *a, const struct value *b)
{
	struct type wide = {.bits = 64, .sgn = a->type.sgn || b->type.sgn};

	/* Constants that are not known which stay what they are. */
	wide.loose = (a->type.loose || !a->type.bits) && (b->type.loose || !b->type.bits);
	if (is_u64(a->type) || is_u64(b->type))
		wide.sgn = false;
	if (op >= FIRST_COMPARISON)
		return (struct type){.bits = 64, .sgn = false};
	if (op == SHL || op == SHR)
		wide.sgn = a->type.sgn;
	if (op == BAND && (small_unsigned(a->type, a->here) || small_unsigned(b->type, b->here)))
		return (struct type){.bits = 32, .sgn = false};
	if ((op == BOR || op == BXOR) && small_unsigned(a->type, a->here) &&
	    small_unsigned(b->type, b->here))
		return (struct type){.bits = 32, .sgn = false};
	if (op == SHR && !a->type.sgn && a->type.bits && a->type.bits <= 32)
		wide.bits = 32;
	return wide;
}

static __int128 floor_shift(__int128 a, __int128 count, bool left)
{
	if (!left)
		return a >> count;
	return (__int128)((unsigned __int128)a << count);
}

/* What the operation gives of these two numbers. *@lost: no one can follow. */
static __int128 compute(enum op op, __int128 a, __int128 b, bool *lost)
{
	__int128 r;

	switch (op) {
	case ADD: return a + b;
	case SUB: return a - b;
	case MUL: *lost |= __builtin_mul_overflow(a, b, &r); return r;
	case DIV: *lost |= !b; return b ? a / b : 0;
	case REM: *lost |= !b; return b ? a % b : a;
	case MINIMUM: return a < b ? a : b;
	case MAXIMUM: return a > b ? a : b;
	case BAND: return a & b;
	case BOR: return a | b;
	case BXOR: return a ^ b;
	case SHL:
	case SHR:
		if (b < 0 || b > 62 || a >> 62 > 0 || a >> 62 < -1) {
			*lost = true;
			return 0;
		}
		return floor_shift(a, b, op == SHL);
	case LT: return a < b;
	case LE: return a <= b;
	case EQ: return a == b;
	case NE: return a != b;
	case GT: return a > b;
	case GE: return a >= b;
	default: abort();
	}
}

/* The same in 64 bits: both operands in the type it is done in. */
static __int128 compute_here(enum op op, const struct value *a, const struct value *b,
			     struct type t)
{
	struct type in = {.bits = 64, .sgn = a->type.sgn || b->type.sgn};
	__int128 x, y;
	bool lost = false;

	if (is_u64(a->type) || is_u64(b->type))
		in.sgn = false;
	/* No signed number is that large: C compares without signs. */
	if (op >= FIRST_COMPARISON &&
	    ((!a->type.bits && a->here > INT64_MAX) || (!b->type.bits && b->here > INT64_MAX)))
		in.sgn = false;
	if (op == SHL || op == SHR) {
		x = cut(a->here, (struct type){.bits = 64, .sgn = a->type.sgn});
		y = b->here & 63;
		return cut(floor_shift(x, y, op == SHL), t);
	}
	x = cut(a->here, in);
	y = cut(b->here, in);
	return cut(compute(op, x, y, &lost), t);
}

static struct value operand(unsigned int i)
{
	const struct operand *o = &operands[i % ARRAY_SIZE(operands)];
	struct value v = {.type = o->type};

	snprintf(v.text, sizeof(v.text), "%s", o->text);
	v.here = o->type.bits ? cut(args[o->arg], o->type) : o->constant;
	v.elixir = v.here;
	return v;
}

static bool is_constant(const struct value *v)
{
	return v->type.bits == 0;
}

static void bracket(struct value *v)
{
	char text[sizeof(v->text)];

	if (!strchr(v->text, ' ') || strchr(v->text, '(') == v->text)
		return;
	snprintf(text, sizeof(text), "(%.500s)", v->text);
	strcpy(v->text, text);
}

static bool fits(__int128 v, struct type t)
{
	return v <= (t.sgn ? INT64_MAX : (__int128)UINT64_MAX) && v >= INT64_MIN;
}

static struct value apply(enum op op, const struct value *a, const struct value *b)
{
	struct value v = {.wraps = a->wraps || b->wraps};
	bool word = isalpha((unsigned char)op_texts[op][0]);

	if (word)
		snprintf(v.text, sizeof(v.text), "%s(%.240s, %.240s)", op_texts[op], a->text,
			 b->text);
	else
		snprintf(v.text, sizeof(v.text), "%.240s %s %.240s", a->text, op_texts[op],
			 b->text);
	v.elixir = compute(op, a->elixir, b->elixir, &v.wraps);
	v.type = result_type(op, a, b);
	if (is_constant(a) && is_constant(b) && op < FIRST_COMPARISON) {
		/* Constants are exact as long as they fit. */
		bool lost = false;

		v.here = compute(op, a->here, b->here, &lost);
		v.type = (struct type){.bits = 0, .sgn = v.here < 0};
		if (lost || v.here > UINT64_MAX || v.here < INT64_MIN)
			v.wraps = true;
		return v;
	}
	v.wraps |= !fits(v.elixir, v.type);
	v.here = compute_here(op, a, b, v.type);
	return v;
}

/* - and bnot: their result has a sign, and that of their operand. */
static struct value apply_one(bool negate, const struct value *x)
{
	struct value v = {.wraps = x->wraps}, inner = *x;

	bracket(&inner);
	snprintf(v.text, sizeof(v.text),
		 negate ? (*inner.text == '-' ? "(-(%.500s))" : "(-%.500s)") : "bnot(%.500s)",
		 inner.text);
	v.elixir = negate ? -x->elixir : ~x->elixir;
	v.here = negate ? -x->here : ~x->here;
	v.type = (struct type){.bits = 64, .sgn = negate || !is_u64(x->type)};
	if (is_constant(x))
		v.type = (struct type){.bits = 0, .sgn = v.here < 0};
	else
		v.here = cut(v.here, v.type);
	v.wraps |= !fits(v.elixir, v.type);
	return v;
}

/* Constants get 64 bits where they are kept; narrow numbers 32. */
static void keep(struct value *v)
{
	if (is_constant(v))
		v->type.bits = 64;
	else if (v->type.bits < 32)
		v->type.bits = 32;
}

enum place { INLINE, VARIABLE, BRANCH, ARGUMENT, PLACES };

static FILE *out;
static unsigned int in_file, files;
static __int128 wanted[PER_FILE];
static const char *dir;
static unsigned long n_values, n_wraps, n_unsigned;

static void close_file(void)
{
	if (!out)
		return;
	fprintf(out, "  0\nend\n# args:");
	for (unsigned int i = 0; i < ARRAY_SIZE(args); i++)
		fprintf(out, " %" PRIu64, args[i]);
	fprintf(out, "\n# out:");
	for (unsigned int i = 0; i < PER_FILE; i++)
		fprintf(out, " %" PRIu64, i < in_file ? (uint64_t)wanted[i] : 0);
	fprintf(out, "\n");
	if (ferror(out) || fclose(out)) {
		perror("pairs");
		exit(1);
	}
	out = NULL;
}

static void open_file(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%u.ex", dir, ++files);
	out = fopen(path, "w");
	if (!out) {
		perror(path);
		exit(1);
	}
	fprintf(out,
		"use Honey, license: \"Dual BSD/GPL\"\n"
		"defmap(:out, :bpf_array, max_entries: %d, value_type: :u64)\n"
		"defstruct :narrow do\n  field(:u8, :u8)\n  field(:s8, :s8)\n  field(:u16, :u16)\n"
		"  field(:s16, :s16)\nend\n\n"
		"defp put(i, v) do\n  bpf_map_update_elem(:out, i, v)\nend\n\n",
		PER_FILE);
	for (enum op op = 0; op < OPS; op++) {
		const char *t = op_texts[op];
		bool word = isalpha((unsigned char)t[0]);
		char text[64];

		snprintf(text, sizeof(text), word ? "%s(p, q)" : "p %s q", t);
		if (op >= FIRST_COMPARISON)
			fprintf(out, "defp f_%d(p, q), do: if(%s, do: 1, else: 0)\n", op, text);
		else
			fprintf(out, "defp f_%d(p, q), do: %s\n", op, text);
	}
	fprintf(out, "\n@sec \"raw_tp/sys_enter\"\ndef run(ctx) do\n"
		     "  a = ctx.args[0]\n  b = ctx.args[1]\n  c = ctx.args[2]\n  d = ctx.args[3]\n"
		     "  big = ctx.args[4]\n  high = ctx.args[5]\n"
		     "  e = %%narrow{u8: c, s8: c, u16: high, s16: d}\n"
		     "  u32 = u32(high)\n  u64 = big\n  s32 = s32(d)\n  s64 = s64(d)\n");
	in_file = 0;
}

/* One line that stores @v. @before: statements in front of it. */
static void put(const char *before, const struct value *v, bool comparison)
{
	const char *mark = "";

	if (!out)
		open_file();
	if (v->wraps && v->here != v->elixir) {
		mark = " # wraps";
		n_wraps++;
	} else if (v->here != v->elixir) {
		mark = " # unsigned";
		n_unsigned++;
	}
	if (comparison)
		fprintf(out, "  %sput(%u, if(%s, do: 1, else: 0))%s\n", before, in_file, v->text,
			mark);
	else
		fprintf(out, "  %sput(%u, %s)%s\n", before, in_file, v->text, mark);
	wanted[in_file++] = v->here;
	n_values++;
	if (in_file == PER_FILE)
		close_file();
}

/* inner q z, or with @right z q inner, the inner operation in its place. */
static void pair(struct value inner, enum op q, struct value z, bool right, enum place place)
{
	struct value outer;
	char before[600] = "", name[16], branch[sizeof(inner.text)];

	if (inner.wraps && is_constant(&inner))
		return; /* said to be cut */
	bracket(&inner);
	switch (place) {
	case VARIABLE:
		snprintf(name, sizeof(name), "v%u", in_file % PER_FILE);
		snprintf(before, sizeof(before), "%s = %.500s; ", name, inner.text);
		strcpy(inner.text, name);
		keep(&inner);
		break;
	case BRANCH:
		snprintf(branch, sizeof(branch), "(if a > 1 do %.480s else 0 end)", inner.text);
		memcpy(inner.text, branch, sizeof(branch));
		if (is_constant(&inner)) {
			inner.type.bits = 64;
			inner.type.loose = true;
		}
		break;
	case ARGUMENT:
		keep(&inner);
		keep(&z);
		break;
	default: break;
	}
	outer = right ? apply(q, &z, &inner) : apply(q, &inner, &z);
	if (outer.wraps && is_constant(&outer))
		return;
	if (place == ARGUMENT)
		snprintf(outer.text, sizeof(outer.text), "f_%d(%.240s, %.240s)", q,
			 right ? z.text : inner.text, right ? inner.text : z.text);
	put(before, &outer, q >= FIRST_COMPARISON && place != ARGUMENT);
}

/* Does the compiler refuse it: a constant 0 on the right of a division? */
static bool refused(enum op op, const struct value *b)
{
	return (op == DIV || op == REM) && is_constant(b) && b->here == 0;
}

/* Every two operands meet around every operator as the rows go by. */
static void row(enum op p, enum op q, unsigned int at)
{
	unsigned int n = ARRAY_SIZE(operands);
	struct value x = operand(at % n), y = operand(at / n % n), z = operand((at + at / n) % n);
	struct value inner = apply(p, &x, &y), one, whole;

	for (unsigned int right = 0; right < 2; right++)
		if (!refused(p, &y) && !refused(q, right ? &inner : &z))
			pair(inner, q, z, right, (at + right) % PLACES);
	/* A sign or bnot on one side, and around the whole. */
	one = apply_one(at & 1, &x);
	for (unsigned int right = 0; p == ADD && right < 2; right++)
		if (!refused(q, right ? &one : &z))
			pair(one, q, z, right, (at / 2 + right) % PLACES);
	if (q == ADD && !refused(p, &y)) {
		whole = apply_one(at & 1, &inner);
		pair(whole, LT, z, at & 2, at % PLACES);
	}
}

/* Two comparisons and what joins them; the first inline, in a variable or in a branch, or with not.
 */
static void logic_row(enum op c, enum op d, unsigned int at)
{
	unsigned int n = ARRAY_SIZE(operands);
	struct value x = operand(at % n), y = operand(at / 3 % n), z = operand((at + at / n) % n);
	struct value first = apply(c, &x, &y), second = apply(d, &y, &z), whole = {0};
	bool both = at & 1, negated = at & 2;
	char before[600] = "", name[16];

	if (first.wraps || second.wraps)
		return;
	switch (at / 4 % 3) {
	case 1:
		snprintf(name, sizeof(name), "v%u", in_file % PER_FILE);
		snprintf(before, sizeof(before), "%s = %.500s; ", name, first.text);
		strcpy(first.text, name);
		break;
	case 2:
		snprintf(before, sizeof(before), "(if a > 1 do %.480s else false end)", first.text);
		snprintf(first.text, sizeof(first.text), "%.510s", before);
		*before = '\0';
		break;
	default: break;
	}
	snprintf(whole.text, sizeof(whole.text), "%s(%.200s) %s (%.200s)", negated ? "not " : "",
		 first.text, both ? "and" : "or", second.text);
	if (negated) {
		first.here = !first.here;
		first.elixir = !first.elixir;
	}
	whole.here = both ? first.here && second.here : first.here || second.here;
	whole.elixir = both ? first.elixir && second.elixir : first.elixir || second.elixir;
	put(before, &whole, true);
}

int main(int argc, char **argv)
{
	unsigned int triples, at = 0;

	if (argc != 3)
		return 2;
	dir = argv[1];
	triples = (unsigned int)strtoul(argv[2], NULL, 10);
	for (enum op p = 0; p < FIRST_COMPARISON; p++)
		for (enum op q = 0; q < OPS; q++)
			for (unsigned int i = 0; i < triples; i++)
				row(p, q, at++);
	for (enum op c = FIRST_COMPARISON; c < OPS; c++)
		for (enum op d = FIRST_COMPARISON; d < OPS; d++)
			for (unsigned int i = 0; i < triples * 2; i++)
				logic_row(c, d, at++);
	close_file();
	printf("%lu values in %u programs: %lu as in Elixir, %lu need more than 64 bits, "
	       "%lu another sign\n",
	       n_values, files, n_values - n_wraps - n_unsigned, n_wraps, n_unsigned);
	return 0;
}
