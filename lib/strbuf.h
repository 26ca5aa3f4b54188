/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A growing string: never NULL, always terminated. Aborts when memory is exhausted. */
#ifndef LIB_STRBUF_H
#define LIB_STRBUF_H

#include <stdarg.h>

#include "lib/base.h"

struct strbuf {
	char *s;    /* never NULL after STRBUF_INIT; owned by the strbuf unless detached */
	size_t len; /* bytes before the terminator */
	size_t cap; /* bytes allocated; 0 while @s is the shared empty string */
};

extern char strbuf_empty[1];
#define STRBUF_INIT                                                                                \
	{                                                                                          \
		.s = strbuf_empty                                                                  \
	}

void strbuf_release(struct strbuf *sb); /* frees; the strbuf is empty and usable again */
void strbuf_reset(struct strbuf *sb);	/* length 0, memory kept */
void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, int c);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
void strbuf_trim(struct strbuf *sb); /* gives back memory that is not needed */
/* Gives the string away (the caller frees it); the strbuf is empty afterwards. */
char *strbuf_detach(struct strbuf *sb);
/* Appends @path as it is called from every working folder: "tmp" is "/home/me/tmp". */
void strbuf_add_absolute(struct strbuf *sb, const char *path);
/* Appends the whole file. Returns 0 or -errno; on an error nothing was appended. Of what is no
 * regular file at most 256 MiB: -EFBIG. */
int strbuf_read_file(struct strbuf *sb, const char *path);
/* The same of what @fd, which stays open, reads from where it is on. */
int strbuf_read_fd(struct strbuf *sb, int fd);
/* Writes all of @data to @fd, in as many writes as it takes. Returns 0 or -errno; on an error a
 * part may have been written. */
int fd_write_all(int fd, const void *data, size_t len);

/* Each @from, which is not empty, becomes @to. */
void strbuf_replace(struct strbuf *sb, const char *from, const char *to);

/* True when @s ends with @suffix; a suffix longer than @s is none. */
bool str_ends_with(const char *s, const char *suffix);

#endif
