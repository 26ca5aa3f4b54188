/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The objects of a git revision, and what it takes to have them.
 *
 * A work tree of the commit is made (tree.h), the project's own command is run there, the files
 * that are asked for are moved to a shelf beside the tree, each with its manifest, and the tree
 * goes. In a tree of beebench itself, where nobody says how and which, make builds the monitors by
 * name.
 */
#include "lib/base.h"
#include "harness/gate/base.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/gate/git.h"
#include "harness/gate/tree.h"
#include "harness/plugin.h"
#include "harness/progress.h"
#include "harness/suite/build.h"
#include "harness/suite/suite.h"
#include "collector/registry.h"
#include "lib/log.h"
#include "lib/why.h"
#include "lib/strbuf.h"

enum { SHORT_HASH = 7 };

int gate_base_find(struct gate_base *base, const char *rev, const char *root)
{
	struct strbuf why = STRBUF_INIT, commit = STRBUF_INIT;
	char *hash = NULL;
	int code, err = 0;

	/* A hook's index is of the commit that is being made; a checkout must not write into it. */
	unsetenv("GIT_INDEX_FILE");
	*base = (struct gate_base){.rev = strdup(rev)};
	strbuf_addf(&commit, "%s^{commit}", rev);
	base->root = git_ask(root, (const char *const[]){"rev-parse", "--show-toplevel", NULL},
			     &why, &code);
	if (base->root)
		base->prefix =
			git_ask(root, (const char *const[]){"rev-parse", "--show-prefix", NULL},
				&why, &code);
	if (base->prefix)
		base->common = git_ask(root,
				       (const char *const[]){"rev-parse", "--path-format=absolute",
							     "--git-common-dir", NULL},
				       &why, &code);
	if (!base->common) {
		err = code < 0 ? code : -EINVAL;
		if (code > 0)
			log_err("--base %s is no monitor and no file, and it cannot be a git "
				"revision here: %s",
				rev, why.s);
		goto out;
	}
	hash = git_ask(root,
		       (const char *const[]){"rev-parse", "--verify", "--quiet", "--end-of-options",
					     commit.s, NULL},
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

/* --- where things are --- */

static const char *ending_of(const char *file)
{
	static const char *const endings[] = {".bpf.o", ".o", ".ex"};

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_ends_with(file, endings[i]))
			return endings[i];
	return "";
}

/* DIR/base/2/opens@1225cd5.bpf.o: on the shelf, in a compartment of its own, as two folders of a
 * project may have a file of one name. */
static void shelf_path(const struct gate_base *base, size_t i, const struct gate_wanted *w,
		       struct strbuf *out)
{
	const char *slash = w->file ? strrchr(w->file, '/') : NULL;
	const char *name = slash ? slash + 1 : w->file ? w->file : w->name;
	const char *ending = w->file ? ending_of(w->file) : ".bpf.o";
	size_t stem = strlen(name) - (w->file ? strlen(ending) : 0);

	strbuf_addf(out, "%s/base/%zu/%.*s@%.*s%s", base->dir, i, (int)stem, name, SHORT_HASH,
		    base->hash, ending);
}

/* A file of the project as it lies in the tree. One with an absolute path is of the repository. */
static void tree_path(const struct gate_base *base, const char *tree, const char *file,
		      struct strbuf *out)
{
	size_t n = strlen(base->root);

	if (!strncmp(file, base->root, n) && file[n] == '/')
		strbuf_addf(out, "%s/%s", tree, file + n + 1);
	else
		strbuf_addf(out, "%s/%s%s", tree, base->prefix, file);
}

/* Moves the file @from, and its manifest where it has one, to the shelf. One that is not there is
 * no error: the revision has no such monitor. */
static int keep(const struct gate_base *base, size_t i, const struct gate_wanted *w,
		const char *from)
{
	struct strbuf to = STRBUF_INIT, folder = STRBUF_INIT;
	char *from_manifest = registry_manifest_path(from), *to_manifest;
	int err = 0;

	shelf_path(base, i, w, &to);
	to_manifest = registry_manifest_path(to.s);
	strbuf_add(&folder, to.s, (size_t)(strrchr(to.s, '/') - to.s));
	if (mkdir(folder.s, 0755)) {
		err = -errno;
		why_err_sys(base->why, err, "cannot make the folder %s", folder.s);
	} else if (rename(from, to.s) && errno != ENOENT) {
		err = -errno;
		why_err_sys(base->why, err, "cannot keep %s of revision %s", w->name, base->rev);
	} else if (rename(from_manifest, to_manifest) && errno != ENOENT) {
		err = -errno;
		why_err_sys(base->why, err, "cannot keep the manifest of %s", w->name);
	}
	free(from_manifest);
	free(to_manifest);
	strbuf_release(&to);
	strbuf_release(&folder);
	return err;
}

static bool has_submodules(const struct gate_base *base)
{
	struct strbuf path = STRBUF_INIT;
	bool has;

	strbuf_addf(&path, "%s/tree/.gitmodules", base->dir);
	has = !access(path.s, F_OK);
	strbuf_release(&path);
	return has;
}

/* One build command in @dir of the tree; @shown: that folder as the project calls it. */
static int build(const struct gate_base *base, const char *dir, const char *command)
{
	struct strbuf what = STRBUF_INIT;
	int err;

	strbuf_addf(&what, "revision %s (%.*s) does not build%s%s", base->rev, SHORT_HASH,
		    base->hash, *base->prefix ? " in " : "", base->prefix);
	err = build_run(dir, command, what.s, base->why);
	if (err && err != -EINTR)
		why_err(base->why,
			"see it with: git worktree add DIR %.*s && cd DIR/%s && %s; or name "
			"another base with --base",
			SHORT_HASH, base->hash, base->prefix, command);
	if (err && err != -EINTR && has_submodules(base))
		why_err(base->why, "the project has submodules, whose folders are empty in a work "
				   "tree: let its build command begin with: git submodule update "
				   "--init --recursive");
	strbuf_release(&what);
	return err;
}

/* --- a tree of beebench --- */

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

/* Makes the monitors that the tree has, with their manifests, and keeps them. */
static int build_own(const struct gate_base *base, const char *tree,
		     const struct gate_wanted *wanted, size_t n)
{
	struct strbuf command = STRBUF_INIT, folder = STRBUF_INIT, path = STRBUF_INIT;
	bool any = false;
	int err = 0;

	if (!is_beebench(tree)) {
		why_err(base->why,
			"revision %s is no tree of beebench (it has no "
			"harness/command/beebench_main.c): say how its objects are built and which "
			"are compared, by --build CMD --object FILE or in " SUITE_FILE
			" (docs/ci.md)",
			base->rev);
		return -EINVAL;
	}
	strbuf_addstr(&command, "make -j2 B=build");
	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&folder);
		if (!folder_of(tree, wanted[i].name, &folder))
			continue;
		any = true;
		strbuf_addf(&command, " build/%s/%s.bpf.o", folder.s, wanted[i].name);
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s/%s.manifest.json", tree, folder.s, wanted[i].name);
		if (!access(path.s, F_OK))
			strbuf_addf(&command, " build/%s/%s.manifest.json", folder.s,
				    wanted[i].name);
	}
	if (any)
		err = build(base, tree, command.s);
	for (size_t i = 0; i < n && !err; i++) {
		strbuf_reset(&folder);
		if (!folder_of(tree, wanted[i].name, &folder))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/build/%s/%s.bpf.o", tree, folder.s, wanted[i].name);
		err = keep(base, i, &wanted[i], path.s);
	}
	strbuf_release(&command);
	strbuf_release(&folder);
	strbuf_release(&path);
	return err;
}

/* --- any project --- */

static bool is_wanted(const struct gate_wanted *wanted, size_t n, const char *file)
{
	for (size_t i = 0; i < n; i++)
		if (wanted[i].file && !strcmp(wanted[i].file, file))
			return true;
	return false;
}

/*
 * What the revision's own file says: how it is built (where nobody said on the command line), and
 * which monitors it has that the change has not.
 */
static void read_own_file(struct gate_base *base, const char *folder,
			  const struct gate_wanted *wanted, size_t n, struct names *commands)
{
	struct strbuf path = STRBUF_INIT, text = STRBUF_INIT;
	struct names monitors = {0};
	struct suite_file f = {0};

	strbuf_addf(&path, "%s/" SUITE_FILE, folder);
	if (strbuf_read_file(&text, path.s)) {
		/* It had none yet. */
	} else if (suite_file_parse(&f, path.s, text.s)) {
		log_warn("that is the " SUITE_FILE " of revision %s: it is passed over", base->rev);
	} else {
		suite_file_commands(&f, NULL, suite_gate(&f), commands);
		suite_file_monitors(&f, NULL, suite_gate(&f), &monitors);
		for (size_t i = 0; i < monitors.n && base->has_file; i++)
			if (suite_is_path(monitors.v[i]) && !is_wanted(wanted, n, monitors.v[i]))
				names_add(&base->gone, monitors.v[i]);
	}
	suite_file_release(&f);
	names_release(&monitors);
	strbuf_release(&path);
	strbuf_release(&text);
}

static int build_project(struct gate_base *base, const char *tree, const struct gate_wanted *wanted,
			 size_t n)
{
	struct strbuf folder = STRBUF_INIT, path = STRBUF_INIT;
	struct names own = {0};
	const struct names *commands = &base->commands;
	struct stat st;
	int err = 0;

	strbuf_addf(&folder, "%s/%s", tree, base->prefix);
	if (stat(folder.s, &st)) {
		why_err(base->why, "revision %s has no folder %s: name a later one with --base",
			base->rev, base->prefix);
		err = -ENOENT;
	} else if (!base->given) {
		read_own_file(base, folder.s, wanted, n, &own);
		if (own.n)
			commands = &own;
	}
	for (size_t i = 0; i < commands->n && !err; i++)
		err = build(base, folder.s, commands->v[i]);
	for (size_t i = 0; i < n && !err; i++) {
		strbuf_reset(&path);
		tree_path(base, tree, wanted[i].file, &path);
		err = keep(base, i, &wanted[i], path.s);
	}
	/* A monitor that is gone may be one that was renamed. */
	for (size_t i = 0; i < base->gone.n && !err; i++) {
		const struct gate_wanted w = {.name = base->gone.v[i], .file = base->gone.v[i]};

		strbuf_reset(&path);
		tree_path(base, tree, w.file, &path);
		err = keep(base, n + i, &w, path.s);
	}
	names_release(&own);
	strbuf_release(&folder);
	strbuf_release(&path);
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

int gate_base_build(struct gate_base *base, const struct gate_wanted *wanted, size_t n,
		    struct progress *progress, struct strbuf *why)
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
		if (run_interrupted())
			err = -EINTR;
		else if (base->project)
			err = build_project(base, tree.s, wanted, n);
		else
			err = build_own(base, tree.s, wanted, n);
		if (!err && run_interrupted())
			err = -EINTR;
		tree_drop(base->dir);
	}
	progress_clear(progress);
	strbuf_release(&tree);
	return err;
}

char *gate_base_object(const struct gate_base *base, size_t i, const struct gate_wanted *w)
{
	struct strbuf path = STRBUF_INIT;

	shelf_path(base, i, w, &path);
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
	free(base->prefix);
	free(base->common);
	free(base->rev);
	free(base->dir);
	names_release(&base->commands);
	names_release(&base->gone);
	*base = (struct gate_base){0};
}
