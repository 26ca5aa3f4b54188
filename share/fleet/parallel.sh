#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The suites of a project by GNU parallel: parallel.sh OUT [SUITE..] where beebench.json is.
#
# It plans the cells, starts those that have no verdict in the folder OUT yet, merges into OUT/all, and ends with the merge's exit code:
# parallel's is the number of jobs that failed. Started again it does what is missing. On several machines OUT and the project are in a
# folder that all of them see. Env: PARALLEL_OPTIONS (as in "--sshloginfile hosts --workdir . --env BEEBENCH"; default "--jobs 1": times
# are not measured beside each other), BEEBENCH. parallel's own log is OUT/joblog.
set -eu
if [ $# -lt 1 ]; then
	echo "usage: parallel.sh OUT [SUITE..]" >&2
	exit 2
fi
BEEBENCH=${BEEBENCH:-beebench}
export BEEBENCH
if ! parallel --version 2>/dev/null | grep -q '^GNU'; then
	echo "parallel.sh: no GNU parallel here (the parallel of moreutils is another one)" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
"$BEEBENCH" plan --build "$@" >"$out/plan.tsv"
"$BEEBENCH" plan --missing "$out" "$@" >"$out/todo.tsv"
n=$(wc -l <"$out/todo.tsv")
if [ "$n" -gt 0 ]; then
	# A job that fails is no reason to end: the merge says what has no result.
	# shellcheck disable=SC2086 # options are words
	seq 0 $((n - 1)) | parallel ${PARALLEL_OPTIONS:---jobs 1} --quote --joblog "$out/joblog" "$here/cell.sh" "$out/todo.tsv" "$out" {} >&2 || :
fi
code=0
"$BEEBENCH" merge "$out" --cells "$out/plan.tsv" --out "$out/all" || code=$?
exit "$code"
