/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeps what is logged until it is known how bad it is. */
#include "lib/base.h"
#include "harness/said.h"

#include <stdlib.h>
#include <string.h>

static void keep_line(void *arg, enum log_level level, const char *line)
{
	struct said *s = arg;

	if (s->n == ARRAY_SIZE(s->v))
		return;
	s->v[s->n].level = level;
	s->v[s->n++].line = strdup(line);
}

void said_listen(struct said *s)
{
	log_capture(keep_line, s);
}

void said_end(struct said *s, bool repeat)
{
	static void (*const say[])(const char *fmt, ...) = {
		[LOG_QUIET] = log_dbg, [LOG_ERROR] = log_err, [LOG_WARN] = log_warn,
		[LOG_INFO] = log_info, [LOG_DEBUG] = log_dbg,
	};

	log_capture(NULL, NULL);
	for (size_t i = 0; repeat && i < s->n; i++)
		say[s->v[i].level]("%s", s->v[i].line);
}

const char *said_reason(const struct said *s)
{
	for (size_t i = s->n; i-- > 0;)
		if (s->v[i].level == LOG_ERROR)
			return s->v[i].line;
	return "this machine cannot run it";
}

void said_release(struct said *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].line);
	s->n = 0;
}
