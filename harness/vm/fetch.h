/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gets a kernel package with apt and takes the kernel out of it. */
#ifndef VM_FETCH_H
#define VM_FETCH_H

#include "lib/base.h"
#include "lib/strbuf.h"

/*
 * Downloads the newest cloud kernel of @version and leaves "vmlinuz" and "note" (its package and
 * checksums, "KEY VALUE" lines) in @dir, which appears at once and whole. @cache is the folder
 * above, made when missing. Returns 0, or after saying why -ENOTSUP (not to be had: no apt, no
 * network, no such package, a wrong checksum), -EINTR or -errno.
 */
int fetch_kernel(const char *version, const char *cache, const char *dir);

/* SHA-256 of a file in hexadecimal, by sha256sum(1). Returns 0 or -errno; prints nothing. */
int fetch_sha256(const char *path, struct strbuf *out);

#endif
