#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a perf buffer lost is told by the next record that fits: of a burst at the end nobody ever hears.
#
# The question: a BPF program writes 1,000 records to a perf buffer of one page by bpf_perf_event_output() before anybody reads. The reader,
# libbpf's perf_buffer with its callback for lost records, then reads all there is. Do the received and the lost make 1,000?
# The guess: yes, in one reading; that is what the callback is for.
# What happens: 127 are received, 873 were refused, and the callback is not called. Reading again changes nothing. Only the next record
# that has room brings a PERF_RECORD_LOST before it, with all 873. If the program is detached first, or the load ends, they stay untold.
# The helper said -ENOSPC 873 times. read(2) of the perf event with PERF_FORMAT_LOST, which Linux has since 6.0 and libbpf does
# not use, has them at once: 873.
# 6.1, 6.12 and 7.2 are alike.
# Why it matters: "lost: 0" of a tool that reads perf buffers means "none but the last burst". The last burst is
# what ended the measurement, or the program. A BPF program that wants to be exact counts the helper's errors itself.
# Source: run here; kernel/events/ring_buffer.c (__perf_output_begin) says why. Versions: libbpf 1.1.2-0+deb12u1; linux 6.1.192-3,
# 6.12.117-1~deb12u1 and 7.2.13-1 (cloud, amd64) in a machine of one processor emulated by QEMU. First seen December 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc clang

fetch here libbpf-dev=1:1.1.2-0+deb12u1 libelf-dev=0.188-2.1 zlib1g-dev=1:1.2.13.dfsg-1
mkdir "$tmp/guest"
cat >"$tmp/put.bpf.c" <<'END'
#define SECTION(name) __attribute__((section(name), used))
static long (*bpf_perf_event_output)(void *, void *, unsigned long, void *, unsigned long) = (void *)25;
struct { int (*type)[4]; int (*key_size)[4]; int (*value_size)[4]; } buffer SECTION(".maps");
SECTION("tc") int put(void *packet)
{
	long record[2] = { 1, 2 };
	return bpf_perf_event_output(packet, &buffer, 0xffffffff, record, sizeof(record)) == -28; /* ENOSPC */
}
char _license[] SECTION("license") = "GPL";
END
clang -O2 -g -target bpf -c -o "$tmp/guest/put.o" "$tmp/put.bpf.c" || cannot "clang -target bpf"
cat >"$tmp/reader.c" <<'END'
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <unistd.h>
static struct bpf_object *object;
static struct perf_buffer *buffer;
static long received, told, refused;
static void one(void *context, int processor, void *record, __u32 size)
{
	received++;
}
static void some(void *context, int processor, __u64 count)
{
	told += count;
}
static void put(int times)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	for (int i = 0; i < times; i++) {
		if (bpf_prog_test_run_opts(bpf_program__fd(bpf_object__find_program_by_name(object, "put")), &run))
			puts("cannot run");
		refused += run.retval;
	}
}
static void look(const char *when)
{
	perf_buffer__consume(buffer);
	printf("%s %ld received, %ld told lost, %ld refused\n", when, received, told, refused);
}
int main(void)
{
	/* libbpf's own choice, and the format that has losses beside it */
	struct perf_event_attr attributes = { .size = sizeof(attributes), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .wakeup_events = 1, .read_format = 1 << 4 };
	LIBBPF_OPTS(perf_buffer_raw_opts, options, .cpu_cnt = 0);
	long counts[2] = { 0 };
	object = bpf_object__open("/put.o");
	if (!object || bpf_object__load(object))
		return 1;
	int map = bpf_map__fd(bpf_object__find_map_by_name(object, "buffer"));
	buffer = perf_buffer__new(map, 1, one, some, NULL, NULL);
	put(1000), look("first"), look("again"), put(1), look("more");
	perf_buffer__free(buffer);
	received = told = refused = 0;
	buffer = perf_buffer__new_raw(map, 1, &attributes, (perf_buffer_event_fn)(void *)one, NULL, &options);
	if (!buffer)
		return 2;
	put(1000);
	if (read(perf_buffer__buffer_fd(buffer, 0), counts, sizeof(counts)) != sizeof(counts))
		puts("cannot read the event");
	printf("format %ld by PERF_FORMAT_LOST, %ld refused\n", counts[1], refused);
	return 0;
}
END
for_guest "$tmp/reader.c" "$tmp/guest/reader" -lbpf -lelf -lz
echo /reader >"$tmp/guest/look"

# burst LINUX SUITE PACKAGE=VERSION
burst() {
	boot "$2" "$3"
	told() { sed -n "s/^$1 //p" "$tmp/told"; }
	sees "$1, 1,000 records, then read" "$(told first)" "127 received, 0 told lost, 873 refused"
	sees "$1, read again" "$(told again)" "127 received, 0 told lost, 873 refused"
	sees "$1, one more record, and read" "$(told more)" "128 received, 873 told lost, 873 refused"
	sees "$1, another 1,000, by the event itself" "$(told format)" "873 by PERF_FORMAT_LOST, 873 refused"
}
burst "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
burst "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
burst "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
