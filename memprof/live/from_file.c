/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file that is written again and again: it is read when it is another one than before. */
#include "lib/base.h"
#include "memprof/live/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "memprof/profile_file.h"

struct from_file {
	char *file;
	bool read; /* it was, as it was at @seen */
	struct stat seen;
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int next(void *arg, struct profile **out)
{
	struct from_file *f = arg;
	struct stat st = {0};
	int err;

	if (!stat(f->file, &st) && f->read && same_file(&st, &f->seen))
		return 0;
	err = profile_read(out, f->file);
	if (err)
		return err;
	f->read = true;
	f->seen = st;
	return 1;
}

static void close_it(void *arg)
{
	struct from_file *f = arg;

	free(f->file);
	free(f);
}

void source_of_file(struct watched_source *out, const char *file)
{
	struct from_file *f = calloc(1, sizeof(*f));

	if (!f || !(f->file = strdup(file)))
		abort();
	*out = (struct watched_source){.name = f->file, .arg = f, .next = next, .close = close_it};
}
