#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The folder that results go into: one run at a time, and a name that is only a name.
. tests/lib.sh
need_tool jq jq

# --- issue 13, number 2: two runs into one folder ---

mkdir "$tmp/taken"
echo '{"type":"run","schema":1}' >"$tmp/taken/run.json"
before=$(cat "$tmp/taken/run.json")
flock "$tmp/taken/run.json" sh -c 'echo $$ >"$1"; exec sleep 60' sh "$tmp/pid" &
at_exit "kill $! 2>/dev/null"
while ! [ -s "$tmp/pid" ]; do sleep 0.1; done
for m in "verify -m none -w idle" "gate --base memmon --head memmon -l static"; do
	# shellcheck disable=SC2086
	run "$bee" $m --quiet --out "$tmp/taken"
	is "a folder that another run writes into is taken: ${m%% *}" "$code" 2
	like "and says who has it" "$err" "$tmp/taken/run.json is being written by process [0-9]+: .*name another with --out"
done
is "nothing in it has changed" "$(cat "$tmp/taken/run.json")" "$before"
kill "$(cat "$tmp/pid")"

# Records on stdout go on where the file is: what stands in it stays.
echo '{"type":"mine"}' >"$tmp/all.ndjson"
run "$bee" verify --quiet -m none -w idle --out "$tmp/free"
"$bee" verify --quiet -m none -w idle --out - >>"$tmp/all.ndjson" 2>"$tmp/err"
is "records that are appended to a file leave what is in it" "$(head -n 1 "$tmp/all.ndjson")" '{"type":"mine"}'
is "and are whole" "$(jq -r .type "$tmp/all.ndjson" | sort -u | tr '\n' ' ')" "mine trial "
done_testing
