/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ledger in shared memory: header, lanes, entries, one block mapped before the fork. */
#include "lib/base.h"
#include "workloads/ledger.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/sys_mmap.h"

const char *const ledger_op_names[LEDGER_OP_COUNT] = {
	[LEDGER_MMAP] = "mmap",
	[LEDGER_MUNMAP] = "munmap",
	[LEDGER_BRK] = "brk",
	[LEDGER_MREMAP] = "mremap",
};

static const uint32_t op_numbers[LEDGER_OP_COUNT] = {
	[LEDGER_MMAP] = SYS_mmap,
	[LEDGER_MUNMAP] = SYS_munmap,
	[LEDGER_BRK] = SYS_brk,
	[LEDGER_MREMAP] = SYS_mremap,
};

/* What barriers (child.c), threads (crew.c) and clocks call by themselves in the window. */
static const uint32_t own_numbers[] = {SYS_recvfrom,	SYS_sendto,    SYS_futex,
				       SYS_sched_yield, SYS_getrusage, SYS_clock_gettime};

struct ledger {
	size_t size_bytes; /* of the whole mapping */
	uint64_t max_lanes, max_entries;
	uint64_t start_ns, end_ns;
	_Atomic uint64_t lanes_used, entries_used, units;
	_Atomic bool overflowed;
	bool all_calls;	     /* ledger_note_all_calls() */
	int numbers_prog;    /* what each thread runs, plus 1; 0: nothing */
	uint64_t entries_at; /* bytes from here: not every process has it at one address */
	_Alignas(8) unsigned char note[LEDGER_NOTE_BYTES];
	struct ledger_lane lanes[] __attribute__((aligned(128)));
};

/* The break of this process as far as its own calls tell; a forked process starts with its
 * parent's. */
static _Atomic uint64_t known_brk;

/* glibc's syscall() folds -4095..-1 into -1 and errno; here the kernel's own value is wanted. */
static int64_t raw(long ret)
{
	return ret == -1 ? -(int64_t)errno : ret;
}

static struct ledger_entry *entries_of(const struct ledger *l)
{
	return (struct ledger_entry *)(void *)((char *)(uintptr_t)l + l->entries_at);
}

/* @fd: of an empty memory file; -1: memory that is inherited by fork() alone. */
static int create(struct ledger **out, uint32_t lanes, uint64_t entries, int fd)
{
	size_t head = sizeof(struct ledger) + lanes * sizeof(struct ledger_lane), size;
	struct ledger *l;
	int err;

	*out = NULL;
	if (entries > (SIZE_MAX / 2 - head) / sizeof(struct ledger_entry)) {
		log_err("a ledger of %llu calls is too large; ask for fewer",
			(unsigned long long)entries);
		return -EOVERFLOW;
	}
	size = head + entries * sizeof(struct ledger_entry);
	if (fd >= 0 && ftruncate(fd, (off_t)size))
		l = MAP_FAILED;
	else
		l = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_POPULATE | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	if (l == MAP_FAILED) {
		err = -errno;
		log_err_sys(err, "no memory for a ledger of %zu MiB; ask for fewer calls",
			    size >> 20);
		return err;
	}
	l->size_bytes = size;
	l->max_lanes = lanes;
	l->max_entries = entries;
	l->entries_at = head;
	*out = l;
	return 0;
}

int ledger_create(struct ledger **out, uint32_t lanes, uint64_t entries)
{
	return create(out, lanes, entries, -1);
}

int ledger_create_shared(struct ledger **out, uint32_t lanes, uint64_t entries, const void *note,
			 size_t note_bytes, int *fd)
{
	int err;

	*out = NULL;
	*fd = memfd_create("beebench-ledger", MFD_CLOEXEC);
	if (*fd < 0) {
		err = -errno;
		log_err_sys(err, "no memory file for a ledger");
		return err;
	}
	err = note_bytes > LEDGER_NOTE_BYTES ? -EOVERFLOW : create(out, lanes, entries, *fd);
	if (err) {
		close(*fd);
		*fd = -1;
		return err;
	}
	memcpy((*out)->note, note, note_bytes);
	return 0;
}

int ledger_open(struct ledger **out, int fd)
{
	struct stat st;
	struct ledger *l;

	if (fstat(fd, &st))
		return -errno;
	if ((size_t)st.st_size < sizeof(*l))
		return -EBADMSG;
	l = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (l == MAP_FAILED)
		return -errno;
	if (l->size_bytes != (size_t)st.st_size) {
		munmap(l, (size_t)st.st_size);
		return -EBADMSG;
	}
	*out = l;
	return 0;
}

const void *ledger_note(const struct ledger *l)
{
	return l->note;
}

void ledger_destroy(struct ledger *l)
{
	if (l)
		munmap(l, l->size_bytes);
}

void ledger_prepare(struct ledger *l)
{
	const volatile char *p = (const volatile char *)l;
	long page = sysconf(_SC_PAGESIZE);

	atomic_store(&known_brk, (uint64_t)raw(syscall(SYS_brk, 0)));
	/* Linux 5.14. A read maps a page of shared memory as well, only more slowly. */
	if (!madvise(l, l->size_bytes, MADV_POPULATE_WRITE))
		return;
	for (size_t at = 0; at < l->size_bytes; at += (size_t)page)
		(void)p[at];
}

/* Takes @n of the first @max, or fails without taking any. */
static bool take(_Atomic uint64_t *used, uint64_t n, uint64_t max, uint64_t *first)
{
	uint64_t was = atomic_load(used);

	do {
		if (n > max - was)
			return false;
	} while (!atomic_compare_exchange_weak(used, &was, was + n));
	*first = was;
	return true;
}

/* VmSize of this process: the first number of statm, in pages. 0: not known. */
static uint64_t vm_bytes_now(void)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtoull(text, NULL, 10) * page;
}

void ledger_close_lane(struct ledger_lane *lane)
{
	if (lane)
		lane->end_vm_bytes = vm_bytes_now();
}

void ledger_note_numbers(struct ledger *l, int prog_fd)
{
	l->numbers_prog = prog_fd + 1;
}

void ledger_set_numbers(struct ledger *l, uint32_t i, uint32_t tgid, uint32_t tid)
{
	l->lanes[i].tgid = tgid;
	l->lanes[i].tid = tid;
}

/* Makes no memory syscall. That it failed shows in what is missing afterwards. */
static void note_numbers(const struct ledger *l, uint64_t index)
{
	union bpf_attr attr = {0};

	attr.test.prog_fd = (uint32_t)(l->numbers_prog - 1);
	attr.test.ctx_in = (uintptr_t)&index;
	attr.test.ctx_size_in = sizeof(index);
	if (l->numbers_prog)
		(void)syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

struct ledger_lane *ledger_open_lane(struct ledger *l, uint64_t entries)
{
	struct ledger_lane *lane;
	uint64_t index, first;

	if (!take(&l->entries_used, entries, l->max_entries, &first) ||
	    !take(&l->lanes_used, 1, l->max_lanes, &index)) {
		atomic_store(&l->overflowed, true);
		return NULL;
	}
	lane = &l->lanes[index];
	lane->tid = (uint32_t)syscall(SYS_gettid);
	lane->tgid = (uint32_t)syscall(SYS_getpid);
	note_numbers(l, index);
	prctl(PR_GET_NAME, lane->comm);
	lane->first = first;
	lane->capacity = entries;
	lane->start_brk = atomic_load(&known_brk);
	lane->start_vm_bytes = vm_bytes_now();
	lane->index = index;
	return lane;
}

bool ledger_overflowed(const struct ledger *l)
{
	return atomic_load(&l->overflowed);
}

uint32_t ledger_lane_count(const struct ledger *l)
{
	return (uint32_t)atomic_load(&l->lanes_used);
}

const struct ledger_lane *ledger_lane(const struct ledger *l, uint32_t i)
{
	return &l->lanes[i];
}

const struct ledger_entry *ledger_entries(const struct ledger *l, const struct ledger_lane *lane)
{
	return entries_of(l) + lane->first;
}

void ledger_note_all_calls(struct ledger *l)
{
	l->all_calls = true;
}

bool ledger_knows(const struct ledger *l, uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(op_numbers); i++)
		if (nr == op_numbers[i])
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(own_numbers); i++)
		if (nr == own_numbers[i])
			return false;
	return l->all_calls;
}

void ledger_open_window(struct ledger *l)
{
	l->start_ns = clock_ns();
}

void ledger_close_window(struct ledger *l)
{
	l->end_ns = clock_ns();
}

uint64_t ledger_window_start_ns(const struct ledger *l)
{
	return l->start_ns;
}

uint64_t ledger_window_end_ns(const struct ledger *l)
{
	return l->end_ns;
}

/* Adds the clocks' values with @sign: begin subtracts, end adds. */
static void add_clocks(struct ledger_lane *lane, uint64_t sign)
{
	struct rusage ru;

	if (!lane)
		return;
	getrusage(RUSAGE_THREAD, &ru);
	lane->user_ns += sign * ((uint64_t)ru.ru_utime.tv_sec * NSEC_PER_SEC +
				 (uint64_t)ru.ru_utime.tv_usec * NSEC_PER_USEC);
	lane->system_ns += sign * ((uint64_t)ru.ru_stime.tv_sec * NSEC_PER_SEC +
				   (uint64_t)ru.ru_stime.tv_usec * NSEC_PER_USEC);
	lane->cpu_ns += sign * clock_thread_cpu_ns();
}

void ledger_cpu_begin(struct ledger_lane *lane)
{
	add_clocks(lane, UINT64_MAX); /* -1 */
}

void ledger_cpu_end(struct ledger_lane *lane)
{
	add_clocks(lane, 1);
}

void ledger_add_units(struct ledger *l, uint64_t units)
{
	atomic_fetch_add(&l->units, units);
}

uint64_t ledger_units(const struct ledger *l)
{
	return atomic_load(&l->units);
}

void ledger_write(struct ledger_lane *lane, const struct ledger_entry *e)
{
	struct ledger *l;

	if (!lane)
		return;
	l = (struct ledger *)(void *)((char *)(lane - lane->index) -
				      offsetof(struct ledger, lanes));
	if (lane->count == lane->capacity) {
		atomic_store(&l->overflowed, true);
		return;
	}
	entries_of(l)[lane->first + lane->count] = *e;
	/* Whoever reads the ledger of a process that was killed sees whole entries only. */
	atomic_thread_fence(memory_order_release);
	lane->count++;
}

/* Makes the call @e->nr of @e->args and writes the rest of it. */
static int64_t call(struct ledger_lane *lane, struct ledger_entry *e)
{
	e->start_ns = clock_ns();
	e->ret = raw(sys_call((long)e->nr, e->args));
	e->end_ns = clock_ns();
	e->when_ns = e->op == LEDGER_MUNMAP ? e->start_ns : e->end_ns;
	if (e->op == LEDGER_BRK)
		atomic_store_explicit(&known_brk, (uint64_t)e->ret, memory_order_relaxed);
	ledger_write(lane, e);
	return e->ret;
}

int64_t wl_mmap(struct ledger_lane *lane, uint64_t addr, uint64_t len, int prot, int flags)
{
	struct ledger_entry e = {
		.op = LEDGER_MMAP,
		.nr = SYS_mmap,
		.args = {addr, len, (uint64_t)prot, (uint64_t)flags, UINT64_MAX, 0},
		.flags = (uint32_t)flags};

	return call(lane, &e);
}

int64_t wl_munmap(struct ledger_lane *lane, uint64_t addr, uint64_t len)
{
	struct ledger_entry e = {.op = LEDGER_MUNMAP, .nr = SYS_munmap, .args = {addr, len}};

	return call(lane, &e);
}

int64_t wl_brk(struct ledger_lane *lane, uint64_t addr)
{
	struct ledger_entry e = {.op = LEDGER_BRK, .nr = SYS_brk, .args = {addr}};

	return call(lane, &e);
}

int64_t wl_mremap(struct ledger_lane *lane, uint64_t addr, uint64_t old_len, uint64_t new_len,
		  int flags, uint64_t new_addr)
{
	struct ledger_entry e = {.op = LEDGER_MREMAP,
				 .nr = SYS_mremap,
				 .args = {addr, old_len, new_len, (uint64_t)flags, new_addr},
				 .flags = (uint32_t)flags};

	return call(lane, &e);
}

int64_t wl_call(struct ledger_lane *lane, uint32_t nr, const uint64_t args[LEDGER_ARGS])
{
	struct ledger_entry e = {.op = LEDGER_OTHER, .nr = nr};

	memcpy(e.args, args, sizeof(e.args));
	for (uint32_t op = 0; op < LEDGER_OP_COUNT; op++)
		if (nr == op_numbers[op])
			e.op = op;
	if (e.op == LEDGER_MMAP || e.op == LEDGER_MREMAP)
		e.flags = (uint32_t)args[3];
	return call(lane, &e);
}
