#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 18: what a command or workload does wrong is never the monitor's failure: void, exit code 2, and 3 where it outlasts the
# limit, which -t sets. Of stress-ng its line under `metrics:` is the proof that it ran.
. tests/lib.sh
need_bpf
need_tool jq jq

# void NAME CODE CAUSE REASON ARGS..: of the only trial
void() {
	name=$1 want=$2 cause=$3 reason=$4
	shift 4
	run "$bee" verify -q --json "$@"
	is "$name: exit code" "$code" "$want"
	is "$name: void" "$(printf '%s' "$out" | jq -r '.trials[0] | "\(.status) \(.cause) \(.conformance.verdict)"')" "void $cause none"
	has "$name: reason" "$(printf '%s' "$out" | jq -r '.trials[0].reason')" "$reason"
}
void "a command that fails" 2 workload "exit code 7" -m memmon -- sh -c 'exit 7'
# shellcheck disable=SC2016
void "a command that crashes" 2 workload "killed by signal 11" -m memmon -- sh -c 'kill -SEGV $$'
void "a command that outlasts -t" 3 limit "not done within 1.0 s and was killed; a longer limit: -t SECONDS" -m memmon -t 1 -- sleep 1000
void "a workload that outlasts it" 3 limit "not done within 1.0 s" -m memmon -t 1 -w idle:ms=60000
run "$bee" verify -q -m memmon --format junit -- false
has "JUnit: an error and no failure" "$out" 'failures="0" errors="1"'
run "$bee" verify -q -m "$B/tests/bpf/wrong_type.bpf.o" -w mmap
is "only what a monitor did is a failure" "$code" 1
run "$bee" compare memmon memmon -o cost=no,exact=no -q --json -- false
is "compare: exit code" "$code" 2
is "compare: void" "$(printf '%s' "$out" | jq -r '.records[] | select(.type == "equivalence") | "\(.status) \(.cause)"')" "void workload"

# A stress-ng of our own, which skips what it is asked for.
mkdir "$tmp/bin"
cat >"$tmp/bin/stress-ng" <<'SH'
#!/bin/sh
echo "metrics:"
[ -z "$RAN" ] || printf '    - stressor: %s\n      bogo-ops: 23\n' "$RAN"
[ -n "$RAN" ] || echo "stress-ng: info:  [1] mmap: gave up trying to mmap, no available memory, skipping stressor"
SH
chmod +x "$tmp/bin/stress-ng"
PATH=$tmp/bin:$PATH
export PATH RAN=
void "a stressor that skipped itself" 2 workload "stress-ng's mmap did not run: it is not under 'metrics:'" \
	-m memmon -w stress-ng:stressor=mmap,ops=23
void "one of somebody's own command" 2 workload "did not run" -m memmon -- stress-ng --mmap 1
RAN=mmapmany
void "another's line is no proof" 2 workload "stress-ng's mmap did not run" -m memmon -w stress-ng:stressor=mmap,ops=23
RAN=mmap
run "$bee" verify -q --json -m memmon -w stress-ng:stressor=mmap,ops=23
is "its own line is" "$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')" "0 exact"
done_testing
