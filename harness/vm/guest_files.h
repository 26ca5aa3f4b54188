/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a guest is given of this machine: our program, the objects, files that the user names. */
#ifndef HARNESS_GUEST_FILES_H
#define HARNESS_GUEST_FILES_H

#include "lib/base.h"

/* Pairs "path in the guest", "path here", ended by NULL: as struct vm_command takes them. */
struct guest_files {
	char **v;
	size_t n; /* strings */
};

/* Each returns 0 or -errno; -ENOMEM is not said. */
int guest_files_add(struct guest_files *f, const char *as, const char *path);
/* Every object that ships, with its manifest, as /bin/bpf/FOLDER/NAME. */
int guest_files_add_objects(struct guest_files *f);
/* The static beebench beside this one, as /bin/beebench. -ENOTSUP after saying what builds it. */
int guest_files_add_beebench(struct guest_files *f);
void guest_files_release(struct guest_files *f);

#endif
