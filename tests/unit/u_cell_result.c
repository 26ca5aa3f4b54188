/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The result of a cell in a folder that others write to as well: what is there, who gets the name,
 * what is swept. */
#include "lib/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/suite/cell_result.h"
#include "lib/log.h"

#define RUN(host, more)                                                                            \
	"{\"type\":\"run\",\"schema\":1,\"id\":\"r\",\"host\":{\"id\":\"" host                     \
	"\"},\"tool\":\"t\",\"seed\":1,\"cell\":{\"id\":\"c\"}" more "}\n"
#define TRIAL	  "{\"type\":\"trial\",\"status\":\"ok\"}\n"
#define END(code) "{\"type\":\"end\",\"status\":\"ok\",\"exit\":" #code "}\n"

static char dir[] = "/tmp/u_cell_result.XXXXXX";

static char *path_of(const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static void put(const char *name, const char *text)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	free(path);
}

/* The file's text, which the next call forgets; NULL: there is none. */
static const char *get(const char *name)
{
	static char text[4096];
	char *path = path_of(name);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	free(path);
	if (!f)
		return NULL;
	fclose(f);
	return text;
}

static void drop(const char *name)
{
	char *path = path_of(name);

	unlink(path);
	free(path);
}

static void look(const char *text, struct json_object *header, enum cell_result want, int want_code,
		 const char *want_why)
{
	struct strbuf why = STRBUF_INIT;
	char *path = path_of("c.json");
	int code = -1;

	if (text)
		put("c.json", text);
	else
		drop("c.json");
	assert_int_equal(cell_result_look(path, "c", header, &code, &why), want);
	assert_int_equal(code, want_code);
	assert_string_equal(why.len ? why.s : "", want_why);
	strbuf_release(&why);
	free(path);
	drop("c.json");
}

static void test_look(void **state UNUSED)
{
	struct json_object *same = json_tokener_parse(RUN("m", "")),
			   *seed = json_tokener_parse("{\"tool\":\"t\",\"seed\":2}"),
			   *object = json_tokener_parse(RUN("m", ",\"objects\":[{\"monitor\":"
								 "\"x\",\"sha256\":\"0\"}]"));

	look(NULL, NULL, CELL_MISSING, -1, "");
	look(RUN("m", "") TRIAL END(0), NULL, CELL_DONE, 0, "");
	look(RUN("m", "") TRIAL END(1), same, CELL_DONE, 1, "");
	look(RUN("m", "") TRIAL END(3), same, CELL_DONE, 3, "");
	look(RUN("m", "") TRIAL END(77), same, CELL_WITHOUT, 77, "");
	look(RUN("m", "") TRIAL END(2), same, CELL_WITHOUT, 2, "");
	look(RUN("m", "") TRIAL END(0), seed, CELL_OTHER, -1, "it is of another seed");
	look(RUN("m", "") TRIAL END(0), object, CELL_OTHER, -1, "it is of another object");
	json_object_put(same);
	json_object_put(seed);
	json_object_put(object);
}

/* Wherever it was cut. */
static void test_half(void **state UNUSED)
{
	static const char whole[] = RUN("m", "") TRIAL END(0);
	char text[sizeof(whole)];

	for (size_t n = 0; n + 1 < sizeof(whole); n++) {
		memcpy(text, whole, n);
		text[n] = '\0';
		look(text, NULL, CELL_BROKEN, -1, "it is not whole");
	}
	look("no json\n", NULL, CELL_BROKEN, -1, "it is not whole");
	look("{\"type\":\"run\",\"cell\":{\"id\":\"d\"}}\n" END(0), NULL, CELL_BROKEN, -1,
	     "it is of cell 'd'");
	look("{\"type\":\"run\"}\n" END(0), NULL, CELL_BROKEN, -1, "it is of cell ''");
}

/* @want: where the result that there is then lies. */
static void place(const char *text, bool verdict, const char *want)
{
	struct json_object *header = json_tokener_parse(RUN("m", ""));
	const struct cell_new n = {"c", "r2", header, verdict};
	struct strbuf out = STRBUF_INIT;
	char *aside = path_of(".c.r2.part"), *path = path_of(want);

	put(".c.r2.part", text);
	assert_int_equal(cell_result_place(aside, dir, &n, &out), 0);
	assert_string_equal(out.s, path);
	assert_null(get(".c.r2.part"));
	strbuf_release(&out);
	free(aside);
	free(path);
	json_object_put(header);
}

static void test_place(void **state UNUSED)
{
	place(RUN("m", "") TRIAL END(77), false, "c.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(77));
	/* Without a verdict: the newest says why, and a verdict takes its place. */
	place(RUN("m", "") TRIAL END(2), false, "c.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(2));
	place(RUN("m", "") TRIAL END(0), true, "c.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(0));
	/* Somebody else was faster: neither verdict is lost. */
	place(RUN("m", "") TRIAL END(1), true, "c.r2.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(0));
	assert_string_equal(get("c.r2.json"), RUN("m", "") TRIAL END(1));
	/* One without is not kept beside one. */
	place(RUN("m", "") TRIAL END(77), false, "c.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(0));
	put("c.json", RUN("m", ",\"seed\":9") TRIAL END(0));
	place(RUN("m", "") TRIAL END(3), true, "c.json");
	assert_string_equal(get("c.json"), RUN("m", "") TRIAL END(3));
	assert_null(get("c.json.r2.replaced"));
	drop("c.json");
	drop("c.r2.json");
}

static void test_place_nowhere(void **state UNUSED)
{
	const struct cell_new n = {"c", "r", NULL, true};
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(cell_result_place("/nowhere/a", "/nowhere", &n, &out), -ENOENT);
	strbuf_release(&out);
}

static void test_sweep(void **state UNUSED)
{
	struct json_object *header = json_tokener_parse(RUN("m", ""));
	char *path = path_of(".c.3.part");
	int fd;

	put(".c.1.part", RUN("m", ""));
	put(".c.2.part", RUN("other", ""));
	put(".c.3.part", RUN("m", "") TRIAL);
	put(".c.4.part", "");
	put(".cc.5.part", RUN("m", ""));
	put("c.6.part", RUN("m", ""));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	cell_result_sweep(dir, "c", header);
	assert_null(get(".c.1.part"));
	assert_non_null(get(".c.2.part"));
	assert_non_null(get(".c.3.part"));
	assert_non_null(get(".c.4.part"));
	assert_non_null(get(".cc.5.part"));
	assert_non_null(get("c.6.part"));
	close(fd);
	cell_result_sweep(dir, "c", header);
	assert_null(get(".c.3.part"));
	drop(".c.2.part");
	drop(".c.4.part");
	drop(".cc.5.part");
	drop("c.6.part");
	free(path);
	json_object_put(header);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),  cmocka_unit_test(test_half),
		cmocka_unit_test(test_place), cmocka_unit_test(test_place_nowhere),
		cmocka_unit_test(test_sweep),
	};
	int failed;

	log_init("u_cell_result", LOG_QUIET);
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return rmdir(dir) || failed;
}
