#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# From an empty folder to "exact" in three commands: new, make, verify; and what new refuses.
set -u
. tests/lib.sh
root=$PWD
beebench=$root/$bee
cd "$tmp" || exit 1

run "$beebench" new opens --from openat
is "a new monitor" "$code" 0
is "its files" "$(cd opens && echo *)" "Makefile opens.bpf.c opens.bt opens.ex opens.manifest.json opens.means.bt"
like "it says what is next" "$out" "make -C opens"
is "no place of a name is left" "$(grep -l '@[A-Z]*@' opens/* || true)" ""
run "$beebench" new file_states --from stat
if [ "$code" -eq 0 ]; then
	like "a tracepoint has a name of its own" "$(cat file_states/file_states.means.bt)" "sys_exit_newstat"
	like "a module is written as Elixir does" "$(cat file_states/file_states.ex)" "defmodule FileStates do"
fi

# refused NAME TEXT ARG..: with exit code 2, and nothing made
refused() {
	refused_name=$1 refused_text=$2
	shift 2
	run "$beebench" new "$@"
	is "$refused_name" "$code $err" "2 beebench: error: new: $refused_text"
}
echo mine >opens/notes
refused "a folder that is there" "'opens' is there already; take another name, or remove it first" opens --from read
is "which is left as it was" "$(cat opens/notes) $(grep -c openat opens/opens.means.bt)" "mine 2"
refused "a call that is none" "no harmless call 'opnat' is known; did you mean 'openat'?" --from opnat other
for name in ../other 'two words' Upper 9lives '' a-b "$(printf '%033d' 0 | tr 0 a)"; do
	refused "the name '$name'" "'$name' is no name of a monitor: 1 to 32 of a-z, 0-9 and _, a letter first" "$name" --from openat
done
refused "no call" "which system call? --from openat, or another of 'beebench list syscalls'" other
refused "no name" "give it a name: beebench new NAME --from SYSCALL"
refused "two names" "unexpected word 'third'" other third --from openat
is "nothing was made" "$(find . -name '*other*' -o -name '*third*')" ""
if ! is_root; then
	mkdir closed
	chmod a-w closed
	run sh -c "cd closed && '$beebench' new other --from openat"
	is "a place where nothing may be written" "$code" 2
fi

if ! have clang; then
	skip "it builds" "no clang"
	done_testing
fi
run make -C opens
is "it builds" "$code" 0 || printf '# %s\n' "$err"
check "into its folder" test -s opens/opens.bpf.o
cd "$root" || exit 1
if why=$(bpf_refused); then
	skip "it is exact" "$why"
	done_testing
fi
need_tool jq jq
run "$bee" verify -q --json -m "$tmp/opens/opens.bpf.o"
is "it is exact, beside what verify chooses" "$code $(printf '%s' "$out" |
	jq -r '[.trials[] | select(.workload == "syscalls") | .conformance.verdict] | join(" ")')" "0 exact"
twins=$tmp/opens/opens.ex
! have bpftrace || twins=$twins,$tmp/opens/opens.bt
run "$bee" verify -q --json -m "$tmp/opens/opens.bpf.o,$twins" -w syscalls:name=openat+read,calls=211,errors=31,threads=3
is "and so are its twins, beside threads" "$code $(printf '%s' "$out" | jq -r '[.trials[].conformance.verdict] | unique | join(" ")')" "0 exact"

# And it can be wrong: a thread is no process.
sed 's/ >> 32//' "$tmp/opens/opens.bpf.c" >"$tmp/opens/wrong" && mv "$tmp/opens/wrong" "$tmp/opens/opens.bpf.c"
run make -C "$tmp/opens"
run "$bee" verify -q --json -m "$tmp/opens/opens.bpf.o" -w syscalls:name=openat,calls=211,errors=31,threads=3
is "one that counts by thread is wrong" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "1 mismatch"
done_testing
