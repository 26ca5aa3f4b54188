/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Boots a kernel with our own initial RAM file system under QEMU: an emulated machine with CPU,
 * memory, a clock and nothing else; no KVM, no network, no disk, no root.
 */
#ifndef VM_QEMU_H
#define VM_QEMU_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/initrd.h"
#include "harness/vm/kernel.h"
#include "harness/vm/protocol.h"

struct vm_boot {
	const struct vm_kernel *kernel;
	const struct initrd *initrd;
	/*
	 * The clock counts instructions (-icount), each 2^shift ns, whatever the host is busy with:
	 * everything the guest sees is a function of the kernel, the initial RAM file system and
	 * @seed.
	 */
	unsigned int shift;
	uint64_t seed;		   /* of the guest's random numbers */
	const char *append;	   /* more words of the kernel's command line; may be NULL */
	unsigned int memory_mib;   /* 0: 512 */
	unsigned int timeout_s;	   /* the guest is ended when it takes longer */
	struct strbuf *why;	   /* where reasons go (lib/why.h); NULL: they are said */
	bool (*interrupted)(void); /* asked when a signal came; may be NULL */
	/* Each line of the guest, without newline; not for VM_EXIT. */
	void (*line)(void *arg, enum vm_kind kind, const char *text, size_t len);
	void *arg;
};

/*
 * Boots, passes on lines, waits for the end. Returns 0 and the guest's @code, or after saying why:
 * -ENOTSUP (no QEMU; says what installs it), -ETIMEDOUT, -EINTR, -EPROTO (the guest ended without
 * an exit code: a kernel that panics, QEMU that died; the end of its console is shown) or -errno.
 */
int vm_boot(const struct vm_boot *vm, int *code);

/* Fills @why and returns -ENOTSUP when no guest can be booted here: there is no emulator. */
int vm_supported(struct strbuf *why);
/* The same of a guest with processor @p. */
int vm_can_boot(const struct processor *p, struct strbuf *why);

#endif
