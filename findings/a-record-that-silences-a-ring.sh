#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One record with BPF_RB_NO_WAKEUP silences a BPF ring buffer: no record after it wakes a reader, and no poll of libbpf finds them.
#
# The question: a program submits most records of a ring with flags 0 (the reader is woken when it has read all before) and some that are
# not urgent with BPF_RB_NO_WAKEUP. The reader calls ring_buffer__poll() with a timeout, again and again. When does it get the records?
# The guess: the quiet one with the next of flags 0, which may fail to wake a reader that sleeps already; at the latest at the next call,
# as epoll is level-triggered and looks anew.
# What happens: never. A record of flags 0 wakes only if the reader's position is the record's own; the quiet one lies between. Ten calls
# of 50 ms get nothing of 6 records, nor of a ring that is full by then, where every further record is lost; poll(2) on the same
# descriptor says at once that there is something to read. epoll looks at a file again only after a wake-up of the file, and there is none.
# bpf_ringbuf_discard() with BPF_RB_NO_WAKEUP does the same. A record with BPF_RB_FORCE_WAKEUP, or ring_buffer__consume(), ends it.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: the manual has flags per record, and a rare quiet record (a discard, above all) seems free. It stops the reader for good,
# with a full ring as the only trace. Who uses the flag once calls ring_buffer__consume() after each poll, or has a submitter that forces.
# Source: run here; kernel/bpf/ringbuf.c (bpf_ringbuf_commit) says why. Versions: libbpf 1.1.2-0+deb12u1; linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine emulated by QEMU. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc clang

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/put.bpf.c" <<'END'
#define SECTION(name) __attribute__((section(name), used))
static void *(*bpf_ringbuf_reserve)(void *, unsigned long, unsigned long) = (void *)131;
static void (*bpf_ringbuf_submit)(void *, unsigned long) = (void *)132;
static void (*bpf_ringbuf_discard)(void *, unsigned long) = (void *)133;
struct { int (*type)[27]; int (*max_entries)[4096]; } ring SECTION(".maps");
#define PUT(name, end, flags) \
	SECTION("tc") int name(void *packet) \
	{ \
		void *record = bpf_ringbuf_reserve(&ring, 8, 0); \
		if (record) \
			end(record, flags); \
		return !record; \
	}
PUT(plain, bpf_ringbuf_submit, 0)
PUT(quiet, bpf_ringbuf_submit, 1)
PUT(forced, bpf_ringbuf_submit, 2)
PUT(dropped, bpf_ringbuf_discard, 1)
char _license[] SECTION("license") = "GPL";
END
clang -O2 -g -target bpf -c -o "$tmp/guest/put.o" "$tmp/put.bpf.c" || cannot "clang -target bpf"
cat >"$tmp/reader.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <stdio.h>
static struct bpf_object *object;
static struct ring_buffer *ring;
static int got, lost, descriptor;
static int one(void *context, void *record, size_t size)
{
	return got++, 0;
}
static void put(const char *name, int times)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	for (int i = 0; i < times; i++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, name)), &run))
			printf("cannot run %s\n", name);
		lost += run.retval;
	}
}
/* What ten polls get, whether poll(2) sees anything, and what there was. */
static void look(const char *what)
{
	struct pollfd at = { .fd = descriptor, .events = POLLIN };
	int by_poll, readable;
	got = 0;
	for (int i = 0; i < 10; i++)
		ring_buffer__poll(ring, 50);
	by_poll = got;
	readable = poll(&at, 1, 0);
	ring_buffer__consume(ring);
	printf("%s %d by polls, poll(2) says %s, %d in all, %d lost\n", what, by_poll, readable > 0 ? "readable" : "nothing", got, lost);
	lost = 0;
}
int main(void)
{
	object = bpf_object__open("/put.o");
	if (!object || bpf_object__load(object))
		return 1;
	descriptor = bpf_map__fd(bpf_object__find_map_by_name(object, "ring"));
	ring = ring_buffer__new(descriptor, one, NULL, NULL);
	put("plain", 6), look("plain");
	put("quiet", 1), put("plain", 5), look("quiet");
	put("dropped", 1), put("plain", 5), look("dropped");
	put("quiet", 1), put("plain", 1000), look("full");
	put("quiet", 1), put("plain", 5), put("forced", 1), look("forced");
	return 0;
}
END
for_guest "$tmp/reader.c" "$tmp/guest/reader" -lbpf -lelf -lz
echo /reader >"$tmp/guest/look"

# read_from LINUX SUITE PACKAGE=VERSION
read_from() {
	boot "$2" "$3"
	told() { sed -n "s/^$1 //p" "$tmp/told"; }
	sees "$1, 6 records of flags 0" "$(told plain)" "6 by polls, poll(2) says nothing, 6 in all, 0 lost"
	sees "$1, NO_WAKEUP and 5 of flags 0" "$(told quiet)" "0 by polls, poll(2) says readable, 6 in all, 0 lost"
	sees "$1, a discard with NO_WAKEUP and 5 of flags 0" "$(told dropped)" "0 by polls, poll(2) says readable, 5 in all, 0 lost"
	sees "$1, NO_WAKEUP and 1,000 of flags 0" "$(told full)" "0 by polls, poll(2) says readable, 255 in all, 746 lost"
	sees "$1, NO_WAKEUP, 5 of flags 0, FORCE_WAKEUP" "$(told forced)" "7 by polls, poll(2) says nothing, 7 in all, 0 lost"
}
read_from "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
read_from "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
read_from "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
