/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The forms of batch output; each appends one frame. */
#ifndef MONITOR_BATCH_FORM_H
#define MONITOR_BATCH_FORM_H

#include "lib/strbuf.h"
#include "monitor/frame.h"
#include "monitor/view/view.h"

/* @first: the first frame has no empty line before it (text), and the header line (CSV). */
void batch_text(const struct frame *f, const struct view *v, bool first, struct strbuf *out);
void batch_json(const struct frame *f, const struct view *v, struct strbuf *out);
void batch_csv(const struct frame *f, const struct view *v, bool first, struct strbuf *out);

#endif
