/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* beebench vm: one command inside a guest, with a stock kernel, all privileges and our objects. */
#include "lib/base.h"
#include "harness/command/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/vm/guest_files.h"
#include "harness/record.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "collector/registry.h"
#include "harness/vm/kernel.h"
#include "harness/vm/plan.h"
#include "harness/vm/qemu.h"
#include "lib/printable.h"
#include "lib/strbuf.h"

struct vm_options {
	const char *kernel, *append;
	struct opt_list files;
	uint64_t timeout_s, memory_mib;
	bool load, where, verbose;
};

#define ROW(letter, name, arg, help, kind, field)                                                  \
	{                                                                                          \
		letter, name, arg, help, kind, offsetof(struct vm_options, field)                  \
	}
static const struct opt options[] = {
	ROW('k', "kernel", "K", "6.12 (default), 6.1/arm64, .. or the path of a vmlinuz",
	    OPT_STRING, kernel),
	ROW('f', "file", "FILE[:AS]", "take a file along, as /AS or /NAME (may be repeated)",
	    OPT_LIST, files),
	ROW('t', "time", "SECONDS", "end the guest when it takes longer (default 600)", OPT_U64,
	    timeout_s),
	ROW('m', "memory", "MIB", "memory of the guest (default 1024)", OPT_U64, memory_mib),
	ROW('a', "append", "WORDS", "add to the kernel's command line: preempt=full, ..",
	    OPT_STRING, append),
	ROW('l', "load", NULL, "load and attach the monitors or objects named, say which work",
	    OPT_FLAG, load),
	ROW('w', "where", NULL, "print the kernel's path, fetching it when it is not there",
	    OPT_FLAG, where),
	ROW('v', "verbose", NULL, "say more on stderr", OPT_FLAG, verbose),
	{0},
};

/* "build/x:bin/x", "build/x" */
static int add_named(struct guest_files *f, const char *spec)
{
	const char *colon = strrchr(spec, ':'), *slash = strrchr(spec, '/');
	char *path = colon ? strndup(spec, (size_t)(colon - spec)) : strdup(spec);
	char as[PATH_MAX];
	int err = path ? 0 : -ENOMEM;

	snprintf(as, sizeof(as), "/%s", colon ? colon + 1 : slash ? slash + 1 : spec);
	if (!err)
		err = guest_files_add(f, as, path);
	free(path);
	return err;
}

static int collect(struct guest_files *f, const struct vm_options *o, const struct processor *p,
		   const char *program)
{
	int err = guest_files_add_objects(f, p);

	if (!err && !strcmp(program, "beebench"))
		err = guest_files_add_beebench(f, p);
	for (size_t i = 0; i < o->files.n && !err; i++)
		err = add_named(f, o->files.item[i]);
	return err;
}

/* What came back from a guest in mode "load". */
struct loads {
	const char *const *names;
	size_t n, failed;
	struct guest_files called; /* the objects, by the names that they have there */
};

static void hear_load(void *arg, enum vm_kind kind, const char *text, size_t len UNUSED)
{
	struct loads *l = arg;
	struct json_object *o = kind == VM_RECORD ? json_tokener_parse(text) : NULL;
	size_t i = record_u64(o, "object", SIZE_MAX);
	const char *error;

	guest_files_call_record(&l->called, o);
	error = record_str(o, "error", NULL);

	if (kind == VM_RELEASE)
		log_info("Linux %s", text);
	if (i < l->n && error)
		printable_line(stdout, "FAIL  %s: %s", l->names[i], error);
	else if (i < l->n)
		printable_line(stdout, "ok    %s: %llu programs, %llu attached", l->names[i],
			       (unsigned long long)record_u64(o, "programs", 0),
			       (unsigned long long)record_u64(o, "attached", 0));
	l->failed += i < l->n && error;
	json_object_put(o);
}

static int pack_object(struct loads *l, struct initrd *rd, const struct processor *p,
		       const char *name)
{
	char *path = NULL;
	int err = registry_find(name, &path, NULL);

	if (!err)
		err = guest_files_pack(&l->called, rd, p, path, NULL, NULL);
	free(path);
	return err;
}

static int pack_objects(struct loads *l, struct initrd *rd, const struct processor *p)
{
	const char **words = calloc(l->n + 2, sizeof(*words));
	int err = words ? plan_begin(rd, p, NULL) : -ENOMEM;

	if (!err)
		words[0] = "load";
	for (size_t i = 0; i < l->n && !err; i++) {
		err = pack_object(l, rd, p, l->names[i]);
		words[1 + i] = err ? NULL : l->called.v[2 * i];
	}
	if (!err)
		err = plan_end(rd, words);
	free(words);
	return err;
}

static int load_in_guest(const struct vm_options *o, const struct vm_kernel *kernel,
			 const char *const *names, size_t n, int *code)
{
	struct loads l = {.names = names, .n = n};
	struct initrd rd = INITRD_INIT;
	struct vm_boot boot = {.kernel = kernel,
			       .initrd = &rd,
			       .append = o->append,
			       .memory_mib = (unsigned int)o->memory_mib,
			       .timeout_s = (unsigned int)o->timeout_s,
			       .interrupted = run_interrupted,
			       .line = hear_load,
			       .arg = &l};
	int err = pack_objects(&l, &rd, kernel->processor);

	if (!err)
		err = vm_boot(&boot, code);
	if (!err)
		*code = l.failed ? EXIT_BAD : *code ? EXIT_USAGE : EXIT_OK;
	initrd_release(&rd);
	guest_files_release(&l.called);
	return err;
}

static int command_in_guest(const struct vm_options *o, const struct vm_kernel *kernel,
			    const char *const *argv, int *code)
{
	struct vm_command cmd = {.kernel = kernel,
				 .argv = argv,
				 .append = o->append,
				 .memory_mib = (unsigned int)o->memory_mib,
				 .timeout_s = (unsigned int)o->timeout_s,
				 .interrupted = run_interrupted};
	struct guest_files files = {0};
	int err = collect(&files, o, kernel->processor, argv[0]);

	if (!err) {
		cmd.files = (const char *const *)files.v;
		err = vm_run(&cmd, code);
	}
	guest_files_release(&files);
	return err;
}

static int run_in_guest(const struct vm_options *o, const char *const *argv, size_t n)
{
	struct vm_kernel kernel = VM_KERNEL_INIT;
	struct strbuf why = STRBUF_INIT;
	int code = EXIT_OK, err = o->where ? 0 : vm_supported(&why);

	if (err)
		log_err("%s", why.s);
	if (!err)
		err = vm_kernel_find(&kernel, o->kernel, NULL);
	if (err)
		goto out;
	if (o->where)
		puts(kernel.path.s);
	else if (o->load)
		err = load_in_guest(o, &kernel, argv, n, &code);
	else
		err = command_in_guest(o, &kernel, argv, &code);
out:
	vm_kernel_release(&kernel);
	strbuf_release(&why);
	if (err == -ENOTSUP)
		return EXIT_SKIP;
	if (err == -EINTR)
		return EXIT_INCONCLUSIVE;
	return err ? EXIT_USAGE : code;
}

int command_vm(int argc, char *argv[])
{
	struct vm_options o = {.kernel = "6.12", .timeout_s = 600, .memory_mib = 1024};
	int rest, err = opt_parse(options, "beebench vm", argc, argv, &o, &rest, NULL);

	if (err == OPT_HELP) {
		puts("usage: beebench vm [options] -- COMMAND [ARG..]\n"
		     "       beebench vm [options] --load MONITOR|OBJECT..\n"
		     "       beebench vm [options] --where\n"
		     "Runs a command in a guest: an emulated machine with a stock kernel, where it "
		     "is "
		     "root and alone.\n'beebench' is there, and the BPF objects; another command "
		     "must "
		     "be a static program and be taken\nalong with -f. Its output and its exit "
		     "code "
		     "are passed on.\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (err)
		return EXIT_USAGE;
	if (rest == argc && !o.where) {
		log_err("vm: no %s; try: beebench vm %s", o.load ? "object" : "command",
			o.load ? "--load memmon" : "-- beebench doctor");
		return EXIT_USAGE;
	}
	if (o.timeout_s < 1 || o.timeout_s > 86400 || o.memory_mib < 128 || o.memory_mib > 65536) {
		log_err("vm: --time takes 1 to 86400 seconds, --memory 128 to 65536 MiB");
		return EXIT_USAGE;
	}
	log_init("beebench", o.verbose ? LOG_DEBUG : LOG_INFO);
	return run_in_guest(&o, (const char *const *)argv + rest, (size_t)(argc - rest));
}
