/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A BPF ring buffer as the kernel lays it out: a page with the reader's position, one with the
 * writers', then the records, twice one behind the other. Mapped whole, as libbpf does, it is a
 * megabyte for a handful of ends, of a reader that has not much more beside a small crowd; to map
 * and unmap that at each frame cost more than to read it. So only those pages are mapped in which
 * something waits.
 */
#include "lib/base.h"
#include "monitor/source/ends.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

struct pages {
	void *at;
	size_t bytes;
};

static int map_pages(struct pages *p, int fd, size_t offset, size_t bytes, int prot)
{
	p->at = mmap(NULL, bytes, prot, MAP_SHARED, fd, (off_t)offset);
	p->bytes = bytes;
	if (p->at != MAP_FAILED)
		return 0;
	p->at = NULL;
	return -errno;
}

static void unmap_pages(struct pages *p)
{
	if (p->at)
		munmap(p->at, p->bytes);
}

/* From @from to @to, of which @data is the first byte. Returns how far it came: a record that is
 * being written ends it. */
static uint64_t take(const char *data, uint64_t from, uint64_t to,
		     void (*fn)(void *arg, const struct task_end *end), void *arg)
{
	for (uint64_t at = from; at < to;) {
		const uint32_t *head = (const void *)(data + (at - from));
		uint32_t length = __atomic_load_n(head, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return at;
		if (!(length & BPF_RINGBUF_DISCARD_BIT) && length >= sizeof(struct task_end))
			fn(arg, (const void *)(data + (at - from) + BPF_RINGBUF_HDR_SZ));
		length &= ~BPF_RINGBUF_DISCARD_BIT;
		at += (length + BPF_RINGBUF_HDR_SZ + 7) & ~7U;
	}
	return to;
}

int ends_take(int fd, void (*fn)(void *arg, const struct task_end *end), void *arg)
{
	struct pages reader = {0}, writer = {0}, records = {0};
	size_t page = (size_t)sysconf(_SC_PAGESIZE), offset, into;
	uint64_t from, to;
	int err = map_pages(&reader, fd, 0, page, PROT_READ | PROT_WRITE);

	err = err ? err : map_pages(&writer, fd, page, page, PROT_READ);
	if (err)
		goto out;
	from = *(const volatile uint64_t *)reader.at;
	to = __atomic_load_n((const uint64_t *)writer.at, __ATOMIC_ACQUIRE);
	if (from == to)
		goto out;
	offset = from & (TASK_ENDS_BYTES - 1);
	into = offset & (page - 1);
	err = map_pages(&records, fd, 2 * page + offset - into,
			(into + (to - from) + page - 1) & ~(page - 1), PROT_READ);
	if (err)
		goto out;
	to = take((const char *)records.at + into, from, to, fn, arg);
	__atomic_store_n((uint64_t *)reader.at, to, __ATOMIC_RELEASE);
out:
	unmap_pages(&records);
	unmap_pages(&writer);
	unmap_pages(&reader);
	return err;
}
