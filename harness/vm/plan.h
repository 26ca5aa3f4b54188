/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packs what a guest needs: our program as its only process, and its plan (harness/vm/protocol.h).
 */
#ifndef VM_PLAN_H
#define VM_PLAN_H

#include "lib/base.h"
#include "harness/vm/initrd.h"
#include "harness/vm/kernel.h"
#include "harness/vm/protocol.h"

/*
 * Starts an initial RAM file system with the guest's program, which lies beside this one
 * (build/vm/guest-init for build/beebench, build/arm64/vm/guest-init for another processor;
 * $BEEBENCH_GUEST overrides). Returns 0, or -errno after saying why: -ENOTSUP when it is not built.
 */
int plan_begin(struct initrd *rd, const struct processor *p, struct strbuf *why);
/* Adds the plan: @words, ended by NULL. */
int plan_end(struct initrd *rd, const char *const *words);

/*
 * Runs a command in a guest of one CPU: its lines go to our stdout and stderr as they come, or to
 * @line. The guest's clock counts instructions, so that a busy host is not seen there.
 */
struct vm_command {
	const struct vm_kernel *kernel;
	const char *const *argv; /* in the guest; PATH there is /bin */
	/* Pairs "path in the guest", "path here" of files to take along, executable, ended by NULL.
	 */
	const char *const *files;
	const char *append;	 /* more words of the kernel's command line; may be NULL */
	unsigned int memory_mib; /* 0: 512 */
	unsigned int timeout_s;
	bool (*interrupted)(void); /* may be NULL */
	/* Gets every line (harness/vm/protocol.h) instead; NULL: to stdout and stderr. */
	void (*line)(void *arg, enum vm_kind kind, const char *text, size_t len);
	void *arg;
};

/* Returns 0 and the command's exit code, or -errno as vm_boot() after saying why. */
int vm_run(const struct vm_command *cmd, int *code);

#endif
