/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks git. */
#include "lib/base.h"
#include "harness/gate/git.h"

#include "lib/stops.h"
#include "lib/subproc.h"

enum { LIMIT_MS = 60000, WORDS_MAX = 12 };

int git_run(const char *const argv[], struct strbuf *out, struct strbuf *err)
{
	sigset_t block, before;
	int code;

	stops_set(&block);
	sigprocmask(SIG_BLOCK, &block, &before);
	code = subproc_capture(argv, LIMIT_MS, out, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

static void chomp(struct strbuf *sb)
{
	while (sb->len && sb->s[sb->len - 1] == '\n')
		sb->s[--sb->len] = '\0';
}

char *git_ask(const char *root, const char *const words[], struct strbuf *why, int *code)
{
	const char *argv[WORDS_MAX + 4] = {"git", "-C", root && *root ? root : "."};
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; words[i] && i < WORDS_MAX; i++)
		argv[i + 3] = words[i];
	strbuf_reset(why);
	*code = git_run(argv, &out, why);
	chomp(&out);
	chomp(why);
	if (!*code)
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}
