/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a project's own build command and keeps the end of what it says. */
#include "lib/base.h"
#include "harness/suite/build.h"

#include <string.h>

#include "lib/subproc.h"
#include "lib/why.h"

enum { LIMIT_MS = 900000, TAIL_LINES = 40 };

/* The last lines of @text, without the end of the last. */
static const char *tail(struct strbuf *text)
{
	const char *at;
	int lines = 0;

	while (text->len && text->s[text->len - 1] == '\n')
		text->s[--text->len] = '\0';
	at = text->s + text->len;
	while (at > text->s && (at[-1] != '\n' || lines++ < TAIL_LINES))
		at--;
	return at;
}

int build_run(const char *dir, const char *command, const char *what, struct strbuf *why)
{
	static const char script[] =
		"cd \"$1\" && exec env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u B "
		"-u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE sh -c \"$2\" 2>&1";
	const char *const argv[] = {"sh", "-c", script, "build", *dir ? dir : ".", command, NULL};
	struct strbuf said = STRBUF_INIT;
	int code = subproc_capture(argv, LIMIT_MS, &said, NULL);

	if (code > 0)
		why_err(why, "%s: '%s' ended with exit code %d:\n%s", what, command, code,
			tail(&said));
	else if (code == -ETIMEDOUT)
		why_err(why, "%s: '%s' took longer than %d s", what, command, LIMIT_MS / 1000);
	else if (code < 0 && code != -EINTR)
		why_err_sys(why, code, "%s: '%s' cannot be run", what, command);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}
