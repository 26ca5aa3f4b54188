/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The guest's way out: lines to the host (harness/vm/protocol.h). */
#ifndef VM_GUEST_CHANNEL_H
#define VM_GUEST_CHANNEL_H

#include "lib/base.h"
#include "lib/strbuf.h"
#include "harness/vm/protocol.h"

/* Asks the kernel for the way out. Returns 0 or -errno. */
int guest_channel_open(void);
/* Returns when all that was sent is out: before the machine is switched off. */
void guest_channel_drain(void);
/* Sends one line; @text must not hold a newline. */
void guest_send(enum vm_kind kind, const char *text, size_t len);
void guest_sendf(enum vm_kind kind, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends @text as a JSON string with its quotes. */
void guest_json_string(struct strbuf *out, const char *text);

#endif
