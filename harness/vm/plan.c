/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packs the guest's program and its plan; runs a command in a guest. */
#include "lib/base.h"
#include "harness/vm/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/printable.h"
#include "lib/why.h"
#include "harness/vm/qemu.h"
#include "lib/strbuf.h"

/*
 * A command in the guest lives on a machine of 125 million instructions a second: work that takes
 * its time by the clock ends eight times sooner than on one of 1 ns an instruction.
 */
enum { RUN_SHIFT = 3 };

static int guest_program(const struct processor *p, char *path, size_t size)
{
	const char *env = secure_getenv("BEEBENCH_GUEST");

	if (env && *env)
		return snprintf(path, size, "%s", env) < (int)size ? 0 : -ENAMETOOLONG;
	return processor_data(p, "vm/guest-init", path, size);
}

int plan_begin(struct initrd *rd, const struct processor *p, struct strbuf *why)
{
	struct strbuf make = STRBUF_INIT;
	char path[4096];
	int err = guest_program(p, path, sizeof(path));

	if (!err && access(path, R_OK)) {
		err = -errno;
		processor_make(p, &make);
		why_err_sys(why, err, "no guest program %s; build it: %s", path, make.s);
		strbuf_release(&make);
		return err == -ENOENT ? -ENOTSUP : err;
	}
	if (!err)
		err = initrd_add_file(rd, "/init", true, path, why);
	if (!err && !processor_data(p, "bpf/calls/events.btf", path, sizeof(path)) &&
	    !access(path, R_OK))
		err = initrd_add_file(rd, VM_EVENTS_BTF, false, path, why);
	return err;
}

int plan_end(struct initrd *rd, const char *const *words)
{
	struct strbuf text = STRBUF_INIT;
	int err;

	for (; *words; words++)
		strbuf_add(&text, *words, strlen(*words) + 1);
	err = initrd_add(rd, VM_PLAN, false, text.s, text.len);
	strbuf_release(&text);
	return err;
}

/* A guest is nobody's friend: its words may not drive our terminal. */
static void put_printable(FILE *to, const char *text, size_t len)
{
	struct strbuf raw = STRBUF_INIT, clean = STRBUF_INIT;

	strbuf_add(&raw, text, len);
	printable_add_lines(&clean, raw.s);
	fwrite(clean.s, 1, clean.len, to);
	strbuf_release(&raw);
	strbuf_release(&clean);
}

static void pass_on(void *arg UNUSED, enum vm_kind kind, const char *text, size_t len)
{
	bool out = kind == VM_STDOUT || kind == VM_STDOUT_PART,
	     err = kind == VM_STDERR || kind == VM_STDERR_PART;
	FILE *to = out ? stdout : stderr;

	if (!out && !err)
		return;
	if (isatty(fileno(to)))
		put_printable(to, text, len);
	else
		fwrite(text, 1, len, to);
	if (kind == VM_STDOUT || kind == VM_STDERR)
		fputc('\n', to);
	fflush(to);
}

int vm_run(const struct vm_command *cmd, int *code)
{
	struct vm_boot boot = {.kernel = cmd->kernel,
			       .shift = RUN_SHIFT,
			       .seed = 1,
			       .append = cmd->append,
			       .memory_mib = cmd->memory_mib,
			       .timeout_s = cmd->timeout_s,
			       .interrupted = cmd->interrupted,
			       .line = cmd->line ? cmd->line : pass_on,
			       .arg = cmd->arg};
	struct initrd rd = INITRD_INIT;
	const char **words = NULL;
	size_t n = 0;
	int err;

	while (cmd->argv[n])
		n++;
	words = calloc(n + 2, sizeof(*words));
	err = words ? plan_begin(&rd, cmd->kernel->processor, NULL) : -ENOMEM;
	for (const char *const *f = cmd->files; !err && f && *f; f += 2)
		err = initrd_add_file(&rd, f[0], true, f[1], NULL);
	if (!err) {
		words[0] = "run";
		memcpy(words + 1, cmd->argv, n * sizeof(*words));
		err = plan_end(&rd, words);
	}
	boot.initrd = &rd;
	if (!err)
		err = vm_boot(&boot, code);
	initrd_release(&rd);
	free(words);
	return err;
}
