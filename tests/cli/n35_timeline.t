#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 35: a part of a recording by --from and --to, a recording out of a recording, one that is bounded, and on the screen a
# step back and on.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
. tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip_all "needs root"

memmon=$B/memmon
"$memmon" --object tasks --batch -n 10 -i 0.3 --record "$tmp/all.rec" --json >"$tmp/all.json" 2>/dev/null
first=$(head -n 1 "$tmp/all.json" | jq -r .time)
# seqs OPTIONS..: numbers of the frames that are shown
seqs() {
	run "$memmon" --replay "$tmp/all.rec" --json "$@"
	printf '%s\n' "$out" | jq .seq | tr '\n' ' '
}
is "all frames" "$(seqs)" "1 2 3 4 5 6 7 8 9 10 "
is "from the begin: all" "$(seqs --from +0)" "1 2 3 4 5 6 7 8 9 10 "
is "the frames from then on" "$(seqs --from +1.35)" "6 7 8 9 10 "
is "the frames up to then" "$(seqs --to +0.75)" "1 2 3 "
is "from then to then" "$(seqs --from +0.45 --to +1.05)" "3 4 "
is "from a moment on" "$(seqs --from "${first%.*}Z" | cut -c 1-4)" "1 2 "
is "up to a moment long ago: none" "$(seqs --to 2001-01-01T00:00:00Z)" ""
is "nothing beyond the end" "$(seqs --from +3600)" ""
run "$memmon" --replay "$tmp/all.rec" --batch --from +3600
is "which is said: exit code" "$code" 2
has "which is said" "$err" "all.rec: no frame is from --from to --to; the first is of $(printf '%s' "$first" | cut -c 1-19)Z"
third=$("$memmon" --replay "$tmp/all.rec" --batch --json --top 1 | sed -n 3p | jq -r .time)
is "a time as JSON has it, from and to" "$(seqs --from "$third" --to "$third")" "3 "

run "$memmon" --replay "$tmp/all.rec" --from +1.35 --record "$tmp/part.rec"
is "a recording out of a recording" "$code$err" 0
# Not over itself, under whatever name: --force would have emptied it.
cp "$tmp/all.rec" "$tmp/kept.rec"
ln -s all.rec "$tmp/link.rec"
ln "$tmp/all.rec" "$tmp/hard.rec"
for name in link hard ../"${tmp##*/}"/all; do
	run "$memmon" --replay "$tmp/all.rec" --record "$tmp/$name.rec" --force
	is "over itself as $name: refused" "$code $err" "2 memmon: error: --record: $tmp/$name.rec is being replayed; record to another file"
done
check "and it is as it was" cmp "$tmp/all.rec" "$tmp/kept.rec"
run "$memmon" --replay "$tmp/part.rec" --json
is "it has that part" "$(printf '%s\n' "$out" | jq .seq | tr '\n' ' ')" "6 7 8 9 10 "
printf '%s\n' "$out" | jq -c '[.seq, .time, (.processes[] | [.pid, .rss_kb, .age_s])]' >"$tmp/part"
tail -n 5 "$tmp/all.json" | jq -r .time >"$tmp/times"
is "with the times that there were" "$(jq -r '.[1]' "$tmp/part")" "$(cat "$tmp/times")"

# As much as half of its frames took: what a frame takes depends on how many processes this machine has.
most=$(wc -c <"$tmp/all.rec")
run "$memmon" --object tasks --batch -n 20 -i 0.1 --record "$tmp/small.rec" --record-max "$most"
has "a bounded recording says that it has ended" "$err" "whole and can be replayed"
is "which is no error" "$code" 0
check "and is no larger" test "$(wc -c <"$tmp/small.rec")" -le "$most" -a "$(wc -c <"$tmp/small.rec")" -gt 1000
run "$memmon" --replay "$tmp/small.rec" --json
is "and is whole" "$code$err" 0

run "$memmon" --object tasks --batch -n 10 -i 0.2 --json --record "$tmp/short.rec" --record-for 0.5
has "bounded by its age: says so" "$err" "after as long as --record-for says"
is "bounded by its age: no error" "$code" 0
run "$memmon" --replay "$tmp/short.rec" --json
check "bounded by its age: that long" [ "$(printf '%s\n' "$out" | wc -l)" -ge 1 -a "$(printf '%s\n' "$out" | wc -l)" -le 4 ]
run "$memmon" --batch -n 1 --record-for 3
is "a bound of nothing" "$code $err" "2 memmon: error: --record-for bounds a recording: give --record FILE too"

. tests/ui/term.sh
term_start 100 24 "$memmon --replay $tmp/all.rec --interval 60"
wait_for 'REPLAY'
now() { dump | sed -n 's/.*now \([0-9:]*\).*/\1/p'; }
keys p
keys ']' ']' ']'
shows "steps: said so" STEPPING
third=$(dump | cksum)
keys ']'
moved_on() { [ "$(dump | cksum)" != "$third" ]; }
comes "a step on" moved_on
keys '['
is_third() { [ "$(dump | cksum)" = "$third" ]; }
comes "a step back is the frame that was there" is_third
keys '$'
shows "to the end" 'the recording ends here'
keys '@'
shows "to a time: asked for" 'go to:'
keys 'x'
shows "to a time: what is none" 'no time; give 12:58:03'
keys C-u + 0 Enter
is_first() { [ "$(dump | sed -n 's/.*interval .*REPLAY.*/yes/p')" = yes ] && ! dump | grep -q 'the recording ends here'; }
comes "to a time: the first frame" is_first
comes "to a time: of that time" moved_on
first_shown=$(now)
keys '@' + 3 6 0 0 Enter
shows "to a time beyond the end: to the end" 'the recording ends here'
keys q
ends "and it ends" 0
term_start 100 24 "$memmon --replay $tmp/all.rec --interval 60 --alert 'pid = 1 and age > 0'"
wait_for 'REPLAY'
keys '}'
shows "to the next alert or verdict, or else to the end" 'the recording ends here'
keys q
check "the first frame is not the last" [ -n "$first_shown" ]
done_testing
