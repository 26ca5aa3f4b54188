#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Each wrong variant of a monitor that says what its maps mean is found out, and gets the right sentence.
set -u
. tests/lib.sh
need_bpf
need_tool jq jq
. tests/cli/means_lib.sh

# wrong NAME MAP SENTENCE: nothing but MAP, a regular expression, is off, and each of its mismatches has the SENTENCE, a regular expression
wrong() {
	place "$1"
	judged "$tmp/$1.bpf.o"
	told "$@"
}
told() {
	is "$1: wrong" "$verdict" "1 mismatch"
	like "$1: nothing but $2 is" "$(printf '%s' "$out" | jq -r '[.trials[0].mismatches[].field] | unique | join(" ")')" "^$2\$"
	is "$1: each with its sentence" "$(printf '%s\n' "$texts" | grep -Ev -e "$3\$")" ""
	like "$1: it is" "$texts" "$3\$"
}
wrong cut @opens ": as if path were cut to 15 bytes"
like "the key is named in words" "$texts" "^@opens\[path '/etc/ld.so.cache', .* 0\] is "
wrong full @opens ": [0-9]+ keys were lost on a full map, which has room for 4"
wrong signed @opens ": as if .*, which has a sign, were taken without one"
like "with what is there and what should be" "$texts" "^@opens\[/none/of/that,18446744073709551614\] is 1, and no call counts there: "
wrong filter "@bytes @reads" ": as if the filter were /args->ret > 64/"
wrong enter @forks ": as if it counted at enter instead of exit"
wrong failed @execs "\[comm 'sh'\] is 2, the calls make it 1: as if failed calls counted too"
# How long a sync takes may lie so near a bound that either bucket is right; a sleep takes what it was asked for.
wrong bucket "@slept( @synced)?" "bucket .* is [0-9]+, the calls make it [0-9to ]+: as if the bounds of the buckets were shifted, each value one bucket too high"
wrong twice @signals "^@signals\[sig [0-9]+, uid [0-9]+\] is [0-9]+, the calls make it [0-9]+: as if each call were counted twice"
wrong value @least "^@least\[comm 'cat'\] is [0-9]+, the calls make it -[0-9]+: as if a value with a sign were taken without one"
place event
judged "$tmp/event.bpf.o"
is "event: wrong" "$verdict" "1 mismatch"
is "event: nothing else is" "$(printf '%s' "$out" | jq -r '[.trials[0].mismatches[].what] | unique | join(" ")')" event
like "event: what is missing" "$texts" "^an event \\(path '.*', error -?[0-9]+, comm '[a-z]+', pid [0-9]+\\) is missing, and no loss was counted: nothing but pid is off in any of them$"
like "event: and what is too many" "$texts" "^a record \\(path '.*', error -?[0-9]+, comm '[a-z]+', pid [0-9]+\\) belongs to no call: nothing but pid is off in any of them$"
place thread
run "$bee" verify -q --json -m "$tmp/thread.bpf.o" -w threads:threads=3
verdict="$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')"
texts=$(printf '%s' "$out" | jq -r '.trials[0].mismatches[].text')
told thread @calls ": as if keyed by thread instead of process"

# What no cause explains gets none.
cp "$B/tests/bpf/means_right.bpf.o" "$tmp/none.bpf.o"
judged "$tmp/none.bpf.o" --means 'tracepoint:syscalls:sys_enter_kill { @signals[args.sig + 1, uid] = count(); }'
is "none: wrong" "$verdict" "1 mismatch"
is "none: no guess" "$(printf '%s' "$texts" | grep -c "as if")" 0
if have bpftrace; then
	cat >"$tmp/limit.bt" <<-'END'
		tracepoint:syscalls:sys_enter_openat { @n[args->flags] = count(); }
	END
	echo '{"schema": 1, "means": "tracepoint:syscalls:sys_enter_openat { @n[args.flags & 1] = count(); }"}' >"$tmp/limit.bt.manifest.json"
	judged "$tmp/limit.bt"
	is "a script that is not what its manifest says" "$verdict" "1 mismatch"
	if have perl; then
		echo 'tracepoint:syscalls:sys_enter_getpgid { @n[args->pid] = count(); }' >"$tmp/keys.bt"
		# shellcheck disable=SC2016 # perl's variable
		run "$bee" verify -q --json -m "$tmp/keys.bt" -- perl -e 'getpgrp($_) for 100001..110250'
		is "a script whose map is full" "$code" 1
		like "and what it lost" "$(printf '%s' "$out" | jq -r '.trials[0].mismatches[0].text')" \
			"^@n\\[pid [0-9]+\\] is missing, the calls make it 1: 10 keys were lost on a full map, which has room for 10240$"
	fi
fi
done_testing
