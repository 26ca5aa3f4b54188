#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Prints the commit that a change is held against: $GATE_BASE, else where HEAD left origin/main or main, else (on main itself) HEAD^.
set -eu
cd "$(dirname "$0")/.."
if [ -n "${GATE_BASE:-}" ]; then
	echo "$GATE_BASE"
	exit 0
fi
head=$(git rev-parse HEAD)
for main in origin/main main; do
	git rev-parse --verify --quiet "$main^{commit}" >/dev/null || continue
	base=$(git merge-base HEAD "$main") || continue
	[ "$base" != "$head" ] || break
	echo "$base"
	exit 0
done
if ! git rev-parse --verify --quiet "HEAD^{commit}^"; then
	echo "beebench: error: HEAD has no commit before it here; name the base with GATE_BASE=REV, or fetch the whole history" \
		"(git fetch --unshallow; fetch-depth: 0)" >&2
	exit 2
fi
