#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Kernel memory that is freed without a kfree event: all that goes by kfree_rcu(), while kfree(NULL) is an event each time.
#
# The question: a monitor of kernel memory adds at kmem:kmalloc and takes away at kmem:kfree. 2,000 times a socket's IP options are replaced,
# which the kernel keeps in a block each and frees by kfree_rcu(). How many kfree events are there at their addresses?
# The guess: 1,999, some seconds late and from a worker of the kernel's; of kfree(NULL), which frees nothing, no event.
# What happens: 2,000 kmalloc and no kfree. Blocks are collected and given back in bulk, and that path has no event. That they are free can be
# seen from their addresses, which come again after 8 seconds. And kfree(NULL) is an event: two or more for each of these calls.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: such a monitor (BCC's memleak -K, a sum of kmalloc less kfree) shows a leak that grows for ever at a call site that leaks
# nothing, routes, sockets' options and multicast groups among them; a count of kfree less kmalloc is too high by the NULLs at the
# same time, so that the two may cancel out. An address that is allocated again was freed in between: that is the one sign there is.
# Source: run here; mm/slub.c (kmem_cache_free_bulk has no trace_kfree) says why. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1
# (cloud, amd64) in a machine of one processor emulated by QEMU. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/options.c" <<'END'
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
/* Each call allocates options for the socket, and frees those of the call before it once nobody can read them any more. */
int main(void)
{
	unsigned char options[36] = { 1, 1, 1, 1 };
	int at = socket(AF_INET, SOCK_DGRAM, 0);
	for (int round = 0; round < 2; round++, sleep(8))
		for (int i = 0; i < 1000; i++)
			if (setsockopt(at, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)))
				return 1;
	return 0;
}
END
for_guest "$tmp/options.c" "$tmp/guest/options"
cat >"$tmp/guest/look" <<'LOOK'
tracing=/sys/kernel/tracing
echo 8192 >$tracing/buffer_size_kb
echo sym-offset >$tracing/trace_options
echo 'bytes_req == 68' >$tracing/events/kmem/kmalloc/filter
for event in kmalloc kfree; do echo 1 >$tracing/events/kmem/$event/enable; done
/options || echo failed
for event in kmalloc kfree; do echo 0 >$tracing/events/kmem/$event/enable; done
$busybox awk '
	/ kmalloc: .*ip_options_get/ { made++; match($0, /ptr=[^ ]*/); here[substr($0, RSTART, RLENGTH)]++ }
	/ kfree: / { match($0, /ptr=[^ ]*/); at = substr($0, RSTART, RLENGTH)
		if (at ~ /^ptr=(0x0|0+|\(null\))$/) null++; else if (at in here) freed++ }
	END { print "made", made + 0; print "freed", freed + 0; print "null", null + 0; for (at in here) places++; print "places", places + 0 }' $tracing/trace
LOOK

# A WORD when the rest is true, else FIGURE: say WORD FIGURE TEST..
say() {
	word=$1 figure=$2
	shift 2
	if [ "$@" ]; then echo "$word"; else echo "$figure"; fi
}
told() { sed -n "s/^$1 //p" "$tmp/told"; }
freed() {
	boot "$2" "$3"
	echo "($1: $(told freed) kfree at their addresses, $(told null) of NULL, $(told places) addresses)"
	sees "$1, options allocated" "$(told made)" 2000
	sees "$1, kfree events of these" "$(say none "$(told freed)" "$(told freed)" -lt 100)" none
	sees "$1, they were freed: addresses used again" "$(say yes no "$(told places)" -lt 1900)" yes
	sees "$1, kfree events of NULL" "$(say "one a call or more" "$(told null)" "$(told null)" -ge 2000)" "one a call or more"
}
freed "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
freed "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
freed "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
