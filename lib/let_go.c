/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The linker, libraries' constructors and all that opens something have touched pages that nobody
 * touches again, and with each the kernel has mapped up to 15 beside it. pagemap(5) tells which
 * pages are the file's.
 */
#include "lib/base.h"
#include "lib/let_go.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/strbuf.h"

#define PAGE_PRESENT (1ULL << 63)
#define PAGE_OF_FILE (1ULL << 61)

/* Of what is mapped around a page that is needed again: a quarter of the kernel's 16. */
enum { PIECE_PAGES = 4 };

struct mapping {
	uint64_t begin, end;
};

/* A line of /proc/self/maps: a file's, private, and not to be written. */
static bool parse_mapping(const char *line, struct mapping *m)
{
	unsigned long long begin, end, inode;
	char may[5];

	if (sscanf(line, "%llx-%llx %4s %*x %*x:%*x %llu", &begin, &end, may, &inode) != 4)
		return false;
	*m = (struct mapping){begin, end};
	return inode && may[0] == 'r' && may[1] == '-' && may[3] == 'p';
}

/* Those of @n pages from @at on that are the file's, a run at a time. */
static uint64_t drop_runs(uint64_t at, const uint64_t *entry, size_t n, size_t page)
{
	uint64_t dropped = 0;
	size_t run;

	for (size_t i = 0; i < n; i += run) {
		bool files = (entry[i] & PAGE_PRESENT) && (entry[i] & PAGE_OF_FILE);

		for (run = 1; i + run < n; run++)
			if (files !=
			    ((entry[i + run] & PAGE_PRESENT) && (entry[i + run] & PAGE_OF_FILE)))
				break;
		if (files &&
		    !madvise((void *)(uintptr_t)(at + i * page), run * page, MADV_DONTNEED))
			dropped += run * page;
	}
	return dropped;
}

static uint64_t drop_mapping(int pagemap, const struct mapping *m, size_t page)
{
	uint64_t entry[64], dropped = 0;
	ssize_t n;

	for (uint64_t at = m->begin; at < m->end; at += (uint64_t)n / sizeof(*entry) * page) {
		uint64_t want = MIN((m->end - at) / page, (uint64_t)ARRAY_SIZE(entry));

		n = pread(pagemap, entry, want * sizeof(*entry),
			  (off_t)(at / page * sizeof(*entry)));
		if (n < (ssize_t)sizeof(*entry))
			break;
		dropped += drop_runs(at, entry, (size_t)n / sizeof(*entry), page);
	}
	return dropped;
}

/* Then the mapping is cut into pieces, by advice that every other one gets: a fault maps what the
 * page cache has around it within one mapping. That there is no reading ahead does not matter, the
 * pages have been read. */
static uint64_t let_go(int pagemap, const struct mapping *m, size_t page)
{
	uint64_t dropped = drop_mapping(pagemap, m, page), piece = PIECE_PAGES * page;

	for (uint64_t at = m->begin; at + piece < m->end; at += 2 * piece)
		madvise((void *)(uintptr_t)at, piece, MADV_RANDOM);
	return dropped;
}

uint64_t let_go_of_file_pages(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct strbuf maps = STRBUF_INIT;
	struct mapping m;
	uint64_t dropped = 0;

	if (pagemap >= 0 && !strbuf_read_file(&maps, "/proc/self/maps"))
		for (const char *line = maps.s; line && *line; line = strchr(line, '\n')) {
			line += *line == '\n';
			if (parse_mapping(line, &m))
				dropped += let_go(pagemap, &m, page);
		}
	strbuf_release(&maps);
	if (pagemap >= 0)
		close(pagemap);
	return dropped;
}
