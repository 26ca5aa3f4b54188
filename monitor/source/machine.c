/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine's own figures of a frame: memory, CPUs, and what waited for them. */
#include "lib/base.h"
#include "monitor/source/live.h"

#include <stdlib.h>
#include <string.h>

static const char *const files[MACHINE_FILES] = {
	[MACHINE_VMSTAT] = "vmstat",
	[MACHINE_MEMINFO] = "meminfo",
	[MACHINE_STAT] = "stat",
	[MACHINE_WAIT_CPU] = "pressure/cpu",
	[MACHINE_WAIT_MEMORY] = "pressure/memory",
	[MACHINE_WAIT_IO] = "pressure/io",
};

/* From @at on; 0: there is no more, or it cannot be read. A fixture's files may be others each
 * time. */
static size_t read_on(struct live *l, enum machine_file which, char *text, size_t size, size_t at)
{
	ssize_t n = kept_read(&l->machine[which], l->proc_fd, files[which], text, size, at);

	if (strcmp(l->proc, "/proc") != 0)
		kept_close(&l->machine[which]);
	return n > 0 ? (size_t)n : 0;
}

static void read_small(struct live *l, enum machine_file which, char *text, size_t size)
{
	read_on(l, which, text, size, 0);
}

/* The kernel hands out a page of vmstat at a time; meminfo is shorter. */
enum { PAGE_OF_TEXT = 4096 + 1 };

/* The number behind @name. */
static uint64_t number_of(const char *text, const char *name, uint64_t unknown)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : unknown;
}

/* "some avg10=0.12 avg60=.." of pressure/NAME. */
static double waiting_pct(struct live *l, enum machine_file which)
{
	char text[256];
	const char *at;

	read_small(l, which, text, sizeof(text));
	at = strstr(text, "some avg10=");
	return at ? strtod(at + strlen("some avg10="), NULL) : NAN;
}

/* "cpu  user nice system idle iowait irq softirq steal ..": of all of it, what was not idle. */
static double busy_pct(struct live *l)
{
	char text[256], *at = text + 3;
	uint64_t all = 0, idle = 0, d_all, d_idle;

	read_small(l, MACHINE_STAT, text, sizeof(text));
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

/* Page faults of all processes since the boot. */
static uint64_t count_faults(struct live *l)
{
	char text[PAGE_OF_TEXT];
	size_t n, at = 0;

	while ((n = read_on(l, MACHINE_VMSTAT, text, sizeof(text), at))) {
		uint64_t faults = number_of(text, "\npgfault ", UINT64_MAX);

		if (faults != UINT64_MAX)
			return faults;
		at += n;
	}
	return UINT64_MAX;
}

void machine_read(struct live *l)
{
	struct frame *f = &l->frame;
	char text[PAGE_OF_TEXT];

	f->page_faults = count_faults(l);
	read_small(l, MACHINE_MEMINFO, text, sizeof(text));
	f->mem_total_kb = number_of(text, "MemTotal:", 0);
	f->mem_available_kb = number_of(text, "MemAvailable:", 0);
	f->swap_total_kb = number_of(text, "\nSwapTotal:", UINT64_MAX);
	f->swap_free_kb = number_of(text, "\nSwapFree:", UINT64_MAX);
	f->cached_kb = number_of(text, "\nCached:", UINT64_MAX);
	f->cpu_busy_pct = busy_pct(l);
	f->wait_cpu_pct = waiting_pct(l, MACHINE_WAIT_CPU);
	f->wait_memory_pct = waiting_pct(l, MACHINE_WAIT_MEMORY);
	f->wait_io_pct = waiting_pct(l, MACHINE_WAIT_IO);
}

void machine_close(struct live *l)
{
	for (size_t i = 0; i < MACHINE_FILES; i++)
		kept_close(&l->machine[i]);
}
