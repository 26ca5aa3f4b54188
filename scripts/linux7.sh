#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The table of docs/linux7.md: linux7.sh [KERNEL..], default 6.1 6.12 7.2. Each kernel is booted in a guest and tries every way
# of attaching there (beebench doctor --hooks). What each said is kept in $B/linux7/KERNEL. A kernel that cannot be had is left
# out, with the reason on stderr. Exit code 77: none could be had.
set -eu
B=${B:-build}
[ $# -gt 0 ] || set -- 6.1 6.12 7.2
mkdir -p "$B/linux7"
got=
for kernel; do
	code=0
	"$B/beebench" vm -k "$kernel" -t 900 -- beebench doctor --hooks >"$B/linux7/$kernel" || code=$?
	if [ "$code" -eq 77 ]; then
		echo "linux7: Linux $kernel is left out" >&2
		continue
	fi
	[ "$code" -eq 0 ] || exit "$code"
	got="$got $kernel"
done
[ -n "$got" ] || exit 77
# A row for each way: runs lost by one, by three, by three beside a reader of maps, kernel by kernel.
cd "$B/linux7"
# shellcheck disable=SC2086
awk '
	FNR == 1 { nk++; kernel[nk] = FILENAME }
	$2 ~ /^([0-9]+|-)$/ && NF >= 5 {
		if (!($1 in seen)) { seen[$1] = 1; way[++n] = $1 }
		if ($2 != "-" && of[$1] == "") { of[$1] = $2 " " $NF }
		cell[$1, nk] = $2 == "-" ? "cannot" : $3 ", " $4 ", " $5
	}
	END {
		printf "| attached to | events |"; for (k = 1; k <= nk; k++) printf " %s |", kernel[k]; print ""
		printf "| --- | --- |"; for (k = 1; k <= nk; k++) printf " --- |"; print ""
		for (i = 1; i <= n; i++) {
			printf "| `%s` | %s |", way[i], of[way[i]]
			for (k = 1; k <= nk; k++) printf " %s |", cell[way[i], k]
			print ""
		}
	}' $got
