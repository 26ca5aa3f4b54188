#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof kernel: the document's lab, a command whose kernel allocations are known, and what is said where it cannot work.
set -u
. tests/lib.sh

memprof=$B/memprof
[ -x "$memprof" ] || skip_all "no $memprof"

run "$memprof" kernel --of kmaloc
is "an unknown kind: usage" "$code" 2
has "which there are" "$err" "'kmaloc' is none of kmalloc, cache, pages"
run "$memprof" kernel --every 3 --rate 4096
is "two ways of sampling: usage" "$code" 2
run "$memprof" kernel -p 1 -- true
is "a process and a command: usage" "$code" 2
run "$memprof" kernel true
is "a command without --: usage" "$code" 2
run "$memprof" kernel -p 4194305 --seconds 1
is "a process that is not there: usage" "$code" 2
has "which" "$err" "no process 4194305"
run "$memprof" kernel --cgroup nowhere --seconds 1
is "a cgroup that is not there: usage" "$code" 2
has "which one" "$err" "there is no cgroup nowhere"

if is_root && have setpriv; then
	cp "$memprof" "$tmp/memprof"
	chmod 755 "$tmp" "$tmp/memprof"
	for lab in "" --lab; do
		# shellcheck disable=SC2086
		run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/memprof" kernel --seconds 1 $lab
		is "no rights${lab:+ for the lab}: cannot run here" "$code" 77
		has "what is missing" "$err" "CAP_BPF and CAP_PERFMON missing"
	done
fi
if tap_why=$(bpf_refused); then
	skip "the rest" "$tap_why; what of it a guest can run is in vm/memprof"
	done_testing
fi
if unshare -m mount -t tmpfs none /sys/kernel/btf 2>/dev/null; then
	run unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$memprof" kernel --seconds 1
	is "no BTF: cannot run here" "$code" 77
	has "what the kernel lacks" "$err" "CONFIG_DEBUG_INFO_BTF"
fi

# The lab: numbers of descriptors and instructions are this machine's.
cat >"$tmp/lab" <<'LAB'
=== Lab 4.3: Memory Allocation Profiler ===

Step 1: Initializing...

Step 2: Creating maps...
✓ Stack traces map created (FD: N)
✓ Allocation info map created (FD: N)
✓ Stack counts map created (FD: N)
✓ Stack bytes map created (FD: N)
✓ Size histogram map created (FD: N)

Step 3: Creating memory profiler...
✓ Profiler assembled (N instructions)

Step 4: Loading profiler...
✓ Profiler loaded (FD: N)

Step 5: Kprobe attachment...
ℹ Kprobe attachment requires Chapter 5
ℹ Would attach to: __kmalloc

Step 6: Simulating allocation data...
✓ Added simulated allocation data

Step 7: Analyzing allocation patterns...

Allocation Statistics:
───────────────────────────────────────
Total allocations  : 3,000
Total bytes        : 1.1MB (1,145,600 bytes)
Average size       : 381B
Unique call stacks : 5

Allocation Size Distribution:
═══════════════════════════════════════════════════════
Total allocations: 3100

<32B       │ █████████████ 500 (16.1%)
32-64B     │ ████████████████████████████████████████ 1,500 (48.4%)
64-128B    │ █████ 200 (6.5%)
128-256B   │ █████████████████████ 800 (25.8%)
≥512B      │ ██ 100 (3.2%)

Top 5 Allocation Stack Traces:
═══════════════════════════════════════════════════════

Stack ID 5: 100 allocations, 400.0KB total
  (stack trace unavailable)

Stack ID 3: 400 allocations, 400.0KB total
  (stack trace unavailable)

Stack ID 2: 800 allocations, 200.0KB total
  (stack trace unavailable)

Stack ID 1: 1,500 allocations, 93.8KB total
  (stack trace unavailable)

Stack ID 4: 200 allocations, 25.0KB total
  (stack trace unavailable)

Step 8: Cleanup...
✓ Program closed
✓ Maps closed

=== Lab 4.3 Complete! ===
LAB
run "$memprof" kernel --lab
is "the lab ends well" "$code" 0
is "and prints what the document's data come to" \
	"$(printf '%s\n' "$out" | sed 's/(FD: [0-9]*)/(FD: N)/; s/([0-9]* instructions)/(N instructions)/')" "$(cat "$tmp/lab")"
has "what the document printed instead is told" "$err" "848.0KB and 289B are 1,145,600 bytes and 381B"
# On a quiet machine nobody may allocate for half a second: a process sends itself messages.
need_tool perl perl-base
# shellcheck disable=SC2016
perl -e 'defined($q = msgget(0, 0600)) or die; $SIG{TERM} = sub { msgctl($q, 0, 0); exit };
	while (1) { msgsnd($q, pack("l! a*", 1, "x"), 0) or die; msgrcv($q, $r, 16, 0, 0) }' &
sender=$!
at_exit "kill $sender 2>/dev/null"
run "$memprof" kernel --lab --seconds 0.5
is "the lab on the kernel itself" "$code" 0
has "it is attached" "$out" "✓ Attached to: tracepoint kmem:kmalloc"
like "it has counted" "$out" '^Total allocations  : [1-9]'
like "stacks have names" "$out" '^  0x[0-9a-f]{16} [a-z_]'
kill "$sender"
run "$memprof" kernel --lab --seconds 0.1 --kprobe
like "its kprobe, where the kernel offers them" "$code $out" '^0 |^77 |kprobe __kmalloc'

# A command whose messages are known: 20,000 kmallocs of 48 + 977 bytes, freed; then 100 held until its queue goes.
# shellcheck disable=SC2016
messages='$q = msgget(0, 0600); defined $q or die; $m = pack("l! a*", 1, "x" x $ARGV[1]);
for (1 .. $ARGV[0]) { msgsnd($q, $m, 2048) or die; $ARGV[2] or defined(msgrcv($q, $r, 4096, 0, 2048)) or die }
msgctl($q, 0, 0) unless $ARGV[2] eq "keep"; print "said by the command\n"; exit 7'
# stack: what the stack of the messages has, of the last run
stack() {
	printf '%s\n' "$err" | sed -n '/^{/p' | jq -r '.stacks[] | select(.frames[1] == "load_msg") |
		[.allocs, .bytes, .frees, .freed_bytes, .live_blocks, .live_bytes] | join(" ")'
}
exact="$memprof kernel --of kmalloc --every 1 --format json"
need_tool jq jq
# shellcheck disable=SC2086
run timeout 120 $exact -- perl -e "$messages" 20000 977
is "the exit code is the command's" "$code" 7
is "so is the output" "$out" "said by the command"
is "each message is there, with its bytes, and none is live" "$(stack)" "20000 20500000 20000 20500000 0 0"
is "of the process that it was" "$(printf '%s\n' "$err" | sed -n '/^{/p' | jq -r '.processes[].comm')" perl
if have perf && perf stat -e kmem:kmalloc true 2>/dev/null; then
	# shellcheck disable=SC2086
	run timeout 120 $exact -- \
		perf stat -x , -o "$tmp/perf" -e kmem:kmalloc --filter 'bytes_req==1025' perl -e "$messages" 20000 977
	is "perf counts as many, by its own way" "$(sed -n 's/^\([0-9]*\),,kmem:kmalloc.*/\1/p' "$tmp/perf")" 20000
	is "as memprof at the same time" "$(stack)" "20000 20500000 20000 20500000 0 0"
else
	skip "perf counts as many" "no perf with tracepoints here"
fi
run timeout 120 "$memprof" kernel --of kmalloc --every 1 -o "$tmp/out" -- perl -e "$messages" 20 977
is "with -o the last line says how to see it" "$(printf '%s\n' "$err" | tail -n 1)" "memprof: see it with 'memprof report $tmp/out'"
is "stdout is the command's" "$code $out" "7 said by the command"
is "and the profile is in the file" "$("$memprof" report --format json "$tmp/out" | jq -r '.stacks[] | select(.frames[1] == "load_msg") | .allocs')" 20
run "$memprof" kernel --format jsn
is "an unknown format: usage" "$code" 2
run timeout 60 "$memprof" kernel --counts -- perl -e "$messages" 20 977
is "counting alone" "$code" 7
like "events" "$err" '^  [0-9,]+ events of kmalloc'
run timeout 60 "$memprof" kernel -- /nonexistent/program
is "a command that is not there" "$code" 2
is "no cgroup is left" "$(find /sys/fs/cgroup -maxdepth 2 -name 'beebench-*-memprof' 2>/dev/null | wc -l)" 0
done_testing
