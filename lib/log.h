/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Talk to the person at the terminal. Everything goes to stderr, one line a call, "PROGRAM: text".
 * stdout is for results only.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/base.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Sets the name that opens each line (not copied) and the most talkative level shown. Default:
 * LOG_INFO. */
void log_init(const char *program, enum log_level level);
enum log_level log_level(void);

/*
 * Sends what would go to stderr to @fn instead, or to stderr again when @fn is NULL. Tests use it,
 * and so does a command that must put the text of an error into its JSON.
 */
void log_capture(void (*fn)(void *arg, enum log_level level, const char *line), void *arg);

/* Tells @fn (NULL: nobody) each line that goes to stderr or would at a more talkative level. */
void log_listen(void (*fn)(void *arg, enum log_level level, const char *line), void *arg);

/* Calls @fn before each line that goes to stderr (NULL: no more): who draws there clears it. */
void log_before_line(void (*fn)(void *arg), void *arg);

/* "PROGRAM: error: text". Says what, where and what to do. Returns nothing: the caller returns
 * -errno itself. */
void log_err(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* As log_err(), followed by ": " and the text of @err (an errno value, positive or negative). */
void log_err_sys(int err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_dbg(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
