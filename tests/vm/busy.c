/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Three processes that map and unmap as fast as they can: a command for n43_linux7.t. */
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	for (int i = 0; i < 3; i++) {
		if (fork())
			continue;
		for (int k = 0; k < 3011; k++) {
			void *at = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

			if (at == MAP_FAILED || munmap(at, 8192))
				_exit(1);
		}
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
