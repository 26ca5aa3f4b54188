#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# beebench matrix: cells, what is kept of them, what is done again, what it says of what it cannot do. One kernel of this machine's
# processor; with PROCESSORS_FULL=1 (make test-matrix) every kernel and processor.
# timeout: 1800
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
run "$bee" vm -k 6.12/x86-64 --where
[ "$code" -ne 77 ] || skip_all "no kernel 6.12: $err"
vmlinuz=$out
cp "$B/bpf/memmon/memmon.bpf.o" "$B/tests/bpf/wrong_peak.bpf.o" "$tmp"

# matrix ARG..: on what is small
matrix() {
	run "$bee" matrix -q --json -o cells="$tmp/cells" -w brk,filter "$@"
	printf '%s\n' "$out" >"$tmp/matrix.json"
}
# cells FILTER: of what matrix said
cells() {
	jq -r "[.records[] | select(.type == \"cell\") | $1] | join(\" \")" "$tmp/matrix.json"
}

matrix -k 6.12/x86-64 -m "$tmp/memmon.bpf.o,$tmp/wrong_peak.bpf.o"
is "one is wrong: a check failed" "$code" 1
is "which" "$(cells '.monitor + " " + .verdict')" "memmon exact wrong_peak mismatch"
is "both load" "$(cells '.loads')" "true true"
like "its sentence" "$(cells 'select(.status == "fail") | .finding')" '^beside filter: peak_usage of key [0-9]+ is '
like "and the figure of exact" "$(cells 'select(.monitor == "memmon") | .added.brk')" '^[0-9]+$'
is "a file for each cell" "$(cd "$tmp/cells" && echo ./*)" "./memmon@6.12_x86-64.json ./wrong_peak@6.12_x86-64.json"

# What is there is taken as it is; what is missing, damaged or of another object is done again.
sed -i 's/"verdict":"exact"/"verdict":"bounded"/' "$tmp/cells/memmon@6.12_x86-64.json"
printf '{"type":"cell","mon' >"$tmp/cells/wrong_peak@6.12_x86-64.json"
matrix -k 6.12/x86-64 -m "$tmp/memmon.bpf.o,$tmp/wrong_peak.bpf.o"
is "a cell that is done is not done again, half a one is" "$(cells '.verdict')" "bounded mismatch"
cp "$tmp/wrong_peak.bpf.o" "$tmp/memmon.bpf.o"
matrix -k 6.12/x86-64 -m "$tmp/memmon.bpf.o"
is "another object: another cell" "$(cells '.verdict')" mismatch

# A full disk: what was found is told all the same.
mkdir "$tmp/disk"
echo "needs root" >"$tmp/said"
if is_root && mount -t tmpfs -o size=16k beebench-test "$tmp/disk" 2>"$tmp/said"; then
	at_exit "umount '$tmp/disk' 2>/dev/null"
	dd if=/dev/zero of="$tmp/disk/fill" bs=1k 2>/dev/null
	run "$bee" matrix -q -o cells="$tmp/disk" -w brk -k 6.12/x86-64 -m "$tmp/wrong_peak.bpf.o"
	is "cells on a full disk: exit code and why" "$code $err" \
		"2 beebench: error: cannot keep a cell of the matrix in $tmp/disk/wrong_peak@6.12_x86-64.json; choose another folder with -o cells=DIR: No space left on device"
	is "nothing half is left" "$(ls -A "$tmp/disk")" fill
	like "the table has it" "$out" '^ +6.12/x86-64 +exact$'
	umount "$tmp/disk"
else
	skip "cells on a full disk" "no tmpfs can be mounted here: $(cat "$tmp/said")"
fi

# Forms.
run "$bee" matrix -q -o cells="$tmp/cells" -w brk,filter -k 6.12/x86-64 -m "$tmp/wrong_peak.bpf.o"
like "a table" "$out" '^ +6.12/x86-64 +WRONG$'
run "$bee" matrix -q -o cells="$tmp/cells" -w brk,filter -k 6.12/x86-64 -m "$tmp/wrong_peak.bpf.o" --format html
like "a page" "$out" '<td class="bad">WRONG</td>'

# What cannot be had is a reason in its cells, and the others are done.
mkdir "$tmp/none"
head -c 70000 /dev/zero >"$tmp/Image"
printf 'S390EP' | dd of="$tmp/Image" bs=1 seek=65544 conv=notrunc 2>/dev/null
for tool in sh sha256sum; do ln -s "$(command -v $tool)" "$tmp/none/$tool"; done
out=$(PATH=$tmp/none "$bee" matrix -q --json -o cells="$tmp/cells" -w brk,filter -k "$tmp/Image" -m nop 2>&1)
is "without any emulator it cannot run here" "$?" 77
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/mips
is "no such processor: usage" "$code" 2
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m "memmon,$tmp/memmon.bpf.o"
is "two monitors of one name" "$code $err" "2 beebench: error: matrix: memmon and $tmp/memmon.bpf.o are both called memmon, and a cell is called by its monitor; rename one of them"
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m "$tmp/none.bpf.o"
is "a monitor that there is not" "$code $err" "2 beebench: error: cannot read the monitor $tmp/none.bpf.o: No such file or directory"
printf 'int x;\n' >"$tmp/mine.bpf.c"
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m "$tmp/mine.bpf.c"
is "a source" "$code $err" "2 beebench: error: $tmp/mine.bpf.c: a source; compile it with: clang -g -O2 -target bpf -c $tmp/mine.bpf.c, and give the object"
printf 'x\n' >"$tmp/mine.txt"
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m "$tmp/mine.txt"
is "a file that is none" "$code $err" "2 beebench: error: $tmp/mine.txt: what is it? a monitor is an object (.bpf.o, .o), a Honey source (.ex), a bpftrace script (.bt) or a manifest (.json)"
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m none
is "'none'" "$code $err" "2 beebench: error: matrix: 'none' is no monitor that a kernel could take"
printf '{"schema": 1, "what": 3}\n' >"$tmp/bad.json"
run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m "$tmp/bad.json"
is "a manifest that is none" "$code $err" "2 beebench: error: $tmp/bad.json:1: what: no such field; see docs/adding-a-monitor.md"
run "$bee" matrix -q -o cells=/proc/nowhere -k 6.12/x86-64
is "a folder that cannot be made: usage" "$code" 2
has "what to do" "$err" "-o cells=DIR"
(
	flock 9
	run "$bee" matrix -q -o cells="$tmp/cells" -k 6.12/x86-64 -m nop
	is "two at once in one folder: refused" "$code" 2
	printf '%s\n' "$err" >"$tmp/refused"
) 9<"$tmp/cells"
has "which is said" "$(cat "$tmp/refused")" "another matrix is at work in"
tap_n=$((tap_n + 1)) # of the subshell

# What cannot go into a guest, what does not compile, and what says nothing: each with its reason, beside what is judged.
printf '{"schema": 1, "name": "named", "object": "%s"}\n' "$tmp/wrong_peak.bpf.o" >"$tmp/n.json"
printf '{"schema": 1, "run": ["true"]}\n' >"$tmp/r.json"
printf 'defmodule M do\n' >"$tmp/half.ex"
matrix -k 6.12/x86-64 -m "$tmp/n.json,$tmp/r.json,$tmp/half.ex,memmon.bt,nop"
is "a manifest's monitor is called as it says, and judged" "$code $(cells 'select(.monitor == "named") | .verdict, (.added.brk > 0)')" "1 mismatch true"
is "a command" "$(cells 'select(.monitor == "r") | .status, .reason')" "skip the guest has no programs of this machine"
is "a script" "$(cells 'select(.monitor == "memmon.bt") | .status, .reason')" "skip the guest has no bpftrace"
like "a source with an error" "$(cells 'select(.monitor == "half.ex") | .status, .reason')" "^skip $tmp/half.ex does not compile:"
is "what counts nothing" "$(cells 'select(.monitor == "nop") | .status, .reason')" "void it has neither counters nor events that could be judged"
printf '{"schema": 1, "name": "named", "object": "%s", "definition": "completed"}\n' "$tmp/wrong_peak.bpf.o" >"$tmp/n.json"
key=$(jq -r .key "$tmp/cells/named@6.12_x86-64.json")
matrix -k 6.12/x86-64 -m "$tmp/n.json"
hasnt "another manifest: another cell" "$(jq -r .key "$tmp/cells/named@6.12_x86-64.json")" "$key"

# Guests of other processors that are not built: said once a processor, before a kernel is fetched; the cells are marked.
mkdir "$tmp/bare"
for f in "$B"/*; do
	case ${f##*/} in
	arm64 | s390x | beebench) ;;
	*) ln -s "$(realpath "$f")" "$tmp/bare/" ;;
	esac
done
cp "$B/beebench" "$tmp/bare/"
run env BEEBENCH_CACHE="$tmp/empty" "$tmp/bare/beebench" matrix -q -o cells="$tmp/bare/cells" -k 6.1/arm64,6.12/arm64,6.12/arm64-16k,6.12/s390x -m memmon,nop
is "nothing could be run" "$code" 77
like "the cells are marked" "$out" '^  6.12/arm64-16k +not run +not run$'
is "the cure once a processor" "$(printf '%s\n' "$out" | tr '\n' ' ' | grep -oE 'not run, [^:]*: no ' | paste -sd ' ')" \
	"not run, 6 cells on 6.1/arm64, 6.12/arm64, 6.12/arm64-16k: no  not run, 2 cells on 6.12/s390x: no "
if have qemu-system-aarch64; then
	has "which is" "$(printf '%s\n' "$out" | tr -s ' \n' ' ')" "a guest of arm64 is not built; build it: make guest-arm64"
fi
hasnt "and no heading without figures" "$out" "Kernel instructions"
run "$tmp/bare/beebench" matrix -q -o cells="$tmp/cells" -w brk,filter -k 6.12/x86-64,6.12/arm64 -m "$tmp/memmon.bpf.o"
is "what is wrong goes before what was not run" "$code" 1
run "$tmp/bare/beebench" matrix -q -o cells="$tmp/bare/cells" -w brk -k "$vmlinuz,6.12/arm64" -m memmon
is "what is right does not: something was not found out" "$code" 3
check "no kernel was fetched for it" test ! -e "$tmp/empty/kernels"

# Interrupted or killed: what is done stays, and the next start does the rest.
for signal in INT KILL; do
	rm -rf "$tmp/more"
	env --default-signal=INT "$bee" matrix -q -o cells="$tmp/more",jobs=1 -w brk -k "$vmlinuz" -m memmon,nop,memmon_fast >/dev/null 2>&1 &
	pid=$!
	until [ -n "$(ls "$tmp/more" 2>/dev/null)" ] || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
	kill -$signal $pid 2>/dev/null
	wait $pid
	check "SIG$signal: whole cells alone are left" sh -c "jq -e '.type == \"cell\"' '$tmp'/more/*.json >/dev/null"
	done=$(cat "$tmp"/more/*.json | cksum) names=$(cd "$tmp/more" && echo ./*.json)
	echo half >"$tmp/more/nop@6.12_x86-64.json.part"
	run "$bee" matrix -q --json -o cells="$tmp/more" -w brk -k "$vmlinuz" -m memmon,nop,memmon_fast
	is "SIG$signal: the next start does the rest" "$(printf '%s' "$out" | jq -r '[.records[] | select(.type == "cell") | .verdict] | join(" ")')" \
		"exact  exact"
	# shellcheck disable=SC2086 # names without blanks
	is "and not what was done" "$(cd "$tmp/more" && cat $names | cksum)" "$done"
done

# A guest that ends before it has judged its monitors: each is judged in one of its own.
"$bee" matrix -q --json -o cells="$tmp/ended",jobs=1 -w brk -k "$vmlinuz" -m memmon,memmon_fast >"$tmp/matrix.json" 2>"$tmp/err" &
pid=$!
judges='' qemu=''
until [ -n "$qemu" ] || ! kill -0 $pid 2>/dev/null; do
	sleep 0.05
	judges=$(pgrep -P $pid -f "verify.*memmon,memmon_fast") && qemu=$(pgrep -P "$judges" qemu-system)
done
kill -KILL "$qemu"
code=0
wait $pid || code=$?
is "a guest that was killed while it judged two monitors: both are judged" "$code $(cells '.monitor + " " + (.verdict // .status)')" \
	"0 memmon exact memmon_fast exact" || cat "$tmp/err"

if [ "${PROCESSORS_FULL:-0}" = 1 ]; then
	run "$bee" matrix -q --json -o cells="$tmp/all"
	printf '%s\n' "$out" >"$tmp/matrix.json"
	is "every kernel has its cells" "$(cells '.kernel' | tr ' ' '\n' | sort -u | wc -l)" 8
	is "whatever loads and was judged is right on Linux 6" "$(cells 'select(.verdict != null and (.kernel | startswith("7.2") | not)) | .verdict' |
		tr ' ' '\n' | sort -u | paste -sd ' ')" "bounded exact"
fi
done_testing
