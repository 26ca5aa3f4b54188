#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The ledger against an independent witness: strace sees the same calls, arguments and results of every thread between the
# barriers, and no memory call that the ledger does not hold.
set -u
. tests/lib.sh

need_tool strace strace
strace -f -o "$tmp/probe" true 2>/dev/null || skip_all "strace may not trace here (ptrace)"

# Joins what strace splits in two ("unfinished", "resumed"), keeps what lies between the child's first "g" (barrier 1) and its
# next sendto (barrier 2), and writes it like a ledger: tid call addr len len2 flags ret.
# shellcheck disable=SC2016
witness='
function value(s) { sub(/^ +/, "", s); return s == "NULL" ? "0x0" : s }
function hex(s) { s = value(s); return s == "0" ? "0x0" : s }
function result(s) {
	if (s !~ /^-1 /) return hex(s)
	split("EPERM 1 ENOENT 2 EBADF 9 EAGAIN 11 ENOMEM 12 EFAULT 14 EEXIST 17 EINVAL 22", e, " ")
	split(s, w, " ")
	for (i = 1; i in e; i += 2) if (e[i] == w[2]) return "-" e[i + 1]
	return "unknown " s
}
{
	pid = $1
	line = substr($0, index($0, " ") + 1)
	sub(/^ +/, "", line)
	if (open && line ~ /^sendto\(/ && pid == child) exit
	if (line ~ /<unfinished \.\.\.>$/) { sub(/ *<unfinished \.\.\.>$/, "", line); part[pid] = line; next }
	if (line ~ /^<\.\.\. [a-z]+ resumed>/) { sub(/^<\.\.\. [a-z]+ resumed>/, "", line); line = part[pid] line }
	if (!open) { if (line ~ /^recvfrom\([0-9]+, *"g"/) { open = 1; child = pid }; next }
	if (line !~ /^(mmap|munmap|brk|mremap)\(/) next
	call = substr(line, 1, index(line, "(") - 1)
	rest = substr(line, index(line, "(") + 1)
	at = match(rest, /\) += /)
	ret = result(substr(rest, at + RLENGTH))
	n = split(substr(rest, 1, at - 1), a, ",")
	if (call == "mmap") print pid, call, value(a[1]), value(a[2]), 0, hex(a[4]), ret
	if (call == "munmap") print pid, call, value(a[1]), value(a[2]), 0, "0x0", ret
	if (call == "brk") print pid, call, value(a[1]), 0, 0, "0x0", ret
	if (call == "mremap") print pid, call, value(a[1]), value(a[2]), value(a[3]), hex(a[4]), ret
}'

# agrees WORKLOAD MIN MAX: and makes so many calls; an empty window would agree with an empty ledger
agrees() {
	if ! strace -f -qq -X raw -o "$tmp/trace" -e trace=mmap,munmap,brk,mremap,recvfrom,sendto \
		"$B/wl" --seed 5 "$1" >"$tmp/ledger" 2>"$tmp/said"; then
		fail "$1" "$(cat "$tmp/said")"
		return
	fi
	awk -F '\t' 'NR > 1 { print $2, $4, $5, $6, $7, $8, $9 }' "$tmp/ledger" | sort -s -n -k 1,1 >"$tmp/a"
	awk "$witness" "$tmp/trace" | sort -s -n -k 1,1 >"$tmp/b"
	calls=$(wc -l <"$tmp/a")
	if cmp -s "$tmp/a" "$tmp/b"; then
		pass "$1: $calls calls"
	else
		fail "$1: $calls calls in the ledger, $(wc -l <"$tmp/b") seen by strace" \
			"$(diff "$tmp/a" "$tmp/b" | head -n 10)"
	fi
	{ [ "$calls" -ge "$2" ] && [ "$calls" -le "$3" ]; } || fail "$1: $calls calls, expected $2 to $3"
}

for w in mmap:count=101 mmap:sizes=log,order=random,touch,keep=3,count=101 filter:rounds=5 brk:count=101 fail:rounds=7 \
	partial:rounds=5 remap:rounds=5 threads:count=101,threads=4 threads:count=101,handover threads:count=11,end crowd:threads=5,count=101 forks forks:depth=3,fanout=2,leave=2 \
	flood:count=211,ops=mixed flood:count=101,rate=10000; do
	agrees "$w" 20 10000
done
for w in idle:ms=1 pingpong:count=5 sleep:count=3 spin:rounds=1,threads=2 reads:count=11,threads=2; do
	agrees "$w" 0 0
done
done_testing
