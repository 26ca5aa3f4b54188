/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Levelled lines on stderr. */
#include "lib/base.h"
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printable.h"
#include "lib/strbuf.h"

static struct {
	const char *program;
	enum log_level level;
	void (*fn)(void *arg, enum log_level level, const char *line);
	void *arg;
	void (*listen)(void *arg, enum log_level level, const char *line);
	void *listen_arg;
	void (*before)(void *arg);
	void *before_arg;
} self = {.program = "beebench", .level = LOG_INFO};

void log_init(const char *program, enum log_level level)
{
	self.program = program;
	self.level = level;
}

enum log_level log_level(void)
{
	return self.level;
}

void log_capture(void (*fn)(void *arg, enum log_level level, const char *line), void *arg)
{
	self.fn = fn;
	self.arg = arg;
}

void log_listen(void (*fn)(void *arg, enum log_level level, const char *line), void *arg)
{
	self.listen = fn;
	self.listen_arg = arg;
}

void log_before_line(void (*fn)(void *arg), void *arg)
{
	self.before = fn;
	self.before_arg = arg;
}

static void show(const char *tag, const char *text)
{
	struct strbuf clean = STRBUF_INIT;

	if (self.before)
		self.before(self.before_arg);
	printable_add_lines(&clean, text);
	fprintf(stderr, "%s: %s%s\n", self.program, tag, clean.s);
	strbuf_release(&clean);
}

static void emit(enum log_level level, const char *tag, int err, const char *fmt, va_list ap)
{
	struct strbuf line = STRBUF_INIT;
	char *text = NULL;

	if (level > self.level && !self.fn && !self.listen)
		return;
	if (vasprintf(&text, fmt, ap) < 0)
		return;
	strbuf_addf(&line, "%s%s%s", text, err ? ": " : "", err ? strerror(err) : "");
	free(text);
	if (self.listen)
		self.listen(self.listen_arg, level, line.s);
	if (self.fn)
		self.fn(self.arg, level, line.s);
	else if (level <= self.level)
		show(tag, line.s);
	strbuf_release(&line);
}

#define EMIT(level, tag, err)                                                                      \
	do {                                                                                       \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		emit(level, tag, err, fmt, ap);                                                    \
		va_end(ap);                                                                        \
	} while (0)

void log_err(const char *fmt, ...)
{
	EMIT(LOG_ERROR, "error: ", 0);
}

void log_err_sys(int err, const char *fmt, ...)
{
	EMIT(LOG_ERROR, "error: ", abs(err));
}

void log_warn(const char *fmt, ...)
{
	EMIT(LOG_WARN, "warning: ", 0);
}

void log_info(const char *fmt, ...)
{
	EMIT(LOG_INFO, "", 0);
}

void log_dbg(const char *fmt, ...)
{
	EMIT(LOG_DEBUG, "debug: ", 0);
}
