#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prints the commit that a change is held against: $GATE_BASE; else where HEAD left the main branch; on the main branch itself the commit
# before. The main branch is the one a CI system names as the target of the change, else origin's default one, else main or master.
# Where that cannot be told nothing is guessed: exit code 2. stderr says which question is asked.
set -eu
cd "$(dirname "$0")/.."
cure="name the base with GATE_BASE=REV, or fetch the whole history (git fetch --unshallow; fetch-depth: 0)"
die() {
	echo "beebench: error: $1; $cure" >&2
	exit 2
}

if [ -n "${GATE_BASE:-}" ]; then
	echo "$GATE_BASE"
	exit 0
fi
head=$(git rev-parse HEAD)
# The target of a merge request, as GitHub and GitLab call it
target=${GITHUB_BASE_REF:-${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-}}
default=$(git symbolic-ref --quiet refs/remotes/origin/HEAD || :)
branch=
for ref in ${target:+"origin/$target" "$target"} ${default:+"$default"} origin/main main origin/master master; do
	git rev-parse --verify --quiet "$ref^{commit}" >/dev/null || continue
	branch=$ref
	break
done
if [ -n "$target" ] && [ "$branch" != "origin/$target" ] && [ "$branch" != "$target" ]; then
	die "the change is for $target, and that branch is not here"
fi
[ -n "$branch" ] || die "there is no main branch here to tell where HEAD left it"
base=$(git merge-base HEAD "$branch") || {
	if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
		die "this clone is shallow and does not reach back to where HEAD left $branch"
	fi
	die "HEAD and $branch have no commit in common"
}
if [ "$base" != "$head" ]; then
	echo "beebench: HEAD is held against $base, where it left $branch" >&2
	echo "$base"
	exit 0
fi
# HEAD is in the main branch: what it brought is held against what was there before.
before=$(git rev-parse --verify --quiet "HEAD^{commit}^") || die "HEAD has no commit before it here"
echo "beebench: HEAD is in $branch, and is held against the commit before it, $before" >&2
echo "$before"
