#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What beebench says to somebody who mistypes: exact texts and exit codes.
# beside others
set -u
bee=${B:-build}/beebench
n=0

# says CODE TEXT ARGS..: beebench ARGS ends with CODE and its stderr is TEXT
says() {
	code=$1 text=$2
	shift 2
	n=$((n + 1))
	err=$("$bee" "$@" 2>&1 >/dev/null)
	got=$?
	if [ "$got" = "$code" ] && [ "$err" = "$text" ]; then
		echo "ok $n - beebench $*"
	else
		echo "not ok $n - beebench $*"
		printf '# exit %s, expected %s\n# said:     %s\n# expected: %s\n' "$got" "$code" "$err" "$text"
	fi
}

# shows TEXT ARGS..: beebench ARGS succeeds and its stdout has TEXT
shows() {
	text=$1
	shift
	n=$((n + 1))
	if out=$("$bee" "$@" 2>&1) && printf '%s\n' "$out" | grep -qF -e "$text"; then
		echo "ok $n - beebench $* shows '$text'"
	else
		echo "not ok $n - beebench $* shows '$text'"
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

says 2 "beebench: error: no command 'verfy'; did you mean 'verify'?" verfy
says 2 "beebench: error: no command 'xyzzy'; see 'beebench --help'" xyzzy
says 2 "beebench: error: beebench verify: no option '--montor'; did you mean '--monitor'?" verify --montor memmon
# What never ends is not read for ever.
says 2 "beebench: error: /dev/zero is a device, no run (give a run's folder, results/runs/ID, or its run.json)" report /dev/zero
says 2 "beebench: error: cannot read the policy /dev/zero: File too large" gate --base memmon --head memmon \
	--policy /dev/zero
says 2 "beebench: error: cannot read the plan /dev/zero: File too large" merge . --cells /dev/zero --out "${TMPDIR:-/tmp}/none"
says 2 "beebench: error: beebench verify: unexpected word 'stress-ng'; a command goes after '--'" verify stress-ng
# What a measure does not look at is refused, not passed over.
for measure in ringbuf exact matrix calibrate; do
	says 2 "beebench: error: $measure takes no command behind '--': nothing of it would be measured; leave it out" $measure -- true
done
says 2 "beebench: error: overhead takes no --kernel: nothing of it would be measured; leave it out" overhead -k 6.1
says 2 "beebench: error: exact takes no --workload: nothing of it would be measured; leave it out" exact -w mmap
says 2 "beebench: error: verify takes no --event: nothing of it would be measured; leave it out" verify -e brk
says 2 "beebench: error: no such program: /no/such" overhead -- /no/such
says 2 "beebench: error: no event 'mmpa'; did you mean 'mmap'?" overhead -e mmpa
says 2 "beebench: error: list: there is no 'monitor'; did you mean 'monitors'?" list monitor
says 2 "beebench: error: report: which run? give a folder of results/runs" report
says 2 "beebench: error: no report format 'htlm'; did you mean 'html'?" report --format htlm nowhere
shows "is a monitor right?" --help
shows "--monitor MON,.." verify --help
shows "beebench 0." --version
shows "  memmon " list monitors
shows "  mmap " list workloads
shows '"workloads"' list --json
echo "1..$n"
