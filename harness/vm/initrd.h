/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An initial RAM file system for the guest, made in memory. The format is the kernel's "newc" cpio
 * (Linux, Documentation/driver-api/early-userspace/buffer-format.rst): per entry a header of 110
 * ASCII bytes, the name, the data, each padded to 4 bytes; the last entry is named "TRAILER!!!".
 */
#ifndef VM_INITRD_H
#define VM_INITRD_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct initrd {
	struct strbuf data; /* the archive so far */
	struct strbuf dirs; /* folders that are in it, each as "\npath\n" */
	uint32_t inode;	    /* number of the entry added last */
};

#define INITRD_INIT                                                                                \
	{                                                                                          \
		.data = STRBUF_INIT, .dirs = STRBUF_INIT                                           \
	}

/*
 * Adds a file of @len bytes. @path is absolute in the guest ("/bpf/0.o"); folders above it are
 * added when missing. @executable: mode 0755, else 0644. Owner is root, the time stamp 0: equal
 * input gives an equal archive. Returns 0 or -EFBIG (a file of 4 GiB or more).
 */
int initrd_add(struct initrd *rd, const char *path, bool executable, const void *data, size_t len);
/* As above, with the content of @host_path. Returns 0, or -errno after saying why. */
int initrd_add_file(struct initrd *rd, const char *path, bool executable, const char *host_path,
		    struct strbuf *why);
/*
 * Writes the whole archive with its trailer to @fd. More can be added afterwards and written again.
 * Returns 0 or -errno; prints nothing.
 */
int initrd_write(const struct initrd *rd, int fd);
void initrd_release(struct initrd *rd);

#endif
