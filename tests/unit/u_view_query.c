/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queries: what they match, what each error says and where, and that no bytes break the parser. */
#include "lib/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/rng.h"
#include "monitor/view/column.h"
#include "monitor/view/query.h"
#include "tests/unit/view_fixture.h"

/* 512 MiB, 3 threads, of root, growing. */
static struct proc_row postgres(void)
{
	struct proc_row row = row_of(42, 1, "postgres", 524288);

	row.v[FIELD_THREADS] = 3;
	row.v[FIELD_MMAP] = 20000;
	row.v[FIELD_USAGE] = 4096;
	row.v[FIELD_MMAP_RATE] = 2;
	row.v[FIELD_USER_MS] = 90000;
	row.v[FIELD_AGE] = 7200;
	row.v[FIELD_TOT] = 150;
	row.v[FIELD_TREND] = 2097152.0 / 60;
	row.verdict = VERDICT_GROWING;
	return row;
}

static void matches(void **state UNUSED)
{
	static const struct {
		const char *query;
		bool match;
	} cases[] = {
		{"", true},
		{"  \t ", true},
		/* sizes, with and without units; the column's own is kB */
		{"rss > 524287", true},
		{"rss>=524288", true},
		{"rss>524288", false},
		{"rss = 512MiB", true},
		{"rss=512M and rss = 512mb", true},
		{"rss = 0.5G", true},
		{"rss = 536870912B", true},
		{"rss != .5gib", false},
		{"rss < 1TiB", true},
		{"usage = 4096", true},
		{"usage = 4K", true},
		{"RSS_KB > 1k && %tot>100", true},
		/* counts, rates, times, per cent, trends */
		{"mmap# >= 20k", true},
		{"mmap_rate = 120/min", true},
		{"mmap_rate=2/s", true},
		{"mmap_rate = 2", true},
		{"user_ms = 90000 and user_ms = 90s and user_ms = 1.5min", true},
		{"age = 2h and age = 7200 and age < 1d", true},
		{"tot > 149.5%", true},
		{"trend = 2MiB/min", true},
		{"trend > -1", true},
		{"trend >= 120M/h", true},
		{"pid = 42 and ppid = 1", true},
		/* text */
		{"name = postgres", true},
		{"name = Postgres", false},
		{"name ~ ^post", true},
		{"name ~ POST", false},
		{"name ~ gres$ and name ~ ^postgres$", true},
		{"name ~ ^postgre$", false},
		{"name ~ ^p.*s$", true},
		{"name ~ ^(apache|postgres)$", true},
		{"(name ~ ^(apache|nginx)$)", false},
		{"name !~ ^(apache|nginx)$", true},
		{"name ~ post|nginx", true},
		{"name ~ ^(p|o|s|t|g|r|e){8}$", true},
		{"name ~ ^(p|o|s|t|g|r|e){2,7}$", false},
		{"name ~ \\{99999,\\}", false},
		{"name ~ 'o(s|t)t'", true},
		{"name ~ \"^po[r-t]\"", true},
		{"name ~ \"a b\" or name = 'postgres'", true},
		{"name~\\.", false},
		{"postgres", true},
		{"gres", true},
		{"GRES", false},
		{"nginx", false},
		{"\"and\"", false},
		{"state = S", true},
		{"state ~ [RS]", true},
		{"state != S", false},
		{"user = root", true},
		{"user = 0", true},
		{"user != 0", false},
		{"user ~ ^ro", true},
		{"verdict = growing", true},
		{"verdict = \"too early\"", false},
		{"verdict ~ grow", true},
		/* what is not known */
		{"peak > 0", false},
		{"peak <= 0", false},
		{"peak != 0", false},
		{"peak = ?", true},
		{"peak != ?", false},
		{"rss = ?", false},
		{"rss != ?", true},
		{"verdict = ?", false},
		{"name = \"?\"", false},
		/* and before or; not; parentheses; the signs */
		{"nginx and nginx or postgres", true},
		{"postgres or nginx and nginx", true},
		{"(postgres or nginx) and nginx", false},
		{"not nginx", true},
		{"!nginx", true},
		{"! ! postgres", true},
		{"not(nginx)", true},
		{"NOT nginx AND postgres", true},
		{"not nginx and not postgres", false},
		{"not (nginx and postgres)", true},
		{"nginx||postgres", true},
		{"nginx&&postgres", false},
		{"rss>1GiB and (name ~ ^postgres or user = www) and not state = Z", false},
		{"rss>1MiB and (name~^postgres or user=www) and not state=Z", true},
		{"((((((postgres))))))", true},
	};
	struct proc_row row = postgres();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct query_error e;
		struct query *q;

		if (query_parse(&q, cases[i].query, &e))
			fail_msg("%s: %s", cases[i].query, e.text);
		if (query_match(q, &row) != cases[i].match)
			fail_msg("%s: matches %d", cases[i].query, !cases[i].match);
		query_free(q);
	}
	assert_true(query_match(NULL, &row));
	query_free(NULL);
}

static void errors(void **state UNUSED)
{
	static const struct {
		const char *query;
		size_t at, length;
		const char *text;
	} cases[] = {
		{"rs > 5", 0, 2, "no column 'rs'; did you mean 'rss'?"},
		{"postgres and threds > 5", 13, 6, "no column 'threds'; did you mean 'threads'?"},
		{"qqqqqq = 1", 0, 6, "no column 'qqqqqq'"},
		{"rss >", 5, 0, "a value is missing after >"},
		{"rss > and name ~ x", 6, 3,
		 "'rss' is a number: a number is due here, and its unit"},
		{"(rss >)", 6, 1, "a value is missing after >"},
		{"rss > && nginx", 6, 2, "a value is missing after >"},
		{"(rss > 5", 0, 1, "this parenthesis is not closed"},
		{"rss > 5)", 7, 1, "no parenthesis is open here"},
		{")", 0, 1, "no parenthesis is open here"},
		{"()", 1, 1, "a term is missing before this"},
		{"(nginx apache)", 7, 6, "'and', 'or' or ) is due here"},
		{"nginx apache", 6, 6, "'and' or 'or' is due here"},
		{"rss > 5 rss < 9", 8, 3, "'and' or 'or' is due here"},
		{"and", 0, 3, "a term is missing here, such as rss > 1GiB or a name"},
		{"nginx and", 9, 0, "a term is missing here, such as rss > 1GiB or a name"},
		{"nginx or or x", 9, 2, "a term is missing here, such as rss > 1GiB or a name"},
		{"not", 3, 0, "a term is missing here, such as rss > 1GiB or a name"},
		{"> 5", 0, 1, "a column is missing before this"},
		{"rss > 5GX", 6, 3,
		 "no unit of 'rss'; there are: B K KB KiB M MB MiB G .. (none: kB)"},
		{"age > 5m", 6, 2, "no unit of 'age'; there are: ms s min h d (none: s)"},
		{"threads > 5s", 10, 2, "no unit of 'threads'; there are: K M G (thousands)"},
		{"trend > 1MiB/day", 8, 8,
		 "no unit of 'trend'; there are: B KiB MiB GiB with /s /min /h"},
		{"rss > 1,5", 6, 3,
		 "no unit of 'rss'; there are: B K KB KiB M MB MiB G .. (none: kB)"},
		{"rss > big", 6, 3, "'rss' is a number: a number is due here, and its unit"},
		{"pid = nginx", 6, 5, "'pid' is a number: a number is due here"},
		{"rss > .", 6, 1, "'rss' is a number: a number is due here, and its unit"},
		{"rss ~ 5", 4, 1, "'rss' is a number: use = != < <= > >=, not ~"},
		{"name > 5", 5, 1, "'name' is text: use = != ~ !~, not >"},
		{"rss == 5", 4, 2, "no operator '==': write ="},
		{"name =~ x", 5, 2, "no operator '=~': write ~"},
		{"rss => 5", 4, 2, "no operator '=>': write >="},
		{"rss <> 5", 4, 2, "no operator '<>': write !="},
		{"rss > ?", 6, 1, "? (not known) goes with = and != only"},
		{"name ~ [a", 7, 2,
		 "no regular expression: missing terminating ] for character class"},
		{"name ~ ((a{1,255}){1,255}){1,255}", 7, 26, "more than 1000 repetitions by {..}"},
		{"name ~ a{99999999999999999999}", 7, 23, "more than 1000 repetitions by {..}"},
		{"state = zombie", 8, 6, "a state is one letter: R S D Z T I"},
		{"verdict = growin", 10, 6, "no such verdict; did you mean 'growing'?"},
		{"name = \"a b", 7, 4, "this quotation has no end"},
		{"rss > 1 & x", 8, 1, "'and' or 'or' is due here"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct query_error e;
		struct query *q = NULL;
		int err = query_parse(&q, cases[i].query, &e);

		assert_int_equal(err, -EINVAL);
		assert_null(q);
		if (e.at != cases[i].at || e.length != cases[i].length)
			fail_msg("%s: at %zu+%zu: %s", cases[i].query, e.at, e.length, e.text);
		assert_string_equal(e.text, cases[i].text);
	}
}

static void too_much(void **state UNUSED)
{
	static char text[20000];
	struct query_error e;
	struct query *q;

	memset(text, '(', 65);
	strcpy(text + 65, "x");
	assert_int_equal(query_parse(&q, text, &e), -EINVAL);
	assert_int_equal(e.at, 64);
	assert_string_equal(e.text, "more than 64 levels of parentheses and not");
	memset(text, '!', 4000);
	text[4000] = '\0';
	assert_int_equal(query_parse(&q, text, &e), -EINVAL);
	memset(text, 'x', 4096);
	text[4096] = '\0';
	assert_int_equal(query_parse(&q, text, &e), 0);
	query_free(q);
	text[4096] = 'x';
	text[4097] = '\0';
	assert_int_equal(query_parse(&q, text, &e), -EINVAL);
	assert_string_equal(e.text, "a query has at most 4096 bytes, not 4097");
	/* A long chain is not deep. */
	text[0] = '\0';
	for (size_t n = 0; n < 4092; n += 5)
		strcpy(text + n, "x or ");
	strcpy(text + 4090, "y");
	assert_int_equal(query_parse(&q, text, &e), 0);
	query_free(q);
}

static void explained(const char *text, const char *want)
{
	struct strbuf out = STRBUF_INIT;
	struct query_error e;
	struct query *q;

	assert_int_equal(query_parse(&q, text, &e), -EINVAL);
	query_explain(text, &e, &out);
	assert_string_equal(out.s, want);
	strbuf_release(&out);
}

static void explains(void **state UNUSED)
{
	explained("rs > 5", "no column 'rs'; did you mean 'rss'?\n  rs > 5\n  ^^");
	explained("rss >", "a value is missing after >\n  rss >\n       ^");
	/* Carets stand below cells: two wide characters take four. */
	explained("name = \xe4\xb8\xad\xe6\x96\x87 and rs > 5",
		  "no column 'rs'; did you mean 'rss'?\n"
		  "  name = \xe4\xb8\xad\xe6\x96\x87 and rs > 5\n"
		  "                  ^^");
	explained("name = a\033\nb", "'and' or 'or' is due here\n  name = a? b\n            ^");
	/* Of a long one the part about the error. */
	explained("name ~ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and rs > 5 and "
		  "threads > 5 and threads > 6 and threads > 7",
		  "no column 'rs'; did you mean 'rss'?\n"
		  "  ...aaaaaaaaaaaaaaaaaaaaaaaaa and rs > 5 and threads > 5 and threa...\n"
		  "                                   ^^");
}

/* Random words of the language and random bytes: an answer, and a place within the text. */
static void anything(void **state UNUSED)
{
	static const char *const words[] = {
		"rss", "name", "state", "user", "verdict", "trend", "and", "or", "not",
		"(",   ")",    "!",	"=",	"!=",	   "<",	    "<=",  "~",	 "!~",
		"&&",  "||",   " ",	" ",	"5GiB",	   "-1",    "1/s", "?",	 "\"a b\"",
		"'",   "\"",   "x.*",	"[",	"\\",	   "{1,",
	};
	struct rng rng = {.state = 7};
	struct proc_row row = postgres();
	size_t good = 0;

	for (int round = 0; round < 30000; round++) {
		struct strbuf text = STRBUF_INIT, out = STRBUF_INIT;
		struct query_error e;
		struct query *q;
		size_t n = rng_below(&rng, 12);

		for (size_t i = 0; i < n; i++)
			if (rng_below(&rng, 8))
				strbuf_addstr(&text, words[rng_below(&rng, ARRAY_SIZE(words))]);
			else
				strbuf_addch(&text, 1 + (int)rng_below(&rng, 255));
		if (query_parse(&q, text.s, &e)) {
			assert_true(e.text[0]);
			assert_true(e.at + e.length <= text.len);
			query_explain(text.s, &e, &out);
			assert_non_null(strchr(out.s, '^'));
		} else {
			query_match(q, &row);
			good++;
		}
		query_free(q);
		strbuf_release(&text);
		strbuf_release(&out);
	}
	assert_in_range(good, 1000, 29000); /* both ways were taken */
}

/* n07: expressions whose time doubles with each letter do not stop the screen: a frame of many
 * processes is judged in no more steps than the limits give. */
static void test_n07_runaway_expressions(void **state UNUSED)
{
	static const char *const runaway[] = {
		"name ~ ^(a+)+$",
		"name ~ ^(a|aa)+$",
		"name ~ ^(([a-z])+.)+[A-Z]([a-z])+$",
		"name ~ (.*)*(.*)*(.*)*(.*)*(.*)*x",
		"name ~ ^((a?){15}){15}b",
		"not name ~ ^(a*)*b",
		"name ~ ^(a|a|a|a|a|a|a|a)*(a|a|a|a|a|a|a|a)*b",
	};
	size_t gave_up = 0;

	for (size_t i = 0; i < ARRAY_SIZE(runaway); i++) {
		struct proc_row row = {.pid = 1, .name = "aaaaaaaaaaaaaa!"};
		struct query_error e = {0};
		struct query *q = NULL;

		/* Ten frames of ten thousand; without limits a single one takes minutes. */
		assert_int_equal(query_parse(&q, runaway[i], &e), 0);
		for (int k = 0; k < 100000; k++)
			query_match(q, &row);
		gave_up += query_gave_up(q);
		query_free(q);
	}
	/* Some are quick by what PCRE2 sees in them beforehand. */
	assert_in_range(gave_up, 3, ARRAY_SIZE(runaway));
}

/* n07: what does not run away is found with the limits there are, and nothing is given up. */
static void test_n07_honest_expressions(void **state UNUSED)
{
	static const char *const honest[] = {
		"name ~ ^(kworker|ksoftirqd|rcu_.*|migration)/",
		"name ~ ^[a-z]+([-_.][a-z0-9]+)*$",
		"name ~ (foo|bar|baz|quux)+d?$",
		"name ~ '^\\w+ \\w+$'",
	};

	for (size_t i = 0; i < ARRAY_SIZE(honest); i++) {
		struct proc_row row = {.pid = 1, .name = "systemd-resolve"};
		struct query_error e = {0};
		struct query *q = NULL;

		assert_int_equal(query_parse(&q, honest[i], &e), 0);
		for (int k = 0; k < 1000; k++)
			query_match(q, &row);
		assert_false(query_gave_up(q));
		query_free(q);
	}
}

/* n07: a command line is long, and an expression with a few ".*" takes many steps on it: it is
 * answered, frame after frame, and one that cannot be is given up at the first text. */
static void test_n07_long_texts(void **state UNUSED)
{
	static const struct {
		const char *query;
		bool found;
	} cases[] = {
		{"command ~ k.*=v1.*k.*=v2.*k.*=v3", true},
		{"command ~ =v5.*=v4.*k7=v8", false},
		{"command !~ =v5.*=v4.*k7=v8", true},
		{"command ~ '^java( -D[a-z]+[0-9]+=[a-z0-9]+)+$'", true},
	};
	char text[512] = "java";
	const char *texts[TEXT_COUNT] = {[TEXT_COMMAND] = text};
	struct proc_row row = {.pid = 1, .name = "java", .text = texts};
	struct query_error e = {0};
	struct query *q;

	for (int i = 0; strlen(text) < sizeof(text) - 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " -Dk%d=v%d", i % 10,
			 i % 10);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(query_parse(&q, cases[i].query, &e), 0);
		for (int frame = 0; frame < 50; frame++) {
			query_look(q);
			for (int k = 0; k < 4; k++)
				assert_int_equal(query_match(q, &row), cases[i].found);
		}
		assert_false(query_gave_up(q));
		query_free(q);
	}
	assert_int_equal(
		query_parse(&q, "command ~ (.?.?.?.?.?.?)*(\\w|.)*((.)|(.))*[^\\W\\w]", &e), 0);
	assert_false(query_match(q, &row));
	assert_true(query_gave_up(q));
	query_look(q);
	assert_true(query_gave_up(q));
	query_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(errors),
		cmocka_unit_test(too_much),
		cmocka_unit_test(explains),
		cmocka_unit_test(anything),
		cmocka_unit_test(test_n07_runaway_expressions),
		cmocka_unit_test(test_n07_honest_expressions),
		cmocka_unit_test(test_n07_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
