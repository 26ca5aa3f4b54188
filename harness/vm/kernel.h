/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernels for the guest: Debian's packages (linux-image-VERSION-cloud-amd64 and those of other
 * processors), downloaded with apt into a cache, checked, unpacked there and never installed; the
 * kernel in any distribution's package; or any image by path.
 */
#ifndef VM_KERNEL_H
#define VM_KERNEL_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/processor.h"

struct vm_kernel {
	const struct processor *processor; /* that it was built for */
	struct strbuf path;		   /* of the image */
	int unpacked;	       /* memory with the image where the file is packed; -1: it is not */
	struct strbuf package; /* "linux-image-6.12.117+deb12-cloud-amd64 6.12.117-1~deb12u1"; empty
				  for a path */
};

#define VM_KERNEL_INIT                                                                             \
	{                                                                                          \
		.path = STRBUF_INIT, .unpacked = -1, .package = STRBUF_INIT                        \
	}

/*
 * @name is a version with two numbers ("6.12": this machine's processor; "6.12/arm64", see
 * harness/vm/processor.h), or the path (with a '/') of an image or of a package (.deb, .rpm,
 * .pkg.tar.zst and others). A version is taken from the cache when it is there and its checksum is
 * right, so that later runs need no network; otherwise the newest package of that version that apt
 * knows is fetched. Works without root: where apt's package lists have none, lists of our own are
 * fetched into the cache, at last those of Debian unstable (scripts/fetch_kernel.sh). Returns 0, or
 * after saying why: -EINVAL (no such kind of name, no image, half of one, one of another
 * processor), -ENOENT (no such file), -EACCES (the cache could have been filled by somebody else),
 * -ENOTSUP (cannot be had here; the message holds the command that cures it), -EINTR.
 */
int vm_kernel_find(struct vm_kernel *k, const char *name, struct strbuf *why);
/* The processor that the word @name asks for, without looking for the kernel. NULL: that is a path,
 * or no such word. */
const struct processor *vm_kernel_processor(const char *name);
void vm_kernel_release(struct vm_kernel *k);

/* What "-k all" stands for: Debian's kernels on each processor. Ended by NULL. */
extern const char *const vm_kernels_all[];

/*
 * The folder kernels are kept in: $BEEBENCH_CACHE, or beebench in $XDG_CACHE_HOME or in
 * $HOME/.cache; without any, a folder below /tmp that only this user may enter. Appends to @out.
 * Wherever it is, nothing is taken from it that somebody else could have put there.
 */
void vm_cache_dir(struct strbuf *out);

/* SHA-256 of a file in hexadecimal, by sha256sum(1). Returns 0 or -errno; prints nothing. */
int vm_file_sha256(const char *path, struct strbuf *out);

#endif
