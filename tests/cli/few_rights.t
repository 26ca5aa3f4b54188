#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 300
# Issue 13, number 24: with few rights there is a guest, or the reason; no advice that does not help, no figure that is none.
. tests/lib.sh
is_root || skip_all "needs root to give rights away"
have setpriv || skip_all "no setpriv"
need_tool jq jq
cp -r "$B" "$tmp/build"
chmod -R a+rX "$tmp" || exit 2
bee=$tmp/build/beebench
as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
with_bpf="$as_nobody --inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon"

# shellcheck disable=SC2086
run $as_nobody "$bee" doctor --json
is "doctor as nobody: no other kernel where the right is missing" "$(printf '%s' "$out" |
	jq -r '.checks[] | select(.error == "Operation not permitted" or .error == "Permission denied") | .cure' | grep -E 'boot|kernel with')" ""
like "it advises root" "$(printf '%s' "$out" | jq -r '.checks[] | select(.name == "ring buffer") | .cure')" "root"

run setpriv --bounding-set=-sys_admin,-bpf,-perfmon,-dac_override,-dac_read_search "$bee" doctor --json
is "root without rights is not told to be root" "$(printf '%s' "$out" | jq -r '.checks[] | select(.error != null) | .cure' |
	grep 'run it as root')" ""
has "but what it lacks" "$out" "root lacks the right here"

# shellcheck disable=SC2086
$with_bpf true 2>/dev/null || {
	skip "with CAP_BPF and CAP_PERFMON alone" "they cannot be given here"
	done_testing
}
# shellcheck disable=SC2086
run $with_bpf "$bee" verify -q -m memmon -w mmap -o guest=no
is "verify with CAP_BPF and CAP_PERFMON alone: no cgroup" "$code" 2
if "$bee" vm -k 6.12 --where >"$tmp/kernel" 2>/dev/null && have qemu-system-x86_64; then
	cp "$(cat "$tmp/kernel")" "$tmp/vmlinuz"
	chmod a+r "$tmp/vmlinuz"
	# shellcheck disable=SC2086
	run $with_bpf "$bee" verify -m memmon -w mmap -k "$tmp/vmlinuz" --json
	is "it takes a guest" "$code:$(printf '%s' "$out" | jq -r '.trials[0] | .status, .guest' | tr '\n' ' ')" "0:ok true "
	mkdir -p "$tmp/cache/kernels"
	cp -r "$(dirname "$(cat "$tmp/kernel")")" "$tmp/cache/kernels/6.12"
	chmod -R a+rX "$tmp/cache"
	# shellcheck disable=SC2086
	run env BEEBENCH_CACHE="$tmp/cache" $with_bpf "$bee" verify -m memmon -w mmap
	has "by itself, as plain nobody does" "$err" "this machine does not let us make one"
	is "and judges" "$code" 0
else
	skip "it takes a guest" "no QEMU, or no kernel 6.12"
fi
# shellcheck disable=SC2086
run $with_bpf "$bee" overhead -q -m memmon_fast -t 2 -o slowdown=no
case $out in
*nan*) fail "overhead prints no figure that is none" "$out" ;;
*) pass "overhead prints no figure that is none" ;;
esac
done_testing
