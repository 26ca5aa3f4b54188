/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The base of a change, asked of the CI system's variables and of git.
 *
 * A source (the target of a merge request, the commit before a push, the main branch) either says
 * nothing, or is the question that is asked: what it cannot answer here is an error with its cure.
 * The next source would answer another one.
 */
#include "lib/base.h"
#include "harness/gate/choose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/gate/git.h"
#include "harness/record.h"
#include "lib/log.h"
#include "lib/strbuf.h"

#define FETCH_ALL                                                                                  \
	"fetch the whole history (git fetch --unshallow; fetch-depth: 0 of actions/checkout, "     \
	"GIT_DEPTH: \"0\" of GitLab)"
#define CURE "name the base with --base REV, or " FETCH_ALL

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* One line of git's; NULL: it fails. free() it. */
static char *ask(const char *root, const char *const words[])
{
	struct strbuf why = STRBUF_INIT;
	int code;
	char *line = git_ask(root, words, &why, &code);

	strbuf_release(&why);
	return line;
}

static char *commit_of(const char *root, const char *ref)
{
	struct strbuf commit = STRBUF_INIT;
	char *hash;

	strbuf_addf(&commit, "%s^{commit}", ref);
	hash = ask(root, (const char *const[]){"rev-parse", "--verify", "--quiet",
					       "--end-of-options", commit.s, NULL});
	strbuf_release(&commit);
	return hash;
}

static bool is_shallow(const char *root)
{
	char *answer =
		ask(root, (const char *const[]){"rev-parse", "--is-shallow-repository", NULL});
	bool shallow = answer && !strcmp(answer, "true");

	free(answer);
	return shallow;
}

const char *gate_shallow_cure(const char *root)
{
	return is_shallow(root) ? FETCH_ALL : NULL;
}

/* Where HEAD left @branch; on @branch itself the commit before HEAD. @how: " by ..", or "". */
static int left(struct choice *out, const char *root, const char *branch, const char *how)
{
	char *head = commit_of(root, "HEAD"), *base, *before = NULL;
	struct strbuf why = STRBUF_INIT;
	int err = 0;

	base = ask(root, (const char *const[]){"merge-base", "HEAD", branch, NULL});
	if (!head || !base) {
		if (is_shallow(root))
			log_err("this clone is shallow and does not reach back to where HEAD left "
				"%s; " CURE,
				branch);
		else
			log_err("HEAD and %s have no commit in common; " CURE, branch);
		err = -EINVAL;
	} else if (strcmp(head, base) != 0) {
		strbuf_addf(&why, "where HEAD left %s%s", branch, how);
	} else {
		before = commit_of(root, "HEAD^");
		if (!before) {
			log_err("HEAD is in %s, and has no commit before it here; " CURE, branch);
			err = -EINVAL;
		}
		strbuf_addf(&why, "the commit before HEAD, which is in %s%s", branch, how);
		free(base);
		base = before;
	}
	if (!err) {
		out->rev = base;
		base = NULL;
		out->why = strbuf_detach(&why);
	}
	free(head);
	free(base);
	strbuf_release(&why);
	return err;
}

/* The target of a merge request, as GitHub and GitLab call it. 1: none is named. */
static int by_target(struct choice *out, const char *root)
{
	static const char *const names[] = {"GITHUB_BASE_REF",
					    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"};
	struct strbuf remote = STRBUF_INIT, how = STRBUF_INIT;
	const char *target = NULL, *branch = NULL;
	char *hash = NULL;
	int err = 1;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names) && !target; i++)
		target = variable(names[i]);
	if (!target)
		return 1;
	strbuf_addf(&remote, "origin/%s", target);
	strbuf_addf(&how, ", the target that %s names", names[i - 1]);
	hash = commit_of(root, remote.s);
	branch = hash ? remote.s : NULL;
	if (!hash) {
		hash = commit_of(root, target);
		branch = hash ? target : NULL;
	}
	if (branch) {
		err = left(out, root, branch, how.s);
	} else {
		log_err("the change is for %s (%s), and that branch is not here; " CURE, target,
			names[i - 1]);
		err = -EINVAL;
	}
	free(hash);
	strbuf_release(&remote);
	strbuf_release(&how);
	return err;
}

/* "before" of a push, in the file that GitHub leaves, into @before, which the caller frees; NULL:
 * it is no push. Returns 0 or -EINVAL. */
static int github_before(char **before)
{
	const char *event = variable("GITHUB_EVENT_NAME"), *path = variable("GITHUB_EVENT_PATH");
	struct json_object *doc;
	const char *hash;

	*before = NULL;
	if (!event || strcmp(event, "push") != 0 || !path)
		return 0;
	doc = json_object_from_file(path);
	hash = record_str(doc, "before", NULL);
	if (hash)
		*before = strdup(hash);
	else
		log_err("the event of the push, %s (GITHUB_EVENT_PATH), has no \"before\" that can "
			"be read; name the base with --base REV",
			path);
	json_object_put(doc);
	return hash ? 0 : -EINVAL;
}

/* The commit before a push. 1: it is no push, or of a branch that is new. */
static int by_push(struct choice *out, const char *root)
{
	const char *from = "\"before\" of the push (GITHUB_EVENT_PATH)";
	char *before, *hash;

	if (github_before(&before))
		return -EINVAL;
	if (!before && variable("CI_COMMIT_BEFORE_SHA")) {
		from = "CI_COMMIT_BEFORE_SHA";
		before = strdup(variable("CI_COMMIT_BEFORE_SHA"));
	}
	if (!before || !before[strspn(before, "0")]) {
		free(before);
		return 1;
	}
	hash = commit_of(root, before);
	if (!hash) {
		log_err("the commit before the push, %s (%s), is not here%s; " CURE, before, from,
			is_shallow(root) ? ": this clone is shallow" : "");
		free(before);
		return -EINVAL;
	}
	out->rev = hash;
	free(before);
	before = NULL;
	if (asprintf(&out->why, "the commit before this push, by %s", from) < 0)
		abort();
	return 0;
}

static int by_main_branch(struct choice *out, const char *root)
{
	static const char *const usual[] = {"origin/main", "main", "origin/master", "master"};
	char *given = ask(root, (const char *const[]){"symbolic-ref", "--quiet", "--short",
						      "refs/remotes/origin/HEAD", NULL});
	char *hash = given ? commit_of(root, given) : NULL;
	const char *branch = hash ? given : NULL;
	int err = -EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(usual) && !branch; i++) {
		free(hash);
		hash = commit_of(root, usual[i]);
		branch = hash ? usual[i] : NULL;
	}
	if (branch)
		err = left(out, root, branch, "");
	else
		log_err("there is no main branch here to tell where HEAD left it; " CURE);
	free(hash);
	free(given);
	return err;
}

int gate_choose_base(struct choice *out, const char *root)
{
	struct strbuf why = STRBUF_INIT;
	char *inside;
	int code, err = 0;

	*out = (struct choice){0};
	inside = git_ask(root, (const char *const[]){"rev-parse", "--git-dir", NULL}, &why, &code);
	if (!inside) {
		log_err("gate: --base is missing, and git cannot tell it here: %s; name what B is "
			"held against, a monitor or an object",
			why.len ? why.s : "it cannot be run");
		err = -EINVAL;
	}
	free(inside);
	strbuf_release(&why);
	if (err)
		return err;
	err = by_target(out, root);
	if (err == 1)
		err = by_push(out, root);
	if (err == 1)
		err = by_main_branch(out, root);
	return err;
}

void choice_release(struct choice *c)
{
	free(c->rev);
	free(c->why);
	*c = (struct choice){0};
}
