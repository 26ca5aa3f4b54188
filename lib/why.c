/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reasons: to whoever asked for them, or to stderr. */
#include "lib/base.h"
#include "lib/why.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

static void tell(struct strbuf *why, int err, const char *fmt, va_list ap)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_vaddf(&text, fmt, ap);
	if (err)
		strbuf_addf(&text, ": %s", strerror(abs(err)));
	if (why)
		strbuf_addf(why, "%s%s", why->len ? "\n" : "", text.s);
	else
		log_err("%s", text.s);
	strbuf_release(&text);
}

void why_err(struct strbuf *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(why, 0, fmt, ap);
	va_end(ap);
}

void why_err_sys(struct strbuf *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(why, err, fmt, ap);
	va_end(ap);
}
