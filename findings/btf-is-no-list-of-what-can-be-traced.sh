#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Nearly one in five of the functions that a kernel's BTF names can be traced by nobody.
#
# The question: a tool looks a kernel function up in BTF (or in /proc/kallsyms) and attaches a kprobe or fentry to it where
# it is there, to something else where it is not. How many of the functions in BTF refuse?
# The guess: 1 %, a few that are marked notrace on purpose; and what /proc/kallsyms lists can be probed.
# What happens: 18 % of the functions in BTF are not in available_filter_functions, and the kernel refuses a kprobe on them
# with a bare "Failed to register probe event". Three kinds have nothing to do with being critical:
#   - all of lib/: vsnprintf, kobject_put, idr_alloc, xa_load, iov_iter_advance, copy_page_to_iter, the maple tree (mas_walk,
#     mas_store_prealloc: what a watcher of address spaces would like to see), percpu_counter_add_batch. lib/ is compiled
#     without the tracer's hook;
#   - what is `inline` in the source and was made a function all the same: inline carries notrace in the kernel. So
#     blk_account_io_done, and such bodies of system calls as __do_sys_msync. On 6.1 blk_account_io_start is
#     gone, on 6.12 it is back in kallsyms and BTF, and cannot be probed on either: bpftrace 0.17's own biolatency.bt and
#     biosnoop.bt find no place to stand on the kernels that Debian 12 brings;
#   - __init functions, which are gone since boot: BTF and kallsyms keep their names, 5 % of all.
# Why it matters: the test for a function is available_filter_functions (or trying it); BTF says what a function looks like.
# A tool with a fallback chooses wrong here: the name is found, the attach fails.
# Source: run here; the kernel's include/linux/compiler_types.h (inline), lib/Makefile and kernel/trace/trace_kprobe.c
# (within_notrace_func) say why. Versions: linux 6.1.192-3 and 6.12.117-1~deb12u1 (cloud, amd64), bpftool 7.1.0, in a machine
# emulated by QEMU, any version. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need tar gzip

fetch here bpftool=7.1.0+6.1.192-3 libelf1=0.188-2.1
probed="___ratelimit INET_ECN_set_ce blk_account_io_done kobject_put vsnprintf idr_alloc xa_load mas_walk
	mas_store_prealloc copy_page_to_iter percpu_counter_add_batch __do_sys_msync do_sys_openat2 tcp_connect vm_mmap_pgoff"

mkdir "$tmp/guest"
cat >"$tmp/guest/look" <<END
b=/bin/busybox
t=/sys/kernel/tracing
cd /tmp
\$b cat /proc/kallsyms >kallsyms
\$b awk '{ print \$1 }' \$t/available_filter_functions >functions
\$b cat /sys/kernel/btf/vmlinux >btf
for f in $(echo "$probed" | tr -s '\n\t' '  '); do
	if echo "p:beside/one \$f" >\$t/kprobe_events 2>/dev/null; then
		echo "\$f yes"
		echo >\$t/kprobe_events
	else
		echo "\$f no"
	fi
done >probed
\$b tar cf - kallsyms functions btf probed | \$b gzip -1 >/dev/ttyS1
END

# kernel PACKAGE=VERSION: boots it, and leaves what it says of itself in $tmp/said.d
kernel() {
	rm -rf "$tmp/said.d"
	mkdir -p "$tmp/said.d"
	boot here "$1"
	tar xzf "$tmp/dump" -C "$tmp/said.d" 2>/dev/null || cannot "the guest with $1 said nothing"
}
# counts: of the functions in BTF, by name: all, traced, those of __init that are not, others that are not
counts() {
	run here usr/sbin/bpftool btf dump file "$tmp/said.d/btf" format raw |
		awk -F"'" '/^\[[0-9]+\] FUNC / { print $2 }' >"$tmp/said.d/inbtf"
	awk -v d="$tmp/said.d/" '
	FILENAME == d "functions" { traced[$1]; next }
	FILENAME == d "kallsyms" { if ($3 == "_sinittext") from = $1; if ($3 == "_einittext") to = $1; at[$3] = $1; next }
	!($1 in seen) {
		seen[$1]
		all++
		if ($1 in traced) yes++
		else if (at[$1] >= from && at[$1] < to) init++
		else other++
	}
	END { printf "%d in BTF, %d can be traced; %d of __init and %d others cannot (%d %%)\n", all, yes, init, other, int(100 * (init + other) / all + 0.5) }
	' "$tmp/said.d/functions" "$tmp/said.d/kallsyms" "$tmp/said.d/inbtf"
}
# where NAME: in BTF, in kallsyms, in the list of what can be traced?
where() {
	in_btf=no in_kallsyms=no in_list=no
	grep -qx "$1" "$tmp/said.d/inbtf" && in_btf=yes
	awk -v n="$1" '$3 == n { found = 1 } END { exit !found }' "$tmp/said.d/kallsyms" && in_kallsyms=yes
	grep -qx "$1" "$tmp/said.d/functions" && in_list=yes
	echo "BTF $in_btf, kallsyms $in_kallsyms, traceable $in_list"
}
refused() {
	awk '$2 == "no" { printf "%s%s", n++ ? " " : "", $1 }' "$tmp/said.d/probed"
}

all_refused="___ratelimit INET_ECN_set_ce blk_account_io_done kobject_put vsnprintf idr_alloc xa_load mas_walk \
mas_store_prealloc copy_page_to_iter percpu_counter_add_batch __do_sys_msync"

kernel linux-image-6.1.0-57-cloud-amd64=6.1.192-3
sees "Linux 6.1, functions by name" "$(counts)" \
	"41605 in BTF, 33970 can be traced; 2249 of __init and 5386 others cannot (18 %)"
sees "Linux 6.1, blk_account_io_start" "$(where blk_account_io_start)" "BTF no, kallsyms no, traceable no"
sees "Linux 6.1, blk_account_io_done" "$(where blk_account_io_done)" "BTF yes, kallsyms yes, traceable no"
sees "Linux 6.1, a kprobe is refused for" "$(refused)" "$all_refused"

kernel linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
sees "Linux 6.12, functions by name" "$(counts)" \
	"47347 in BTF, 39054 can be traced; 2405 of __init and 5888 others cannot (18 %)"
sees "Linux 6.12, blk_account_io_start" "$(where blk_account_io_start)" "BTF yes, kallsyms yes, traceable no"
sees "Linux 6.12, a kprobe is refused for" "$(refused)" "$all_refused"
done_seeing
