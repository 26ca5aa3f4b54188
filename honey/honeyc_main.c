/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* honeyc: the Honey DSL (Elixir syntax) to BPF objects. */
#include "lib/base.h"
#include "honey/honey.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "honey/ast.h"
#include "honey/diag.h"
#include "honey/helpers.h"
#include "honey/lsp.h"
#include "honey/processor.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/outfile.h"
#include "lib/rights.h"
#include "lib/std.h"
#include "lib/strbuf.h"

struct args {
	bool optimise, no_warnings, remarks, no_lines, version, helpers, check_types, lsp;
	const char *emit, *diagnostics, *explain, *out, *btf, *tracefs, *kernel, *clang, *processor;
	const char *files[256];
	uint32_t n_files;
	bool optimisation[OPT_COUNT];
};

static const struct opt options[] = {
	{'o', "output", "FILE", "where the result goes (- is stdout)", OPT_STRING,
	 offsetof(struct args, out)},
	{'O', "optimise", NULL, "all optimisations (one: -fNAME, not one: -fno-NAME)", OPT_FLAG,
	 offsetof(struct args, optimise)},
	{0, "emit", "KIND", "tokens, ast, c or obj (default obj)", OPT_STRING,
	 offsetof(struct args, emit)},
	{'P', "no-lines", NULL, "leave #line out of --emit=c", OPT_FLAG,
	 offsetof(struct args, no_lines)},
	{0, "remarks", NULL, "say where each optimisation was applied", OPT_FLAG,
	 offsetof(struct args, remarks)},
	{'w', "no-warnings", NULL, "errors only", OPT_FLAG, offsetof(struct args, no_warnings)},
	{0, "diagnostics", "FORM", "text or json (one object a line)", OPT_STRING,
	 offsetof(struct args, diagnostics)},
	{0, "explain", "CODE", "print what a message's code means", OPT_STRING,
	 offsetof(struct args, explain)},
	{0, "kernel", "X.Y", "refuse helpers and maps newer than this Linux", OPT_STRING,
	 offsetof(struct args, kernel)},
	{0, "processor", "NAME", "compile for x86-64, arm64 or s390x (default: this machine's)",
	 OPT_STRING, offsetof(struct args, processor)},
	{0, "btf", "FILE", "kernel BTF for contexts (default: VMLINUX_BTF, the running kernel's)",
	 OPT_STRING, offsetof(struct args, btf)},
	{0, "tracefs", "DIR", "tracefs for contexts (default /sys/kernel/tracing)", OPT_STRING,
	 offsetof(struct args, tracefs)},
	{0, "clang", "FILE", "the clang to run (default: CLANG, or clang)", OPT_STRING,
	 offsetof(struct args, clang)},
	{0, "check-types", NULL, "the C asserts the type of each operand (tests honeyc itself)",
	 OPT_FLAG, offsetof(struct args, check_types)},
	{0, "lsp", NULL, "serve an editor: the Language Server Protocol on standard input",
	 OPT_FLAG, offsetof(struct args, lsp)},
	{0, "list-helpers", NULL, "print the table of helpers", OPT_FLAG,
	 offsetof(struct args, helpers)},
	{0, "version", NULL, "print the version", OPT_FLAG, offsetof(struct args, version)},
	{0},
};

static void usage(FILE *out)
{
	fputs("usage: honeyc [options] -o OUT.bpf.o FILE.ex...\n"
	      "Compiles one module of the Honey DSL, given in one or several files, to a BPF "
	      "object.\n\n",
	      out);
	opt_print(options, out);
	fputs("\noptimisations:\n", out);
	opt_list(out);
}

/* -fNAME words are taken out first: the option table has no such form. Returns argc without them.
 */
static int take_f_options(int argc, char **argv, struct args *a, int *err)
{
	bool on[OPT_COUNT] = {false}, off[OPT_COUNT] = {false};
	const char *near = NULL;
	int n = 1;

	*err = 0;
	for (int i = 1; i < argc; i++) {
		bool *set = !strncmp(argv[i], "-fno-", 5) ? off : on;

		if (strncmp(argv[i], "-f", 2) || !argv[i][2]) {
			a->optimise |= !strcmp(argv[i], "-O");
			argv[n++] = argv[i];
			continue;
		}
		if (opt_set(set, argv[i] + (set == off ? 5 : 2), &near)) {
			log_err("no optimisation is called '%s'%s%s%s", argv[i] + 2,
				near ? "; did you mean '" : " (honeyc --help lists them)",
				near ? near : "", near ? "'?" : "");
			*err = -EINVAL;
		}
	}
	for (int i = 0; i < OPT_COUNT; i++)
		a->optimisation[i] = (a->optimise || on[i]) && !off[i];
	argv[n] = NULL;
	return n;
}

/* Options and files may be mixed. */
static int take_args(int argc, char **argv, struct args *a)
{
	int at = 0, rest, err;

	argc = take_f_options(argc, argv, a, &err);
	if (err)
		return err;
	while (at < argc - 1) {
		bool dashes = false;

		err = opt_parse(options, "honeyc", argc - at, argv + at, a, &rest, &dashes);
		if (err)
			return err;
		at += rest;
		do {
			if (at >= argc)
				break;
			if (a->n_files == ARRAY_SIZE(a->files)) {
				log_err("more than %zu files", ARRAY_SIZE(a->files));
				return -EINVAL;
			}
			a->files[a->n_files++] = argv[at];
			at++;
		} while (dashes || (at < argc && argv[at][0] != '-'));
		at--; /* opt_parse() skips the word before its first */
	}
	return 0;
}

static int emit_kind(const char *s, enum emit_kind *kind)
{
	static const char *const names[] = {
		[EMIT_OBJ] = "obj", [EMIT_C] = "c", [EMIT_AST] = "ast", [EMIT_TOKENS] = "tokens"};

	for (size_t i = 0; s && i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i], s)) {
			*kind = (enum emit_kind)i;
			return 0;
		}
	}
	if (s)
		log_err("--emit is tokens, ast, c or obj, not '%s'", s);
	return s ? -EINVAL : 0;
}

static int make_options(const struct args *a, struct options *o)
{
	unsigned int major, minor;
	char end;

	if (emit_kind(a->emit, &o->emit))
		return -EINVAL;
	if (a->diagnostics && strcmp(a->diagnostics, "json") && strcmp(a->diagnostics, "text")) {
		log_err("--diagnostics is text or json, not '%s'", a->diagnostics);
		return -EINVAL;
	}
	if (a->kernel) {
		if (sscanf(a->kernel, "%u.%u%c", &major, &minor, &end) != 2 || minor > 99) {
			log_err("--kernel takes a version such as 6.1, not '%s'", a->kernel);
			return -EINVAL;
		}
		o->kernel = major * 100 + minor;
	}
	o->processor = honey_processor_named(a->processor);
	if (!o->processor) {
		log_err("--processor takes x86-64, arm64 or s390x, not '%s'", a->processor);
		return -EINVAL;
	}
	o->json = a->diagnostics && !strcmp(a->diagnostics, "json");
	o->remarks = a->remarks;
	o->no_lines = a->no_lines;
	o->check_types = a->check_types;
	o->no_warnings = a->no_warnings;
	o->btf = a->btf;
	o->tracefs = a->tracefs;
	o->clang = a->clang;
	o->color = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
	memcpy(o->optimise, a->optimisation, sizeof(o->optimise));
	if (a->lsp)
		return 0;
	if (!a->n_files)
		log_err("which file? honeyc [options] -o OUT.bpf.o FILE.ex... (--help)");
	else if (!a->out && o->emit == EMIT_OBJ)
		log_err("where to? give -o OUT.bpf.o, or --emit=c to see the C");
	else
		return 0;
	return -EINVAL;
}

static int write_text(struct honey *h, struct strbuf *c, const char *path)
{
	size_t len = 0;
	char *text = NULL;
	FILE *out = NULL;
	int err;

	if (h->opt.emit == EMIT_TOKENS || h->opt.emit == EMIT_AST) {
		out = open_memstream(&text, &len);
		if (!out)
			abort();
		if (h->opt.emit == EMIT_TOKENS)
			lex_dump(h, out);
		else
			ast_dump(h, out);
		fclose(out);
		strbuf_reset(c);
		strbuf_add(c, text, len);
		free(text);
	}
	err = honey_put(c, path);
	return err ? EXIT_USAGE : EXIT_OK;
}

/* A slip of the hand, `-o monitor.ex monitor.ex`, would cost the source. */
static int check_output(const struct args *a)
{
	for (uint32_t i = 0; a->out && i < a->n_files; i++)
		if (outfile_is(a->out, a->files[i])) {
			log_err("-o %s is the source %s, which would be lost; name another file",
				a->out, a->files[i]);
			return -EINVAL;
		}
	return 0;
}

static int compile_files(const struct args *a, const struct options *o)
{
	struct strbuf *texts = calloc(a->n_files, sizeof(*texts)), c = STRBUF_INIT;
	struct honey h;
	int code = EXIT_USAGE, err = texts ? 0 : -ENOMEM;

	honey_init(&h, o);
	for (uint32_t i = 0; i < a->n_files && !err; i++) {
		texts[i] = (struct strbuf)STRBUF_INIT;
		err = strbuf_read_file(&texts[i], a->files[i]);
		if (err)
			log_err_sys(err, "cannot read %s", a->files[i]);
		else
			srcmap_add(&h, a->files[i], texts[i].s, texts[i].len);
	}
	if (err)
		goto out;
	err = honey_compile(&h, &c);
	diag_flush(&h, stderr);
	if (err)
		code = EXIT_BAD;
	else if (o->emit == EMIT_OBJ)
		code = driver_object(&h, &c, a->out);
	else
		code = write_text(&h, &c, a->out);
out:
	for (uint32_t i = 0; texts && i < a->n_files; i++)
		if (texts[i].s)
			strbuf_release(&texts[i]);
	free(texts);
	strbuf_release(&c);
	honey_release(&h);
	return code;
}

static int run(int argc, char **argv)
{
	struct args a = {.emit = NULL};
	struct options o = {.emit = EMIT_OBJ};
	int err;

	err = take_args(argc, argv, &a);
	if (err == OPT_HELP) {
		usage(stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (a.version || a.helpers) {
		if (a.version)
			printf("honeyc %s\n", BEEBENCH_VERSION);
		else
			helpers_print(stdout);
		return EXIT_OK;
	}
	if (a.explain) {
		if (!diag_explain(a.explain, stdout))
			return EXIT_OK;
		log_err("no message has the code '%s': codes are H001 to H039, W001 to W018, R001",
			a.explain);
		return EXIT_USAGE;
	}
	if (make_options(&a, &o) || check_output(&a))
		return EXIT_USAGE;
	if (a.lsp)
		return lsp_serve(&o) ? EXIT_BAD : EXIT_OK;
	return compile_files(&a, &o);
}

int main(int argc, char **argv)
{
	std_open();
	rights_keep_callers();
	log_init("honeyc", LOG_INFO);
	return std_close(run(argc, argv));
}
