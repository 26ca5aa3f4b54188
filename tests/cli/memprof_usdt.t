#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The probes otel_memory:alloc and otel_memory:free of libmemprof.so, read by bpftrace: the samples are those that memprof counts.
. tests/lib.sh
need_bpf
need_tool bpftrace bpftrace

memprof=$B/memprof
lib=$(readlink -f "$B/libmemprof.so")
notes=$(readelf -n "$lib" 2>/dev/null)
check "the probes are there, with semaphores" test "$(printf '%s' "$notes" | grep -c "Semaphore: 0x0*[1-9a-f]")" -ge 2
like "alloc takes an address, a size and a weight" "$notes" 'Arguments: 8@%rdi 8@%rsi 8@%rdx'

# Programs are attached one after the other: a program beside runs until samples of both kinds arrive.
cat >"$tmp/probes.bt" <<BT
usdt:$lib:otel_memory:alloc {
	if (comm == "pairs") { @allocs = count(); @weighted = sum(arg2); @weight[arg0] = arg2; } else { printf("alloc stands\n"); }
}
usdt:$lib:otel_memory:free {
	if (comm == "pairs") { @frees = count(); @freed = sum(@weight[arg0]); delete(@weight[arg0]); } else { printf("free stands\n"); }
}
BT
bpftrace -f json -o "$tmp/out" "$tmp/probes.bt" 2>"$tmp/err" &
tracer=$!
at_exit "kill -KILL $tracer 2>/dev/null"
cp "$B/tests/allocating/pairs" "$tmp/before"
stands() {
	grep -q "alloc stands" "$tmp/out" 2>/dev/null && grep -q "free stands" "$tmp/out"
}
# By the clock: on a busy machine a look takes seconds.
until_s=$(($(date +%s) + 60))
while [ "$(date +%s)" -lt $until_s ]; do
	if grep -q attached_probes "$tmp/out" 2>/dev/null; then
		timeout 60 "$memprof" run -q --rate 20000 -o "$tmp/before.profile" -- "$tmp/before" 2000 >"$tmp/before.out" 2>&1
	fi
	! stands || break
	kill -0 $tracer 2>/dev/null || break
	sleep 0.1
done
if ! stands; then
	skip "reading the probes" "bpftrace reads none: $(tail -n 1 "$tmp/err")"
	done_testing
fi
HOLD=1 run timeout 100 "$memprof" run -q --rate 20000 -o "$tmp/p" -- "$B/tests/allocating/pairs" 200000
is "exit code" "$code" 0
# Asked again while it is there: what it was told before it had its own handler is lost.
for _ in $(seq 300); do
	kill -INT $tracer 2>/dev/null || break
	sleep 0.2
done
kill -KILL $tracer 2>/dev/null && fail "bpftrace ends when it is asked to" "$(tail -n 3 "$tmp/err")"
wait $tracer
map() {
	jq -r --arg m "@$1" 'select(.type == "map") | .data[$m] // empty' "$tmp/out"
}
json=$("$memprof" report "$tmp/p" --format json)
weighted=$(map weighted)
is "the sum of weights is the profile's" "$weighted" "$(printf '%s' "$json" | jq .totals.bytes)"
is "the sum of the weights of what was freed is the profile's" "$(map freed)" "$(printf '%s' "$json" | jq .totals.freed_bytes)"
live=$(printf '%s' "$json" | jq .totals.live_bytes)
check "samples were freed, and samples stayed" test "$(map frees)" -lt "$(map allocs)" -a "$(map frees)" -gt 0 -a "$live" -gt 0
done_testing
