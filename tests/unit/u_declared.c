/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pure parts of the subject declared: sides of calls become calls, maps are held against their
 * prediction, and a definition is changed as people get it wrong. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "harness/subjects/declared.h"

#define READS                                                                                      \
	"tracepoint:syscalls:sys_exit_read /args.ret > 0/ { @bytes[comm] = sum(args.ret); "        \
	"@least[pid] = min(args.ret); @n[comm] = count(); @h = hist(args.ret); }"

static struct definition *def;
static struct arena memory;
static struct definition_result result;
static struct figures figures;
static struct figure_map got;

static int forget(void **state UNUSED)
{
	definition_result_release(&result);
	definition_release(def);
	def = NULL;
	arena_release(&memory);
	arena_release(&figures.arena);
	figures = (struct figures){0};
	got = (struct figure_map){0};
	return 0;
}

/* --- calls --- */

static struct call side(uint32_t tid, long number, bool exit, int64_t ret, uint64_t ns)
{
	struct call c = {.tid = tid,
			 .tgid = tid / 10,
			 .number = number,
			 .exit = exit,
			 .ret = ret,
			 .ns = ns,
			 .late_ns = ns + 5,
			 .args = {3, 0x1000, 64}};

	snprintf(c.comm, sizeof(c.comm), "t%u", tid);
	return c;
}

static void parse(const char *text)
{
	assert_int_equal(definition_parse(&def, text, "test", NULL, NULL), 0);
}

static void sides_become_calls(void **state UNUSED)
{
	/* Two threads at once; a call that began before, one that has no end, one in another. */
	const struct call sides[] = {
		side(11, SYS_read, true, 7, 10),   side(12, SYS_openat, false, 0, 11),
		side(11, SYS_read, false, 0, 12),  side(12, SYS_openat, true, -2, 13),
		side(11, SYS_read, true, 9, 14),   side(12, SYS_exit_group, false, 0, 15),
		side(11, SYS_write, false, 0, 16), side(11, SYS_read, true, 3, 17),
	};
	struct syscall_record *r;
	size_t n;

	parse(READS);
	r = declared_records(&memory, def, sides, ARRAY_SIZE(sides), &n);
	assert_int_equal(n, 6);
	assert_true(!r[0].has_enter && r[0].has_exit && r[0].ret == 7);
	assert_true(r[1].has_enter && r[1].has_exit && r[1].ret == 9);
	assert_int_equal(r[1].enter_ns, 12);
	assert_int_equal(r[1].enter_max_ns, 17);
	assert_int_equal(r[1].exit_max_ns, 19);
	assert_string_equal(r[1].name, "read");
	assert_string_equal(r[1].comm_exit, "t11");
	assert_true(r[2].has_enter && !r[2].has_exit && r[2].nr == SYS_write);
	assert_true(!r[3].has_enter && r[3].has_exit && r[3].ret == 3);
	assert_true(r[4].has_enter && r[4].has_exit && r[4].ret == -2 && r[4].tid == 12);
	assert_true(r[5].has_enter && !r[5].has_exit && r[5].nr == SYS_exit_group);
}

/* A text that was not there as the call entered, and was as it returned. */
static void texts(void **state UNUSED)
{
	struct call sides[] = {
		side(11, SYS_openat, false, 0, 100), side(11, SYS_openat, true, 3, 110),
		side(11, SYS_openat, false, 0, 120), side(11, SYS_openat, true, 3, 130)};
	struct syscall_record *r;
	size_t n;

	parse("tracepoint:syscalls:sys_enter_openat { @p[tid] = args.filename; } "
	      "tracepoint:syscalls:sys_exit_openat { @n[str(@p[tid])] = count(); }");
	sides[1].text[0] = "/late";
	sides[1].text_arg[0] = 1;
	sides[2].text[0] = "/early";
	sides[2].text_arg[0] = 1;
	r = declared_records(&memory, def, sides, ARRAY_SIZE(sides), &n);
	assert_int_equal(n, 2);
	assert_true(r[0].texts[0].unread);
	assert_string_equal(r[0].texts[0].later, "/late");
	assert_string_equal(r[1].texts[0].bytes, "/early");
	assert_int_equal(definition_run(def, r, n, &result), 0);
	for (size_t i = 0; i < result.nvalues; i++)
		if (!strcmp(result.values[i].map->name, "@n")) {
			assert_int_equal(result.values[i].n, 2);
			assert_string_equal(result.values[i].cells[0].key[0].text, "/early");
			assert_string_equal(result.values[i].cells[1].key[0].text, "/late");
		}
}

/* --- comparing --- */

/* What READS makes of four reads, one of which fails. */
static const struct definition_values *values(const char *map)
{
	const struct call sides[] = {
		side(10, SYS_read, false, 0, 1), side(10, SYS_read, true, 5, 2),
		side(10, SYS_read, false, 0, 3), side(10, SYS_read, true, 1, 4),
		side(20, SYS_read, false, 0, 5), side(20, SYS_read, true, 300, 6),
		side(20, SYS_read, false, 0, 7), side(20, SYS_read, true, -9, 8),
	};
	struct syscall_record *r;
	size_t n;

	parse(READS);
	r = declared_records(&memory, def, sides, ARRAY_SIZE(sides), &n);
	assert_int_equal(definition_run(def, r, n, &result), 0);
	for (size_t i = 0; i < result.nvalues; i++)
		if (!strcmp(result.values[i].map->name, map))
			return &result.values[i];
	fail_msg("no map %s", map);
	return NULL;
}

static struct figure_row *add(const char *key, uint64_t value)
{
	struct figure_row *r = figure_add_row(&figures, &got, key);

	r->value = value;
	return r;
}

struct seen {
	char text[256];
};

static void note(void *arg, const struct declared_pair *p)
{
	struct seen *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s:%s%s ", p->key, p->cell ? "cell" : "",
		 p->row ? "row" : "");
}

static void numbers(void **state UNUSED)
{
	const struct definition_values *v = values("@bytes");
	struct seen seen = {""};
	size_t compared = 0;

	add("t10", 6);
	add("t20", 300);
	assert_int_equal(declared_compare(v, &got, NULL, NULL, &compared), DECLARED_EQUAL);
	assert_int_equal(compared, 2);
	got.rows[0].value = 7;
	got.rows[1].key = "t30";
	assert_int_equal(declared_compare(v, &got, note, &seen, NULL), DECLARED_WRONG);
	assert_string_equal(seen.text, "t10:cellrow t20:cell t30:row ");
	/* Twice the same key: what stands behind its text differs. */
	seen.text[0] = '\0';
	got.rows[0].value = 6;
	got.rows[1] = got.rows[0];
	assert_int_equal(declared_compare(v, &got, note, &seen, NULL), DECLARED_WRONG);
	assert_string_equal(seen.text, "t10:row t20:cell ");
}

static void numbers_as_keys(void **state UNUSED)
{
	const struct definition_values *v = values("@least");

	add("1", 1);
	add("2", 300);
	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_EQUAL);
}

static void nothing_is_no_row(void **state UNUSED)
{
	const struct definition_values *v = values("@n");

	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_WRONG);
}

static void add_buckets(const struct figure_bucket *list, size_t n)
{
	struct figure_row *r = add("", 0);

	r->buckets = list;
	r->nbuckets = n;
}

static void buckets(void **state UNUSED)
{
	static const struct figure_bucket apart[] = {{1, false, 1}, {4, false, 1}, {256, false, 1}};
	static const struct figure_bucket joined[] = {
		{0, false, 1}, {4, false, 1}, {256, false, 1}};
	static const struct figure_bucket moved[] = {{1, false, 1}, {4, false, 1}, {512, false, 1}};
	const struct definition_values *v = values("@h");

	add_buckets(apart, ARRAY_SIZE(apart));
	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_EQUAL);
	got.rows[0].buckets = joined;
	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_WRONG);
	got.low_joined = true;
	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_EQUAL);
	got.low_joined = false;
	got.rows[0].buckets = moved;
	assert_int_equal(declared_compare(v, &got, NULL, NULL, NULL), DECLARED_WRONG);
}

/* --- variants --- */

static const char *variant(const char *text, const char *map, const char *words)
{
	const struct declared_variant *list;
	size_t n = declared_variants(&memory, text, map, &list);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].words, words))
			return list[i].text;
	return "none";
}

static void variants(void **state UNUSED)
{
	const char *text =
		"// {\nt:syscalls:sys_exit_read /args.ret >= 0/ { @n[pid, \"pid\"] = count(); }";

	assert_string_equal(variant(text, "@n", "as if failed calls counted too"),
			    "// {\nt:syscalls:sys_exit_read   { @n[pid, \"pid\"] = count(); }");
	assert_string_equal(
		variant(text, "@n", "as if the filter were /args.ret > 0/"),
		"// {\nt:syscalls:sys_exit_read /args.ret > 0/ { @n[pid, \"pid\"] = count(); }");
	assert_string_equal(
		variant(text, "@n", "as if keyed by thread instead of process"),
		"// {\nt:syscalls:sys_exit_read /args.ret >= 0/ { @n[tid, \"pid\"] = count(); }");
	assert_string_equal(
		variant(text, "@n", "as if it counted at enter instead of exit"),
		"// {\nt:syscalls:sys_enter_read /args.ret >= 0/ { @n[pid, \"pid\"] = count(); }");
	/* Of another map nothing is known. */
	assert_string_equal(variant(text, "@nn", "as if keyed by thread instead of process"),
			    "none");
	assert_string_equal(variant("t:a:sys_enter_b /args.x < 3/ { @n = count(); }", "@n",
				    "as if the filter /args.x < 3/ were not there"),
			    "t:a:sys_enter_b   { @n = count(); }");
	assert_string_equal(variant("t:a:sys_exit_b /args.ret < 0/ { @n = count(); }", "@n",
				    "as if calls that worked counted too"),
			    "t:a:sys_exit_b   { @n = count(); }");
	/* What is no script has none. */
	assert_string_equal(variant("t:a:b", "@n", ""), "none");
	assert_string_equal(variant("t:a:b /1", "@n", ""), "none");
	assert_string_equal(variant("t:a:b { @n = count();", "@n", ""), "none");
	assert_string_equal(variant("", "@n", ""), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sides_become_calls, forget),
		cmocka_unit_test_teardown(texts, forget),
		cmocka_unit_test_teardown(numbers, forget),
		cmocka_unit_test_teardown(numbers_as_keys, forget),
		cmocka_unit_test_teardown(nothing_is_no_row, forget),
		cmocka_unit_test_teardown(buckets, forget),
		cmocka_unit_test_teardown(variants, forget),
	};

	return cmocka_run_group_tests_name("u_declared", tests, NULL, NULL);
}
