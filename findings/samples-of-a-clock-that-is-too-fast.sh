#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a sample of cpu-clock stands for when more are asked for than the kernel gives: it says 1,000 ns, and is a tenth of the truth.
#
# The question: `perf record -e cpu-clock -c 1000` (every microsecond of processor time, as in a short program one wants many samples; or
# perf_event_open with sample_period = 1000, the usual clock where a virtual machine has no counters). How much time do the samples
# add up to?
# The guess: the kernel has a least period of 10 us, so there are a tenth of the samples; each says that it stands for 10,000 ns, or
# the call fails; the sum is the time that was used.
# What happens: there are a tenth of the samples at the most, and each says 1,000. Their sum is a tenth of the time, or less: 15.7 ms of 200
# on a machine with KVM, 0.4 to 4 ms of 100 in an emulated one, as a timer that is late is not made up for either. No record of type
# THROTTLE or LOST tells of it. The event's own count is right all the time.
# Why it matters: profilers print sum(period) as nanoseconds ("Event count (approx.)" of perf report, the weights of a pprof or folded
# profile), and two profiles with other periods cannot be compared. Hold the sum against the event's count, or ask for 100 us.
# Source: run here; kernel/events/core.c (perf_swevent_start_hrtimer) says why. Versions: linux 6.1.192-3, 6.12.117-1~deb12u1 and 7.2.13-1
# (cloud, amd64) in a machine emulated by QEMU; seen with perf 6.1.192-3 as well. First seen November 2026.
set -u
tmp=$(mktemp -d) || exit 2 # the packages come into it, by apt-get download
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need cc

mkdir "$tmp/guest"
cat >"$tmp/samples.c" <<'END'
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static double used(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}
int main(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000, .sample_type = PERF_SAMPLE_PERIOD };
	int event = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	struct perf_event_mmap_page *page = mmap(NULL, 513 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
	const char *data = (const char *)page + 4096;
	double from = used(), sum = 0;
	long count = 0, samples = 0, other_periods = 0, other_records = 0;
	if (page == MAP_FAILED)
		return 1;
	while (used() < from + 0.2)
		;
	ioctl(event, PERF_EVENT_IOC_DISABLE, 0);
	read(event, &count, sizeof(count));
	for (unsigned long at = 0; at < page->data_head;) {
		const struct perf_event_header *record = (const void *)(data + at);
		unsigned long period = *(const unsigned long *)(record + 1);
		if (record->type == PERF_RECORD_SAMPLE) {
			samples++;
			sum += period;
			other_periods += period != 1000;
		} else {
			other_records++;
		}
		at += record->size;
	}
	printf("%ld samples of 1000 ns are %.1f ms; the count is %.1f ms\n", samples, sum / 1e6, count / 1e6);
	printf("%s, %ld of another period, %ld other records; the sum is %s of the count\n", samples ? "samples" : "no sample",
		other_periods, other_records, sum < 0.15 * count ? "a tenth or less" : "more than a tenth");
	return 0;
}
END
for_guest "$tmp/samples.c" "$tmp/guest/samples"
echo /samples >"$tmp/guest/look"

# sampled LINUX SUITE PACKAGE=VERSION
sampled() {
	boot "$2" "$3"
	head -n 1 "$tmp/told"
	sees "$1, every 1000 ns" "$(tail -n 1 "$tmp/told")" \
		"samples, 0 of another period, 0 other records; the sum is a tenth or less of the count"
}
sampled "Linux 6.1" here linux-image-6.1.0-57-cloud-amd64=6.1.192-3
sampled "Linux 6.12" here linux-image-6.12.117+deb12-cloud-amd64=6.12.117-1~deb12u1
sampled "Linux 7.2" sid linux-binary-7.2.13+deb14-cloud-amd64=7.2.13-1
done_seeing
