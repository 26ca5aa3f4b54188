/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* links: honey/[a-c]*.c honey/diag.c honey/emit*.c honey/f*.c honey/helpers.c honey/[i-z]*.c */
/* links: lib/arena.c lib/strbuf.c lib/suggest.c lib/utf8.c */
/* libs: -lbpf -lelf -lz -ljson-c */
/* honeyc's parts that read: places in text, tokens, widths of types, kernel BTF and tracefs
 * formats. */
#include "lib/base.h"
#include "honey/honey.h"
#include "honey/ctx.h"
#include "honey/diag.h"
#include "honey/lex.h"
#include "honey/passes.h"

#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void start(struct honey *h, const char *text)
{
	memset(h, 0, sizeof(*h));
	types_init(h);
	srcmap_add(h, "dir/a.ex", text, strlen(text));
}

static void test_places(void **state)
{
	struct honey h;
	struct place p;
	size_t len;

	(void)state;
	start(&h, "ab\n\xc3\xa9x\r\n\nlast");
	assert_string_equal(h.sources[0].name, "a.ex");
	p = srcmap_place(&h, 0, 0);
	assert_int_equal(p.line * 100 + p.column, 101);
	p = srcmap_place(&h, 0, 5); /* after the two bytes of one character */
	assert_int_equal(p.line * 100 + p.column, 202);
	p = srcmap_place(&h, 0, 1000);
	assert_int_equal(p.line * 100 + p.column, 405);
	assert_memory_equal(srcmap_line(&h.sources[0], 2, &len), "\xc3\xa9x", 3);
	assert_int_equal(len, 3);
	honey_release(&h);
}

static void test_tokens(void **state)
{
	static const enum token_kind want[] = {TOK_IDENT,  TOK_OP,  TOK_INT,  TOK_OP,
					       TOK_INT,	   TOK_KEY, TOK_ATOM, TOK_AT,
					       TOK_STRING, TOK_DO,  TOK_INT,  TOK_EOF};
	struct honey h;

	(void)state;
	start(&h, "x = 0xFF_00 >>> 1_000 # note\nsize: :u8 @sec \"a\\n\\\"b\" do ?a");
	lex_file(&h, 0);
	assert_int_equal(h.n_errors, 0);
	assert_int_equal(h.n_tokens, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(h.tokens[i].kind, want[i]);
	assert_int_equal(h.tokens[2].value, 0xff00);
	assert_int_equal(h.tokens[3].op, OP_SHR);
	assert_int_equal(h.tokens[4].value, 1000);
	assert_true(h.tokens[5].nl_before);
	assert_string_equal(h.tokens[8].str, "a\n\"b");
	assert_int_equal(h.tokens[10].value, 'a');
	honey_release(&h);
}

static void test_utf8(void **state)
{
	static const char *const bad[] = {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80",
					  "\xf4\x90\x80\x80"};
	struct honey h;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		start(&h, bad[i]);
		lex_file(&h, 0);
		assert_int_equal(h.n_errors, 1);
		assert_int_equal(h.diags[0].code, H004);
		honey_release(&h);
	}
	start(&h, "# \xe2\x82\xac \xf0\x9f\x90\x9d");
	lex_file(&h, 0);
	assert_int_equal(h.n_errors, 0);
	honey_release(&h);
}

static void test_join(void **state)
{
	struct honey h;
	bool ok;

	(void)state;
	start(&h, "");
	assert_ptr_equal(type_join(&h, type_int(&h, 32, false), type_int(&h, 64, false), &ok),
			 type_int(&h, 64, false));
	/* Both fit in 64 signed bits; beside a u64 the u64 decides. */
	assert_ptr_equal(type_join(&h, type_int(&h, 32, false), type_int(&h, 32, true), &ok),
			 type_int(&h, 64, true));
	assert_ptr_equal(type_join(&h, type_int(&h, 64, false), type_int(&h, 32, true), &ok),
			 type_int(&h, 64, false));
	assert_ptr_equal(type_join(&h, &h.types.lit32, type_int(&h, 32, true), &ok),
			 type_int(&h, 32, true));
	assert_ptr_equal(type_join(&h, &h.types.lit64, type_int(&h, 32, false), &ok),
			 type_int(&h, 64, false));
	assert_ptr_equal(type_join(&h, &h.types.nil, type_int(&h, 32, false), &ok),
			 type_option(&h, type_int(&h, 32, false)));
	assert_true(ok);
	type_join(&h, &h.types.bool_, &h.types.lit32, &ok);
	assert_false(ok);
	honey_release(&h);
}

/* BTF of struct trace_event_raw_bee { int a; char name[16]; hidden h; } by hand */
struct blob {
	struct btf_header hdr;
	struct btf_type int_type;
	uint32_t int_data;
	struct btf_type char_type;
	uint32_t char_data;
	struct btf_type array_type;
	struct btf_array array;
	struct btf_type strct;
	struct btf_member members[3];
	char strings[64];
};

static void make_blob(struct blob *b)
{
	static const char strings[] = "\0int\0char\0trace_event_raw_bee\0a\0name\0h";

	memset(b, 0, sizeof(*b));
	b->hdr = (struct btf_header){.magic = BTF_MAGIC,
				     .version = 1,
				     .hdr_len = sizeof(b->hdr),
				     .type_len = offsetof(struct blob, strings) - sizeof(b->hdr),
				     .str_off = offsetof(struct blob, strings) - sizeof(b->hdr),
				     .str_len = sizeof(b->strings)};
	b->int_type = (struct btf_type){1, BTF_KIND_INT << 24, {4}};
	b->int_data = BTF_INT_SIGNED << 24 | 32;
	b->char_type = (struct btf_type){5, BTF_KIND_INT << 24, {1}};
	b->char_data = 8;
	b->array_type = (struct btf_type){0, BTF_KIND_ARRAY << 24, {0}};
	b->array = (struct btf_array){2, 1, 16};
	b->strct = (struct btf_type){10, BTF_KIND_STRUCT << 24 | 3, {40}};
	b->members[0] = (struct btf_member){30, 1, 8 * 8};
	b->members[1] = (struct btf_member){32, 3, 12 * 8};
	b->members[2] = (struct btf_member){37, 4, 28 * 8}; /* a struct: not readable */
	memcpy(b->strings, strings, sizeof(strings));
}

static void test_btf(void **state)
{
	struct ctx_field *f;
	struct honey h;
	struct blob b;

	(void)state;
	start(&h, "");
	make_blob(&b);
	assert_int_equal(btf_parse_event(&h, &b, sizeof(b), "bee", &f), 2);
	assert_string_equal(f[0].name, "a");
	assert_ptr_equal(f[0].type, type_int(&h, 32, true));
	assert_int_equal(f[0].offset, 8);
	assert_string_equal(f[1].name, "name");
	assert_true(f[1].type->is_char);
	assert_int_equal(f[1].size, 16);
	assert_int_equal(btf_parse_event(&h, &b, sizeof(b), "wasp", &f), -ENOENT);
	/* Cut short anywhere it is refused or has no such struct, never read past its end. */
	for (size_t n = 0; n < sizeof(b); n += 4) {
		void *cut = malloc(n + 1);

		memcpy(cut, &b, n);
		assert_true(btf_parse_event(&h, cut, n, "bee", &f) < 0);
		free(cut);
	}
	b.array.type = 3; /* an array of itself */
	assert_int_equal(btf_parse_event(&h, &b, sizeof(b), "bee", &f), 1);
	honey_release(&h);
}

static void test_tracefs(void **state)
{
	static const char text[] =
		"name: bee\nformat:\n\tfield:unsigned short "
		"common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
		"\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
		"\tfield:__data_loc char[] name;\toffset:28;\tsize:4;\tsigned:0;\n"
		"\tfield:broken;\n\tfield:x[0];\toffset:1;\tsize:4;\tsigned:0;\n";
	struct ctx_field *f;
	struct honey h;

	(void)state;
	start(&h, "");
	assert_int_equal(tracefs_parse_format(&h, text, &f), 2);
	assert_string_equal(f[0].name, "comm");
	assert_int_equal(f[0].type->count, 16);
	assert_string_equal(f[1].name, "pid");
	assert_ptr_equal(f[1].type, type_int(&h, 32, true));
	assert_int_equal(f[1].offset, 24);
	honey_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places), cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_utf8),   cmocka_unit_test(test_join),
		cmocka_unit_test(test_btf),    cmocka_unit_test(test_tracefs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
