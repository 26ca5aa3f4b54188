#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 34: SWAP and HUGETLB with real amounts are what /proc says, in each source of frames, and what the trend is of holds both.
# shellcheck disable=SC2317  # near() is called by check
. tests/lib.sh
need_root
need_tool jq jq
need_tool "${CC:-cc}" gcc
need_tool mkswap util-linux

memmon=$B/memmon
# Six pages of 2 MiB and some to spare; what there was comes back.
pages=/proc/sys/vm/nr_hugepages
was=$(cat $pages)
at_exit "echo $was >$pages"
echo $((was + 8)) >$pages 2>/dev/null
if [ "$(cat $pages)" -lt $((was + 6)) ] || ! grep -q '^Hugepagesize: *2048 kB' /proc/meminfo; then
	skip_all "this machine gives no huge pages of 2 MiB"
fi
if ! grep -q / /proc/swaps; then
	dd if=/dev/zero of="$tmp/swap" bs=1M count=64 status=none
	chmod 600 "$tmp/swap"
	if ! mkswap "$tmp/swap" >/dev/null 2>"$tmp/why" || ! swapon "$tmp/swap" 2>"$tmp/why"; then
		skip_all "no swap can be had: $(cat "$tmp/why")"
	fi
	at_exit "swapoff '$tmp/swap'"
fi
"${CC:-cc}" -O1 -o "$tmp/swapped" tests/fixtures/programs/swapped.c
"$tmp/swapped" >"$tmp/ready" 2>"$tmp/why" &
pid=$!
at_exit "kill $pid 2>/dev/null; wait $pid"
until [ -s "$tmp/ready" ] || [ -s "$tmp/why" ]; do sleep 0.05; done
[ -s "$tmp/ready" ] || skip_all "$(cat "$tmp/why")"

# said FILE KEY..: the sum of these lines in kB
said() {
	file=$1
	shift
	awk -v keys=" $* " '{ k = $1; sub(/:$/, "", k) } index(keys, " " k " ") { n += $2 } END { print n + 0 }' "/proc/$pid/$file"
}
swap=$(said status VmSwap)
huge=$(said status HugetlbPages)
# The kernel keeps what is swapped out in a counter for each CPU, each up to 32 pages behind: /proc adds them up, memmon does not.
far=$((128 * $(nproc --all)))
# near GOT WANT: both are numbers, so near
near() {
	[ "$1" -ge $(($2 - far)) ] && [ "$1" -le $(($2 + far)) ]
}
for object in "" "--object tasks" "--object memmon"; do
	# shellcheck disable=SC2086
	run "$memmon" $object --batch -n 1 --json --columns pid,swap,hugetlb,held --filter "pid = $pid"
	got=$(printf '%s\n' "$out" | jq '.processes[0].swap_kb')
	check "${object:-memmon_fast}: swap ($got, /proc $swap)" near "$got" "$swap"
	is "huge pages, and all with RSS" "$(printf '%s\n' "$out" | jq -c '.processes[0] | [.hugetlb_kb, .held_kb - .rss_kb - .swap_kb]')" "[$huge,$huge]"
done
is "huge pages: as its mappings have them" "$huge" "$(said smaps Private_Hugetlb Shared_Hugetlb)"
is "those that it has touched" "$huge" 6144
check "something was swapped out ($swap kB)" test "$swap" -gt 1000
# What is swapped out of shared memory is in smaps, too: it is no process's own.
check "no more than its mappings have" test "$swap" -le "$(said smaps Swap)"
run "$memmon" --batch -n 1 --columns pid,swap,hugetlb --filter "swap > 1MiB and hugetlb = 6MiB and pid = $pid"
like "in a filter, as text" "$out" "^ +$pid +[0-9]+ +6144 *\$"
run "$memmon" --batch -n 2 -i 0.2 --group name --json --filter "pid = $pid"
is "in a group" "$(printf '%s\n' "$out" | tail -n 1 | jq -c '.groups[0] | [.swap_kb > 1000, .hugetlb_kb]')" "[true,$huge]"
run "$memmon" --batch -n 1 --record "$tmp/rec" --filter "pid = $pid" --json
got=$(printf '%s\n' "$out" | jq '.processes[0].swap_kb')
run "$memmon" --replay "$tmp/rec" --batch -n 1 --json --filter "pid = $pid"
is "in a recording" "$(printf '%s\n' "$out" | head -n 1 | jq -c '.processes[0] | [.swap_kb, .hugetlb_kb]')" "[$got,$huge]"
done_testing
