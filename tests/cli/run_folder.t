#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The folder that results go into: one run at a time, and a name that is only a name.
. tests/lib.sh
need_tool jq jq

# --- issue 13, number 2: two runs into one folder ---

mkdir "$tmp/taken"
echo '{"type":"run","schema":1}' >"$tmp/taken/run.json"
before=$(cat "$tmp/taken/run.json")
# shellcheck disable=SC2016 # $1 is the inner shell's
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

# --- issue 13, number 5: a folder's name is never a command ---

if have gnuplot; then
	abs=$(cd "$B" && pwd)
	mkdir "$tmp/here"
	# shellcheck disable=SC2016 # names as they are
	for name in '<touch pwned; cat ' '|touch pwned; cat ' '~root' "\`touch pwned\`" '$(touch pwned)' "x'; system 'touch pwned" '"; system("touch pwned'; do
		cp -r tests/fixtures/runs/full "$tmp/here/$name"
		rm -rf "$tmp/here/$name/plots"
		(cd "$tmp/here" && "$abs/beebench" report --write "$name") >"$tmp/out" 2>"$tmp/err"
		is "a folder called $name is drawn in" "$?:$(head -c 4 "$tmp/here/$name/plots/overhead.png" | tail -c 3)" 0:PNG
	done
	is "and nothing is run" "$(find "$tmp" -name pwned)" ""
else
	skip "a folder's name is never a command" "no gnuplot"
fi
done_testing
