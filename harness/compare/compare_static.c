/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What loading a monitor says of it without running it: the static lane. */
#include "lib/base.h"
#include "harness/compare/compare.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/record_put.h"
#include "harness/result.h"
#include "lib/clock.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "collector/collect.h"
#include "collector/cost.h"
#include "lib/strbuf.h"

enum { COMPILE_LIMIT_MS = 60000, COMPILE_ROUNDS = 3 };

/* Lines that say something: not empty, not only a comment. */
static uint64_t count_lines(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	bool in_comment = false;
	uint64_t n = 0;
	char *save = NULL;

	if (strbuf_read_file(&text, path))
		return 0;
	for (char *line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		while (isspace((unsigned char)*line))
			line++;
		if (in_comment || !strncmp(line, "/*", 2)) {
			in_comment = !strstr(line, "*/");
			continue;
		}
		n += *line && strncmp(line, "//", 2) &&
		     (*line != '#' || !strncmp(line, "#include", 8) ||
		      !strncmp(line, "#define", 7));
	}
	strbuf_release(&text);
	return n;
}

/* BUILD/bpf/FOLDER/NAME.bpf.o came from bpf/FOLDER/NAME.bpf.c, or from .ex where NAME ends in
 * -honey or -honey-O. */
struct source {
	char path[512];
	bool honey, optimised;
};

static bool find_source(const char *object, struct source *s)
{
	const char *folder = strstr(object, "/bpf/"), *end;
	char stem[256];
	char *cut;

	*s = (struct source){0};
	for (const char *next = folder; next; next = strstr(next + 1, "/bpf/"))
		folder = next;
	end = folder ? strstr(folder, ".bpf.o") : NULL;
	if (!end)
		return false;
	snprintf(stem, sizeof(stem), "%.*s", (int)(end - folder - 1), folder + 1);
	snprintf(s->path, sizeof(s->path), "%s.bpf.c", stem);
	if (!access(s->path, R_OK))
		return true;
	cut = strstr(stem, "-honey");
	if (!cut)
		return false;
	s->honey = true;
	s->optimised = !strcmp(cut, "-honey-O");
	*cut = '\0';
	snprintf(s->path, sizeof(s->path), "%s.ex", stem);
	return !access(s->path, R_OK);
}

/* The fastest of a few compilations, in ms; NAN-free: negative when it cannot be compiled here. */
static double compile_ms(const struct source *s, const char *object)
{
	const char *build_end = strstr(object, "/bpf/");
	struct strbuf gen = STRBUF_INIT, honeyc = STRBUF_INIT;
	double best = -1;

	strbuf_addf(&gen, "-I%.*s/gen", (int)(build_end - object), object);
	strbuf_addf(&honeyc, "%.*s/honeyc", (int)(build_end - object), object);
	for (int i = 0; i < COMPILE_ROUNDS && !run_interrupted(); i++) {
		const char *c[] = {"clang", "-g",  "-O2", "-target", "bpf", "-D__TARGET_ARCH_x86",
				   "-I.",   gen.s, "-c",  s->path,   "-o",  "/dev/null",
				   NULL};
		struct strbuf out = STRBUF_INIT;
		const char *ex[] = {honeyc.s, "-o", NULL, s->path, s->optimised ? "-O" : NULL,
				    NULL};
		int fd, code;
		struct strbuf said = STRBUF_INIT, err = STRBUF_INIT;
		uint64_t start;

		leftover_template(&out, "");
		ex[2] = out.s;
		fd = mkstemp(out.s);
		start = clock_ns();
		code = subproc_capture(s->honey ? ex : c, COMPILE_LIMIT_MS, &said, &err);
		if (!code && (best < 0 || (double)(clock_ns() - start) / 1e6 < best))
			best = (double)(clock_ns() - start) / 1e6;
		strbuf_release(&said);
		strbuf_release(&err);
		if (fd >= 0) {
			close(fd);
			unlink(out.s);
		}
		strbuf_release(&out);
	}
	strbuf_release(&gen);
	strbuf_release(&honeyc);
	return best;
}

static void add_source(struct json_object *o, const char *path, bool timed)
{
	struct source s;
	struct stat st;
	double ms;

	if (!stat(path, &st))
		record_put_u64(o, "object_bytes", (uint64_t)st.st_size);
	if (!find_source(path, &s))
		return;
	record_put_str(o, "source", s.path);
	record_put_u64(o, "source_lines", count_lines(s.path));
	ms = timed ? compile_ms(&s, path) : -1;
	if (ms >= 0)
		record_put_num(o, "compile_ms", ms);
}

static int emit_one(struct run *run, const char *name, bool timed, struct strbuf *why)
{
	struct monitor_target everything = {.bare = true};
	struct json_object *o;
	struct verifier_stats verifier;
	struct monitor_cost cost;
	struct monitor *m = NULL;
	const struct monitor_info *info;
	uint64_t insns = 0, jited = 0;
	int err = monitor_open(&m, name, &everything, why);

	if (err)
		return err;
	info = monitor_info(m);
	o = record_new("static");
	record_put_str(o, "monitor", name);
	if (info->kind == MONITOR_OBJECT) {
		err = monitor_cost(m, &cost);
		if (!err)
			err = verifier_stats_read(info->path, &verifier, why);
		if (err)
			goto out;
		for (uint32_t i = 0; i < cost.nprograms; i++) {
			insns += cost.programs[i].xlated_bytes / 8;
			jited += cost.programs[i].jited_bytes;
		}
		record_put_u64(o, "programs", cost.nprograms);
		record_put_u64(o, "instructions", insns);
		record_put_u64(o, "jited_bytes", jited);
		record_put_u64(o, "verifier_insns", verifier.processed_insns);
		record_put_u64(o, "verifier_states", verifier.total_states);
		record_put_u64(o, "stack_bytes", verifier.stack_bytes);
		record_put_u64(o, "map_bytes", cost.map_bytes);
		add_source(o, info->path, timed);
	}
	/* Half of the compilations are no time to compare. */
	err = run_interrupted() ? -EINTR : sink_emit(run->sink, o);
	o = err == -EINTR ? o : NULL;
out:
	json_object_put(o);
	monitor_close(m);
	return err;
}

int compare_static(struct run *run, bool timed, struct strbuf *why)
{
	int err = 0;

	for (size_t i = 0; run->monitors[i] && !err; i++)
		err = run_interrupted() ? -EINTR : emit_one(run, run->monitors[i], timed, why);
	return err;
}
