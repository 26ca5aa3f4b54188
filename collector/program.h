/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The programs of an object, wherever they were loaded: here by libbpf, or apart, in a process that
 * ends (parcel.h).
 */
#ifndef COLLECTOR_PROGRAM_H
#define COLLECTOR_PROGRAM_H

#include "lib/base.h"

struct bpf_object;
struct bpf_program;

/*
 * Loads @object apart: afterwards its maps have descriptors here, its programs have those of
 * program_fd(), and bpf_program__fd() says of each that it is not loaded. 0 or -errno: nothing was
 * loaded, and bpf_object__load() will do it or have the reason; prints nothing. -ENOTSUP: it has
 * programs that program_attach() could not attach then. For a process of one thread.
 */
int program_load_apart(struct bpf_object *object);
/* Closes what program_load_apart() gave; call it before bpf_object__close(). */
void program_forget(const struct bpf_object *object);

/* The object's, not to be closed; negative: it is not loaded. */
int program_fd(const struct bpf_program *p);

struct program_link;

/* As bpf_program__attach(), and bpf_program__attach_iter(). NULL with errno; prints nothing. */
struct program_link *program_attach(const struct bpf_program *p);
struct program_link *program_attach_iterator(const struct bpf_program *p);
int program_link_fd(const struct program_link *link);
void program_link_destroy(struct program_link *link); /* accepts NULL; detaches */

#endif
