/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Temporary files that name their maker, and the broom for those, and for cgroups, whose maker is
 * gone. */
#include "lib/base.h"
#include "lib/leftover.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/maker.h"

#define PREFIX "beebench-"

enum { TREE_FDS = 16 };

void leftover_folder(struct strbuf *out)
{
	const char *dir = secure_getenv("TMPDIR");

	strbuf_add_absolute(out, dir && *dir ? dir : "/tmp");
}

void leftover_template(struct strbuf *out, const char *suffix)
{
	struct maker self;

	maker_self(&self); /* what cannot be told is 0: then nobody will sweep it */
	leftover_folder(out);
	strbuf_addstr(out, "/" PREFIX);
	maker_write(&self, out);
	strbuf_addf(out, "-XXXXXX%s", suffix);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *at UNUSED)
{
	remove(path);
	return 0;
}

/* Ours are as leftover_template() says: nothing else of that name is touched. */
static bool is_leftover(int dir_fd, const char *name)
{
	struct maker made;
	const char *rest;
	struct stat st;

	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 ||
	    !maker_read(&made, name + strlen(PREFIX), &rest) || *rest != '-' ||
	    strcspn(rest + 1, ".") != 6 || !maker_is_gone(&made))
		return false;
	return !fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) && st.st_uid == geteuid() &&
	       (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode));
}

static unsigned int sweep_files(void)
{
	struct strbuf folder = STRBUF_INIT;
	unsigned int removed = 0;
	struct dirent *e;
	DIR *dir;

	leftover_folder(&folder);
	dir = opendir(folder.s);
	while (dir && (e = readdir(dir))) {
		struct strbuf path = STRBUF_INIT;

		if (!is_leftover(dirfd(dir), e->d_name))
			continue;
		strbuf_addf(&path, "%s/%s", folder.s, e->d_name);
		nftw(path.s, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
		removed += access(path.s, F_OK) != 0;
		strbuf_release(&path);
	}
	if (dir)
		closedir(dir);
	strbuf_release(&folder);
	return removed;
}

unsigned int leftovers_sweep(void)
{
	return cgroup_sweep() + sweep_files();
}
