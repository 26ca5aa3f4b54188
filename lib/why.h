/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why something failed, as a return value. A function that takes a `struct strbuf *why` appends the
 * reason there and prints nothing; given NULL, it says the reason on stderr (lib/log.h). So whoever
 * tries something that may fail has the text for a record, and whoever must have it need not care.
 */
#ifndef LIB_WHY_H
#define LIB_WHY_H

#include "lib/base.h"
#include "lib/strbuf.h"

/* As log_err(), or a line of @why. */
void why_err(struct strbuf *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As log_err_sys(), or a line of @why. */
void why_err_sys(struct strbuf *why, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
