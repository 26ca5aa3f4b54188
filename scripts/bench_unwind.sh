#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof's unwinder beside libunwind (tests/bench/unwind_peer.c), on the stacks of programs that are there. Prints a row for
# each; exit code 1 where a stack differs. Usage: bench_unwind.sh. Env: B.
set -u
B=${B:-build}
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
lib=$(readlink -f "$B/tests/bench/unwind_peer.so")
"${CC:-cc}" -E -std=gnu11 -I. memprof/preload/unwind.c -o "$tmp/a.i" || exit 2
echo 'int main() { return 0; }' >"$tmp/a.c"
# peer WORD..
peer() {
	command -v "$1" >/dev/null 2>&1 || return 0
	LD_PRELOAD=$lib UNWIND_PEER=$tmp/out "$@" >/dev/null 2>&1 </dev/null
}
peer "$("${CC:-cc}" -print-prog-name=cc1)" -quiet -O2 "$tmp/a.i" -o /dev/null
peer "$("${CXX:-c++}" -print-prog-name=cc1plus)" -quiet -O2 "$tmp/a.i" -o /dev/null
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null)
[ -z "$python" ] || peer "$python" -c 'import json, re, decimal
for i in range(20000): json.loads(json.dumps({str(k): "%0200d" % k for k in range(5)}))'
peer git log --stat -n 200
# shellcheck disable=SC2016
peer perl -e 'for (1 .. 200000) { $h{$_ % 5000} .= "text $_" }'
peer gdb -batch -ex 'info functions' "$B/memprof"
peer node -e 'for (let i = 0; i < 200; i++) JSON.parse(JSON.stringify(Array.from({length: 2000}, (_, k) => "x" + k)))'
peer iconv -f UTF-8 -t UTF-16 "$tmp/a.i"
# shellcheck disable=SC2016
peer bash -c 'for i in $(seq 3000); do a[$i]="text $i"; done'
peer "$B/tests/allocating/odd"
peer sort "$tmp/a.i"
awk 'BEGIN { printf "%-16s %9s %9s %8s %8s %9s\n", "program", "stacks", "equal", "longer", "shorter", "different" }
	{ n[$1] += $2; e[$1] += $3; l[$1] += $4; s[$1] += $5; d[$1] += $6 }
	END {
		for (p in n) {
			printf "%-16s %9d %7.2f %% %8d %8d %9d\n", p, n[p], 100 * e[p] / n[p], l[p], s[p], d[p]
			N += n[p]; E += e[p]; D += d[p]
		}
		printf "%-16s %9d %7.2f %% %27d\n", "all", N, N ? 100 * E / N : 0, D
		print "targets: 0 different, 99.9 % equal"
		exit D > 0
	}' "$tmp/out"
