#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The suites of a project on Slurm: slurm.sh OUT [SUITE..] where beebench.json is. OUT is a folder that every node sees.
#
# It plans the cells, starts an array of tasks for those that have no verdict in OUT yet (several arrays, where there are more than
# MaxArraySize allows), waits, merges into OUT/all, and ends with the merge's exit code: what Slurm says is not asked. Started again it
# does what is missing. Env: SBATCH_OPTIONS (as in "--partition=bench --exclusive"), ROUNDS (default 2: cells without a verdict are
# started so often), BEEBENCH.
set -eu
if [ $# -lt 1 ]; then
	echo "usage: slurm.sh OUT [SUITE..]" >&2
	exit 2
fi
BEEBENCH=${BEEBENCH:-beebench}
export BEEBENCH
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
case $here$out in
*[\'%\\]*)
	echo "slurm.sh: sbatch cannot take a path with ', % or \\: $here, $out" >&2
	exit 2
	;;
esac

# The arrays of a round are ended with us.
jobs=
# shellcheck disable=SC2154
trap '[ -z "$jobs" ] || scancel $jobs; exit 130' INT TERM HUP

limit=$(scontrol show config | sed -n 's/^MaxArraySize *= *//p')
case $limit in
'' | *[!0-9]* | 0)
	echo "slurm.sh: scontrol does not say MaxArraySize: is there a controller, and do arrays exist?" >&2
	exit 2
	;;
esac

"$BEEBENCH" plan --build "$@" >"$out/plan.tsv"
round=0
while [ "$round" -lt "${ROUNDS:-2}" ]; do
	round=$((round + 1))
	"$BEEBENCH" plan --missing "$out" "$@" >"$out/todo.tsv"
	n=$(wc -l <"$out/todo.tsv")
	[ "$n" -gt 0 ] || break
	# An index has to be less than MaxArraySize: the first of an array is its offset.
	first=0 jobs=
	while [ "$first" -lt "$n" ]; do
		last=$((n - first < limit ? n - first - 1 : limit - 1))
		# shellcheck disable=SC2016,SC2086 # for the batch shell; options are words
		job=$(sbatch --parsable --requeue --job-name=beebench --array="0-$last" --output="$out/slurm-%A_%a.log" ${SBATCH_OPTIONS:-} \
			--wrap="exec '$here/cell.sh' '$out/todo.tsv' '$out' \$(($first + SLURM_ARRAY_TASK_ID))")
		jobs="$jobs ${job%%;*}"
		first=$((first + last + 1))
	done
	echo "slurm.sh: $n cells in arrays$jobs" >&2
	# A job that is over leaves the queue. squeue fails of one that was forgotten already.
	for job in $jobs; do
		while squeue --noheader --jobs="$job" 2>/dev/null | grep -q .; do
			sleep "${POLL:-5}"
		done
	done
	jobs=
done
code=0
"$BEEBENCH" merge "$out" --cells "$out/plan.tsv" --out "$out/all" || code=$?
exit "$code"
