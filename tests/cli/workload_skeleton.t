#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The skeleton in docs/adding-a-workload.md is one file that builds and runs, with nothing else changed.
set -u
. tests/lib.sh

tree=$tmp/tree
mkdir "$tree"
cp -r Makefile scripts lib workloads "$tree" || exit 2
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' docs/adding-a-workload.md >"$tree/workloads/wl_skeleton.c"
is "the page has one" "$(grep -c '^const struct workload_ops wl_skeleton_ops = {' "$tree/workloads/wl_skeleton.c")" 1
# The packages were checked when this tree was built.
mkdir "$tree/b" && touch "$tree/b/.deps"
check "it builds" env -u MAKEFLAGS -u MFLAGS make -C "$tree" B=b b/wl
run "$tree/b/wl" --help
like "it is listed" "$out" "^  skeleton +maps once and unmaps twice$"
run "$tree/b/wl" --seed 3 skeleton:count=5
is "it runs" "$code: $err" "0: "
is "and makes the calls it says" "$(printf '%s\n' "$out" | awk -F '\t' 'NR > 1 { n[$4]++ } END { print n["mmap"], n["munmap"] }')" "5 10"
run "$tree/b/wl" skeleton:cuont=5
is "its parameters are checked" "$code: $err" "2: wl: error: skeleton has no parameter 'cuont'; did you mean 'count'?"
cp .clang-format "$tree/"
if have clang-format; then
	check "it is formatted as the tree" clang-format --dry-run -Werror "$tree/workloads/wl_skeleton.c"
else
	skip "it is formatted as the tree" "no clang-format; sudo apt-get install clang-format"
fi
done_testing
