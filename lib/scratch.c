/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of temporary files that say who made them (lib/maker.h), and their end. */
#include "lib/base.h"
#include "lib/scratch.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/maker.h"

#define PREFIX "beebench-tmp-"

static const char *tmp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

void scratch_template(struct strbuf *out)
{
	struct maker self;

	/* Without /proc nobody could tell; then it is nobody's to remove either. */
	if (maker_self(&self))
		self = (struct maker){.pid = getpid()};
	strbuf_addf(out, "%s/" PREFIX, tmp_dir());
	maker_write(&self, out);
	strbuf_addstr(out, "-XXXXXX");
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *ftw UNUSED)
{
	return remove(path);
}

unsigned int scratch_sweep(void)
{
	struct strbuf path = STRBUF_INIT;
	DIR *dir = opendir(tmp_dir());
	unsigned int removed = 0;
	struct maker made;
	const char *rest;
	struct dirent *d;
	struct stat st;

	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, PREFIX, strlen(PREFIX)) != 0 ||
		    !maker_read(&made, d->d_name + strlen(PREFIX), &rest) || *rest != '-' ||
		    !maker_is_gone(&made))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", tmp_dir(), d->d_name);
		if (lstat(path.s, &st) || st.st_uid != geteuid())
			continue;
		if (!nftw(path.s, remove_one, 16, FTW_DEPTH | FTW_PHYS))
			removed++;
	}
	if (dir)
		closedir(dir);
	strbuf_release(&path);
	if (removed)
		log_dbg("removed %u temporary files that runs which were killed have left",
			removed);
	return removed;
}
