/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The processors that a guest can have: how QEMU is called for each, what the kernel is told, how
 * its image is known, and where the programs lie that were compiled for it.
 */
#ifndef VM_PROCESSOR_H
#define VM_PROCESSOR_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct processor {
	const char *name;   /* "arm64": in -k 6.12/arm64, and the folder of what is made for it */
	const char *debian; /* Debian's word for it */
	const char *qemu, *get; /* the emulator; the command that installs it */
	const char *compiler;	/* Debian's cross compiler, for advice */
	const char *macro;	/* clang's -D__TARGET_ARCH_.. for its registers */
	bool big_endian;
	size_t magic_at;	   /* where the kernel's image has @magic */
	const char *magic, *image; /* its first bytes there; what such an image is called */
	const char *const *words;  /* QEMU's, ended by NULL: machine, CPU, the guest's channel */
	/* The option, and its value up to the file that the kernel's words go to. */
	const char *console, *console_to;
	const char *append; /* the kernel's command line */
};

/* Of a name: "x86-64", "arm64", "s390x". NULL: there is none. */
const struct processor *processor_named(const char *name);
/* This machine's own. NULL: no guest can be had for it. */
const struct processor *processor_own(void);
/* All, ended by NULL. */
extern const struct processor *const processors[];

/*
 * Debian's kernels for a processor by the word after the version ("6.12/arm64-16k"): the processor,
 * and how the package's name ends ("-arm64-16k"). NULL: there is no such word.
 */
struct processor_kernel {
	const char *word;
	const struct processor *processor;
	const char *package_end;
};
const struct processor_kernel *processor_kernel_named(const char *word);
/* What there is to choose from, "x86-64, arm64, ..". Appends. */
void processor_kernel_words(struct strbuf *out);
/* The same for the processor alone: its usual kernel. */
const struct processor_kernel *processor_kernel_of(const struct processor *p);

/* Whose image that is by its first bytes, NULL: of none that is known here. Prints nothing. */
const struct processor *processor_of_image(const char *path);

/*
 * Where @what ("vm/guest-init", "static/beebench", "bpf/memmon/memmon.bpf.o") lies that was made
 * for @p: our own beside us, another's in a folder of its name there. Returns 0 or -errno.
 */
int processor_data(const struct processor *p, const char *what, char *path, size_t size);

/* How what is missing of it is made: "make", "make guest-arm64". */
void processor_make(const struct processor *p, struct strbuf *out);

#endif
