/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What wrong definitions are told, word for word; what right ones ask for; and what cannot be
 * determined. Over made-up records: what bpftrace itself says is bpf/t_definition.
 */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/definition/definition.h"
#include "harness/definition/syscalls.h"
#include "lib/strbuf.h"

static const struct definition_words truth = {.formats = ""},
				     old = {.release = DEFINITION_BT_0_17, .formats = ""},
				     new = {.release = DEFINITION_BT_0_27, .formats = ""};

/* --- errors --- */

static const struct {
	const char *text, *error;
} wrong[] = {
#include "tests/unit/definition_errors.def"
};

static void errors_name_the_word(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct strbuf why = STRBUF_INIT;
		struct definition *def;

		if (!definition_parse(&def, wrong[i].text, "d", &truth, &why))
			fail_msg("accepted: %s", wrong[i].text);
		assert_null(def);
		assert_string_equal(why.s, wrong[i].error);
		strbuf_release(&why);
	}
}

static void releases_refuse_their_own(void **state UNUSED)
{
	static const struct {
		const struct definition_words *words;
		const char *text, *error;
	} some[] = {
		{&old, "t:syscalls:sys_exit_read { $x = (uint8)1; $x = 300; @x = $x; }",
		 "d:1:43: $x has 64 bits here and 8 elsewhere, of which bpftrace 0.17 makes two "
		 "variables; cast it"},
		{&old, "t:syscalls:sys_exit_read { @x = hist(args->ret, 3); }",
		 "d:1:49: bpftrace 0.17 has no hist() with bits; leave them out"},
		{&new, "t:syscalls:sys_exit_read { @x = retval; }",
		 "d:1:33: bpftrace has no 'retval' at tracepoints; write args.ret"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		struct strbuf why = STRBUF_INIT;
		struct definition *def;

		assert_int_equal(definition_parse(&def, some[i].text, "d", some[i].words, &why),
				 -EINVAL);
		assert_string_equal(why.s, some[i].error);
		strbuf_release(&why);
	}
}

/* --- questions --- */

static struct definition *parsed(const char *text, const struct definition_words *words)
{
	struct strbuf why = STRBUF_INIT;
	struct definition *def;

	if (definition_parse(&def, text, "d", words, &why))
		fail_msg("%s", why.s);
	strbuf_release(&why);
	return def;
}

static void asks_for_what_it_needs(void **state UNUSED)
{
	struct definition *def = parsed(
		"tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat /uid == "
		"1/ { @f[str(args.filename, 20), comm] "
		"= "
		"count(); }"
		"tracepoint:syscalls:sys_exit_read { @start[tid] = nsecs; @s = sum(args.ret); "
		"printf(\"%d\\n\", args.ret); }",
		&truth);
	const struct definition_map *maps;

	assert_true(definition_wants(def, "openat", false));
	assert_true(definition_wants(def, "open", false));
	assert_false(definition_wants(def, "open_tree", false));
	assert_false(definition_wants(def, "openat", true));
	assert_false(definition_wants(def, "read", false));
	assert_true(definition_wants(def, "read", true));
	assert_false(definition_wants_all(def));
	assert_int_equal(definition_wants_texts(def, "openat"), 1 << 1);
	assert_int_equal(definition_wants_texts(def, "open"), 1 << 0);
	assert_int_equal(definition_wants_texts(def, "read"), 0);
	assert_int_equal(definition_text_bytes(def), 20);
	assert_int_equal(definition_asks(def), SYSCALL_NO_UID | SYSCALL_NO_COMM | SYSCALL_NO_TIME);
	assert_int_equal(definition_printfs(def), 1);
	assert_int_equal(definition_maps(def, &maps), 3);
	assert_string_equal(maps[0].name, "@f");
	assert_int_equal(maps[0].function, DEFINITION_COUNT);
	assert_string_equal(maps[0].parts[0].name, "filename");
	assert_int_equal(maps[0].parts[0].kind.bytes, 20);
	assert_string_equal(maps[0].parts[1].name, "comm");
	assert_int_equal(maps[0].parts[1].kind.bytes, 16);
	assert_ptr_equal(definition_map(def, "@s"), &maps[1]);
	assert_true(maps[1].value.is_signed);
	assert_null(definition_map(def, "@nope"));
	definition_release(def);

	def = parsed("t:raw_syscalls:sys_enter { @[args.id] = count(); }", &truth);
	assert_true(definition_wants_all(def));
	assert_true(definition_wants(def, "anything", false));
	definition_release(def);
	/* A pointer that is kept may point at any text. */
	def = parsed("t:syscalls:sys_enter_rename { @p[tid] = args.newname; } "
		     "t:syscalls:sys_exit_rename { @[str(@p[tid])] = count(); }",
		     &truth);
	assert_int_equal(definition_wants_texts(def, "rename"), 3);
	assert_int_equal(definition_wants_texts(def, "openat"), 0);
	definition_release(def);
}

static void knows_releases(void **state UNUSED)
{
	assert_int_equal(definition_release_of("bpftrace v0.17.0"), DEFINITION_BT_0_17);
	assert_int_equal(definition_release_of("bpftrace v0.23.2\n"), DEFINITION_BT_0_17);
	assert_int_equal(definition_release_of("v0.24.0"), DEFINITION_BT_0_27);
	assert_int_equal(definition_release_of("1.0"), DEFINITION_BT_0_27);
	assert_int_equal(definition_release_of("what"), DEFINITION_TRUE);
}

static void knows_syscalls(void **state UNUSED)
{
	struct syscalls s;
	const struct syscall_info *info;

	syscalls_load(&s, "");
	info = syscalls_find(&s, "openat");
	assert_non_null(info);
	assert_int_equal(info->nargs, 4);
	assert_string_equal(info->args[1].name, "filename");
	assert_true(info->args[1].text);
	assert_int_equal(info->args[3].bytes, 2);
	assert_null(syscalls_find(&s, "opneat"));
	assert_string_equal(syscall_by_nr(info->nr), "openat");
	assert_int_equal(syscall_number("newuname"), syscall_number("newuname"));
	assert_null(syscall_by_nr(-1));
	syscalls_release(&s);
	/* What the running kernel says is the same, where it says anything. */
	syscalls_load(&s, NULL);
	info = syscalls_find(&s, "lseek");
	assert_non_null(info);
	assert_int_equal(info->nargs, 3);
	assert_true(info->args[1].is_signed);
	assert_int_equal(info->args[0].bytes, 8);
	syscalls_release(&s);
}

/* --- runs --- */

static struct syscall_record at(uint32_t tid, uint64_t ns, uint64_t took_ns, int64_t ret)
{
	struct syscall_record r = {.nr = syscall_number("read"),
				   .name = "read",
				   .has_enter = true,
				   .has_exit = true,
				   .enter_ns = ns,
				   .enter_max_ns = ns,
				   .exit_ns = ns + took_ns,
				   .exit_max_ns = ns + took_ns,
				   .pid = 7,
				   .tid = tid,
				   .args = {3, 4096, 100},
				   .ret = ret,
				   .comm_enter = "cat",
				   .comm_exit = "cat"};
	return r;
}

/* "1: 5, 2: between 3 and 4 (clock)" of map @name; "?" and why where it is in doubt as a whole. */
static void show(const struct definition_result *r, const char *name, struct strbuf *out)
{
	strbuf_reset(out);
	for (size_t i = 0; i < r->nvalues; i++) {
		const struct definition_values *v = &r->values[i];

		if (strcmp(v->map->name, name) != 0)
			continue;
		if (v->doubt)
			strbuf_addf(out, "? %s", v->why);
		for (size_t c = 0; !v->doubt && c < v->n; c++) {
			strbuf_addstr(out, c ? "; " : "");
			definition_add_key(out, v->map, &v->cells[c]);
			strbuf_addstr(out, v->map->nparts ? " = " : "");
			definition_add_value(out, v->map, &v->cells[c]);
			strbuf_addstr(out, v->cells[c].maybe ? " or nothing" : "");
		}
	}
}

static void expect_words(const char *text, const struct definition_words *words,
			 const struct syscall_record *records, size_t n, const char *name,
			 const char *want)
{
	struct definition *def = parsed(text, words);
	struct definition_result r;
	struct strbuf got = STRBUF_INIT;

	assert_int_equal(definition_run(def, records, n, &r), 0);
	show(&r, name, &got);
	if (strcmp(got.s, want) != 0)
		fail_msg("%s\nof %s is \"%s\", not \"%s\"", name, text, got.s, want);
	strbuf_release(&got);
	definition_result_release(&r);
	definition_release(def);
}

#define expect(text, records, name, want)                                                          \
	expect_words(text, &truth, records, ARRAY_SIZE(records), name, want)

#define ENTER "t:syscalls:sys_enter_read "
#define EXIT  "t:syscalls:sys_exit_read "

static void runs_in_the_order_of_time(void **state UNUSED)
{
	/* Given in another order. */
	const struct syscall_record r[] = {at(1, 300, 10, 3), at(1, 100, 10, 1),
					   at(1, 200, 10, -2)};

	expect(EXIT "{ @x = @x * 10 + args.ret; }", r, "@x", "83");
	expect(EXIT "{ @[args.ret] = count(); }", r, "@", "-2 = 1; 1 = 1; 3 = 1");
	expect(EXIT "/args.ret < 0/ { @e = count(); @s = stats(args.ret); }", r, "@s",
	       "count 1, average -2, total -2");
	expect("BEGIN { @n = 4; } END { @n++; }" ENTER "{ @n = @n * 2; }", r, "@n", "33");
	expect(EXIT "{ @d[tid, comm] = avg(args.ret); }", r, "@d", "1,cat = 0");
	expect(ENTER "{ @a[args.count] = count(); delete(@a[100]); }", r, "@a", "");
	expect(EXIT "{ @h = hist(args.ret); @l = lhist(args.ret, 0, 4, 2); }", r, "@h",
	       "below 0: 1, 1 to 1: 1, 2 to 3: 1");
	expect(EXIT "{ @l = lhist(args.ret, 0, 4, 2); }", r, "@l",
	       "below 0: 1, 0 to 1: 1, 2 to 3: 1");
	expect(EXIT "{ @l = lhist(args.ret, 0, 3, 2); }", r, "@l",
	       "below 0: 1, 0 to 1: 1, from 2: 1");
	expect(EXIT "{ @h = hist(args.ret + 36, 2); }", r, "@h", "32 to 39: 3");
	expect(ENTER "{ @big = hist(-1 * args.fd + 18446744073709551613); }", r, "@big",
	       "below 0: 3");
	expect(ENTER "{ @big = hist(args.fd | 0x8000000000000000); }", r, "@big",
	       "from 9223372036854775807: 3");
	expect(EXIT "{ @min = min(args.ret); @max = max(args.ret); }", r, "@min", "-2");
	expect(EXIT "{ @z = 5 / (args.ret - args.ret); }", r, "@z", "1");
}

static void sides_that_were_not_seen(void **state UNUSED)
{
	struct syscall_record r[] = {at(1, 100, 10, 1), at(1, 200, 10, 0), at(1, 300, 10, 2)};

	r[0].has_exit = false;
	r[1].has_enter = false;
	r[2].compat = true;
	expect(ENTER "{ @[tid] = count(); }", r, "@", "1 = 1");
	expect(EXIT "{ @[args.ret] = count(); }", r, "@", "0 = 1");
	expect("t:raw_syscalls:sys_exit { @[args.ret] = count(); }", r, "@", "0 = 1; 2 = 1");
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "/@s[tid]/ { @n = count(); delete(@s[tid]); }", r,
	       "@n", "1");
}

static void clocks_give_bounds(void **state UNUSED)
{
	struct syscall_record r[] = {at(1, 1000, 5000, 0), at(1, 10000, 70, 0)};

	for (size_t i = 0; i < 2; i++) {
		r[i].enter_max_ns += 20;
		r[i].exit_max_ns += 30;
	}
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "{ @t = sum(nsecs - @s[tid]); @h = hist(nsecs - "
		     "@s[tid]); }",
	       r, "@t", "between 5030 and 5130 (clock)");
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "{ @h = hist(nsecs - @s[tid]); }", r, "@h",
	       "32 to 63: between 0 and 1, 64 to 127: between 0 and 1, 4096 to 8191: 1 (clock)");
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "{ @h = hist((nsecs - @s[tid]) / 1000); }", r,
	       "@h", "0 to 0: 1, 4 to 7: 1");
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "/nsecs - @s[tid] > 4000/ { @slow = count(); }",
	       r, "@slow", "1");
	expect(ENTER "{ @s[tid] = nsecs; } " EXIT "/nsecs - @s[tid] > 75/ { @slow = count(); }", r,
	       "@slow", "between 1 and 2 (clock)");
	expect(EXIT "{ @last = nsecs; }", r, "@last", "between 10070 and 10100 (clock)");
	/* A difference of two readings is never negative. */
	expect(ENTER "{ @a = nsecs - @b; @b = nsecs; } " EXIT "{ @c = nsecs - @b; }", r, "@c",
	       "between 50 and 100 (clock)");
}

static void threads_race(void **state UNUSED)
{
	const struct syscall_record close[] = {at(1, 100, 10, 1), at(2, 120, 10, 2)},
				    far[] = {at(1, 100, 10, 1), at(2, NSEC_PER_SEC, 10, 2)};

	expect(EXIT "{ @x = args.ret; }", close, "@x", "- (race)");
	expect(EXIT "{ @x = args.ret; }", far, "@x", "2");
	expect(EXIT "{ @x++; }", close, "@x", "- (race)");
	expect(EXIT "{ @x += args.ret; }", far, "@x", "3");
	expect(EXIT "{ @n = count(); @s = sum(args.ret); }", close, "@s", "3");
	/* The same value from both is no race. */
	expect(EXIT "{ @seen[pid] = 1; }", close, "@seen", "7 = 1");
	expect(EXIT "{ @n[pid] = count(); delete(@n[pid]); }", close, "@n",
	       "7 = - (race) or nothing");
	expect(EXIT "{ @x[tid] = args.ret; }", close, "@x", "1 = 1; 2 = 2");
}

static void records_lack_things(void **state UNUSED)
{
	struct syscall_record r[] = {at(1, 100, 10, 1), at(1, 200, 10, 2)};

	for (size_t i = 0; i < 2; i++)
		r[i].unknown = SYSCALL_NO_CPU | SYSCALL_NO_TIME;
	expect(EXIT "{ @[cpu] = count(); }", r, "@",
	       "? the record of what happened does not have it");
	expect(EXIT "{ @c = cpu; }", r, "@c", "- (not recorded)");
	expect(EXIT "{ @n = count(); }", r, "@n", "2");
	expect(EXIT "/cpu == 0/ { @n = count(); }", r, "@n", "- (not recorded) or nothing");
	expect("BEGIN { @[pid] = 1; }", r, "@", "? BEGIN and END run in bpftrace's own thread");
	expect(EXIT "{ @n = count(); clear(@n); }", r, "@n",
	       "? clear() and zero() are done by bpftrace's process some time later; delete() is "
	       "done "
	       "at once");
}

static void releases_differ(void **state UNUSED)
{
	struct syscall_record r[] = {at(1, 100, 10, -1), at(1, 200, 10, 5000000000)};
	const size_t n = ARRAY_SIZE(r);

	r[0].args[2] = 0xffffffffffffffff;
	expect_words(EXIT "{ @m = min(args.ret); }", &old, r, 1, "@m", "-1");
	expect_words(EXIT "{ @m = max(args.ret); }", &old, r, 1, "@m", "");
	expect_words(EXIT "{ @m = max(args.ret); }", &new, r, 1, "@m", "-1");
	expect_words(EXIT "{ @m = min(args.ret); }", &old, r + 1, 1, "@m", "");
	expect_words(EXIT "{ @h = hist(args.ret); }", &old, r, n, "@h",
		     "below 0: 1, from 2147483648: 1");
	expect_words(EXIT "{ @h = hist(args.ret); }", &truth, r, n, "@h",
		     "below 0: 1, 4294967296 to 8589934591: 1");
	expect_words(EXIT "{ @s += args.ret; }", &old, r, 1, "@s", "18446744073709551615");
	expect_words(EXIT "{ @s += args.ret; }", &truth, r, 1, "@s", "-1");
	expect_words(ENTER "{ @[args.count] = count(); }", &old, r, 1, "@", "-1 = 1");
	expect_words(ENTER "{ @[args.count] = count(); }", &truth, r, 1, "@",
		     "18446744073709551615 = 1");
	expect_words(ENTER "{ @b[args.count > 5] = count(); }", &new, r, 1, "@b", "true = 1");
	expect_words(
		ENTER "{ @b = -(uint8)args.fd; }", &new, r, 1, "@b",
		"? bpftrace 0.27 leaves the upper bits of a narrow value as they were; cast it "
		"to 64 bits");
	expect_words(ENTER "{ @b = -(uint8)args.fd; }", &truth, r, 1, "@b", "-3");
}

static void maps_fill_up(void **state UNUSED)
{
	struct definition_words small = truth;
	const struct syscall_record r[] = {at(1, 100, 10, 1), at(2, 200, 10, 2), at(3, 300, 10, 3)};

	small.map_keys = 3;
	expect_words(EXIT "{ @[tid] = count(); }", &small, r, 3, "@", "1 = 1; 2 = 1; 3 = 1");
	small.map_keys = 2;
	expect_words(EXIT "{ @[tid] = count(); }", &small, r, 3, "@",
		     "? there are more keys than the 2 that the map has room for; set "
		     "BPFTRACE_MAP_KEYS_MAX (0.17) or BPFTRACE_MAX_MAP_KEYS");
	expect_words(EXIT "{ @[tid] = count(); delete(@[tid]); }", &small, r, 3, "@", "");
}

static void texts_and_lines(void **state UNUSED)
{
	static const struct syscall_text whole = {.arg = 1, .bytes = "/etc/passwd", .len = 11},
					 cut = {.arg = 1, .bytes = "/etc", .len = 4, .cut = true},
					 unread = {.arg = 1, .unread = true};
	static const char script[] =
		"t:syscalls:sys_enter_openat { printf(\"path=%s fd %d\\n\", str(args.filename, 9), "
		"(int32)args.dfd); @p[tid] = args.filename; @[str(args.filename)] = count(); }"
		"t:syscalls:sys_exit_openat { @late = str(@p[tid]); }";
	struct syscall_record r[] = {at(1, 100, 10, 1)};
	struct definition *def = parsed(script, &truth);
	struct definition_result out;

	r[0].name = "openat";
	r[0].args[0] = 0xffffff9c;
	r[0].ntexts = 1;
	r[0].texts = &whole;
	assert_int_equal(definition_run(def, r, 1, &out), 0);
	assert_int_equal(out.nevents, 1);
	assert_string_equal(out.events[0].text, "path=/etc/pas fd -100\n");
	assert_int_equal(out.events[0].nfields, 2);
	assert_string_equal(out.events[0].fields[0].name, "path");
	assert_string_equal(out.events[0].fields[0].text, "/etc/pas");
	assert_string_equal(out.events[0].fields[1].name, "dfd");
	assert_int_equal((int64_t)out.events[0].fields[1].number.lo, -100);
	assert_false(out.events[0].exit);
	definition_result_release(&out);
	definition_release(def);
	expect(script, r, "@", "/etc/passwd = 1");
	expect(script, r, "@late", "/etc/passwd");
	r[0].texts = &unread;
	expect(script, r, "@", " = 1");
	expect(script, r, "@late", "- (not recorded)");
	r[0].texts = &cut;
	expect(script, r, "@", "? the record of what happened has kept less of the text");
	r[0].ntexts = 0;
	expect(script, r, "@", "? the record of what happened has not kept the text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_name_the_word),
		cmocka_unit_test(releases_refuse_their_own),
		cmocka_unit_test(asks_for_what_it_needs),
		cmocka_unit_test(knows_releases),
		cmocka_unit_test(knows_syscalls),
		cmocka_unit_test(runs_in_the_order_of_time),
		cmocka_unit_test(sides_that_were_not_seen),
		cmocka_unit_test(clocks_give_bounds),
		cmocka_unit_test(threads_race),
		cmocka_unit_test(records_lack_things),
		cmocka_unit_test(releases_differ),
		cmocka_unit_test(maps_fill_up),
		cmocka_unit_test(texts_and_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
