#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 42: forms of a report for other programs, read by those, and beside what they write themselves.
# benchcmp reads Go's benchmark format as benchstat does, by the parser of Go's authors; benchstat is asked where somebody has it.
# `make test-memprof-readers` installs benchcmp. github-action-benchmark is in no registry: its form is held in report.t alone.
set -u
. tests/lib.sh

need_tool jq jq
runs=tests/fixtures/runs
"$bee" report --format benchstat "$runs/full" >"$tmp/b.txt"
lines=$(grep -c ' ns/op$' "$tmp/b.txt")
if have benchcmp; then
	run benchcmp "$tmp/b.txt" "$tmp/b.txt"
	is "benchcmp reads it" "$code" 0 || printf '# %s\n' "$err"
	is "every line, and finds it equal to itself" "$(printf '%s\n' "$out" | grep -c '^Benchmark.* [-+]0.00%$')" "$lines"
	sed 's/ 1 \([0-9.]*\) ns/ 1 2\1 ns/' "$tmp/b.txt" >"$tmp/dearer.txt"
	run benchcmp "$tmp/b.txt" "$tmp/dearer.txt"
	like "what is dearer is dearer to it" "$out" '^BenchmarkMmap/memmon +[0-9.]+ +2[0-9.]+ +\+[0-9.]+%$'
else
	skip "benchcmp reads Go's benchmark lines" "no benchcmp; sudo apt-get install golang-golang-x-tools"
fi
if have benchstat; then
	run benchstat "$tmp/b.txt" "$tmp/b.txt"
	is "benchstat reads it" "$code" 0 || printf '# %s\n' "$err"
	like "with both units" "$out" 'instructions/op'
else
	skip "benchstat reads Go's benchmark lines" "no benchstat; go install golang.org/x/perf/cmd/benchstat@latest"
fi
"$bee" report --format hyperfine "$runs/full" >"$tmp/h.json"
if have hyperfine; then
	hyperfine -N -w 0 -r 3 --export-json "$tmp/theirs.json" true >/dev/null 2>&1
	types='.results[0] | to_entries[] | "\(.key) \(.value | type)"'
	jq -r "$types" "$tmp/theirs.json" | sort >"$tmp/theirs"
	jq -r "$types" "$tmp/h.json" | sort >"$tmp/ours"
	is "hyperfine: what it exports is there with its type, but what nobody has measured" \
		"$(comm -23 "$tmp/theirs" "$tmp/ours" | tr '\n' ' ')" "exit_codes array system number user number "
else
	skip "hyperfine: beside its own export" "no hyperfine; sudo apt-get install hyperfine"
fi
done_testing
