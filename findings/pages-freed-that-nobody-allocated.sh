#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Pages that come without a kmem:mm_page_alloc event and go with one of kmem:mm_page_free: all that vmalloc() takes, BPF maps among them.
#
# The question: a monitor of the kernel's memory adds at kmem:mm_page_alloc and takes away at kmem:mm_page_free. A BPF array of 4 MiB is made
# and closed. How many pages does it see come and go?
# The guess: 1,024 and 1,024, one by one (order 0), as of any memory that vmalloc() puts together.
# What happens: on 6.1 and 6.12 two come, and 1,028 go. vmalloc() takes its pages in bulk (alloc_pages_bulk), a way that has no event but
# for a page that is not ready at the processor; the way back has one for each page. On 7.2 1,030 come in 6 events, most of them
# of high order, and more than 1,028 go one by one: of all that went, 4 or so had been named by an event when they came, as the
# block was split in between. A user's 1,000 pages come and go with an event each in all three.
# Why it matters: allocated less freed, the usual sum (bcc's memleak has it for pages), is 4 MiB too low after that, and can go
# below 0; a table by page never sees the map, or on 7.2 keeps a block of 4 MiB whose first page alone was freed. Modules, BPF programs,
# maps, thread stacks and the buffers of network drivers come that way. /proc/vmallocinfo and VmallocUsed of /proc/meminfo know them.
# Source: run here; mm/page_alloc.c (alloc_pages_bulk) and mm/vmalloc.c (vm_area_alloc_pages) say why. Versions: linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/takes.c" <<'END'
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static void tracing(const char *on)
{
	int file = open("/sys/kernel/tracing/tracing_on", O_WRONLY);
	write(file, on, 1);
	close(file);
}
int main(int count, char **what)
{
	if (!strcmp(what[1], "map")) {
		union bpf_attr array = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4096, .max_entries = 1024 };
		tracing("1");
		int map = syscall(SYS_bpf, BPF_MAP_CREATE, &array, sizeof(array));
		if (map < 0)
			return 1;
		close(map);
		sleep(2); /* it is freed by a worker, later */
	} else {
		char *pages = mmap(NULL, 1000 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(pages, 1000 * 4096, MADV_NOHUGEPAGE);
		tracing("1");
		for (int i = 0; i < 1000; i++)
			pages[i * 4096] = 1;
		munmap(pages, 1000 * 4096);
		sleep(2);
	}
	tracing("0");
	return 0;
}
END
for_guest "$tmp/takes.c" "$tmp/guest/takes"
cat >"$tmp/guest/look" <<'LOOK'
tracing=/sys/kernel/tracing
echo 16384 >$tracing/buffer_size_kb
for event in mm_page_alloc mm_page_free; do
	echo 0 >$tracing/tracing_on
	echo 1 >$tracing/events/kmem/$event/enable
done
for what in pages map; do
	echo >$tracing/trace
	/takes $what || echo failed
	$busybox awk -v what=$what '
		function pages(n) { match($0, /order=[0-9]+/); order = substr($0, RSTART + 6, RLENGTH - 6)
			for (n = 1; order > 0; order--) n *= 2
			return n }
		function frame() { match($0, /pfn=[^ ]*/); return substr($0, RSTART, RLENGTH) }
		/mm_page_alloc: / { events++; came += pages(); here[frame()] = 1 }
		/mm_page_free: / { went += pages(); if (frame() in here) known++ }
		END { print what, "events", events + 0; print what, "came", came + 0; print what, "went", went + 0; print what, "known", known + 0 }' \
		$tracing/trace
done
LOOK

# The figure's size, as what the rest of the machine does is in it: about N, few, or the figure.
size() {
	if [ "$1" -lt 100 ]; then
		echo few
	elif [ "$1" -ge "$2" ] && [ "$1" -lt $(($2 + 100)) ]; then
		echo "$2 and few more"
	else
		echo "$1"
	fi
}
# taken LINUX SUITE PACKAGE=VERSION MAP_CAME
taken() {
	boot "$2" "$3"
	told() { sed -n "s/^$1 //p" "$tmp/told"; }
	for what in pages map; do
		echo "($1, $what: $(told "$what came") came in $(told "$what events") events, $(told "$what went") went, $(told "$what known") of them had come)"
	done
	sees "$1, a user's 1,000 pages: come" "$(size "$(told "pages came")" 1000)" "1000 and few more"
	sees "$1, a user's 1,000 pages: go" "$(size "$(told "pages went")" 970)" "970 and few more"
	sees "$1, a map of 1,024 pages: come" "$(size "$(told "map came")" 1024)" "$4"
	sees "$1, a map of 1,024 pages: go" "$(size "$(told "map went")" 1024)" "1024 and few more"
	sees "$1, of those that went, an event said that they came" "$(size "$(told "map known")" 1024)" few
}
taken "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3 few
taken "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1 few
taken "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1 "1024 and few more"
done_seeing
