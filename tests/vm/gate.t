#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The gate where nobody may load BPF: the guest answers, as an ordinary user. Equal objects pass, one instruction is a regression.
# Env: KERNEL (default 6.12).
# timeout: 400
set -u
. tests/lib.sh

kernel=${KERNEL:-6.12}
need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
run "$bee" vm -k "$kernel" --where
[ "$code" -ne 77 ] || skip_all "no kernel $kernel: $err"
vmlinuz=$out

# What an ordinary user can read, in a folder of its own.
mkdir "$tmp/build" "$tmp/build/bpf" "$tmp/tmp"
cp "$B/beebench" "$tmp/build"
cp -r "$B/vm" "$tmp/build"
cp "$B"/tests/bpf/exact_*.bpf.o "$tmp"
cp "$B"/tests/bpf/bad_rejected.bpf.o "$tmp"
cp "$vmlinuz" "$tmp/vmlinuz"
chmod -R a+rX "$tmp"
chmod 777 "$tmp/tmp"

# gate ARGS..: as an ordinary user; the json in out.json
gate() {
	if is_root && have setpriv; then
		run setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent TMPDIR="$tmp/tmp" \
			"$tmp/build/beebench" gate -q --json -k "$tmp/vmlinuz" "$@"
	else
		run env TMPDIR="$tmp/tmp" "$tmp/build/beebench" gate -q --json -k "$tmp/vmlinuz" "$@"
	fi
	printf '%s\n' "$out" >"$tmp/out.json"
}
# of LANE SUBJECT KEY
of() {
	jq -r --arg l "$1" --arg s "$2" --arg k "$3" \
		'first(.records[] | select(.type == "gate" and .lane == $l and (.subject // "") == $s)) | .[$k]' "$tmp/out.json"
}

gate --base "$tmp/exact_base.bpf.o" --head "$tmp/exact_base.bpf.o"
is "equal objects pass: exit 0" "$code:$(jq -r .verdict "$tmp/out.json")" 0:pass || printf '# %s\n' "$err"
is "by the static and the exact lane" "$(of static "" verdict) $(of exact "" verdict)" "pass pass"
is "the static lane was the guest's" "$(jq -r '[.records[] | select(.type == "static") | .kernel != null] | all' "$tmp/out.json")" true
no_time=$(of time "" verdict)
if [ "$no_time" = skip ]; then
	has "the time lane says that it was not run" "$(of time "" reason)" "not run: BPF programs cannot be loaded on this machine"
else
	skip "the time lane says that it was not run" "this user may load BPF programs"
fi
is "no path differs" "$(jq -c '[.records[] | select(.type == "gate" and .lane == "exact" and .value) | .value] | unique' \
	"$tmp/out.json")" "[0]"
is "a path without a stable figure is never a pass" "$(of exact mmap-map-full verdict)" skip

gate --base "$tmp/exact_base.bpf.o" --head "$tmp/exact_one.bpf.o"
is "one instruction more: exit 1" "$code:$(jq -r .verdict "$tmp/out.json")" 1:regression
is "the path is named, and by how much" "$(of exact mmap verdict):$(of exact mmap value)" regression:1
is "the others pass" "$(of exact munmap verdict):$(of exact munmap value)" pass:0
is "the verdict says why" "$(of exact "" reason | sed 's/than [0-9]*/than N/; s/; .*//')" "mmap: 1 more than N, 0 more allowed"

gate --base "$tmp/exact_base.bpf.o" --head "$tmp/bad_rejected.bpf.o" -l exact
is "what the kernel refuses is a regression" "$code:$(of exact load verdict)" 1:regression
has "the guest's words name the file by where it lies here" "$(cat "$tmp/out.json")" "cannot load $tmp/bad_rejected.bpf.o: "
hasnt "and not by where it lay there" "$(cat "$tmp/out.json")" " /bpf/"

if [ "$no_time" = skip ]; then
	gate --base "$tmp/exact_base.bpf.o" --head "$tmp/exact_base.bpf.o" -l time
	is "a lane that is asked for and cannot run: exit 2" "$code:$(jq -r .verdict "$tmp/out.json")" 2:environment
else
	skip "a lane that is asked for and cannot run: exit 2" "this user may load BPF programs"
fi
gate --base "$tmp/exact_base.bpf.o" --head "$tmp/exact_base.bpf.o" -l exact -k "$tmp/exact_base.bpf.o"
is "what is no kernel: exit 2" "$code:$(of exact "" verdict)" 2:environment
done_testing
