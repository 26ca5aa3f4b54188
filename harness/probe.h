/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The harness's own BPF objects (bpf/probes): found, opened, told what they must know. */
#ifndef HARNESS_PROBE_H
#define HARNESS_PROBE_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct bpf_object;

/* Opens bpf/probes/@name.bpf.o, not loaded yet. Returns 0 with an object to bpf_object__close(), or
 * -errno after saying why and what to do. */
int probe_open(struct bpf_object **out, const char *name, struct strbuf *why);

/* Gives the only read-only variable of @object its value, before it is loaded. Returns 0, or -errno
 * after saying that the object is of another build. */
int probe_configure(struct bpf_object *object, const void *value, size_t size);

#endif
