/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Types for a kernel that has no BTF: those of the events that are alike everywhere. */
#ifndef COLLECTOR_EVENTS_BTF_H
#define COLLECTOR_EVENTS_BTF_H

#include "lib/base.h"

/*
 * The file to relocate an object's fields by (btf_custom_path of libbpf): NULL where the kernel has
 * BTF of its own, or where there is no such file. It lies beside the objects
 * (bpf/calls/events.bpf.h).
 */
const char *events_btf(void);

#endif
