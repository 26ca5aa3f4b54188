/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine's own figures of a frame: memory, CPUs, and what waited for them. */
#include "lib/base.h"
#include "monitor/source/live.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A small file below /proc; "" where it cannot be read. */
static void read_small(const struct live *l, const char *name, char *text, size_t size)
{
	int fd = openat(l->proc_fd, name, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	/* The kernel hands out a page at a time. */
	while (fd >= 0 && (n = read(fd, text + have, size - 1 - have)) > 0)
		have += (size_t)n;
	if (fd >= 0)
		close(fd);
	text[have] = '\0';
}

/* meminfo is shorter. */
enum { VMSTAT_BYTES = 16 * 1024 };

/* The number behind @name. */
static uint64_t number_of(const char *text, const char *name, uint64_t unknown)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : unknown;
}

/* "some avg10=0.12 avg60=.." of pressure/NAME. */
static double waiting_pct(const struct live *l, const char *name)
{
	char text[256];
	const char *at;

	read_small(l, name, text, sizeof(text));
	at = strstr(text, "some avg10=");
	return at ? strtod(at + strlen("some avg10="), NULL) : NAN;
}

/* "cpu  user nice system idle iowait irq softirq steal ..": of all of it, what was not idle. */
static double busy_pct(struct live *l)
{
	char text[256], *at = text + 3;
	uint64_t all = 0, idle = 0, d_all, d_idle;

	read_small(l, "stat", text, sizeof(text));
	if (strncmp(text, "cpu ", 4))
		return NAN;
	for (int i = 0; i < 8; i++) {
		uint64_t ticks = strtoull(at, &at, 10);

		all += ticks;
		idle += i == 3 || i == 4 ? ticks : 0;
	}
	d_all = all - l->ticks;
	d_idle = idle - l->idle_ticks;
	if (!l->ticks || all <= l->ticks || idle < l->idle_ticks)
		d_all = 0;
	l->ticks = all;
	l->idle_ticks = idle;
	return d_all ? 100 * (1 - (double)d_idle / (double)d_all) : NAN;
}

void machine_read(struct live *l)
{
	struct frame *f = &l->frame;
	char text[VMSTAT_BYTES];

	read_small(l, "vmstat", text, sizeof(text));
	f->page_faults = number_of(text, "\npgfault ", UINT64_MAX);
	read_small(l, "meminfo", text, sizeof(text));
	f->mem_total_kb = number_of(text, "MemTotal:", 0);
	f->mem_available_kb = number_of(text, "MemAvailable:", 0);
	f->swap_total_kb = number_of(text, "\nSwapTotal:", UINT64_MAX);
	f->swap_free_kb = number_of(text, "\nSwapFree:", UINT64_MAX);
	f->cached_kb = number_of(text, "\nCached:", UINT64_MAX);
	f->cpu_busy_pct = busy_pct(l);
	f->wait_cpu_pct = waiting_pct(l, "pressure/cpu");
	f->wait_memory_pct = waiting_pct(l, "pressure/memory");
	f->wait_io_pct = waiting_pct(l, "pressure/io");
}
