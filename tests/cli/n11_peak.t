#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 11: PEAK of a process that has ended is the highest of its own image, not of whoever forked it, and not below what
# the living row said.
. tests/lib.sh
need_bpf
need_tool perl perl-base

# A process of 200 MB starts small ones, by fork and exec: short ones that no frame sees alive, and one that some do.
cat >"$tmp/big.pl" <<'EOP'
my $x = "x" x (200 << 20);
for my $seconds ("0.05", "0.05", "1.5") {
	my $pid = fork();
	if (!$pid) { exec("/bin/sleep", $seconds) }
	waitpid($pid, 0);
}
EOP
"$B/memmon" --batch -n 30 -i 0.5 --json --top 0 --alert 'name = sleep and peak > 100MiB' >"$tmp/out" 2>"$tmp/err" &
memmon=$!
at_exit "kill $memmon 2>/dev/null"
tries=0
until [ -s "$tmp/out" ] || [ $tries -ge 400 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
perl "$tmp/big.pl" &
big=$!
wait $memmon
is "no alert: no small process had 100 MiB" "$?" 0
wait $big
# Of those that this test started: children of perl.
jq -c --argjson big "$big" '.processes[] | select(.name == "sleep" and .ppid == $big)' "$tmp/out" >"$tmp/sleeps"
jq -s -c 'map(select(.ended)) | .[] | .peak_kb' "$tmp/sleeps" >"$tmp/peaks"
is "three have ended" "$(wc -l <"$tmp/peaks")" 3
is "each has a peak of its own, below 20 MB" "$(awk '$1 > 500 && $1 < 20000' "$tmp/peaks" | wc -l)" 3
is "the peak never falls below what the living row said" "$(jq -s 'group_by(.pid) | map(map(.peak_kb) | . == sort) | all' "$tmp/sleeps")" true
is "its parent's peak is its parent's" "$(jq -s --argjson big "$big" 'map(.processes[] | select(.pid == $big) | .peak_kb) | max > 200000' "$tmp/out")" true
done_testing
