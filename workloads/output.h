/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a command prints, taken from a pipe as it comes: a program behaves towards a pipe as in most
 * of its life, and towards /dev/null it may not. The end of it is kept.
 */
#ifndef WORKLOADS_OUTPUT_H
#define WORKLOADS_OUTPUT_H

#include "lib/base.h"
#include "lib/strbuf.h"

enum { OUTPUT_KEPT = 64 << 10 };

struct output {
	int fd;		    /* to be read; never blocks; -1: there is none, or it has ended */
	uint64_t bytes;	    /* all that came */
	struct strbuf tail; /* the last OUTPUT_KEPT bytes or more, as they came */
};

#define OUTPUT_INIT                                                                                \
	{                                                                                          \
		.fd = -1, .tail = STRBUF_INIT                                                      \
	}

/* Returns the end that is written to, which the caller closes, or -errno. */
int output_open(struct output *o);
/* Takes what is there. */
void output_take(struct output *o);
/* Appends at most the last @max bytes, from the beginning of a line on where that is known, as
 * printable UTF-8: what is none becomes '?'. */
void output_text(const struct output *o, size_t max, struct strbuf *out);
void output_release(struct output *o);

#endif
