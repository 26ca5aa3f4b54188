/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options by table: every kind, every way to write it, every way to get it wrong. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/log.h"
#include "lib/opt.h"

struct target {
	bool flag;
	const char *word;
	struct opt_list list;
	uint64_t number;
	double seconds;
};

static const struct opt table[] = {
	{'f', "flag", NULL, "a flag", OPT_FLAG, offsetof(struct target, flag)},
	{'w', "word", "W", "a word", OPT_STRING, offsetof(struct target, word)},
	{'l', "list", "L", "a list", OPT_LIST, offsetof(struct target, list)},
	{'n', "number", "N", "a number", OPT_U64, offsetof(struct target, number)},
	{'t', "time", "S", "seconds", OPT_DOUBLE, offsetof(struct target, seconds)},
	{0},
};

static char said[256];

static void keep(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	snprintf(said, sizeof(said), "%s", line);
}

static int parse(struct target *t, int *rest, bool *dashes, const char *line)
{
	static char words[256];
	static char *argv[16];
	int argc = 1;

	*t = (struct target){0};
	said[0] = '\0';
	snprintf(words, sizeof(words), "%s", line);
	argv[0] = (char *)"prog";
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[argc++] = w;
	argv[argc] = NULL;
	return opt_parse(table, "prog", argc, argv, t, rest, dashes);
}

static void all_spellings(void **state)
{
	struct target t;
	bool dashes;
	int rest;

	(void)state;
	assert_int_equal(
		parse(&t, &rest, &dashes, "-f --word=x -l a -lb --list c -n 0x10 -t 2.5 rest -f"),
		0);
	assert_true(t.flag);
	assert_string_equal(t.word, "x");
	assert_int_equal(t.list.n, 3);
	assert_string_equal(t.list.item[1], "b");
	assert_string_equal(t.list.item[2], "c");
	assert_int_equal(t.number, 16);
	assert_true(t.seconds > 2.4 && t.seconds < 2.6);
	assert_int_equal(rest, 12);
	assert_false(dashes);
	assert_int_equal(parse(&t, &rest, &dashes, "-fn 7 -- -f"), 0);
	assert_int_equal(t.number, 7);
	assert_true(dashes);
	assert_int_equal(rest, 4);
	assert_int_equal(parse(&t, &rest, &dashes, "-f -h --nonsense"), OPT_HELP);
}

static void errors_say_what(void **state)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"--flga", "prog: no option '--flga'; did you mean '--flag'?"},
		{"--quite-other", "prog: no option '--quite-other'; see 'prog --help'"},
		{"-x", "prog: no option '-x'; see 'prog --help'"},
		{"--word", "prog: --word needs a value: W"},
		{"-w", "prog: -w needs a value: W"},
		{"--flag=1", "prog: --flag takes no value"},
		{"-n many", "prog: --number takes a number, not 'many'"},
		{"-n -3", "prog: --number takes a number, not '-3'"},
		{"-t soon", "prog: --time takes a number of seconds, not 'soon'"},
		{"-t nan", "prog: --time takes a number of seconds, not 'nan'"},
	};
	struct target t;
	int rest;

	(void)state;
	log_capture(keep, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(parse(&t, &rest, NULL, cases[i].line), -EINVAL);
		assert_string_equal(said, cases[i].text);
	}
	log_capture(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_spellings),
		cmocka_unit_test(errors_say_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
