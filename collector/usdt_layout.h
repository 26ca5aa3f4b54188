/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Do an object and libbpf lay the arguments of USDT probes out alike? */
#ifndef COLLECTOR_USDT_LAYOUT_H
#define COLLECTOR_USDT_LAYOUT_H

#include "lib/base.h"
#include "lib/strbuf.h"

struct bpf_object;

/*
 * Before loading. libbpf writes where the arguments of a probe are, and the object's
 * <bpf/usdt.bpf.h> reads it; that of libbpf 1.7 has it laid out otherwise than those before, and
 * neither side looks (findings/usdt-arguments-of-another-libbpf.sh). Returns 0, or -EINVAL after
 * saying "PATH: .." (lib/why.h) when the object has programs at USDT probes and is of the other
 * layout. Of a libbpf newer than 1.7 nothing is known, and nothing said.
 */
int usdt_layout_check(const struct bpf_object *object, const char *path, struct strbuf *why);

#endif
