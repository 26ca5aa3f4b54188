/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes a ring buffer for each CPU. */
#include "lib/base.h"
#include "collector/rings.h"

#include <bpf/bpf.h>
#include <unistd.h>

enum { MOST_BYTES = 64 << 20, USUAL_BYTES = 1 << 20, LEAST_BYTES = 64 << 10 };

uint64_t rings_default_bytes(size_t n)
{
	uint64_t bytes = USUAL_BYTES;

	while (bytes * n > MOST_BYTES && bytes > LEAST_BYTES)
		bytes /= 2;
	return bytes;
}

bool rings_size_is_good(uint64_t bytes)
{
	return bytes && !(bytes & (bytes - 1)) && bytes <= UINT32_MAX &&
	       bytes % (uint64_t)sysconf(_SC_PAGESIZE) == 0;
}

int rings_make(int outer_fd, const char *name, uint64_t bytes, int *fds, size_t n)
{
	int err = 0;
	size_t made;

	for (made = 0; made < n; made++) {
		uint32_t cpu = (uint32_t)made;

		fds[made] = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, (uint32_t)bytes, NULL);
		if (fds[made] < 0) {
			err = -errno;
			break;
		}
		if (bpf_map_update_elem(outer_fd, &cpu, &fds[made], BPF_ANY)) {
			err = -errno;
			close(fds[made]);
			break;
		}
	}
	while (err && made)
		close(fds[--made]);
	return err;
}
