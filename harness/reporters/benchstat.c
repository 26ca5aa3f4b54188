/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Costs as lines of Go's benchmarks, for benchstat, which holds two such files against each other:
 * "BenchmarkMmap/memmon 1 174.6 ns/op", a line for each round; instructions are one line, as they
 * are exact. Format: golang.org/design/14313-benchmark-format.
 */
#include "lib/base.h"
#include "harness/plugin.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "harness/record.h"
#include "harness/result.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

/* A name has no blank in it. */
static void add_name(struct strbuf *out, const char *text)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_line(&clean, text);
	for (const char *s = clean.s; *s; s++)
		strbuf_addch(out, *s == ' ' ? '_' : *s);
	strbuf_release(&clean);
}

/* "BenchmarkMmap/memmon", "BenchmarkMmap/memmon/linux-6.12" */
static void add_title(struct strbuf *out, const char *what, struct json_object *o)
{
	const char *kernel = record_str(o, "kernel", NULL);
	size_t at;

	strbuf_addstr(out, "Benchmark");
	at = out->len;
	add_name(out, *what ? what : "?");
	out->s[at] = (char)toupper((unsigned char)out->s[at]);
	strbuf_addch(out, '/');
	add_name(out, record_str(o, "monitor", "?"));
	if (kernel) {
		strbuf_addstr(out, "/linux-");
		add_name(out, kernel);
	}
}

static void put_lines(FILE *out, const char *title, struct json_object *samples, const char *unit)
{
	struct json_object *list = record_unpacked(samples), *v;

	record_foreach (list, v)
		if (isfinite(record_num(v, NULL)))
			fprintf(out, "%s 1 %.9g %s\n", title, record_num(v, NULL), unit);
	json_object_put(list);
}

static int render(const struct run_file *run, FILE *out)
{
	struct strbuf cpu = STRBUF_INIT;
	struct json_object *o;

	printable_add_line(&cpu, record_str(run->header, "host.cpu", "unknown"));
	fprintf(out, "goos: linux\npkg: beebench\ncpu: %s\n", cpu.s);
	strbuf_release(&cpu);
	record_foreach (run->records, o) {
		struct strbuf title = STRBUF_INIT;

		if (record_is(o, "overhead")) {
			add_title(&title, record_str(o, "event", ""), o);
			put_lines(out, title.s, record_get(o, "samples"), "ns/op");
		} else if (record_is(o, "exact") && isfinite(record_num(o, "added"))) {
			add_title(&title, record_str(o, "path", ""), o);
			fprintf(out, "%s 1 %.9g instructions/op\n", title.s,
				record_num(o, "added"));
		}
		strbuf_release(&title);
	}
	return 0;
}

const struct reporter_ops reporter_benchstat = {
	.name = "benchstat",
	.help = "costs as lines of Go's benchmarks, a line a round, for benchstat",
	.render = render,
};
