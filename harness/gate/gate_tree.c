/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Work trees that do not stay. */
#include "lib/base.h"
#include "harness/gate/gate_tree.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/gate/gate_lock.h"
#include "lib/log.h"
#include "lib/subproc.h"
#include "lib/strbuf.h"

enum { GIT_LIMIT_MS = 60000 };

#define DIR_PREFIX "beebench-gate-"
/* In the folder: whose work tree it holds. */
#define REPOSITORY "repository"

int gate_git(const char *const argv[], struct strbuf *out, struct strbuf *err)
{
	sigset_t block, before;
	int code;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigprocmask(SIG_BLOCK, &block, &before);
	code = subproc_capture(argv, GIT_LIMIT_MS, out, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return code;
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *ftw UNUSED)
{
	return remove(path);
}

void gate_tree_drop(const char *dir)
{
	struct strbuf tree = STRBUF_INIT, common = STRBUF_INIT, path = STRBUF_INIT,
		      option = STRBUF_INIT, said = STRBUF_INIT;
	struct stat st;

	strbuf_addf(&tree, "%s/tree", dir);
	strbuf_addf(&path, "%s/" REPOSITORY, dir);
	if (!stat(tree.s, &st) && !strbuf_read_file(&common, path.s)) {
		strbuf_addf(&option, "--git-dir=%s", common.s);
		/* Twice: also one that git has not finished to make, which it keeps locked. */
		if (gate_git((const char *const[]){"git", option.s, "worktree", "remove", "--force",
						   "--force", tree.s, NULL},
			     &said, &said))
			log_dbg("git did not remove the work tree %s: %s", tree.s, said.s);
	}
	strbuf_release(&tree);
	strbuf_release(&common);
	strbuf_release(&path);
	strbuf_release(&option);
	strbuf_release(&said);
}

void gate_tree_clear(const char *dir)
{
	gate_tree_drop(dir);
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		log_warn("cannot remove %s: %s", dir, strerror(errno));
}

/* Folders of ours that runs have left which were killed: we hold the lock, so they are nobody's. */
static void clear_leftovers(const char *tmp)
{
	struct strbuf path = STRBUF_INIT;
	DIR *dir = opendir(tmp);
	struct dirent *d;
	struct stat st;

	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, DIR_PREFIX, strlen(DIR_PREFIX)) != 0)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", tmp, d->d_name);
		if (lstat(path.s, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
			continue;
		log_info("removing %s, which a run that was killed has left", path.s);
		gate_tree_clear(path.s);
	}
	if (dir)
		closedir(dir);
	strbuf_release(&path);
}

static int write_file(const char *dir, const char *name, const char *text)
{
	struct strbuf path = STRBUF_INIT;
	FILE *f;
	int err = 0;

	strbuf_addf(&path, "%s/%s", dir, name);
	f = fopen(path.s, "we");
	if (!f || fputs(text, f) < 0)
		err = -errno;
	if (f && fclose(f) && !err)
		err = -errno;
	if (err)
		log_err_sys(err, "cannot write %s", path.s);
	strbuf_release(&path);
	return err;
}

int gate_tree_folder(const char *common, char **dir)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	gate_tmp(&path);
	clear_leftovers(path.s);
	strbuf_addf(&path, "/" DIR_PREFIX "%d-XXXXXX", (int)getpid());
	if (!mkdtemp(path.s)) {
		err = -errno;
		log_err_sys(err, "cannot make the folder %s; set TMPDIR to one that can be written",
			    path.s);
		strbuf_release(&path);
		return err;
	}
	err = write_file(path.s, REPOSITORY, common);
	*dir = strbuf_detach(&path);
	return err;
}

int gate_tree_add(const char *dir, const char *root, const char *hash)
{
	struct strbuf tree = STRBUF_INIT, said = STRBUF_INIT;
	int code;

	strbuf_addf(&tree, "%s/tree", dir);
	code = gate_git((const char *const[]){"git", "-C", root, "-c", "core.hooksPath=/dev/null",
					      "worktree", "add", "--quiet", "--detach", tree.s,
					      hash, NULL},
			&said, &said);
	if (code > 0)
		log_err("git cannot make a work tree of commit %s: %s", hash, said.s);
	strbuf_release(&tree);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}
