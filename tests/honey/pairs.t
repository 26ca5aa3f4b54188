#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 600
# Every pair of operators over every width, sign and place (pairs.c), computed in the kernel, word for word and
# optimised: no value is wrong, every operand has in C the type inferred (--check-types, by clang), and where the
# value is not Elixir's because of a sign, a warning stands at the line. PAIRS: operands for each pair (6; to 100).
# shellcheck source=tests/lib.sh
. tests/lib.sh
honeyc=$B/honeyc
loader=$B/tests/honey/load_check

mkdir "$tmp/pairs"
counts=$("$B/tests/honey/pairs" "$tmp/pairs" "${PAIRS:-6}") || fail "the programs are written" "$counts"
echo "# $counts"

# Lines of FILE marked "# unsigned" that no warning names, nor the helper they call.
silent() {
	"$honeyc" --diagnostics=json --emit=c -o /dev/null "$1" 2>"$tmp/json"
	sed 's/.*"line": *\([0-9]*\).*/\1/' "$tmp/json" | awk '
		NR == FNR { warned[$1] = 1; next }
		match($0, /^defp f_[0-9]+/) { where[substr($0, 6, RLENGTH - 5)] = FNR }
		/# unsigned$/ {
			if (FNR in warned) next
			if (match($0, /f_[0-9]+\(/) && (where[substr($0, RSTART, RLENGTH - 1)] in warned)) next
			print FILENAME ":" FNR ": " $0
		}' - "$1"
}

# typed FILE: clang holds every operand of its C against the type inferred
typed() {
	"$honeyc" -w -P --check-types --emit=c -o "$tmp/x.c" "$1" &&
		clang -target bpf -Wall -Wno-unused -fsyntax-only "$tmp/x.c"
}

can_load=
if is_root && [ -r /sys/kernel/btf/vmlinux ]; then can_load=1; fi
wrong=0 values=0 quiet=0 loose=0
for file in "$tmp"/pairs/*.ex; do
	args=$(sed -n 's/^# args: //p' "$file")
	want=$(sed -n 's/^# out: //p' "$file")
	if ! typed "$file" 2>"$tmp/err"; then
		loose=$((loose + 1))
		sed -n '1,5s/^/# /p' "$tmp/err"
	fi
	silent "$file" >"$tmp/silent"
	quiet=$((quiet + $(wc -l <"$tmp/silent")))
	sed 's/^/# silent: /' "$tmp/silent"
	[ -n "$can_load" ] || continue
	for mode in "" -O; do
		# shellcheck disable=SC2086
		got=$("$honeyc" -w $mode -o "$tmp/x.bpf.o" "$file" 2>"$tmp/err" &&
			"$loader" run "$tmp/x.bpf.o" $args 2>"$tmp/err" | sed -n 's/^out //p')
		values=$((values + $(echo "$want" | wc -w)))
		[ "$got" = "$want" ] && continue
		wrong=$((wrong + 1))
		echo "# wrong: $file $mode"
		sed -n '1,5s/^/#   /p' "$tmp/err"
		printf '%s\n%s\n' "$want" "$got" | awk -v file="$file" '
			NR == 1 { n = split($0, w); next }
			{ split($0, g); for (i = 1; i <= n; i++) if (w[i] != g[i]) print "#   value " i - 1 ": " g[i] ", not " w[i] }'
	done
done
is "clang finds every operand to have the type inferred: programs where not" "$loose" 0
is "no value differs from Elixir's without a word because of a sign: lines that do" "$quiet" 0
if [ "$values" -gt 0 ]; then
	is "$values values in the kernel: programs with a wrong one" "$wrong" 0
else
	skip "the values in the kernel" "needs root and the kernel's BTF"
fi
done_testing
