#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which ways of attaching a BPF program lose runs, on which kernel: prints the table of docs/linux7.md.
# Usage: linux7.sh [KERNEL..] (6.1 6.12 7.2). Each boots in a guest with one processor; no root is needed. Env: B, CALLS
# (60000). tests/bench/attach_loss.c makes the calls, tests/bpf/attach_types.bpf.c has the programs.
set -eu
cd "$(dirname "$0")/.."
B=${B:-build}
calls=${CALLS:-60000}
[ $# -gt 0 ] || set -- 6.1 6.12 7.2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/beebench-linux7.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

n=0
for kernel; do
	n=$((n + 1))
	echo "linux7: Linux $kernel" >&2
	"$B/beebench" vm -k "$kernel" -f "$B/static/attach_loss" -f "$B/tests/bpf/attach_types.bpf.o" -- \
		/attach_loss /attach_types.bpf.o "$calls" >"$tmp/$n"
done

awk -v kernels="$*" '
BEGIN {
	split("raw_tp_sys_enter tp_btf_sys_enter perf_sys_enter perf_sys_exit perf_raw_sys_enter raw_tp_rename tp_btf_rename " \
		"perf_rename kprobe kretprobe fentry fexit uprobe uretprobe perf_event_fault iter_task", order, " ")
	section["raw_tp_sys_enter"] = "raw_tp/sys_enter"
	section["tp_btf_sys_enter"] = "tp_btf/sys_enter"
	section["perf_sys_enter"] = "tracepoint/syscalls/sys_enter_umask"
	section["perf_sys_exit"] = "tracepoint/syscalls/sys_exit_umask"
	section["perf_raw_sys_enter"] = "tracepoint/raw_syscalls/sys_enter"
	section["raw_tp_rename"] = "raw_tp/task_rename"
	section["tp_btf_rename"] = "tp_btf/task_rename"
	section["perf_rename"] = "tracepoint/task/task_rename"
	section["kprobe"] = "kprobe/__x64_sys_umask"
	section["kretprobe"] = "kretprobe/__x64_sys_umask"
	section["fentry"] = "fentry/__x64_sys_umask"
	section["fexit"] = "fexit/__x64_sys_umask"
	section["uprobe"] = "uprobe"
	section["uretprobe"] = "uretprobe"
	section["perf_event_fault"] = "perf_event (page faults)"
	section["iter_task"] = "iter/task (reads)"
	count = split(kernels, kernel, " ")
}
FNR == 1 { file++ }
$2 == "-" { one[$1, file] = three[$1, file] = "-"; next }
{ one[$1, file] = $2; three[$1, file] = $3; of[$1] = $5 }
END {
	head = "| section | calls |"
	line = "| --- | ---: |"
	for (k = 1; k <= count; k++) {
		head = head " " kernel[k] ": one | three |"
		line = line " ---: | ---: |"
	}
	print head
	print line
	for (i = 1; i in order; i++) {
		row = "| `" section[order[i]] "` | " of[order[i]] " |"
		for (k = 1; k <= count; k++) row = row " " one[order[i], k] " | " three[order[i], k] " |"
		print row
	}
}' "$tmp"/*
