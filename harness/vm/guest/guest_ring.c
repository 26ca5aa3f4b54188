/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The consumer's and producer's positions of ring buffers, mapped at fixed addresses. */
#include "lib/base.h"
#include "harness/vm/guest/guest_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/ring/mapped_ring.h"

/* Far from the heap of a program linked at 4 MiB and from where mmap takes its addresses; on s390x
 * below 4 TiB, from where on tables of pages have one more level. */
#ifdef __s390x__
#define FIRST_ADDRESS 0x10000000000UL
#else
#define FIRST_ADDRESS 0x200000000000UL
#endif

static int map_page(size_t page, size_t slot, int fd, int prot, off_t offset, char **at)
{
	int flags = MAP_SHARED | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0);

	/* A gap between two: neighbours must not be merged. */
	*at = mmap((void *)(FIRST_ADDRESS + slot * page), page, prot, flags, fd, offset);
	return *at == MAP_FAILED ? -errno : 0;
}

static bool is_mapped(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == BPF_MAP_TYPE_ARRAY;
}

int guest_rings_map(struct guest_rings *r, const struct guest_ring_fd *fds, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	*r = (struct guest_rings){.n = n};
	for (size_t i = 0; i < GUEST_MAX_RINGS; i++) {
		int fd = i < n ? fds[i].fd : -1, err;
		bool mapped = fd >= 0 && is_mapped(fd);
		char *first, *second;

		err = map_page(page, 2 * i, fd, PROT_READ | PROT_WRITE, 0, &first);
		if (!err) /* there are as many mappings, whatever the ring */
			err = map_page(page, 2 * i + 1, mapped ? -1 : fd, PROT_READ, (off_t)page,
				       &second);
		if (err)
			return err;
		r->ring[i].consumer = (void *)first;
		r->ring[i].producer = (void *)(mapped ? first + MAPPED_RING_PRODUCER : second);
		r->ring[i].bytes = i < n ? fds[i].bytes : 0;
	}
	return 0;
}

void guest_rings_drain(struct guest_rings *r)
{
	for (size_t i = 0; i < r->n; i++)
		*r->ring[i].consumer = *r->ring[i].producer;
}

void guest_rings_make_room(struct guest_rings *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (*r->ring[i].producer - *r->ring[i].consumer > r->ring[i].bytes / 2)
			*r->ring[i].consumer = *r->ring[i].producer;
}

void guest_rings_fill(struct guest_rings *r)
{
	for (size_t i = 0; i < r->n; i++)
		*r->ring[i].consumer = *r->ring[i].producer - r->ring[i].bytes;
}
