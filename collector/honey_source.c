/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs honeyc on a source that stands where an object is expected. */
#include "lib/base.h"
#include "collector/honey_source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/data.h"
#include "lib/leftover.h"
#include "lib/why.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

enum { COMPILE_LIMIT_MS = 60000 };

/* honeyc stands beside the running program. */
static int find_honeyc(char *path, size_t size, struct strbuf *why)
{
	int err = data_beside("honeyc", path, size);

	if (err)
		return err;
	if (access(path, X_OK)) {
		why_err(why, "there is no compiler %s for Honey sources; build it: make", path);
		return -ENOTSUP;
	}
	return 0;
}

static int make_object_file(char **path, struct strbuf *why)
{
	struct strbuf sb = STRBUF_INIT;
	int fd, err;

	leftover_template(&sb, ".bpf.o");
	*path = strbuf_detach(&sb);
	fd = mkstemps(*path, (int)strlen(".bpf.o"));
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	err = -errno;
	why_err_sys(why, err,
		    "cannot make the object %s; set TMPDIR to a folder that can be written", *path);
	free(*path);
	*path = NULL;
	return err;
}

int honey_source_compile(const char *source, const char *processor, char **object,
			 struct strbuf *why)
{
	struct strbuf out = STRBUF_INIT, said = STRBUF_INIT;
	char honeyc[4096];
	int code, err = find_honeyc(honeyc, sizeof(honeyc), why);

	*object = NULL;
	if (err)
		return err;
	err = make_object_file(object, why);
	if (err)
		return err;
	code = subproc_capture((const char *const[]){honeyc, "-o", *object, source,
						     processor ? "--processor" : NULL, processor,
						     NULL},
			       COMPILE_LIMIT_MS, &out, &said);
	if (code > 0)
		why_err(why, "%s does not compile:\n%s", source, said.s);
	strbuf_release(&out);
	strbuf_release(&said);
	if (!code)
		return 0;
	unlink(*object);
	free(*object);
	*object = NULL;
	return code == EXIT_BAD ? -EINVAL : code > 0 ? -ENOTSUP : code;
}
