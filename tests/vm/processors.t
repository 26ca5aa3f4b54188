#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests of other processors, as any user: monitors are right there, and those that are right on x86-64 alone are found out. One boot
# of each; with PROCESSORS_FULL=1 (make test-matrix) every kernel and every monitor. What is not built is skipped with the reason.
# timeout: 1800
set -u
. tests/lib.sh

need_tool jq jq
full=${PROCESSORS_FULL:-0}
emulator() {
	case $1 in
	arm64) echo qemu-system-aarch64 ;;
	*) echo "qemu-system-$1" ;;
	esac
}

# there PROCESSOR KERNEL: can it be booted here? Else a skip.
there() {
	if ! have "$(emulator "$1")"; then
		skip "a guest of $1" "no $(emulator "$1") (make guest-$1 installs it)"
	elif [ ! -x "$B/$1/static/beebench" ]; then
		skip "a guest of $1" "nothing is compiled for $1: make guest-$1"
	elif run "$bee" vm -k "$2" --where && [ "$code" -eq 77 ]; then
		skip "a guest of $1" "$err"
	else
		return 0
	fi
	return 1
}

# judge KERNEL MONITORS LOADS: each trial a test
judge() {
	run "$bee" verify -q --json -k "$1" -m "$2" -w "$3"
	printf '%s\n' "$out" >"$tmp/verify.json"
	is "verify on $1 ends well" "$code" 0 || printf '# %s\n' "$err"
	jq -r '.trials[]? | [.status, .conformance.verdict // "none", .monitor, .workload, .mismatches[0].text // .reason // ""] | @tsv' \
		"$tmp/verify.json" >"$tmp/trials"
	while IFS='	' read -r status verdict monitor workload reason; do
		case $status in
		skip) skip "$monitor beside $workload on $1" "$reason" ;;
		*) like "$monitor beside $workload on $1" "$verdict" '^(exact|bounded)$' || printf '# %s\n' "$reason" ;;
		esac
	done <"$tmp/trials"
	like "something was judged on $1" "$(cut -f 2 "$tmp/trials")" '^exact$'
	is "memmon_fast is off nowhere on $1" "$(jq '[.trials[]? | select(.monitor == "memmon_fast") | .accuracy[] | select(.error != 0)] | length' "$tmp/verify.json")" 0
}

loads=brk,fail,filter,partial,threads:count=101
for processor in arm64 s390x; do
	there $processor 6.12/$processor || continue
	judge 6.12/$processor memmon,memmon_fast,memmon-honey,cpumon $loads
done

# Right on x86-64 and wrong elsewhere: tests/bpf/port_*.bpf.c.
wrong=page,first,numbers,block,halves
# take PROCESSOR: those objects and their manifests
take() {
	from=$B/tests/bpf
	[ "$1" = x86-64 ] || from=$B/$1/tests/bpf
	mkdir -p "$tmp/$1"
	for name in $(echo $wrong | tr , ' '); do
		cp "$from/port_$name.bpf.o" "$tmp/$1/" || return 1
	done
	for name in page first; do
		cp bpf/memmon/memmon_fast.manifest.json "$tmp/$1/port_$name.manifest.json"
	done
	chmod -R a+rX "$tmp"
}
# found KERNEL PROCESSOR NAMES: the wrong ones, and only those, with a sentence
found() {
	run "$bee" verify -q --json -k "$1" -m "$(printf '%s\n' "$tmp/$2"/*.o | paste -sd,)" -w brk,filter,partial,threads:count=101
	printf '%s\n' "$out" >"$tmp/wrong.json"
	is "wrong on $1" "$(jq -r '[.trials[] | select(.status == "fail") | .monitor] | unique | join(" ")' "$tmp/wrong.json")" "$3" ||
		printf '# %s\n' "$err"
	is "each with a sentence" "$(jq '[.trials[] | select(.status == "fail") | .mismatches[0].text | length > 20] | all' "$tmp/wrong.json")" true
}
# says MONITOR WORKLOAD PATTERN
says() {
	like "$1 beside $2" "$(jq -r --arg m "$1" --arg w "$2" '.trials[] | select(.monitor == $m and .workload == $w) | .mismatches[].text' "$tmp/wrong.json")" "$3"
}

if [ "$full" = 1 ]; then
	if have qemu-system-x86_64; then
		take x86-64
		found 6.12/x86-64 x86-64 ""
	fi
	if there arm64 6.12/arm64-16k; then
		take arm64
		found 6.12/arm64-16k arm64 "port_first port_numbers port_page"
		says port_page filter 'mmap_bytes of key [0-9]+ is 565248, the calls make it 2260992'
		says port_first brk 'as if brk\(0\), which only asks, were counted'
		says port_numbers filter 'it was never updated'
		judge 6.12/arm64-16k memmon,memmon_fast,memmon-honey,memmon-honey-O,cpumon,cpumon-honey $loads,forks,remap
		judge 6.1/arm64 memmon,memmon_fast,memmon-honey,memmon-honey-O,cpumon,cpumon-honey $loads,forks,remap
	fi
	if there s390x 6.12/s390x; then
		take s390x
		found 6.12/s390x s390x "port_block port_first port_halves port_numbers"
		says port_halves threads 'current_usage of key'
		says port_block filter '(mmap_count|peak_usage|current_usage) of key'
		run "$bee" verify -q -k 6.12/s390x -m "$tmp/arm64/port_block.bpf.o" -w brk
		is "an object of the other byte order: usage" "$code" 2
		has "what to do" "$err" "-target bpfeb -D__TARGET_ARCH_s390"
		run "$bee" vm -k 6.12/s390x --load "bpf/memmon/memmon.ex"
		is "a Honey source is compiled for the guest's processor" "$code" 0
	fi
	# There a child's return from fork passes no tracepoint, which tells a monitor what break the child begins with.
	if there s390x 7.2/s390x; then
		judge 7.2/s390x memmon_fast forks
	fi
	# Without BTF: what needs it is skipped with its reason, and the others are judged.
	if there s390x 6.1/s390x; then
		run "$bee" verify -q --json -k 6.1/s390x -m memmon_fast,cpumon,memmon -w brk
		printf '%s\n' "$out" >"$tmp/btf.json"
		is "without BTF verify ends well" "$code" 0 || printf '# %s\n' "$err"
		is "what needs it is skipped, the others are judged" "$(jq -r '[.trials[] | .monitor + " " + .status] | join(", ")' "$tmp/btf.json")" \
			"memmon_fast skip, cpumon skip, memmon ok"
		is "each with the reason" "$(jq '[.trials[] | select(.status == "skip") | .reason | contains("no BTF") or contains("kernel has none")] | all' "$tmp/btf.json")" true
	fi
	# A mapping costs one of three sums there: twice as many calls tell which is the usual one. In a full hash buckets differ as well.
	if there arm64 6.12/arm64; then
		run "$bee" exact -q --json -k 6.12/arm64 -o timeout=600 -m memmon
		is "every path but that of a full hash has a figure on 6.12/arm64" "$(printf '%s\n' "$out" | jq -r '[.records[] | select(.type == "exact") |
			select(.stable != true and .path != "mmap-map-full") | .path] | join(" ")')" "" || printf '# %s\n' "$err"
		is "mappings among them" "$(printf '%s\n' "$out" | jq '[.records[] | select(.monitor == "memmon" and .path[:4] == "mmap" and .added > 0)] | length')" 6
	fi
	# Both figures in one boot are equal, and a field counted more is more.
	for kernel in 6.12/arm64 6.12/s390x; do
		there ${kernel#*/} $kernel || continue
		run "$bee" exact -q --json -k $kernel -o boots=2,calls=200,timeout=600 -m memmon,memmon_fast
		printf '%s\n' "$out" >"$tmp/exact.json"
		is "exact on $kernel" "$code" 0 || printf '# %s\n' "$err"
		is "two boots of $kernel count the same" "$(jq -r '[.records[] | .differing] | unique | join(" ")' "$tmp/exact.json")" 0
		# Of a thread that has used SVE each call would be dearer.
		is "calls that wake the reader differ by what that is on $kernel" "$(jq -c '[.records[] | select(.type == "exact" and .monitor == "memmon") |
			{(.path): .instructions}] | add | [."brk-ring-full" < .brk, .brk < ."brk-wake"]' "$tmp/exact.json")" "[true,true]"
		is "brk has a figure on $kernel" "$(jq '[.records[] | select(.path == "brk" and .monitor == "memmon") | .added > 0] | all' "$tmp/exact.json")" true
	done
	# A process gets one object for all its mappings there, and its alignment is of chance: the guest chooses it.
	if there arm64 6.1/arm64; then
		run "$bee" exact -q --json -k 6.1/arm64 -o boots=4,calls=64,timeout=600 -m memmon,cpumon
		# A switch looks at what waits for ksoftirqd, which the two threads that are counted would keep from its CPU.
		for path in mmap switch; do
			is "four boots of 6.1/arm64 count the same $path" "$(printf '%s\n' "$out" | jq -c --arg p $path '[.records[] |
				select(.type == "exact" and .path == $p) | .stable and .instructions != null and .differing == 0] | unique')" "[true]" ||
				printf '# %s\n' "$err"
		done
	fi
	run "$bee" compare memmon memmon-honey --json -q -k 6.12/arm64 -o cost=no -w brk,fail,partial
	like "compare -k runs its exact lane on arm64" "$(printf '%s' "$out" | jq -r '.records[] | select(.type == "exact") | .kernel' | head -n 1)" arm64
fi

# A processor that nothing is built for is said once, and the other kernels are judged.
if have qemu-system-x86_64 && run "$bee" vm -k 6.12 --where && [ "$code" -eq 0 ]; then
	mkdir -p "$tmp/build/bpf"
	cp "$B/beebench" "$tmp/build"
	cp -r "$B/vm" "$B/static" "$tmp/build"
	cp -r "$B/bpf/memmon" "$tmp/build/bpf"
	run "$tmp/build/beebench" verify -q --json -k 6.12/arm64,6.12,6.1/arm64 -m memmon -w brk
	is "some of the guests cannot be had: not all was judged" "$code" 3
	is "the other was" "$(printf '%s' "$out" | jq -r '[.trials[] | .status + " " + .kernel[:4]] | join(", ")')" "ok 6.12"
	is "it is said once" "$(printf '%s\n' "$err" | grep -c "error: no .*arm64")" 1
	run "$tmp/build/beebench" verify -q -k 6.12/arm64,6.1/arm64 -m memmon -w brk
	is "none of them can be had: skipped" "$code" 77
else
	skip "a processor that nothing is built for" "no guest of x86-64"
fi

# What cannot be: clear errors, whatever is installed.
run "$bee" vm -k 6.12/sparc --where
is "a processor that no guest has: usage" "$code" 2
has "which there are" "$err" "x86-64, arm64, arm64-16k, s390x"
{
	head -c 56 /dev/zero
	printf 'ARMd'
	head -c 70000 /dev/zero
} >"$tmp/Image"
mkdir -p "$tmp/cache/kernels/6.12"
cp "$tmp/Image" "$tmp/cache/kernels/6.12/vmlinuz"
printf 'package p 1\nvmlinuz_sha256 %s\n' "$(sha256sum "$tmp/Image" | cut -d ' ' -f 1)" >"$tmp/cache/kernels/6.12/note"
BEEBENCH_CACHE=$tmp/cache run "$bee" vm -k 6.12/x86-64 --where
is "a kernel of another processor in its place: usage" "$code" 2
has "whose it is" "$err" "is a kernel for arm64, and one for x86-64 was asked for"
if [ "$(uname -m)" = x86_64 ]; then
	mkdir "$tmp/none"
	for tool in sha256sum sh; do ln -s "$(command -v $tool)" "$tmp/none/$tool"; done
	run env PATH="$tmp/none" "$bee" vm -k "$tmp/Image" -- beebench doctor
	is "no emulator: cannot run here" "$code" 77
	has "what installs it" "$err" "sudo apt-get install --no-install-recommends qemu-system-"
fi
done_testing
