#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `beebench verify` where this machine refuses BPF: the same trials in a guest, as an ordinary user; what a guest cannot run
# is a record with a reason; without a guest exit code 77 and both cures.
# timeout: 600
set -u
. tests/lib.sh

need_tool qemu-system-x86_64 qemu-system-x86
need_tool jq jq
run "$bee" vm -k 6.12 --where
[ "$code" -ne 77 ] || skip_all "no kernel 6.12: $err"

# What an ordinary user can read, in a folder of its own, the kernel's cache included.
mkdir -p "$tmp/build" "$tmp/cache/kernels" "$tmp/tmp"
cp -r "$B/beebench" "$B/honeyc" "$B/vm" "$B/static" "$B/bpf" "$tmp/build"
cp -r "${out%/vmlinuz}" "$tmp/cache/kernels"
cp bpf/memmon/memmon.ex "$tmp"
cp "$B/bpf/memmon/memmon-tgid.bpf.o" "$tmp/mine.bpf.o"
cp "$B/bpf/memmon/memmon-tgid.manifest.json" "$tmp/mine.manifest.json"
printf '{"schema": 1, "name": "named", "object": "build/bpf/memmon/memmon.bpf.o"}\n' >"$tmp/n.json"
printf '{"schema": 1, "run": ["true"]}\n' >"$tmp/r.json"
printf '{"schema": 1, "object": "nowhere.bpf.o"}\n' >"$tmp/nowhere.json"
chmod -R a+rX "$tmp"
chmod 1777 "$tmp/tmp"
BEEBENCH_CACHE=$tmp/cache
export BEEBENCH_CACHE

# as_user CMD..
# shellcheck disable=SC2317 # called by run
as_user() {
	if is_root; then
		setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent TMPDIR="$tmp/tmp" "$@"
	else
		TMPDIR=$tmp/tmp "$@"
	fi
}
is_root && ! have setpriv && skip_all "root without setpriv cannot become an ordinary user"
# field FILTER: of the last --json run
field() {
	printf '%s' "$out" | jq -r "$1"
}

run as_user "$tmp/build/beebench" verify -q --json -w brk:count=37,mmap:count=41,stress-ng:stressor=brk,ops=3 \
	-m "memmon,memmon.bt,$tmp/memmon.ex,$tmp/mine.bpf.o,$tmp/n.json,$tmp/r.json,none"
is "an ordinary user's verify ends well" "$code" 0 || printf '# %s\n' "$err"
like "one line says that a guest is used" "$err" \
	'^beebench: this machine does not let us use BPF .*; as root: sudo beebench verify\): verifying in a guest: Linux 6\.12, one CPU'
is "and nothing else is said" "$(printf '%s\n' "$err" | wc -l)" 1
is "objects, sources and objects with a manifest are exact there" \
	"$(field '[.trials[] | select(.status == "ok" and .conformance.verdict == "exact") | .monitor + " " + .workload] | sort | join(", ")')" \
	"memmon brk, memmon mmap, memmon.ex brk, memmon.ex mmap, mine brk, mine mmap, named brk, named mmap"
is "its key is the process, as the manifest says" "$(field 'first(.trials[] | select(.monitor == "mine" and .workload == "mmap")) | .conformance.keys')" 1
is "every record says that it is a guest's" "$(field '[.trials[] | .guest] | all')" true
like "and which kernel" "$(field '.trials[] | select(.monitor == "memmon") | .kernel')" '^6\.12\.'
is "a script is skipped" "$(field '[.trials[] | select(.monitor == "memmon.bt") | .status + ": " + .reason] | unique | join(" ")')" \
	"skip: the guest has no bpftrace"
is "so is a command" "$(field '[.trials[] | select(.monitor == "r") | .status + ": " + .reason] | unique | join(" ")')" \
	"skip: the guest has no programs of this machine"
is "stress-ng is skipped" "$(field '[.trials[] | select(.workload == "stress-ng" and .monitor == "memmon") | .status + ": " + .reason] | join(" ")')" \
	"skip: the guest has no stress-ng"
is "what was compiled is removed" "$(ls "$tmp/tmp")" ""

run as_user "$tmp/build/beebench" verify -q --json -m memmon -- true
is "a command of this machine is not there: cannot run" "$code" 77
is "which the record says" "$(field '.trials[] | .status + ": " + .reason')" \
	"skip: the guest has no programs of this machine; take a static one along: beebench vm -f"

# A monitor that is wrong fails there as here.
run as_user "$tmp/build/beebench" verify -q --json -m "$tmp/not-there.bpf.o" -w brk:count=3
is "an object that is not there: usage" "$code" 2
cp "$B/tests/bpf/wrong_filter_low.bpf.o" "$tmp" 2>/dev/null && chmod a+r "$tmp/wrong_filter_low.bpf.o"
run as_user "$tmp/build/beebench" verify -q --json -m "$tmp/wrong_filter_low.bpf.o" -w filter
is "a monitor that counts wrongly: a check failed" "$code" 1
is "and the mismatches came back" "$(field '.mismatches | length > 0')" true
cp "$B/tests/bpf/bad_rejected.bpf.o" "$tmp" && chmod a+r "$tmp/bad_rejected.bpf.o"
run as_user "$tmp/build/beebench" verify -q -m "$tmp/bad_rejected.bpf.o" -w brk
is "an object that the guest's kernel refuses: usage" "$code" 2
has "which, by where it lies here" "$err" "$tmp/bad_rejected.bpf.o: the verifier refused"
hasnt "and not by where it lay there" "$err" /monitors/
run as_user "$tmp/build/beebench" verify -q -m "$tmp/nowhere.json" -w brk
is "a manifest whose object is not there: usage" "$code" 2
has "which" "$err" "nowhere.json names $tmp/nowhere.bpf.o"
run as_user "$tmp/build/beebench" verify -q -m memmn -w brk
is "a name that nobody has: usage" "$code" 2
has "which" "$err" "no monitor 'memmn'; did you mean 'memmon'?"

run as_user "$tmp/build/beebench" verify -q -m memmon -w brk -o guest=no
is "without a guest by wish: cannot run here" "$code" 77
has "what is missing" "$err" "CAP_BPF and CAP_PERFMON missing"

mkdir "$tmp/empty"
run as_user env PATH="$tmp/empty" "$tmp/build/beebench" verify -q -m memmon -w brk
is "neither BPF nor QEMU: cannot run here" "$code" 77
has "how to run it here" "$err" "sudo beebench verify"
has "how to get QEMU" "$err" "apt-get install --no-install-recommends qemu-system-x86"
run as_user env PATH="$tmp/empty:/usr/bin" BEEBENCH_CACHE=/dev/null/none "$tmp/build/beebench" verify -q -m memmon -w brk -k 9.9
is "nor a kernel, and no place for one: environment" "$code" 2
has "what to set" "$err" "BEEBENCH_CACHE"
mkdir "$tmp/fake"
for t in apt-get apt-cache; do
	printf '#!/bin/sh\necho "E: no network" >&2\nexit 100\n' >"$tmp/fake/$t"
	chmod 755 "$tmp/fake/$t"
done
run as_user env PATH="$tmp/fake:$PATH" BEEBENCH_CACHE="$tmp/tmp/cache" "$tmp/build/beebench" verify -q -m memmon -w brk
is "nor a kernel, and no network: cannot run here" "$code" 77
has "how to run it here, without a kernel either" "$err" "sudo beebench verify"
has "how to get a kernel" "$err" "where there is a network run: beebench vm -k 6.12/x86-64 --where   and copy that folder to $tmp/tmp/cache/kernels/6.12, or"
is "nothing is left of the attempt" "$(ls "$tmp/tmp/cache/kernels")" ""
rm -r "$tmp/tmp/cache"
mv "$tmp/build/static" "$tmp/build/away"
run as_user "$tmp/build/beebench" verify -q -m memmon -w brk
is "nor the program for it: cannot run here" "$code" 77
has "how to build it" "$err" "make static"
mv "$tmp/build/away" "$tmp/build/static"

# Interrupted: the guest ends, what was compiled goes.
as_user "$tmp/build/beebench" verify -q -m "$tmp/memmon.ex" >"$tmp/out" 2>&1 &
own=$!
while ! qemu=$(pgrep -f "^qemu-system-x86_64 .*$tmp/cache/kernels/6.12/vmlinuz"); do sleep 0.1; done
kill -TERM "$(($(ps -o ppid= -p "$qemu")))"
code=0
wait "$own" || code=$?
is "interrupted in a guest: inconclusive" "$code" 3
sleep 0.5
is "no QEMU is left" "$(ps -o stat= -p "$qemu" 2>/dev/null | grep -v Z)" ""
is "no object is left" "$(ls "$tmp/tmp")" ""

# A kernel by name is a guest's also where this machine could.
run "$bee" verify -q --out - -m memmon -w brk:count=5 -k 6.12
is "verify -k boots that kernel" "$code" 0
is "and --out - prints its records, one a line" "$(printf '%s\n' "$out" | jq -r '[.type, .monitor, .guest, .status] | join(" ")')" \
	"trial memmon true ok"

# A kernel without BTF: what shows it is taken away from this process alone.
if bpf_refused >/dev/null || ! have unshare; then
	skip "a kernel without BTF uses a guest" "needs root to hide /sys/kernel/btf"
else
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$bee" verify -q --out - -m memmon -w brk:count=5
	is "a kernel without BTF uses a guest" "$code" 0 || printf '# %s\n' "$err"
	has "and says why" "$err" "this kernel has no BTF (/sys/kernel/btf/vmlinux; boot one with CONFIG_DEBUG_INFO_BTF=y): verifying in a guest"
	is "the trial is the guest's" "$(printf '%s\n' "$out" | jq -r .guest)" true
fi
done_testing
