#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The include rule: data moves to the right, a folder never includes a later one; libbpf and ncurses have one room each.
# The table is in docs/architecture.md.
set -u
git ls-files '*.c' '*.h' | awk '
function may(from, to) { return index(" " allowed[from] " ", " " to " ") > 0 }
BEGIN {
	allowed["lib"] = "lib"
	allowed["bpf"] = "bpf"
	allowed["workloads"] = "lib workloads"
	allowed["collector"] = "lib bpf collector"
	allowed["monitor"] = "lib bpf collector monitor"
	allowed["honey"] = "lib honey"
	allowed["harness"] = "lib bpf workloads collector harness"
	allowed["bench"] = "lib bench"
	allowed["tests"] = "lib bpf workloads collector monitor harness honey tests"
	libbpf = "^(collector/|monitor/source/tasks|harness/vm/guest/|harness/(probe|ring/|overhead/|timing/|exchange/|verify/(oracle|switches))|bpf/|tests/)"
	ncurses = "^monitor/ui/"
}
{
	file = $0
	split(file, part, "/")
	from = part[1]
	first = ""
	while ((getline line < file) > 0) {
		if (line !~ /^[ \t]*#[ \t]*include/) continue
		if (match(line, /"[^"]+"/)) {
			name = substr(line, RSTART + 1, RLENGTH - 2)
			if (first == "") first = name
			if (name ~ /^vmlinux\.h$/ || name !~ /\//) continue
			split(name, q, "/")
			if ((q[1] in allowed) && !may(from, q[1])) {
				printf "check: %s includes %s: %s/ may include only: %s\n", file, name, from, allowed[from]
				bad = 1
			}
		}
		if (line ~ /<bpf\/btf\.h>/ && file == "honey/btf.c") continue
		if (line ~ /<bpf\/(libbpf|bpf|btf)\.h>/ && file !~ libbpf) {
			printf "check: %s includes libbpf: only its rooms may (docs/architecture.md)\n", file; bad = 1
		}
		if (line ~ /<(n?curses|panel)\.h>/ && file !~ ncurses) {
			printf "check: %s includes ncurses: only monitor/ui/ may\n", file; bad = 1
		}
	}
	close(file)
	if (file ~ /\.c$/ && file !~ /\.bpf\.c$/ && file !~ /^tests\/fixtures|^tests\/honey/ && first != "lib/base.h") {
		printf "check: %s: the first include is \"%s\", not \"lib/base.h\"\n", file, first; bad = 1
	}
}
END { exit bad }' >&2
