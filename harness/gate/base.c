/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The objects of a git revision, and what it takes to have them.
 *
 * One gate runs at a time: two would time each other, and the second would clear the first one's
 * work tree away. The lock is a file's, so the kernel releases it when its holder dies. Whoever
 * holds it makes a folder of its own below the temporary folder, with a work tree of the repository
 * in it, builds there what is compared, keeps the objects and removes the tree; what a gate that
 * was killed has left behind is removed by the next one.
 */
#include "lib/base.h"
#include "harness/gate/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/plugin.h"
#include "harness/progress.h"
#include "collector/registry.h"
#include "lib/log.h"
#include "lib/why.h"
#include "lib/maker.h"
#include "lib/strbuf.h"
#include "lib/subproc.h"

enum { GIT_LIMIT_MS = 60000, MAKE_LIMIT_MS = 900000, TAIL_LINES = 40, SHORT_HASH = 7 };

/* Appends the folder for what does not stay: $TMPDIR, or /tmp. */
static void add_tmp(struct strbuf *out)
{
	const char *dir = getenv("TMPDIR");

	strbuf_addstr(out, dir && *dir ? dir : "/tmp");
}

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

	add_tmp(&path);
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

/* subproc_capture() that a signal to us does not cut off: a work tree that is half made or half
 * removed would be left. */
static int run_git(const char *const argv[], struct strbuf *out, struct strbuf *err)
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

/* Removes DIR/tree from its repository and from the disk, if it is there. */
static void tree_drop(const char *dir)
{
	struct strbuf tree = STRBUF_INIT, common = STRBUF_INIT, path = STRBUF_INIT,
		      option = STRBUF_INIT, said = STRBUF_INIT;
	struct stat st;

	strbuf_addf(&tree, "%s/tree", dir);
	strbuf_addf(&path, "%s/" REPOSITORY, dir);
	if (!stat(tree.s, &st) && !strbuf_read_file(&common, path.s)) {
		strbuf_addf(&option, "--git-dir=%s", common.s);
		/* Twice: also one that git has not finished to make, which it keeps locked. */
		if (run_git((const char *const[]){"git", option.s, "worktree", "remove", "--force",
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

/* Removes the folder with everything in it. */
static void tree_clear(const char *dir)
{
	tree_drop(dir);
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
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

/*
 * Makes the folder; @common is the git folder of the repository whose work tree will stand in it.
 * Only for the holder of gate_lock(). What gates that were killed have left is removed.
 * Returns 0 and the path to free(), or -errno after saying why.
 */
static int tree_folder(const char *common, char **dir, struct strbuf *why)
{
	struct strbuf path = STRBUF_INIT;
	int err;

	add_tmp(&path);
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

/* Checks commit @hash out into DIR/tree, without hooks. Returns 0, or -errno after saying why. */
static int tree_add(const char *dir, const char *root, const char *hash, struct strbuf *why)
{
	struct strbuf tree = STRBUF_INIT, said = STRBUF_INIT;
	int code;

	strbuf_addf(&tree, "%s/tree", dir);
	code = run_git((const char *const[]){"git", "-C", root, "-c", "core.hooksPath=/dev/null",
					     "worktree", "add", "--quiet", "--detach", tree.s, hash,
					     NULL},
		       &said, &said);
	if (code > 0)
		why_err(why, "git cannot make a work tree of commit %s: %s", hash, said.s);
	strbuf_release(&tree);
	strbuf_release(&said);
	return code > 0 ? -EIO : code;
}

static void chomp(struct strbuf *sb)
{
	while (sb->len && sb->s[sb->len - 1] == '\n')
		sb->s[--sb->len] = '\0';
}

/* A line that git says; NULL when it fails, and what it said then is in @why. */
static char *ask_git(const char *const argv[], struct strbuf *why, int *code)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_reset(why);
	*code = run_git(argv, &out, why);
	chomp(&out);
	chomp(why);
	if (!*code)
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}

int gate_base_find(struct gate_base *base, const char *rev)
{
	const char *const root[] = {"git", "rev-parse", "--show-toplevel", NULL};
	const char *const common[] = {"git", "rev-parse", "--path-format=absolute",
				      "--git-common-dir", NULL};
	struct strbuf why = STRBUF_INIT, commit = STRBUF_INIT;
	char *hash = NULL;
	int code, err = 0;

	/* A hook's index is of the commit that is being made; a checkout must not write into it. */
	unsetenv("GIT_INDEX_FILE");
	*base = (struct gate_base){.rev = strdup(rev)};
	strbuf_addf(&commit, "%s^{commit}", rev);
	base->root = ask_git(root, &why, &code);
	if (base->root)
		base->common = ask_git(common, &why, &code);
	if (!base->common) {
		err = code < 0 ? code : -EINVAL;
		if (code > 0)
			log_err("--base %s is no monitor and no file, and it cannot be a git "
				"revision here: %s",
				rev, why.s);
		goto out;
	}
	hash = ask_git((const char *const[]){"git", "rev-parse", "--verify", "--quiet",
					     "--end-of-options", commit.s, NULL},
		       &why, &code);
	if (hash)
		snprintf(base->hash, sizeof(base->hash), "%s", hash);
	else
		err = code < 0 ? code : -ENOENT;
out:
	free(hash);
	strbuf_release(&why);
	strbuf_release(&commit);
	return err;
}

/* "memmon" is bpf/FOLDER/memmon.bpf.c, "memmon-honey-O" comes of bpf/FOLDER/memmon.ex: appends
 * "bpf/FOLDER". False: the tree has no such monitor. */
static bool folder_of(const char *tree, const char *monitor, struct strbuf *out)
{
	const char *honey = strstr(monitor, "-honey");
	struct strbuf pattern = STRBUF_INIT;
	glob_t found = {0};
	bool there;

	strbuf_addf(&pattern, "%s/bpf/*/%s.bpf.c", tree, monitor);
	there = !glob(pattern.s, 0, NULL, &found) && found.gl_pathc;
	if (!there && honey && (!strcmp(honey, "-honey") || !strcmp(honey, "-honey-O"))) {
		globfree(&found);
		strbuf_reset(&pattern);
		strbuf_addf(&pattern, "%s/bpf/*/%.*s.ex", tree, (int)(honey - monitor), monitor);
		there = !glob(pattern.s, 0, NULL, &found) && found.gl_pathc;
	}
	if (there) {
		const char *from = found.gl_pathv[0] + strlen(tree) + 1;

		strbuf_add(out, from, (size_t)(strrchr(from, '/') - from));
	}
	globfree(&found);
	strbuf_release(&pattern);
	return there;
}

/* The last lines of @text. */
static const char *tail(const char *text)
{
	const char *at = text + strlen(text);
	int lines = 0;

	while (at > text && (at[-1] != '\n' || lines++ < TAIL_LINES))
		at--;
	return at;
}

/* make, but not as a part of a make that may have started us. */
static int run_make(const struct gate_base *base, const char *tree, const char *const *targets,
		    size_t n)
{
	static const char script[] =
		"exec env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u B -u GIT_DIR "
		"-u GIT_WORK_TREE -u GIT_INDEX_FILE make \"$@\" 2>&1";
	const char *const first[] = {"sh", "-c", script, "make", "-C", tree, "-j2", "B=build"};
	const char **argv = calloc(ARRAY_SIZE(first) + n + 1, sizeof(*argv));
	struct strbuf said = STRBUF_INIT;
	int code = -ENOMEM;

	if (argv) {
		memcpy(argv, first, sizeof(first));
		memcpy(argv + ARRAY_SIZE(first), targets, n * sizeof(*targets));
		code = subproc_capture(argv, MAKE_LIMIT_MS, &said, NULL);
	}
	chomp(&said);
	if (code > 0)
		why_err(base->why,
			"revision %s (%.*s) does not build, make ended with exit code %d:\n%s",
			base->rev, SHORT_HASH, base->hash, code, tail(said.s));
	else if (code == -ETIMEDOUT)
		why_err(base->why, "revision %s (%.*s) took longer than %d s to build", base->rev,
			SHORT_HASH, base->hash, MAKE_LIMIT_MS / 1000);
	strbuf_release(&said);
	free(argv);
	return code > 0 ? -EIO : code;
}

static void object_path(const struct gate_base *base, const char *monitor, struct strbuf *out)
{
	strbuf_addf(out, "%s/base/%s@%.*s.bpf.o", base->dir, monitor, SHORT_HASH, base->hash);
}

/* Objects and their manifests move out of the tree; one without a manifest has none. */
static int keep(const struct gate_base *base, const char *tree, const char *target,
		const char *monitor)
{
	struct strbuf from = STRBUF_INIT, to = STRBUF_INIT;
	char *from_manifest, *to_manifest;
	int err = 0;

	strbuf_addf(&from, "%s/%s", tree, target);
	object_path(base, monitor, &to);
	from_manifest = registry_manifest_path(from.s);
	to_manifest = registry_manifest_path(to.s);
	if (rename(from.s, to.s)) {
		err = -errno;
		why_err_sys(base->why, err, "cannot keep %s of revision %s", target, base->rev);
	} else if (rename(from_manifest, to_manifest) && errno != ENOENT) {
		err = -errno;
		why_err_sys(base->why, err, "cannot keep the manifest of %s", target);
	}
	free(from_manifest);
	free(to_manifest);
	strbuf_release(&from);
	strbuf_release(&to);
	return err;
}

/* What of the tree is built: make's target for each monitor (empty: the tree has it not), and
 * beside it its manifest. */
struct targets {
	struct strbuf *object;
	const char **argv; /* they point into @object and @manifest */
	struct strbuf *manifest;
	size_t n, nargv;
};

static void targets_find(struct targets *t, const char *tree, const char *const *monitors)
{
	struct stat st;

	while (monitors[t->n])
		t->n++;
	t->object = calloc(t->n + 1, sizeof(*t->object));
	t->manifest = calloc(t->n + 1, sizeof(*t->manifest));
	t->argv = calloc(2 * t->n + 1, sizeof(*t->argv));
	if (!t->object || !t->manifest || !t->argv)
		abort();
	for (size_t i = 0; i < t->n; i++) {
		struct strbuf folder = STRBUF_INIT, source = STRBUF_INIT;

		t->object[i] = t->manifest[i] = (struct strbuf)STRBUF_INIT;
		if (folder_of(tree, monitors[i], &folder)) {
			strbuf_addf(&t->object[i], "build/%s/%s.bpf.o", folder.s, monitors[i]);
			t->argv[t->nargv++] = t->object[i].s;
			strbuf_addf(&source, "%s/%s/%s.manifest.json", tree, folder.s, monitors[i]);
		}
		if (source.len && !stat(source.s, &st)) {
			strbuf_addf(&t->manifest[i], "build/%s/%s.manifest.json", folder.s,
				    monitors[i]);
			t->argv[t->nargv++] = t->manifest[i].s;
		}
		strbuf_release(&folder);
		strbuf_release(&source);
	}
}

static void targets_release(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		strbuf_release(&t->object[i]);
		strbuf_release(&t->manifest[i]);
	}
	free(t->object);
	free(t->manifest);
	free(t->argv);
}

/* Older revisions have the main file one folder higher. */
static bool is_beebench(const char *tree)
{
	static const char *const known[] = {"harness/command/beebench_main.c",
					    "harness/beebench_main.c"};
	struct strbuf path = STRBUF_INIT;
	bool is = false;

	for (size_t i = 0; i < ARRAY_SIZE(known) && !is; i++) {
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", tree, known[i]);
		is = !access(path.s, F_OK);
	}
	strbuf_release(&path);
	return is;
}

static int build_in(const struct gate_base *base, const char *tree, const char *const *monitors)
{
	struct targets t = {0};
	int err = 0;

	if (!is_beebench(tree)) {
		why_err(base->why,
			"revision %s is no tree of beebench (it has no "
			"harness/command/beebench_main.c): build its object yourself and give that "
			"to --base",
			base->rev);
		return -EINVAL;
	}
	targets_find(&t, tree, monitors);
	if (t.nargv)
		err = run_make(base, tree, t.argv, t.nargv);
	if (!err && run_interrupted())
		err = -EINTR;
	for (size_t i = 0; i < t.n && !err; i++)
		if (t.object[i].len)
			err = keep(base, tree, t.object[i].s, monitors[i]);
	targets_release(&t);
	return err;
}

/* Where the objects stay when the tree is gone. */
static int make_shelf(const struct gate_base *base)
{
	struct strbuf path = STRBUF_INIT;
	int err = 0;

	strbuf_addf(&path, "%s/base", base->dir);
	if (mkdir(path.s, 0755)) {
		err = -errno;
		why_err_sys(base->why, err, "cannot make the folder %s", path.s);
	}
	strbuf_release(&path);
	return err;
}

int gate_base_build(struct gate_base *base, const char *const *monitors, struct progress *progress,
		    struct strbuf *why)
{
	struct strbuf tree = STRBUF_INIT;
	int err = tree_folder(base->common, &base->dir, why);

	base->why = why;
	progress_plan(progress, "base", 1, 15);
	progress_begin(progress, "base");
	progress_step(progress, "building revision %s", base->rev);
	if (!err)
		err = make_shelf(base);
	if (!err)
		err = tree_add(base->dir, base->root, base->hash, why);
	if (!err) {
		strbuf_addf(&tree, "%s/tree", base->dir);
		err = run_interrupted() ? -EINTR : build_in(base, tree.s, monitors);
		tree_drop(base->dir);
	}
	progress_clear(progress);
	strbuf_release(&tree);
	return err;
}

char *gate_base_object(const struct gate_base *base, const char *monitor)
{
	struct strbuf path = STRBUF_INIT;

	object_path(base, monitor, &path);
	if (!access(path.s, R_OK))
		return strbuf_detach(&path);
	strbuf_release(&path);
	return NULL;
}

void gate_base_release(struct gate_base *base)
{
	if (base->dir)
		tree_clear(base->dir);
	free(base->root);
	free(base->common);
	free(base->rev);
	free(base->dir);
	*base = (struct gate_base){0};
}
