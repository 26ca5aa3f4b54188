/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames as text, JSON or CSV on a stream (docs/monitor-formats.md has the schema). */
#ifndef MONITOR_BATCH_H
#define MONITOR_BATCH_H

#include <stdio.h>

#include "lib/strbuf.h"
#include "monitor/frame.h"
#include "monitor/view/view.h"

enum batch_format { BATCH_TEXT, BATCH_JSON, BATCH_CSV };

/*
 * Appends one frame: text is the screen's table with its header lines; JSON one object on one line
 * {"schema":1,"tool":"memmon","seq":1,"time":"...","interval_s":3.0,"monitor":"memmon_fast","machine":{..},"own":{..},
 * "losses":{..},"processes":[{"pid","name","ppid","user","state","exact","rss_kb","virt_kb","peak_kb","mmap","munmap","brk",..}],
 * "events_seen":N}; CSV a line per process, the header line before the first frame. Only fields of
 * frame.fields, in the view's order. Names are made valid UTF-8 (as column_text() without a limit);
 * JSON escapes the rest.
 */
void batch_frame(enum batch_format format, const struct frame *f, const struct view *v, bool first,
		 struct strbuf *out);
/* Writes it out; 0, or -errno after saying so (-EPIPE: the reader has gone, not said). */
int batch_write(FILE *stream, const struct strbuf *text);

#endif
