#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Harmless calls against an independent witness: strace sees the calls of the workload `syscalls` in the ledger's order, with its
# results, and each row's failing call fails with the error that `beebench list syscalls` names.
set -u
. tests/lib.sh

need_tool strace strace
strace -f -o "$tmp/probe" true 2>/dev/null || skip_all "strace may not trace here (ptrace)"

# What the harness calls in the window by itself, which no order can tell from the workload's.
own=' recvfrom sendto futex sched_yield getrusage clock_gettime '

# Joins what strace splits in two, keeps the child's window, and writes "call result": an error's name, or "ok".
# shellcheck disable=SC2016
witness='
{
	pid = $1
	line = substr($0, index($0, " ") + 1)
	sub(/^ +/, "", line)
	if (line ~ /<unfinished \.\.\.>$/) { sub(/ *<unfinished \.\.\.>$/, "", line); part[pid] = line; next }
	if (line ~ /^<\.\.\. [a-z0-9_]+ resumed>/) { sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "", line); line = part[pid] line }
	if (!child) { if (line ~ /^recvfrom\([0-9]+, *"g"/) child = pid; next }
	if (pid != child || line !~ /^[a-z0-9_]+\(/) next
	if (line ~ /^recvfrom\([0-9]+, *"g"/) exit
	call = substr(line, 1, index(line, "(") - 1)
	n = split(line, w, / = /)
	split(w[n], r, " ")
	print call, r[1] == "-1" && r[2] ~ /^E/ ? r[2] : "ok"
}'

# watch WORKLOAD: the ledger in $tmp/ledger, what strace saw in $tmp/seen
watch() {
	strace -f -qq -o "$tmp/trace" "$B/wl" --seed 5 "$1" >"$tmp/ledger" 2>"$tmp/said" || {
		fail "$1" "$(cat "$tmp/said")"
		return 1
	}
	awk "$witness" "$tmp/trace" >"$tmp/seen"
}

# Names of errors by number, as far as the table has them.
# shellcheck disable=SC2016
by_ledger='
BEGIN {
	split("2 ENOENT 3 ESRCH 9 EBADF 10 ECHILD 11 EAGAIN 12 ENOMEM 14 EFAULT 17 EEXIST 20 ENOTDIR 21 EISDIR 22 EINVAL 25 ENOTTY " \
		"34 ERANGE 88 ENOTSOCK 97 EAFNOSUPPORT 111 ECONNREFUSED", e, " ")
	for (i = 1; i in e; i += 2) name[-e[i]] = e[i + 1]
}
NR > 1 { print $4, $9 in name ? name[$9] : $9 ~ /^-/ ? $9 : "ok" }'

# ordinary: without the calls that are the harness's own
ordinary() {
	awk -v own="$own" '!index(own, " " $1 " ")'
}

# "call error number", the number of a call that fails: 2 of the first row, of each further row one more
"$bee" list syscalls | awk '/^  [a-z]/ { n++ } /^  [a-z]/ && !/processor has none/ && match($0, /fails with E[A-Z0-9]*:/) {
	print $1, substr($0, RSTART + 11, RLENGTH - 12), n + 1 }' >"$tmp/errors"
rows=$("$bee" list syscalls | grep -c '^  [a-z]')
if [ "$rows" -ge 100 ]; then pass "$rows system calls"; else fail "$rows system calls, 100 or more were expected"; fi

if watch syscalls:calls=3,errors=2; then
	awk -F '\t' "$by_ledger" "$tmp/ledger" | ordinary >"$tmp/a"
	ordinary <"$tmp/seen" >"$tmp/b"
	if cmp -s "$tmp/a" "$tmp/b"; then
		pass "all of them: $(wc -l <"$tmp/a") calls in the ledger's order, with its results"
	else
		fail "the ledger's $(wc -l <"$tmp/a") calls are not strace's $(wc -l <"$tmp/b")" "$(diff "$tmp/a" "$tmp/b" | head -n 10)"
	fi
	sort "$tmp/seen" | uniq -c | awk '{ print $2, $3, $1 }' >"$tmp/counts"
	while read -r name error wanted; do
		got=$(awk -v n="$name" -v e="$error" '$1 == n && $2 == e { print $3 }' "$tmp/counts")
		[ "$got" = "$wanted" ] || echo "$name $error: strace saw '$got', $wanted were expected"
	done <"$tmp/errors" >"$tmp/wrong"
	is "each of $(wc -l <"$tmp/errors") failing calls fails with the error that is named" "$(cat "$tmp/wrong")" ""
	"$bee" list syscalls | awk '/^  [a-z]/ && $2 != "fails" && !/processor has none/ { print $1 }' >"$tmp/working"
	while read -r name; do
		got=$(awk -v n="$name" '$1 == n && $2 == "ok" { print $3 }' "$tmp/counts")
		[ "${got:-0}" -ge 3 ] || echo "$name: strace saw '$got' that work, 3 were expected"
	done <"$tmp/working" >"$tmp/wrong"
	is "each of $(wc -l <"$tmp/working") working calls works" "$(cat "$tmp/wrong")" ""
fi

left=$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name "beebench-*-??????" -newer "$tmp/probe" -type d -user "$(id -u)" 2>/dev/null |
	while read -r dir; do
		pid=${dir##*/beebench-}
		grep -q "^${pid%%-*} " "$tmp/trace" && echo "$dir"
	done)
is "nothing is left in the folder of temporary files" "$left" ""
done_testing
