#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# libmemprof.so for arm64, under qemu-user: what tests/allocating's programs allocate, and their stacks. Nobody executes arm64's programs
# here but the emulator, so that this machine's memprof run follows them; a segment is the same on both processors.
# beside others
. tests/lib.sh

memprof=$B/memprof
[ -x "$memprof" ] || skip_all "no $memprof"
need_tool aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
need_tool qemu-aarch64 qemu-user
need_tool jq jq
need_tool make make
root=/usr/aarch64-linux-gnu
[ -e $root/lib/libc.so.6 ] || skip_all "no libc of arm64 in $root; sudo apt-get install libc6-dev-arm64-cross"
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES
set --
for program in ledger pairs xthread life odd; do
	set -- "$@" "$tmp/arm64/tests/allocating/$program"
done
run make -s PROCESSOR=arm64 HOSTB="$B" B="$tmp/arm64" SYSROOT=$root "$tmp/arm64/libmemprof.so" "$@"
is "it is built" "$code" 0 || printf '# %s\n' "$err"

# profile "OPTIONS" PROGRAM ARG..: the program's process and stacks, in JSON
profile() {
	options=$1 program=$tmp/arm64/tests/allocating/$2
	shift 2
	# shellcheck disable=SC2016,SC2086 # of the inner shell, which is another process; words
	run "$memprof" run -q $options -o "$tmp/p" -- sh -c 'unset LD_PRELOAD; qemu-aarch64 -L "$0" -E LD_PRELOAD="$@"; exit $?' \
		$root "$tmp/arm64/libmemprof.so" "$program" "$@"
	is "$(basename "$program") $*: exit code, $options" "$code" 0
	# Without the shell that starts the emulator. "allocate" is inlined; gcc names a function that it changed NAME.isra.0.
	"$memprof" report "$tmp/p" --format json | jq --arg c "$program" '(.processes[] | select(.command_line | startswith($c))) as $p |
		{process: $p, losses: (.losses | map({(.name): .count}) | add), stacks: [.stacks[] | select(.pid == $p.pid) |
		.frames |= (. - ["allocate"] | map(sub("[.](isra|constprop|part)[.][0-9]+$"; "")))]}' >"$tmp/p.json"
}
# of FILTER
of() {
	jq -r "$1" "$tmp/p.json"
}
# Of a stripped libc the functions that it does not export have no name.
ends='(.frames[-4] == "main" and .frames[-1] == "_start")'
truth='257 1225589 232 1224847 25 742'
for how in "--exact" "--exact --trailer" "--exact --no-memo" "--counts" "--rate 1"; do
	profile "$how" ledger
	is "the ledger's own sums" "$out" "$truth"
	case $how in
	--counts) is "ledger $how" "$(of '.process.totals | "\(.allocs) \(.bytes) \(.frees) \(.live_blocks)"')" "257 1225589 232 25" ;;
	# A block of no bytes is no sample.
	--rate*) is "ledger $how" "$(of '.process.totals | "\(.bytes) \(.freed_bytes) \(.live_bytes)"')" "1225589 1224847 742" ;;
	*) is "ledger $how" "$(of '.process.totals | "\(.allocs) \(.bytes) \(.frees) \(.freed_bytes) \(.live_blocks) \(.live_bytes)"')" "$truth" ;;
	esac
done
for how in "--exact" "--exact --trailer"; do
	profile "$how" pairs 100000 3
	is "pairs $how" "$(of '[.stacks[] | [.allocs, .frames[:5], .frames[-1]]] | tojson')" '[[100000,["leaf","mid","mid","work","main"],"_start"]]'
	profile "$how" xthread
	is "xthread $how" "$out $(of '.process.totals | "\(.allocs) \(.frees) \(.freed_bytes)"')" "2000000 700970000 2000001 2000000 700970000"
	profile "$how" life fork
	is "fork $how" "$(of '"\(.process.totals | [.allocs, .frees, .live_bytes]) \(.losses.inherited_frees)"' | sort)" "[100,60,4000] 100
[50,0,5000] 100"
done
# Its return addresses are signed, as processors that can do so are told to.
check "a program with signed return addresses is built" aarch64-linux-gnu-gcc -std=gnu11 -I. -O2 -g -fno-builtin -pthread -mbranch-protection=standard \
	-o "$tmp/arm64/tests/allocating/signed" tests/allocating/pairs.c
profile --exact signed 1000 3
is "signed return addresses" "$(of '[.stacks[] | [.allocs, .frames[:5], .frames[-1]]] | tojson')" '[[1000,["leaf","mid","mid","work","main"],"_start"]]'
profile "--exact --no-memo" odd
of '.stacks[] | "\(.frames | join(";")) \(.allocs) \(.bytes) \(.frees) \(.cut)"' | sort >"$tmp/walked"
profile --exact odd
is "awkward stacks, with the memo and without" "$(of '.stacks[] | "\(.frames | join(";")) \(.allocs) \(.bytes) \(.frees) \(.cut)"' | sort)" "$(cat "$tmp/walked")"
is "awkward stacks: nothing guessed; what makecontext() starts has no caller, one has more than 127 frames" "$(of '.losses | "\(.guesses) \(.stacks_cut)"')" "0 51"
is "alloca of 70 KB" "$(of "[.stacks[] | select(.frames[0] == \"with_alloca\" and $ends) | .allocs] | add")" 51
is "a signal handler, also on a stack of its own" "$(of "[.stacks[] | select(.frames[0] == \"on_signal\" and $ends) | [.allocs, .bytes]] | sort | tojson")" "[[50,4900],[50,4950]]"
is "a callback from libc" "$(of "[.stacks[] | select(.frames[0] == \"compare\") | $ends] | all")" true
is "threads" "$(of '[.stacks[] | select(any(.frames[]; . == "thread_main")) | .allocs] | add')" 450
is "nothing is left in /dev/shm" "$(find /dev/shm -name '*memprof*')" ""
done_testing
