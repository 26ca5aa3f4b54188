/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A folder for what does not stay, with a work tree of a commit in it, and the lock that goes
 * before it.
 *
 * One gate runs at a time: two would time each other, and the second would clear the first one's
 * work tree away. The lock is a file's, so the kernel releases it when its holder dies. Whoever
 * holds it may make a folder of its own below the temporary folder; what a gate that was killed has
 * left behind is removed by the next one.
 */
#include "lib/base.h"
#include "harness/gate/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/gate/git.h"
#include "lib/leftover.h"
#include "lib/log.h"
#include "lib/maker.h"
#include "lib/strbuf.h"
#include "lib/why.h"

/* The process whose lock is in the way; 0: none by now. */
static pid_t holder(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		return 0;
	return lock.l_pid;
}

static int take(int fd, const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int err;

	if (!fcntl(fd, F_SETLK, &lock))
		return 0;
	err = -errno;
	if (err != -EACCES && err != -EAGAIN) {
		log_err_sys(err, "cannot lock %s", path);
		return err;
	}
	log_err("another gate is running, process %d: two at once would disturb each other; wait "
		"for it",
		(int)holder(fd));
	return -EBUSY;
}

int gate_lock(void)
{
	struct strbuf path = STRBUF_INIT;
	int fd, err;

	leftover_folder(&path);
	strbuf_addf(&path, "/beebench-gate-%u.lock", (unsigned int)geteuid());
	fd = open(path.s, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err = -errno;
		log_err_sys(err,
			    "cannot open the lock %s; set TMPDIR to a folder that can be "
			    "written",
			    path.s);
	} else {
		err = take(fd, path.s);
		if (err)
			close(fd);
	}
	/* The descriptor stays open: closing it would release the lock. */
	strbuf_release(&path);
	return err;
}

#define DIR_PREFIX "beebench-gate-"
/* In the folder: whose work tree it holds. */
#define REPOSITORY "repository"
/* In it as well: who made it (lib/maker.h), so that what a person keeps there is not taken for it.
 */
#define MADE_BY	   "made-by"

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *ftw UNUSED)
{
	return remove(path);
}

void tree_drop(const char *dir)
{
	struct strbuf tree = STRBUF_INIT, common = STRBUF_INIT, path = STRBUF_INIT,
		      option = STRBUF_INIT, said = STRBUF_INIT;
	struct stat st;

	strbuf_addf(&tree, "%s/tree", dir);
	strbuf_addf(&path, "%s/" REPOSITORY, dir);
	if (!stat(tree.s, &st) && !strbuf_read_file(&common, path.s)) {
		strbuf_addf(&option, "--git-dir=%s", common.s);
		/* Twice: also one that git has not finished to make, which it keeps locked. */
		if (git_run((const char *const[]){"git", option.s, "worktree", "remove", "--force",
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

void tree_clear(const char *dir)
{
	tree_drop(dir);
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) && errno != ENOENT)
		log_warn("cannot remove %s: %s", dir, strerror(errno));
}

/*
 * True of a folder that a gate made whose process has ended: it is called PID-XXXXXX and holds the
 * note of who made it. What a person called like that stays.
 */
static bool is_left(const char *path, const char *name)
{
	struct strbuf note = STRBUF_INIT, text = STRBUF_INIT;
	struct maker made;
	struct stat st;
	char *rest;
	bool left;
	long pid = strtol(name, &rest, 10);

	if (*rest != '-' || strlen(rest + 1) != 6 || lstat(path, &st) || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid())
		return false;
	strbuf_addf(&note, "%s/" MADE_BY, path);
	left = !lstat(note.s, &st) && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       !strbuf_read_file(&text, note.s) && maker_read(&made, text.s, NULL) &&
	       made.pid == pid && maker_is_gone(&made);
	strbuf_release(&note);
	strbuf_release(&text);
	return left;
}

/* Folders that gates have left which were killed. */
static void clear_leftovers(const char *tmp)
{
	struct strbuf path = STRBUF_INIT;
	DIR *dir = opendir(tmp);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, DIR_PREFIX, strlen(DIR_PREFIX)) != 0)
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", tmp, d->d_name);
		if (!is_left(path.s, d->d_name + strlen(DIR_PREFIX)))
			continue;
		log_info("removing %s, which a run that was killed has left", path.s);
		tree_clear(path.s);
	}
	if (dir)
		closedir(dir);
	strbuf_release(&path);
}

static int write_file(const char *dir, const char *name, const char *text, struct strbuf *why)
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
		why_err_sys(why, err, "cannot write %s", path.s);
	strbuf_release(&path);
	return err;
}

static int note_maker(const char *dir, struct strbuf *why)
{
	struct strbuf text = STRBUF_INIT;
	struct maker self;
	int err = maker_self(&self);

	if (err) {
		why_err_sys(why, err, "cannot find out who we are in /proc");
		return err;
	}
	maker_write(&self, &text);
	err = write_file(dir, MADE_BY, text.s, why);
	strbuf_release(&text);
	return err;
}

int tree_folder(const char *common, char **dir, struct strbuf *why)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	leftover_folder(&path);
	clear_leftovers(path.s);
	strbuf_addf(&path, "/" DIR_PREFIX "%d-XXXXXX", (int)getpid());
	if (!mkdtemp(path.s)) {
		err = -errno;
		why_err_sys(why, err,
			    "cannot make the folder %s; set TMPDIR to one that can be written",
			    path.s);
		strbuf_release(&path);
		return err;
	}
	err = note_maker(path.s, why);
	if (!err)
		err = write_file(path.s, REPOSITORY, common, why);
	*dir = strbuf_detach(&path);
	return err;
}

int tree_add(const char *dir, const char *root, const char *hash, struct strbuf *why)
{
	struct strbuf tree = STRBUF_INIT, said = STRBUF_INIT;
	int code;

	strbuf_addf(&tree, "%s/tree", dir);
	code = git_run((const char *const[]){"git", "-C", root, "-c", "core.hooksPath=/dev/null",
					     "worktree", "add", "--quiet", "--detach", tree.s, hash,
					     NULL},
		       &said, &said);
	if (code > 0)
		why_err(why, "git cannot make a work tree of commit %s: %s", hash, said.s);
	else if (code < 0 && code != -EINTR)
		why_err_sys(why, code, "git cannot make a work tree of commit %s", hash);
	strbuf_release(&tree);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}
