/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recipes for stress-ng's memory stressors: one worker, a bounded number of operations, a fixed
 * seed. Its bogo operations are not syscalls (100 of mmapmany are 227 mmap and 416 munmap calls),
 * so the truth is an independent count.
 */
#include "lib/base.h"
#include "workloads/workload.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/subproc.h"

struct stress_params {
	uint64_t stressor, ops, bytes, seconds;
};

/* Names, and the option that bounds the size of each. Option names as of stress-ng 0.15.06. */
static const char *const stressors[] = {"mmap",	   "mmapmany", "brk",	 "vm",
					"bigheap", "malloc",   "mremap", NULL};
static const char *const bytes_options[] = {
	"--mmap-bytes",	 NULL, NULL, "--vm-bytes", "--bigheap-growth", "--malloc-bytes",
	"--mremap-bytes"};

static const struct param params[] = {
	PARAM_ROW_ENUM(stress_params, stressor, "which of its stressors", 0, stressors),
	PARAM_ROW(stress_params, ops, U64, "bogo operations; a size of the work, not a count", 101,
		  1, 1000000000),
	PARAM_ROW(stress_params, bytes, BYTES, "memory worked on, where the stressor takes one",
		  1 << 20, 64 << 10, 1ULL << 34),
	PARAM_ROW(stress_params, seconds, U64, "given up after", 30, 1, 86400),
	PARAM_END,
};

static int supported(struct strbuf *why)
{
	char path[PATH_MAX];

	if (!subproc_find_program("stress-ng", path, sizeof(path)))
		return 0;
	strbuf_addstr(why, "no stress-ng; install it: sudo apt-get install stress-ng");
	return -ENOTSUP;
}

/* The words one after the other in one block behind the list that points to them. */
struct words {
	char text[PATH_MAX + 512];
	size_t len, n;
};

static void PRINTF_LIKE(2, 3) add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	w->len += (size_t)vsnprintf(w->text + w->len, sizeof(w->text) - w->len, fmt, ap) + 1;
	va_end(ap);
	w->n++;
}

static char **pack(const struct words *w)
{
	char **argv = malloc((w->n + 1) * sizeof(*argv) + w->len), *at;

	if (!argv)
		return NULL;
	at = (char *)(argv + w->n + 1);
	memcpy(at, w->text, w->len);
	for (size_t i = 0; i < w->n; i++, at += strlen(at) + 1)
		argv[i] = at;
	argv[w->n] = NULL;
	return argv;
}

static char **argv(const void *params_, uint64_t seed)
{
	const struct stress_params *p = params_;
	const char *name = stressors[p->stressor];
	struct words w = {.len = 0};
	char path[PATH_MAX];

	if (subproc_find_program("stress-ng", path, sizeof(path)))
		snprintf(path, sizeof(path), "stress-ng");
	add(&w, "%s", path);
	add(&w, "--quiet");
	add(&w, "--metrics-brief");
	add(&w, "--yaml");
	add(&w, "/dev/stdout"); /* the pipe: proof() reads it */
	add(&w, "--seed");
	add(&w, "%" PRIu64, seed);
	add(&w, "--timeout");
	add(&w, "%" PRIu64, p->seconds);
	add(&w, "--%s", name);
	add(&w, "1");
	add(&w, "--%s-ops", name);
	add(&w, "%" PRIu64, p->ops);
	if (bytes_options[p->stressor]) {
		add(&w, "%s", bytes_options[p->stressor]);
		add(&w, "%" PRIu64, p->bytes);
	}
	return pack(&w);
}

/* The line of @text that has @words in it; NULL: none has. */
static char *line_with(const char *text, const char *words)
{
	const char *at = strstr(text, words), *end;

	if (!at)
		return NULL;
	end = at + strcspn(at, "\n");
	while (at > text && at[-1] != '\n')
		at--;
	return strndup(at, (size_t)(end - at));
}

/*
 * A stressor that skips itself ends with exit code 0 all the same, and is then missing under
 * `metrics:` of the YAML. Of somebody's own command line, which has no YAML (@params_ NULL), only
 * what it says in words is known.
 */
static int proof(const void *params_, const char *output, struct strbuf *why)
{
	static const char *const skips[] = {"will be skipped", "skipping stressor",
					    "aborted early"};
	const struct stress_params *p = params_;
	const char *metrics = strstr(output, "metrics:\n");
	char want[64], *line = NULL;

	snprintf(want, sizeof(want), "- stressor: %s%s", p ? stressors[p->stressor] : "",
		 p ? "\n" : "");
	if ((p && !metrics) || (metrics && !strstr(metrics, want))) {
		strbuf_addf(why, "stress-ng's %s did not run: it is not under 'metrics:'",
			    p ? stressors[p->stressor] : "stressor");
		return -ENODATA;
	}
	for (size_t i = 0; !p && !line && i < ARRAY_SIZE(skips); i++)
		line = line_with(output, skips[i]);
	if (!line)
		return 0;
	strbuf_addf(why, "stress-ng did not do all that it was asked for: %s", line);
	free(line);
	return -ENODATA;
}

const struct workload_ops wl_stress_ng_ops = {
	.name = "stress-ng",
	.help = "a stress-ng memory stressor: mmap, mmapmany, brk, vm, bigheap, malloc or mremap",
	.truth = WORKLOAD_ORACLE,
	.params = params,
	.params_size = sizeof(struct stress_params),
	.supported = supported,
	.argv = argv,
	.proof = proof,
};
