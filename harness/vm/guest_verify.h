/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `beebench verify` where this machine does not let us use BPF: the same trials inside a guest, by
 * our static program; their records come back one by one.
 */
#ifndef HARNESS_GUEST_VERIFY_H
#define HARNESS_GUEST_VERIFY_H

#include "harness/plugin.h"
#include "lib/base.h"
#include "lib/strbuf.h"

#define GUEST_VERIFY_KERNEL "6.12" /* when the user names none */

/* Returns 0 when this machine lets us use BPF; else -errno with the reason and its cure in @why.
 * Prints nothing. */
int guest_verify_needed(struct strbuf *why);

struct guest_trials {
	const char *kernel;	     /* as vm_kernel_find() takes it */
	const char *const *monitors; /* none that guest_monitors_refuse(); ended by NULL */
	/* Of ours, no commands: the guest has no programs of this machine. None: the guest's own
	 * choice. */
	const struct workload *const *workloads;
	size_t nworkloads;
	uint64_t limit_s; /* of a trial */
	bool ignore_exit;
};

/*
 * Runs them; each record goes to run->sink with "guest": true and "kernel": the guest's release.
 * Objects by path are taken along with their manifests, Honey sources are compiled here first.
 * Returns 0, or -errno after saying why: -ENOTSUP (no QEMU, no kernel, no static program: with the
 * command that cures it), -EINTR, -ETIMEDOUT, -EINVAL (the guest's program said what is wrong).
 */
int guest_verify(struct run *run, const struct guest_trials *trials);

#endif
