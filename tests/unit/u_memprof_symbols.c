/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of frames: of this test's own code, of lists, of Rust and C++, of what cannot be named. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "memprof/kernel/names.h"
#include "memprof/symbols/addrmap.h"
#include "memprof/symbols/elf_names.h"
#include "memprof/symbols/symbols.h"

static uint64_t seen;

static void __attribute__((noinline)) see(void)
{
	seen = (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static inline void __attribute__((always_inline)) inner(void)
{
	see();
}

static int inner_line;

static void __attribute__((noinline)) outer(void)
{
	inner_line = __LINE__ + 1;
	inner();
	__asm__ volatile("");
}

extern char __executable_start[];

static void add_own_module(struct profile *p, const char *path, const uint8_t *id, uint32_t len)
{
	struct profile_module m = {.process = 0, .end = UINT64_MAX, .path = path};

	m.start = m.bias = (uint64_t)(uintptr_t)__executable_start;
	if (id)
		memcpy(m.build_id, id, len);
	m.build_id_len = len;
	profile_add_module(p, &m);
}

static struct profile *own_profile(const uint8_t *id, uint32_t len)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	char exe[4096] = "";

	assert_true(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	profile_add_process(p, &(struct profile_process){.pid = 1 << 30});
	add_own_module(p, exe, id, len);
	outer();
	profile_frame_at(p, 0, seen, 0, NULL);
	return p;
}

static void inlined_function_and_lines(void **state UNUSED)
{
	struct profile *p = own_profile(NULL, 0);
	struct symbols *s = symbols_of(p, NULL);
	const struct symbol_frame *f = &s->frames[0];

	assert_true(f->resolved);
	assert_int_equal(f->n, 2);
	assert_string_equal(f->at[0].name, "inner");
	assert_true(f->at[0].inlined);
	assert_string_equal(f->at[1].name, "outer");
	assert_int_equal(f->at[1].line, inner_line);
	assert_non_null(strstr(f->at[1].file, "u_memprof_symbols.c"));
	assert_int_equal(s->unresolved, 0);
	symbols_free(s);
	s = symbols_of(p, &(struct symbols_options){.names_only = true});
	assert_int_equal(s->frames[0].n, 1);
	assert_string_equal(s->frames[0].at[0].name, "outer");
	assert_null(s->frames[0].at[0].file);
	symbols_free(s);
	profile_free(p);
}

/* A file that is not the one that ran has other names at the same places. */
static void other_build_id(void **state UNUSED)
{
	struct profile *p = own_profile((const uint8_t[]){1, 2, 3, 4}, 4);
	struct symbols *s = symbols_of(p, NULL);

	assert_int_equal(s->stale, 1);
	assert_int_equal(s->unresolved, 1);
	assert_false(s->frames[0].resolved);
	assert_non_null(strstr(s->frames[0].at[0].name, "u_memprof_symbols+0x"));
	symbols_free(s);
	profile_free(p);
}

/* A pipe in the place of a file must not be waited for. */
static void no_regular_file(void **state UNUSED)
{
	struct profile_module m = {.path = "/dev/zero"};
	char path[] = "/tmp/u_memprof_symbols.XXXXXX";
	struct elf_names *e;

	assert_int_equal(elf_names_open(&e, &m, NULL), -ENOENT);
	m.path = mkdtemp(path);
	assert_int_equal(elf_names_open(&e, &m, NULL), -ENOENT);
	rmdir(path);
	m.path = "/etc/hostname";
	assert_true(elf_names_open(&e, &m, NULL) < 0);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void kernel_names(void **state UNUSED)
{
	char path[] = "/tmp/u_memprof_symbols.XXXXXX";
	struct addrmap *m;

	close(mkstemp(path));
	write_file(path, "ffffffff81000000 T _text\n"
			 "ffffffff81000100 t do_one\n"
			 "ffffffff81000180 D some_data\n"
			 "ffffffff81000200 T do_two\t[module]\n"
			 "nonsense\n");
	assert_int_equal(addrmap_kallsyms(&m, path), 0);
	assert_int_equal(addrmap_size(m), 3);
	assert_string_equal(addrmap_find(m, 0xffffffff81000100), "do_one");
	assert_string_equal(addrmap_find(m, 0xffffffff810001ff), "do_one");
	assert_string_equal(addrmap_find(m, 0xffffffff81000200), "do_two [module]");
	assert_null(addrmap_find(m, 0xffffffff80ffffff));
	addrmap_free(m);
	/* Hidden from who may not see them. */
	write_file(path, "0000000000000000 T _text\n0000000000000000 t do_one\n");
	assert_int_equal(addrmap_kallsyms(&m, path), -EACCES);
	unlink(path);
	assert_int_equal(addrmap_kallsyms(&m, path), -ENOENT);
}

/* What names hang on decides whether the list is read again; who uses a module does not. */
static void kernel_names_are_kept(void **state UNUSED)
{
	char list[] = "/tmp/u_memprof_symbols.XXXXXX", modules[] = "/tmp/u_memprof_symbols.XXXXXX";
	struct kernel_names *n;

	close(mkstemp(list));
	close(mkstemp(modules));
	write_file(list, "ffffffff81000000 T _text\n");
	write_file(modules, "one 4096 0 - Live 0xffffffffa0000000\n");
	n = kernel_names_new(list, modules);
	assert_null(kernel_names_map(n));
	kernel_names_refresh(n);
	assert_string_equal(addrmap_find(kernel_names_map(n), 0xffffffff81000001), "_text");
	write_file(list, "ffffffff81000000 T _text\nffffffffa0000000 t begin\t[one]\n");
	kernel_names_refresh(n);
	assert_int_equal(kernel_names_reads(n), 1);
	assert_int_equal(addrmap_size(kernel_names_map(n)), 1);
	write_file(modules, "one 4096 2 two,three, Live 0xffffffffa0000000\n");
	kernel_names_refresh(n);
	assert_int_equal(kernel_names_reads(n), 1);
	/* Loaded again, elsewhere. */
	write_file(modules, "one 4096 0 - Live 0xffffffffa0001000\n");
	kernel_names_refresh(n);
	assert_int_equal(kernel_names_reads(n), 2);
	assert_string_equal(addrmap_find(kernel_names_map(n), 0xffffffffa0000000), "begin [one]");
	/* The last module goes. */
	write_file(modules, "");
	write_file(list, "0000000000000000 T _text\n");
	kernel_names_refresh(n);
	assert_int_equal(kernel_names_reads(n), 3);
	assert_null(kernel_names_map(n));
	/* A kernel without modules. */
	unlink(modules);
	kernel_names_refresh(n);
	assert_int_equal(kernel_names_reads(n), 3);
	kernel_names_free(n);
	unlink(list);
}

static void jit_names(void **state UNUSED)
{
	char folder[] = "/tmp/u_memprof_symbols.XXXXXX", path[64];
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	struct symbols *s;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/perf-77.map", folder);
	write_file(path, "7f0000001000 100 LazyCompile:*a b.js:3\n"
			 "7f0000001000 80 again\n"
			 "7f0000002000 zz bad\n");
	profile_add_process(p, &(struct profile_process){.pid = 77});
	profile_frame_at(p, 0, 0x7f0000001080, 0, NULL);
	profile_frame_at(p, 0, 0x7f0000001090, 0, NULL);
	profile_frame_at(p, 0, 0x7f0000001200, 0, NULL);
	s = symbols_of(p, &(struct symbols_options){.jit_folder = folder});
	assert_string_equal(s->frames[0].at[0].name, "again");
	assert_string_equal(s->frames[1].at[0].name, "LazyCompile:*a b.js:3");
	assert_string_equal(s->frames[2].at[0].name, "0x7f0000001200");
	assert_int_equal(s->unresolved, 1);
	symbols_free(s);
	/* Another process had that number before. */
	p->processes[0].start_ns = UINT64_MAX;
	s = symbols_of(p, &(struct symbols_options){.jit_folder = folder});
	assert_int_equal(s->unresolved, 3);
	symbols_free(s);
	profile_free(p);
	unlink(path);
	rmdir(folder);
}

/* Names of the list of process 78 in @folder, whose owner is @owner (as profile_process.owner):
 * believed, or why not. */
static void jit_list(const char *folder, uint32_t owner, const char *refused)
{
	struct profile *p = profile_new(PROFILE_EXACT, 0, "test");
	struct symbols *s;

	profile_add_process(p, &(struct profile_process){.pid = 78, .owner = owner});
	profile_frame_at(p, 0, 0x7f0000001080, 0, NULL);
	s = symbols_of(p, &(struct symbols_options){.jit_folder = folder});
	if (refused) {
		assert_int_equal(s->refused, 1);
		assert_non_null(strstr(s->refused_why, refused));
		assert_string_equal(s->frames[0].at[0].name, "0x7f0000001080");
	} else {
		assert_int_equal(s->refused, 0);
		assert_null(s->refused_why);
		assert_string_equal(s->frames[0].at[0].name, "compiled");
	}
	symbols_free(s);
	profile_free(p);
}

/* Anybody can write into /tmp what another user's process is said to run. */
static void jit_names_of_others(void **state UNUSED)
{
	char folder[] = "/tmp/u_memprof_symbols.XXXXXX", path[64], elsewhere[64], why[128];
	uint32_t me = getuid(), other = me + 5;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/perf-78.map", folder);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", folder);
	write_file(path, "7f0000001000 100 compiled\n");
	/* The process's user is not known: who asks. */
	jit_list(folder, 0, NULL);
	jit_list(folder, me + 1, NULL);
	if (me) {
		snprintf(why, sizeof(why),
			 "perf-78.map: it is user %u's, and not root's or that of user %u, "
			 "whose process it is for",
			 me, other);
		jit_list(folder, other + 1, why);
	} else {
		jit_list(folder, other + 1, NULL); /* root's list of another's process */
		assert_int_equal(chown(path, other, other), 0);
		jit_list(folder, other + 1, NULL);
		jit_list(folder, other + 2,
			 "perf-78.map: it is user 5's, and not root's or that of user 6, "
			 "whose process it is for");
		jit_list(folder, 1,
			 "it is user 5's, and not root's or that of user 0, whose process it is "
			 "for");
		jit_list(folder, 0, "it is user 5's, and not root's or that of user 0, who asks");
	}
	assert_int_equal(rename(path, elsewhere), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	jit_list(folder, me + 1, "perf-78.map: it is a link");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	jit_list(folder, me + 1, "perf-78.map: it is no regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	jit_list(folder, me + 1, "perf-78.map: it is no regular file");
	rmdir(path);
	unlink(elsewhere);
	rmdir(folder);
}

static void demangled(void **state UNUSED)
{
	static const char *const names[][2] = {
		{"_ZNSt6vectorIiSaIiEE9push_backERKi",
		 "std::vector<int, std::allocator<int> >::push_back(int const&)"},
		{"_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"},
		{"_RNvNtCs1234_7mycrate3foo3bar", "mycrate[ca63f166dbe9294]::foo::bar"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct strbuf text = STRBUF_INIT;

		assert_true(symbols_demangle(names[i][0], &text));
		if (i < 2)
			assert_string_equal(text.s, names[i][1]);
		else {
			assert_non_null(strstr(text.s, "mycrate"));
			assert_non_null(strstr(text.s, "::foo::bar"));
		}
		strbuf_release(&text);
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const plain[] = {"main", "_start", "_Zzz"};
		struct strbuf text = STRBUF_INIT;

		assert_false(symbols_demangle(plain[i], &text));
		assert_int_equal(text.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inlined_function_and_lines),
		cmocka_unit_test(other_build_id),
		cmocka_unit_test(no_regular_file),
		cmocka_unit_test(kernel_names),
		cmocka_unit_test(kernel_names_are_kept),
		cmocka_unit_test(jit_names),
		cmocka_unit_test(jit_names_of_others),
		cmocka_unit_test(demangled),
	};

	log_init("u_memprof_symbols", LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
